"""Documents are sorted by series and number, not by how the number is spelled."""

from datetime import date

import pytest
from django.urls import reverse

from invoicing.credits.crediting import credit
from invoicing.issued import numbering
from invoicing.issued.chain import by_number
from invoicing.models import NumberSeries
from invoicing.runs.drafting import draft_invoices
from tests import factories
from tests.invoicing.audit.books_to_damage import issued_through
from tests.people import FINANCE, client_of
from tests.reading import by_heading

pytestmark = pytest.mark.django_db
IN_ORDER = ["CN-00001", "INV-99999", "INV-100000"]


def test_key_of_a_number():
    mixed = ["INV-100000", "INV-99999", "CN-00001", "", "INV-"]

    assert sorted(mixed, key=by_number) == ["", *IN_ORDER[:1], "INV-", *IN_ORDER[1:]]


def test_list_and_its_file_are_sorted_by_series_and_number(agreement):
    factories.sites(agreement, 1)
    NumberSeries.objects.filter(pk=numbering.series_for("invoice").pk).update(last_number=99998)
    first, _second = issued_through(agreement, date(1998, 11, 30), date(1998, 12, 1))
    credit(invoice=first, reason="Late", on=date(1998, 12, 1), by=None)
    draft_invoices(through=date(1998, 12, 31), on=date(1999, 1, 1), by=None, agreements=[agreement])
    client, address = client_of(FINANCE), reverse("invoicing:invoice_list")

    def numbers(sort: str) -> list[str]:
        return [row["Number"] for row in by_heading(client.get(address, {"sort": sort, "state": "issued"}))]

    written = client.get(address, {"sort": "number_text", "export": "csv"}).content.decode("utf-8-sig").splitlines()

    assert numbers("number_text") == IN_ORDER
    assert numbers("-number_text") == IN_ORDER[::-1]
    assert [line.split(",")[0] for line in written[1:]][-3:] == IN_ORDER  # after the drafts
