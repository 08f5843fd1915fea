"""Measured and charged levels over time as a drawing."""

from datetime import date

from contracts.periods import DaySpan
from sites.charts.levels import LevelDays, levels_drawing
from tests.sites.charts.drawn import as_looked_at, elements, paths, words

SPAN = DaySpan(date(1999, 1, 1), date(1999, 4, 10))
"""One hundred days on 660 units."""
LOW = DaySpan(date(1999, 1, 1), date(1999, 2, 19))
HIGH = DaySpan(date(1999, 2, 20), date(1999, 4, 10))
MONTHS = ["Jan 1999", "Feb", "Mar", "Apr"]


def drawing(charged=(), measured=()):
    return levels_drawing(title="Levels", span=SPAN, levels=["Small", "Large"], charged=charged, measured=measured)


def test_drawing_is_as_it_was_looked_at():
    found = drawing([LevelDays(LOW, "Small")], [LevelDays(LOW, "Small"), LevelDays(HIGH, "Large")])
    assert as_looked_at(found, "levels")


def test_days_without_a_level_are_a_gap():
    """50 of 100 days are 330 of 660 units from 130 on; the row of the higher level has its middle at 21."""
    gap = [LevelDays(LOW, None), LevelDays(HIGH, "Large")]
    assert paths(drawing(measured=gap), "counted") == ["M460 21H790"]
    (bar,) = elements(drawing(charged=gap), "rect")
    assert (bar.get("x"), bar.get("y"), bar.get("width"), bar.get("height")) == ("460", "13", "330", "16")


def test_ends_are_labelled_together_where_they_meet():
    low, high = [LevelDays(SPAN, "Small")], [LevelDays(SPAN, "Large")]
    assert words(drawing(low, high)) == ["Small", "Large", "charged", "measured", *MONTHS]
    assert words(drawing(low, low)) == ["Small", "Large", "charged and measured", *MONTHS]
    assert words(drawing(low, [LevelDays(SPAN, None)])) == ["Small", "Large", "charged", *MONTHS]


def test_summary_says_every_level_and_its_first_day():
    found = drawing([LevelDays(SPAN, "Small")], [LevelDays(LOW, None), LevelDays(HIGH, "Large")])
    assert found.summary == (
        "Charged: Small from 1 January 1999. Measured: no level from 1 January 1999, Large from 20 February 1999."
    )
