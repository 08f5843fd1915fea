"""Places, the axis of months, lines in steps, and how they are written."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from contracts.periods import DaySpan
from sites.charts.plot import Drawing, Plot, Size
from sites.charts.svg import Svg, place, shape, short, word, written

SPAN = DaySpan(date(1999, 1, 1), date(1999, 4, 10))
SIZE = Size(width=120, height=70, left=10, right=10, top=10, bottom=10)
PLOT = Plot(SIZE, SPAN, 4)
"""One hundred days on 100 units from 10 on, and 0 to 4 on 50 units from 60 up."""


def test_a_day_begins_at_its_place_and_days_outside_lie_on_the_edges():
    days = [date(1999, 1, 1), date(1999, 2, 20), date(1999, 4, 11), date(1998, 1, 1), date(2000, 1, 1)]
    assert [PLOT.x(day) for day in days] == [100, 600, 1100, 100, 1100]


@pytest.mark.parametrize(("value", "y"), [(0, 600), (1, 475), (Decimal("0.5"), 538), (Fraction(1, 3), 559), (4, 100)])
def test_a_value_lies_between_the_base_line_and_the_top(value, y):
    assert PLOT.y(value) == y


def test_steps_are_joined_where_one_begins_as_the_other_ends():
    days = [date(1999, 1, 1), date(1999, 1, 11), date(1999, 1, 21), date(1999, 1, 31)]
    assert PLOT.steps((days[0], days[1], 1), (days[1], days[2], 4)) == "M10 47.5H20V10H30"
    assert PLOT.steps((days[0], days[1], 1), (days[2], days[3], 4)) == "M10 47.5H20M30 10H40"
    assert PLOT.steps() == ""


def test_shades_are_cut_at_the_span():
    assert PLOT.shade(date(1998, 12, 1), date(1999, 1, 11)) == '<rect x="10" y="10" width="10" height="50"/>'
    assert PLOT.shade(date(1999, 5, 1), date(1999, 6, 1)) == ""


@pytest.mark.parametrize(
    ("last_day", "labels"),
    [
        (date(1998, 10, 31), ["Oct 1998"]),
        (date(1999, 4, 30), ["Oct 1998", "Nov", "Dec", "Jan 1999", "Feb", "Mar", "Apr"]),
        (date(2000, 9, 30), ["Oct 1998", "Jan 1999", "Apr", "Jul", "Oct", "Jan 2000", "Apr", "Jul"]),
        (date(2008, 9, 30), [f"Jan {year}" for year in range(1999, 2009)]),
        (date(2098, 9, 30), [f"Jan {year}" for year in range(2000, 2099, 10)]),
    ],
)
def test_months_are_named_as_far_as_there_is_room_with_the_year_once(last_day, labels):
    span = DaySpan(date(1998, 10, 1), last_day)
    months = Plot(Size(width=960, height=100, left=64, right=32, top=0, bottom=20), span, 1).months()
    assert [text.text for text in ElementTree.fromstring(f"<g>{months}</g>")] == labels


def test_base_line_is_ticked_at_quarters_and_longer_at_years():
    plot = Plot(SIZE, DaySpan(date(1998, 10, 1), date(1999, 9, 30)), 1)
    assert plot.frame() == ('<path d="M10 60H110M10 60v3M35.2 60v6M59.8 60v3M84.7 60v3" fill="none" stroke="#7b8b96"/>')


def test_text_is_escaped_and_svg_is_not():
    label = word(0, -5, "A & <B>", "end", font_weight="600")
    assert label == '<text x="0" y="-0.5" text-anchor="end" font-weight="600">A &amp; &lt;B&gt;</text>'
    assert shape("g", label, "<i>", id='"x"') == f'<g id="&quot;x&quot;">{label}&lt;i&gt;</g>'
    assert written([Svg("<a/>"), "<b/>"]) == "<a/>&lt;b/&gt;"


def test_places_have_one_decimal_at_most_and_long_names_are_cut():
    assert [place(tenths) for tenths in (451, 260, 5, -5, 0)] == ["45.1", "26", "0.5", "-0.5", "0"]
    assert [short("Very Small", room) for room in (760, 759)] == ["Very Small", "Very Sma…"]


def test_a_drawing_has_a_title_for_those_who_cannot_see_it_and_nothing_drawn_is_no_svg():
    found = ElementTree.fromstring(Drawing("Counts at A & B", "3 of 15.", 10, shape("g")).svg("one"))
    assert (found.get("role"), found.get("viewBox"), found.get("aria-labelledby")) == ("img", "0 0 960 10", "one-title")
    assert (found[0].get("id"), found[0].text) == ("one-title", "Counts at A & B. 3 of 15.")
    assert Drawing("Counts", "", 10, Svg()).svg("one") == ""
