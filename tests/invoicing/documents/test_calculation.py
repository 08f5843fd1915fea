import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.money import money_text
from contracts.readings import Frequency, Proration, Rounding, Timing
from invoicing.charges.charge import Charge, ChargeKey
from invoicing.charges.due import due_through
from invoicing.charges.unbilled import AdjustedPart, Adjustment, Billed, BilledPart, unbilled
from invoicing.documents.calculation import (
    adjustment_inputs,
    adjustment_steps,
    charge_inputs,
    charge_steps,
    credit_inputs,
    recompute,
)
from tests.reference import (
    AGREEMENT,
    ANCHOR,
    LATER,
    SCHEDULE,
    agreed,
    agreement,
    amendment,
    period,
    site,
    with_documents,
)

DEARER = replace(
    SCHEDULE, levels=tuple(replace(row, annual_price=row.annual_price + Decimal("5000")) for row in SCHEDULE.levels)
)
SECOND = amendment(2, date(1999, 3, 16), schedule=DEARER, schedule_clause="table 2")
TABLE = "Amendment 1 (LNM980917MP), Appendix A, table"
OPENING = "Every site is charged at this level in the first annual period, whatever its counts."


def charge(number: int, *, of=AGREEMENT, **facts) -> Charge:
    """The charge with that place in the two years of one site."""
    through = date(2000, 9, 30)
    return due_through(agreement=of, sites=[site(**facts)], through=through, known_on=LATER).charges[number]


def test_steps_of_a_whole_month():
    assert charge_steps(charge(1)) == (
        OPENING,
        f"Very Small: 163,000.00 a year ({TABLE}).",
        "1 of 12 months, each a twelfth of the annual price.",
        "Instalment 2 of 12: 27,166.67 due through it, less 13,583.33 due before it, is 13,583.34.",
    )


def test_steps_of_part_of_a_month():
    assert charge_steps(charge(0, in_service_on=date(1999, 1, 15))) == (
        OPENING,
        f"Very Small: 163,000.00 a year ({TABLE}).",
        "15 January 1999 to 31 January 1999: 17 of 31 days of a month, which is a twelfth.",
        "Instalment 4 of 12: 7,448.92 due through it, less 0.00 due before it, is 7,448.92.",
    )


def test_steps_of_a_single_day_name_one_date():
    assert charge_steps(charge(0, in_service_on=date(1999, 1, 31)))[2] == (
        "31 January 1999: 1 of 31 days of a month, which is a twelfth."
    )


def test_steps_of_a_month_in_which_the_price_changes_without_proration():
    of = agreement(SECOND, proration=Proration.NONE)

    march = charge(0, of=of, in_service_on=date(1999, 3, 10))
    assert charge_steps(march)[1:-1] == (
        f"Very Small: 163,000.00 a year ({TABLE}).",
        "10 March 1999 to 15 March 1999: the whole annual price, spread over the months in service.",
        "1 March 1999 to 15 March 1999: 15 of 31 days of a month in which the price changes.",
        "Very Small: 168,000.00 a year (Amendment 2 (LNM-2), table 2).",
        "16 March 1999 to 31 March 1999: the whole annual price, spread over the months in service.",
        "16 March 1999 to 31 March 1999: 16 of 31 days of a month in which the price changes.",
    )
    assert recompute(charge_inputs(march)) == march.amount
    assert len(charge_steps(charge(1, of=of, in_service_on=date(1999, 3, 10)))) == 4


def test_steps_of_a_quarter_that_begins_within_a_month():
    quarterly = agreement(frequency=Frequency.QUARTERLY)

    assert charge_steps(charge(0, of=quarterly, in_service_on=date(1999, 1, 15)))[2:] == (
        "2 of 12 months, each a twelfth of the annual price.",
        "15 January 1999 to 31 January 1999: 17 of 31 days of a month, which is a twelfth.",
        # 7,448.9247 + 2 x 13,583.3333
        "Instalment 2 of 4: 34,615.59 due through it, less 0.00 due before it, is 34,615.59.",
    )


def test_steps_of_a_month_with_two_prices():
    assert charge_steps(charge(5, of=agreement(SECOND))) == (
        OPENING,
        f"Very Small: 163,000.00 a year ({TABLE}).",
        "1 March 1999 to 15 March 1999: 15 of 31 days of a month, which is a twelfth.",
        "Very Small: 168,000.00 a year (Amendment 2 (LNM-2), table 2).",
        "16 March 1999 to 31 March 1999: 16 of 31 days of a month, which is a twelfth.",
        "Instalment 6 of 12: 81,715.05 due through it, less 67,916.67 due before it, is 13,798.38.",
    )


