"""Agreement files for which an independent calculation came to other amounts: each is loaded and billed."""

import ast
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.levels import measured_level
from contracts.models import Agreement
from invoicing.documents.calculation import recompute
from invoicing.models import InvoiceLine
from sites.agreement_files.loading import load_agreement
from tests.invoicing.billing_cases import DECEMBER, issue_through, read, run, totals
from tests.vectors import VECTORS, Given, differences

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent / "data" / "cases"
SHOWN = {
    10: "1 October 1998 to 31 October 1998",
    11: "1 November 1998 to 30 November 1998",
    12: "1 December 1998 to 31 December 1998",
}
THIRD, UP = "13583.33", "13583.34"


def load(name: str, on: date) -> None:
    load_agreement(json.loads((CASES / name).read_text(encoding="utf-8")), on=on, by=None)


def run_cases(given: Given) -> dict:
    """Load files one after the other, each on the day through which it is billed; the totals of all documents."""
    for name, through in given["files"]:
        day = date.fromisoformat(through)
        load(name, day)
        issue_through(day)
    return {"totals": totals()}


RUNNERS = {"CA": run_cases}


@pytest.mark.parametrize(
    "vector", [pytest.param(vector, id=vector["id"]) for vector in VECTORS if vector["group"] in RUNNERS]
)
def test_vector(vector):
    assert differences(vector, RUNNERS) == []


def test_every_file_of_the_cases_is_named_by_a_test_or_a_vector():
    named = {name for vector in VECTORS if vector["group"] in RUNNERS for name, _ in vector["given"]["files"]}
    for file in Path(__file__).parent.rglob("test_*.py"):
        constants = (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant))
        named |= {node.value for node in constants if isinstance(node.value, str)}

    assert {file.name for file in CASES.iterdir()} - named == set()


def test_what_is_counted_later_leaves_the_level_of_the_annual_period():
    """Four computers are connected on 1 July 2008, seven on 15 October: the year stays at 300.00."""
    load("level-follows-count.json", date(2009, 6, 30))

    issue_through(date(2009, 6, 30))

    assert totals() == ["25.00"] * 12


@pytest.mark.xfail(
    strict=True,
    reason="No rule says yet that the charged level follows the count: a level holds for an annual period, until a "
    "review or a recorded decision sets another. A contract that prices each month by its latest count is billed too "
    "little until then; a decision recorded from the day of the count bills the difference.",
)
def test_where_the_contract_says_so_the_level_follows_the_count():
    """In arrears: the invoice of October is the first one after the count of 15 October, at 600.00 a year."""
    load("level-follows-count.json", date(2009, 6, 30))

    issue_through(date(2009, 6, 30))

    assert totals() == ["25.00"] * 3 + ["50.00"] * 9


@pytest.mark.parametrize(("connected", "level"), [(5, "B1"), (19, "B3"), (20, "B4"), (5000, "B4")])
def test_a_top_band_without_an_end_needs_nobody_to_confirm_it(connected, level):
    load("open-ended-top-band.json", date(2008, 7, 1))
    schedule = Agreement.objects.with_terms().get().as_terms().original_schedule

    measured = measured_level(schedule=schedule, counts={"PC": connected, "SITE": 1})

    assert (measured.level.code, measured.flags) == (level, ())


def test_charges_that_end_by_a_credit_call_in_nothing_that_was_not_due_yet():
    """Three of twelve instalments, 40,750.00, are billed when the parties agree that charges end in December."""
    load("f3a.json", DECEMBER)
    issue_through(DECEMBER)
    load("f3b.json", DECEMBER)

    for through in (DECEMBER, date(1999, 9, 30)):
        (result,) = run(through)
        assert (result.refusal, result.documents) == ("", ())


def test_what_ended_by_a_credit_is_computed_again_from_what_is_stored():
    load("f3b.json", DECEMBER)
    issue_through(DECEMBER)

    assert totals() == [THIRD, UP, THIRD]
    for line in InvoiceLine.objects.all():
        assert line.inputs["spread_through"] == "1999-09-30"
        assert recompute(line.inputs) == line.amount
        assert line.steps[2] == (
            f"{SHOWN[line.first_day.month]}: the whole annual price, spread over the months in service and those to "
            "30 September 1999: an end of charges calls in nothing."
        )


def test_a_site_whose_only_count_says_that_it_has_no_switch_is_not_charged_but_named():
    """Akron, in service from 1 October 1998, is counted once, on 31 October: 5ESS 0."""
    load("f4.json", date(1999, 9, 30))

    (result,) = run(date(1999, 9, 30))

    assert result.documents == ()
    assert (
        "Akron, OH: nothing is charged in annual period 1, because its switch is counted as 0 on 31 October 1998. "
        "Correct the count if it has one, or end its service."
    ) in result.notices


def test_where_only_the_first_day_decides_the_year_is_charged_and_the_site_is_named():
    load("f4.json", date(1999, 9, 30))
    read(Agreement.objects.get(), "no-switch", "first-day")

    (result,) = run(date(1999, 9, 30))

    assert sum(document.total for document in result.documents) == Decimal("163000.00")
    assert result.notices == (
        "Akron, OH: charged in annual period 1, although its switch is counted as 0 on 31 October 1998 and no count "
        "says otherwise. Correct the count if it has one, or end its service.",
    )


def test_nothing_falls_due_in_advance_before_a_site_is_in_service():
    """Macon starts on 1 June 2000, the annual price is billed once and in advance: 4/12 of 163,000.00."""
    load("f5.json", date(2000, 5, 31))

    (before,) = run(date(2000, 5, 31))
    issue_through(date(2000, 6, 1))

    assert before.documents == ()
    assert before.notices == (
        "Macon, GA: in service from 1 June 2000 only, within the billing period 1 October 1999 to 30 September 2000. "
        "Its instalment falls due on that day.",
    )
    assert totals() == ["54333.33"]
    for through in (date(1999, 10, 31), date(2000, 6, 30)):
        (again,) = run(through, on=date(2000, 6, 30))
        assert again.documents == ()


def test_where_all_sites_fall_due_with_the_billing_period_the_run_names_one_that_starts_later():
    load("f5.json", date(1999, 10, 31))
    read(Agreement.objects.get(), "advance-start", "billing-period")

    (result,) = run(date(1999, 10, 31))

    assert [document.total for document in result.documents] == [Decimal("54333.33")]
    assert "Its instalment fell due on 1 October 1999, before it is in service." in result.notices[0]
