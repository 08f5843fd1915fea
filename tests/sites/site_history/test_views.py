"""The history page of a site and the page of sites about to change level: content, and who sees what."""

import csv
import io
from datetime import date

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from sites.models import MissingCount, Site
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, tables, words

JUNE = date(1999, 6, 15)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(JUNE)]


DAYS = (date(1998, 10, 1), date(1998, 11, 30), date(1999, 1, 31), date(1999, 3, 31), date(1999, 5, 31))


def growing(agreement, city: str = "Reno", first: int = 11, by: int = 1) -> Site:
    """Gateway elements 11 to 15, one more every second month, or from another figure by more."""
    site = factories.site(agreement, city)
    for position, day in enumerate(DAYS):
        factories.counts(site, day, reference.counts(GE=first + by * position))
    return site


def page(site: Site, name: str = "site_history") -> str:
    return reverse(f"sites:{name}", args=[site.pk])


# ---- the history page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [VIEWER, ACCOUNT_MANAGER, FINANCE, DATA_ENTRY])
def test_every_role_that_sees_sites_sees_the_history(role):
    site = growing(factories.agreement())
    client = client_of(role)
    for name in ("site_history", "site_history_csv", "site_history_xlsx"):
        assert client.get(page(site, name)).status_code == 200
    assert page(site) in links(client.get(reverse("sites:site_detail", args=[site.pk])))


def test_history_and_outlook_ask_for_a_sign_in_and_for_the_right_to_see_sites():
    site = growing(factories.agreement())
    nobody = Client()
    nobody.force_login(User.objects.create_user("nobody"))
    outlook = reverse("sites:level_outlook", args=[site.agreement_id])
    for address in (*(page(site, name) for name in ("site_history", "site_history_csv", "site_history_xlsx")), outlook):
        assert Client().get(address).status_code == 302
        assert nobody.get(address).status_code == 403


def test_page_has_charts_with_words_and_tables():
    response = client_of(ACCOUNT_MANAGER).get(page(growing(factories.agreement())))

    message = response.content.decode()
    assert message.count("<svg") == 3 + message.count('class="icon"')
    assert "gateway elements: 15 of 15 on 31 May 1999, 11 on 1 October 1998; 15 reached 31 May 1999." in message
    assert "Charged: Very Small from 1 October 1998." in message
    limits, levels, counts = tables(response)
    assert limits[1][:5] == [
        "gateway elements",
        "15 31 May 1999",
        "15 Very Small reached 31 May 1999",
        "15, full",
        "+6.0",
    ]
    assert levels[1] == ["1 October 1998", "15 June 1999 so far", "Very Small", "Very Small", "0.00"]
    assert counts[1][:2] == ["June 1999", "not yet"]
    assert counts[2][:2] == ["May 1999", "+1 15 31 May"]
    assert counts[3][:2] == ["April 1999", "missing"]


def test_price_difference_is_only_for_whoever_may_see_prices_and_charged_levels():
    site = growing(factories.agreement())
    heading = "Measured less charged, a year"
    assert heading in tables(client_of(VIEWER).get(page(site)))[1][0]
    hidden = client_of(DATA_ENTRY).get(page(site))
    assert tables(hidden)[1][0] == ["From", "Through", "Measured level"]
    assert "harged" not in words(hidden).replace("Recharged", "")


def test_reason_for_a_figure_that_nobody_could_count_stands_beside_it():
    site = growing(factories.agreement())
    MissingCount.objects.create(
        site=site, component_code="GE", month=date(1999, 4, 1), reason="Meter broken", recorded_on=JUNE
    )
    assert tables(client_of(VIEWER).get(page(site)))[2][3][:3] == ["April 1999", "missing Meter broken", "missing"]


def test_component_of_choice_is_drawn_large():
    site = growing(factories.agreement())
    message = client_of(VIEWER).get(page(site), {"component": "SLC"}).content.decode()
    assert '<h2 id="component">SLC</h2>' in message
    assert 'aria-current="true">SLC</a>' in message


