"""What holds for every page: a GET never writes, a name stays text, no value in an address breaks anything."""

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from contracts.models import Party
from contracts.periods import Month
from invoicing.credits.crediting import WaiverDecision, credit
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from tests import factories, reference
from tests.people import FINANCE, VIEWER, client_of, user_of

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1998, 11, 15))]

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def desk() -> dict[str, tuple]:
    """A desk with one row of everything; the arguments of each page's address."""
    agreement = factories.agreement()
    site = factories.site(agreement, SCRIPT, state="NV")
    factories.counts(site, date(1998, 10, 1), reference.counts())
    (result,) = draft_invoices(through=date(1998, 11, 30), on=date(1998, 11, 1), by=None, agreements=[agreement])
    first, draft = result.documents
    issued = issue(invoice=first, on=date(1998, 11, 1), by=None)
    INVOICE_PDFS.make(issued)
    decision = WaiverDecision("J. Doe", date(1998, 11, 1))
    some = {1: Decimal("1.00")}
    note = credit(invoice=issued, reason="Late", on=date(1998, 11, 1), by=None, amounts=some, waiver=decision)
    return {
        "contracts:agreement_list": (),
        "sites:agreement_detail": (agreement.pk,),
        "sites:month_grid": (agreement.pk, Month(1998, 11)),
        "sites:month_grid_figures": (agreement.pk, Month(1998, 11)),
        "sites:site_list": (),
        "sites:site_detail": (site.pk,),
        "sites:site_history": (site.pk,),
        "sites:site_history_csv": (site.pk,),
        "sites:site_history_xlsx": (site.pk,),
        "sites:level_outlook": (agreement.pk,),
        "sites:report_list": (),
        "sites:agreement_reports": (agreement.pk,),
        **{f"sites:{name}": (agreement.pk, Month(1998, 10)) for name in ("month_report", "report_pdf", "report_xlsx")},
        "invoicing:count_history": (site.pk, "GE", date(1998, 10, 1)),
        "invoicing:invoice_list": (),
        "invoicing:reading_register": (agreement.pk,),
        "invoicing:invoice_detail": (issued.pk,),
        "invoicing:invoice_discard": (),
        "invoicing:invoice_pdf": (issued.pk,),
        "invoicing:run": (),
        "invoicing:invoice_issue": (draft.pk,),
        "invoicing:invoice_credit": (issued.pk,),
        "invoicing:correction_list": (),
        "invoicing:correction_detail": (agreement.pk,),
        "invoicing:waiver_list": (),
        "invoicing:waiver_withdraw": (note.lines.get().waiver.pk,),
    }


def test_somebody_without_a_role_gets_in_nowhere(desk):
    user = user_of(VIEWER)
    user.groups.clear()
    client = Client()
    client.force_login(user)

    assert {client.get(reverse(name, args=args)).status_code for name, args in desk.items()} == {403}


def fingerprint() -> dict[str, list]:
    """Every row of every table of ours."""
    return {
        model._meta.label: list(model.objects.order_by("pk").values())
        for app in ("contracts", "sites", "invoicing", "auth", "admin")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    }


def test_a_get_never_writes(desk, settings):
    client = client_of(FINANCE)
    before = fingerprint()
    files = {path.name: path.read_bytes() for path in settings.DOCUMENTS_DIR.iterdir()}

    for name, args in desk.items():
        assert client.get(reverse(name, args=args)).status_code == 200
        assert client.head(reverse(name, args=args)).status_code == 200

    assert fingerprint() == before
    assert {path.name: path.read_bytes() for path in settings.DOCUMENTS_DIR.iterdir()} == files


def test_a_name_is_shown_as_text(desk):
    Party.objects.filter(legal_name="KMC Telecom Inc.").update(address=SCRIPT)
    client = client_of(FINANCE)
    shown = set()

    for name, args in desk.items():
        page = client.get(reverse(name, args=args))
        if page.headers["Content-Type"].startswith("text/html"):
            assert SCRIPT not in page.content.decode()
            if "&lt;script&gt;" in page.content.decode():
                shown.add(name)

    assert shown == {
        "sites:agreement_detail",
        "sites:month_grid",
        "sites:site_list",
        "sites:site_detail",
        "sites:site_history",
        "sites:month_report",
        "invoicing:count_history",
        "invoicing:invoice_detail",
        "invoicing:invoice_issue",
        "invoicing:invoice_credit",
        "invoicing:waiver_list",
        "invoicing:waiver_withdraw",
    }


NAMES = ["page", "per_page", "sort", "state", "agreement", "service", "since", "q", "kind", "known_on"]
VALUES = ["0", "-1", "99999999999999999999", "1e3", "\u0661", "", "\x00", "x" * 5000, "9" * 5000]
LISTS = ["contracts:agreement_list", "sites:site_list", "invoicing:invoice_list", "sites:agreement_detail"]
LISTS += ["sites:report_list", "sites:agreement_reports"]


@pytest.mark.parametrize("page", LISTS)
def test_no_value_in_an_address_breaks_a_list(page, desk):
    client = client_of(FINANCE)

    answers = {
        (name, value): client.get(reverse(page, args=desk[page]), {name: value}).status_code
        for name in NAMES
        for value in VALUES
    }

    assert {asked: status for asked, status in answers.items() if status != 200} == {}


@pytest.mark.parametrize("pk", ["0", "99999999999999999999"])
@pytest.mark.parametrize(
    "page", ["agreements/{}/", "sites/{}/", "invoices/{}/", "invoices/{}/pdf/", "invoices/{}/issue/"]
)
def test_a_row_that_is_not_there_is_not_found(page, pk, desk):
    assert client_of(FINANCE).get("/" + page.format(pk)).status_code == 404
