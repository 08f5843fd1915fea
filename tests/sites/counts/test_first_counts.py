"""The first counts that are due: at sites in service, component by component."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from contracts.models import Agreement
from sites.counts.first_counts import all_first_counts_due, first_counts_due
from sites.models import Site
from tests import factories, reference
from tests.people import DATA_ENTRY, client_of
from tests.reading import links, words

pytestmark = pytest.mark.django_db

START = date(1999, 6, 3)


def due(on=START) -> list[str]:
    agreement = Agreement.objects.with_terms().get()
    return [
        str(one)
        for one in first_counts_due(sites=Site.objects.all(), terms={agreement.pk: agreement.as_terms()}, on=on)
    ]


def test_a_site_asks_for_its_first_count_from_its_first_day_to_its_last(agreement):
    factories.site(agreement, "Reno", state="NV", in_service_on=START, removed_on=date(1999, 9, 30))

    assert due() == ["Reno, NV, in service since 3 June 1999: no count"]
    assert due(on=START - timedelta(days=1)) == due(on=date(1999, 10, 1)) == []


def test_a_component_that_was_never_counted_is_named(agreement):
    reno = factories.site(agreement, "Reno", in_service_on=START)
    counts = reference.counts()
    factories.counts(reno, START, {code: counts[code] for code in counts if code not in ("SLC", "SM")})

    assert due() == ["Reno, in service since 3 June 1999: no count of SLC and SM"]
    factories.counts(reno, START, {code: counts[code] for code in ("SLC", "SM")})
    assert due() == []


@pytest.mark.business_date(START)
def test_the_page_of_the_agreement_leads_to_the_counts(agreement):
    reno = factories.site(agreement, "Reno", in_service_on=START)
    client = client_of(DATA_ENTRY)
    address = reverse("sites:agreement_detail", args=[agreement.pk])

    page = client.get(address)
    assert "First counts are due" in words(page)
    assert "Reno, in service since 3 June 1999: no count" in words(page)
    factories.counts(reno, START, reference.counts())
    assert "First counts are due" not in words(client.get(address))


def waiting(on=START) -> list[str]:
    return [str(one) for one in all_first_counts_due(on=on)]


def test_the_sites_of_all_agreements_are_asked_by_the_same_rule_longest_first(agreement):
    other = factories.agreement("LNS-2")
    draft = factories.agreement("LNS-3", amendments=())
    counts = reference.counts()
    for owner, city, first, last in (
        (agreement, "Reno", START, None),
        (other, "Boise", START - timedelta(days=9), None),
        (other, "Gone", START - timedelta(days=9), START - timedelta(days=1)),
        (other, "Planned", START + timedelta(days=1), None),
        (draft, "Without a price schedule", START, None),
    ):
        factories.site(owner, city, in_service_on=first, removed_on=last)
    partly, whole = factories.site(agreement, "Partly", START), factories.site(agreement, "Whole", START)
    factories.counts(partly, START, {code: counts[code] for code in counts if code != "SLC"})
    factories.counts(partly, START + timedelta(days=1), {"SLC": 1})  # tomorrow's count is not known yet
    factories.counts(whole, START, counts)

    assert waiting() == [
        "Boise, in service since 25 May 1999: no count",
        "Partly, in service since 3 June 1999: no count of SLC",
        "Reno, in service since 3 June 1999: no count",
    ]


@pytest.mark.business_date(START)
def test_home_says_which_sites_wait_and_leads_to_the_row_where_the_count_is_entered(agreement):
    client, home = client_of(DATA_ENTRY), reverse("home")
    assert "First counts" not in words(client.get(home))
    reno = factories.site(agreement, "Reno", in_service_on=START)

    page = client.get(home)

    assert f"Reno, {agreement.number} In service since 3 June 1999: no count" in words(page)
    (row,) = [link for link in links(page) if link.endswith(f"?site={reno.pk}")]
    led = client.get(row)
    assert led.headers["Location"].endswith(f"#site-{reno.pk}")
    assert f'id="site-{reno.pk}"' in client.get(led.headers["Location"]).content.decode()
    factories.counts(reno, START, reference.counts())
    assert "First counts" not in words(client.get(home))


@pytest.mark.business_date(START)
def test_home_names_five_and_leads_to_the_list_of_all(agreement):
    client = client_of(DATA_ENTRY)
    for site in factories.sites(agreement, 12)[:1]:
        factories.counts(site, START, reference.counts())

    page = client.get(reverse("home"))

    assert words(page).count("no count") == 5
    (more,) = [link for link in links(page) if "first_count=due" in link]
    assert "6 more" in words(page)
    listed = words(client.get(more))
    assert [f"City {number:04}" in listed for number in (1, 2, 12)] == [False, True, True]


@pytest.mark.business_date(START)
def test_list_asks_the_same_number_of_queries_for_more_sites(agreement, django_assert_num_queries):
    client = client_of(DATA_ENTRY)
    for number in (1, 2):
        factories.site(agreement, f"City {number}")
        with django_assert_num_queries(33):
            client.get(reverse("sites:site_list"), {"first_count": "due"})
