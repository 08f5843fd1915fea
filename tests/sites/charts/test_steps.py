"""Figures over time in steps, with shaded days and marks."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.template import Context, Template
from pypdf import PdfReader

from contracts.periods import DaySpan
from contracts.printing.pdf import render_pdf
from sites.charts.plot import Drawing
from sites.charts.steps import Mark, Step, step_drawing
from tests.sites.charts.drawn import as_looked_at, elements, paths, words

# One hundred days: the plot is 864 units wide and 236 high, from (64, 296) at the left below to (928, 60).
SPAN = DaySpan(date(1999, 1, 1), date(1999, 4, 10))


def drawing(*steps: tuple[date, str], **facts) -> Drawing:
    values = {"title": "Balance", "summary": "4.00 h are left.", "span": SPAN, "what": "Hours left"} | facts
    return step_drawing(steps=[Step(day, Decimal(value)) for day, value in steps], **values)


FULL = drawing(
    (date(1999, 1, 1), "0"),
    (date(1999, 1, 26), "500"),
    (date(1999, 2, 20), "125"),
    shaded=[DaySpan(date(1998, 12, 1), date(1999, 1, 25)), DaySpan(date(1999, 4, 1), date(1999, 5, 1))],
    shaded_as="Open <now>",
    marks=[Mark(date(1999, 1, 26), "+1"), Mark(date(1999, 1, 27), "+2"), Mark(date(1999, 6, 1), "+3")],
    marked_as="Bought",
    now=date(1999, 2, 1),
)


def test_drawing_is_as_it_was_looked_at():
    assert as_looked_at(FULL, "steps")


def test_line_begins_with_the_value_that_holds_on_the_first_day():
    found = drawing((date(1998, 5, 1), "100"), (date(1998, 12, 1), "500"), (date(1999, 2, 20), "0"))
    assert "M64 60H496V296H928" in paths(found, "counted")


def test_line_begins_where_nothing_was_known_before_and_ends_where_nothing_is_known_yet():
    found = drawing((date(1999, 1, 26), "500"), (date(1999, 4, 1), "0"), until=date(1999, 2, 19))
    assert "M280 60H496" in paths(found, "counted")


def test_nothing_known_is_an_empty_plot():
    assert paths(drawing(), "counted") == ["M64 22h18"]  # the sign of the legend alone
    assert words(drawing()) == ["0", "1", "Jan 1999", "Feb", "Mar", "Apr", "Hours left"]


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        ("0", ["0", "1"]),
        ("1", ["0", "1"]),
        ("4.01", ["0", "1", "2", "3", "4", "5"]),
        ("5.01", ["0", "2", "4", "6"]),
        ("1500", ["0", "500", "1,000", "1,500"]),
        ("3000.01", ["0", "1,000", "2,000", "3,000", "4,000"]),
        ("26000", ["0", "10,000", "20,000", "30,000"]),
    ],
)
def test_grid_has_round_values_up_to_the_highest(highest, labels):
    assert words(drawing((date(1999, 1, 1), highest)))[:-5] == labels  # then four months and the legend


def test_a_mark_outside_is_left_out_and_a_label_that_runs_into_another_too():
    assert len([path for path in elements(FULL, "path") if path.get("d").endswith("l-6 -10h12Z")]) == 2
    assert ("+1" in words(FULL), "+2" in words(FULL)) == (True, False)


@pytest.mark.parametrize(
    ("now", "anchor"),
    [(date(1999, 1, 1), ["middle"]), (date(1999, 4, 10), ["end"]), (date(2001, 1, 1), [])],
)
def test_the_word_of_the_day_stays_within_the_drawing(now, anchor):
    found = elements(drawing(now=now), "text")
    assert [text.get("text-anchor") for text in found if text.get("fill") == "#a11d26"] == anchor


def test_legend_names_what_is_drawn_alone():
    assert words(drawing(shaded=[], shaded_as="Open", marks=[], marked_as="Bought"))[-2:] == ["Apr", "Hours left"]
    assert words(FULL)[-3:] == ["Hours left", "Open <now>", "Bought"]


def test_values_below_zero_and_steps_out_of_order_are_refused():
    with pytest.raises(ValueError, match="no room below 0"):
        drawing((date(1999, 1, 1), "-1"))
    with pytest.raises(ValueError, match="not in the order"):
        drawing((date(1999, 2, 1), "1"), (date(1999, 1, 1), "1"))


def test_the_same_svg_stands_in_a_pdf_with_its_alternative():
    svg = Template("{% load charts %}{% chart drawing 'balance' %}").render(Context({"drawing": FULL}))
    html = f'<html lang="en"><head><title>Chart</title></head><body><h1>Chart</h1>{svg}</body></html>'

    reader = PdfReader(io.BytesIO(render_pdf(html=html, identifier="chart", created_on=date(1999, 7, 15))))

    alternatives = []

    def walk(element) -> None:
        element = element.get_object()
        if isinstance(element, dict):
            alternatives.append(element.get("/Alt"))
            kids = element.get("/K", [])
            for kid in kids if isinstance(kids, list) else [kids]:
                walk(kid)

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    assert "Balance. 4.00 h are left." in alternatives
    assert "Bought" in reader.pages[0].extract_text()
