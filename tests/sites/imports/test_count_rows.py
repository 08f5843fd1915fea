import io
import re
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest

from sites.imports.columns import Column
from sites.imports.count_rows import CountRow, read_counts
from sites.imports.layouts import Layout
from sites.imports.preview import SheetError
from sites.imports.tabular import MOST_BYTES, MOST_ROWS

COMPONENTS = (Column("GE", "GE", ("gateway elements",)), Column("5ESS", "5ESS"), Column("SLC", "SLC"))
HEADER = "site,date,GE,5ESS,SLC"


def read(text: str | bytes, header: str = HEADER):
    content = text if isinstance(text, bytes) else f"{header}\n{text}".encode()
    return read_counts(content, components=COMPONENTS)


def places(file) -> list[tuple[int | None, str, str]]:
    """Row, column and value of every unclear heading and every error of a file."""
    unclear = [(1, title, "") for title, _said in file.headings.unclear]
    return [*unclear, *((error.row, error.column, error.value) for error in file.errors)]


def workbook(*rows, header=("site", "date", "GE")) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(list(header))
    for row in rows:
        book.active.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def rebuilt(content: bytes, change=lambda name, data: data, extra=()) -> bytes:
    """A workbook with its parts changed, as only a hand with bad intentions would."""
    source, stream = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, change(name, source.read(name)))
        for name, data in extra:
            archive.writestr(name, data)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def with_sheet(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in zipfile.ZipFile(io.BytesIO(content)).read(SHEET)
    return rebuilt(content, lambda name, data: data.replace(old, new) if name == SHEET else data)


# ---- good files


@pytest.mark.parametrize(
    "content",
    [
        b"site,date,GE,5ESS,SLC\nAugusta,1999-07-31,10,1,\n",
        b"\xef\xbb\xbfsite,date,GE,5ESS,SLC\r\nAugusta,1999-07-31,10,1,\r\n\r\n\r\n",
        b'"site","date","GE","5ESS","SLC"\n"Augusta","1999-07-31","10","1",""',
        b"SLC,ge,5ess,Date,SITE\n,10,1,1999-07-31,Augusta\n",
        b"site,date,Gateway Elements,5ESS,SLC\n Augusta , 1999-07-31 , 10 ,001,\n",
        b"site,date,GE,5ESS,SLC\nAugusta,1999-07-31,10,1,\n,,,,\n,\n",
    ],
    ids=["plain", "bom-crlf-blank-lines", "quoted", "reordered", "name-and-blanks", "empty-rows"],
)
def test_read_counts_reads_csv(content):
    file = read(content)

    assert file.errors == ()
    assert file.rows == (CountRow(2, "Augusta", "", date(1999, 7, 31), {"GE": 10, "5ESS": 1}),)


def test_read_counts_keeps_an_empty_cell_apart_from_zero():
    file = read("Augusta,1999-07-31,0,,5\n")

    assert file.rows[0].quantities == {"GE": 0, "SLC": 5}


def test_read_counts_numbers_rows_as_a_spreadsheet_shows_them():
    file = read("Augusta,1999-07-31,1,1,1\n\nReno,1999-07-31,1,1,1\n")

    assert [row.number for row in file.rows] == [2, 4]


def test_read_counts_takes_a_row_without_figures_for_one_that_says_nothing():
    file = read("Augusta,,,,\nReno,1999-07-31,,,\n")

    assert file.errors == ()
    assert [(row.site, row.counted_on, row.is_silent) for row in file.rows] == [
        ("Augusta", None, True),
        ("Reno", date(1999, 7, 31), True),
    ]


def test_read_counts_leaves_a_column_out_only_when_told_to():
    content = b"site,date,GE,notes\nAugusta,1999-07-31,1,=x\n"

    assert read_counts(content, components=COMPONENTS).headings.unclear[0][0] == "notes"
    file = read_counts(content, components=COMPONENTS, layout=Layout(columns={"notes": ""}))
    assert (file.headings.unclear, file.headings.left_out, file.errors) == ((), ("notes",), ())
    assert file.rows[0].quantities == {"GE": 1}


@pytest.mark.parametrize("value", ["31/12/1999", "7/8/99"])
def test_read_counts_asks_for_the_order_of_days_once(value):
    file = read(f"Augusta,{value},1,1,1\nReno,{value},1,1,1\n")

    assert (places(file), [error.row for error in file.asked.values()], file.days.texts) == ([], [2], [value])


def test_read_counts_reads_the_agreement_column():
    file = read("Augusta,1999-07-31,1,LNS970602JC\n", "site,date,GE,Agreement")

    assert file.rows[0].agreement == "LNS970602JC"


def test_read_counts_reads_xlsx():
    file = read(workbook(["Augusta", date(1999, 7, 31), 10], ["Reno", "1999-07-31", "7"], [None, None, None]))

    assert file.errors == ()
    assert file.rows == (
        CountRow(2, "Augusta", "", date(1999, 7, 31), {"GE": 10}),
        CountRow(3, "Reno", "", date(1999, 7, 31), {"GE": 7}),
    )


def test_read_counts_reads_a_text_that_our_csv_guards():
    file = read("'=Reno,1999-07-31,1,1,1\n's Gravenhage,1999-07-31,1,1,1\n")

    assert [row.site for row in file.rows] == ["=Reno", "'s Gravenhage"]


def test_read_counts_reads_the_shared_strings_of_other_programs():
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"

    def with_shared_site(name, data):
        if name == SHEET:
            return re.sub(rb't="inlineStr"><is><t>Augusta</t></is>', b't="s"><v>0</v>', data)
        return data.replace(b"</Types>", override) if name == "[Content_Types].xml" else data

    strings = b'<sst xmlns="' + main + b'"><si><t>Fort Wayne</t></si></sst>'
    content = rebuilt(workbook(["Augusta", "1999-07-31", 8]), with_shared_site, [("xl/sharedStrings.xml", strings)])

    assert [row.site for row in read(content).rows] == ["Fort Wayne"]


def test_read_counts_reads_whole_numbers_that_a_spreadsheet_stores_as_fractions():
    assert read(workbook(["Augusta", "1999-07-31", 10.0])).rows[0].quantities == {"GE": 10}


def test_read_counts_does_not_believe_the_size_a_sheet_claims():
    content = workbook(["Augusta", "1999-07-31", 10], ["Reno", "1999-07-31", 7])

    assert len(read(with_sheet(content, b'ref="A1:C3"', b'ref="A1:A2"')).rows) == 2
    assert len(read(with_sheet(content, b'ref="A1:C3"', b'ref="A1:XFD1048576"')).rows) == 2


# ---- bad cells

BAD_QUANTITIES = [
    "NaN", "Infinity", "1e3", "-1", "-0", "1.5", "1,5", "0.0", "١٢", "１２", "1_0", "9" * 10, "8h", "0x8", "+1", "1 0",
    "(5)", "−5", "8\u200b", "True", "='8'", "1\x00", "\u00a05", "5\t", "²", "1/2",
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_QUANTITIES)
def test_read_counts_refuses_what_is_no_count(value):
    quoted = f'"{value}"'
    file = read(f"Reno,1999-07-31,1,1,1\nAugusta,1999-07-31,{quoted},1,1\n")

    assert places(file) == [(3, "GE", value.strip(" "))]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("1.5", "A count is a whole number, without a fraction or separator. Write plain digits."),
        ("1,000", "A count is a whole number, without a fraction or separator. Write plain digits."),
        ("-1", "A count cannot be negative. Write 0 or more."),
        ("ten", "This is no count. Counts are whole numbers from 0 to 999,999,999."),
    ],
)
def test_read_counts_says_why(value, message):
    [error] = read(f'Augusta,1999-07-31,"{value}",1,1\n').errors

    assert error == SheetError(message, 2, "GE", value)
    assert str(error) == f"row 2, column GE, “{value}”: {message}"


