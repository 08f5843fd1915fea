"""Buttons of forms that change something: off after the first click, on again when somebody comes back."""

from datetime import date

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests import factories
from tests.people import ACCOUNT_MANAGER, FINANCE, user_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.business_date(date(1999, 7, 15))]


COME_BACK = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"


@pytest.fixture
def unanswered(browser_page) -> list[Request]:
    """What the page sends, of which the server never hears: the page stays as it is while it waits."""
    sent = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request)
            route.fulfill(status=204)
        else:
            route.continue_()

    browser_page.route("**/*", hold)
    return sent


def test_the_button_is_off_until_the_page_comes_back(browser_page: Page, sign_in, unanswered):
    agreement = factories.agreement()
    sign_in(user_of(ACCOUNT_MANAGER))
    browser_page.goto(f"/agreements/{agreement.pk}/hours/blocks/")
    button = browser_page.get_by_role("button", name="Record the purchase")

    button.click()
    expect(button).to_be_disabled()
    browser_page.evaluate(COME_BACK)
    expect(button).to_be_enabled()
    button.click()
    expect(button).to_be_disabled()

    assert len(unanswered) == 2


def test_the_button_that_was_clicked_is_sent_with_its_form(browser_page: Page, sign_in, unanswered):
    factories.agreement()
    sign_in(user_of(FINANCE))
    browser_page.goto("/invoices/run/")

    browser_page.get_by_role("button", name="Preview").click()

    expect(browser_page.get_by_role("button", name="Draft invoices")).to_be_disabled()
    assert "preview=1" in unanswered[0].post_data