def test_steps_of_a_share_by_days():
    daily = agreement(proration=Proration.DAILY)

    assert charge_steps(charge(0, of=daily, in_service_on=date(1999, 1, 15)))[2:] == (
        "15 January 1999 to 31 January 1999: 17 of the 365 days of the annual period.",
        "Instalment 4 of 12: 7,591.78 due through it, less 0.00 due before it, is 7,591.78.",
    )


def test_steps_of_the_whole_price_for_part_of_a_period():
    whole = agreement(proration=Proration.NONE)

    assert charge_steps(charge(1, of=whole, in_service_on=date(1999, 7, 10)))[2:] == (
        "1 August 1999 to 31 August 1999: the whole annual price, spread over the months in service.",
        "Instalment 11 of 12: 108,666.67 due through it, less 54,333.33 due before it, is 54,333.34.",
    )


def test_steps_of_an_instalment_rounded_by_itself():
    absorbing = agreement(rounding=Rounding.LAST_ABSORBS)

    assert charge_steps(charge(11, of=absorbing))[-1] == (
        "Instalment 12 of 12, rounded by itself, the last one carrying the difference: 13,583.37."
    )


def test_steps_of_a_provisional_line_begin_with_that():
    assert charge_steps(charge(12))[0] == (
        "Provisional: the previous level goes on until the parties agree; the difference is then billed or credited "
        "from the period's first day."
    )


def late_level() -> Adjustment:
    """A site billed twice at Very Small in its second annual period, for which Medium is agreed then."""
    sites = {1: site(agreed=(agreed(2, "MEDIUM", date(1999, 12, 3)),))}
    through = date(1999, 11, 30)
    before = due_through(agreement=AGREEMENT, sites=sites.values(), through=through, known_on=through)
    documents = unbilled(due=before, billed={}, sites=sites)
    names = tuple(f"INV-{number}" for number in range(1, len(documents) + 1))
    billed = with_documents({}, documents, names=names)
    after = due_through(agreement=AGREEMENT, sites=sites.values(), through=through, known_on=date(1999, 12, 3))
    (document,) = unbilled(due=after, billed=billed, sites=sites)
    (adjustment,) = document.adjustments
    return adjustment


def test_steps_of_an_adjustment():
    assert adjustment_steps(late_level()) == (
        "Both parties agreed this level for the annual period.",
        "October 1999: Medium at 245,000.00 a year, 20,416.67 due, 13,583.33 billed.",
        "November 1999: Medium at 245,000.00 a year, 20,416.66 due, 13,583.34 billed.",
        "40,833.33 due, less 27,166.67 billed (INV-13, INV-14), is 13,666.66.",
    )


GONE = "no price is on file for these days"


def nothing_due(documents: dict[int, str]) -> Adjustment:
    """Instalments of one site that were billed with 13,583.33 each and of which nothing is due any more."""
    parts = {number: BilledPart(Decimal("13583.33"), (document,)) for number, document in documents.items()}
    adjusted = tuple(AdjustedPart(number, None, part) for number, part in parts.items())
    return Adjustment(ChargeKey.of_site(1, 1), site(), period(1), adjusted, Billed(parts, of=12, site_key=1))


@pytest.mark.parametrize(
    ("documents", "steps"),
    [
        (
            {1: "INV-1"},
            (
                f"Nothing is due any more for instalment 1: {GONE}.",
                "0.00 due, less 13,583.33 billed (INV-1), is -13,583.33.",
            ),
        ),
        (
            {3: "INV-3", 4: "INV-4", 5: "INV-4"},
            (
                f"Nothing is due any more for instalments 3 to 5: {GONE}.",
                "0.00 due, less 40,749.99 billed (INV-3, INV-4), is -40,749.99.",
            ),
        ),
        (
            {3: "INV-3", 5: "INV-5"},
            (
                f"Nothing is due any more for instalments 3 and 5: {GONE}.",
                "0.00 due, less 27,166.66 billed (INV-3, INV-5), is -27,166.66.",
            ),
        ),
    ],
)
def test_steps_of_an_adjustment_for_nothing_due_any_more(documents, steps):
    adjustment = nothing_due(documents)

    assert adjustment_steps(adjustment) == steps
    assert again(adjustment_inputs(adjustment)) == adjustment.amount == -13583_33 * len(documents) / Decimal(100)


def test_inputs_of_a_charge_are_all_that_its_amount_rests_on():
    assert charge_inputs(charge(1)) == {
        "rule": "instalment",
        "instalment": 2,
        "frequency": "monthly",
        "proration": "monthly",
        "rounding": "cumulative",
        "period": {"number": 1, "first_period_starts_on": "1998-10-01", "last_day": "1999-09-30"},
        "priced": [
            {
                "first_day": "1998-10-01",
                "last_day": "1999-09-30",
                "annual_price": "163000.00",
                "level": "VERY_SMALL",
                "source": TABLE,
            }
        ],
        "basis": "opening",
    }


def again(inputs: dict) -> Decimal:
    """Compute a line again from what the database gives back."""
    return recompute(json.loads(json.dumps(inputs)))


