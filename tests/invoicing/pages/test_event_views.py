"""The pages of an invoice's events: issuing, crediting, and the run that drafts."""

import csv
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.conf import settings
from django.db import transaction

from contracts.models import Agreement, Party
from contracts.printing.papers import printing
from contracts.printing.stored_pdf import PdfState
from invoicing.credits.crediting import credit
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice, NumberSeries
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import AlreadyIssued, issue
from sites.models import Site
from tests import event_pages, factories
from tests.contracts.printing.printed import orders_seen
from tests.invoicing.pages.page_cases import INVOICES, NOVEMBER, RUN, drafted, event, issued, page_of, two_sites
from tests.people import FINANCE, VIEWER, client_of, reader
from tests.reading import by_heading, links, words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(NOVEMBER)]

NOT_MADE = "Its PDF is not made: its printing failed or was broken off. Make it on the page of the document."


@pytest.fixture
def agreement() -> Agreement:
    return two_sites()


# ---- issuing and crediting -------------------------------------------------------------------------------------------


def test_issue_page_says_what_will_happen_and_post_does_it(agreement):
    draft, client = drafted(agreement), client_of(FINANCE)

    before = client.get(event(draft, "issue"))
    after = client.post(event(draft, "issue"), follow=True)

    assert "Invoice to KMC Telecom Inc. under agreement LNS970602JC : 21,032.25 USD for October 1998, 2 lines." in (
        words(before).replace("LNS970602JC:", "LNS970602JC :")
    )
    assert "is dated Monday, 2 November 1998." in words(before)
    assert after.redirect_chain == [(page_of(draft), 302)]
    assert "Invoice INV-00001 is issued, dated 2 November 1998. Send its PDF to the customer." in words(after)
    issued_row = Invoice.objects.get(pk=draft.pk)
    assert (issued_row.number_text, issued_row.issued_by.username) == ("INV-00001", "finance")


CANCEL = "What this document bills and what it gives back cancel: nothing is to be paid."


@pytest.fixture
def cancelling(agreement) -> Agreement:
    """Reno began in November and Fargo in October, which is found out once October is billed."""
    issued(agreement)
    Site.objects.filter(city="Reno").update(in_service_on=date(1998, 11, 1))
    factories.site(agreement, "Fargo")
    return agreement


def test_a_document_whose_lines_cancel_says_so_before_it_takes_a_number(cancelling):
    client = client_of(FINANCE)
    facts = {"through": "1998-10-31", "agreements": [cancelling.pk]}
    preview, run = client.get(RUN, {"preview": "", **facts}), client.post(RUN, facts, follow=True)
    draft = Invoice.objects.drafts().get()

    page, issue_page = (words(client.get(address)) for address in (page_of(draft), event(draft, "issue")))
    listed = [row["Total"] for row in by_heading(client.get(INVOICES))]
    in_file = csv.DictReader(client.get(INVOICES, {"export": "csv"}).content.decode("utf-8-sig").splitlines())

    assert "agreement LNS970602JC: 0.00 USD for October 1998, 2 lines." in issue_page
    assert [CANCEL in shown for shown in (words(preview), words(run), page, issue_page)] == [True] * 4
    assert [row["Can be issued"] for row in by_heading(preview)] == [f"now {CANCEL}"]
    assert sorted(listed) == ["0.00 USD its lines cancel", "21,032.25 USD"]
    assert sorted((row["Total"], row["Remark"]) for row in in_file) == [("0.00", CANCEL), ("21032.25", "")]


def test_a_document_that_comes_to_something_does_not_say_that_its_lines_cancel(agreement):
    draft, client = drafted(agreement), client_of(FINANCE)
    facts = {"through": "1998-10-31", "agreements": [agreement.pk]}

    shown = client.get(RUN, {"preview": "", **facts}), client.get(page_of(draft)), client.get(event(draft, "issue"))

    assert [CANCEL in words(page) for page in shown] == [False] * 3
    assert "cancel" not in words(client.get(INVOICES))


