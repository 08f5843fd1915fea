from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.levels import Flag, measured_level
from contracts.readings import ChangeCounting, NotEligible, ReviewDay
from contracts.schedule import Refused
from contracts.terms import terms_on
from sites.review_days import ReviewDue, ReviewKind, in_review, review_due
from sites.reviews.review import (
    Eligibility,
    Outcome,
    Proposal,
    Reason,
    ReviewTerms,
    agreed_price_refusal,
    eligibility,
    late_change,
    proposal,
    review_terms,
)
from tests.reference import (
    AGREEMENT,
    AMENDMENT,
    EXPIRES_ON,
    LARGE,
    LATER,
    MEDIUM,
    SCHEDULE,
    SMALL,
    SMALLEST,
    VERY_LARGE,
    VERY_SMALL,
    agreement,
    amendment,
    counts,
    period,
)

NET, ANY, BAND, UNITS = ChangeCounting


def test_price_review_settles_the_next_period():
    found = review_due(period=period(1), lead_days=60, expires_on=EXPIRES_ON)

    assert found == ReviewDue(period(1), date(1999, 8, 1), ReviewKind.PRICE_REVIEW, period(2))
    assert found.due_on.strftime("%A") == "Sunday"


def test_term_check_is_due_where_the_agreement_ends_with_the_period():
    found = review_due(period=period(2), lead_days=60, expires_on=EXPIRES_ON)

    assert found == ReviewDue(period(2), date(2000, 8, 1), ReviewKind.TERM_CHECK, None)


def test_review_of_a_truncated_period_counts_from_its_last_day():
    cut = period(2, expires_on=date(2000, 7, 22))

    assert review_due(period=cut, lead_days=60, expires_on=date(2000, 7, 22)).due_on == date(2000, 5, 23)


def test_review_counts_both_days_where_that_is_the_reading():
    found = review_due(period=period(1), lead_days=60, expires_on=EXPIRES_ON, reading=ReviewDay.BOTH_DAYS_COUNTED)

    assert found.due_on == date(1999, 8, 2)


def terms_of(number: int, *, of=AGREEMENT, known_on: date = LATER) -> ReviewTerms | Refused:
    return review_terms(agreement=of, period_number=number, known_on=known_on)


def test_review_rests_on_the_terms_of_both_periods():
    last_day, next_day = date(1999, 9, 30), date(1999, 10, 1)

    assert terms_of(1) == ReviewTerms(
        review_due(period=period(1), lead_days=60, expires_on=EXPIRES_ON),
        terms_on(agreement=AGREEMENT, service_on=last_day, known_on=LATER),
        terms_on(agreement=AGREEMENT, service_on=next_day, known_on=LATER),
    )


def test_review_settles_the_prices_of_the_next_periods_schedule():
    other = replace(SCHEDULE, prices_clause="table 2")
    found = terms_of(1, of=agreement(amendment(2, date(1999, 10, 1), schedule=other)))

    assert (found.terms.schedule, found.next_terms.schedule) == (SCHEDULE, other)


def test_term_check_has_no_terms_to_settle():
    found = terms_of(2)

    assert (found.due.kind, found.due.due_on, found.next_terms) == (ReviewKind.TERM_CHECK, date(2000, 8, 1), None)


@pytest.mark.parametrize(
    ("number", "outside"),
    [
        (0, "before the first annual period"),
        (3, "after the expiration"),
        (1001, "after the expiration"),
        (10**9, "after the expiration"),
    ],
)
def test_review_needs_a_period_of_the_term(number, outside):
    assert terms_of(number) == Refused(
        "NO_PERIOD",
        "period_number",
        f"Agreement LNS970602JC has no annual period {number}: it would be {outside}. Choose a period within the term.",
    )


def test_review_needs_terms_in_force():
    assert terms_of(1, known_on=date(1998, 10, 19)).code == "NOT_IN_FORCE"


def test_review_needs_a_rule():
    silent = replace(AGREEMENT, amendments=(replace(AMENDMENT, schedule=replace(SCHEDULE, review=None)),))

    assert terms_of(1, of=silent) == Refused(
        "NO_REVIEW",
        "period_number",
        "The price schedule in force (Amendment 1 (LNM980917MP), Appendix A, table) has no renewal review. "
        "Agree one by an amendment.",
    )


