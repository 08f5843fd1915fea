"""What holds for every page: who gets in, what is never written, what is not found, and what stays text."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from contracts.models import Party
from contracts.periods import Month
from tests.full_desk import ON, every_page
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, superuser_client, user_of

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
EVERYBODY = "contracts:agreement_list sites:agreement_detail sites:site_list sites:site_detail sites:hours\
 sites:hours_entries sites:hours_entry invoicing:count_history sites:month_grid sites:month_grid_figures\
 sites:site_history sites:site_history_csv sites:site_history_xlsx sites:level_outlook sites:report_list\
 sites:agreement_reports sites:month_report sites:report_xlsx sites:report_revision sites:imports\
 sites:import_detail sites:import_layouts sites:count_export contracts:agreement_suggestions search"
WITH_PRICES = "sites:report_pdf sites:review_list sites:review_detail sites:review_pdf sites:starting_level\
 sites:integration sites:quotation_file contracts:amendment_detail contracts:amendment_comparison\
 invoicing:amendment_effect\
 invoicing:reading_register invoicing:invoice_list invoicing:invoice_detail invoicing:invoice_pdf\
 invoicing:correction_list invoicing:correction_detail invoicing:waiver_list invoicing:run_detail invoicing:lost_list\
 invoicing:lost_file invoicing:invoice_evidence"
WORK = "sites:hours_enter sites:hours_change sites:hours_import sites:service_correct invoicing:count_correct\
 sites:import sites:import_undo sites:import_layout_rename sites:import_layout_delete sites:count_template\
 sites:import_template sites:report_missing"
AGREEMENTS = "contracts:agreement_execute contracts:agreement_schedule contracts:agreement_discard_schedule\
 contracts:amendment_draft contracts:amendment_change contracts:amendment_schedule contracts:amendment_sign\
 contracts:amendment_discard contracts:amendment_attach_scan invoicing:reading_change sites:hours_buy\
 sites:hours_correct sites:hours_reverse sites:hours_reverse_blocks sites:integration_order sites:integration_quote\
 sites:integration_attach sites:integration_complete sites:integration_cancel\
 sites:review_open sites:review_refresh sites:review_agree sites:service_end sites:starting_level_change\
 sites:starting_level_withdraw sites:report_issue sites:report_acknowledge sites:report_make_pdf sites:level_decision"
BILLING = (
    "invoicing:run invoicing:invoices_issue invoicing:invoice_discard invoicing:invoice_issue invoicing:invoice_credit\
 invoicing:lost_explain invoicing:invoice_make_pdf"
)
WAIVING = "invoicing:waiver_withdraw invoicing:waiver_confirm"

LET_IN = {
    VIEWER: (EVERYBODY, WITH_PRICES),
    ACCOUNT_MANAGER: (EVERYBODY, WITH_PRICES, WORK, AGREEMENTS, WAIVING),
    FINANCE: (EVERYBODY, WITH_PRICES, BILLING, WAIVING),
    DATA_ENTRY: (EVERYBODY, WORK),
}
NAMING = "invoicing:amendment_effect invoicing:correction_detail invoicing:count_correct invoicing:count_history\
 invoicing:invoice_credit invoicing:invoice_detail invoicing:invoice_issue invoicing:waiver_confirm\
 invoicing:waiver_list invoicing:waiver_withdraw sites:agreement_detail sites:hours sites:hours_change\
 sites:hours_correct sites:hours_enter sites:hours_entries sites:hours_entry sites:hours_reverse sites:integration\
 sites:integration_attach sites:integration_cancel sites:integration_complete sites:integration_order\
 sites:integration_quote sites:month_grid sites:month_report sites:report_revision sites:review_agree\
 sites:review_detail sites:service_correct sites:service_end sites:site_detail sites:site_history sites:site_list\
 sites:starting_level"
OF_NO_ROLE = {"login", "password_change"}
LEADS_BACK = "sites:quotation_document"  # the quotation has its document: sites/integration/test_documents looks at it


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where the desk of this file keeps its documents."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(autouse=True)
def _on_the_desk(settings, folder, _own_folders) -> None:
    """Look at the desk on its day, with its documents."""
    settings.BUSINESS_DATE = ON
    settings.DOCUMENTS_DIR = folder / "documents"
    settings.PAPERS_DIR = folder / "papers"
    settings.MEDIA_ROOT = folder / "uploads"


@pytest.fixture(scope="module")
def desk(once_for_the_file, folder) -> dict[str, tuple]:
    """The arguments of each page's and each file's address, on a desk whose site has a script for a name."""
    with override_settings(DOCUMENTS_DIR=folder / "documents", MEDIA_ROOT=folder / "uploads"):
        arguments = every_page(settings, folder, city=SCRIPT)
    agreement, site = arguments["sites:agreement_detail"], arguments["sites:site_detail"]
    files = {
        "contracts:agreement_suggestions": (),
        "sites:site_history_csv sites:site_history_xlsx": site,
        "sites:count_template sites:count_export": agreement,
        "sites:import_template": (*agreement, "counts"),
        "sites:month_grid_figures sites:report_pdf sites:report_xlsx": (*agreement, Month(1999, 7)),
    }
    arguments |= {name: args for group, args in files.items() for name in group.split()}
    return {name: args for name, args in arguments.items() if name not in OF_NO_ROLE | {LEADS_BACK}}


@pytest.fixture
def pages(desk) -> dict[str, str]:
    """The address of each page by its name."""
    return {name: reverse(name, args=args) for name, args in desk.items()}


def html_pages(client: Client, pages: dict[str, str], **asked: str) -> dict[str, str]:
    """The pages that are no files, as they are sent."""
    answers = {name: client.get(address, asked) for name, address in pages.items()}
    kind = "text/html"
    return {
        name: page.content.decode() for name, page in answers.items() if page.headers["Content-Type"].startswith(kind)
    }


def test_each_role_gets_into_its_pages_only_and_sends_nothing_to_others(pages):
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


def test_nobody_gets_in_without_signing_in_or_without_a_role(pages):
    user = user_of(VIEWER)
    user.groups.clear()
    client = Client()
    client.force_login(user)

    for address in pages.values():
        assert Client().get(address).headers["Location"] == f"{reverse('login')}?next={address}"
        assert client.get(address).status_code == 403


def test_a_look_sends_no_statement_that_writes_and_leaves_the_files(pages, settings):
    client = superuser_client()
    statements = []
    files = {path.name: path.read_bytes() for path in settings.DOCUMENTS_DIR.iterdir()}

    def note(execute, sql, params, many, context):
        statements.append(sql.split()[0].upper())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        for address in pages.values():
            answer = client.get(address)
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
            assert client.head(address).status_code == 200

    assert set(statements) == {"SELECT"}
    assert {path.name: path.read_bytes() for path in settings.DOCUMENTS_DIR.iterdir()} == files


def test_every_page_has_a_title_one_heading_no_inline_style_or_script_and_no_unknown_parameter(pages):
    for name, html in html_pages(superuser_client(), pages, unheard_of="xyzzy").items():
        assert "unheard_of" not in html, name
        assert "xyzzy" not in html, name
        assert "<title> " not in html, name
        assert "<title>– " not in html, name
        assert html.count("<h1") == 1, name
        inline = re.search(r"<script(?![^>]* src=)|<script[^>]*>[^<]|<style| style=| on\w+=", html)
        assert inline is None, (name, inline)


def test_a_name_is_shown_as_text(pages):
    Party.objects.filter(legal_name="KMC Telecom Inc.").update(address=SCRIPT)

    shown = html_pages(superuser_client(), pages)

    assert {name for name, html in shown.items() if SCRIPT in html} == set()
    assert {name for name, html in shown.items() if "&lt;script&gt;" in html} == set(NAMING.split())


@pytest.mark.parametrize("key", [0, 10**20])
def test_a_row_that_is_not_there_is_not_found(desk, key):
    client = superuser_client()
    missing = {name: reverse(name, args=(key, *args[1:])) for name, args in desk.items() if args}

    answers = {name: client.get(address).status_code for name, address in missing.items()}

    assert {name: status for name, status in answers.items() if status != 404} == {}


NAMES = ["page", "per_page", "sort", "state", "agreement", "service", "since", "q", "kind", "known_on"]
VALUES = ["0", "-1", "99999999999999999999", "1e3", "\u0661", "", "\x00", "x" * 5000, "9" * 5000]
LISTS = ["contracts:agreement_list", "sites:site_list", "invoicing:invoice_list", "sites:agreement_detail"]
LISTS += ["sites:report_list", "sites:agreement_reports"]


def test_no_value_in_an_address_breaks_a_list(pages):
    client = client_of(FINANCE)

    answers = {
        (page, value): client.get(pages[page], dict.fromkeys(NAMES, value)).status_code
        for page in LISTS
        for value in VALUES
    }

    assert {asked: status for asked, status in answers.items() if status != (400 if "\0" in asked[1] else 200)} == {}