@pytest.mark.parametrize("way", ["page", "run"])
def test_no_number_is_taken_without_the_reason_for_nothing(cancelling, way):
    """Whoever issues it, the document itself says why it comes to 0.00."""
    if way == "page":
        client_of(FINANCE).post(event(drafted(cancelling), "issue"))
    else:
        draft_invoices(through=date(1998, 10, 31), on=NOVEMBER, by=None, agreements=[cancelling], issue_drafts=True)

    document = Invoice.objects.issued().latest("number")
    assert (document.number_text, document.total) == ("INV-00002", Decimal("0.00"))
    assert CANCEL in document.content["remarks"]


def test_issuing_twice_says_what_has_become_of_the_pdf(agreement):
    invoice, client = issued(agreement), client_of(FINANCE)
    told = partial(event_pages.led_back, client, event(invoice, "issue"), stored=Invoice.objects.issued().count)
    issued_already = "Invoice INV-00001 is issued already: dated 2 November 1998."

    assert told() == f"{issued_already} {NOT_MADE}"
    with INVOICE_PDFS.ordered(invoice):
        assert told() == f"{issued_already} Its PDF is being made."
    with printing(f"invoice-{invoice.pk}"):
        assert told() == f"{issued_already} Its PDF is being made."
    path = settings.DOCUMENTS_DIR / INVOICE_PDFS.make(invoice).file_name
    assert told() == f"{issued_already} Its PDF is on file."
    path.unlink()
    assert told() == f"{issued_already} {NOT_MADE}"
    assert "Make the PDF now" in words(client.get(page_of(invoice)))


@pytest.mark.django_db(transaction=True)
def test_from_its_issue_on_the_pdf_is_being_made(agreement):
    """Who comes second reads the state as soon as the first one has committed, before anything is printed."""
    draft = drafted(agreement)

    with orders_seen(INVOICE_PDFS) as seen:
        issue(invoice=draft, on=NOVEMBER, by=None)

    assert seen[0] == [f"invoice-{draft.pk}-ordered"]
    assert INVOICE_PDFS.state_of(draft) is PdfState.ON_FILE


def test_a_folder_of_papers_that_is_no_folder_stops_no_issue(agreement, settings):
    settings.PAPERS_DIR.write_text("a file where the folder should be")

    assert issued(agreement).number_text == "INV-00001"


def test_who_comes_second_is_told_who_issued_it_and_when(agreement, finance):
    draft, client = drafted(agreement), reader(finance)
    issue(invoice=Invoice.objects.get(pk=draft.pk), on=NOVEMBER, by=finance)

    with pytest.raises(AlreadyIssued) as between_look_and_click, transaction.atomic():
        issue(invoice=draft, on=NOVEMBER, by=None)
    said = event_pages.led_back(client, event(draft, "issue"), stored=Invoice.objects.issued().count)

    assert said == str(between_look_and_click.value)
    assert said == f"Invoice INV-00001 is issued already: dated 2 November 1998 by finance. {NOT_MADE}"


def _other_facts(agreement: Agreement) -> None:
    factories.site(agreement, "Fargo")


def _letter_of_no_font(agreement: Agreement) -> None:
    Party.objects.filter(pk=agreement.customer_id).update(address="1 First 😀 Street")


def _older_database(agreement: Agreement) -> None:
    """The folder has a document of a series that the database does not know at all yet."""
    settings.DOCUMENTS_DIR.mkdir(parents=True)
    (settings.DOCUMENTS_DIR / f"INV-00001.{'0' * 16}.pdf").write_bytes(b"%PDF-1.7")
    assert not NumberSeries.objects.exists()


