from datetime import date
from decimal import Decimal

import pytest

from sites.imports.layouts import Layout
from sites.imports.sheet_rows import NO_TIME
from sites.imports.work_rows import WorkRow, read_work, rounding_note
from tests.sites.imports.test_count_rows import workbook

SEMICOLONS = "date;site;service;hours;person;reference"
HEADER = "date,site,service,hours,person,reference"
ROW = "1999-07-12,Reno,Customer Care,7.25,Ann Example,REQ-1"


def read(text: str, header: str = HEADER):
    return read_work(f"{header}\n{text}".encode())


def errors(file) -> list[tuple]:
    return [(error.row, error.column, error.value, error.message) for error in file.errors]


def test_csv_is_read_exactly():
    file = read(f'{ROW}\n\n1999-07-13,"Augusta, GA",Customer Care,8,Bob,\n')

    assert file.errors == ()
    assert file.rows == (
        WorkRow(2, date(1999, 7, 12), "Reno", "Customer Care", Decimal("7.25"), "Ann Example", "REQ-1"),
        WorkRow(4, date(1999, 7, 13), "Augusta, GA", "Customer Care", Decimal("8"), "Bob", ""),
    )


def test_columns_stand_in_any_order_and_two_may_be_missing():
    file = read("Ann,0.5,Customer Care,Reno,1999-07-12", "PERSON,Hours,service,site,date")

    assert file.rows == (WorkRow(2, date(1999, 7, 12), "Reno", "Customer Care", Decimal("0.5"), "Ann"),)
    assert read(f"{ROW},LNS-1", f"{HEADER},agreement").rows[0].agreement == "LNS-1"


def test_xlsx_is_read_exactly():
    header = tuple(HEADER.split(","))
    content = workbook(
        [date(1999, 7, 12), "Reno", "Customer Care", 7.25, "Ann", None],
        ["1999-07-13", "Reno", "Customer Care", "0.1", "Ann", 7],
        ["1999-07-14", "Reno", "Customer Care", 8, "Ann", "x"],
        header=header,
    )

    file = read_work(content)

    assert file.errors == ()
    assert [(row.worked_on, row.hours, row.reference) for row in file.rows] == [
        (date(1999, 7, 12), Decimal("7.25"), ""),
        (date(1999, 7, 13), Decimal("0.1"), "7"),
        (date(1999, 7, 14), Decimal("8"), "x"),
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (HEADER.replace("hours", "time"), [(1, "time"), (1, "hours")]),
        ("date,site,service,hours", [(1, "person")]),
        (f"{HEADER},date", [(1, "date")]),
        (
            HEADER.replace(",", ";"),
            [*[(1, HEADER.replace(",", ";"))] * 2, *((1, name) for name in HEADER.split(",")[:5])],
        ),
    ],
)
def test_headings_are_judged_first(header, expected):
    file = read(ROW, header)
    unclear = [(1, title) for title, _said in file.headings.unclear]

    assert [*unclear, *((error.row, error.column) for error in file.errors)] == expected


def test_unknown_heading_names_the_known_ones():
    file = read(f"{ROW},x", f"{HEADER},remark")

    assert file.headings.unclear == (
        (
            "remark",
            "This column is unknown. Known: date, site, service, hours, person, reference, start, end, end date, "
            "first name, last name, agreement.",
        ),
    )


NO_HOURS = "These are no hours. Write a number with at most two decimals, such as 7.25, or hours and minutes: 7:15."


@pytest.mark.parametrize(
    "hours", ["seven", "7,2,5", "1e1", "1_0", "+7", "７", "NaN", "Infinity", "7.", ".5", "7:60", "-7:15", "7h"]
)
def test_hours_that_are_no_plain_number_are_errors(hours):
    value = f'"{hours}"' if "," in hours else hours

    assert errors(read(ROW.replace("7.25", value))) == [(2, "hours", hours, NO_HOURS)]


