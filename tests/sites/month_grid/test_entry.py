from datetime import date

import pytest

from contracts.periods import DaySpan
from sites.month_grid.entry import Filed, RowEntry, TypedRow, entry_of, no_count, read_row, read_seen, seen_text
from tests.reference import COMPONENTS

OCTOBER = DaySpan(date(1998, 10, 1), date(1998, 10, 31))
FILED = {"GE": Filed(date(1998, 10, 20), 10), "SLC": Filed(date(1998, 10, 31), 5)}


def entry(figures, *, day="31", reason="", seen=FILED, days=OCTOBER, page_reason="") -> RowEntry:
    typed = TypedRow(7, figures, day, reason, seen)
    return entry_of(typed=typed, components=COMPONENTS, days=days, page_reason=page_reason)


def messages(found: RowEntry) -> list[tuple[str, str]]:
    return [(error.place, error.message) for error in found.errors]


def test_a_figure_on_file_keeps_its_day_and_a_new_one_gets_the_day_of_the_row():
    found = entry({"GE": "12", "SLC": "5", "SM": "2", "DACS2": ""}, day="30", reason="Miscounted")

    assert found.wanted == {"GE": (date(1998, 10, 20), 12), "SM": (date(1998, 10, 30), 2)}
    assert (found.corrected, found.reason, found.errors) == (("GE",), "Miscounted", ())


def test_an_emptied_cell_withdraws_the_figure_on_file():
    assert entry({"GE": ""}).wanted == {"GE": (date(1998, 10, 20), None)}


def test_cells_left_as_they_stood_ask_for_nothing_whatever_the_day():
    assert entry({"GE": "10", "SLC": "5", "SM": ""}, day="nonsense") == RowEntry(7, {}, FILED, "")


def test_a_component_that_was_not_offered_is_not_withdrawn():
    assert entry({"SLC": "5"}).wanted == {}


def test_the_reason_of_the_row_goes_before_that_of_the_page():
    assert entry({"GE": "11"}, page_reason=" Recount ").reason == "Recount"
    assert entry({"GE": "11"}, reason="Typo", page_reason="Recount").reason == "Typo"


@pytest.mark.parametrize("day", ["", "0", "32", "1.", "-1", "x", "100", "\u0663"])
def test_a_day_that_the_month_does_not_have_is_refused(day):
    message = "Type the day on which it was counted: a number from 1 to 31, in October 1998."

    assert messages(entry({"SM": "2"}, day=day)) == [("day", message)]


def test_a_day_before_service_is_refused():
    days = DaySpan(date(1998, 10, 15), date(1998, 10, 31))

    (refused,) = entry({"SM": "2"}, day="14", days=days, seen={}).errors
    assert refused.message == "Type the day on which it was counted: a number from 15 to 31, in October 1998."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,200", "1,200 has a thousands separator. Type 1200."),
        ("1 200", "1 200 has a thousands separator. Type 1200."),
        ("1.234.567", "1.234.567 has a thousands separator. Type 1234567."),
        ("-3", "-3 is negative. A count is a whole number from 0."),
        ("2.5", "2.5 has a fraction. A count is a whole number from 0."),
        ("2,5", "2,5 has a fraction. A count is a whole number from 0."),
        ("x", "x is no count. Type a whole number from 0 to 999999999, or leave the cell empty."),
        ("\u0663", "\u0663 is no count. Type a whole number from 0 to 999999999, or leave the cell empty."),
        (
            "12345678901234567890123",
            "12345678901234567... is no count. Type a whole number from 0 to 999999999, or leave the cell empty.",
        ),
    ],
)
def test_a_text_that_is_no_count_is_refused_with_what_is_right(text, why):
    found = entry({"GE": text, "SM": "3"})

    assert messages(found) == [("GE", f"gateway elements: {why}")]
    assert no_count(COMPONENTS[0], text) == f"gateway elements: {why}"


def test_a_row_is_read_with_what_it_showed():
    data = {"7.GE": " 12 ", "7.day": "31", "7.reason": " Recount ", "7.seen": seen_text(FILED), "8.SM": "4", "7.x": "1"}

    assert read_row(key=7, data=data, components=COMPONENTS) == TypedRow(7, {"GE": "12"}, "31", "Recount", FILED)


@pytest.mark.parametrize(
    "text", ["{", "[]", "1", '{"GE": 1}', '{"GE": ["1998-10-01", "1"]}', '{"GE": ["x", 1]}', "[" * 99999]
)
def test_a_row_whose_past_cannot_be_read_is_no_row(text):
    assert read_seen(text) is None
    assert read_row(key=7, data={"7.seen": text}, components=COMPONENTS) is None


def test_a_figure_said_to_be_on_file_outside_the_month_is_out_of_date():
    seen = {"GE": Filed(date(1998, 9, 30), 10)}

    assert messages(entry({"GE": "11"}, seen=seen)) == [("seen", "This row is out of date. Load the page again.")]
