"""The admin of invoices: everything is shown, nothing is entered, changed or deleted."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.credits.crediting import credit
from invoicing.models import Invoice, InvoicePdf, NumberSeries
from invoicing.runs.drafting import draft_invoices
from tests import factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, superuser_client

pytestmark = pytest.mark.django_db

ADMIN = "/admin/invoicing"
OCTOBER, NOVEMBER = date(1998, 10, 31), date(1998, 11, 30)


@pytest.fixture
def issued(two_sites) -> Invoice:
    draft_invoices(through=OCTOBER, on=OCTOBER, by=None, issue_drafts=True)
    return Invoice.objects.get()


@pytest.fixture
def draft(issued) -> Invoice:
    draft_invoices(through=NOVEMBER, on=NOVEMBER, by=None)
    return Invoice.objects.get(issued_on=None)


def test_issued_invoice_is_shown_with_its_lines(issued):
    page = client_of(FINANCE).get(f"{ADMIN}/invoice/{issued.pk}/change/")
    content = page.content.decode()

    assert page.context["seal_note"] == (
        "Issued on 31 October 1998. Everything on this page is sealed. Correct it by a credit note."
    )
    assert content.count(">13,583.33</td>") == 2
    assert content.count(">163,000.00</td>") == 2
    assert '<div class="readonly">27,166.66</div>' in content
    assert "A draft: it has no number yet" not in content


def test_draft_says_that_it_is_one(draft):
    page = client_of(FINANCE).get(f"{ADMIN}/invoice/{draft.pk}/change/")
    assert page.context["seal_note"] == ""
    assert "A draft: it has no number yet. Issue it on its own page." in page.content.decode()


def test_credit_note_and_invoice_lead_to_each_other(issued):
    note = credit(invoice=issued, reason="Billed in error", on=NOVEMBER, by=None)
    client = client_of(FINANCE)

    assert client.get(f"{ADMIN}/invoice/{note.pk}/change/").context["corrects"] == [issued]
    assert client.get(f"{ADMIN}/invoice/{issued.pk}/change/").context["corrected_by"] == [note]


@pytest.mark.parametrize("who", [VIEWER, ACCOUNT_MANAGER, FINANCE, "superuser"])
def test_nobody_adds_changes_or_deletes(issued, draft, who):
    client = superuser_client() if who == "superuser" else client_of(who)
    for row in (issued, draft):
        url = f"{ADMIN}/invoice/{row.pk}"
        page = client.get(f"{url}/change/")
        assert (page.status_code, 'name="_save"' in page.content.decode()) == (200, False)
        assert client.post(f"{url}/change/", {"total": "1.00"}).status_code == 403
        assert client.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{ADMIN}/invoice/add/").status_code == 403
    listed = client.post(f"{ADMIN}/invoice/", {"action": "delete_selected", "_selected_action": [issued.pk]})
    assert listed.status_code in (200, 302)
    assert Invoice.objects.count() == 2


def test_data_entry_sees_no_invoice(issued):
    client = client_of(DATA_ENTRY)
    for path in ("invoice/", f"invoice/{issued.pk}/change/", "invoicepdf/", "numberseries/"):
        assert client.get(f"{ADMIN}/{path}").status_code == 403, path


def test_series_is_fixed_once_it_has_given_out_a_number(issued):
    client = superuser_client()
    series = issued.series
    assert client.post(f"{ADMIN}/numberseries/{series.pk}/change/", {"prefix": "X-"}).status_code == 403
    assert client.post(f"{ADMIN}/numberseries/{series.pk}/delete/", {"post": "yes"}).status_code == 403

    posted = {"code": "NEW", "prefix": "NEW-", "digits": "4", "last_number": "7", "last_issued_on": "1998-10-01"}
    client.post(f"{ADMIN}/numberseries/add/", posted)
    new = NumberSeries.objects.get(code="NEW")
    assert (new.prefix, new.digits, new.last_number, new.last_issued_on) == ("NEW-", 4, 0, None)


@pytest.mark.parametrize(("state", "expected"), [("yes", 1), ("no", 1), ("", 2)])
def test_list_is_filtered_by_state(issued, draft, state, expected):
    page = client_of(FINANCE).get(f"{ADMIN}/invoice/" + (f"?issued={state}" if state else ""))
    assert len(page.context["cl"].result_list) == expected


def test_invoice_is_found_by_its_number(issued, draft):
    page = client_of(FINANCE).get(f"{ADMIN}/invoice/?q={issued.number_text}")
    assert [row.pk for row in page.context["cl"].result_list] == [issued.pk]


@pytest.mark.parametrize(("name", "queries"), [("invoice", 6), ("invoicepdf", 6)])
def test_list_costs_the_same_for_one_row_and_thirty(name, queries):
    client = superuser_client()
    counted = []
    for number in range(30):
        row = factories.agreement(f"A-{number}")
        factories.site(row, "City")
        draft_invoices(through=OCTOBER, on=OCTOBER, by=None, agreements=[row], issue_drafts=True)
        invoice = Invoice.objects.get(agreement=row)
        InvoicePdf.objects.get_or_create(
            invoice=invoice, defaults={"file_name": f"{number}.pdf", "sha256": "0" * 64, "size": 1, "pages": 1}
        )
        if number in (0, 29):
            with CaptureQueriesContext(connection) as context:
                assert client.get(f"{ADMIN}/{name}/").status_code == 200
            counted.append(len(context))
    assert counted == [queries, queries]