@pytest.mark.parametrize("hours", ["0", "-1", "24.01", "7.255", "7.1234567"])
def test_hours_that_are_a_number_are_left_to_the_rule(hours):
    file = read(ROW.replace("7.25", hours))

    assert (file.errors, file.rows[0].hours) == ((), Decimal(hours))


def test_every_error_of_a_row_is_told():
    assert errors(read("12 July 1999,,,,,")) == [
        (2, "site", "", "The row names no site. Give its city, city and state, or CLLI code."),
        (2, "service", "", "The row names no service. Write it as the price schedule does."),
        (2, "person", "", "The row does not say who did the work. Name the person."),
        (2, "date", "12 July 1999", "This is no date. Write year-month-day, such as 1999-07-31."),
        (2, "hours", "", "The row has no hours. Write a number such as 7.25."),
    ]
    assert errors(read("1999-07-12,Reno")) == [
        (2, "", "", "The row has 2 cells, but there are 6 headings. Check its commas and quotes.")
    ]


def test_formulas_are_errors():
    content = workbook(["1999-07-12", "Reno", "Customer Care", "=3+4", "Ann", ""], header=tuple(HEADER.split(",")))

    assert errors(read_work(content)) == [(2, "hours", "formula", "This is a formula. Paste its value instead.")]


def test_a_file_without_rows_is_an_error():
    assert errors(read("")) == [(None, "", "", "There is no row below the headings. Add at least one entry.")]
    assert errors(read_work(b"")) == [(None, "", "", "The file is empty. Choose one with headings and rows.")]
    assert read_work(b"PK no workbook").errors[0].message.startswith("This is no readable XLSX workbook")


TIMES = "date,site,service,start,end,end date,person"
WORK = "Reno,Customer Care"


@pytest.mark.parametrize(
    ("day", "start", "end", "end_day", "hours"),
    [
        ("1999-07-12", "8:40", "9:25", "", "0.75"),
        ("1999-07-12", "12:15 AM", "12:45 p.m.", "", "12.5"),
        ("1999-07-12", "22:00", "02:00", "1999-07-13", "4"),
        ("1999-07-12", "1999-07-12 22:00", "1999-07-13 02:00:00", "", "4"),
        ("1999-07-12", "1999-07-12T22:00:00+02:00", "1999-07-12T21:00:00Z", "", "1"),
        ("1999-07-12", "1999-07-12T22:00:00+02:00", "23:00", "", "1"),
    ],
)
def test_hours_are_those_from_start_to_end(day, start, end, end_day, hours):
    file = read(f"{day},{WORK},{start},{end},{end_day},Ann", TIMES)

    assert (file.errors, file.asked) == ((), {})
    assert (file.rows[0].worked_on, file.rows[0].hours) == (date(1999, 7, 12), Decimal(hours))


@pytest.mark.parametrize(
    ("start", "end", "end_day", "expected"),
    [
        (
            "22:00",
            "02:00",
            "",
            ("end", "The end is before the start. Where the work went past midnight, give the day of its end."),
        ),
        (
            "1999-07-11 22:00",
            "23:00",
            "",
            ("start", "The start is on another day than the date. Correct one of the two."),
        ),
        (
            "8:00",
            "1999-07-12 9:00",
            "",
            (
                "end",
                "This is no time. Write hours and minutes, such as 8:40, or a day with its time, such as 1999-07-12 "
                "08:40.",
            ),
        ),
        (
            "8:00",
            "1999-07-12 09:00",
            "1999-07-13",
            ("end", "The end is on another day than its date. Correct one of the two."),
        ),
        (
            "8:00",
            "1999-07-12 09:00Z",
            "",
            ("end", "Of start and end only one has a time zone. Write both in the same way."),
        ),
        ("13:00 PM", "14:00", "", ("start", NO_TIME)),
        ("25:00", "14:00", "", ("start", NO_TIME)),
        ("eight", "14:00", "", ("start", NO_TIME)),
        ("", "14:00", "", ("start", "The row has no time here. Write hours and minutes, such as 8:40.")),
    ],
)
def test_a_span_that_cannot_be_is_told(start, end, end_day, expected):
    file = read(f"1999-07-12,{WORK},{start},{end},{end_day},Ann", TIMES)

    assert [(error.column, error.message) for error in file.errors] == [expected]


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (
            "date,site,service,hours,person,last name",
            f"1999-07-12,{WORK},1,Ann,Ex",
            "“person” and “last name” both say who did the work. Leave one of the two out.",
        ),
        (
            "date,site,service,hours,start,person",
            f"1999-07-12,{WORK},1,8:00,Ann",
            "“start” gives no hours by itself. Add the start or the end that belongs to it, or leave it out.",
        ),
        (
            "site,service,start,end,person",
            f"{WORK},8:00,9:00,Ann",
            "This has no day. Write the day before the time, or add a column with the date.",
        ),
    ],
)
def test_headings_that_give_half_of_something_are_told(header, row, message):
    assert [error.message for error in read(row, header).errors] == [message]


