"""Sheets: what goes in comes out, typed, and no text becomes a formula."""

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from contracts.printing.sheets import Sheet, csv_bytes, workbook

ON = date(1999, 3, 31)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|calc", " =1", '=HYPERLINK("x")', "-", "+"]


def read(*sheets):
    return openpyxl.load_workbook(io.BytesIO(workbook(sheets, title="Counts", created_on=ON)))


def rows(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_cells_keep_their_types():
    book = read(Sheet("Counts", ["site", "day", "GE", "price"], [["Augusta, GA", ON, 14, Decimal("163000.10")]]))
    site, day, count, price = book["Counts"][2]
    assert (site.value, day.value.date(), count.value, price.value) == ("Augusta, GA", ON, 14, 163000.10)
    assert [cell.data_type for cell in (site, day, count, price)] == ["s", "d", "n", "n"]
    assert (count.number_format, price.number_format, day.number_format) == ("#,##0", "#,##0.00", "yyyy-mm-dd")


def test_notes_stand_above_and_totals_are_set_apart():
    sheet = read(Sheet("Counts", ["site", "GE"], [["Augusta, GA", 14], ["Total", 14]], notes=["March 1999"], totals=1))[
        "Counts"
    ]
    assert rows(sheet) == [["March 1999", None], ["site", "GE"], ["Augusta, GA", 14], ["Total", 14]]
    assert [sheet.cell(row, 1).font.bold for row in (1, 2, 3, 4)] == [False, True, False, True]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula_in_a_workbook(text):
    sheet = read(Sheet("Counts", [text], [[text]], notes=[text]))["Counts"]
    cells = [sheet.cell(row, 1) for row in (1, 2, 3)]
    assert [cell.data_type for cell in cells] == ["s", "s", "s"]
    assert [cell.value.replace("_x000D_", "\r") for cell in cells] == [text] * 3


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_looks_like_a_formula_is_marked_in_csv(text):
    data = csv_bytes(["site", text], [[text, -1]]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(data, newline=""))) == [["site", f"'{text}"], [f"'{text}", "-1"]]


def test_csv_writes_days_amounts_and_gaps_plainly():
    data = csv_bytes(["a", "b", "c", "d"], [[ON, Decimal("-1234.50"), None, "x,y"]])
    assert data == b'\xef\xbb\xbfa,b,c,d\r\n1999-03-31,-1234.50,,"x,y"\r\n'


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_written_as_text():
    sheet = read(Sheet("Counts", ["a"], [[Decimal("99999999999999.99")], [10**15]]))["Counts"]
    assert rows(sheet)[1:] == [["99999999999999.99"], ["1000000000000000"]]


def test_the_same_sheets_give_the_same_bytes():
    sheets = [Sheet("Counts", ["a"], [[1]])]
    assert workbook(sheets, title="x", created_on=ON) == workbook(sheets, title="x", created_on=ON)


def test_titles_are_cut_and_told_apart():
    book = read(*(Sheet(title, ["a"], []) for title in ("a" * 40, "A" * 40, "x/y", "")))
    assert book.sheetnames == ["a" * 31, "A" * 29 + " 2", "x y", "Sheet"]


@pytest.mark.parametrize("value", [1.5, True])
def test_a_float_is_refused(value):
    with pytest.raises(ValueError, match="neither a text"):
        workbook([Sheet("Counts", ["a"], [[value]])], title="x", created_on=ON)
    with pytest.raises(ValueError, match="neither a text"):
        csv_bytes(["a"], [[value]])
