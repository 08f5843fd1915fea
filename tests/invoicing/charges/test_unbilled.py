from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import ZERO
from contracts.periods import DaySpan
from contracts.readings import Frequency, Proration, Rounding, Timing
from invoicing.charges.charge import ChargeKey
from invoicing.charges.due import Due, due_through
from invoicing.charges.hours import BLOCK
from invoicing.charges.unbilled import AdjustedPart, Adjustment, Billed, BilledPart, PlannedDocument, TermEnd, unbilled
from sites.hours.entries import Purchase
from tests.reference import (
    AGREEMENT,
    ANCHOR,
    LATER,
    LEVELS,
    LOWER,
    SCHEDULE,
    agreed,
    agreement,
    amendment,
    amounts,
    bounded,
    period,
    readings,
    site,
    with_documents,
)

DEARER = replace(
    SCHEDULE, levels=tuple(replace(row, annual_price=row.annual_price + Decimal("5000")) for row in LEVELS)
)


def run(sites, billed, *, through: date, known_on: date = LATER, of=AGREEMENT) -> tuple[PlannedDocument, ...]:
    """One run: the documents that it would draft."""
    by_key = {each.key: each for each in sites}
    return unbilled(
        due=due_through(agreement=of, sites=sites, through=through, known_on=known_on), billed=billed, sites=by_key
    )


def billed_through(sites, through: date, *, known_on: date = LATER, of=AGREEMENT) -> dict:
    """What is billed after one run and the issue of its documents."""
    return with_documents({}, run(sites, {}, through=through, known_on=known_on, of=of))


def shown(documents) -> list[tuple[str, list[str], list[str], str]]:
    """Billing period, charge lines, adjustment lines and total of each document."""
    return [(str(d.part), amounts(d.charges), [str(a.amount) for a in d.adjustments], str(d.total)) for d in documents]


def test_run_makes_one_document_for_each_billing_period():
    documents = run([site(1), site(2)], {}, through=date(1998, 11, 30))

    assert shown(documents) == [
        ("October 1998", ["13583.33", "13583.33"], [], "27166.66"),
        ("November 1998", ["13583.34", "13583.34"], [], "27166.68"),
    ]


@pytest.mark.parametrize("through", [date(1998, 10, 31), date(1998, 11, 30), date(2000, 9, 30)])
def test_second_run_bills_nothing(through):
    sites = [site(1), site(2, in_service_on=date(1999, 1, 15))]

    assert run(sites, billed_through(sites, through), through=through) == ()


def test_next_run_bills_the_next_month_only():
    sites = [site(1)]

    documents = run(sites, billed_through(sites, date(1998, 10, 31)), through=date(1998, 11, 30))

    assert shown(documents) == [("November 1998", ["13583.34"], [], "13583.34")]


def test_run_of_nothing_makes_no_document():
    assert run([], {}, through=date(1998, 10, 31)) == ()
    assert run([site(1)], {}, through=date(1998, 10, 30)) == ()


def late_level(before: str, after: str, *, months: int) -> tuple[list, dict, date]:
    """A site billed for months of its third annual period at one level, agreed at another on 20 January 2001."""
    of = agreement(amendment(2, date(2000, 9, 1), expires_on=date(2001, 9, 30)))
    third = period(3, expires_on=date(2001, 9, 30))
    sites = [site(agreed=(agreed(2, before, date(1999, 9, 15)), agreed(3, after, date(2001, 1, 20))))]
    through = third.months()[months - 1].last_day
    return sites, billed_through(sites, through, known_on=through, of=of), through, of


def test_late_agreed_level_bills_the_difference_from_the_first_day():
    sites, billed, through, of = late_level("VERY_SMALL", "MEDIUM", months=2)

    (document,) = run(sites, billed, through=through, of=of)

    (adjustment,) = document.adjustments
    # 2 x 163,000/12 = 27,166.67 billed; 2 x 245,000/12 = 40,833.33 due
    assert (str(adjustment.billed_amount), str(adjustment.due)) == ("27166.67", "40833.33")
    assert shown([document]) == [("November 2000", [], ["13666.66"], "13666.66")]
    assert run(sites, with_documents(billed, (document,)), through=through, of=of) == ()


