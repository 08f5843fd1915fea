"""The search box in the head of every page, in a browser: the key that leads to it, and its place on narrow screens."""

from datetime import date
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests import factories
from tests.people import VIEWER, user_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.business_date(date(1999, 8, 5))]
SEARCH = "/search/"


def test_slash_leads_to_the_box_but_not_while_something_is_typed(browser_page: Page, sign_in):
    site = factories.site(factories.agreement(), "Reno", state="NV")
    sign_in(user_of(VIEWER))
    browser_page.goto(reverse("contracts:agreement_list"))
    box, other = browser_page.get_by_role("searchbox", name="Find on the desk"), browser_page.locator("#id_q")

    other.focus()
    browser_page.keyboard.press("/")
    expect(other).to_be_focused()
    expect(other).to_have_value("/")
    other.blur()
    browser_page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    browser_page.keyboard.type("Reno")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(f"**{SEARCH}?{urlencode({'q': 'Reno'})}")
    expect(box).to_have_value("Reno")
    browser_page.keyboard.press("/")
    browser_page.keyboard.type("Reno, NV")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(f"**{reverse('sites:site_detail', args=[site.pk])}")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_head_is_no_wider_than_the_window(browser_page: Page, sign_in, width):
    sign_in(user_of(VIEWER))
    browser_page.set_viewport_size({"width": width, "height": 700})
    browser_page.goto(SEARCH)

    expect(browser_page.get_by_role("searchbox", name="Find on the desk")).to_be_in_viewport(ratio=1)
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= width
