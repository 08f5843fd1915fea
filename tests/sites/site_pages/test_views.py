"""The site list and the page of a site, and who sees what."""

from dataclasses import replace
from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from sites.models import Site
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, user_of
from tests.reading import by_heading, links, tables, words
from tests.sites.site_pages.cases import agreement_page, counted

JULY = date(1999, 7, 15)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(JULY)]
SITES = reverse("sites:site_list")
ROLES = (VIEWER, ACCOUNT_MANAGER, FINANCE, DATA_ENTRY)


def site_page(site: Site) -> str:
    return reverse("sites:site_detail", args=[site.pk])


# ---- the list --------------------------------------------------------------------------------------------------------


def test_list_shows_charged_and_measured_level():
    agreement = factories.agreement()
    counted(factories.site(agreement, "Reno", state="NV"), GE=16)
    counted(factories.site(agreement, "Mobile", state="AL"), switches=2)
    factories.site(agreement, "Lubbock", date(1999, 8, 15), state="TX")

    assert tables(client_of(VIEWER).get(SITES))[0] == [
        ["City", "State", "Agreement", "In service from", "Service", "Charged level", "Measured level"],
        ["Lubbock", "TX", "LNS970602JC", "15 Aug 1999", "Planned", "–", "–"],
        [
            "Mobile",
            "AL",
            "LNS970602JC",
            "1 Oct 1998",
            "In service",
            "Very Small",
            "No level More switches than any row states: no level, a person decides.",
        ],
        ["Reno", "NV", "LNS970602JC", "1 Oct 1998", "In service", "Very Small", "Small"],
    ]


def test_list_hides_the_charged_level_from_data_entry():
    counted(factories.site(factories.agreement(), "Reno"))

    heading = tables(client_of(DATA_ENTRY).get(SITES))[0][0]

    assert heading == ["City", "State", "Agreement", "In service from", "Service", "Measured level"]


def test_list_marks_a_provisional_level(settings):
    settings.BUSINESS_DATE = date(1999, 10, 1)
    factories.site(factories.agreement(), "Reno")

    assert by_heading(client_of(VIEWER).get(SITES))[0]["Charged level"] == "Very Small Provisional"


def test_list_names_a_level_that_nobody_decided():
    undecided = replace(
        reference.SCHEDULE, opening=replace(reference.SCHEDULE.opening, first_period_level=None, starting_level=None)
    )
    agreement = factories.agreement(amendments=(replace(reference.AMENDMENT, schedule=undecided),))
    site = factories.site(agreement, "Reno")

    client = client_of(VIEWER)
    assert by_heading(client.get(SITES))[0]["Charged level"] == "Not decided"
    assert "Nobody has recorded a level" in words(client.get(site_page(site)))
    assert "Not decided" in words(client.get(agreement_page(agreement)))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Lubbock", "Mobile", "Reno"]),
        ({"q": "ren"}, ["Reno"]),
        ({"q": "MBLAL"}, ["Mobile"]),
        ({"state": "TX"}, ["Lubbock"]),
        ({"service": "IN_SERVICE"}, ["Reno"]),
        ({"service": "PLANNED"}, ["Lubbock"]),
        ({"service": "REMOVED"}, ["Mobile"]),
        ({"service": "nonsense"}, []),
        ({"state": "TX", "service": "REMOVED"}, []),
        ({"agreement": "99999999999999999999"}, []),
        ({"q": "\uffff"}, []),
    ],
)
def test_filters_stand_in_the_address(asked, found):
    agreement = factories.agreement()
    factories.site(agreement, "Reno", state="NV")
    factories.site(agreement, "Mobile", state="AL", clli="MBLALZZ", removed_on=date(1999, 7, 14))
    factories.site(agreement, "Lubbock", date(1999, 8, 15), state="TX")

    response = client_of(VIEWER).get(SITES, asked)

    assert [row["City"] for row in by_heading(response)] == found
    assert ("Clear filters" in words(response)) is bool(asked)


def test_filter_by_agreement():
    first, second = factories.agreement(), factories.agreement("ZZ", amendments=())
    factories.site(first, "Reno")
    factories.site(second, "Mobile")

    response = client_of(VIEWER).get(SITES, {"agreement": second.number})

    assert [row["City"] for row in by_heading(response)] == ["Mobile"]


def test_empty_list_says_what_a_site_is():
    response = client_of(DATA_ENTRY).get(SITES)

    assert "No site is on file yet." in words(response)
    assert reverse("admin:sites_site_add") in links(response)
    assert reverse("admin:sites_site_add") not in links(client_of(VIEWER).get(SITES))


# ---- one site --------------------------------------------------------------------------------------------------------


def test_site_page_shows_counts_with_changes_and_missing_months():
    agreement = factories.agreement()
    site = factories.site(agreement, "Reno", date(1999, 5, 1), state="NV")
    factories.counts(site, date(1999, 5, 31), reference.counts())
    factories.counts(site, date(1999, 7, 1), reference.counts(GE=14))

    counts = tables(client_of(VIEWER).get(site_page(site)))[-1]

    assert counts == [
        ["Month", "gateway elements", "5ESS", "SLC", "SM", "DACS II", "DACS IV", "Counted on"],
        ["July 1999", "+4 14", "1", "5", "1", "1", "1", "1 Jul 1999"],
        ["June 1999", *["missing"] * 6, ""],
        ["May 1999", "10", "1", "5", "1", "1", "1", "31 May 1999"],
    ]


