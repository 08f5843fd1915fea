from datetime import date

import pytest

from contracts.periods import (
    AnnualPeriod,
    DaySpan,
    Month,
    OutsideTerm,
    add_months,
    annual_period,
    annual_period_on,
    annual_periods,
    day_text,
    extension_days,
    review_due_on,
)
from contracts.readings import ReviewDay
from tests.reference import ANCHOR, EXPIRES_ON, period


def day(text: str) -> date:
    return date.fromisoformat(text)


def span(first: str, last: str) -> DaySpan:
    return DaySpan(day(first), day(last))


def test_day_text_names_the_month():
    assert day_text(date(1998, 10, 1)) == "1 October 1998"


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        ("1998-10-01", 0, "1998-10-01"),
        ("1998-10-01", 3, "1999-01-01"),
        ("1998-10-01", 24, "2000-10-01"),
        ("1999-01-31", 1, "1999-02-28"),  # no 31 February
        ("2000-01-31", 1, "2000-02-29"),  # a leap year has one more day
        ("1999-01-31", 2, "1999-03-31"),  # counted from the anchor: the 31st comes back
        ("1999-01-15", -1, "1998-12-15"),
        ("2000-02-29", 12, "2001-02-28"),
        ("2000-02-29", 48, "2004-02-29"),
    ],
)
def test_add_months_keeps_the_day_or_takes_the_last(anchor, months, expected):
    assert add_months(day(anchor), months) == day(expected)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("1998-10-01", "1998-10-01", 1),
        ("1998-10-01", "1998-10-31", 31),
        ("1998-10-01", "1999-09-30", 365),
        ("1999-10-01", "2000-09-30", 366),
    ],
)
def test_span_counts_both_ends(first, last, days):
    assert span(first, last).days == days


def test_span_refuses_an_end_before_its_beginning():
    with pytest.raises(ValueError, match=r"^1998-09-30 is before 1998-10-01\.$"):
        span("1998-10-01", "1998-09-30")


@pytest.mark.parametrize(
    ("text", "inside"),
    [("1998-09-30", False), ("1998-10-01", True), ("1998-10-31", True), ("1998-11-01", False)],
)
def test_span_contains_its_ends(text, inside):
    assert (day(text) in span("1998-10-01", "1998-10-31")) is inside


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, ("1998-10-01", "1998-10-31")),
        ("1998-10-15", None, ("1998-10-15", "1998-10-31")),
        (None, "1998-10-15", ("1998-10-01", "1998-10-15")),
        ("1998-10-31", "1999-01-31", ("1998-10-31", "1998-10-31")),
        ("1998-11-01", None, None),
        (None, "1998-09-30", None),
    ],
)
def test_overlap_is_the_days_shared(first, last, expected):
    october = span("1998-10-01", "1998-10-31")

    shared = october.overlap(first and day(first), last and day(last))

    assert shared == (expected and span(*expected))


@pytest.mark.parametrize(
    ("first", "last", "printed"),
    [
        ("1998-10-01", "1998-10-31", "October 1998"),
        ("2000-02-01", "2000-02-29", "February 2000"),
        ("2000-02-01", "2000-02-28", "1 February 2000 to 28 February 2000"),
        ("1998-10-01", "1998-12-31", "1 October 1998 to 31 December 1998"),
        ("1998-10-02", "1998-10-31", "2 October 1998 to 31 October 1998"),
    ],
)
def test_span_prints_a_whole_month_by_name(first, last, printed):
    assert str(span(first, last)) == printed


def test_month_knows_its_days_and_the_next():
    december = Month.of(date(1998, 12, 24))

    assert december == Month(1998, 12)
    assert december.span == span("1998-12-01", "1998-12-31")
    assert december.following() == Month(1999, 1)
    assert str(december) == "December 1998"
    assert Month(2000, 2).span.days == 29


@pytest.mark.parametrize(
    ("number", "expires_on", "expected", "truncated"),
    [
        (1, None, ("1998-10-01", "1999-09-30"), False),
        (2, "2000-09-30", ("1999-10-01", "2000-09-30"), False),
        (2, "2000-07-22", ("1999-10-01", "2000-07-22"), True),
        (3, "2000-10-01", ("2000-10-01", "2000-10-01"), True),
    ],
)
def test_annual_period_is_cut_at_the_expiration(number, expires_on, expected, truncated):
    found = annual_period(number=number, first_period_starts_on=ANCHOR, expires_on=expires_on and day(expires_on))

    assert (found.number, found.span, found.truncated) == (number, span(*expected), truncated)