def test_review_needs_prices_for_the_next_period():
    late = agreement(amendment(2, date(2000, 11, 1), expires_on=date(2001, 9, 30)))

    assert (terms_of(2, of=late).code, terms_of(2, of=late).message) == (
        "NEXT_NOT_PRICED",
        "Agreement LNS970602JC expired on 30 September 2000 (Amendment 1 (LNM980917MP), clause 1); 1 October 2000 is "
        "after it. Extend the term by an amendment.",
    )


@pytest.mark.parametrize(
    ("in_service_on", "removed_on", "expected"),
    [
        (date(1998, 10, 1), None, True),
        (date(1999, 8, 1), None, True),
        (date(1999, 8, 2), None, False),
        (date(1998, 10, 1), date(1999, 8, 1), True),
        (date(1998, 10, 1), date(1999, 7, 31), False),
    ],
)
def test_site_in_service_on_the_day_is_in_the_review(in_service_on, removed_on, expected):
    found = in_review(in_service_on=in_service_on, removed_on=removed_on, review_on=date(1999, 8, 1))

    assert found is expected


def checked(now, *, then=SMALLEST, between=(), minimum=2, reading=NET) -> Eligibility:
    return eligibility(schedule=SCHEDULE, then=then, now=now, between=between, minimum=minimum, reading=reading)


def without(*codes: str) -> dict[str, int]:
    return {code: quantity for code, quantity in SMALLEST.items() if code not in codes}


@pytest.mark.parametrize(
    ("changed", "codes", "eligible", "reason"),
    [
        ({}, (), False, Reason.TOO_FEW_CHANGED),
        ({"GE": 11}, ("GE",), False, Reason.TOO_FEW_CHANGED),
        ({"GE": 40}, ("GE",), False, Reason.TOO_FEW_CHANGED),  # four rows up, but one component
        ({"GE": 11, "SLC": 6}, ("GE", "SLC"), True, Reason.ENOUGH_CHANGED),
        ({"GE": 9, "SLC": 4}, ("GE", "SLC"), True, Reason.ENOUGH_CHANGED),
        ({"DACS4": 2, "GE": 9}, ("GE", "DACS4"), True, Reason.ENOUGH_CHANGED),
        ({"switches": 2, "SM": 2}, ("5ESS", "SM"), True, Reason.ENOUGH_CHANGED),
    ],
)
def test_price_may_change_when_two_components_differ(changed, codes, eligible, reason):
    found = checked(counts(**changed))

    assert (found.changed, found.changed_count) == (codes, len(codes))
    assert (found.eligible, found.reason, found.unknown) == (eligible, reason, ())


@pytest.mark.parametrize(("minimum", "eligible"), [(1, True), (2, True), (3, False)])
def test_minimum_is_the_schedules(minimum, eligible):
    assert checked(counts(GE=11, SLC=6), minimum=minimum).eligible is eligible


@pytest.mark.parametrize(
    ("then", "now", "eligible", "unknown", "reason"),
    [
        (None, SMALLEST, None, tuple(SMALLEST), Reason.NO_BASELINE),
        ({}, SMALLEST, None, tuple(SMALLEST), Reason.NO_BASELINE),
        (SMALLEST, None, None, tuple(SMALLEST), Reason.NO_CURRENT_COUNT),
        # One changed and one unknown could be two.
        (without("SLC"), counts(GE=11), None, ("SLC",), Reason.NO_BASELINE),
        (SMALLEST, without("SLC") | {"GE": 11}, None, ("SLC",), Reason.NO_CURRENT_COUNT),
        # None changed and one unknown cannot be two.
        (without("SLC"), SMALLEST, False, ("SLC",), Reason.TOO_FEW_CHANGED),
        # Two changed are enough, whatever the unknown says.
        (without("SLC"), counts(GE=11, SM=2), True, ("SLC",), Reason.ENOUGH_CHANGED),
    ],
)
def test_missing_count_leaves_it_undetermined_where_it_could_decide(then, now, eligible, unknown, reason):
    found = checked(now, then=then)

    assert (found.eligible, found.unknown, found.reason) == (eligible, unknown, reason)


