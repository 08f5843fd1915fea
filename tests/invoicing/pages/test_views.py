"""The invoice list, the page of a document, and its PDF."""

import hashlib
from datetime import date

import pytest

from contracts.models import Agreement, ChosenReading
from contracts.printing.papers import printing
from invoicing.credits.crediting import credit
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import InvoicePdf
from invoicing.runs.drafting import draft_invoices
from tests import factories
from tests.invoicing.pages.page_cases import INVOICES, NOVEMBER, RUN, drafted, event, issued, page_of, two_sites
from tests.people import ACCOUNT_MANAGER, FINANCE, VIEWER, client_of
from tests.reading import by_heading, links, tables, words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(NOVEMBER)]

EVENTS = ("issue", "credit")


@pytest.fixture
def agreement() -> Agreement:
    return two_sites()


# ---- the list --------------------------------------------------------------------------------------------------------


def test_list_shows_documents(agreement):
    invoice = issued(agreement)
    pdf = INVOICE_PDFS.make(invoice)
    drafted(agreement, date(1998, 11, 30))

    response = client_of(VIEWER).get(INVOICES)

    assert tables(response)[0] == [
        ["Number", "Kind", "Agreement", "Billing period", "Issued on", "Due on", "Total", "State", "PDF"],
        [
            "Draft of November 1998",
            "Invoice",
            "LNS970602JC",
            "November 1998",
            "–",
            "–",
            "27,166.68 USD",
            "Draft waits until 30 Nov 1998",
            "PDF of the draft of November 1998",
        ],
        [
            "INV-00001",
            "Invoice",
            "LNS970602JC",
            "October 1998",
            "2 Nov 1998",
            "–",
            "21,032.25 USD",
            "Issued",
            f"PDF of INV-00001 {pdf.pages} page{'s' if pdf.pages > 1 else ''}",
        ],
    ]
    assert 'class="money"' in response.content.decode()


def test_list_counts_states_under_the_other_filters(agreement):
    issued(agreement)
    drafted(agreement, date(1998, 12, 31))
    client = client_of(VIEWER)

    every = words(client.get(INVOICES))
    december = words(client.get(INVOICES, {"since": "1998-12-01", "state": "issued"}))

    assert "All 3 Draft 2 Issued 1" in every
    assert "All 1 Draft 1 Issued 0" in december
    assert "No invoice or credit note fits all the filters above." in december


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Draft of December 1998", "Draft of November 1998", "CN-00001", "INV-00001"]),
        ({"state": "draft"}, ["Draft of December 1998", "Draft of November 1998"]),
        ({"state": "issued"}, ["CN-00001", "INV-00001"]),
        ({"kind": "credit-note"}, ["CN-00001"]),
        ({"since": "1998-12-01"}, ["Draft of December 1998"]),
        ({"until": "1998-10-31"}, ["CN-00001", "INV-00001"]),
        ({"since": "1998-11-15", "until": "1998-11-16"}, ["Draft of November 1998"]),
        ({"state": "issued", "kind": "invoice"}, ["INV-00001"]),
        ({"state": "nonsense"}, []),
        ({"since": "0001-01-01"}, []),
        ({"since": "soon"}, []),
        ({"agreement": "99999999999999999999"}, []),
    ],
)
def test_filters_stand_in_the_address(asked, found, agreement):
    invoice = issued(agreement)
    drafted(agreement, date(1998, 12, 31))
    credit(invoice=invoice, reason="Wrong", on=NOVEMBER, by=None)

    response = client_of(VIEWER).get(INVOICES, asked)

    assert sorted(row["Number"] for row in by_heading(response)) == sorted(found)
    assert ("Clear filters" in words(response)) is bool(asked)


def test_state_keeps_the_other_filters_and_leaves_the_page(agreement):
    drafted(agreement)

    response = client_of(VIEWER).get(INVOICES, {"kind": "invoice", "page": "1"})

    assert "?kind=invoice&state=draft" in links(response)


def test_list_offers_a_run_to_finance_only(agreement):
    for role, offered in ((FINANCE, True), (VIEWER, False), (ACCOUNT_MANAGER, False)):
        response = client_of(role).get(INVOICES)
        assert (RUN in links(response)) is offered
        assert "Nothing has been billed yet." in words(response)
        assert ("Ask finance to run the invoices." in words(response)) is not offered