def test_site_without_counts_says_so_and_draws_nothing():
    site = factories.site(factories.agreement(), "Reno")
    response = client_of(VIEWER).get(page(site))
    assert "Nothing has been counted at this site by 15 June 1999" in words(response)
    assert "chart-box" not in response.content.decode()


def test_demonstration_is_marked_and_other_sites_are_not():
    agreement = factories.agreement()
    invented = growing(agreement, "Mobile")
    Site.objects.filter(pk=invented.pk).update(is_demonstration=True)
    client = client_of(VIEWER)
    outlook = reverse("sites:level_outlook", args=[agreement.pk])
    assert "Demonstration data" in words(client.get(page(invented)))
    assert "Demonstration data" in words(client.get(outlook))
    assert "Demonstration data" not in words(client.get(page(growing(agreement))))
    Site.objects.update(is_demonstration=False)
    assert "Demonstration data" not in words(client.get(outlook))


def test_csv_holds_the_table():
    response = client_of(VIEWER).get(page(growing(factories.agreement()), "site_history_csv"))

    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))

    assert response["Content-Disposition"].startswith('attachment; filename="LNS970602JC-counts-')
    assert rows[0][:3] == ["Month", "gateway elements", "gateway elements counted on"]
    assert rows[1][:3] == ["1998-10", "11", "1998-10-01"]
    assert rows[3][:3] == ["1998-12", "", ""]
    assert len(rows) == 1 + 9


def test_history_costs_the_same_queries_for_one_count_and_many(django_assert_num_queries):
    agreement = factories.agreement()
    few, many = factories.site(agreement, "Mobile"), growing(agreement)
    factories.counts(few, date(1998, 10, 1), reference.counts())
    client = client_of(VIEWER)
    for site in (few, many):
        with django_assert_num_queries(19):
            client.get(page(site))


# ---- sites about to change level -----------------------------------------------------------------------------------


def outlook_of(role: str, agreement) -> list[list[str]]:
    return tables(client_of(role).get(reverse("sites:level_outlook", args=[agreement.pk])))[0]


def test_outlook_lists_sites_that_are_full_or_expected_soon_with_the_level_after():
    agreement = factories.agreement()
    growing(agreement)
    roomy = factories.site(agreement, "Mobile")
    factories.counts(roomy, date(1999, 5, 31), reference.counts(GE=12, SLC=6))
    nearly = factories.site(agreement, "Tulsa")
    factories.counts(nearly, date(1999, 5, 31), reference.counts(GE=24))

    rows = outlook_of(ACCOUNT_MANAGER, agreement)

    assert rows[0] == [
        "Site",
        "Component",
        "Limit expected to be passed",
        "Measured level",
        "After it",
        "Difference a year",
    ]
    assert rows[1][:2] == ["Reno", "15 of 15 gateway elements Full"]
    assert rows[1][3:] == ["Very Small", "Small", "+35,000.00"]
    assert rows[2] == [
        "Tulsa",
        "24 of 25 gateway elements",
        "Fewer than 4 counts in the last 365 days.",
        "Small",
        "Medium",
        "+47,000.00",
    ]
    assert len(rows) == 3


def test_outlook_lists_a_site_with_room_only_where_its_trend_passes_the_limit_within_90_days():
    """Counts on days 0, 60, 122, 181 and 242: the median slope of 5 to 13 is 4/121, the height 5.

    5 + 4d/121 > 15 from d = 303, 31 July 1999. From 9 to 13 half as steep: 9 + 2d/121 > 15 from d = 364: late.
    """
    agreement = factories.agreement()
    growing(agreement, "Soon", first=5, by=2)
    growing(agreement, "Later", first=9)

    (_heading, row) = outlook_of(VIEWER, agreement)

    assert row[:3] == ["Soon", "13 of 15 gateway elements", "31 July 1999"]