BAD_DATES = [
    "1999-02-29", "1999-13-01", "0000-00-00", "", "1999-1-1", "19990731",
    "1999-07-31T00:00", "1999-W30-6", "36372", "١٩٩٩-٠٧-٣١", "1999-07-31;", "yesterday", "July 1999",
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_DATES)
def test_read_counts_refuses_what_is_no_date(value):
    assert places(read(f"Augusta,{value},1,1,1\n")) == [(2, "date", value)]


def test_read_counts_reports_every_error_of_every_row():
    file = read("Augusta,x,1.5,-1,1\n,1999-07-31,1,1,a\nReno,1999-07-31,1,1,1\nReno,1999-07-31,1\n")

    assert places(file) == [
        (2, "date", "x"),
        (2, "GE", "1.5"),
        (2, "5ESS", "-1"),
        (3, "site", ""),
        (3, "SLC", "a"),
        (5, "", ""),
    ]
    assert file.errors[-1].message == "The row has 3 cells, but there are 5 headings. Check its commas and quotes."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.5, "1.5"),
        (-1, "-1"),
        (True, "True"),
        ("1.5", "1.5"),
        (date(1999, 7, 31), "1999-07-31"),
        (1e300, "1e+300"),
    ],
)
def test_read_counts_refuses_cells_of_a_workbook(value, shown):
    assert places(read(workbook(["Augusta", "1999-07-31", value]))) == [(2, "GE", shown)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime.combine(date(1999, 7, 31), time(12)), "1999-07-31 12:00:00"),
        (36372, "36372"),
        (None, ""),
    ],
)
def test_read_counts_refuses_dates_of_a_workbook(value, shown):
    assert places(read(workbook(["Augusta", value, 1]))) == [(2, "date", shown)]


