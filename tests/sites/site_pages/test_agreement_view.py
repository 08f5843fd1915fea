"""The page of an agreement."""

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from contracts.models import ChosenReading
from sites.models import RenewalReview
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, tables, words
from tests.sites.site_pages.cases import agreement_page, counted

JULY = date(1999, 7, 15)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(JULY)]


# ---- one agreement ---------------------------------------------------------------------------------------------------


def test_agreement_page_shows_parties_and_their_addresses():
    seen = words(client_of(VIEWER).get(agreement_page(factories.agreement())))

    assert "Supplier Lucent Technologies Inc. 283 King George Road Warren, New Jersey 07059" in seen
    assert "Customer KMC Telecom Inc. 1545 Route 206, Suite 300 Bedminster, New Jersey 07921" in seen


def test_agreement_page_shows_the_price_table_with_printed_text_and_blank_cells():
    seen = tables(client_of(VIEWER).get(agreement_page(factories.agreement())))

    assert [row[0:5] + row[8:] for row in seen[1][1:]] == [
        ["Very Small", "163,000.00", "up to 15", "1", "up to 8", "100,000.00"],
        ["Small", "198,000.00", "16 to 25", "1", "up to 15 printed “up to l5”", "100,000.00"],
        ["Medium", "245,000.00", "26 to 35", "1", "up to 20", "not stated"],
        ["Large", "320,000.00", "36 to 50", "1", "up to 25", "not stated"],
        ["Very Large", "390,000.00", "not stated", "1", "not stated", "not stated"],
    ]


def test_agreement_page_shows_terms_with_their_sources():
    terms = tables(client_of(VIEWER).get(agreement_page(factories.agreement())))[0]

    assert ["Expiration", "30 September 2000", "Amendment 1 (LNM980917MP), clause 1"] in terms


@pytest.mark.parametrize(
    ("asked", "refusal", "sentence"),
    [
        ({"service_on": "1998-09-30"}, "Not on file.", "No price schedule on file covers 30 September 1998"),
        (
            {"service_on": "1998-10-05", "known_on": "1998-10-10"},
            "Not on file.",
            "Amendment 1 (LNM980917MP) was executed on 20 October 1998 only.",
        ),
        ({"service_on": "2000-10-01"}, "Expired.", "Agreement LNS970602JC expired on 30 September 2000"),
    ],
)
def test_agreement_page_shows_a_refusal_as_a_sentence(asked, refusal, sentence):
    client = client_of(VIEWER)
    address = agreement_page(factories.agreement())
    refused, found = words(client.get(address, asked)), words(client.get(address))

    assert refusal in refused
    assert sentence in refused
    assert refusal not in found
    assert "163,000.00" not in refused.replace("Before Now", "").split("Amendments")[0]


def test_agreement_page_says_that_an_amendment_is_not_executed():
    unsigned = replace(reference.AMENDMENT, supplier_signature=None)
    address = agreement_page(factories.agreement(amendments=(unsigned,)))

    seen = words(client_of(VIEWER).get(address))

    assert "Not executed. 15 July 1999 has no price yet." in seen
    assert "It changes nothing yet: the signature of the supplier is missing." in seen
    assert "Lucent Technologies Inc. Signature missing" in seen


def test_agreement_page_shows_an_executed_amendment_without_warning():
    seen = words(client_of(VIEWER).get(agreement_page(factories.agreement())))

    assert "Amendment 1 (LNM980917MP) Executed 20 Oct 1998" in seen
    assert "Effective 1 Oct 1998 19 days before it was executed" in seen
    assert "22 Jul 2000 becomes 30 Sep 2000 70 days, clause 1" in seen
    assert "no earlier price schedule is on file, so every value is new" in seen
    assert "It changes nothing yet" not in seen
    assert "Signature missing" not in seen


def test_agreement_page_warns_of_a_pending_amendment():
    pending = reference.amendment(2, date(1999, 7, 1), schedule=reference.SCHEDULE)
    pending = replace(pending, customer_signature=None)
    with_pending = factories.agreement(amendments=(reference.AMENDMENT, pending))

    seen = words(client_of(VIEWER).get(agreement_page(with_pending)))

    assert "Amendment 2 (LNM-2) is not executed: the signature of the customer is missing." in seen
    assert "Amendment 1 (LNM980917MP) is not executed" not in seen