def test_late_agreed_lower_level_is_credited():
    sites, billed, through, of = late_level("LARGE", "MEDIUM", months=3)

    # 3 x 320,000/12 = 80,000.00 billed; 3 x 245,000/12 = 61,250.00 due
    assert shown(run(sites, billed, through=through, of=of)) == [("December 2000", [], ["-18750.00"], "-18750.00")]


def test_adjustment_goes_with_the_first_new_document():
    sites, billed, _, of = late_level("VERY_SMALL", "MEDIUM", months=2)

    # January: through 4 months 81,666.67, through 3 61,250.00
    assert shown(run(sites, billed, through=date(2001, 1, 31), of=of)) == [
        ("December 2000", ["20416.67"], ["13666.66"], "34083.33"),
        ("January 2001", ["20416.67"], [], "20416.67"),
    ]


def test_adjustments_alone_stand_in_the_last_billing_period_billed():
    first = [site(1), site(2, in_service_on=date(1998, 11, 1))]
    billed = billed_through(first, date(1998, 11, 30))
    corrected = [site(1, in_service_on=date(1998, 10, 17)), site(2, in_service_on=date(1998, 11, 16))]

    documents = run(corrected, billed, through=date(1998, 11, 30))

    # 163,000/12 x (15/31 + 1) = 20,155.9140 less 27,166.67; 163,000/12 x 15/30 = 6,791.6667 less 13,583.33
    assert shown(documents) == [("November 1998", [], ["-7010.76", "-6791.66"], "-13802.42")]


def test_corrected_start_credits_a_month_that_is_no_longer_served():
    billed = billed_through([site(1)], date(1998, 11, 30))
    documents = run([site(1, in_service_on=date(1998, 11, 1))], billed, through=date(1998, 11, 30))

    # Only November is due: 13,583.33 less 27,166.67 billed
    assert shown(documents) == [("November 1998", [], ["-13583.34"], "-13583.34")]


def test_corrected_start_bills_an_earlier_month_beside_the_adjustment():
    billed = billed_through([site(1, in_service_on=date(1998, 11, 1))], date(1998, 11, 30))
    documents = run([site(1)], billed, through=date(1998, 11, 30))

    # 13,583.33 for October; November is 13,583.34 now and was billed at 13,583.33
    assert shown(documents) == [("October 1998", ["13583.33"], ["0.01"], "13583.34")]


def test_billed_site_that_is_no_longer_due_is_credited_whole():
    gone = site(1)
    billed = billed_through([gone], date(1998, 11, 30))
    due = due_through(agreement=AGREEMENT, sites=[], through=date(1998, 11, 30), known_on=LATER)

    (document,) = unbilled(due=due, billed=billed, sites={1: gone})

    (adjustment,) = document.adjustments
    key = ChargeKey.of_site(1, 1)
    parts = tuple(AdjustedPart(number, None, part) for number, part in billed[key].parts.items())
    source = "Amendment 1 (LNM980917MP), clause 1"
    assert adjustment == Adjustment(
        key, gone, period(1), parts, billed[key], source, TermEnd(date(2000, 9, 30), source)
    )
    assert shown([document]) == [("November 1998", [], ["-27166.67"], "-27166.67")]


def test_switch_counted_as_zero_after_all_is_credited():
    billed = billed_through([site(1)], date(1998, 10, 31))
    documents = run([site(1, switch_counts=((ANCHOR, 0),))], billed, through=date(1998, 10, 31))

    assert shown(documents) == [("October 1998", [], ["-13583.33"], "-13583.33")]