@pytest.mark.parametrize(
    ("reading", "now", "between", "changed", "eligible"),
    [
        (NET, counts(GE=10, SLC=6), [counts(GE=12)], ("SLC",), False),
        (ANY, counts(GE=10, SLC=6), [counts(GE=12)], ("GE", "SLC"), True),
        (ANY, counts(SLC=6), [{"GE": 10}], ("SLC",), False),
        (ANY, counts(GE=11), [], ("GE",), False),
        (NET, counts(GE=14, SLC=8), [], ("GE", "SLC"), True),
        (BAND, counts(GE=14, SLC=8), [], (), False),
        (BAND, counts(GE=16, SLC=9), [], ("GE", "SLC"), True),
        (BAND, counts(SM=2, DACS2=2), [], ("SM", "DACS2"), True),
        (NET, counts(GE=12), [], ("GE",), False),
        (UNITS, counts(GE=12), [], ("GE",), True),  # two units of one component
        (UNITS, counts(GE=9), [], ("GE",), False),
        (UNITS, counts(GE=9, SLC=6), [], ("GE", "SLC"), True),
    ],
)
def test_readings_of_a_change_decide_differently(reading, now, between, changed, eligible):
    found = checked(now, between=between, reading=reading)

    assert (found.changed, found.eligible, found.reading) == (changed, eligible, reading)


def test_unknown_component_could_hide_any_number_of_units():
    found = checked(SMALLEST, then=without("SLC"), reading=UNITS)

    assert (found.eligible, found.units) == (None, 0)


@pytest.mark.parametrize(
    ("now", "reading", "units", "tally", "one_short"),
    [
        (SMALLEST, NET, 0, 0, False),
        (counts(GE=14), NET, 4, 1, True),
        (counts(GE=14, SLC=4), NET, 5, 2, False),
        (counts(GE=9), UNITS, 1, 1, True),
        (counts(GE=8), UNITS, 2, 2, False),
    ],
)
def test_tally_is_what_the_reading_counts(now, reading, units, tally, one_short):
    found = checked(now, reading=reading)

    assert (found.units, found.tally, found.one_short) == (units, tally, one_short)


def test_undetermined_site_is_not_one_short():
    assert checked(counts(GE=11), then=without("SLC")).one_short is False


def proposed(now, *, then=SMALLEST, current=VERY_SMALL) -> Proposal:
    return proposal(
        current=current,
        eligible=eligibility(schedule=SCHEDULE, then=then, now=now, minimum=2),
        measured=measured_level(schedule=SCHEDULE, counts=now),
    )


@pytest.mark.parametrize(
    ("current", "now", "level", "difference"),
    [
        (VERY_SMALL, counts(GE=16, SLC=9), SMALL, "35000.00"),  # 198,000 - 163,000
        (VERY_SMALL, counts(GE=40, SLC=22, SM=3), LARGE, "157000.00"),  # three rows up
        (LARGE, counts(GE=9, SLC=4), VERY_SMALL, "-157000.00"),  # and three down
        (MEDIUM, counts(GE=30, SLC=16), MEDIUM, "0.00"),
    ],
)
def test_eligible_site_is_proposed_its_measured_level(current, now, level, difference):
    found = proposed(now, current=current)

    assert found == Proposal(level, current, current, False, "The measured level is proposed.")
    assert found.difference == Decimal(difference)


def test_price_stays_without_enough_changes_and_the_foregone_amount_is_shown():
    large = counts(GE=45, SLC=24, SM=3)
    found = proposed(large, then=large)

    # 320,000 - 163,000
    assert found == Proposal(VERY_SMALL, VERY_SMALL, VERY_SMALL, False, "The price stays.", Decimal("157000.00"))
    assert found.difference == Decimal("0.00")


@pytest.mark.parametrize("now", [SMALLEST, counts(switches=2)])
def test_nothing_is_foregone_at_a_lower_or_no_measured_level(now):
    assert proposed(now, then=now, current=LARGE).foregone == Decimal("0.00")


