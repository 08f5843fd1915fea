"""Choosing an agreement among many: the filter of every list that shows agreements, and what it suggests."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests import factories
from tests.people import FINANCE, VIEWER, client_of, user_of
from tests.reading import words

pytestmark = pytest.mark.django_db
SUGGESTIONS, SITES = "contracts:agreement_suggestions", "sites:site_list"


def cities(client, text: str) -> set[str]:
    page = words(client.get(reverse(SITES), {"agreement": text}))
    return {city for city in ("Reno", "Waco") if city in page}


@pytest.fixture
def agreements():
    """Two agreements, of which one's number begins with the other's."""
    for number, city in (("LNS-1", "Reno"), ("LNS-10", "Waco")):
        factories.site(factories.agreement(number), city)


def test_the_whole_number_means_one_agreement_and_a_part_all_that_have_it(agreements):
    client = client_of(VIEWER)

    assert cities(client, "lns-1") == {"Reno"}
    assert cities(client, "LNS-10") == {"Waco"}
    assert cities(client, "LNS") == cities(client, "kmc tele") == {"Reno", "Waco"}
    assert cities(client, "nobody") == set()


def test_the_list_of_agreements_and_the_suggestions_go_on_to_longer_numbers(agreements):
    client = client_of(VIEWER)

    listed = words(client.get(reverse("contracts:agreement_list"), {"q": "LNS-1"}))
    suggested = client.get(reverse(SUGGESTIONS), {"q": "LNS-1"}).json()

    assert "LNS-10" in listed
    assert [each["value"] for each in suggested] == ["LNS-1", "LNS-10"]


def test_suggestions_name_number_and_customer_and_stop_at_twenty(agreements):
    client = client_of(VIEWER)
    assert client.get(reverse(SUGGESTIONS), {"q": "-10"}).json() == [{"value": "LNS-10", "label": "KMC Telecom Inc."}]

    for number in range(20):
        factories.agreement(f"Z-{number:02}", amendments=())

    assert len(client.get(reverse(SUGGESTIONS)).json()) == 20
    assert client.get(reverse(SUGGESTIONS), {"q": "\uffff" * 300}).status_code == 200


def test_a_page_is_no_longer_with_more_agreements_on_file(agreements):
    client = client_of(VIEWER)
    before = len(client.get(reverse(SITES)).content)

    for number in range(40):
        factories.agreement(f"Z-{number:02}", amendments=())

    assert len(client.get(reverse(SITES)).content) == before


@pytest.mark.django_db(transaction=True)
def test_the_browser_offers_what_is_suggested(browser_page: Page, sign_in):
    factories.site(factories.agreement("LNS-1"), "Reno")
    sign_in(user_of(VIEWER))
    browser_page.goto(reverse(SITES))

    browser_page.get_by_label("Agreement").fill("kmc")

    offered = browser_page.locator("datalist option")
    expect(offered).to_have_count(1)
    assert offered.evaluate("option => [option.value, option.label]") == ["LNS-1", "KMC Telecom Inc."]


@pytest.mark.django_db(transaction=True)
def test_a_run_takes_one_suggestion_after_the_other(browser_page: Page, sign_in):
    rows = [factories.agreement(f"LNS-{number}") for number in (1, 2, 10)]
    sign_in(user_of(FINANCE))
    browser_page.goto(reverse("invoicing:run"))
    named = browser_page.get_by_label("Only these agreements")

    for number in ("LNS-1", "LNS-10"):
        named.fill(number)
        expect(browser_page.locator(f"datalist option[value='{number}']")).to_have_count(1)
        named.press("Tab")
        expect(browser_page.get_by_label(f"{number}, KMC Telecom Inc.")).to_be_checked()
    expect(browser_page.get_by_label("All agreements")).not_to_be_checked()
    browser_page.get_by_role("button", name="Preview").click()

    expect(browser_page).to_have_url(re.compile(f"&agreement={rows[0].pk}&agreement={rows[2].pk}$"))
