"""Discarding drafts: the list where they are selected, the confirmation, and what becomes of them."""

from datetime import date

import pytest
from django.urls import reverse

from contracts.models import Agreement
from invoicing.models import Correction, Invoice, InvoiceLine
from invoicing.pages.chosen_drafts import DiscardDrafts
from invoicing.runs.discarding import discard_drafts
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from tests import factories
from tests.invoicing.pages.page_cases import INVOICES, issued, two_sites
from tests.people import ACCOUNT_MANAGER, FINANCE, VIEWER, client_of
from tests.reading import links, tables, words

DISCARD = reverse("invoicing:invoice_discard")
DECEMBER = date(1998, 12, 31)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(DECEMBER)]


@pytest.fixture
def agreement() -> Agreement:
    return two_sites()


def run(*agreements: Agreement) -> list[Invoice]:
    """Draft October to December of each agreement."""
    results = draft_invoices(through=DECEMBER, on=DECEMBER, by=None, agreements=agreements)
    return [document for result in results for document in result.documents]


def selected(*drafts: Invoice) -> dict:
    return {"draft": [draft.pk for draft in drafts]}


def confirmed(response) -> dict:
    """What the form of a confirmation page sends."""
    return {"drafts": response.context["form"]["drafts"].value()}


# ---- the event


def test_chosen_drafts_are_gone_with_their_lines_and_the_others_stay(agreement):
    october, november, december = run(agreement)

    done = discard_drafts(keys=[october.pk, december.pk], by=None)

    assert (done.drafts, done.issued, done.gone) == (2, (), 0)
    assert list(Invoice.objects.all()) == [november]
    assert set(InvoiceLine.objects.values_list("invoice", flat=True)) == {november.pk}
    assert [draft.first_day for draft in run(agreement)] == [date(1998, 10, 1), date(1998, 11, 1), date(1998, 12, 1)]


def test_what_was_issued_or_replaced_meanwhile_is_left_and_told(agreement):
    october, november, december = run(agreement)
    october = issue(invoice=october, on=DECEMBER, by=None)
    december.delete()

    done = discard_drafts(keys=[october.pk, november.pk, december.pk], by=None)

    assert (done.drafts, done.issued, done.gone) == (1, (october,), 1)
    assert list(Invoice.objects.all()) == [october]


def test_a_draft_that_corrects_an_issued_document_goes_with_its_link(agreement):
    invoice = issued(agreement)
    site = agreement_site(agreement)
    site.in_service_on = date(1998, 10, 16)
    site.save()
    drafts = run(agreement)
    assert Correction.objects.filter(corrected=invoice).exists()

    discard_drafts(keys=[draft.pk for draft in drafts], by=None)

    assert list(Invoice.objects.all()) == [invoice]
    assert not Correction.objects.exists()


def agreement_site(agreement: Agreement):
    return factories.Site.objects.get(agreement=agreement, city="Mobile")


@pytest.mark.parametrize("number", [1, 3])
def test_discarding_costs_the_same_queries_for_any_number(number, django_assert_num_queries):
    agreements = [factories.agreement(f"LNS{position}") for position in range(number)]
    for row in agreements:
        factories.site(row, "Reno")
    keys = [draft.pk for draft in run(*agreements)]

    with django_assert_num_queries(EVENT):
        assert discard_drafts(keys=keys, by=None).drafts == 3 * number


EVENT = 14


# ---- the pages


@pytest.mark.parametrize(("role", "offered"), [(FINANCE, True), (VIEWER, False), (ACCOUNT_MANAGER, False)])
def test_drafts_are_selected_by_those_who_may_discard_them(agreement, role, offered):
    drafts = run(agreement)

    response = client_of(role).get(INVOICES)

    assert ("Discard the selected drafts…" in words(response)) is offered
    assert ("Discard all 3 drafts…" in words(response)) is offered
    assert response.content.decode().count('name="draft"') == (len(drafts) if offered else 0)


def test_issued_documents_have_no_box_and_their_list_offers_nothing(agreement):
    issued(agreement)
    draft = run(agreement)[0]
    client = client_of(FINANCE)

    page = client.get(INVOICES).content.decode()
    only_issued = client.get(INVOICES, {"state": "issued"})

    assert page.count('type="checkbox"') == 2
    assert f'value="{draft.pk}" form="discard"' in page
    assert "Discard" not in words(only_issued)
    assert tables(only_issued)[0][0][0] == "Number"


