"""Agreement files for which an independent calculation came to other amounts: each is loaded and billed."""

import ast
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.levels import measured_level
from contracts.models import Agreement
from invoicing.documents.calculation import recompute
from invoicing.documents.content import steps_shown
from invoicing.models import InvoiceLine
from invoicing.what_if.charging_count import charging_count
from sites.agreement_files.loading import load_agreement
from sites.models import Site
from sites.reviews.reviewing import open_review
from tests.invoicing.billing_cases import DECEMBER, issue_through, read, run, totals
from tests.vectors import VECTORS, Given, differences

pytestmark = pytest.mark.django_db
YEAR_END = date(2009, 6, 30)
DUE = date(2000, 8, 1)
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


def test_every_file_of_the_cases_is_named_by_a_test_or_a_vector_and_says_what_is_right():
    files = {file.name for file in CASES.iterdir()} - {"README.md"}
    named = {name for vector in VECTORS if vector["group"] in RUNNERS for name, _ in vector["given"]["files"]}
    for file in Path(__file__).parent.rglob("test_*.py"):
        constants = (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant))
        named |= {node.value for node in constants if isinstance(node.value, str)}

    assert files - named == set()
    assert sorted(re.findall(r"^\| `(.+?)` \|", (CASES / "README.md").read_text("utf-8"), re.MULTILINE)) == sorted(
        files
    )


def test_what_is_counted_later_leaves_the_level_of_the_annual_period():
    """Four computers are connected on 1 July 2008, seven on 15 October: the year stays at 300.00."""
    load("level-follows-count.json", date(2009, 6, 30))

    issue_through(date(2009, 6, 30))

    assert totals() == ["25.00"] * 12


def load_following_counts(timing: str, **changed) -> None:
    """The file of the case, by a contract that says that the level follows the counts."""
    document = json.loads((CASES / "level-follows-count.json").read_text(encoding="utf-8"))
    schedule = document["agreement"]["schedule"]
    del schedule["opening"]
    schedule |= {"follows_counts": True, "follows_counts_clause": "Exhibit A"}
    document["sites"][0] |= changed
    document["readings"] = [
        {"question": "timing", "choice": timing, "chosen_by": "A. Manager", "chosen_on": "2008-07-01"}
    ]
    load_agreement(document, on=YEAR_END, by=None)


@pytest.mark.parametrize(("timing", "at_the_first_level"), [("in-arrears", 3), ("in-advance", 4)])
def test_where_the_contract_says_so_the_level_follows_the_count(timing, at_the_first_level):
    """The first invoice after the count of 15 October is that of October in arrears, of November in advance."""
    load_following_counts(timing)

    issue_through(YEAR_END)

    assert totals() == ["25.00"] * at_the_first_level + ["50.00"] * (12 - at_the_first_level)
    line = InvoiceLine.objects.order_by("pk").last()
    assert recompute(line.inputs) == line.amount
    assert "Measured by the counts to 15 October 2008." in steps_shown(line)


def test_a_corrected_count_is_billed_and_credited_where_the_level_follows_it():
    load_following_counts("in-arrears")
    issue_through(YEAR_END)
    site = Site.objects.get()

    found = charging_count(site=site, code="PC", counted_on=date(2008, 10, 15), stands=7, on=YEAR_END)

    assert found.effect(becomes=4).amounts.difference == Decimal("-225.00")
    assert found.effect(becomes=11).amounts.difference == Decimal("225.00")
    assert [line.first_day.month for line in found.lines()] == [10, 11, 12, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("counts", [[{"date": "2008-10-15", "SITE": 1}], [{"date": "2008-10-15", "PC": 7}]])
def test_a_site_whose_counts_measure_no_level_is_named_and_not_billed(counts):
    load_following_counts("in-arrears", counts=counts)

    (result,) = run(YEAR_END)

    assert result.documents == ()
    unmeasured = "Clinic, CA: the counts measure no level for July 2008. Record what is not counted yet, or the level"
    assert result.notices == (f"{unmeasured} that both parties agreed from that day.",)


def test_what_was_counted_first_holds_for_the_days_before_it():
    load_following_counts("in-arrears", counts=[{"date": "2008-10-15", "PC": 7, "SITE": 1}])

    issue_through(YEAR_END)

    assert totals() == ["50.00"] * 12


@pytest.mark.parametrize(("connected", "level"), [(5, "B1"), (19, "B3"), (20, "B4"), (5000, "B4")])
def test_a_top_band_without_an_end_needs_nobody_to_confirm_it(connected, level):
    load("open-ended-top-band.json", date(2008, 7, 1))
    schedule = Agreement.objects.with_terms().get().as_terms().original_schedule

    measured = measured_level(schedule=schedule, counts={"PC": connected, "SITE": 1})

    assert (measured.level.code, measured.flags) == (level, ())


@pytest.mark.parametrize(
    ("first_day", "level", "instalment"),
    [
        ("1999-11-01", "VERY_SMALL", "13583.33"),
        ("2000-03-31", "VERY_SMALL", "13583.33"),
        ("2000-04-01", "SMALL", "16500.00"),
    ],
)
def test_a_review_leaves_the_level_at_which_the_schedule_of_its_first_day_lets_a_site_start(
    first_day, level, instalment
):
    """Amendment 2 lets sites start at Small from April 2000 and adds a third year; the counts stay those of Medium."""
    document = json.loads((CASES / "f2.json").read_text(encoding="utf-8"))
    document["amendments"][1] |= {"from_expires_on": "2000-09-30", "expires_on": "2001-09-30"}
    counts = {"GE": 30, "5ESS": 1, "SLC": 12, "SM": 2, "DACS2": 1, "DACS4": 1}
    document["sites"][0] |= {"in_service_on": first_day}
    document["sites"][0]["counts"] = [{"date": day, **counts} for day in (first_day, "2000-07-31")]
    load_agreement(document, on=DUE, by=None)

    review = open_review(agreement=Agreement.objects.get(), period_number=2, on=DUE, by=None)
    issue_through(date(2000, 10, 31))

    line = review.lines.get()
    levels = [getattr(line, f"{which}_level").code for which in ("current", "measured", "proposed")]
    assert (levels, line.eligible) == ([level, "MEDIUM", level], False)
    october = InvoiceLine.objects.get(first_day=date(2000, 10, 1), charge="annual")
    assert (october.level_code, str(october.amount), october.provisional) == (level, instalment, True)


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