def test_adjustment_is_computed_again_from_its_inputs():
    adjustment = late_level()

    assert again(adjustment_inputs(adjustment)) == adjustment.amount == Decimal("13666.66")


def test_credit_is_computed_again_from_its_inputs():
    whole = credit_inputs(document="INV-1", line=2, amount=Decimal("13583.33"), of=Decimal("13583.33"))
    part = credit_inputs(document="INV-1", line=2, amount=Decimal("100.00"), of=Decimal("13583.33"))

    assert (again(whole), again(part)) == (Decimal("-13583.33"), Decimal("-100.00"))


def test_lines_stored_in_the_first_form_are_still_computed_again():
    adjustment = {"rule": "adjustment", "charges": [charge_inputs(charge(0))], "billed": "13000.00"}
    credit = {"rule": "credit", "document": "INV-1", "billed": "13583.33"}

    assert (again(adjustment), again(credit)) == (Decimal("583.33"), Decimal("-13583.33"))


def hours(prepaid: str, hourly: str, *, billed: str, minimum: str = "per-entry", **more) -> dict:
    """The inputs of hours at 81.00 with a minimum of one hour."""
    return {
        "rule": "hours",
        "hours": str(Decimal(prepaid) + Decimal(hourly)),
        "prepaid": prepaid,
        "hourly": hourly,
        "billed": billed,
        "minimum": "1.00",
        "hourly_price": "81.00",
        "readings": {"minimum": minimum},
    } | more


@pytest.mark.parametrize("billed", ["0.60", "1.00", "0.10"])
def test_hours_are_computed_again_with_their_minimum_whatever_was_charged(billed):
    assert again(hours("0.40", "0.10", billed=billed)) == Decimal("48.60")


@pytest.mark.parametrize("billed", ["0.75", "1.00"])
def test_hours_that_share_the_minimum_of_a_month_are_computed_again_with_those_before(billed):
    before = {"prepaid": "0.00", "hourly": "0.75", "billed": "1.00"}

    assert again(hours("0.00", "1.00", billed=billed, minimum="per-month", before=before)) == Decimal("60.75")


def test_hours_stored_before_they_named_those_before_are_charged_what_can_be():
    old = hours("0.00", "1.00", billed="0.75", minimum="per-month")

    assert again(old) == Decimal("60.75")
    for billed in ("1.01", "-0.01"):
        with pytest.raises(ValueError, match=r"^More hours are charged than the entry and its minimum come to\.$"):
            again(old | {"billed": billed})


def test_inputs_of_an_unknown_rule_are_refused():
    with pytest.raises(ValueError, match=r"^'guess' is no rule of calculation\.$"):
        recompute({"rule": "guess"})


WALK = [
    site(1, agreed=(agreed(2, "MEDIUM", date(1999, 12, 3)),)),
    site(2, in_service_on=date(1999, 1, 15)),
    site(3, in_service_on=date(1999, 8, 20), agreed=(agreed(2, "LARGE", date(1999, 9, 20)),)),
    site(4, in_service_on=date(2000, 2, 29), removed_on=date(2000, 5, 5), charged_through=date(2000, 5, 5)),
    site(5, switch_counts=((ANCHOR, 0), (date(1998, 12, 24), 1))),
    site(6, removed_on=date(1999, 4, 1)),
]
MONTH_ENDS = [period(number).months()[month].last_day for number in (1, 2) for month in range(12)]


@pytest.mark.parametrize("frequency", Frequency)
@pytest.mark.parametrize("proration", Proration)
@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("timing", Timing)
def test_every_line_of_two_years_says_its_amount_and_is_computed_again(frequency, proration, rounding, timing):
    of = agreement(SECOND, frequency=frequency, proration=proration, rounding=rounding, timing=timing)
    sites = {each.key: each for each in WALK}
    billed: dict = {}
    lines = 0
    for through in MONTH_ENDS[1:]:  # the first amendment is known from 20 October 1998
        due = due_through(agreement=of, sites=sites.values(), through=through, known_on=through)
        documents = unbilled(due=due, billed=billed, sites=sites)
        for line in (line for document in documents for line in (*document.charges, *document.adjustments)):
            adjusts = isinstance(line, Adjustment)
            assert again(adjustment_inputs(line) if adjusts else charge_inputs(line)) == line.amount
            steps = adjustment_steps(line) if adjusts else charge_steps(line)
            assert steps[-1].endswith(f" {money_text(line.amount)}.")
            lines += 1
        billed = with_documents(billed, documents)
    # Sites 1, 2, 3 and 5 are charged in both periods, site 4 in the second and site 6 in the first only.
    assert sorted((key.subject, key.period) for key in billed) == [
        *((1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (4, 2), (5, 1), (5, 2), (6, 1))
    ]
    assert lines >= len(billed)