# ---- one document ----------------------------------------------------------------------------------------------------


def test_page_explains_each_line(agreement):
    lines = tables(client_of(VIEWER).get(page_of(issued(agreement))))[0]

    assert [row[:1] + row[2:] for row in lines] == [
        ["Line", "Level", "Annual price", "Service", "Instalment", "Amount"],
        ["1", "Very Small", "163,000.00", "15 Oct 1998 to 31 Oct 1998 17 of 31 days", "1 of 12", "7,448.92"],
        ["2", "Very Small", "163,000.00", "1 Oct 1998 to 31 Oct 1998", "1 of 12", "13,583.33"],
        ["Total USD"],
    ]
    assert lines[2][1] == (
        "Reno, NV Why this amount "
        "Every site is charged at this level in the first annual period, whatever its counts. "
        "Very Small: 163,000.00 a year (Amendment 1 (LNM980917MP), Appendix A, table). "
        "1 of 12 months, each a twelfth of the annual price. "
        "Instalment 1 of 12: 13,583.33 due through it, less 0.00 due before it, is 13,583.33. "
        "Annual period 1: 1 October 1998 to 30 September 1999 Instalment 1 of 12, October 1998 "
        "Annual price 163,000.00 for 1 October 1998 to 30 September 1999 "
        "(Amendment 1 (LNM980917MP), Appendix A, table) "
        "Read so The annual price is billed in twelve monthly instalments. "
        "A whole month costs one twelfth of the annual price; part of a month counts by its days. "
        "Each instalment is the rounded amount due through it less the one before; together they are the annual price "
        "exactly. "
        "Clause Amendment 1 (LNM980917MP), Appendix A, table "
        "Result 13,583.33 Computed again now: the same"
    )


def test_page_shows_parties_hash_readings_and_included_services(agreement):
    ChosenReading.objects.create(
        agreement=agreement,
        question="timing",
        choice="in-arrears",
        clause="silent",
        chosen_by="Contract administration",
        chosen_on=date(1998, 10, 20),
        closed_on=agreement.executed_on,
    )
    invoice = issued(agreement)
    pdf = INVOICE_PDFS.make(invoice)

    seen = words(client_of(VIEWER).get(page_of(invoice)))

    assert "Customer KMC Telecom Inc. 1545 Route 206, Suite 300 Bedminster, New Jersey 07921" in seen
    assert "Amendment 1 LNM980917MP, effective 1 Oct 1998" in seen
    assert "Traffic Management, Capacity Management and Network Management (Appendix A, note 1)" in seen
    assert "silent Contract administration, 20 Oct 1998" in seen
    assert f"SHA-256 of the frozen content {invoice.content_sha256}" in seen
    assert f"SHA-256 of the PDF {pdf.sha256}, {pdf.pages} page" in seen


def test_issued_document_shows_what_was_frozen(agreement):
    invoice = issued(agreement)
    agreement.customer.address = "Elsewhere"
    agreement.customer.save()

    seen = words(client_of(VIEWER).get(page_of(invoice)))

    assert "1545 Route 206, Suite 300" in seen
    assert "Elsewhere" not in seen


def test_draft_says_that_it_is_one(agreement):
    draft, client = drafted(agreement), client_of(VIEWER)

    assert "This is a draft: it has no number" in words(client.get(page_of(draft)))
    assert "This is a draft: it has no number" not in words(client.get(page_of(issued(agreement))))


def test_page_says_whether_the_pdf_is_being_made(agreement):
    invoice, client = issued(agreement), client_of(VIEWER)

    assert "nothing is printing one" in words(client.get(page_of(invoice)))
    assert "Whoever may issue invoices can make it here." in words(client.get(page_of(invoice)))
    with printing(f"invoice-{invoice.pk}"):
        assert "The PDF is being made of what was frozen at issue." in words(client.get(page_of(invoice)))
        assert "is being made. Look again in a minute." in words(client.get(event(invoice, "pdf")))
    assert event(invoice, "pdf") not in links(client.get(page_of(invoice)))
    INVOICE_PDFS.make(invoice)
    assert "nothing is printing one" not in words(client.get(page_of(invoice)))
    assert event(invoice, "pdf") in links(client.get(page_of(invoice)))