def test_retroactive_amendment_bills_the_difference():
    of = agreement(amendment(2, date(1998, 11, 1), signed_on=date(1999, 1, 10), schedule=DEARER))
    billed = billed_through([site(1)], date(1998, 12, 31), known_on=date(1999, 1, 9), of=of)

    documents = run([site(1)], billed, through=date(1998, 12, 31), known_on=date(1999, 1, 10), of=of)

    # 163,000/12 + 2 x 168,000/12 = 41,583.3333 due, 40,750.00 billed
    assert shown(documents) == [("December 1998", [], ["833.33"], "833.33")]


def test_shortened_term_credits_what_was_billed_beyond_it():
    sites = [site(1)]
    billed = billed_through(sites, date(2000, 9, 30))
    shorter = agreement(amendment(2, date(2000, 4, 1), expires_on=date(2000, 7, 22)))

    documents = run(sites, billed, through=date(2000, 7, 22), of=shorter)

    # 163,000/12 x (9 + 22/31) = 131,889.78 due, 163,000.00 billed
    assert shown(documents) == [("July 2000", [], ["-31110.22"], "-31110.22")]


@pytest.mark.parametrize(
    ("frequency", "parts", "last_day", "documents"),
    [
        # July is due with 9,639.78 and was billed with 13,583.33; August and September with 27,166.67 together.
        (Frequency.MONTHLY, [10, 11, 12], date(2000, 9, 30), ("D0-22", "D0-23", "D0-24")),
        # The quarter from July is due with 9,639.78 and was billed with 40,750.00.
        (Frequency.QUARTERLY, [4], date(2000, 7, 22), ("D0-8",)),
    ],
)
def test_shortened_term_credits_what_was_billed_in_advance_beyond_it(frequency, parts, last_day, documents):
    choices = {"timing": Timing.IN_ADVANCE, "frequency": frequency}
    billed = billed_through([site(1)], date(2000, 9, 1), of=agreement(**choices))
    shorter = agreement(amendment(2, date(2000, 4, 1), expires_on=date(2000, 7, 22)), **choices)

    (document,) = run([site(1)], billed, through=date(2000, 7, 22), of=shorter)

    (adjustment,) = document.adjustments
    assert str(adjustment.amount) == "-31110.22"
    assert ([part.number for part in adjustment.parts], adjustment.documents) == (parts, documents)
    assert adjustment.days == DaySpan(date(2000, 7, 1), last_day)
    assert run([site(1)], with_documents(billed, (document,)), through=date(2000, 7, 22), of=shorter) == ()


def test_annual_period_that_the_term_no_longer_holds_is_credited():
    longer = agreement(amendment(2, date(2000, 9, 1), expires_on=date(2001, 9, 30)))
    shortened = agreement(*longer.amendments[1:], amendment(3, date(2000, 9, 2), expires_on=date(2000, 9, 30)))
    billed = billed_through([site(1)], date(2000, 10, 31), of=longer)

    documents = run([site(1)], billed, through=date(2000, 9, 30), of=shortened)

    assert shown(documents) == [("October 2000", [], ["-13583.33"], "-13583.33")]
    assert documents[0].adjustments[0].period == period(3, expires_on=None)


@pytest.mark.parametrize("through", [date(1998, 10, 31), date(1999, 9, 30), date(1999, 10, 31)])
def test_run_through_an_earlier_date_takes_nothing_back(through):
    sites = [site(1), site(2, in_service_on=date(1999, 1, 15))]
    billed = billed_through(sites, date(1999, 11, 30))

    assert run(sites, billed, through=through) == ()


def test_run_in_arrears_takes_back_nothing_that_was_billed_in_advance():
    sites = [site(1)]
    billed = billed_through(sites, date(1998, 11, 1), of=agreement(timing=Timing.IN_ADVANCE))

    assert run(sites, billed, through=date(1998, 10, 31)) == ()
    assert run(sites, billed, through=date(1998, 11, 30)) == ()