@pytest.mark.parametrize(
    ("through", "before", "sentence"),
    [
        (date(1998, 10, 31), _other_facts, "has changed since. Run the invoices again and issue the new draft."),
        (date(1998, 11, 30), None, "Issue it on 30 November 1998 or later."),
        (date(1998, 10, 31), _letter_of_no_font, "Correct it where it was entered, then issue the document."),
        (date(1998, 10, 31), _older_database, "under Invoices > Missing documents."),
    ],
)
def test_issue_page_asks_what_the_click_asks(through, before, sentence, agreement):
    """What the click would refuse is not promised by the page: it leads back with the same sentence."""
    draft, client = drafted(agreement, through), client_of(FINANCE)
    if before:
        before(agreement)

    said = event_pages.led_back(client, event(draft, "issue"), stored=Invoice.objects.issued().count)

    assert said.endswith(sentence)


def test_issue_page_refuses_a_day_before_the_last_number_of_the_series(agreement):
    other = factories.agreement("ZZ")
    factories.site(other, "Fargo")
    draft = drafted(agreement)
    issue(invoice=drafted(other), on=date(1998, 11, 3), by=None)

    said = event_pages.led_back(client_of(FINANCE), event(draft, "issue"), stored=Invoice.objects.issued().count)

    assert said.endswith("Issue on 3 November 1998 or later.")


def test_draft_that_cannot_be_issued_yet_says_from_which_day_wherever_it_stands(agreement):
    client = client_of(FINANCE)
    run = client.post(RUN, {"through": "1998-11-30", "agreements": [agreement.pk]}, follow=True)
    october, november = Invoice.objects.order_by("first_day")

    listed = {row["Number"]: row["State"] for row in by_heading(client.get(INVOICES))}
    page, due = client.get(page_of(november)), client.get(page_of(october))

    assert [row["Can be issued"] for row in by_heading(run)] == ["now", "from 30 Nov 1998 Waits for its day."]
    assert listed == {"Draft of October 1998": "Draft", "Draft of November 1998": "Draft waits until 30 Nov 1998"}
    assert "The draft waits for its day: it can be issued from 30 November 1998" in words(page)
    assert event(november, "issue") not in links(page)
    assert "waits for its day" not in words(due)
    assert event(october, "issue") in links(due)


@pytest.mark.parametrize("name", ["detail", "issue", "pdf", "credit"])
def test_draft_that_is_gone_answers_with_a_sentence(name, agreement):
    draft, client = drafted(agreement), client_of(FINANCE)
    Invoice.objects.all().delete()

    for response in (client.get(event(draft, name)), client.post(event(draft, name))):
        assert response.status_code == 404
        assert "A draft is gone once a later run has replaced it, or somebody has discarded it." in words(response)
        assert f"{INVOICES}?state=draft" in links(response)


def test_credit_asks_for_a_reason_and_issues_the_credit_note(agreement):
    invoice, client = issued(agreement), client_of(FINANCE)

    asked = client.get(event(invoice, "credit"))
    chosen = {"outcome": "again", "extent": "whole", "confirmed": "yes"}
    without = client.post(event(invoice, "credit"), chosen | {"reason": "  "})
    after = client.post(event(invoice, "credit"), chosen | {"reason": "Wrong address"}, follow=True)

    note = Invoice.objects.get(kind="credit-note")
    assert "Billed to KMC Telecom Inc.: 21,032.25 USD for October 1998. Left to credit: 21,032.25 USD." in words(asked)
    assert "Give the reason for the credit; it is kept with the credit note." in words(without)
    assert after.redirect_chain == [(page_of(note), 302)]
    assert "Credit note CN-00001 takes back Invoice INV-00001." in words(after)
    assert (note.total, note.reason) == (Decimal("-21032.25"), "Wrong address")


def test_what_cannot_be_credited_says_why(agreement):
    invoice, draft, client = issued(agreement), drafted(agreement, date(1998, 11, 30)), client_of(FINANCE)
    note = credit(invoice=invoice, reason="Wrong", on=NOVEMBER, by=None)

    for document, sentence in (
        (draft, "A draft is not credited."),
        (invoice, "Invoice INV-00001 is credited already: "),
        (note, "takes another document back. Run the invoices to bill what is due."),
    ):
        assert sentence in event_pages.led_back(client, event(document, "credit"), stored=Invoice.objects.count)


