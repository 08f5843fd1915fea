"""Drafts that a person looks at first: a run leaves them, says so and goes on; whoever has looked issues them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.models import Agreement
from invoicing.models import Invoice
from invoicing.runs.issuing import CannotIssue, issue
from tests import event_pages, factories, reference
from tests.invoicing.billing_cases import NOVEMBER, OCTOBER, issue_through, run
from tests.invoicing.pages.page_cases import event, page_of
from tests.people import FINANCE, client_of
from tests.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(NOVEMBER)]

HELD = (
    "135,833.34 for sites and levels that were billed before, more than 150 % of the 13,583.33 that the document "
    "before lets expect."
)


@pytest.fixture
def mistyped(agreement) -> Agreement:
    """October is issued; from November an amendment says 1,630,000.00 a year where 163,000.00 was meant."""
    factories.sites(agreement, 1)
    issue_through(OCTOBER)
    levels = tuple(replace(level, annual_price=Decimal("1630000.00")) for level in reference.LEVELS)
    dear = replace(reference.SCHEDULE, levels=levels)
    factories.amendment(agreement, reference.amendment(2, date(1998, 11, 1), schedule=dear))
    return agreement


def test_run_leaves_what_is_held_and_goes_on(mistyped):
    other = factories.agreement("ZZ")
    factories.site(other, "Fargo")

    held, billed = run(NOVEMBER, on=NOVEMBER, issue_drafts=True)

    assert [document.held_because for document in held.documents] == [[HELD]]
    assert not held.refusal
    assert [document.is_issued for document in (*held.documents, *billed.documents)] == [False, True, True]


def test_draft_that_is_held_is_issued_by_who_has_looked(mistyped, finance):
    (result,) = run(NOVEMBER, on=NOVEMBER)
    (draft,) = result.documents

    with pytest.raises(CannotIssue, match="Look at it first: 135,833.34 for sites"):
        issue(invoice=draft, on=NOVEMBER, by=finance)

    assert issue(invoice=draft, on=NOVEMBER, by=finance, looked_at=True).is_issued


def test_page_shows_why_and_asks_for_the_look(mistyped):
    (result,) = run(NOVEMBER, on=NOVEMBER)
    (draft,), client = result.documents, client_of(FINANCE)
    shown = words(client.get(event(draft, "issue"))), words(client.get(page_of(draft)))

    faults = event_pages.faults(client, event(draft, "issue"), {}, stored=Invoice.objects.issued().count)
    after = client.post(event(draft, "issue"), {"looked_at": "on"}, follow=True)

    assert faults == {"looked_at": ["Look at the document below, and confirm that it is right."]}
    assert all(HELD in page for page in shown)
    assert after.redirect_chain == [(page_of(draft), 302)]


def test_bound_is_a_setting_of_the_agreement(mistyped):
    Agreement.objects.update(held_above_percent=None)

    (result,) = run(NOVEMBER, on=NOVEMBER, issue_drafts=True)

    assert [document.is_issued for document in result.documents] == [True]


def test_month_that_is_not_over_waits_and_the_others_are_issued(agreement):
    factories.sites(agreement, 1)

    (result,) = run(NOVEMBER, on=date(1998, 11, 2), issue_drafts=True)

    assert [(document.first_day.month, document.is_issued) for document in result.documents] == [
        (10, True),
        (11, False),
    ]
    assert not result.refusal


def test_hour_at_more_than_ten_times_the_price_of_a_block_is_held(agreement):
    site = factories.site(agreement, "Reno")
    hours = replace(reference.SCHEDULE.hours, hourly_price=Decimal("810.01"))
    dear = replace(reference.SCHEDULE, hours=hours)
    factories.amendment(agreement, reference.amendment(2, date(1999, 7, 1), schedule=dear))
    factories.team_work(site, date(1999, 7, 5), 3)

    (result,) = run(date(1999, 7, 31), on=date(1999, 7, 31))

    assert [document.held_because for document in result.documents if document.held_because] == [
        ["An hour costs 810.01, more than 10 times the 81.00 of an hour in a block."]
    ]