@pytest.mark.parametrize("asked", ["yesterday", "0001-01-01", "9999-12-31", "1999-02-30", "\uffff", "9" * 50])
def test_agreement_page_refuses_a_date_it_cannot_use(asked):
    response = client_of(VIEWER).get(agreement_page(factories.agreement()), {"service_on": asked})

    assert response.status_code == 200
    assert "The dates above cannot be used; the terms below are those of the business date." in words(response)
    assert "For service on Thursday, 15 Jul 1999" in words(response)


def test_agreement_page_without_a_wrong_date_has_no_error():
    seen = words(client_of(VIEWER).get(agreement_page(factories.agreement()), {"service_on": ""}))

    assert "The dates above cannot be used" not in seen


def test_agreement_page_lists_sites_with_the_level_of_the_service_date():
    agreement = factories.agreement()
    site = factories.site(agreement, "Reno", state="NV")
    factories.site(agreement, "Lubbock", date(1999, 8, 15))
    factories.charged_level(site, 2, "SMALL", date(1999, 8, 10))
    client = client_of(VIEWER)

    now = tables(client.get(agreement_page(agreement)))[2]
    later = tables(client.get(agreement_page(agreement), {"service_on": "1999-10-01", "known_on": "1999-10-01"}))[2]

    assert now[1:] == [
        ["Lubbock", "15 Aug 1999", "Planned", "–", ""],
        [
            "Reno, NV",
            "1 Oct 1998",
            "In service",
            "Very Small",
            "Every site is charged at this level in the first annual period, whatever its counts.",
        ],
    ]
    assert [row[3] for row in later[1:]] == ["Very Small", "Small"]


@pytest.mark.parametrize(("role", "sees"), [(VIEWER, True), (ACCOUNT_MANAGER, True), (DATA_ENTRY, False)])
def test_agreement_page_leads_from_a_planned_site_to_its_starting_level(role, sees):
    agreement = factories.agreement()
    open_site = factories.site(agreement, "Macon", date(1999, 11, 1))
    decided = factories.site(agreement, "Tulsa", date(1999, 11, 1))
    factories.charged_level(decided, 2, "SMALL", date(1999, 7, 10), is_starting=True)
    running = factories.site(agreement, "Reno")

    response = client_of(role).get(agreement_page(agreement))

    pages = {site: reverse("sites:starting_level", args=[site.pk]) for site in (open_site, decided, running)}
    assert [pages[site] in links(response) for site in pages] == [sees, sees, False]
    level, why = "Starting level: to be decided", "Very Small is charged unless another level is decided."
    assert (["Macon", "1 Nov 1999", "Planned", level, why] in sum(tables(response), [])) is sees
    row = ["Tulsa", "1 Nov 1999", "Planned", "Starting level: Small", "Decided on 10 July 1999."]
    assert (row in sum(tables(response), [])) is sees


def test_agreement_page_says_beside_each_site_why_it_has_no_level():
    agreement = factories.agreement()
    factories.site(agreement, "Reno", state="NV")
    factories.site(agreement, "Eugene", removed_on=date(2000, 3, 31))
    asked = {"service_on": "2000-10-02", "known_on": "2000-10-02"}

    rows = tables(client_of(VIEWER).get(agreement_page(agreement), asked))[0]

    assert [row[2:] for row in rows[1:]] == [
        ["Removed through 31 Mar 2000", "–", ""],
        ["In service", "–", "Expired"],
    ]


def test_agreement_page_lists_periods_with_review_dates():
    periods = tables(client_of(VIEWER).get(agreement_page(factories.agreement())))[2]

    assert periods[1:] == [
        ["1", "1 Oct 1998", "30 Sep 1999", "Sunday, 1 Aug 1999", "Price review", "–"],
        ["2", "1 Oct 1999", "30 Sep 2000", "Tuesday, 1 Aug 2000", "Term check", "–"],
    ]