def test_credit_note_of_a_run_that_gives_back_offers_no_credit_and_names_the_next_step(agreement):
    client = client_of(FINANCE)
    issued(agreement)
    Site.objects.filter(agreement=agreement).update(in_service_on=date(1998, 11, 1))
    (result,) = draft_invoices(
        through=date(1998, 10, 31), on=NOVEMBER, by=None, agreements=[agreement], issue_drafts=True
    )
    (note,) = result.documents

    shown = event_pages.led_back(client, event(note, "credit"), stored=Invoice.objects.count)
    page = words(client.get(page_of(note)))

    assert note.kind == "credit-note"
    assert shown.endswith("run the invoices: the next run bills what is due.")
    assert "Credit…" not in page
    assert "stands" not in page


# ---- the run ---------------------------------------------------------------------------------------------------------


def test_run_begins_with_last_month_for_every_agreement(agreement):
    factories.agreement("ZZ", amendments=())

    page = client_of(FINANCE).get(RUN).content.decode()

    assert 'value="1998-10-31"' in page
    assert [box.partition('"')[0] for box in page.split('type="checkbox" name="agreements" value="')[1:]] == ["all"]
    assert "All agreements (2)" in page
    assert page.count("checked") == 1


def test_form_of_a_run_is_no_longer_with_more_agreements_on_file(agreement, django_assert_num_queries):
    client = client_of(FINANCE)
    factories.agreement("ZZ", amendments=())
    before = len(client.get(RUN).content)

    for number in range(7):
        factories.agreement(f"Z-{number:02}", amendments=())

    assert len(client.get(RUN).content) == before


def test_run_is_made_for_the_agreements_that_were_named_though_all_are_ticked(agreement):
    """Typed in any case or by a part that no other has, with commas between; added to those that are ticked."""
    other, third = factories.agreement("LN, 7", amendments=()), factories.agreement("ACME-9", amendments=())
    asked, client = {"through": "1998-10-31", "preview": "1", "agreements": ["all"]}, client_of(FINANCE)

    def asked_for(**more) -> str:
        return client.post(RUN, asked | more).url.partition("agreement=")[2]

    assert asked_for(only=f"{agreement.number.lower()}, acme") == f"{third.pk}&agreement={agreement.pk}"
    assert asked_for(only="ln, 7") == f"{other.pk}"
    assert asked_for(only=["ACME-9", ""], agreements=["all", other.pk]) == f"{third.pk}&agreement={other.pk}"
    assert asked_for(only=" , ") == ""


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("{0}, Nobody", "No agreement has “Nobody” in its number or party."),
        ("Z", "More than one agreement has “Z” in its number or party, such as Z-1, Z-2."),
        ("\uffff" * 300, "in its number or party."),
    ],
)
def test_run_says_which_name_means_no_agreement_and_keeps_the_others_ticked(named, sentence, agreement):
    for number in (1, 2):
        factories.agreement(f"Z-{number}", amendments=())

    response = client_of(FINANCE).post(
        RUN, {"through": "1998-10-31", "agreements": ["all"], "only": named.format(agreement.number)}, follow=True
    )

    page = response.content.decode()
    assert sentence in words(response)
    assert "Choose at least one agreement" not in page
    assert (f'value="{agreement.pk}" id="id_agreements_1" checked' in page) == ("{0}" in named)
    assert 'value="all" id="id_agreements_0" checked' not in page
    assert not Invoice.objects.exists()


