"""How a file writes days and times, and how that is said."""

from datetime import date, datetime, time

import pytest

from sites.imports.layouts import Layout, WrittenDays


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("1999-07-12", "", date(1999, 7, 12)),
        ("1999-07-12", "mdy", date(1999, 7, 12)),
        ("7/12/99", "mdy", date(1999, 7, 12)),
        ("7/12/99", "dmy", date(1999, 12, 7)),
        ("12.07.1999", "dmy", date(1999, 7, 12)),
        ("1-2-68", "dmy", date(2068, 2, 1)),
        ("1-2-69", "dmy", date(1969, 2, 1)),
        ("7/12/99", "", None),
        ("7/12-99", "dmy", None),
        ("7/12/1", "dmy", None),
        ("12 July 1999", "dmy", None),
    ],
)
def test_a_day_is_read_in_the_order_that_was_chosen(text, order, day):
    assert Layout(day_order=order).day(text) == day


def test_a_day_that_is_none_in_its_order_is_no_other_day():
    with pytest.raises(ValueError, match="month"):
        Layout(day_order="dmy").day("7/13/1999")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("8:40", time(8, 40)),
        ("12:00 am", time(0)),
        ("12:01 PM", time(12, 1)),
        ("7/12/99 8:40 PM", datetime(1999, 7, 12, 20, 40)),  # noqa: DTZ001
        ("1999-07-12T09:23:01", datetime(1999, 7, 12, 9, 23, 1)),  # noqa: DTZ001
        ("7/12/99", None),
        ("8.40", None),
    ],
)
def test_a_moment_is_read_as_it_is_written(text, moment):
    assert Layout(day_order="mdy").moment(text) == moment


def test_examples_say_what_days_would_be_in_either_order():
    days = WrittenDays()
    for text in ("7/10/1999", "7/10/1999", "7/11/1999", "7/12/1999"):
        days.add(text)

    assert days.examples("mdy") == "“7/10/1999” is 10 July 1999, “7/11/1999” is 11 July 1999"
    assert days.examples("dmy") == "“7/10/1999” is 7 October 1999, “7/11/1999” is 7 November 1999"
    days.add("7/13/1999")
    assert days.examples("dmy") == "“7/13/1999” would be no day"


def test_a_layout_says_and_keeps_what_was_chosen_and_nothing_else():
    layout = Layout(values={"service": "Customer Care"}, day_order="mdy", decimal_comma=True, rounding="up", step=25)
    days = WrittenDays(["7/10/99"])

    assert Layout().notes(days, {}) == []
    assert layout.notes(days, {"service": "Task"}) == [
        "Days are written month first: “7/10/99” is 10 July 1999.",
        "The comma is the decimal mark.",
        "All rows: Task Customer Care.",
        "Hours are rounded up to 15 minutes.",
    ]
    assert Layout(**layout.stored()) == layout
    assert (Layout().stored(), Layout(rounding="up").stored()) == ({}, {"rounding": "up"})
