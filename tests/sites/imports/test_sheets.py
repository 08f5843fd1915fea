"""Templates, exports and previews as files: read back exactly as they were written, and never a formula among them."""

import csv
import io
from datetime import date, datetime, time

import openpyxl
import pytest
from django.urls import reverse

from contracts.models import Agreement
from contracts.periods import Month
from sites.imports.importing import KINDS, Incoming, import_file, look_through
from sites.imports.preview import State
from sites.imports.sheets import counts_sheet, preview_sheet, sheet_bytes, template_sheet
from sites.models import ColumnName, ComponentCount, CountChange, Site
from tests import factories, reference
from tests.people import DATA_ENTRY, client_of
from tests.reading import words

pytestmark = pytest.mark.django_db

ON = date(1999, 7, 15)
JULY = Month(1999, 7)
ENDINGS = ("csv", "xlsx")
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org","x")',
    "=WEBSERVICE(A1)",
    " =1+1",
    "{=1+1}",
    "'=1+1",
)


@pytest.fixture
def sites(agreement):
    stored = factories.site(agreement, "Augusta", state="GA"), factories.site(agreement, "Reno", state="NV")
    factories.counts(stored[0], date(1999, 5, 31), {"GE": 10, "5ESS": 1, "SLC": 7, "SM": 1, "DACS2": 1, "DACS4": 0})
    factories.counts(stored[0], date(1999, 6, 30), {"GE": 11, "SLC": 9})
    factories.counts(stored[1], date(1999, 6, 30), {"GE": 42, "SM": 999_999_999})
    return stored


def known(agreement) -> Agreement:
    """The agreement with its terms, as a page hands it on."""
    return Agreement.objects.with_terms().get(pk=agreement.pk)


def at(*day: int) -> datetime:
    """A day as openpyxl reads it from a cell."""
    return datetime.combine(date(*day), time())


def content_of(sheet, ending: str) -> bytes:
    return sheet_bytes(sheet, ending=ending, on=ON)


def cells_of(content: bytes, ending: str) -> list[list]:
    if ending == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    (page,) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    return [[cell.value for cell in row] for row in page.iter_rows()]


def preview(content: bytes, agreement, kind="counts", name="back.csv"):
    return look_through(kind=KINDS[kind], file=Incoming(content, name, agreement), on=ON)


# ---- counts, out and in


@pytest.mark.parametrize("ending", ENDINGS)
def test_counts_come_back_unchanged_in_every_cell(agreement, sites, ending):
    content = content_of(counts_sheet(agreement=known(agreement), first=None, last=None, on=ON), ending)

    read = preview(content, agreement)

    assert (read.errors, read.unclear) == ((), ())
    assert dict(read.cells) == {State.UNCHANGED: ComponentCount.objects.count()}
    assert import_file(kind=KINDS["counts"], file=Incoming(content, "back", agreement), on=ON, by=None).file is None


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_edited_export_changes_what_was_edited(agreement, sites, ending):
    sheet = counts_sheet(agreement=known(agreement), first=None, last=None, on=ON)
    rows = [list(row) for row in sheet.rows]
    rows[1][2], rows[1][3] = 12, 1
    edited = type(sheet)(sheet.title, sheet.headings, rows)

    file = Incoming(content_of(edited, ending), "edited", agreement)
    import_file(kind=KINDS["counts"], file=file, reason="Recount", on=ON, by=None)

    assert list(CountChange.objects.order_by("pk").values_list("component_code", "before", "after")) == [
        ("GE", 11, 12),
        ("5ESS", None, 1),
    ]


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_export_has_a_row_per_site_and_date(agreement, sites, ending):
    factories.counts(sites[0], date(1999, 7, 1), {"GE": 12})
    content = content_of(
        counts_sheet(agreement=known(agreement), first=Month(1999, 6), last=Month(1999, 6), on=ON), ending
    )

    message = cells_of(content, ending)

    day = "1999-06-30" if ending == "csv" else at(1999, 6, 30)
    blank, number = ("", str) if ending == "csv" else (None, int)
    assert message == [
        ["site", "date", "GE", "5ESS", "SLC", "SM", "DACS2", "DACS4"],
        ["Augusta, GA", day, number(11), blank, number(9), *[blank] * 3],
        ["Reno, NV", day, number(42), blank, blank, number(999_999_999), blank, blank],
    ]


