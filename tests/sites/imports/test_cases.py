"""Files as people's programs write them, each with what is right: what is stored of it, or what is refused and why."""

import gzip
import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from sites.imports.importing import KINDS, Incoming, import_file
from sites.imports.layouts import Layout
from sites.models import ComponentCount, WorkEntry
from sites.refusals import CannotRecord

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site")]

CASES = Path(__file__).resolve().parents[2] / "data" / "cases"
ON = date(1999, 7, 15)
COUNTS = {"GE": 10, "5ESS": 1, "SLC": 9, "SM": 1, "DACS2": 1, "DACS4": 1}
PLAIN = b'site,date,GE,5ESS,SLC,SM,DACS2,DACS4\n"Augusta, GA",1999-07-10,10,1,9,1,1,1\n'


def content(name: str) -> bytes:
    packed = (CASES / name).read_bytes()
    return gzip.decompress(packed) if name.endswith(".gz") else packed


def imported(kind: str, content: bytes, **layout) -> list[str]:
    """Import a file, read as a layout says, and return every error of it."""
    try:
        import_file(kind=KINDS[kind], file=Incoming(content, "file", layout=Layout(**layout)), on=ON, by=None)
    except CannotRecord as refusal:
        return [str(error) for error in refusal.refused]
    return []


def counted() -> dict[str, int]:
    rows = ComponentCount.objects.filter(counted_on=date(1999, 7, 10))
    return dict(rows.values_list("component_code", "quantity"))


@pytest.mark.parametrize(
    "name",
    [
        "c04_sepline.csv",
        "c10_trailing_comma.csv",
        "c11_trailing_comma_rows_only.csv",
        "c18_nbsp_site.csv",
        "c30_ctrl_z.csv",
        "c34_leading_blank_line.csv",
        "x03_trailing_fmt_40000.xlsx",
        "x04_60000_empty_rows.xlsx",
        "x08_three_sheets.xlsx",
        "x09_hidden_sheet.xlsx",
    ],
)
def test_counts_are_read_as_the_person_sees_them(name):
    assert imported("counts", content(name)) == []
    assert counted() == COUNTS


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (PLAIN.replace(b"\n", b"\r"), COUNTS),
        (b"\n,,,\n \n" + PLAIN, COUNTS),
        (b"sep=;\r\n" + PLAIN.replace(b",", b";").replace(b"Augusta;", b"Augusta,"), COUNTS),
        (PLAIN.replace(b",1,1\n", b",1\n"), {code: COUNTS[code] for code in COUNTS if code != "DACS4"}),
        (PLAIN.replace(b",1,1\n", b",1,1,, ,\n"), COUNTS),
        (PLAIN.replace(b",9,", ",\u00a0,".encode()), {code: COUNTS[code] for code in COUNTS if code != "SLC"}),
    ],
    ids=["Mac line ends", "empty first lines", "semicolons", "last cell left out", "cells too many", "blank cell"],
)
def test_counts_are_read_however_they_are_separated(text, stored):
    assert imported("counts", text) == []
    assert counted() == stored


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "c31_dash_for_none.csv",
            ["row 2, column GE, “-”: “-” is no count. Leave the cell empty where nothing was counted."],
        ),
        (
            "x05_1048553_empty_rows.xlsx.gz",
            [
                "file: The workbook unpacks to more than 20,000,000 bytes or 200 parts. Delete the empty rows below "
                "the figures, or split it."
            ],
        ),
        ("x22_strict.xlsx", ["file: The workbook is saved as Strict Open XML. Save it as Excel Workbook (.xlsx)."]),
    ],
)
def test_counts_that_are_refused_say_what_to_do(name, expected):
    assert imported("counts", content(name)) == expected


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("wy01_7.3000000000000007.xlsx", "7.30"),
        ("wy02_0.30000000000000004.xlsx", "0.30"),
        ("wy03_7.4999999999999991.xlsx", "7.50"),
    ],
)
def test_hours_are_those_that_a_spreadsheet_shows(name, hours):
    assert imported("work", content(name)) == []
    assert [str(entry.hours) for entry in WorkEntry.objects.all()] == [hours]


SITE = {"city": "Waco", "state": "TX", "CLLI code": "WACOTX", "in service from": "1999-07-01"}
SITE |= {"agreement": "LNS970602JC"}
WORK = {"date": "1999-07-12", "site": "Augusta", "service": "Customer Care", "hours": "1", "person": "Ann"}
WORK |= {"reference": "REQ-1"}


@pytest.mark.parametrize(
    ("kind", "row", "column"),
    [
        *(("sites", SITE, column) for column in ("city", "state", "CLLI code")),
        *(("work", WORK, column) for column in ("person", "reference")),
    ],
)
def test_a_letter_that_no_font_has_is_refused_by_its_name_at_its_cell(kind, row, column):
    text = f"{row[column]}\N{RUNIC LETTER FEHU FEOH FE F}"
    bad = "\n".join(",".join(cells) for cells in (row, (row | {column: text}).values()))

    (error,) = imported(kind, bad.encode())

    assert error == (
        f"row 2, column {column}, “{text}”: No font of the documents has “\N{RUNIC LETTER FEHU FEOH FE F}” "
        "(RUNIC LETTER FEHU FEOH FE F, U+16A0). Type the text again without it."
    )
    assert imported(kind, bad.replace(text, row[column]).encode()) == []