@pytest.mark.parametrize(
    ("column", "row"),
    [("GE", ["A", "1999-07-31", "=2+6"]), ("date", ["A", "=TODAY()", 1]), ("site", ["=A1", "1999-07-31", 1])],
)
def test_read_counts_refuses_formulas(column, row):
    file = read(workbook(row))

    assert places(file) == [(2, column, "formula")]
    assert file.errors[0].message == "This is a formula. Paste its value instead."


def test_read_counts_refuses_the_errors_of_a_spreadsheet():
    content = with_sheet(
        workbook(["A", "1999-07-31", 8]), b'<c r="C2" t="n"><v>8</v></c>', b'<c r="C2" t="e"><v>#N/A</v></c>'
    )

    assert places(read(content)) == [(2, "GE", "#N/A")]


# ---- bad headings and files


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("site,date,GE,DACS9", [(1, "DACS9", "")]),
        ("date,GE,SLC", [(1, "site", "")]),
        ("site,GE,SLC", [(1, "date", "")]),
        ("site,date,GE,ge", [(1, "ge", "")]),
        ("site,date,GE,gateway elements", [(1, "gateway elements", "")]),
        ("site,date,,GE", [(1, "number 3", "")]),
        ("site,date,date", [(1, "date", ""), (1, "", "")]),
        ("site,date", [(1, "", "")]),
        ("site;date;GE", [(1, "site;date;GE", "")] * 2 + [(1, "site", ""), (1, "date", "")]),
        ("Augusta,1999-07-31,GE", [(1, "Augusta", ""), (1, "1999-07-31", ""), (1, "site", ""), (1, "date", "")]),
    ],
)
def test_read_counts_refuses_headings(header, expected):
    assert places(read("Augusta,1999-07-31,1" + "," * (header.count(",") - 2), header)) == expected


def test_read_counts_names_what_it_knows_and_hints_at_commas():
    file = read("", "site;date;GE")

    assert file.headings.unclear == (
        ("site;date;GE", "This column is unknown. Known: site, date, GE, 5ESS, SLC, agreement."),
    )
    assert [error.message for error in file.errors] == [
        "No heading is known. Separate the columns by commas.",
        "This column is missing. Add it, or rename the one that holds it.",
        "This column is missing. Add it, or rename the one that holds it.",
    ]
    assert [error.message for error in read("", "site,date").errors] == [
        "No component has a column. Add one of GE, 5ESS, SLC."
    ]


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"", "file", "The file is empty. Choose one with headings and rows."),
        (b" \r\n\n", "file", "The file is empty. Choose one with headings and rows."),
        (HEADER.encode(), "file", "There is no row below the headings. Add at least one count."),
        (f"{HEADER}\n,,,,\n".encode(), "file", "There is no row below the headings. Add at least one count."),
        (f"{HEADER}\nA,1999-07-31,1,1,1\nM\xe9xico,".encode("latin-1"), "row 3", "This is no UTF-8 text."),
        (HEADER.encode("utf-16"), "row 1", "This is no UTF-8 text."),
        (b"\x89PNG\r\n\x1a\n", "row 1", "This is no UTF-8 text."),
        (f'{HEADER}\nA,1999-07-31,"1,1,1\n'.encode(), "row 2", "This is no CSV: unexpected end of data."),
        (f'{HEADER}\nA,1999-07-31,"1"2,1,1\n'.encode(), "row 2", "This is no CSV: ',' expected after '\"'."),
        (f"{HEADER}\n{'y' * 200_000},1,1,1,1".encode(), "row 2", "This is no CSV: field larger than field limit"),
        (b"PK\x03\x04" + b"x" * 300, "file", "This is no readable XLSX workbook (BadZipFile). Save it again."),
        (b"x" * (MOST_BYTES + 1), "file", "The file is larger than 20,000,000 bytes. Split it."),
    ],
    ids=[
        "empty",
        "blank",
        "header",
        "no-figure",
        "latin1",
        "utf16",
        "png",
        "open-quote",
        "quote",
        "cell",
        "zip",
        "large",
    ],
)
def test_read_counts_refuses_broken_files(content, place, message):
    errors = read(content).errors

    assert errors[-1].place == place
    assert errors[-1].message.startswith(message)