def test_another_frequency_applies_from_an_annual_period_on():
    monthly = agreement()
    of = replace(monthly, later_readings=((date(1999, 10, 1), readings(frequency=Frequency.QUARTERLY)),))
    billed = billed_through([site(1)], date(1999, 9, 30), of=monthly)

    assert shown(run([site(1)], billed, through=date(2000, 3, 31), of=of)) == [
        ("1 October 1999 to 31 December 1999", ["40750.00"], [], "40750.00"),
        ("1 January 2000 to 31 March 2000", ["40750.00"], [], "40750.00"),
    ]


@pytest.mark.parametrize(
    ("amount", "waived", "schedule", "expected"),
    [
        ("0.00", "0.00", SCHEDULE, "13583.33"),  # credited: billed again
        ("0.00", "13583.33", SCHEDULE, None),  # credited and waived
        ("12583.33", "1000.00", SCHEDULE, None),  # 1,000.00 waived
        ("12583.33", "0.00", SCHEDULE, "1000.00"),  # the waiver was withdrawn
        ("12583.33", "1000.00", LOWER, None),  # 12,904.17 now, or 11,904.17 less the waiver: 12,583.33 lies between
        ("13583.33", "1000.00", LOWER, "-679.16"),  # what stands billed above the price is credited
        ("0.00", "13583.33", LOWER, None),  # more was waived than is due now
    ],
)
def test_what_was_waived_is_not_due(amount, waived, schedule, expected):
    part = BilledPart(Decimal(amount), ("INV-1", "CN-1"), Decimal(waived))
    billed = {ChargeKey.of_site(1, 1): Billed({1: part}, of=12, site_key=1)}
    of = agreement(amendment(2, ANCHOR, schedule=schedule))

    documents = run([site(1)], billed, through=date(1998, 10, 31), of=of)

    assert [str(adjustment.amount) for document in documents for adjustment in document.adjustments] == (
        [expected] if expected else []
    )


def test_cents_that_moved_from_one_instalment_to_another_make_no_line():
    swapped = {1: BilledPart(Decimal("13583.34"), ("INV-1",)), 2: BilledPart(Decimal("13583.33"), ("INV-2",))}
    billed = {ChargeKey.of_site(1, 1): Billed(swapped, of=12, site_key=1)}

    assert run([site(1)], billed, through=date(1998, 11, 30)) == ()


def test_undecided_period_is_neither_billed_nor_credited():
    sites = [site(1, name="Ames"), site(2)]
    billed = billed_through(sites, date(1998, 10, 31))
    renamed = replace(SCHEDULE, levels=tuple(replace(row, code=f"{row.code}_2") for row in LEVELS))
    of = agreement(amendment(2, date(1998, 12, 1), schedule=renamed))

    due = due_through(agreement=of, sites=sites, through=date(1998, 11, 30), known_on=LATER)

    assert due.undecided == {ChargeKey.of_site(1, 1), ChargeKey.of_site(2, 1)}
    assert due.notices[0] == "Ames: the level VERY_SMALL of annual period 1 is no row of the schedule in force."
    assert unbilled(due=due, billed=billed, sites={each.key: each for each in sites}) == ()


def test_charge_of_nothing_makes_no_line():
    free = replace(SCHEDULE, levels=(replace(LEVELS[0], annual_price=ZERO), *LEVELS[1:]))
    of = agreement(amendment(2, ANCHOR, schedule=free))

    assert run([site(1)], {}, through=date(1998, 10, 31), of=of) == ()


def test_document_totals_its_lines():
    sites, billed, _, of = late_level("LARGE", "MEDIUM", months=3)
    (document,) = run(sites, billed, through=date(2001, 1, 31), of=of)

    # 20,416.67 for January (81,666.67 - 61,250.00), less 18,750.00
    assert document.total == Decimal("20416.67") - Decimal("18750.00") == Decimal("1666.67")


def test_what_is_billed_for_a_site_is_kept_instalment_by_instalment():
    (was,) = (billed := billed_through([site(7)], date(1998, 11, 30))).values()

    assert list(billed) == [ChargeKey.of_site(7, 1)]
    assert was.parts == {
        1: BilledPart(Decimal("13583.33"), ("D0-1",)),
        2: BilledPart(Decimal("13583.34"), ("D0-2",)),
    }
    assert (was.of, was.site_key, was.period_number, str(was.amount)) == (12, 7, 1, "27166.67")


