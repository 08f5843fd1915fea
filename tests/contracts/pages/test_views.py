"""The agreement list."""

from datetime import date

import pytest
from django.urls import reverse

from contracts.models import Agreement, Party, PartyAlias
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, tables, words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]

ADDRESS = reverse("contracts:agreement_list")
ENTER = reverse("admin:contracts_agreement_add")


def test_list_shows_parties_expiration_and_next_review():
    factories.agreement()

    response = client_of(VIEWER).get(ADDRESS)

    assert tables(response) == [
        [
            ["Agreement", "Customer", "Supplier", "Dated", "Expires", "Next review due"],
            [
                "LNS970602JC",
                "KMC Telecom Inc.",
                "Lucent Technologies Inc.",
                "4 Sep 1997",
                "30 Sep 2000",
                "Sunday, 1 Aug 1999",
            ],
        ]
    ]


def test_list_names_what_is_expired(settings):
    factories.agreement()
    settings.BUSINESS_DATE = date(2000, 10, 1)

    assert tables(client_of(VIEWER).get(ADDRESS))[0][1][4:] == ["30 Sep 2000 Expired", "None"]


def test_expiration_is_the_one_known_on_the_business_date(settings):
    factories.agreement()
    settings.BUSINESS_DATE = date(1998, 10, 10)  # ten days before the supplier signed

    assert tables(client_of(VIEWER).get(ADDRESS))[0][1][4:] == ["22 Jul 2000", "None"]


def test_agreement_without_end_or_review():
    row = factories.agreement("OPEN", amendments=())
    bare = Agreement.objects.create(
        number="NO-END",
        dated_on=date(1999, 1, 1),
        supplier=row.supplier,
        customer=row.customer,
        first_period_starts_on=date(1999, 1, 1),
    )

    rows = tables(client_of(VIEWER).get(ADDRESS))[0][1:]

    assert [cells[4:] for cells in rows if cells[0] == bare.number] == [["No end agreed", "None"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [("970602", ["LNS970602JC"]), ("980917", ["LNS970602JC"]), ("kmc telcom", ["LNS970602JC", "ZZ"]), ("nobody", [])],
)
def test_search_finds_number_amendment_number_and_alias(text, found):
    factories.agreement()
    factories.agreement("ZZ", amendments=())
    PartyAlias.objects.create(party=Party.objects.get(legal_name="KMC Telecom Inc."), name="KMC Telcom")

    response = client_of(VIEWER).get(ADDRESS, {"q": text})

    assert [cells[0] for table in tables(response) for cells in table[1:]] == found


def test_nothing_found_says_so_and_clears_the_filter():
    factories.agreement()

    response = client_of(VIEWER).get(ADDRESS, {"q": "nobody"})

    assert "No agreement has this text in its number" in words(response)
    assert links(response).count(ADDRESS) >= 2  # the menu, and "Clear filters"
    assert "Clear filters" in words(response)


def test_empty_list_says_why_and_offers_the_next_step():
    manager, viewer = client_of(ACCOUNT_MANAGER).get(ADDRESS), client_of(VIEWER).get(ADDRESS)

    assert "No agreement is on file yet" in words(manager)
    assert ENTER in links(manager)
    assert "Ask an account manager to enter it." in words(viewer)
    assert ENTER not in links(viewer)


@pytest.mark.parametrize(
    ("role", "offered"), [(ACCOUNT_MANAGER, True), (FINANCE, False), (VIEWER, False), (DATA_ENTRY, False)]
)
def test_only_who_may_enter_an_agreement_is_offered_it(role, offered):
    factories.agreement()

    assert (ENTER in links(client_of(role).get(ADDRESS))) is offered


@pytest.mark.parametrize("number", [1, 30])
def test_list_has_a_fixed_number_of_queries(number, django_assert_num_queries):
    for position in range(number):
        factories.agreement(f"A{position:03}")
    client = client_of(VIEWER)

    with django_assert_num_queries(15):
        client.get(ADDRESS)


def test_pages_hold_25_rows_and_a_page_beyond_the_last_shows_the_last():
    for position in range(30):
        factories.agreement(f"A{position:03}", amendments=())
    client = client_of(VIEWER)

    first, beyond = client.get(ADDRESS), client.get(ADDRESS, {"page": "99999999999999999999"})

    assert [len(tables(page)[0]) - 1 for page in (first, beyond)] == [25, 5]


@pytest.mark.parametrize("direction", ["-dated_on", "dated_on", "-customer", "supplier", "-number", "nothing", ""])
def test_list_can_be_sorted(direction):
    factories.agreement()

    assert client_of(VIEWER).get(ADDRESS, {"sort": direction}).status_code == 200


def test_reference_has_no_price_on_the_list():
    factories.agreement()

    assert str(reference.VERY_SMALL.annual_price.to_integral_value()) not in words(client_of(VIEWER).get(ADDRESS))
