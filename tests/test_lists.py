"""What holds for every list: its tabs and filters, and the files of all that it lists, row by row as on its page."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from contracts.models import Agreement, LostRecord, Party
from contracts.pages import lists
from contracts.pages.lists import ListPage
from contracts.printing.sheets import without_guard
from invoicing.credits.crediting import credit
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from sites.hours.recording import enter_work
from sites.models import FileLayout, ImportedFile, Site
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import by_heading, links, tables, words
from tests.waivers import credit_and_waive

pytestmark = pytest.mark.django_db
ON, BEFORE = date(1999, 8, 5), date(1999, 7, 31)
ROLES = [ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER]
NOTHING = {"", "–", "—", "None", "No end agreed"}
HOSTILE = ["=1+1", "@x", "+1", "\tx"]


def list_pages(patterns=None, space: str = "") -> Iterator[tuple[str, bool]]:
    """The name of every address that shows a list, and whether it is one agreement's."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if not isinstance(pattern, URLPattern):
            yield from list_pages(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        elif issubclass(getattr(pattern.callback, "view_class", object), ListPage):
            yield f"{space}{pattern.name}", bool(pattern.pattern.converters)


LISTS = dict(list_pages())


@pytest.fixture(autouse=True)
def _august_1999(settings):
    settings.BUSINESS_DATE = ON


def desk(number: int = 1) -> Agreement:
    """So many rows in every list; the last agreement is returned."""
    for position in range(number):
        agreement = factories.agreement(f"LNS-{position}")
        FileLayout.objects.create(kind="work", name=f"Tool {position}", layout={"decimal_comma": True})
        for site in factories.sites(agreement, number):
            factories.counts(site, date(1998, 10, 1), reference.counts())
            work = {"worked_on": date(1999, 7, 12), "hours": Decimal("2.00"), "service": "Customer Care"}
            enter_work(agreement=agreement, site=site, on=BEFORE, by=None, person=f"Ann of {site.city}", **work)
            name = f"{site.pk}.csv"
            ImportedFile.objects.create(
                kind="counts", name=name, sha256=name * 4, rows=1, agreement=agreement, imported_on=ON
            )
        (result,) = draft_invoices(through=date(1998, 10, 31), on=BEFORE, by=None, agreements=[agreement])
        invoice = issue(invoice=result.documents[0], on=BEFORE, by=None)
        credit_and_waive(invoice=invoice, reason="Late", on=ON, by=None, amounts={1: Decimal("1.00")})
        LostRecord.objects.create(title=f"INV-1000{position}", explanation="gap", reason="Never sent", recorded_on=ON)
        credit(invoice=invoice, reason="Wrong", on=ON, by=None, amounts={1: Decimal("2.00")})
    call_command("open_reviews")
    return agreement


def address(name: str, agreement: Agreement) -> str:
    return reverse(name, args=[agreement.pk] if LISTS[name] else [])


def sheet(response) -> list[list]:
    page = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets[0]
    assert [cell.data_type for row in page for cell in row if cell.data_type == "f"] == []
    return [list(row) for row in page.iter_rows(values_only=True)]


def comma_separated(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def as_text(value) -> str:
    """A cell of a workbook as a CSV file writes it."""
    if value is None:
        return ""
    return value.date().isoformat() if hasattr(value, "date") else str(value)


def stands_in(value, cell: str) -> bool:
    """Whether a page's cell says what a file holds."""
    if value is None:
        return cell in NOTHING
    if hasattr(value, "date"):
        return any(f"{value.day} {value:{month} %Y}" in cell for month in ("%b", "%B"))
    if isinstance(value, float):
        return f"{value:,.2f}" in cell.replace("−", "-")
    return (
        f"{value:,}" in cell if isinstance(value, int) else value in cell or all(w in cell for w in value.split(": "))
    )


@pytest.mark.parametrize("role", ROLES)
def test_files_say_what_the_pages_say(role):
    agreement, client = desk(2), client_of(role)

    for name in LISTS:
        page = client.get(address(name, agreement))
        if page.status_code == 403:
            assert client.get(address(name, agreement), {"export": "csv"}).status_code == 403
            continue
        assert {"?export=csv", "?export=xlsx"} <= set(links(page)), name
        headings, *rows = sheet(client.get(address(name, agreement), {"export": "xlsx"}))
        shown = by_heading(page)
        left_out = [heading for heading in tables(page)[0][0] if heading not in headings]
        assert left_out in ([], ["PDF"], ["Select", "PDF"], ["Change"]), name
        assert len(rows) == len(shown) > 0, name
        for row, cells in zip(rows, shown, strict=True):
            told = dict(zip(headings, row, strict=True))
            assert [
                (heading, told[heading], cell)
                for heading, cell in cells.items()
                if heading in told and not stands_in(told[heading], cell)
            ] == [], name
        written = comma_separated(client.get(address(name, agreement), {"export": "csv"}))
        assert [len(row) for row in written] == [len(headings)] * (len(rows) + 1), name
        for row, cells in zip(rows, written[1:], strict=True):
            for value, cell in zip(row, cells, strict=True):
                same = float(cell) == value if isinstance(value, int | float) else as_text(value) == cell
                assert same, (name, value, cell)


def test_columns_that_a_role_may_not_see_are_in_no_file():
    agreement = desk()

    headings = {
        role: sheet(client_of(role).get(reverse("sites:site_list"), {"export": "xlsx"}))[0]
        for role in (VIEWER, DATA_ENTRY)
    }

    assert [heading for heading in headings[VIEWER] if heading not in headings[DATA_ENTRY]] == [
        "Charged level",
        "Charged level is",
    ]
    assert agreement.number == "LNS-0"


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_never_formulas(text):
    agreement = desk()
    Site.objects.update(city=text, state="")
    Party.objects.filter(legal_name="KMC Telecom Inc.").update(legal_name=text)
    ImportedFile.objects.create(kind="counts", name=text, sha256="1" * 64, rows=1, agreement=agreement, imported_on=ON)
    FileLayout.objects.update(name=text)
    client, found = client_of(FINANCE), set()

    for name in LISTS:
        workbook = sheet(client.get(address(name, agreement), {"export": "xlsx"}))
        cells = {cell for row in workbook for cell in row if isinstance(cell, str) and cell.startswith(text)}
        plain = {
            cell for row in comma_separated(client.get(address(name, agreement), {"export": "csv"})) for cell in row
        }
        assert {f"'{cell}" for cell in cells} <= plain, name
        assert {without_guard(f"'{cell}") for cell in cells} == cells
        assert not any(cell.startswith(text) for cell in plain), name
        found |= {name} if cells else set()

    assert found == set(LISTS) - {"invoicing:invoice_list", "invoicing:lost_list", "sites:agreement_reports"}


STATEMENTS = {
    "contracts:agreement_list": (15, 15),
    "sites:site_list": (21, 19),
    "sites:imports": (8, 7),
    "sites:import_layouts": (7, 6),
    "sites:hours_entries": (9, 7),
    "sites:review_list": (7, 6),
    "sites:report_list": (20, 21),
    "sites:agreement_reports": (21, 22),
    "invoicing:invoice_list": (7, 6),
    "invoicing:correction_list": (28, 28),
    "invoicing:waiver_list": (7, 6),
    "invoicing:lost_list": (8, 6),
}


@pytest.mark.parametrize("number", [1, 3])
def test_lists_and_files_ask_a_fixed_number_of_statements(number):
    agreement, client = desk(number), client_of(VIEWER)
    call_command("keep_months")
    client.get(reverse("contracts:agreement_list"))

    asked = {
        name: tuple(statements(client, address(name, agreement), asked) for asked in ({}, {"export": "csv"}))
        for name in LISTS
    }

    page, _file = asked.pop("sites:report_list")
    assert page <= STATEMENTS["sites:report_list"][0]  # fewer where the current month, which is not kept, is not on it
    assert asked == {name: STATEMENTS[name] for name in asked}


def statements(client, path: str, asked: dict) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path, asked).status_code == 200
    verbs = {statement["sql"].split()[0] for statement in captured}
    assert verbs - {"DECLARE"} == {"SELECT"}  # PostgreSQL reads the rows of a file through a cursor that it declares
    return len(captured)


def test_a_file_holds_all_pages_of_what_is_filtered_and_in_its_order(monkeypatch):
    monkeypatch.setattr(lists, "ROWS_A_PAGE", 1)
    monkeypatch.setattr(lists, "ROWS_AT_ONCE", 2)
    agreement = factories.agreement()
    for position, state in enumerate(("NV", "NV", "TX", "NV", "NV")):
        factories.site(agreement, f"City {position}", date(1998, 10, position + 1), state=state)
    client, path = client_of(VIEWER), reverse("sites:site_list")
    asked = {"state": "NV", "service": "IN_SERVICE", "sort": "-in_service_on", "page": "2"}

    page = client.get(path, asked)
    (link,) = [link for link in links(page) if "export=xlsx" in link]
    file = client.get(path + link)

    assert [row["City"] for row in by_heading(page)] == ["City 3"]
    assert [row[0] for row in sheet(file)] == ["City", "City 4", "City 3", "City 1", "City 0"]
    assert file.headers["Content-Disposition"] == 'attachment; filename="sites-1999-08-05-filtered.xlsx"'
    about = openpyxl.load_workbook(io.BytesIO(file.content))["About this list"]
    assert [tuple(map(as_text, row)) for row in about.iter_rows(values_only=True)] == [
        ("What", "Value"),
        ("List", "Sites"),
        ("Business date", "1999-08-05"),
        ("Rows", "4"),
        ("State", "NV"),
        ("Service", "In service"),
    ]


def test_cells_are_typed():
    desk()

    headings, row, *_rest = sheet(client_of(VIEWER).get(reverse("invoicing:invoice_list"), {"export": "xlsx"}))

    told = dict(zip(headings, row, strict=True))
    assert (told["Total"], told["Currency"], told["Issued on"].date()) == (-2, "USD", ON)


def test_a_list_too_long_for_a_file_says_so(monkeypatch):
    monkeypatch.setattr(lists, "MOST_IN_A_FILE", 2)
    factories.sites(factories.agreement(), 3)
    client, path = client_of(VIEWER), reverse("sites:site_list")

    refused = client.get(path, {"export": "csv", "service": "IN_SERVICE"}, follow=True)

    assert refused.redirect_chain == [(f"{path}?service=IN_SERVICE", 302)]
    assert "A file holds at most 2 rows, and this list has 3. Filter it first." in words(refused)
    assert client.get(path, {"export": "csv", "q": "0003"}).headers["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("asked", [{"export": "csv", "state": "x"}, {"export": "pdf"}, {"export": ""}])
def test_what_cannot_be_read_is_shown_and_not_sent(asked):
    desk()

    response = client_of(VIEWER).get(reverse("invoicing:invoice_list"), asked)

    assert response.headers["Content-Type"].startswith("text/html")
    assert ("A filter above cannot be read" in words(response)) is ("state" in asked)


def test_tabs_count_under_the_other_filters_and_keep_them():
    agreement = desk(2)
    client, path = client_of(VIEWER), reverse("invoicing:invoice_list")

    page = client.get(path, {"agreement": agreement.number, "state": "draft", "page": "3"})

    assert "All 3 Draft 0 Issued 3" in words(page)
    assert {f"?agreement={agreement.number}&state={state}" for state in ("draft", "issued")} <= set(links(page))
    assert f"?agreement={agreement.number}" in links(page)