SERVICE_STARTS = st.dates(min_value=date(1998, 8, 1), max_value=date(2000, 9, 30))
LEVEL_CODES = st.sampled_from([level.code for level in LEVELS])
REFERENCE_DAYS = st.dates(min_value=date(1998, 10, 20), max_value=date(2000, 9, 30))


@st.composite
def a_site(draw, key: int):
    """A site with levels agreed on any day, perhaps removed, perhaps with its charges ended."""
    start = draw(SERVICE_STARTS)
    removed = draw(st.none() | st.dates(min_value=start, max_value=date(2000, 12, 31)))
    ended = removed if removed and draw(st.booleans()) else None
    levels = [agreed(2, draw(LEVEL_CODES), draw(REFERENCE_DAYS)) for _ in range(draw(st.integers(0, 1)))]
    return site(key, in_service_on=start, removed_on=removed, charged_through=ended, agreed=tuple(levels))


POLICIES = st.fixed_dictionaries(
    {
        "frequency": st.sampled_from(Frequency),
        "timing": st.sampled_from(Timing),
        "proration": st.sampled_from(Proration),
        "rounding": st.sampled_from(Rounding),
    }
)


@bounded
@given(
    st.integers(1, 3).flatmap(lambda count: st.tuples(*(a_site(key) for key in range(count)))),
    POLICIES,
    st.none() | st.tuples(REFERENCE_DAYS, REFERENCE_DAYS),
    st.lists(st.tuples(REFERENCE_DAYS, REFERENCE_DAYS), min_size=1, max_size=5),
)
def test_any_sequence_of_runs_bills_exactly_what_is_due_and_never_twice(sites, policies, dearer, days):
    """Runs happen in the order of their days (`known_on`), each through any date; the books follow every document.

    Levels are agreed on any day, and a second amendment, effective on any day, may be signed on any other.
    """
    later = [amendment(2, dearer[0], signed_on=dearer[1], schedule=DEARER)] if dearer else []
    of = agreement(*later, **policies)
    billed: dict = {}
    for known_on, through in sorted(days):
        documents = run(sites, billed, through=through, known_on=known_on, of=of)
        # The books refuse an instalment that is billed twice.
        billed = with_documents(billed, documents)
        assert run(sites, billed, through=through, known_on=known_on, of=of) == ()
    last = max(through for _, through in days)
    known_on = max(known_on for known_on, _ in days)
    billed = with_documents(billed, run(sites, billed, through=last, known_on=known_on, of=of))

    due = due_through(agreement=of, sites=sites, through=last, known_on=known_on)
    assert _by_key(due) == {key: was.amount for key, was in billed.items() if was.amount}


def _by_key(due: Due) -> dict:
    sums: dict = {}
    for charge in due.charges:
        sums[charge.key] = sums.get(charge.key, ZERO) + charge.amount
    return {key: amount for key, amount in sums.items() if amount}


def test_what_is_due_now_does_not_wait_for_a_document_that_falls_due_later():
    quarterly = agreement(frequency=Frequency.QUARTERLY)
    due = due_through(
        agreement=quarterly,
        sites=[site(1)],
        through=date(1999, 3, 31),
        known_on=LATER,
        facts={BLOCK: (Purchase(9, date(1999, 2, 10), 1),)},
    )

    documents = unbilled(due=due, billed={}, sites={1: site(1)}, adjust_through=date(1999, 2, 28))

    assert [(str(d.part), amounts(d.charges), d.due_on) for d in documents] == [
        ("1 October 1998 to 31 December 1998", ["40750.00"], date(1998, 12, 31)),
        ("1 January 1999 to 31 March 1999", ["40750.00"], date(1999, 3, 31)),
        ("February 1999", ["121500.00"], date(1999, 2, 10)),
    ]
