import io
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from pypdf import PdfReader

from contracts.periods import DaySpan
from contracts.printing.pdf import render_pdf
from sites.charts.steps import Drawing, Legend, Line, Mark, Shade, Step, step_drawing

# One hundred days: the plot is 864 units wide and 224 high, from (64, 284) at the left below to (928, 60).
SPAN = DaySpan(date(1999, 1, 1), date(1999, 4, 10))


def drawing(*steps: tuple[date, str], **facts) -> Drawing:
    values = {"title": "Balance", "summary": "4.00 h are left.", "span": SPAN, "what": "Hours left"} | facts
    return step_drawing(steps=[Step(day, Decimal(value)) for day, value in steps], **values)


def test_line_goes_in_steps_from_the_first_to_the_end_of_the_last_day():
    found = drawing((date(1999, 1, 1), "0"), (date(1999, 1, 26), "500"), (date(1999, 2, 20), "125"))

    assert found.line == "M64.0 284.0 H280.0 V60.0 H496.0 V228.0 H928.0"
    assert found.area == "M64.0 284.0 H280.0 V60.0 H496.0 V228.0 H928.0 V284 H64.0 Z"


def test_line_begins_with_the_value_that_holds_on_the_first_day():
    found = drawing((date(1998, 5, 1), "100"), (date(1998, 12, 1), "500"), (date(1999, 2, 20), "0"))

    assert found.line == "M64.0 60.0 H496.0 V284.0 H928.0"


def test_line_begins_where_nothing_was_known_before_and_ends_where_nothing_is_known_yet():
    found = drawing((date(1999, 1, 26), "500"), (date(1999, 4, 1), "0"), until=date(1999, 2, 19))

    assert found.line == "M280.0 60.0 H496.0"


def test_nothing_known_is_an_empty_plot():
    found = drawing()

    assert (found.line, found.area, found.values) == ("", "", (Line("284.0", "0"), Line("60.0", "1")))


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
    assert [line.label for line in drawing((date(1999, 1, 1), highest)).values] == labels


def test_days_are_named_month_by_month_with_the_year_once():
    year = drawing(span=DaySpan(date(1998, 10, 1), date(1999, 9, 30)))
    assert [line.label for line in year.days] == [
        "Oct 1998", "Nov", "Dec", "Jan 1999", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
    ]  # fmt: skip
    two = drawing(span=DaySpan(date(1998, 10, 1), date(2000, 9, 30)))
    assert [line.label for line in two.days][:4] == ["Oct 1998", "Dec", "Feb 1999", "Apr"]
    fifteenth = drawing(span=DaySpan(date(1999, 1, 15), date(1999, 3, 14)))
    assert [line.label for line in fifteenth.days] == ["Feb 1999", "Mar"]
    century = drawing(span=DaySpan(date(1900, 1, 1), date(1999, 12, 31)))
    assert [line.label for line in century.days] == [f"Jan {year}" for year in range(1900, 2000, 10)]


def test_shades_are_cut_at_the_span():
    found = drawing(
        shaded=[DaySpan(date(1998, 12, 1), date(1999, 1, 25)), DaySpan(date(1999, 4, 1), date(1999, 5, 1))],
        shaded_as="Open",
    )

    assert found.shades == (Shade("64.0", "216.0"), Shade("841.6", "86.4"))


def test_marks_stand_on_the_line_and_labels_keep_their_distance():
    found = drawing(
        (date(1999, 1, 26), "500"),
        marks=[
            Mark(date(1999, 1, 26), "+1"),
            Mark(date(1999, 1, 27), "+2"),
            Mark(date(1999, 3, 17), "+3"),
            Mark(date(1999, 6, 1), "+4"),
        ],
        marked_as="Bought",
    )

    assert [(point.corners, point.x, point.label) for point in found.points] == [
        ("274.0,48.0 286.0,48.0 280.0,58.0", "280.0", "+1"),
        ("282.6,48.0 294.6,48.0 288.6,58.0", "288.6", ""),
        ("706.0,48.0 718.0,48.0 712.0,58.0", "712.0", "+3"),
    ]
    assert {point.y for point in found.points} == {"44.0"}  # above the triangle, also at the top of the plot


@pytest.mark.parametrize(
    ("now", "anchor"),
    [(date(1999, 1, 1), "middle"), (date(1999, 2, 1), "middle"), (date(1999, 4, 10), "end")],
)
def test_the_word_of_the_day_stays_within_the_drawing(now, anchor):
    found = drawing(now=now)

    assert found.now_anchor == anchor
    assert f'text-anchor="{anchor}" fill="#a11d26"' in written(found)


def test_legend_names_what_is_drawn_alone():
    assert drawing().legend == (Legend("line", "64", "90", "Hours left"),)
    found = drawing(
        shaded=[SPAN], shaded_as="Open", marks=[Mark(date(1999, 2, 1), "+1")], marked_as="Bought", now=date(1999, 2, 1)
    )
    assert [(entry.kind, entry.label) for entry in found.legend] == [
        ("line", "Hours left"),
        ("shade", "Open"),
        ("mark", "Bought"),
    ]
    assert found.now == Line("331.8", "1 February 1999")
    assert drawing(now=date(2001, 1, 1)).now is None


def test_values_below_zero_and_steps_out_of_order_are_refused():
    with pytest.raises(ValueError, match="no room below 0"):
        drawing((date(1999, 1, 1), "-1"))
    with pytest.raises(ValueError, match="not in the order"):
        drawing((date(1999, 2, 1), "1"), (date(1999, 1, 1), "1"))


# ---- written


def written(found: Drawing) -> str:
    return Template("{% load charts %}{% step_chart drawing 'balance' %}").render(Context({"drawing": found}))


FULL = drawing(
    (date(1999, 1, 1), "0"),
    (date(1999, 1, 26), "500"),
    shaded=[DaySpan(date(1999, 3, 1), date(1999, 4, 10))],
    shaded_as="Open <now>",
    marks=[Mark(date(1999, 1, 26), "+1")],
    marked_as="Bought",
    now=date(1999, 2, 1),
)


def test_svg_is_well_formed_and_carries_its_text_alternative():
    root = ElementTree.fromstring(written(FULL))
    space = "{http://www.w3.org/2000/svg}"

    assert (root.get("role"), root.get("viewBox")) == ("img", "0 0 960 320")
    title = root.find(f"{space}title")
    assert (title.get("id"), root.get("aria-labelledby")) == ("balance-title", "balance-title")
    assert title.text == "Balance. 4.00 h are left."
    assert FULL.line in [path.get("d") for path in root.iter(f"{space}path")]
    texts = [text.text for text in root.iter(f"{space}text")]
    assert {"Open <now>", "+1", "1 February 1999", "500", "Jan 1999"} <= set(texts)
    assert not any("style" in element.attrib for element in root.iter())


def test_svg_without_values_is_well_formed():
    assert ElementTree.fromstring(written(drawing())).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_same_svg_stands_in_a_pdf_with_its_alternative():
    html = f'<html lang="en"><head><title>Chart</title></head><body><h1>Chart</h1>{written(FULL)}</body></html>'

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
