"""Issuing many drafts at once: the list where they are selected, the confirmation, and what becomes of each."""

from datetime import date

import pytest
from django.urls import reverse

from contracts.models import Agreement
from invoicing.models import Invoice
from invoicing.pages.chosen_drafts import IssueDrafts
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue, issue_drafts
from sites.models import Site
from tests import factories
from tests.people import ACCOUNT_MANAGER, FINANCE, client_of
from tests.reading import links, tables, words

ISSUE, INVOICES = reverse("invoicing:invoices_issue"), reverse("invoicing:invoice_list")
DECEMBER = date(1998, 12, 31)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(DECEMBER)]


@pytest.fixture
def drafts() -> list[Invoice]:
    """October to December of two agreements."""
    for number in ("A-1", "B-1"):
        factories.site(factories.agreement(number), "Reno")
    draft_invoices(through=DECEMBER, on=DECEMBER, by=None)
    return list(Invoice.objects.order_by("agreement__number", "first_day"))


def confirmed(page) -> dict:
    return {"drafts": page.context["form"]["drafts"].value()}


def numbers(rows: list[Invoice]) -> list[str]:
    return [Invoice.objects.get(pk=row.pk).number_text for row in rows]


def test_all_of_a_filter_are_issued_each_agreements_oldest_first(drafts, django_capture_on_commit_callbacks):
    client = client_of(FINANCE)
    (address,) = [
        link for link in links(client.get(INVOICES, {"state": "draft"})) if "all=1" in link and "issue" in link
    ]
    page = client.get(address)
    assert "Issue 6 drafts" in words(page)
    assert "6 drafts, 81,500.00 USD in all, take their numbers." in words(page)
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(address, confirmed(page), follow=True)

    assert "6 documents are issued, INV-00001 to INV-00006: 81,500.00 USD in all." in words(done)
    assert numbers(drafts) == [f"INV-0000{number}" for number in range(1, 7)]
    assert Invoice.objects.filter(pdf=None).count() == 0
    assert done.redirect_chain[-1][0] == f"{INVOICES}?state=issued"


def test_one_that_cannot_be_issued_stops_no_other_and_is_told_with_its_reason(drafts):
    Site.objects.filter(agreement__number="A-1").update(in_service_on=date(1998, 10, 2))
    client = client_of(FINANCE)
    page = client.get(ISSUE, {"draft": [draft.pk for draft in drafts]})
    done = client.post(ISSUE, confirmed(page), follow=True)

    assert "A-1, October 1998: What the draft of 1 October 1998 to 31 October 1998 was made from has changed" in words(
        done
    )
    assert numbers(drafts[3:]) == ["INV-00001", "INV-00002", "INV-00003"] or all(numbers(drafts[3:]))
    assert Invoice.objects.get(pk=drafts[0].pk).number_text == ""


def test_held_and_waiting_drafts_are_shown_as_such_and_left(drafts):
    Invoice.objects.filter(pk=drafts[0].pk).update(held_because=["It is 300 % of the one before."])
    Invoice.objects.filter(pk=drafts[5].pk).update(issue_from=date(1999, 1, 31))
    client = client_of(FINANCE)
    page = client.get(ISSUE, {"draft": [drafts[0].pk, drafts[3].pk, drafts[5].pk]})

    assert [row[-2] for row in tables(page)[0][1:]] == [
        "Held for a look: It is 300 % of the one before.",
        "Can be issued",
        "Waits until 31 Jan 1999",
    ]
    assert "1 draft, 13,583.33 USD in all, takes its number." in words(page)
    done = client.post(ISSUE, confirmed(page), follow=True)
    assert "A-1, October 1998: Look at it first: It is 300 % of the one before." in words(done)
    assert numbers([drafts[0], drafts[3]]) == ["", "INV-00001"]


def test_back_and_reload_issue_nothing_twice(drafts):
    client = client_of(FINANCE)
    page = client.get(ISSUE, {"draft": [drafts[0].pk]})
    sent = confirmed(page)
    client.post(ISSUE, sent)
    again = client.post(ISSUE, sent, follow=True)

    assert "INV-00001 is issued already: dated 31 December 1998 by finance." in words(again)
    assert Invoice.objects.issued().count() == 1
    assert "No draft is chosen" in words(client.get(ISSUE, {"draft": [drafts[0].pk]}))


def test_draft_that_is_gone_is_left_out(drafts):
    issue(invoice=drafts[0], on=DECEMBER, by=None)
    gone = drafts[1].pk
    drafts[1].delete()
    done = issue_drafts(keys=[drafts[0].pk, gone, drafts[3].pk], on=DECEMBER, by=None)

    assert [document.number_text for document in done.issued] == ["INV-00002"]
    assert [row.pk for row, _reason in done.refused] == [drafts[0].pk]


def test_not_too_many_at_once(drafts, monkeypatch):
    monkeypatch.setattr(IssueDrafts, "most", 4)
    page = client_of(FINANCE).get(ISSUE, {"all": "1"})

    assert "2 more fit the filters. Issue these first, then come back for the others." in words(page)
    assert len(confirmed(page)["drafts"].split(",")) == 4


def test_who_may_not_issue_has_neither_page_nor_button(drafts):
    client = client_of(ACCOUNT_MANAGER)
    assert client.get(ISSUE).status_code == 403
    assert not [link for link in links(client.get(INVOICES)) if link.startswith(ISSUE)]


def test_nothing_is_asked_for_each_draft_before_the_confirmation(django_assert_num_queries):
    client = client_of(FINANCE)
    for number in ("A-1", "B-1", "C-1"):
        agreement: Agreement = factories.agreement(number)
        factories.site(agreement, "Reno")
        draft_invoices(through=DECEMBER, on=DECEMBER, by=None, agreements=[agreement])
        with django_assert_num_queries(5):
            client.get(ISSUE, {"all": "1"})


@pytest.mark.parametrize("address", [ISSUE, reverse("invoicing:invoice_discard")])
def test_drafts_of_invented_sites_are_said_to_be_some(drafts, address):
    client = client_of(FINANCE)
    assert "Demonstration data" not in words(client.get(address, {"all": "1"}))
    Invoice.objects.filter(pk=drafts[0].pk).update(is_demonstration=True)
    assert "Demonstration data: some of these drafts bill invented sites." in words(client.get(address, {"all": "1"}))