def test_level_that_rests_on_a_blank_cell_is_marked():
    agreement = factories.agreement()
    site = factories.site(agreement, "Reno")
    factories.counts(site, date(1999, 5, 31), reference.counts(GE=50))
    (_heading, row) = outlook_of(VIEWER, agreement)
    assert row[4] == (
        "Very Large The level depends on a cell left blank in the source: a person confirms before it is proposed."
    )


def test_component_that_does_not_decide_the_level_is_not_listed():
    agreement = factories.agreement()
    site = factories.site(agreement, "Reno")
    factories.counts(site, date(1999, 5, 31), reference.counts(GE=20, SLC=8))
    assert "No site is about to change level." in words(
        client_of(VIEWER).get(reverse("sites:level_outlook", args=[agreement.pk]))
    )


def test_outlook_hides_prices_from_whoever_may_not_see_them():
    agreement = factories.agreement()
    growing(agreement)
    assert "Difference a year" not in outlook_of(DATA_ENTRY, agreement)[0]


def test_agreement_page_leads_to_the_outlook_only_with_the_right_to_see_sites():
    agreement = factories.agreement()
    address = reverse("sites:level_outlook", args=[agreement.pk])
    detail = reverse("sites:agreement_detail", args=[agreement.pk])
    reader = User.objects.create_user("reader")
    reader.user_permissions.add(Permission.objects.get(codename="view_agreement"))
    client = Client()
    client.force_login(reader)

    assert address in links(client_of(ACCOUNT_MANAGER).get(detail))
    assert address not in links(client.get(detail))


def test_figures_lead_to_their_history_only_with_the_right_to_see_counts():
    site = growing(factories.agreement())
    address = reverse("invoicing:count_history", args=[site.pk, "GE", DAYS[-1]])
    reader = User.objects.create_user("reader")
    reader.user_permissions.add(Permission.objects.get(codename="view_site"))
    client = Client()
    client.force_login(reader)

    assert address in links(client_of(VIEWER).get(page(site)))
    assert address not in links(client.get(page(site)))


def test_files_are_offered_only_where_there_are_months():
    agreement = factories.agreement()
    planned = factories.site(agreement, "Lubbock", date(1999, 8, 15))
    counted = growing(agreement)
    client = client_of(VIEWER)

    assert page(counted, "site_history_csv") in links(client.get(page(counted)))
    assert page(planned, "site_history_csv") not in links(client.get(page(planned)))
    assert client.get(page(planned, "site_history_xlsx")).status_code == 200


def test_outlook_shows_the_soonest_of_all_pages_first_and_loses_none(monkeypatch):
    monkeypatch.setattr("contracts.pages.lists.ROWS_OF_A_TABLE", 2)
    agreement = factories.agreement()
    growing(agreement, "Akron", first=5, by=2)
    for city, room in (("Boise", 1), ("Fargo", 0)):
        counted = factories.site(agreement, city)
        factories.counts(counted, date(1998, 2, 1), reference.counts(GE=15 - room))
    client, address = client_of(VIEWER), reverse("sites:level_outlook", args=[agreement.pk])

    first, second = (client.get(address, {"page": page}) for page in ("1", "2"))

    assert [row[0] for page in (first, second) for row in tables(page)[0][1:]] == ["Akron", "Fargo", "Boise"]
    assert "Sites about to change level 3" in words(first)
    assert "?page=2" in links(first)


@pytest.mark.parametrize("number", [1, 3])
def test_outlook_costs_the_same_queries_for_one_site_and_three(number, django_assert_num_queries):
    agreement = factories.agreement()
    for city in ("Reno", "Mobile", "Tulsa")[:number]:
        growing(agreement, city)
    client = client_of(VIEWER)
    with django_assert_num_queries(16):
        client.get(reverse("sites:level_outlook", args=[agreement.pk]))