def test_a_value_for_all_rows_stands_in_for_a_column_and_never_beside_one():
    layout = Layout(values={"service": "Customer Care", "date": "1999-07-12"})

    assert read_work(b"site,hours,person\nReno,1,Ann\n", layout=layout).rows == (
        WorkRow(2, date(1999, 7, 12), "Reno", "Customer Care", Decimal(1), "Ann"),
    )
    assert [str(error) for error in read_work(f"{HEADER}\n{ROW}".encode(), layout=layout).errors] == [
        f"row 1, column {title}: The file has this column, and there is a value for all rows. Keep one of the two."
        for title in ("service", "date")
    ]
    assert [
        str(error) for error in read_work(f"{HEADER}\n{ROW}".encode(), layout=Layout(values={"x": "y"})).errors
    ] == ["column x: This column cannot have one value for all rows. These can: date, site, service, hours, person."]


@pytest.mark.parametrize(
    ("rounding", "step", "hours", "expected"),
    [
        ("nearest", 1, "02:13:55", "2.23"),
        ("up", 1, "02:13:55", "2.24"),
        ("nearest", 10, "0:03", "0.10"),
        ("nearest", 10, "0:02", "0.00"),
        ("nearest", 25, "7:07:30", "7.25"),
        ("nearest", 25, "7:07:29", "7.00"),
        ("up", 25, "7:15", "7.25"),
        ("up", 25, "7:15:01", "7.50"),
        ("up", 50, "7.01", "7.50"),
        ("up", 100, "0.01", "1.00"),
        ("nearest", 100, "0.49", "0.00"),
    ],
)
def test_hours_are_rounded_as_was_chosen(rounding, step, hours, expected):
    file = read_work(f"{HEADER}\n{ROW.replace('7.25', hours)}".encode(), layout=Layout(rounding=rounding, step=step))

    assert str(file.rows[0].hours) == expected


def test_rounding_says_what_it_changes():
    text = "\n".join([ROW.replace("7.25", hours) for hours in ("0:50", "0:55", "1:00")])

    rows = read_work(f"{HEADER}\n{text}".encode(), layout=Layout(rounding="up", step=25)).rows

    assert rounding_note(rows) == "Rounding changes the hours of 2 entries, by +0.25 h in all."
    assert rounding_note(rows[2:]) == ""


def test_a_decimal_comma_is_asked_for_once_and_then_the_only_mark():
    text = f"{HEADER}\n{ROW.replace('7.25', chr(34) + '7,25' + chr(34))}"

    asked = read_work(text.encode())
    read = read_work(f"{text}\n{ROW}".encode(), layout=Layout(decimal_comma=True))

    assert [str(question) for question in asked.asked.values()] == [
        "row 2, column hours, “7,25”: Say that the comma is the decimal mark."
    ]
    assert [str(error) for error in read.errors] == [
        "row 3, column hours, “7.25”: The comma is the decimal mark of this file. Write one, such as 7,25."
    ]
    assert read.rows[0].hours == Decimal("7.25")