def test_run_drafts_and_lists_each_agreement_with_its_refusal(agreement):
    bare = factories.agreement("ZZ", amendments=())

    response = client_of(FINANCE).post(
        RUN, {"through": "1998-10-31", "agreements": [agreement.pk, bare.pk]}, follow=True
    )

    draft = Invoice.objects.get()
    seen = words(response)
    assert "1 document, 21,032.25 USD; 1 agreement refused." in seen
    assert "Agreement ZZ No price schedule on file covers 31 October 1998 under Agreement ZZ." in seen
    assert page_of(draft) in links(response)
    assert draft.drafted_by.username == "finance"


def test_address_of_a_preview_names_the_agreements_only_where_some_are_left_out(agreement):
    other = factories.agreement("ZZ", amendments=())
    client, asked = client_of(FINANCE), {"through": "1998-10-31", "preview": "1"}

    some = client.post(RUN, asked | {"agreements": [agreement.pk]}, follow=True)
    every = client.post(RUN, asked | {"agreements": [agreement.pk, other.pk]}, follow=True)

    assert some.redirect_chain == [(f"{RUN}?preview=1&through=1998-10-31&agreement={agreement.pk}", 302)]
    assert every.redirect_chain == [(f"{RUN}?preview=1&through=1998-10-31", 302)]
    assert ["Agreement ZZ" in words(page) for page in (some, every)] == [False, True]


def test_preview_writes_nothing(agreement):
    response = client_of(FINANCE).post(
        RUN, {"through": "1998-10-31", "agreements": [agreement.pk], "preview": "1"}, follow=True
    )

    seen = words(response)
    assert "Preview through 31 Oct 1998: nothing has been written 1 document, 21,032.25 USD." in seen
    assert not Invoice.objects.exists()
    assert "Open the drafts" not in seen


def test_second_run_bills_nothing_twice(agreement):
    client = client_of(FINANCE)
    issued(agreement)

    response = client.post(RUN, {"through": "1998-10-31", "agreements": [agreement.pk]}, follow=True)

    assert "Nothing to bill: what is due through this day is billed." in words(response)
    assert Invoice.objects.count() == 1


def test_result_of_a_run_is_a_page_that_says_later_what_it_did_then(agreement):
    client = client_of(FINANCE)
    (address, _status), *_more = client.post(
        RUN, {"through": "1998-11-30", "agreements": [agreement.pk]}, follow=True
    ).redirect_chain
    october, november = Invoice.objects.order_by("first_day")
    issue(invoice=october, on=NOVEMBER, by=None)
    november.delete()

    page = client_of(VIEWER).get(address)

    assert [(row["Billing period"], row["Total"], row["Now"]) for row in by_heading(page)] == [
        ("October 1998", "21,032.25", "INV-00001"),
        ("November 1998", "27,166.68", "Replaced or discarded"),
    ]
    assert "Run on 2 Nov 1998 by finance. This page shows what the run did then." in words(page)
    assert address in links(client.get(RUN))


def test_run_shows_what_a_site_cannot_be_billed_for(agreement):
    factories.site(agreement, "Early", date(1998, 9, 1))

    response = client_of(FINANCE).post(RUN, {"through": "1998-10-31", "agreements": [agreement.pk]}, follow=True)

    assert "Early: in service from 1 September 1998, but nothing before 1 October 1998 is billed" in words(response)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"through": "", "agreements": "own"}, "This field is required."),
        ({"through": "soon", "agreements": "own"}, "Enter a valid date."),
        ({"through": "9999-12-31", "agreements": "own"}, "Enter a day before 2200."),
        ({"through": "1998-10-31"}, "Choose at least one agreement."),
        (
            {"through": "1998-10-31", "agreements": "99999999999999999999"},
            "One of the agreements is not on file any more.",
        ),
    ],
)
def test_run_refuses_what_it_cannot_read(data, sentence, agreement):
    data = {name: agreement.pk if value == "own" else value for name, value in data.items()}

    response = client_of(FINANCE).post(RUN, data)

    assert sentence in words(response)
    assert not Invoice.objects.exists()