def test_pdf_that_was_never_made_is_made_from_the_page(agreement, settings):
    invoice, client = issued(agreement), client_of(FINANCE)
    address = event(invoice, "make_pdf")

    assert "Make the PDF now" in words(client.get(page_of(invoice)))
    assert "Make the PDF now" in words(client.get(event(invoice, "pdf")))
    client.get(address)
    assert not InvoicePdf.objects.exists()
    assert client_of(VIEWER).post(address).status_code == 403
    made = client.post(address, follow=True)
    again = client.post(address, follow=True)

    assert "The PDF of Invoice INV-00001 is made." in words(made)
    assert "The PDF of Invoice INV-00001 is on file." in words(again)
    (pdf,) = InvoicePdf.objects.all()
    assert [path.name for path in settings.DOCUMENTS_DIR.glob("*.pdf")] == [pdf.file_name]
    assert client.get(event(invoice, "pdf")).content == (settings.DOCUMENTS_DIR / pdf.file_name).read_bytes()


def test_pdf_whose_file_was_lost_is_made_again_from_the_page(agreement, settings):
    invoice, client = issued(agreement), client_of(FINANCE)
    path = settings.DOCUMENTS_DIR / INVOICE_PDFS.make(invoice).file_name
    data = path.read_bytes()
    path.unlink()

    assert "Make the PDF now" in words(client.get(event(invoice, "pdf")))
    client.post(event(invoice, "make_pdf"))

    assert path.read_bytes() == data


def test_why_the_pdf_cannot_be_made_is_said_on_the_page(agreement, settings):
    invoice, client = issued(agreement), client_of(FINANCE)
    settings.DOCUMENTS_DIR.write_bytes(b"a file where the folder should be")

    response = client.post(event(invoice, "make_pdf"), follow=True)

    assert "The PDF cannot be stored (File exists). Ask an administrator." in words(response)
    assert not InvoicePdf.objects.exists()


def test_draft_has_no_pdf_to_make(agreement):
    response = client_of(FINANCE).post(event(drafted(agreement), "make_pdf"), follow=True)

    assert "has no PDF to keep before it is issued." in words(response)


def test_correction_is_linked_both_ways(agreement):
    invoice, untouched = issued(agreement), issued(agreement, date(1998, 11, 30))
    note = credit(invoice=invoice, reason="Wrong address", on=date(1998, 12, 1), by=None)
    client = client_of(VIEWER)

    credited, crediting = client.get(page_of(invoice)), client.get(page_of(note))

    assert "Corrected by Credit note CN-00001 October 1998" in words(credited)
    assert page_of(note) in links(credited)
    assert "Corrects Invoice INV-00001 October 1998" in words(crediting)
    assert page_of(invoice) in links(crediting)
    assert "Reason: Wrong address" in words(crediting)
    assert [row[1].split(" Why")[0] for row in tables(crediting)[0][1:-1]] == ["Mobile, AL Credit", "Reno, NV Credit"]
    assert "Correct" not in words(client.get(page_of(untouched)))


def test_adjustment_and_provisional_lines_are_marked(agreement):
    site = factories.site(agreement, "Fargo", state="ND")
    issued_before = [issued(agreement, date(1998, month, day)) for month, day in ((10, 31), (11, 30), (12, 31))]
    for month in range(1, 11):
        last = date(1999, month, 28 if month == 2 else 30 if month in (4, 6, 9) else 31)
        issued_before.append(issued(agreement, last))
    provisional = issued_before[-1]
    factories.charged_level(site, 2, "MEDIUM", date(1999, 11, 10))
    (result,) = draft_invoices(through=date(1999, 11, 30), on=date(1999, 11, 30), by=None, agreements=[agreement])
    client = client_of(VIEWER)

    before = tables(client.get(page_of(provisional)))[0]
    adjusted = tables(client.get(page_of(result.documents[0])))[0]
    fargo = [row for row in adjusted if row[1:] and row[1].startswith("Fargo")]

    assert [row[2] for row in before[1:-1]] == ["Very Small Provisional"] * 3
    assert [row[2] for row in fargo] == ["Medium", "Medium"]
    assert fargo[1][1].startswith("Fargo, ND Adjustment, annual period 2 Why this amount")
    assert fargo[1][-1] == "6,833.34"  # 245,000 less 163,000, a twelfth
    assert "Provisional" not in fargo[0][2]
    assert "Provisional" not in words(client.get(page_of(issued_before[0])))