def test_blank_cell_needs_confirmation():
    found = proposed(counts(GE=55, SLC=27, SM=4))

    assert (found.level, found.needs_confirmation, found.reason) == (VERY_LARGE, True, Flag.BLANK_CELL.sentence)
    assert found.difference == Decimal("227000.00")  # 390,000 - 163,000


@pytest.mark.parametrize(
    ("current", "reading", "level"),
    [
        (LARGE, NotEligible.PRICE_STAYS, LARGE),
        (LARGE, NotEligible.LOWER_LEVEL, VERY_SMALL),
        (LARGE, NotEligible.MEASURED_LEVEL, VERY_SMALL),
        (VERY_SMALL, NotEligible.LOWER_LEVEL, VERY_SMALL),
    ],
)
def test_what_too_few_changes_leave_to_propose_is_a_reading(current, reading, level):
    eligible = eligibility(schedule=SCHEDULE, then=SMALLEST, now=SMALLEST, minimum=2)
    measured = measured_level(schedule=SCHEDULE, counts=SMALLEST)

    found = proposal(current=current, eligible=eligible, measured=measured, reading=reading)

    assert (found.level, found.needs_confirmation) == (level, False)


def test_person_decides_without_a_measured_level():
    found = proposed(counts(GE=20, SLC=9, switches=2))

    assert found == Proposal(None, VERY_SMALL, VERY_SMALL, True, "There is no measured level: a person decides.")
    assert found.difference is None


def test_person_decides_where_eligibility_is_undetermined():
    assert proposed(counts(GE=20, SLC=9), then={}) == Proposal(
        None, VERY_SMALL, VERY_SMALL, True, "Eligibility is undetermined: a person decides."
    )


def outcome(now) -> Outcome:
    return Outcome.of(checked(now), proposed(now))


@pytest.mark.parametrize(
    ("at_review", "at_period_end", "late"),
    [
        (counts(GE=11), counts(GE=12), False),
        (counts(GE=11), counts(GE=11, SLC=6), True),  # became eligible
        (counts(GE=11, SLC=6), counts(GE=11), True),  # is no longer eligible
        (counts(GE=16, SLC=9), counts(GE=26, SLC=9), True),  # eligible at another level
        (counts(GE=16, SLC=9), counts(GE=17, SLC=9), False),
        (counts(GE=11, SLC=6), counts(GE=11, SLC=6, switches=2), True),  # no level any more
    ],
)
def test_late_change_is_another_outcome_on_the_last_day(at_review, at_period_end, late):
    assert late_change(at_review=outcome(at_review), at_period_end=outcome(at_period_end)) is late


@pytest.mark.parametrize(
    ("level_code", "annual_price", "code", "place"),
    [
        ("SMALL", None, None, None),
        ("SMALL", "198000.00", None, None),
        (None, "320000", None, None),
        (None, None, None, None),
        ("TINY", None, "UNKNOWN_LEVEL", "level"),
        (None, "175000.00", "OFF_TABLE_PRICE_NEEDS_AMENDMENT", "annual_price"),
        ("SMALL", "163000.00", "OFF_TABLE_PRICE_NEEDS_AMENDMENT", "annual_price"),  # another row's price
    ],
)
def test_agreed_price_must_be_a_row_of_the_table(level_code, annual_price, code, place):
    refused = agreed_price_refusal(
        schedule=SCHEDULE, level_code=level_code, annual_price=annual_price and Decimal(annual_price)
    )

    assert (refused and (refused.code, refused.place)) == (code and (code, place))


def test_price_outside_the_table_asks_for_an_amendment():
    assert agreed_price_refusal(schedule=SCHEDULE, level_code=None, annual_price=Decimal("175000.00")) == Refused(
        "OFF_TABLE_PRICE_NEEDS_AMENDMENT",
        "annual_price",
        "175,000.00 is not in the price table. A price outside it needs an executed amendment.",
    )


def test_eligibility_names_changes_in_the_schedules_order():
    turned = replace(SCHEDULE, components=SCHEDULE.components[::-1])
    found = eligibility(schedule=turned, then=SMALLEST, now=counts(GE=11, SLC=6), minimum=2)

    assert found.changed == ("SLC", "GE")
