"""Search: what a text finds, for whom, what it leads to at once, and what it asks the database."""

from datetime import date
from html import escape

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.models import Agreement, Party, PartyAlias
from contracts.periods import Month
from desk.search.kinds import KINDS, MOST, ORDERS
from invoicing.runs.drafting import draft_invoices
from people.roles import ROLES
from sites.hours.recording import buy_blocks, enter_work
from sites.integration.ordering import order_integration
from sites.models import IntegrationOrder, Site
from sites.reports.reporting import issue_report, revise_report
from tests import factories, reference
from tests.full_desk import WORK
from tests.people import DATA_ENTRY, VIEWER, client_of, reader, superuser_client, user_of
from tests.reading import links, words

pytestmark = pytest.mark.django_db
ON = date(1999, 8, 5)
SEARCH = "/search/"
QUERIES = 12
"""What a search asks at most: four of them find out who asks and what that person may see."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("search")


@pytest.fixture(autouse=True)
def _on_the_desk(settings, folder, _own_folders) -> None:
    settings.BUSINESS_DATE = ON
    settings.DOCUMENTS_DIR, settings.MEDIA_ROOT = folder / "documents", folder / "uploads"


@pytest.fixture(scope="module")
def desk(once_for_the_file, folder) -> Agreement:
    """One of everything that can be found."""
    with override_settings(DOCUMENTS_DIR=folder / "documents", MEDIA_ROOT=folder / "uploads", BUSINESS_DATE=ON):
        agreement = factories.agreement(title="Network Care Agreement")
        reno = factories.site(agreement, "Reno", state="NV", clli="RENONV01DS0", is_demonstration=True)
        for site in (reno, factories.site(agreement, "Augusta", state="GA")):
            factories.counts(site, date(1998, 10, 1), reference.counts())
        Party.objects.filter(pk=agreement.supplier_id).update(division="Global Service Providers Group")
        PartyAlias.objects.create(party=agreement.customer, name="K.M.C. Telcom")
        order_integration(site=reno, ordered_on=date(1999, 7, 1), reference="PO-7701", on=ON, by=None)
        factories.quotation(reno, "Q-88", "125000.00", date(1999, 7, 2))
        buy_blocks(agreement=agreement, bought_on=date(1999, 7, 3), blocks=2, reference="PO-7702", on=ON, by=None)
        enter_work(agreement=agreement, site=reno, on=ON, by=None, **(WORK | {"person": "Ann Ozick"}))
        through = {"through": date(1998, 10, 31), "on": date(1998, 12, 1)}
        draft_invoices(by=None, agreements=[agreement], issue_drafts=True, **through)
        issue_report(agreement=agreement, month=Month(1998, 10), days_after=10, on=ON, by=None)
    return agreement


def found(client, text: str) -> dict[str, list[str]]:
    """What is found, by kind: the words of each row."""
    page = client.get(SEARCH, {"q": text})
    assert page.status_code == 200
    return {kind["title"]: [in_words(row) for row in kind["rows"]] for kind in page.context["kinds"]}


def in_words(row: tuple) -> str:
    """What a row says, its parts put together again."""
    _address, what, names, facts = row
    return " | ".join(["".join(part for part, _hit in parts) for parts in (what, *names)] + list(facts))


AGREEMENT = "LNS970602JC | Network Care Agreement | KMC Telecom Inc. | expires 30 September 2000"
RENO = "Reno, NV | RENONV01DS0 | Agreement LNS970602JC | KMC Telecom Inc. | in service"
INVOICE = "Invoice INV-00001 | Agreement LNS970602JC | KMC Telecom Inc. | issued 1 December 1998 | "
LUCENT = "Lucent Technologies Inc. | Global Service Providers Group | party to 1 agreement"
FINDS = {
    "LNS9706": ("Agreements", AGREEMENT),
    "network care": (
        "Agreements",
        "LNS970602JC | Network Care Agreement | KMC Telecom Inc. | expires 30 September 2000",
    ),
    "ren": ("Sites", RENO),
    "ga": ("Sites", "Augusta, GA | Agreement LNS970602JC | KMC Telecom Inc. | in service"),
    "reno,n": ("Sites", RENO),
    "v01ds": ("Sites", RENO),
    "inv-0000": ("Invoices and credit notes", INVOICE),
    "1": ("Invoices and credit notes", INVOICE),
    "lucent": ("Parties", LUCENT),
    "providers": ("Parties", LUCENT),
    "telcom": ("Parties", "KMC Telecom Inc. | also spelled K.M.C. Telcom | party to 1 agreement"),
    "LNM9809": ("Amendments", "Amendment 1 (LNM980917MP) | Agreement LNS970602JC | KMC Telecom Inc. | executed"),
    "7701": (
        "Orders and quotations",
        "Order of system integration PO-7701 | Reno, NV | Agreement LNS970602JC | KMC Telecom Inc. | "
        "ordered 1 July 1999",
    ),
    "q-88": (
        "Orders and quotations",
        "Quotation Q-88 | Reno, NV | Agreement LNS970602JC | KMC Telecom Inc. | dated 2 July 1999",
    ),
    "7702": (
        "Orders and quotations",
        "Order of blocks of hours PO-7702 | Agreement LNS970602JC | KMC Telecom Inc. | bought 3 July 1999",
    ),
    "ozick": (
        "People who did work",
        "Ann Ozick | Agreement LNS970602JC | KMC Telecom Inc. | 1 work entry, the last of 12 July 1999",
    ),
    "October 1998": (
        "Monthly reports issued",
        "Monthly report October 1998 | Agreement LNS970602JC | KMC Telecom Inc. | issued 5 August 1999",
    ),
    "oct 1998": ("Monthly reports issued", "Monthly report October 1998 | Agreement LNS970602JC"),
    "1998-10": ("Monthly reports issued", "Monthly report October 1998 | Agreement LNS970602JC"),
}


@pytest.mark.parametrize("text", FINDS)
def test_each_kind_is_found_with_what_it_belongs_to_and_leads_to_its_page(desk, text):
    kind, row = FINDS[text]
    client = client_of(VIEWER)
    page = client.get(SEARCH, {"q": text})

    assert [one[: len(row)] for one in found(client, text)[kind]][:1] == [row]
    addresses = [address for one in page.context["kinds"] for address, *_row in one["rows"]]
    assert addresses
    assert {client.get(address).status_code for address in addresses} == {200}
    assert set(addresses) <= set(links(page))


def test_every_kind_is_tried():
    assert {kind for kind, _row in FINDS.values()} == {kind.title for kind in KINDS}
    nouns = {row.split(" | ")[0].rsplit(" ", 1)[0] for kind, row in FINDS.values() if kind == "Orders and quotations"}
    assert nouns == {part.noun for part in ORDERS}


WHO = {(kind.title, "", permission) for kind in KINDS[1:] for permission in kind.permissions}
WHO |= {("Orders and quotations", part.noun, permission) for part in ORDERS for permission in part.permissions}


@pytest.mark.parametrize(("kind", "noun", "permission"), sorted(WHO))
def test_kind_is_hidden_from_who_may_not_see_its_page(desk, kind, noun, permission):
    text = next(text for text, (title, row) in FINDS.items() if title == kind and row.startswith(noun))
    user = user_of(VIEWER)
    user.groups.clear()
    permissions = Permission.objects.select_related("content_type")
    names = {f"{each.content_type.app_label}.{each.codename}": each for each in permissions}
    user.user_permissions.set(names[name] for name in ROLES[VIEWER] if name != permission)

    assert kind in found(client_of(VIEWER, username="sees"), text)
    assert kind not in found(reader(user), text)


def test_data_entry_finds_no_document_and_who_has_no_role_may_not_search(desk):
    client = client_of(DATA_ENTRY)
    assert "Invoices and credit notes" not in found(client, "1")
    assert client.get(SEARCH, {"q": "INV-00001"}).status_code == 200
    nobody = user_of(VIEWER)
    nobody.groups.clear()
    assert reader(nobody).get(SEARCH).status_code == 403
    assert 'role="search"' not in reader(nobody).get("/").content.decode()
    assert 'role="search"' in client.get("/").content.decode()


@pytest.mark.parametrize("text", ["LNS970602JC", " lns970602jc ", "INV-00001", "inv-00001", "renonv01ds0", "reno, nv"])
def test_what_is_named_in_full_opens_at_once(desk, text):
    pages = {
        "l": reverse("sites:agreement_detail", args=[desk.pk]),
        "i": found_address("INV-0000"),
        "r": reverse("sites:site_detail", args=[Site.objects.get(city="Reno").pk]),
    }
    answer = client_of(VIEWER).get(SEARCH, {"q": text})

    assert (answer.status_code, answer.headers["Location"]) == (302, pages[text.strip()[0].lower()])


def found_address(text: str) -> str:
    """The page of the only document that a text finds."""
    page = client_of(VIEWER, username="looks").get(SEARCH, {"q": text})
    (kind,) = [one for one in page.context["kinds"] if one["title"] == "Invoices and credit notes"]
    ((address, *_row),) = kind["rows"]
    return address


def test_nothing_opens_where_several_are_named(desk):
    other = factories.agreement("LNS980101JC")
    factories.site(other, "Reno", state="NV")

    assert len(found(client_of(VIEWER), "Reno, NV")["Sites"]) == 2


def test_site_named_in_full_comes_first_among_many(desk):
    for number in range(MOST + 1):
        factories.site(desk, f"East Reno {number:02}", state="NV")

    assert client_of(VIEWER).get(SEARCH, {"q": "Reno, NV"}).status_code == 302


def test_lists_behind_hold_as_many_and_the_others_are_counted(desk):
    for number in range(MOST):
        factories.agreement(f"X-{number}", title="Network Upkeep")
        factories.site(desk, f"Renovo {number}", state="PA")
    page = client_of(VIEWER).get(SEARCH, {"q": "Net"})
    (kind,) = page.context["kinds"]
    assert (kind["title"], kind["number"], len(kind["rows"])) == ("Agreements", MOST + 1, MOST)
    assert f"The first {MOST} of {MOST + 1}. Show all in the list" in words(page)
    client = client_of(VIEWER, username="lists")
    for text, title in (("Net", "Agreements"), ("Reno", "Sites"), ("ga", "Sites"), ("Providers", "Agreements")):
        kinds = {one["title"]: one for one in client.get(SEARCH, {"q": text}).context["kinds"]}
        assert client.get(kinds[title]["address"]).context["table"].paginator.count == kinds[title]["number"], text


def test_document_is_found_by_its_number_before_those_that_hold_its_digits(desk):
    for month in (12, 1, 2, 3, 4, 5, 6):
        last = date(1998 if month == 12 else 1999, month, 28)
        draft_invoices(through=last, on=ON, by=None, agreements=[desk], issue_drafts=True)
        for number in range(3):
            factories.site(desk, f"Town {month}-{number}", date(1998, 10, 1))
    client = superuser_client()
    numbers = [row.split(" | ")[0] for row in found(client, "1")["Invoices and credit notes"]]

    assert len(numbers) > 1
    assert numbers[0] == "Invoice INV-00001"


def test_latest_revision_of_a_report_is_found(desk):
    factories.counts(Site.objects.get(city="Augusta"), date(1998, 10, 2), reference.counts(GE=14))
    revise_report(agreement=desk, month=Month(1998, 10), days_after=10, reason="Counted late", on=ON, by=None)

    (row,) = found(client_of(VIEWER), "1998-10")["Monthly reports issued"]
    assert row.startswith("Monthly report October 1998, revision 1 |")


def test_cancelled_order_says_so(desk):
    IntegrationOrder.objects.update(reversed_on=date(1999, 7, 9), reversal_reason="Ordered twice")

    (row,) = found(client_of(VIEWER), "7701")["Orders and quotations"]
    assert row.endswith("ordered 1 July 1999 | reversed 9 July 1999")


def test_matching_part_is_marked_and_stays_as_it_is_written(desk):
    page = client_of(VIEWER).get(SEARCH, {"q": "kmc"}).content.decode()

    assert "<mark>KMC</mark> Telecom Inc." in page


def test_agreement_says_by_which_of_its_names_it_is_found(desk):
    client = client_of(VIEWER)
    for text, name in (("LNM98", "Amendment LNM980917MP"), ("lucent", "Lucent Technologies Inc.")):
        (row,) = found(client, text)["Agreements"]
        assert row == AGREEMENT.replace("expires", f"{name} | expires")
    (row,) = found(client_of(DATA_ENTRY), "LNM98")["Agreements"]
    assert row == AGREEMENT


def test_digits_of_days_and_amounts_are_not_marked(desk):
    page = client_of(VIEWER).get(SEARCH, {"q": "1"}).content.decode()

    assert "INV-0000<mark>1</mark>" in page
    assert "<li>issued 1 December 1998</li>" in page


def test_invented_rows_are_called_so_and_real_ones_are_not(desk):
    client = client_of(VIEWER)
    assert "Demonstration data" in words(client.get(SEARCH, {"q": "ren"}))
    assert "Demonstration data" not in words(client.get(SEARCH, {"q": "august"}))


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\"'><b>", "100%", "' OR 1=1 --"])
def test_hostile_text_is_text(desk, text):
    factories.site(desk, text, state="TX")
    factories.site(desk, "Plain", state="TX")
    client = client_of(VIEWER)

    (row,) = found(client, text)["Sites"]
    assert row.startswith(text)
    html = client.get(SEARCH, {"q": text}).content.decode()
    assert f"<mark>{escape(text)}</mark>" in html
    assert text not in html or escape(text) == text


@pytest.mark.parametrize("text", ["%", "_", "\\", ".*", "[", "(", "''"])
def test_signs_of_patterns_stand_for_themselves(desk, text):
    page = client_of(VIEWER).get(SEARCH, {"q": text})

    assert (page.status_code, page.context["kinds"]) == (200, [])


def test_nothing_found_says_what_to_try_and_nothing_asked_what_can_be_found(desk):
    client = client_of(VIEWER)
    assert "Nothing that you may see has “Zürich” in its number or name. Try a part" in words(
        client.get(SEARCH, {"q": "Zürich"})
    )
    for asked in ({}, {"q": ""}, {"q": "  "}):
        assert "the number or title of an agreement, a party, a city" in words(client.get(SEARCH, asked))


def test_text_that_is_too_long_or_holds_a_nul_is_refused_in_a_sentence(desk):
    client = client_of(VIEWER)
    page = client.get(SEARCH, {"q": "x" * 101})

    assert page.status_code == 200
    assert "Look for at most 100 characters" in words(page)
    assert "Nothing that you may see" not in words(page)
    assert "Nothing that you may see" in words(client.get(SEARCH, {"q": "x" * 100}))
    assert client.get(SEARCH, {"q": "a\0b"}).status_code == 400


@pytest.mark.parametrize("text", ["1", "o", "October 1998", "nothing at all"])
def test_search_asks_a_fixed_number_of_queries(desk, text):
    client, numbers = client_of(VIEWER), []
    for row in range(2):
        if row:
            for number in range(MOST + 2):
                agreement = factories.agreement(f"O-{number}")
                site = factories.site(agreement, f"Orono {number}", is_demonstration=True)
                factories.team_work(site, date(1999, 7, 1), 8)
                IntegrationOrder.objects.create(
                    site=site, ordered_on=date(1999, 7, 1), reference=f"o1-{number}", recorded_on=ON
                )
        with CaptureQueriesContext(connection) as queries:
            client.get(SEARCH, {"q": text})
        numbers.append(len(queries))

    assert numbers[0] == numbers[1] <= QUERIES