def test_selected_drafts_are_listed_before_anything_happens(agreement):
    october, _november, december = run(agreement)
    client = client_of(FINANCE)

    page = client.get(DISCARD, selected(december, october))

    assert tables(page)[0] == [
        ["Draft", "Kind", "Agreement", "Drafted on", "Total"],
        ["October 1998", "Invoice", "LNS970602JC", "31 Dec 1998", "21,032.25 USD"],
        ["December 1998", "Invoice", "LNS970602JC", "31 Dec 1998", "27,166.66 USD"],
    ]
    assert "2 drafts, 48,198.91 USD in all, are taken off the list." in words(page)
    assert Invoice.objects.count() == 3
    after = words(client.post(DISCARD, confirmed(page), follow=True))
    assert "2 drafts were discarded. The next run drafts again what is due." in after
    assert [draft.first_day.month for draft in Invoice.objects.all()] == [11]


def test_all_drafts_of_a_filter_are_listed_and_discarded(agreement):
    other = factories.agreement("LNS-2")
    factories.site(other, "Tampa")
    run(agreement, other)
    client = client_of(FINANCE)
    filtered = client.get(INVOICES, {"agreement": other.number, "since": "1998-11-01"})
    (address,) = [link for link in links(filtered) if link.startswith(DISCARD)]

    page = client.get(address)
    client.post(address, confirmed(page))

    assert "Discard all 2 drafts of this filter…" in words(filtered)
    assert [row[0] for row in tables(page)[0][1:]] == ["November 1998", "December 1998"]
    left = Invoice.objects.order_by("pk").values_list("agreement__number", "first_day__month")
    assert list(left) == [("LNS970602JC", 10), ("LNS970602JC", 11), ("LNS970602JC", 12), ("LNS-2", 10)]


def test_what_was_issued_meanwhile_is_named_and_left(agreement):
    october, november, _december = run(agreement)
    client = client_of(FINANCE)
    page = client.get(DISCARD, selected(october, november))
    issue(invoice=october, on=DECEMBER, by=None)
    november.delete()

    message = words(client.post(DISCARD, confirmed(page), follow=True))

    assert (
        "Issued meanwhile, so not discarded: Invoice INV-00001. A credit note takes an issued document back." in message
    )
    assert "1 draft was replaced or discarded by somebody else meanwhile." in message
    assert "discarded. The next run" not in message


@pytest.mark.parametrize("asked", [{}, {"draft": "x"}, {"draft": "9" * 30}, {"all": "1", "since": "soon"}])
def test_nothing_chosen_teaches_and_discards_nothing(agreement, asked):
    run(agreement)
    client = client_of(FINANCE)

    page = client.get(DISCARD, asked)

    assert "Select drafts in the list of invoices first." in words(page)
    message = words(client.post(DISCARD, confirmed(page), follow=True))
    assert "No draft was chosen, so nothing happens." in message
    assert Invoice.objects.count() == 3


def test_an_issued_document_cannot_be_chosen(agreement):
    invoice = issued(agreement)

    page = client_of(FINANCE).get(DISCARD, selected(invoice))

    assert "Select drafts in the list of invoices first." in words(page)


def test_more_than_fit_one_page_are_told(agreement, monkeypatch):
    monkeypatch.setattr(DiscardDrafts, "most", 2)
    run(agreement)

    page = client_of(FINANCE).get(DISCARD, {"all": "1"})

    assert "1 more fit the filters. Discard these first, then come back for the others." in words(page)
    assert len(tables(page)[0]) == 3


@pytest.mark.parametrize("number", [1, 3])
def test_confirmation_has_a_fixed_number_of_queries(number, django_assert_num_queries):
    agreements = [factories.agreement(f"LNS{position}") for position in range(number)]
    for row in agreements:
        factories.site(row, "Reno")
    run(*agreements)
    client = client_of(FINANCE)

    with django_assert_num_queries(PAGE):
        client.get(DISCARD, {"all": "1"})


PAGE = 5
