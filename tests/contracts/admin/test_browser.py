"""The admin in a browser: every input has a name, and the search boxes work under the Content-Security-Policy."""

from datetime import date

import pytest

from contracts.models import Amendment
from tests import factories, reference
from tests.contracts.admin.admin_pages import ADMIN, open_amendment
from tests.people import ACCOUNT_MANAGER, user_of

pytestmark = pytest.mark.django_db(transaction=True)

NAMELESS = """() => [...document.querySelectorAll("#content :is(input, select, textarea, [role=combobox])")]
    .filter(input => input.type !== "hidden" && input.type !== "submit" && input.offsetParent
        && !input.getAttribute("aria-label") && !(input.labels && input.labels.length))
    .map(input => input.name || input.className)"""


@pytest.fixture(autouse=True)
def _business_date(settings):
    settings.BUSINESS_DATE = date(1999, 7, 15)


def test_amendment_is_entered_with_the_search_box(browser_page, sign_in):
    agreement = factories.agreement()
    sign_in(user_of(ACCOUNT_MANAGER))
    browser_page.goto(f"{ADMIN}/amendment/add/")
    browser_page.get_by_role("combobox", name="Agreement").click()
    browser_page.get_by_role("searchbox", name="Search").fill("lns97")
    browser_page.get_by_role("option", name="LNS970602JC").click()
    browser_page.get_by_label("Number", exact=False).first.fill("2")
    browser_page.get_by_label("Effective on").fill("1999-10-01")
    browser_page.get_by_role("button", name="Save", exact=True).click()

    browser_page.get_by_text("was added").wait_for()
    assert Amendment.objects.get(number=2).agreement == agreement


def test_every_input_has_a_name(browser_page, sign_in):
    agreement = factories.agreement()
    amendment = open_amendment(agreement)
    schedule = factories.schedule(agreement, amendment, reference.SCHEDULE, clause="Appendix A")
    site = factories.site(agreement, "Melbourne")
    sign_in(user_of(ACCOUNT_MANAGER))
    for path in (
        f"{ADMIN}/party/{agreement.customer_id}/change/",
        f"{ADMIN}/agreement/add/",
        f"{ADMIN}/amendment/{amendment.pk}/change/",
        f"{ADMIN}/amendment/{amendment.pk}/sign-customer/",
        f"{ADMIN}/priceschedule/{schedule.pk}/change/",
        f"{ADMIN}/servicelevel/{schedule.levels.first().pk}/change/",
        "/admin/sites/site/add/",
        f"/admin/sites/site/{site.pk}/record-counts/",
        "/admin/sites/componentcount/add/",
    ):
        browser_page.goto(path)
        assert browser_page.evaluate(NAMELESS) == [], path
    assert browser_page.get_by_role("combobox", name="Site").count() == 1


def test_row_added_to_an_inline_has_names_too(browser_page, sign_in):
    agreement = factories.agreement()
    sign_in(user_of(ACCOUNT_MANAGER))
    browser_page.goto(f"{ADMIN}/party/{agreement.customer_id}/change/")
    browser_page.get_by_text("Add another Party alias").click()

    assert browser_page.locator("#id_aliases-0-name").get_attribute("aria-label") == "Name, new row"
    assert browser_page.evaluate(NAMELESS) == []
