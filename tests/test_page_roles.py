"""Who gets into which page of what is agreed, kept and billed; what a page never holds and a look never writes."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from contracts.periods import Month
from tests.full_desk import full_desk
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, superuser_client

pytestmark = pytest.mark.django_db

EVERYBODY = "contracts:agreement_list sites:agreement_detail sites:site_list sites:site_detail sites:hours\
 sites:hours_entries sites:hours_entry sites:month_grid sites:month_grid_figures sites:site_history\
 sites:site_history_csv sites:site_history_xlsx sites:level_outlook sites:report_list sites:agreement_reports\
 sites:month_report sites:report_pdf sites:report_xlsx invoicing:count_history"
WITH_PRICES = "sites:review_list sites:review_detail sites:review_pdf sites:starting_level sites:integration\
 sites:quotation_file contracts:amendment_detail contracts:amendment_comparison invoicing:amendment_effect\
 invoicing:reading_register invoicing:invoice_list invoicing:invoice_detail invoicing:invoice_pdf\
 invoicing:correction_list invoicing:correction_detail invoicing:waiver_list"
WORK = "sites:hours_enter sites:hours_change sites:service_correct invoicing:count_correct"
AGREEMENTS = "contracts:amendment_draft contracts:amendment_change contracts:amendment_schedule\
 contracts:amendment_sign contracts:amendment_discard contracts:amendment_attach_scan\
 invoicing:reading_change sites:hours_buy sites:hours_correct\
 sites:hours_reverse sites:hours_reverse_blocks sites:integration_order sites:integration_quote\
 sites:integration_attach sites:integration_complete sites:integration_cancel sites:review_open sites:review_refresh\
 sites:review_agree sites:service_end sites:starting_level_change sites:starting_level_withdraw"
BILLING = "invoicing:run invoicing:invoice_issue invoicing:invoice_credit invoicing:invoice_discard"
WAIVING = "invoicing:waiver_withdraw"

LET_IN = {
    VIEWER: (EVERYBODY, WITH_PRICES),
    ACCOUNT_MANAGER: (EVERYBODY, WITH_PRICES, WORK, AGREEMENTS, WAIVING),
    FINANCE: (EVERYBODY, WITH_PRICES, BILLING, WAIVING),
    DATA_ENTRY: (EVERYBODY, WORK),
}


@pytest.fixture
def pages(settings) -> dict[str, str]:
    """The address of each page by its name."""
    arguments = full_desk(settings, demonstration=True)
    of_agreement, of_site = arguments["sites:agreement_detail"], arguments["sites:site_detail"]
    of_month = (*of_agreement, Month(1999, 7))
    arguments |= {"sites:report_list": (), "invoicing:invoice_discard": ()}
    arguments |= dict.fromkeys(("sites:level_outlook", "sites:agreement_reports"), of_agreement)
    arguments |= {f"sites:site_history{kind}": of_site for kind in ("", "_csv", "_xlsx")}
    of_months = ("month_grid", "month_grid_figures", "month_report", "report_pdf", "report_xlsx")
    arguments |= {f"sites:{name}": of_month for name in of_months}
    return {name: reverse(name, args=args) for name, args in arguments.items()}


def test_each_role_gets_into_its_pages_only(pages):
    for role, groups in LET_IN.items():
        client = client_of(role)
        answers = {name: client.get(address).status_code for name, address in pages.items()}
        allowed = set(" ".join(groups).split())
        assert answers == {name: 200 if name in allowed else 403 for name in pages}, role
        sent = {name: client.post(pages[name], {"confirmed": "yes"}).status_code for name in pages.keys() - allowed}
        assert sent == dict.fromkeys(sent, 403), role


def test_a_form_from_elsewhere_is_refused_on_every_page(pages):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = superuser_client().cookies

    assert {strict.post(address).status_code for address in pages.values()} == {403}


def test_nobody_gets_in_without_signing_in(pages):
    for address in pages.values():
        assert Client().get(address).headers["Location"] == f"{reverse('login')}?next={address}"


def test_a_look_sends_no_statement_that_writes(pages):
    client = superuser_client()
    statements = []

    def note(execute, sql, params, many, context):
        statements.append(sql.split()[0].upper())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        for address in pages.values():
            assert client.get(address).status_code == 200

    assert set(statements) == {"SELECT"}


def test_every_page_has_a_title_one_heading_and_no_inline_style_or_script(pages):
    client = superuser_client()

    for name, address in pages.items():
        page = client.get(address)
        if page.headers["Content-Type"].startswith("text/html"):
            html = page.content.decode()
            assert re.search(r"<script(?![^>]* src=)|<script[^>]*>[^<]", html) is None, name
            assert "<title> " not in html, name
            assert "<title>– " not in html, name
            assert html.count("<h1") == 1, name
            assert [text in html for text in (" style=", "<style", " onclick=")] == [False] * 3, name
