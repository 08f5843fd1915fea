"""Every page that shows invented sites, hours or invoices says so, and no page about real ones does."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse

from invoicing.crediting import WaiverDecision, credit
from invoicing.drafting import draft_invoices
from invoicing.issuing import issue
from invoicing.models import Invoice
from sites.hours_recording import buy_blocks, enter_work, reverse_blocks
from sites.integration_ordering import order_integration
from sites.models import RenewalReview
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, FINANCE, client_of

pytestmark = pytest.mark.django_db
ON = date(1999, 8, 5)

MARKED = {
    "sites:agreement_detail",
    "sites:site_list",
    "sites:site_detail",
    "sites:starting_level",
    "sites:hours",
    "sites:hours_buy",
    "sites:hours_enter",
    "sites:hours_entries",
    "sites:hours_entry",
    "sites:hours_change",
    "sites:hours_correct",
    "sites:hours_reverse",
    "sites:hours_reverse_blocks",
    "sites:integration",
    "sites:integration_order",
    "sites:integration_quote",
    "sites:integration_attach",
    "sites:integration_complete",
    "sites:integration_cancel",
    "sites:review_list",
    "sites:review_detail",
    "sites:review_refresh",
    "sites:review_agree",
    "invoicing:amendment_effect",
    "invoicing:reading_register",
    "invoicing:invoice_list",
    "invoicing:correction_list",
    "invoicing:correction_detail",
    "invoicing:invoice_detail",
    "invoicing:invoice_issue",
    "invoicing:invoice_credit",
    "invoicing:waiver_list",
    "invoicing:waiver_withdraw",
}
UNMARKED = {"contracts:agreement_list", "contracts:amendment_detail", "contracts:amendment_comparison", "invoicing:run"}


def desk(settings, *, demonstration: bool) -> dict[str, tuple]:
    """A desk with one row of everything, all of it invented or none; the arguments of each page's address."""
    settings.BUSINESS_DATE = ON
    agreement = factories.agreement()
    site = factories.site(agreement, "Reno", state="NV", is_demonstration=demonstration)
    factories.counts(site, date(1998, 10, 1), reference.counts())
    entered = date(1999, 7, 31)
    bought = {"blocks": 1, "on": entered, "by": None}
    wrong = buy_blocks(agreement=agreement, bought_on=date(1999, 6, 1), **bought)
    blocks = buy_blocks(agreement=agreement, bought_on=date(1999, 6, 2), **bought)
    work = {"worked_on": date(1999, 7, 12), "hours": Decimal("2.00"), "service": "Customer Care", "person": "Ann"}
    entry = enter_work(agreement=agreement, site=site, on=entered, by=None, **work)
    order = order_integration(site=site, ordered_on=date(1999, 7, 1), on=entered, by=None)
    (result,) = draft_invoices(through=date(1999, 6, 30), on=entered, by=None, agreements=[agreement])
    for draft in result.documents:
        issue(invoice=draft, on=entered, by=None)
    reverse_blocks(purchase=wrong, reason="Ordered twice", on=ON, by=None)
    issued = Invoice.objects.issued().earliest("pk")
    note = credit(
        invoice=issued,
        reason="Late",
        on=ON,
        by=None,
        amounts={1: Decimal("1.00")},
        waiver=WaiverDecision("J. Doe", ON),
    )
    (result,) = draft_invoices(through=date(1999, 7, 31), on=ON, by=None, agreements=[agreement])
    call_command("open_reviews")
    review = RenewalReview.objects.get()
    lists = dict.fromkeys(
        [
            "contracts:agreement_list",
            "invoicing:run",
            "sites:site_list",
            "sites:review_list",
            "invoicing:invoice_list",
            "invoicing:correction_list",
            "invoicing:waiver_list",
        ],
        (),
    )
    keys = {
        "sites:agreement": agreement.pk,
        "sites:site": site.pk,
        "sites:starting": site.pk,
        "sites:integration": site.pk,
        "sites:integration_attach": order.pk,
        "sites:integration_complete": order.pk,
        "sites:integration_cancel": order.pk,
        "sites:hours": agreement.pk,
        "sites:hours_entry": entry.pk,
        "sites:hours_change": entry.pk,
        "sites:hours_correct": entry.pk,
        "sites:hours_reverse": entry.pk,
        "sites:hours_reverse_blocks": blocks.pk,
        "sites:review": review.pk,
        "invoicing:reading": agreement.pk,
        "invoicing:correction": agreement.pk,
        "invoicing:invoice": issued.pk,
        "invoicing:invoice_issue": result.documents[0].pk,
        "invoicing:waiver_withdraw": note.lines.get().waiver.pk,
    }
    amendments = ["contracts:amendment_detail", "contracts:amendment_comparison", "invoicing:amendment_effect"]
    named = {
        name: (keys[max((key for key in keys if name.startswith(key)), key=len)],)
        for name in (MARKED | UNMARKED) - set(lists) - set(amendments)
    }
    return lists | named | dict.fromkeys(amendments, (agreement.pk, 1))


@pytest.mark.parametrize("demonstration", [True, False])
def test_pages_say_what_is_invented(demonstration, settings):
    pages = desk(settings, demonstration=demonstration)
    clients = [client_of(FINANCE), client_of(ACCOUNT_MANAGER)]

    shown = {}
    for name, args in pages.items():
        answers = [client.get(reverse(name, args=args)) for client in clients]
        shown[name] = next(answer.content.decode() for answer in answers if answer.status_code == 200)

    marked = {name for name, text in shown.items() if "Demonstration data" in text}
    assert set(shown) == MARKED | UNMARKED
    assert marked == (MARKED if demonstration else set())