def test_an_export_names_each_site_so_that_it_is_found_again(agreement):
    plain = factories.site(agreement, "Augusta", clli="AUGSGAZZDS0")
    twin = factories.site(agreement, "Augusta", state="GA")
    odd = [factories.site(agreement, city) for city in ("=Reno", "'=Reno", "'s Gravenhage", "1999", "Île, de", 'A "B"')]
    for site in (plain, twin, *odd):
        factories.counts(site, date(1999, 6, 30), {"GE": 1})

    for ending in ENDINGS:
        content = content_of(counts_sheet(agreement=known(agreement), first=None, last=None, on=ON), ending)
        read = preview(content, agreement)
        assert (read.errors, dict(read.cells)) == ((), {State.UNCHANGED: 8})


def test_counts_of_a_component_that_is_gone_come_back_too(agreement, sites):
    schedule = reference.Schedule(components=reference.SCHEDULE.components[1:2], levels=())
    second = reference.amendment(
        2, date(1999, 4, 1), schedule=schedule, signed_on=date(1999, 7, 1), schedule_clause="Appendix A"
    )
    factories.amendment(agreement, second)
    content = content_of(counts_sheet(agreement=known(agreement), first=None, last=None, on=ON), "csv")

    assert preview(content, agreement).errors == ()
    changed = preview(content.replace(b",42,", b",43,"), agreement)
    assert [error.column for error in changed.errors] == ["GE"]


# ---- templates


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_template_of_a_month_has_a_dated_row_per_site_in_service(agreement, sites, ending):
    factories.site(agreement, "Waco", in_service_on=date(1999, 8, 1))
    factories.site(agreement, "Yuma", removed_on=date(1999, 6, 30))
    content = content_of(template_sheet(kind=KINDS["counts"], agreement=known(agreement), month=JULY, on=ON), ending)

    message = cells_of(content, ending)

    day = "1999-07-31" if ending == "csv" else at(1999, 7, 31)
    assert [row[:2] for row in message] == [["site", "date"], ["Augusta, GA", day], ["Reno, NV", day]]
    assert message[0][2:] == ["GE", "5ESS", "SLC", "SM", "DACS2", "DACS4"]
    untouched = preview(content, agreement)
    assert (untouched.errors, untouched.bringing) == ((), 0)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", ["counts", "sites", "work"])
def test_a_template_that_nobody_touched_brings_nothing(agreement, sites, kind, ending):
    Site.objects.update(population=5)
    content = content_of(template_sheet(kind=KINDS[kind], agreement=known(agreement), on=ON), ending)

    read = preview(content, agreement, kind)

    assert (read.unclear, read.bringing) == ((), 0)
    assert [error.message for error in read.errors] == (
        ["There is no row below the headings. Add at least one entry."] if kind == "work" else []
    )


def test_a_template_filled_in_for_some_sites_is_imported(agreement, sites):
    text = content_of(
        template_sheet(kind=KINDS["counts"], agreement=known(agreement), month=Month(1999, 6), on=ON), "csv"
    )
    filled = text.decode("utf-8-sig").replace('"Augusta, GA",1999-06-30,,,', '"Augusta, GA",1999-06-30,11,1,')

    assert dict(preview(filled.encode(), agreement).cells) == {State.UNCHANGED: 1, State.NEW: 1}


# ---- pages


@pytest.mark.parametrize("ending", ENDINGS)
def test_downloads_have_a_name_and_a_type(agreement, sites, ending, settings):
    settings.BUSINESS_DATE = ON
    client = client_of(DATA_ENTRY)
    kind = "text/csv" if ending == "csv" else "application/vnd.openxmlformats"

    export = client.get(reverse("sites:count_export", args=[agreement.pk]), {"format": ending, "first": "1999-06"})
    template = client.get(reverse("sites:count_template", args=[agreement.pk]), {"format": ending, "month": "1999-07"})

    assert [answer["Content-Type"].startswith(kind) for answer in (export, template)] == [True, True]
    assert export["Content-Disposition"] == f'attachment; filename="LNS970602JC-counts-1999-06.{ending}"'
    assert template["Content-Disposition"] == f'attachment; filename="LNS970602JC-counts-1999-07-template.{ending}"'
    assert len(cells_of(export.content, ending)) == 3


