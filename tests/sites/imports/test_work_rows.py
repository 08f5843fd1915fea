from datetime import date
from decimal import Decimal

import pytest

from sites.imports.work_rows import WorkRow, read_work
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
        ("remark", "This column is unknown. Known: date, site, service, hours, person, reference, agreement."),
    )


NO_HOURS = "These are no hours. Write a number with a point and at most two decimals, such as 7.25."


@pytest.mark.parametrize(
    "hours", ["seven", "7,25", "1e1", "1_0", "+7", "７", "NaN", "Infinity", "7.", ".5", "7:15", "7h"]
)
def test_hours_that_are_no_plain_number_are_errors(hours):
    value = f'"{hours}"' if "," in hours else hours

    assert errors(read(ROW.replace("7.25", value))) == [(2, "hours", hours, NO_HOURS)]


@pytest.mark.parametrize("hours", ["0", "-1", "24.01", "7.255", "7.1234567"])
def test_hours_that_are_a_number_are_left_to_the_rule(hours):
    file = read(ROW.replace("7.25", hours))

    assert (file.errors, file.rows[0].hours) == ((), Decimal(hours))


def test_every_error_of_a_row_is_told():
    assert errors(read("12.7.1999,,,,,")) == [
        (2, "site", "", "The row names no site. Give its city, city and state, or CLLI code."),
        (2, "service", "", "The row names no service. Write it as the price schedule does."),
        (2, "person", "", "The row does not say who did the work. Name the person."),
        (2, "date", "12.7.1999", "This is no date. Write year-month-day, such as 1999-07-31."),
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