@pytest.mark.parametrize(
    ("number", "outcome"),
    [(0, OutsideTerm.BEFORE_FIRST_PERIOD), (3, OutsideTerm.AFTER_EXPIRATION)],
)
def test_annual_period_says_why_there_is_none(number, outcome):
    assert annual_period(number=number, first_period_starts_on=ANCHOR, expires_on=EXPIRES_ON) is outcome


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("1998-09-30", OutsideTerm.BEFORE_FIRST_PERIOD),
        ("1998-10-01", 1),
        ("1998-12-31", 1),
        ("1999-01-01", 1),
        ("1999-09-30", 1),
        ("1999-10-01", 2),
        ("2000-09-30", 2),
        ("2000-10-01", OutsideTerm.AFTER_EXPIRATION),
    ],
)
def test_annual_period_on_finds_the_period_of_a_day(on, expected):
    found = annual_period_on(day=day(on), first_period_starts_on=ANCHOR, expires_on=EXPIRES_ON)

    assert (found.number if isinstance(found, AnnualPeriod) else found) == expected


@pytest.mark.parametrize(
    ("on", "number", "expected"),
    [
        ("2001-02-27", 1, ("2000-02-29", "2001-02-27")),
        ("2001-02-28", 2, ("2001-02-28", "2002-02-27")),
        ("2004-02-28", 4, ("2003-02-28", "2004-02-28")),
        ("2004-02-29", 5, ("2004-02-29", "2005-02-27")),
    ],
)
def test_annual_period_on_counts_from_an_anchor_of_29_february(on, number, expected):
    found = annual_period_on(day=day(on), first_period_starts_on=date(2000, 2, 29), expires_on=None)

    assert (found.number, found.span) == (number, span(*expected))


@pytest.mark.parametrize(
    ("through", "numbers"),
    [("1998-09-30", []), ("1998-10-01", [1]), ("1999-09-30", [1]), ("1999-10-01", [1, 2]), ("2005-01-01", [1, 2])],
)
def test_annual_periods_begin_by_the_day_and_within_the_term(through, numbers):
    found = annual_periods(first_period_starts_on=ANCHOR, through=day(through), expires_on=EXPIRES_ON)

    assert [each.number for each in found] == numbers


@pytest.mark.parametrize(
    ("of", "number", "expected"),
    [
        (1, 1, ("1999-10-01", "2000-09-30")),
        (4, 1, ("1999-10-01", "1999-12-31")),
        (4, 2, ("2000-01-01", "2000-03-31")),
        (12, 5, ("2000-02-01", "2000-02-29")),
        (12, 12, ("2000-09-01", "2000-09-30")),
    ],
)
def test_parts_divide_the_full_period(of, number, expected):
    parts = period(2, expires_on=day("2000-07-22")).parts(of)

    assert len(parts) == of
    assert parts[number - 1] == span(*expected)
    assert sum(part.days for part in parts) == 366


def test_months_of_an_anchor_at_the_month_end_leave_no_day_out():
    found = annual_period(number=1, first_period_starts_on=date(1999, 1, 31), expires_on=None)

    assert found.months()[:3] == (
        span("1999-01-31", "1999-02-27"),
        span("1999-02-28", "1999-03-30"),
        span("1999-03-31", "1999-04-29"),
    )
    assert sum(month.days for month in found.months()) == 365


def test_annual_period_prints_its_number_and_days():
    assert str(period(1)) == "Annual period 1 (1 October 1998 to 30 September 1999)"


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (ReviewDay.DAYS_BEFORE, "1999-08-01"),  # 30 September - 60 days
        (ReviewDay.BOTH_DAYS_COUNTED, "1999-08-02"),  # 2 August to 30 September are 60 days
    ],
)
def test_review_due_on_counts_back_from_the_last_day(reading, expected):
    assert review_due_on(period_last_day=date(1999, 9, 30), lead_days=60, reading=reading) == day(expected)


@pytest.mark.parametrize(("to", "days"), [("2000-09-30", 70), ("2000-07-22", 0), ("2000-07-21", -1)])
def test_extension_days_are_negative_for_a_shortened_term(to, days):
    assert extension_days(from_expiration=date(2000, 7, 22), to_expiration=day(to)) == days