def test_read_counts_refuses_too_many_rows():
    file = read("Augusta,1999-07-31,1,1,1\n" * (MOST_ROWS + 1))

    assert file.errors == (SheetError("There are more than 50,000 rows. Split the file.", MOST_ROWS + 2),)


def test_read_counts_refuses_too_many_columns():
    assert places(read("", ",".join(["site", "date", *["GE"] * 99]))) == [(1, "", "")]


# ---- hostile workbooks

GOOD = workbook(["Augusta", "1999-07-31", 8])
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + step, b"&%c;" % (97 + step) * 10) for step in range(9))
    + b"]><sst><si><t>&j;</t></si></sst>"
)
EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
LONG_CELL = b'<row r="3"><c r="A3" t="inlineStr"><is><t>' + b"A" * 64_000_000 + b"</t></is></c></row></sheetData>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (with_sheet(GOOD, b"</sheetData>", LONG_CELL), "The workbook unpacks to more than 20,000,000 bytes"),
        (rebuilt(GOOD, extra=[(f"xl/media/{n}", b"") for n in range(300)]), "The workbook unpacks to more than"),
        (
            rebuilt(GOOD, extra=[("xl/sharedStrings.xml", LAUGHS)]),
            "This is no readable XLSX workbook (DTDForbidden)",
        ),
        (
            rebuilt(GOOD, lambda name, data: EXTERNAL + re.sub(rb"<\?xml.*?\?>", b"", data) if name == SHEET else data),
            "This is no readable XLSX workbook (DTDForbidden)",
        ),
        (rebuilt(GOOD, lambda name, data: data[:-20] if name == SHEET else data), "This is no readable XLSX workbook"),
        (rebuilt(GOOD, lambda name, data: b"" if name == "xl/workbook.xml" else data), "This is no readable XLSX"),
        (
            with_sheet(GOOD, b"</sheetData>", b'<row r="2"><c r="C2"><v>99</v></c></row></sheetData>'),
            "The sheet has this row twice or out of order.",
        ),
        (
            with_sheet(GOOD, b'<row r="2">', b'<row r="2"><c r="D2"><v>99</v></c>'),
            "Cell A2 is out of order.",
        ),
        (with_sheet(GOOD, b'r="C2"', b'r="C7"'), "Cell C7 is out of order."),
        (
            with_sheet(GOOD, b"</sheetData>", b'<row r="9"><c r="XFD9"><v>1</v></c></row></sheetData>'),
            "There are more than 100 columns. Remove those that hold nothing.",
        ),
        (
            with_sheet(GOOD, b"</sheetData>", b'<row r="1048576"><c r="C1048576"><v>1</v></c></row></sheetData>'),
            "There are more than 200,000 rows, the empty ones among them.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_read_counts_refuses_hostile_workbooks(content, message):
    file = read(content)

    assert [error.message.startswith(message) for error in file.errors] == [True]


def test_read_counts_ignores_parts_of_a_workbook_that_are_no_sheet():
    assert read(rebuilt(GOOD, extra=[("../../tmp/evil.txt", b"x")])).errors == ()


def test_read_counts_finds_a_figure_below_rows_that_are_empty():
    far = with_sheet(GOOD, b"</sheetData>", b'<row r="99999"><c r="C99999"><v>1</v></c></row></sheetData>')

    assert places(read(far)) == [(99_999, "site", ""), (99_999, "date", "")]


def test_read_counts_refuses_a_cell_beyond_the_headings():
    assert places(read(workbook(["Augusta", "1999-07-31", 8, 9]))) == [(2, "", "")]
