"""A walk through the desk in a browser: agreement, site, invoice, run, issue. With a script engine and without one."""

from datetime import date

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from people.roles import FINANCE
from tests import factories, reference

PASSWORD = "a long word for tests"  # noqa: S105
NARROW = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _desk(settings, live_server) -> None:
    settings.BUSINESS_DATE = date(1998, 12, 1)
    user = User.objects.create_user("finance", password=PASSWORD)
    user.groups.add(Group.objects.get(name=FINANCE))
    agreement = factories.agreement()
    site = factories.site(agreement, "Reno", state="NV")
    factories.counts(site, date(1998, 10, 1), reference.counts())
    factories.counts(site, date(1998, 11, 1), reference.counts(GE=14))
    draft_invoices(through=date(1998, 10, 31), on=date(1998, 11, 1), by=None, agreements=[agreement], issue_drafts=True)


def sign_in_with_the_form(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Username").fill("finance")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def walk(page: Page) -> None:
    """From the agreement to an issued invoice, by links and buttons only."""
    sign_in_with_the_form(page)
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    page.get_by_role("link", name="Agreements").click()
    page.get_by_role("link", name="LNS970602JC").click()
    expect(page.get_by_role("cell", name="163,000.00")).to_be_visible()
    page.get_by_role("link", name="Reno, NV").click()
    expect(page.get_by_text("14 of 15 gateway elements").first).to_be_visible()
    page.get_by_role("link", name="Invoices").first.click()
    page.get_by_role("link", name="INV-00001", exact=True).click()
    page.get_by_text("Why this amount").click()
    expect(page.get_by_text("1 of 12 months, each a twelfth of the annual price.")).to_be_visible()

    page.get_by_role("link", name="Invoices").first.click()
    page.get_by_role("link", name="Run invoices").click()
    page.get_by_role("button", name="Draft invoices").click()
    page.get_by_role("link", name="November 1998").click()
    page.get_by_role("link", name="Issue…").click()
    page.get_by_role("button", name="Issue", exact=True).click()
    expect(page.get_by_text("Invoice INV-00002 is issued, dated 1 December 1998.")).to_be_visible()
    assert Invoice.objects.issued().count() == 2


@pytest.mark.django_db(transaction=True)
def test_walk_from_agreement_to_issued_invoice(browser_page):
    faults = []
    browser_page.on("console", lambda message: message.type == "error" and faults.append(message.text))
    browser_page.on("response", lambda response: response.status >= 400 and faults.append(response.url))

    walk(browser_page)

    assert faults == []


@pytest.mark.django_db(transaction=True)
def test_walk_without_javascript(browser, live_server):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)

    walk(context.new_page())

    context.close()


@pytest.mark.django_db(transaction=True)
def test_filter_and_dates_work_with_the_keyboard(browser_page):
    sign_in_with_the_form(browser_page)
    browser_page.goto("/invoices/")
    browser_page.get_by_label("Kind").select_option("credit-note")
    browser_page.get_by_role("button", name="Filter").press("Enter")
    expect(browser_page.get_by_text("No invoice or credit note fits all the filters above.")).to_be_visible()
    browser_page.get_by_role("link", name="Clear filters").first.click()
    expect(browser_page.get_by_role("link", name="INV-00001", exact=True)).to_be_visible()

    browser_page.goto("/agreements/")
    browser_page.get_by_role("link", name="LNS970602JC").click()
    browser_page.get_by_label("Service date").fill("2000-10-01")
    browser_page.get_by_role("button", name="Show").press("Enter")
    expect(browser_page.get_by_text("expired on 30 September 2000")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_no_page_is_wider_than_a_phone(browser_page):
    sign_in_with_the_form(browser_page)
    browser_page.set_viewport_size(NARROW)
    invoice = Invoice.objects.get()
    site = invoice.lines.get().site_id

    addresses = ["/agreements/", f"/agreements/{invoice.agreement_id}/", "/sites/", f"/sites/{site}/", "/invoices/"]
    addresses += [f"/invoices/{invoice.pk}/", f"/invoices/{invoice.pk}/credit/", "/invoices/run/"]
    addresses += ["/invoices/corrections/", f"/invoices/corrections/{invoice.agreement_id}/", "/waivers/", "/reviews/"]
    addresses += [f"/sites/{site}/integration/", f"/sites/{site}/starting-level/"]
    parts = ["hours", "hours/entries", "readings", *(f"amendments/1{end}" for end in ("", "/comparison", "/effect"))]
    addresses += [f"/agreements/{invoice.agreement_id}/{part}/" for part in parts]
    widths = {}
    for address in addresses:
        browser_page.goto(address)
        widths[address] = browser_page.evaluate("document.documentElement.scrollWidth")

    assert widths == dict.fromkeys(addresses, NARROW["width"])


@pytest.mark.django_db(transaction=True)
def test_every_input_has_a_name(browser_page):
    sign_in_with_the_form(browser_page)
    invoice = Invoice.objects.get()

    for address in ("/agreements/", f"/agreements/{invoice.agreement_id}/", "/sites/", "/invoices/", "/invoices/run/"):
        browser_page.goto(address)
        inputs = browser_page.locator("main :is(input:not([type=hidden]), select, textarea)").all()
        assert inputs
        for entry in inputs:
            assert entry.evaluate("element => element.labels.length > 0"), f"{address}: {entry.get_attribute('name')}"


@pytest.mark.django_db(transaction=True)
def test_the_keyboard_shows_where_it_is(browser_page):
    sign_in_with_the_form(browser_page)
    browser_page.goto("/invoices/")
    browser_page.get_by_label("Billing period to").focus()
    for _ in range(4):  # a date has a day, a month, a year and a calendar
        browser_page.keyboard.press("Tab")

    shown = "({activeElement}) => [activeElement.innerText, getComputedStyle(activeElement).outlineWidth]"
    focus = browser_page.evaluate_handle("document").evaluate(shown)

    assert focus == ["Filter", "3px"]