def test_agreement_page_links_an_opened_review():
    agreement = factories.agreement()
    review = RenewalReview.objects.create(
        agreement=agreement,
        period_number=1,
        first_day=reference.ANCHOR,
        last_day=date(1999, 9, 30),
        kind="price-review",
        due_on=date(1999, 8, 1),
        opened_on=JULY,
        cut_off_on=JULY,
    )
    paper = reverse("sites:review_detail", args=[review.pk])
    viewer, entry = (client_of(role).get(agreement_page(agreement)) for role in (VIEWER, DATA_ENTRY))

    assert paper in links(viewer)
    assert "Not agreed yet" in words(viewer)
    assert paper not in links(entry)


@pytest.mark.parametrize(("role", "offered"), [(ACCOUNT_MANAGER, True), (FINANCE, False), (VIEWER, False)])
def test_agreement_page_offers_a_due_review_to_who_may_open_it(role, offered, settings):
    agreement = factories.agreement()
    opens = reverse("sites:review_open", args=[agreement.pk, 1])
    client = client_of(role)

    assert opens not in links(client.get(agreement_page(agreement)))
    settings.BUSINESS_DATE = date(1999, 8, 1)
    response = client.get(agreement_page(agreement))
    assert "Due, not opened" in words(response)
    assert (opens in links(response)) is offered


def test_agreement_page_shows_who_chose_a_reading():
    agreement = factories.agreement()
    ChosenReading.objects.create(
        agreement=agreement,
        question="proration",
        choice="daily",
        clause="silent",
        chosen_by="Contract administration",
        chosen_on=date(1998, 10, 20),
        closed_on=agreement.executed_on,
    )

    readings = tables(client_of(VIEWER).get(agreement_page(agreement)))[-1]

    chosen = next(row for row in readings if row[0] == "What does part of an annual period cost?")
    default = next(row for row in readings if row[0] == "When is an instalment due?")
    assert chosen[2:] == ["silent", "Contract administration, 20 Oct 1998"]
    assert "Other readings A whole month costs one twelfth" in chosen[1]
    assert default[2:] == ["–", "Default"]


def test_agreement_without_site_or_amendment_says_the_next_step():
    bare = factories.agreement(amendments=())
    manager, viewer = client_of(ACCOUNT_MANAGER).get(agreement_page(bare)), client_of(VIEWER).get(agreement_page(bare))

    for seen in (words(manager), words(viewer)):
        assert "The agreement has no site yet, so nothing can be charged." in seen
        assert "No amendment is on file" in seen
    assert reverse("admin:sites_site_add") + f"?agreement={bare.pk}" in links(manager)
    assert reverse("contracts:amendment_draft", args=[bare.pk]) in links(manager)
    assert not [link for link in links(viewer) if "/add/" in link or "/draft/" in link]


@pytest.mark.parametrize("role", [VIEWER, FINANCE, ACCOUNT_MANAGER])
def test_agreement_page_leads_to_data_entry_only_for_who_may_change_it(role):
    agreement = factories.agreement()
    change = reverse("admin:contracts_agreement_change", args=[agreement.pk])

    response = client_of(role).get(agreement_page(agreement))

    assert (change in links(response)) is (role == ACCOUNT_MANAGER)


@pytest.mark.parametrize("number", [1, 30])
def test_agreement_page_has_a_fixed_number_of_queries(number, django_assert_num_queries):
    agreement = factories.agreement()
    for site in factories.sites(agreement, number):
        counted(site)
        factories.charged_level(site, 2, "SMALL", date(1999, 8, 1))
    client = client_of(VIEWER)

    with django_assert_num_queries(21):
        client.get(agreement_page(agreement))


def test_agreement_page_shows_all_its_sites_page_by_page_on_the_same_dates():
    agreement = factories.agreement()
    factories.sites(agreement, 120)
    client, dates = client_of(VIEWER), {"service_on": "1999-12-01"}

    shown = [client.get(agreement_page(agreement), dates | {"page": page}) for page in ("1", "2", "3")]

    sites = [next(table for table in tables(page) if table[0][0] == "Site")[1:] for page in shown]
    assert [len(rows) for rows in sites] == [50, 50, 20]
    assert [row[0] for rows in sites for row in rows] == [f"City {number:04}" for number in range(1, 121)]
    assert ["Sites 120" in words(page) for page in shown] == [True] * 3
    assert "?service_on=1999-12-01&page=3#sites" in links(shown[1])
    assert [len(page.content) < 100_000 for page in shown] == [True] * 3