@pytest.mark.parametrize(("role", "offered"), [(FINANCE, True), (VIEWER, False), (ACCOUNT_MANAGER, False)])
def test_events_are_offered_to_finance_where_they_apply(role, offered, agreement):
    factories.site(other := factories.agreement("ZZ"), "Fargo")
    invoice, draft, client = issued(agreement), drafted(other), client_of(role)

    on_draft, on_issued = links(client.get(page_of(draft))), links(client.get(page_of(invoice)))

    assert [event(draft, name) in on_draft for name in EVENTS] == [offered, False]
    assert [event(invoice, name) in on_issued for name in EVENTS] == [False, offered]


def test_credited_invoice_and_its_credit_note_offer_no_event(agreement):
    invoice = issued(agreement)
    note = credit(invoice=invoice, reason="Wrong", on=NOVEMBER, by=None)
    client = client_of(FINANCE)

    for document in (invoice, note):
        seen = links(client.get(page_of(document)))
        assert [event(document, name) in seen for name in EVENTS] == [False, False]


@pytest.mark.parametrize("number", [1, 30])
@pytest.mark.parametrize(("make", "queries"), [(issued, 31), (drafted, 18)])
def test_page_has_a_fixed_number_of_queries(make, queries, number, django_assert_num_queries):
    agreement = factories.agreement()
    factories.sites(agreement, number)
    invoice, client = make(agreement), client_of(VIEWER)

    with django_assert_num_queries(queries):
        client.get(page_of(invoice))


@pytest.mark.parametrize(("make", "name"), [(issued, "detail"), (drafted, "detail"), (drafted, "issue")])
def test_lines_stand_on_pages_that_lose_none_and_show_the_total_of_all(make, name):
    agreement = factories.agreement()
    factories.sites(agreement, 120)
    invoice, client = make(agreement), client_of(FINANCE)

    shown = [client.get(event(invoice, name), {"page": page}) for page in ("1", "2", "3")]

    rows = [tables(page)[0] for page in shown]
    assert [row[0] for page in rows for row in page[1:-1]] == [str(number) for number in range(1, 121)]
    assert [page[-1] for page in rows] == [["Total USD of all 120 lines", "1,629,999.60"]] * 3
    assert [len(page.content) < 150_000 for page in shown] == [True] * 3
    assert "Page 2 of 3" in words(shown[1])
    assert 'id="lines"' in shown[1].content.decode()
    assert {"?page=1#lines", "?page=3#lines"} <= set(links(shown[1]))


@pytest.mark.parametrize(("demonstration", "marked"), [(True, True), (False, False)])
def test_demonstration_data_is_marked(demonstration, marked):
    agreement = factories.agreement()
    factories.site(agreement, "Reno", is_demonstration=demonstration)

    assert ("Demonstration data" in words(client_of(VIEWER).get(page_of(drafted(agreement))))) is marked


# ---- the PDF ---------------------------------------------------------------------------------------------------------


def test_issued_pdf_is_served_as_stored(agreement):
    invoice = issued(agreement)
    pdf = INVOICE_PDFS.make(invoice)
    client = client_of(VIEWER)

    first, second = (client.get(event(invoice, "pdf")) for _ in range(2))

    assert first.headers["Content-Type"] == "application/pdf"
    assert first.headers["Content-Disposition"] == 'inline; filename="INV-00001-LNS970602JC-1998-10.pdf"'
    assert first.content == second.content
    assert hashlib.sha256(first.content).hexdigest() == pdf.sha256


def test_draft_pdf_is_made_and_is_no_document(agreement, settings):
    draft = drafted(agreement)

    response = client_of(VIEWER).get(event(draft, "pdf"))

    assert response.content.startswith(b"%PDF")
    assert response.headers["Content-Disposition"] == 'inline; filename="DRAFT-LNS970602JC-1998-10.pdf"'
    assert not settings.DOCUMENTS_DIR.exists()


def test_missing_pdf_is_a_page_that_says_what_to_do(agreement):
    response = client_of(VIEWER).get(event(issued(agreement), "pdf"))

    assert response.status_code == 404
    assert "The PDF of Invoice INV-00001 is not made: its printing failed or was broken off." in words(response)
