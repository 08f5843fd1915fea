"""The admin in a browser: every input has a name, and the search boxes work under the Content-Security-Policy."""

from datetime import date

import pytest
from playwright.sync_api import expect

from contracts.models import Agreement, Amendment, PartyAlias
from tests import factories, reference
from tests.contracts.admin.admin_pages import ADMIN, open_amendment
from tests.people import ACCOUNT_MANAGER, user_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.business_date(date(1999, 7, 15))]


NARROW = {"width": 390, "height": 844}
NAMELESS = """() => [...document.querySelectorAll("#content :is(input, select, textarea, [role=combobox])")]
    .filter(input => input.type !== "hidden" && input.type !== "submit" && input.offsetParent
        && !input.getAttribute("aria-label") && !(input.labels && input.labels.length))
    .map(input => input.name || input.className)"""


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


def test_customer_is_added_from_the_form_of_the_agreement(browser_page, sign_in):
    supplier = factories.agreement().supplier
    sign_in(user_of(ACCOUNT_MANAGER))
    browser_page.goto(f"{ADMIN}/agreement/add/")
    browser_page.get_by_label("Number", exact=True).fill("LNS990701AB")
    browser_page.get_by_label("Dated on").fill("1999-07-01")
    browser_page.get_by_label("First annual period starts on").fill("1999-10-01")
    with browser_page.expect_popup() as opened:
        browser_page.get_by_role("link", name="New party as customer").click()
    popup = opened.value
    expect(popup.get_by_role("navigation")).to_have_count(0)
    popup.get_by_role("button", name="Save", exact=True).click()
    expect(popup.get_by_role("alert")).to_be_visible()
    expect(popup.get_by_role("navigation")).to_have_count(0)
    popup.get_by_label("Legal name").fill("Prairie Lightwave LLC")
    popup.get_by_label("Address").fill("1 Main Street")
    popup.get_by_role("button", name="Save", exact=True).click()

    expect(browser_page.get_by_role("combobox", name="Customer: Prairie Lightwave LLC")).to_be_visible()
    browser_page.get_by_role("combobox", name="Supplier").click()
    browser_page.get_by_role("searchbox", name="Search").fill(supplier.legal_name[:5])
    browser_page.get_by_role("option", name=supplier.legal_name).click()
    browser_page.get_by_role("button", name="Save", exact=True).click()

    expect(browser_page.get_by_role("heading", name="Agreement LNS990701AB")).to_be_visible()
    entered = Agreement.objects.get(number="LNS990701AB")
    assert browser_page.url.endswith(f"/agreements/{entered.pk}/")
    assert entered.customer.legal_name == "Prairie Lightwave LLC"


def test_reload_and_back_send_no_record_again_and_lose_nothing_that_was_typed(browser_page, sign_in):
    agreement = factories.agreement()
    sign_in(user_of(ACCOUNT_MANAGER))
    address, sent = f"{ADMIN}/party/{agreement.customer_id}/change/", []
    browser_page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    save = browser_page.get_by_role("button", name="Save", exact=True)
    browser_page.goto(address)
    browser_page.get_by_label("Legal name").fill("")
    browser_page.get_by_label("Address").fill("2 Second Street")
    browser_page.locator(".add-row a").click()
    browser_page.locator("input[name=aliases-0-name]").fill("KMC Telcom")
    save.click()

    for _time in range(2):
        expect(browser_page.get_by_role("alert")).to_be_visible()
        assert "answer=" in browser_page.url
        assert browser_page.get_by_label("Address").input_value() == "2 Second Street"
        assert browser_page.locator("input[name=aliases-0-name]").input_value() == "KMC Telcom"
        browser_page.reload()
    answered = browser_page.url
    browser_page.go_back()
    expect(browser_page.get_by_role("alert")).to_have_count(0)
    browser_page.go_forward()
    browser_page.get_by_label("Legal name").fill("KMC Telecom Holdings")
    save.click()

    browser_page.get_by_text("was changed").wait_for()
    browser_page.reload()
    expect(browser_page.get_by_text("was changed")).to_have_count(0)
    browser_page.go_back()
    browser_page.goto(answered)
    expect(browser_page.get_by_role("alert")).to_have_count(0)
    assert browser_page.get_by_label("Legal name").input_value() == "KMC Telecom Holdings"
    assert len(sent) == 2
    assert [one.name for one in PartyAlias.objects.all()] == ["KMC Telcom"]


