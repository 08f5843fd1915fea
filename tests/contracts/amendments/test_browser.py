"""An amendment from its draft to both signatures in a browser, without a script engine too, and as wide as a phone."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from contracts.models import Amendment
from tests import factories
from tests.contracts.amendments.amendment_pages import address, draft_with_table, sign, table_of
from tests.people import ACCOUNT_MANAGER, user_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.business_date(date(1999, 2, 15))]


NARROW = {"width": 390, "height": 844}
SAVE = "Save the price table"


def walk(page: Page, agreement_pk: int) -> None:
    """From the agreement to an executed amendment, by links and buttons only."""
    page.goto(f"/agreements/{agreement_pk}/")
    page.get_by_role("link", name="Draft the next amendment").click()
    page.get_by_label("Number", exact=True).fill("3")
    page.get_by_label("Effective on").fill("1999-01-01")
    page.get_by_role("button", name="Draft the amendment").click()
    expect(page.get_by_text("Amendment 2 comes next, not 3.")).to_be_visible()
    page.get_by_label("Number", exact=True).fill("2")
    page.get_by_role("button", name="Draft the amendment").click()

    page.get_by_label("Change all prices by").fill("-5")
    page.get_by_role("button", name="Fill the table, without saving").click()
    expect(page.get_by_text("Nothing is saved yet")).to_be_visible()
    page.get_by_label("Small, gateway elements", exact=True).nth(0).fill("15-25")
    page.get_by_role("button", name=SAVE).last.click()
    expect(page.get_by_text("15 is in Very Small and in Small.").first).to_be_visible()
    page.get_by_label("Small, gateway elements", exact=True).nth(0).fill("16-25")
    page.get_by_label("Small, gateway elements", exact=True).nth(0).press("Enter")
    expect(page.get_by_text("is saved: 9 values changed.")).to_be_visible()

    page.get_by_role("link", name="Compare with what is in force").click()
    expect(page.get_by_role("cell", name="188,100.00 −9,900.00")).to_be_visible()
    page.get_by_role("link", name="Amendment 2", exact=True).click()
    for index in range(2):
        page.get_by_role("link", name="Record it…").first.click()
        page.get_by_label("Name").fill(f"Signer {index}")
        page.get_by_label("Signed on").fill("1999-02-10")
        page.get_by_role("button", name="Record the signature").click()
    expect(page.get_by_text("is executed as of 10 February 1999 and sealed.")).to_be_visible()


def test_walk_from_the_draft_to_both_signatures(browser_page, sign_in):
    agreement = factories.agreement()
    sign_in(user_of(ACCOUNT_MANAGER))

    walk(browser_page, agreement.pk)

    amendment = Amendment.objects.get(number=2)
    assert amendment.executed_on == date(1999, 2, 10)
    assert [str(level.annual_price) for level in table_of(amendment).levels][:2] == ["154850.00", "188100.00"]


def test_walk_without_javascript(browser, live_server, client, settings):
    agreement = factories.agreement()
    client.force_login(user_of(ACCOUNT_MANAGER))
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])

    walk(context.new_page(), agreement.pk)

    context.close()
    assert Amendment.objects.get(number=2).executed_on == date(1999, 2, 10)


def test_no_page_is_wider_than_a_phone_and_every_input_has_a_name(browser_page, sign_in):
    draft = draft_with_table()
    signed = draft_with_table(agreement=factories.agreement("LNS-2"))
    sign(signed)
    sign_in(user_of(ACCOUNT_MANAGER))
    browser_page.set_viewport_size(NARROW)
    addresses = [
        f"/agreements/{draft.agreement_id}/amendments/draft/",
        address("amendment_withdraw", signed, "customer"),
    ]
    addresses += [address("amendment_sign", draft, "customer"), address("amendment_detail", signed)]
    addresses += [
        address(f"amendment_{name}", draft)
        for name in ("detail", "change", "schedule", "comparison", "discard", "discard_schedule")
    ]
    widths = {}
    for page in addresses:
        assert browser_page.goto(page).status == 200
        widths[page] = browser_page.evaluate("document.documentElement.scrollWidth")
        for entry in browser_page.locator("main :is(input:not([type=hidden]), select, textarea)").all():
            assert entry.evaluate("element => element.labels.length > 0"), f"{page}: {entry.get_attribute('name')}"

    assert widths == dict.fromkeys(addresses, NARROW["width"])
