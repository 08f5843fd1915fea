"""Today: what waits for whom, with the numbers of the lists behind it, until it is done."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django.test import override_settings

from contracts.models import Agreement
from desk.today.waiting import KINDS, Waiting
from invoicing.credits.crediting import credit
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice, InvoiceRun
from invoicing.runs.drafting import draft_invoices
from sites.models import Site
from tests import factories, reference
from tests.full_desk import BEFORE, ON, every_page
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, reader, superuser_client, user_of
from tests.reading import links, words

pytestmark = pytest.mark.django_db
HOME = "/"
STARTS = date(1999, 6, 3)
OTHER_PAGES = {"Reviews to open", "Refused in the last run", "Agreements to bill"}
"""Kinds that lead to a page that is not the list of what waits."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("today")


@pytest.fixture(autouse=True)
def _on_the_desk(settings, folder, _own_folders) -> None:
    settings.BUSINESS_DATE = ON
    settings.DOCUMENTS_DIR, settings.MEDIA_ROOT = folder / "documents", folder / "uploads"


@pytest.fixture(scope="module")
def desk(once_for_the_file, folder) -> dict[str, tuple]:
    """One of everything, and a site that was never counted, one without a switch, and a run that was refused."""
    with override_settings(DOCUMENTS_DIR=folder / "documents", MEDIA_ROOT=folder / "uploads"):
        arguments = every_page(django_settings, folder)
    agreement = Agreement.objects.get(pk=arguments["sites:agreement_detail"][0])
    factories.site(agreement, "Boise", STARTS)
    factories.counts(factories.site(agreement, "Akron"), date(1998, 10, 31), {"5ESS": 0})
    refused = {"agreement": "A-9", "currency": "USD", "documents": [], "notices": [], "refusal": "Not signed."}
    by = user_of(FINANCE, username="runs")
    InvoiceRun.objects.create(through=ON, run_on=ON, run_by=by, results=[refused | {"ended": "", "undecided": []}])
    Invoice.objects.filter(issued_on=None).delete()
    draft_invoices(through=BEFORE - timedelta(days=31), on=ON, by=None, agreements=[agreement])
    return arguments


def waiting(client) -> dict[str, Waiting]:
    return {each.title: each for each in client.get(HOME).context["waiting"]}


def test_each_kind_leads_to_where_it_is_solved_and_counts_what_its_list_shows(desk):
    client = superuser_client()
    page = client.get(HOME)
    found = {each.title: each for each in page.context["waiting"]}
    shown = words(page)

    assert list(found) == [kind.title for kind in KINDS]
    for title, each in found.items():
        assert each.items, title
        assert f"{title} {each.number}" in shown
        assert f"({sum(one.number for one in found.values())}) Today" in shown
        for item in each.items:
            assert f"{item.what} {item.why}" in shown
            assert item.address in links(page)
            assert client.get(item.address.partition("#")[0], follow=True).status_code == 200, item.address
    counted = {title: each for title, each in found.items() if each.address and title not in OTHER_PAGES}
    for title, each in counted.items():
        listed = client.get(each.address).context["table"].paginator.count
        assert listed == each.number, title
    assert len(counted) == 7


def test_role_sees_what_it_may_do_something_about_and_no_money_without_the_right(desk):
    titles = {role: set(waiting(client_of(role))) for role in (VIEWER, DATA_ENTRY, FINANCE, ACCOUNT_MANAGER)}
    counts = {"Months with figures to count", "First counts", "Sites to look at"}

    assert titles[VIEWER] == {"Sites to look at"}
    assert titles[DATA_ENTRY] == counts
    assert titles[FINANCE] == {
        "Agreements to bill",
        "Refused in the last run",
        "Drafts to check and issue",
        "Documents without a PDF",
        "Waivers to confirm",
        "Sites to look at",
    }
    assert titles[ACCOUNT_MANAGER] == counts | {
        "Reviews to open",
        "Reviews to agree on",
        "Waivers to confirm",
        "Monthly reports that are late",
        "Agreements to sign",
        "Amendments to sign",
    }
    entry = words(client_of(DATA_ENTRY, username="entry").get(HOME))
    assert "USD" not in entry
    assert "Invoice INV-" not in entry


def test_what_is_done_waits_no_longer(desk):
    client = superuser_client()
    before = waiting(client)
    INVOICE_PDFS.make(Invoice.objects.issued().filter(pdf=None).first())
    factories.counts(Site.objects.get(city="Boise"), ON, reference.counts())
    Invoice.objects.filter(issued_on=None).first().delete()
    now = waiting(client)

    for title in ("Documents without a PDF", "Drafts to check and issue", "First counts"):
        left = now[title].number if title in now else 0
        assert left == before[title].number - 1, title


def test_own_waiver_waits_for_another_person(desk):
    proposer = user_of(FINANCE, username="proposes")
    issued = Invoice.objects.issued().filter(kind="invoice").latest("pk")
    credit(invoice=issued, reason="Late", on=ON, by=proposer, amounts={1: Decimal("1.00")}, waive=True)

    assert waiting(client_of(FINANCE))["Waivers to confirm"].number == 2
    assert waiting(reader(proposer))["Waivers to confirm"].number == 1


def test_money_adds_up_by_currency(desk):
    drafts, this, before = superuser_client().get(HOME).context["money"]
    issued = Invoice.objects.filter(issued_on__isnull=False)

    assert [drafts.number, this.number, before.number] == [
        Invoice.objects.filter(issued_on=None).count(),
        issued.filter(issued_on__month=8).count(),
        issued.filter(issued_on__month=7).count(),
    ]
    assert this.amounts == (("USD", sum(row.total for row in issued.filter(issued_on__month=8))),)
    assert before.amounts == (("USD", sum(row.total for row in issued.filter(issued_on__month=7))),)
