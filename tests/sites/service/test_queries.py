"""The sites that a person should look at, as the home page names them."""

import csv
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.roles import DATA_ENTRY, FINANCE
from sites.models import ComponentCount, Site
from sites.service.queries import sites_to_look_at
from tests import factories
from tests.invoicing.billing_cases import read
from tests.people import client_of
from tests.reading import by_heading, links, tables, words

DAY = date(1999, 7, 15)
WITHOUT = (
    "nothing is charged in annual period 1, because its switch is counted as 0 on 31 October 1998. Correct the count "
    "if it has one, or end its service."
)


def named() -> list[tuple[str, str]]:
    return [(str(site), message) for site, message in sites_to_look_at(on=DAY)]


def test_sites_counted_without_a_switch_are_named_and_others_are_not(agreement):
    for city, counts in {
        "Akron": [("1998-10-31", 0)],
        "Boise": [("1998-10-31", 0), ("1999-01-01", 1)],
        "Casper": [("1998-10-01", 1), ("1999-01-01", 0)],
        "Dayton": [("1999-07-16", 0)],
        "Fargo": [],
    }.items():
        site = factories.site(agreement, city)
        for day, quantity in counts:
            factories.counts(site, date.fromisoformat(day), {"5ESS": quantity, "SLC": 0})

    assert named() == [("Akron", WITHOUT)]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("first-day-in-service", "Its instalment falls due on that day."),
        ("billing-period", "Its instalment fell due on 1 October 1998, before it is in service."),
    ],
)
def test_a_site_that_starts_within_a_period_billed_in_advance_is_named(agreement, choice, message):
    factories.site(agreement, "Macon", date(1999, 9, 1))
    factories.site(agreement, "Nome", date(1999, 10, 1))
    assert named() == []

    read(agreement, "timing", "in-advance")
    read(agreement, "frequency", "annual")
    read(agreement, "advance-start", choice)

    starts = "in service from 1 September 1999 only, within the billing period 1 October 1998 to 30 September 1999."
    assert named() == [("Macon", f"{starts} {message}")]


@pytest.mark.parametrize("role", [DATA_ENTRY, FINANCE])
def test_the_home_page_names_them(agreement, settings, role):
    settings.BUSINESS_DATE = DAY
    client = client_of(role)
    assert "Sites to look at" not in words(client.get(reverse("home")))

    site = factories.site(agreement, "Akron")
    factories.counts(site, date(1998, 10, 31), {"5ESS": 0})

    page = client.get(reverse("home"))
    assert f"Sites to look at 1 Akron, {agreement.number} N{WITHOUT[1:]}" in words(page)
    assert reverse("sites:site_detail", args=[site.pk]) in links(page)
    assert "Demonstration data" not in words(page)
    Site.objects.update(is_demonstration=True)
    assert "Demonstration data: some of what is named below is invented." in words(client.get(reverse("home")))


def test_the_home_page_names_five_and_the_list_of_sites_all_with_the_reason(agreement, settings):
    settings.BUSINESS_DATE = DAY
    client, sites = client_of(FINANCE), reverse("sites:site_list")
    factories.site(agreement, "Macon")
    for site in factories.sites(agreement, 12):
        factories.counts(site, date(1998, 10, 31), {"5ESS": 0})

    home = client.get(reverse("home"))
    (more,) = [link for link in links(home) if "look_at" in link]
    listed = by_heading(client.get(more))
    headings, *rows = csv.reader(client.get(f"{more}&export=csv").content.decode("utf-8-sig").splitlines())

    reason = f"N{WITHOUT[1:]}"
    assert words(home).count(reason) == 5
    assert "7 more" in words(home)
    assert more == f"{sites}?look_at=yes"
    assert [row["What to look at"] for row in listed] == [reason] * 12
    assert [row[headings.index("What to look at")] for row in rows] == [reason] * 12
    assert "What to look at" not in tables(client.get(sites))[0][0]
    assert len(by_heading(client.get(sites))) == 13


def test_the_home_page_counts_a_hundred_at_most_and_the_list_names_all(agreement, settings):
    settings.BUSINESS_DATE = DAY
    client = client_of(FINANCE)
    sites = factories.sites(agreement, 101)
    none = {"component_code": "5ESS", "quantity": 0, "counted_on": date(1998, 10, 31), "recorded_on": DAY}
    for site in sites[:99]:
        ComponentCount.objects.create(site=site, **none)
    assert "Sites to look at 99" in words(client.get(reverse("home")))
    for site in sites[99:]:
        ComponentCount.objects.create(site=site, **none)

    home = words(client.get(reverse("home")))

    assert "Sites to look at 100 or more" in home
    assert "At least 95 more" in home
    assert len(named()) == 101


def test_sites_that_start_later_are_read_only_where_something_is_billed_in_advance(
    agreement, django_assert_num_queries
):
    factories.site(agreement, "Macon", date(1999, 9, 1))

    with django_assert_num_queries(1):
        assert named() == []


def test_list_asks_the_same_number_of_queries_for_more_sites(agreement, settings, django_assert_num_queries):
    settings.BUSINESS_DATE = DAY
    client = client_of(FINANCE)
    for number, city in enumerate(("Akron", "Boise", "Casper")):
        factories.counts(factories.site(agreement, city), date(1998, 10, 31), {"5ESS": 0})
        if number != 1:
            with django_assert_num_queries(33):
                client.get(reverse("sites:site_list"), {"look_at": "yes"})


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is on file: here little is")
@pytest.mark.django_db
def test_the_sites_are_found_by_the_counts_of_none_and_not_one_by_one():
    with CaptureQueriesContext(connection) as queries:
        assert named() == []

    (found,) = [query["sql"] for query in queries if '"sites_site"' in query["sql"]]
    with connection.cursor() as cursor:
        plan = " / ".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {found}"))
    assert "USING INDEX counts_of_none (component_code=?)" in plan
    assert "CORRELATED" not in plan
