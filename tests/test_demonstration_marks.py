"""Every page that shows invented sites, hours or invoices says so, and no page about real ones does."""

import pytest
from django.urls import reverse

from tests.full_desk import full_desk
from tests.people import ACCOUNT_MANAGER, FINANCE, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

MARKED = {
    "sites:agreement_detail",
    "sites:site_list",
    "sites:site_detail",
    "sites:level_decision",
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


@pytest.mark.parametrize("demonstration", [True, False])
def test_pages_say_what_is_invented(demonstration, settings):
    pages = full_desk(settings, demonstration=demonstration)
    clients = [client_of(FINANCE), client_of(ACCOUNT_MANAGER)]

    shown = {}
    for name in MARKED | UNMARKED:
        args = pages[name]
        answers = [client.get(reverse(name, args=args)) for client in clients]
        shown[name] = next(answer.content.decode() for answer in answers if answer.status_code == 200)

    marked = {name for name, text in shown.items() if "Demonstration data" in text}
    assert marked == (MARKED if demonstration else set())