def test_lists_and_forms_fit_a_phone(browser_page, sign_in):
    agreement = factories.agreement()
    amendment = open_amendment(agreement)
    site = factories.site(agreement, "Melbourne")
    person = user_of(ACCOUNT_MANAGER)
    person.is_superuser = True
    person.save()
    sign_in(person)
    browser_page.set_viewport_size(NARROW)
    addresses = ["/admin/", f"{ADMIN}/agreement/{agreement.pk}/change/", f"{ADMIN}/amendment/{amendment.pk}/change/"]
    addresses += [f"/admin/sites/site/{site.pk}/change/", f"/admin/auth/user/{person.pk}/change/", "/password/"]
    addresses += [f"{ADMIN}/party/{agreement.customer_id}/{page}/" for page in ("change", "history", "delete")]
    addresses += [
        f"/admin/{path}/" for path in ("contracts/agreement", "sites/site", "sites/chargedlevel", "auth/user")
    ]
    widths = {}
    for address in addresses:
        browser_page.goto(address)
        widths[address] = browser_page.evaluate("document.documentElement.scrollWidth")

    assert widths == dict.fromkeys(addresses, NARROW["width"])


def test_a_filter_names_what_is_chosen(browser_page, sign_in):
    factories.agreement()
    factories.agreement("A-2", amendments=())
    sign_in(user_of(ACCOUNT_MANAGER))
    browser_page.goto(f"{ADMIN}/amendment/")
    browser_page.get_by_text("Signatures: All").click()
    browser_page.get_by_role("link", name="Not executed").click()

    expect(browser_page.get_by_text("Signatures: Not executed")).to_be_visible()
    expect(browser_page.get_by_text("No record has this text and fits all the filters above.")).to_be_visible()
    browser_page.get_by_role("link", name="Clear filters").first.click()
    expect(browser_page.get_by_role("link", name="Amendment 1")).to_be_visible()


def test_every_input_has_a_name(browser_page, sign_in):
    agreement = factories.agreement()
    amendment = open_amendment(agreement)
    factories.schedule(agreement, amendment, reference.SCHEDULE, clause="Appendix A")
    site = factories.site(agreement, "Melbourne")
    sign_in(user_of(ACCOUNT_MANAGER))
    for path in (
        f"{ADMIN}/party/{agreement.customer_id}/change/",
        f"{ADMIN}/agreement/add/",
        f"{ADMIN}/amendment/{amendment.pk}/change/",
        f"/agreements/{agreement.pk}/amendments/{amendment.number}/sign/customer/",
        f"/agreements/{agreement.pk}/amendments/{amendment.number}/schedule/",
        "/admin/sites/site/add/",
        f"/admin/sites/site/{site.pk}/change/",
        f"/sites/{site.pk}/service/correct/",
        "/admin/sites/componentcount/add/",
    ):
        browser_page.goto(path)
        assert browser_page.evaluate(NAMELESS) == [], path
    assert browser_page.get_by_role("combobox", name="Site").count() == 1


def test_row_added_to_an_inline_has_names_too(browser_page, sign_in):
    agreement = factories.agreement()
    sign_in(user_of(ACCOUNT_MANAGER))
    browser_page.goto(f"{ADMIN}/party/{agreement.customer_id}/change/")
    browser_page.get_by_text("Add an alias").click()

    assert browser_page.locator("#id_aliases-0-name").get_attribute("aria-label") == "Name, new row"
    assert browser_page.evaluate(NAMELESS) == []