def test_site_page_says_not_yet_for_the_running_month():
    site = factories.site(factories.agreement(), "Reno", date(1999, 6, 1))
    factories.counts(site, date(1999, 6, 30), reference.counts())

    rows = tables(client_of(VIEWER).get(site_page(site)))[-1]

    assert rows[1] == ["July 1999", *["not yet"] * 6, ""]


def test_site_page_explains_levels():
    site = counted(factories.site(factories.agreement(), "Reno"), GE=14)

    response = client_of(VIEWER).get(site_page(site))

    assert "Nearest limit: 14 of 15 gateway elements" in words(response)
    assert tables(response)[1] == [
        ["Annual period", "Charged level", "Annual price", "Why", "Measured level", "Decided by"],
        [
            "1 1 Oct 1998 to 30 Sep 1999",
            "Very Small",
            "163,000.00",
            "Every site is charged at this level in the first annual period, whatever its counts.",
            "Very Small so far",
            "Every component",
        ],
    ]


def test_site_page_keeps_levels_of_all_periods(settings):
    settings.BUSINESS_DATE = date(1999, 12, 1)
    site = counted(factories.site(factories.agreement(), "Reno"), GE=16)
    factories.charged_level(site, 2, "SMALL", date(1999, 8, 10))

    rows = tables(client_of(VIEWER).get(site_page(site)))[1][1:]

    assert [(row[1], row[2], row[4], row[5]) for row in rows] == [
        ("Small", "198,000.00", "Small so far", "16 of 25 gateway elements"),
        ("Very Small", "163,000.00", "Small", "16 of 25 gateway elements"),
    ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"GE": 10, "SLC": 9}, "No row of the table holds all the counts at once"),
        ({"GE": 51}, "The level depends on a cell left blank in the source"),
        ({"switches": 2}, "More switches than any row states"),
        ({"switches": 0}, "No switch is counted here"),
    ],
)
def test_site_page_shows_each_flag_only_where_it_is_raised(changed, sentence):
    agreement = factories.agreement()
    flagged, plain = factories.site(agreement, "Reno"), factories.site(agreement, "Mobile")
    client = client_of(VIEWER)

    assert sentence in words(client.get(site_page(counted(flagged, **changed))))
    assert sentence not in words(client.get(site_page(counted(plain))))


def test_site_page_without_counts_says_what_that_means():
    site = factories.site(factories.agreement(), "Reno")
    entry, viewer = client_of(DATA_ENTRY).get(site_page(site)), client_of(VIEWER).get(site_page(site))

    assert "Nothing has been counted at this site by 15 Jul 1999." in words(entry)
    assert "a missing count is not zero, so there is no level" in words(entry)
    assert "Enter counts" in words(entry)
    assert "Enter counts" not in words(viewer)


def test_counts_made_later_are_not_seen():
    site = factories.site(factories.agreement(), "Reno")
    factories.counts(site, date(1999, 7, 16), reference.counts())

    assert "Nothing has been counted at this site" in words(client_of(VIEWER).get(site_page(site)))


def test_removed_site_says_how_long_it_is_charged():
    agreement = factories.agreement()
    site = factories.site(agreement, "Reno", removed_on=date(1999, 3, 1))
    early = factories.site(
        agreement, "Mobile", removed_on=date(1999, 3, 1), charged_through=date(1999, 4, 30), charge_end_reason="Agreed"
    )
    client = client_of(VIEWER)

    assert "Charged through The end of the annual period" in words(client.get(site_page(site)))
    assert "Charged through 30 Apr 1999 : Agreed" in words(client.get(site_page(early))).replace("1999:", "1999 :")


@pytest.mark.parametrize("number", [1, 30])
def test_site_page_has_a_fixed_number_of_queries(number, django_assert_num_queries):
    agreement = factories.agreement()
    for site in factories.sites(agreement, number):
        counted(site)
        factories.charged_level(site, 2, "SMALL", date(1999, 8, 1))
    client = client_of(VIEWER)

    with django_assert_num_queries(20):
        client.get(site_page(site))


# ---- who sees what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_data_entry_sees_no_price_and_no_charged_level(role):
    agreement = factories.agreement()
    site = counted(factories.site(agreement, "Reno"))
    client = client_of(role)
    seen = [words(client.get(address)) for address in (SITES, site_page(site), agreement_page(agreement))]

    figures = ("163,000", "198,000", "121,500", "100,000", "Charged level", "Prices")
    shown = {figure for figure in figures if any(figure in text for text in seen)}

    assert shown == (set() if role == DATA_ENTRY else set(figures))


def test_prices_need_a_permission_of_their_own():
    site = counted(factories.site(factories.agreement(), "Reno"))
    user = user_of(DATA_ENTRY)
    user.user_permissions.add(Permission.objects.get(codename="view_chargedlevel"))
    client = Client()
    client.force_login(user)

    heading = tables(client.get(site_page(site)))[1][0]

    assert heading == ["Annual period", "Charged level", "Why", "Measured level", "Decided by"]


def test_latest_counts_are_the_last_ones_made_by_a_day():
    site = factories.site(factories.agreement(), "Reno")
    for day, quantity in ((date(1999, 5, 1), 10), (date(1999, 6, 1), 12), (date(1999, 8, 1), 14)):
        factories.counts(site, day, {"GE": quantity})
    factories.counts(site, date(1999, 5, 1), {"SLC": 5})

    row = Site.objects.with_latest_counts(on=JULY).get()

    assert [(count.component_code, count.quantity) for count in row.count_list] == [("GE", 12), ("SLC", 5)]
