"""The trend of counts: the line, the expected day and every reason for none, with the arithmetic spelled out."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sites.counts.count import Count
from sites.site_history.trend import DAYS_AHEAD, Line, Silent, line_through, outlook
from tests.reference import bounded

START = date(1999, 1, 1)
ON = date(1999, 6, 30)


def counts(*pairs: tuple[int, int]) -> list[Count]:
    """Counts by days after the start."""
    return [Count("GE", START + timedelta(days=days), quantity) for days, quantity in pairs]


STEADY = counts((0, 10), (30, 11), (60, 12), (90, 13))
"""One unit in 30 days, from 10 on 1 January 1999: 13 on 1 April."""


def expected(made: list[Count], limit: int | None = 15, on: date = ON, expires_on: date | None = None):
    found = outlook(counts=made, limit=limit, on=on, expires_on=expires_on)
    return found.expected_on or found.silent


# ---- the line ------------------------------------------------------------------------------------------------------


def test_line_is_the_median_of_all_slopes_at_the_median_height():
    """Slopes of the pairs: 1/30 six times; heights 10, 11 - 1, 12 - 2, 13 - 3: all 10."""
    assert line_through(counts=STEADY) == Line(START, Fraction(10), Fraction(1, 30))


def test_one_odd_count_does_not_move_the_line():
    """With 40 on day 60 the slopes are 1, 29/30, -27/30 and three times 1/30: the median stays 1/30, the height 10."""
    odd = counts((0, 10), (30, 11), (60, 40), (90, 13))
    assert line_through(counts=odd) == Line(START, Fraction(10), Fraction(1, 30))
    assert expected(odd, 20) == expected(STEADY, 20) == date(1999, 10, 29)


def test_median_of_an_even_number_is_half_way_between_the_middle_two():
    """Slopes of (0, 0), (10, 1), (20, 3), (30, 3): 1/10, 3/20, 3/30, 2/10, 2/20, 0; in order 0, 1/10, 1/10, 1/10,
    3/20, 1/5: the middle two are both 1/10. Heights 0, 0, 1, 0: 0."""
    assert line_through(counts=counts((0, 0), (10, 1), (20, 3), (30, 3))) == Line(START, Fraction(0), Fraction(1, 10))


@pytest.mark.parametrize(
    ("slope", "shown"),
    [(Fraction(1, 30), "+12.2"), (Fraction(-1, 30), "−12.2"), (Fraction(0), "0.0"), (Fraction(1, 73000), "0.0")],
)
def test_units_a_year_are_half_up_to_one_decimal(slope, shown):
    """365 / 30 = 12.16..., half up 12.2; 365 / 73000 = 0.005, half up 0.0."""
    assert Line(START, Fraction(0), slope).a_year == shown


# ---- the expected day ----------------------------------------------------------------------------------------------


def test_expected_day_is_the_first_on_which_the_line_lies_above_the_limit():
    """10 + d / 30 > 20 from d = 301: 1 January 1999 + 301 days = 29 October 1999; on day 300 the line is at 20."""
    assert expected(STEADY, 20) == date(1999, 10, 29)
    assert line_through(counts=STEADY).on(date(1999, 10, 28)) == 20


def test_line_that_lies_above_the_limit_already_is_expected_the_day_after():
    """10 + d / 30 > 15 from d = 151, 1 June: before 30 June, so the day is 1 July."""
    assert expected(STEADY, 15) == date(1999, 7, 1)
    assert expected(STEADY, 15, date(1999, 4, 1)) == date(1999, 6, 1)


def test_last_day_ahead_counts_and_the_day_after_it_does_not():
    """10 + d / 30 > 39 from d = 871: asked on day 141 that is 730 days ahead, asked on day 140 it is 731."""
    assert expected(STEADY, 39, START + timedelta(days=141)) == START + timedelta(days=141 + DAYS_AHEAD)
    assert expected(STEADY, 39, START + timedelta(days=140)) is Silent.FAR


def test_huge_limit_is_far_and_no_error():
    assert expected(STEADY, 10**12) is Silent.FAR


def test_day_of_the_expiration_counts_and_the_day_after_it_does_not():
    assert expected(STEADY, 20, expires_on=date(1999, 10, 29)) == date(1999, 10, 29)
    assert expected(STEADY, 20, expires_on=date(1999, 10, 28)) is Silent.AFTER_TERM


def test_without_a_limit_there_is_a_line_and_no_day():
    found = outlook(counts=STEADY, limit=None, on=ON, expires_on=None)
    assert (found.silent, found.line.slope) == (Silent.NO_LIMIT, Fraction(1, 30))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (STEADY[:3], Silent.FEW_COUNTS),
        (counts((0, 10), (30, 11), (60, 12), (89, 13)), Silent.SHORT),
        (counts((0, 10), (30, 10), (60, 10), (90, 10)), Silent.NOT_RISING),
        (counts((0, 13), (30, 12), (60, 11), (90, 10)), Silent.NOT_RISING),
        # pairs: +8 +1 +9 -7 +1 +8: five of six rise (5/6)
        (counts((0, 10), (30, 18), (60, 11), (90, 19)), date(1999, 7, 1)),
        # pairs: +8 -1 +4 -9 -4 +5: three of six rise; slopes -9/30, -4/60, -1/60, 4/90, 5/30, 8/30
        (counts((0, 10), (30, 18), (60, 9), (90, 14)), Silent.CONTRADICTORY),
    ],
)
def test_trend_that_says_nothing_gives_no_day(made, reason):
    assert expected(made) == reason


def test_three_in_four_of_the_pairs_that_differ_are_enough_and_equal_pairs_do_not_count():
    """Pairs of 10, 12, 11, 12: +2 +1 +2 -1 0 +1: four of the five that differ rise, 4/5.

    Pairs of 10, 12, 11, 10, 13: +2 +1 0 +3, -1 -2 +1, -1 +2, +3: six of nine, 2/3.
    """
    assert expected(counts((0, 10), (30, 12), (60, 11), (90, 12)), 30) == Silent.FAR
    assert expected(counts((0, 10), (30, 12), (60, 11), (90, 10), (120, 13)), 14) == Silent.CONTRADICTORY


def test_only_counts_of_the_last_365_days_are_used():
    old = [Count("GE", ON - timedelta(days=365), 1), *STEADY]
    assert outlook(counts=old, limit=20, on=ON, expires_on=None) == outlook(
        counts=STEADY, limit=20, on=ON, expires_on=None
    )
    within = [Count("GE", ON - timedelta(days=364), 1), *STEADY]
    assert outlook(counts=within, limit=20, on=ON, expires_on=None).counts == 5


def test_counts_made_after_the_day_asked_on_are_not_known_yet():
    assert expected(STEADY, 20, on=date(1999, 3, 31)) is Silent.FEW_COUNTS


def test_every_reason_is_a_sentence():
    assert all(reason.sentence.endswith(".") for reason in Silent)


# ---- properties ----------------------------------------------------------------------------------------------------

MADE = st.dictionaries(st.integers(0, 180), st.integers(0, 60), min_size=1, max_size=12).map(
    lambda found: counts(*sorted(found.items()))
)


@bounded
@given(made=MADE, limit=st.integers(0, 80), days=st.integers(-400, 400))
def test_later_by_some_days_everything_is_later_by_as_many(made, limit, days):
    moved = [Count("GE", count.counted_on + timedelta(days=days), count.quantity) for count in made]
    before = outlook(counts=made, limit=limit, on=ON, expires_on=date(2000, 9, 30))
    after = outlook(
        counts=moved, limit=limit, on=ON + timedelta(days=days), expires_on=date(2000, 9, 30) + timedelta(days=days)
    )
    assert after.silent == before.silent
    if before.expected_on:
        assert after.expected_on == before.expected_on + timedelta(days=days)


@bounded
@given(made=MADE, limit=st.integers(0, 80), more=st.integers(0, 50))
def test_more_units_everywhere_change_nothing_where_the_limit_is_higher_by_as_many(made, limit, more):
    raised = [Count("GE", count.counted_on, count.quantity + more) for count in made]
    before = outlook(counts=made, limit=limit, on=ON, expires_on=None)
    after = outlook(counts=raised, limit=limit + more, on=ON, expires_on=None)
    assert (after.expected_on, after.silent) == (before.expected_on, before.silent)


@bounded
@given(made=MADE, limit=st.integers(0, 80), more=st.integers(1, 50))
def test_higher_limit_is_never_passed_earlier(made, limit, more):
    lower = outlook(counts=made, limit=limit, on=ON, expires_on=None)
    higher = outlook(counts=made, limit=limit + more, on=ON, expires_on=None)
    if higher.expected_on:
        assert lower.expected_on is not None
        assert lower.expected_on <= higher.expected_on
    assert lower.silent is None or lower.silent == higher.silent


@bounded
@given(made=MADE, limit=st.integers(0, 80), steeper=st.integers(1, 5))
def test_counts_that_rise_faster_pass_the_limit_no_later(made, limit, steeper):
    """Turned around their first day: every count higher by so many units a day since then."""
    faster = [
        Count("GE", count.counted_on, count.quantity + steeper * (count.counted_on - made[0].counted_on).days)
        for count in made
    ]
    before = outlook(counts=made, limit=limit, on=ON, expires_on=None)
    after = outlook(counts=faster, limit=limit, on=ON, expires_on=None)
    if before.line is not None:
        assert after.line.slope == before.line.slope + steeper
    if before.expected_on:
        assert after.expected_on <= before.expected_on


@bounded
@given(made=MADE, limit=st.integers(0, 80), order=st.randoms())
def test_order_of_the_counts_does_not_matter(made, limit, order):
    shuffled = list(made)
    order.shuffle(shuffled)
    assert outlook(counts=shuffled, limit=limit, on=ON, expires_on=None) == outlook(
        counts=made, limit=limit, on=ON, expires_on=None
    )


@bounded
@given(made=MADE, limit=st.integers(0, 80))
def test_expected_day_is_the_first_above_the_limit(made, limit):
    found = outlook(counts=made, limit=limit, on=ON, expires_on=None)
    if found.expected_on:
        assert found.line.on(found.expected_on) > limit
        before = found.expected_on - timedelta(days=1)
        assert before == ON or found.line.on(before) <= limit