@pytest.mark.parametrize("month", ["1999-13", "x", "1999-07-01", "0000-01", "\u0661999-07"])
def test_a_month_that_is_none_is_refused(agreement, month):
    client = client_of(DATA_ENTRY)

    for name, field in (("count_template", "month"), ("count_export", "first")):
        response = client.get(reverse(f"sites:{name}", args=[agreement.pk]), {field: month}, follow=True)
        assert "Write a month as year-month, such as 1999-07." in words(response)


def test_months_in_the_wrong_order_are_refused(agreement):
    asked = {"first": "1999-07", "last": "1999-06"}
    response = client_of(DATA_ENTRY).get(reverse("sites:count_export", args=[agreement.pk]), asked, follow=True)

    assert "June 1999 is before July 1999. Swap them." in words(response)


@pytest.mark.parametrize("number", [1, 3])
def test_an_export_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    for site in factories.sites(agreement, number):
        factories.counts(site, date(1999, 6, 30), {"GE": 1})
    with_terms = known(agreement)

    with django_assert_num_queries(3):
        counts_sheet(agreement=with_terms, first=None, last=None, on=ON)


# ---- formulas (G22)


def formula_cells(content: bytes) -> list[str]:
    """The cells of a file that a spreadsheet would compute."""
    if content.startswith(b"PK"):
        pages = openpyxl.load_workbook(io.BytesIO(content)).worksheets
        return [cell.coordinate for page in pages for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [text for row in rows for text in row if text.lstrip(" \t\r\n")[:1] in ("=", "+", "@") or text[:1] == "-"]


def files_with(payload: str, agreement) -> dict[str, bytes]:
    """Every file that an import gives out, with a payload in every text that it can hold."""
    day = date(1999, 6, 30)
    site = Site(agreement=agreement, city=payload, state=payload, clli=payload[:11], in_service_on=date(1998, 10, 1))
    Site.objects.bulk_create([site])
    factories.counts(Site.objects.get(), day, {"GE": 1})
    ColumnName.objects.bulk_create([ColumnName(agreement=agreement, name=payload, component_code="GE")])
    headed = csv_text(["site", "date", "GE", payload], [payload, "1999-06-30", payload, payload])
    worked = csv_text(
        ["date", "site", "service", "hours", "person", "reference"],
        ["1999-07-01", payload, payload, "1", payload, payload],
        ["1999-07-01", "x", "Customer Care", payload, "A", payload],
    )
    placed = csv_text(
        ["city", "state", "clli", "population", "in service from"], [payload, payload, payload, payload, payload]
    )
    sheets = {
        "export": counts_sheet(agreement=known(agreement), first=None, last=None, on=ON),
        **{
            f"template of {kind}": template_sheet(kind=KINDS[kind], agreement=known(agreement), on=ON) for kind in KINDS
        },
        "preview of counts": preview_sheet(preview(headed, agreement)),
        "preview of work": preview_sheet(preview(worked, agreement, "work", name=payload)),
        "preview of sites": preview_sheet(preview(placed, agreement, "sites", name=payload)),
    }
    return {f"{name} as {ending}": content_of(sheet, ending) for name, sheet in sheets.items() for ending in ENDINGS}


def csv_text(*rows: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize("payload", FORMULAS)
def test_no_text_becomes_a_formula(agreement, payload):
    files = files_with(payload, agreement)

    assert len(files) == 14
    assert {name: formula_cells(content) for name, content in files.items() if formula_cells(content)} == {}


def test_a_formula_would_be_found():
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"
    stream = io.BytesIO()
    book.save(stream)

    assert formula_cells(stream.getvalue()) == ["A1"]
    assert formula_cells(b"a,=1+1\n+1,\t=2\n") == ["=1+1", "+1", "\t=2"]
