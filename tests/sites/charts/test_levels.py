"""Measured and charged levels over time as a drawing."""

from datetime import date

from django.template import Context, Template

from contracts.periods import DaySpan
from sites.charts.levels import Bar, LevelDays, levels_drawing

SPAN = DaySpan(date(1999, 1, 1), date(1999, 4, 10))
"""One hundred days on 660 units."""
LOW = DaySpan(date(1999, 1, 1), date(1999, 2, 19))
HIGH = DaySpan(date(1999, 2, 20), date(1999, 4, 10))


def drawing(charged=(), measured=(), span=SPAN):
    return levels_drawing(title="Levels", span=span, levels=["Small", "Large"], charged=charged, measured=measured)


def test_rows_stand_by_rank_with_the_lowest_at_the_bottom():
    """Two rows of 30 units below 6: the lower one is centred on 66 - 15 = 51, the higher on 21."""
    assert [(row.label, row.at) for row in drawing().rows] == [("Small", "51"), ("Large", "21")]


def test_charged_level_is_a_bar_over_its_days():
    """50 of 100 days are 330 of 660 units, from 130 on; the bar is 16 high around the row's middle."""
    assert drawing(charged=[LevelDays(LOW, "Small")]).bars == (Bar("130", "43", "330"),)


def test_measured_level_is_one_line_with_steps():
    assert drawing(measured=[LevelDays(LOW, "Small"), LevelDays(HIGH, "Large")]).line == "M130 51H460V21H790"


def test_days_without_a_level_are_a_gap():
    gap = [LevelDays(LOW, None), LevelDays(HIGH, "Large")]
    assert drawing(measured=gap).line == "M460 21H790"
    assert drawing(charged=gap).bars == (Bar("460", "13", "330"),)


def test_ends_are_labelled_together_where_they_meet():
    low, high = [LevelDays(SPAN, "Small")], [LevelDays(SPAN, "Large")]
    assert [(end.at, end.label) for end in drawing(low, high).ends] == [("51", "charged"), ("21", "measured")]
    assert [(end.at, end.label) for end in drawing(low, low).ends] == [("51", "charged and measured")]
    assert drawing(low, [LevelDays(SPAN, None)]).ends == drawing(low).ends


def test_months_are_named_as_far_as_there_is_room():
    assert [day.label for day in drawing().days] == ["Jan 1999", "Feb 1999", "Mar 1999", "Apr 1999"]
    two_years = DaySpan(date(1998, 10, 1), date(2000, 9, 30))
    assert [day.label for day in drawing(span=two_years).days] == ["Jan 1999", "Jul 1999", "Jan 2000", "Jul 2000"]


def test_summary_says_every_level_and_its_first_day():
    found = drawing([LevelDays(SPAN, "Small")], [LevelDays(LOW, None), LevelDays(HIGH, "Large")])
    assert found.summary == (
        "Charged: Small from 1 January 1999. Measured: no level from 1 January 1999, Large from 20 February 1999."
    )


def test_svg_has_title_and_words():
    svg = Template("{% load charts %}{% level_chart drawing 'one' %}").render(
        Context({"drawing": drawing([LevelDays(SPAN, "Small")])})
    )
    assert '<title id="one-title">Levels. Charged: Small from 1 January 1999.</title>' in svg
    assert "style=" not in svg