def test_hours_between_two_hundredths_are_refused_with_the_reason():
    assert imported("work", content("wx09_50min.xlsx")) == [
        "row 2, column hours, “0.8333333333333334”: 0.8333333333333334 has more than two decimals. Enter hundredths of "
        "an hour, such as 7.25."
    ]


NEAREST = {"rounding": "nearest", "step": 1, "others_left_out": True}
ANN = {"values": {"person": "Ann Example"}}
MAC = {"Customer": "site", "Category": "service", "Time": "hours", "Hours": ""}
SHEETS = [
    ("r1_toggl_seconds.csv", NEAREST, ("2.23", "Ann")),
    ("r1_toggl_seconds.csv", NEAREST | {"rounding": "up", "step": 25}, ("2.25", "Ann")),
    ("r2_harvest_eu.csv", {"decimal_comma": True, "others_left_out": True}, ("20.00", "Ann Example")),
    ("r3_clockify_short_row.csv", NEAREST | {"day_order": "mdy"}, ("1.00", "Ann Example")),
    ("r3_clockify_short_row.csv", NEAREST | {"day_order": "mdy", "rounding": "up"}, ("1.01", "Ann Example")),
    ("r4_iso_start_end.csv", NEAREST, ("1.00", "Ann Example")),
    (
        "r5_mac_excel.csv",
        ANN | {"day_order": "mdy", "columns": MAC, "others_left_out": True},
        ("0.75", "Ann Example"),
    ),
    ("wx05_time.xlsx", {}, ("7.25", "Ann Example")),
    ("wx09_50min.xlsx", {"rounding": "nearest"}, ("0.83", "Ann Example")),
    ("wx09_50min.xlsx", {"rounding": "up", "step": 10}, ("0.90", "Ann Example")),
]


@pytest.mark.parametrize(("name", "layout", "stored"), SHEETS)
def test_time_sheets_are_read_as_their_tools_write_them(name, layout, stored):
    assert imported("work", content(name), **layout) == []
    [entry] = WorkEntry.objects.all()
    assert (entry.worked_on, str(entry.site), entry.service) == (date(1999, 7, 12), "Augusta, GA", "Customer Care")
    assert (str(entry.hours), entry.person) == stored


ROUND = "This is no whole hundredth of an hour. Say how hours are rounded."


@pytest.mark.parametrize(
    ("kind", "name", "layout", "expected"),
    [
        ("work", "r1_toggl_seconds.csv", {}, [f"row 2, column Duration, “02:13:55”: {ROUND}"]),
        ("work", "r4_iso_start_end.csv", {}, [f"row 2, column end, “1999-07-12T10:23:01Z”: {ROUND}"]),
        (
            "work",
            "r2_harvest_eu.csv",
            {},
            ["row 2, column Hours, “20,0”: Say that the comma is the decimal mark."],
        ),
        (
            "work",
            "r3_clockify_short_row.csv",
            {},
            ["row 2, column Start Date, “07/12/1999”: Say whether the day or the month comes first."],
        ),
        (
            "work",
            "r5_mac_excel.csv",
            ANN | {"day_order": "mdy", "columns": MAC | {"Time": "", "Hours": "hours"}},
            [
                "row 2, column Hours, “0.8”: The hours are 0.8, but start and end make 0.75. Correct them, or leave a "
                "column out."
            ],
        ),
        (
            "work",
            "wx06_timedelta.xlsx",
            {},
            [
                "row 2, column hours, “27.25”: 27.25 hours are more than a day has. Enter the hours of each day by "
                "themselves."
            ],
        ),
        (
            "counts",
            "c16_us_date.csv",
            {},
            ["row 2, column date, “7/10/1999”: Say whether the day or the month comes first."],
        ),
        (
            "counts",
            "c16_us_date.csv",
            {"day_order": "dmy"},
            [
                "row 2, column date, “1999-10-07”: 7 October 1999 is after 15 July 1999. Record a count once it has "
                "been made."
            ],
        ),
    ],
)
def test_what_a_file_leaves_open_is_asked(kind, name, layout, expected):
    assert imported(kind, content(name), others_left_out=True, **layout) == expected


def test_days_are_read_in_the_order_that_was_chosen():
    assert imported("counts", content("c16_us_date.csv"), day_order="mdy") == []
    assert counted() == COUNTS


def test_errors_name_the_row_in_which_the_headings_are():
    assert imported("counts", b"\n\n" + PLAIN.replace(b"date", b"when")) == [
        "row 3, column when: This column is unknown. Known: site, date, GE, 5ESS, SLC, SM, DACS2, DACS4, agreement.",
        "row 3, column date: This column is missing. Add it, or rename the one that holds it.",
    ]


def workbook(*sheets: list[list]) -> bytes:
    book = openpyxl.Workbook()
    for _ in sheets[1:]:
        book.create_sheet("August")
    for sheet, rows in zip(book.worksheets, sheets, strict=True):
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_workbook_may_begin_with_empty_rows_and_leave_cells_out():
    rows = [[], [None], ["site", "date", *COUNTS], ["Augusta", date(1999, 7, 10), 10.000000000000002, 1]]

    assert imported("counts", workbook(rows)) == []
    assert counted() == {"GE": 10, "5ESS": 1}


def test_two_sheets_with_figures_are_named():
    assert imported("counts", workbook([["site"]], [["site"]])) == [
        "file: The workbook has 2 sheets with figures: Sheet, August. Keep only one, or hide the others."
    ]
