"""Documents are sorted by series and number, not by how the number is spelled."""

import csv
import io
from datetime import date

import openpyxl
import pytest
from django.urls import reverse

from contracts.models import Agreement
from invoicing.credits.crediting import credit
from invoicing.issued import numbering
from invoicing.issued.chain import by_number
from invoicing.models import NumberSeries
from invoicing.runs.drafting import draft_invoices
from tests import factories
from tests.invoicing.audit.books_to_damage import issued_through
from tests.people import FINANCE, client_of
from tests.reading import by_heading, links

pytestmark = pytest.mark.django_db
IN_ORDER = ["CN-00001", "INV-99999", "INV-100000"]


def test_key_of_a_number():
    mixed = ["INV-100000", "INV-99999", "CN-00001", "", "INV-"]

    assert sorted(mixed, key=by_number) == ["", *IN_ORDER[:1], "INV-", *IN_ORDER[1:]]


@pytest.fixture
def numbered(agreement) -> Agreement:
    """Two invoices across the sixth place, a credit note and drafts; and one invoice that no search below finds."""
    other = factories.agreement("OTHER", title="Nothing to look for")
    factories.sites(other, 1)
    factories.sites(agreement, 1)
    issued_through(other, date(1998, 10, 31), date(1998, 12, 1))
    NumberSeries.objects.filter(pk=numbering.series_for("invoice").pk).update(last_number=99998)
    first, _second = issued_through(agreement, date(1998, 11, 30), date(1998, 12, 1))
    credit(invoice=first, reason="Late", on=date(1998, 12, 1), by=None)
    draft_invoices(through=date(1998, 12, 31), on=date(1999, 1, 1), by=None, agreements=[agreement])
    return agreement


def written(response) -> list[list[str]]:
    """The rows of a file below its headings, CSV or workbook."""
    if response.headers["Content-Type"].startswith("text/csv"):
        _headings, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    else:
        book = openpyxl.load_workbook(io.BytesIO(response.content))
        _headings, *rows = book.worksheets[0].iter_rows(values_only=True)
    return rows


def test_found_documents_are_sorted_by_series_and_number_on_the_page_and_in_its_files(numbered):
    client, address = client_of(FINANCE), reverse("invoicing:invoice_list")
    searched = {"agreement": numbered.number, "state": "issued"}

    for sort, expected in (("number_text", IN_ORDER), ("-number_text", IN_ORDER[::-1])):
        asked = searched | {"sort": sort}
        assert [row["Number"] for row in by_heading(client.get(address, asked))] == expected
        for ending in ("csv", "xlsx"):
            assert [row[0] for row in written(client.get(address, asked | {"export": ending}))] == expected, ending


def test_drafts_come_before_the_first_number(numbered):
    found = by_heading(client_of(FINANCE).get(reverse("invoicing:invoice_list"), {"sort": "number_text"}))

    assert [row["Number"] for row in found][1:] == [IN_ORDER[0], "INV-00001", *IN_ORDER[1:]]
    assert found[0]["State"].startswith("Draft")


@pytest.mark.parametrize(("order", "expected"), [("0", IN_ORDER), ("-0", IN_ORDER[::-1])])
def test_records_are_sorted_by_series_and_number(numbered, order, expected):
    page = client_of(FINANCE).get("/admin/invoicing/invoice/", {"q": numbered.number, "issued": "yes", "o": order})

    assert [row.number_text for row in page.context["cl"].result_list] == expected
    turned = {"0": "o=-0", "-0": "o=0"}[order]
    assert any(turned in link for link in links(page) if link)
