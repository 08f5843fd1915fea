from datetime import date

import pytest

from sites.counts.count import Count, baseline, between, counts_on, current, quantities
from tests.reference import period

FIRST = period(1).span
"""1 October 1998 to 30 September 1999"""


def count(component: str, day: str, quantity: int) -> Count:
    return Count(component, date.fromisoformat(day), quantity)


GE = [
    count("GE", "1998-09-15", 8),
    count("GE", "1998-10-31", 10),
    count("GE", "1999-03-31", 12),
    count("GE", "1999-08-01", 11),
    count("GE", "1999-09-30", 14),
]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("1998-09-14", {}),
        ("1998-09-15", {"GE": 8}),
        ("1998-10-30", {"GE": 8}),
        ("1998-10-31", {"GE": 10}),
        ("2005-01-01", {"GE": 14}),
    ],
)
@pytest.mark.parametrize("counts", [GE, GE[::-1]], ids=["in order", "reversed"])
def test_counts_on_gives_the_latest_up_to_the_day(counts, day, expected):
    assert quantities(counts_on(counts=counts, day=date.fromisoformat(day))) == expected


def test_counts_on_leaves_out_what_was_never_counted():
    found = counts_on(counts=[count("GE", "1998-10-01", 0)], day=date(1998, 10, 1))

    assert quantities(found) == {"GE": 0}  # zero was counted; SLC was not


def test_baseline_of_a_site_in_service_is_the_count_in_force_on_the_first_day():
    counts = [*GE, count("SLC", "1998-10-01", 3), count("SM", "1998-10-02", 1)]

    found = baseline(counts=counts, period=FIRST, in_service_on=date(1998, 10, 1))

    assert found == {"GE": GE[0], "SLC": counts[5]}  # SM was counted a day late: it has no baseline


def test_baseline_of_a_later_site_is_its_first_count_from_its_start():
    counts = [
        count("GE", "1999-01-31", 0),  # before the start: the installation
        count("GE", "1999-02-28", 9),
        count("GE", "1999-02-01", 4),
        count("SLC", "1999-06-30", 2),
        count("SM", "1999-10-31", 1),  # after the period
    ]

    found = baseline(counts=counts, period=FIRST, in_service_on=date(1999, 2, 1))

    assert quantities(found) == {"GE": 4, "SLC": 2}


def test_baseline_is_empty_without_counts():
    assert baseline(counts=[], period=FIRST, in_service_on=date(1998, 10, 1)) == {}
    assert baseline(counts=[], period=FIRST, in_service_on=date(1999, 2, 1)) == {}


@pytest.mark.parametrize(
    ("cut_off_on", "expected"),
    [
        (date(1998, 9, 30), {}),  # before the period
        (date(1998, 10, 30), {}),  # not counted again yet
        (date(1998, 10, 31), {"GE": 10}),
        (date(1999, 8, 1), {"GE": 11}),
        (date(1999, 9, 30), {"GE": 14}),
        (date(2000, 3, 1), {"GE": 14}),
    ],
)
def test_current_is_the_latest_count_of_the_period_up_to_the_cut_off(cut_off_on, expected):
    later = [*GE, count("GE", "1999-10-31", 20)]

    assert quantities(current(counts=later, then={"GE": GE[0]}, period=FIRST, cut_off_on=cut_off_on)) == expected


def test_current_leaves_out_the_baseline_itself():
    only = count("GE", "1998-10-01", 10)

    assert current(counts=[only], then={"GE": only}, period=FIRST, cut_off_on=date(1999, 8, 1)) == {}


def test_current_takes_a_component_without_baseline():
    counts = [count("SM", "1998-12-31", 1)]

    assert current(counts=counts, then={}, period=FIRST, cut_off_on=date(1999, 8, 1)) == {"SM": counts[0]}


def test_between_gives_the_counts_in_between_by_date():
    counts = [
        *GE,
        count("SLC", "1998-10-01", 5),
        count("SLC", "1999-03-31", 6),
        count("SLC", "1999-01-31", 7),
        count("SLC", "1999-08-01", 5),
        count("SM", "1999-03-31", 1),
    ]
    then = {"GE": GE[0], "SLC": counts[5]}
    now = {"GE": GE[3], "SLC": counts[8]}

    assert between(counts=counts, then=then, now=now) == (
        {"GE": 10},  # 31 October 1998
        {"SLC": 7},  # 31 January 1999
        {"GE": 12, "SLC": 6},  # 31 March 1999
    )


def test_between_says_nothing_about_a_component_without_both_ends():
    assert between(counts=GE, then={"GE": GE[0]}, now={}) == ()
    assert between(counts=GE, then={}, now={"GE": GE[3]}) == ()
