"""Every page as axe reads it: WCAG 2.2 AA, in a wide window and on a phone. A new page joins by having an address."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.contrib.admin import site as admin_site
from django.contrib.auth.models import User
from django.db import connection
from django.urls import URLResolver, get_resolver, reverse
from playwright.sync_api import Page

from tests.full_desk import COUNTS, every_page

pytestmark = pytest.mark.skipif(
    connection.vendor == "postgresql", reason="Pages are the same on every database: axe reads them on SQLite"
)

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
WINDOWS = [
    pytest.param({"width": 1280, "height": 900}, id="wide"),
    pytest.param({"width": 390, "height": 844}, id="phone", marks=pytest.mark.full),
]

NO_PAGES = {
    "logout",
    "invoicing:lost_file",
    "sites:counts",
    "sites:month_grid_figures",
    "sites:month_grid_row",
    "sites:site_history_csv",
    "sites:site_history_xlsx",
    "sites:import_preview",
    "sites:import_template",
    "sites:count_template",
    "sites:count_export",
    "contracts:agreement_suggestions",
    "sites:review_pdf",
    "sites:quotation_file",
    "sites:report_pdf",
    "sites:report_xlsx",
    "sites:report_revision_pdf",
    "sites:report_revision_xlsx",
    "invoicing:invoice_pdf",
    "invoicing:invoice_evidence",
}
"""Addresses that lead on, take what a page sends, or answer with a file."""

NO_LOOK = {
    "logout_everywhere",
    "contracts:amendment_withdraw",
    "contracts:amendment_copy_schedule",
    "contracts:amendment_discard_schedule",
    "sites:report_unmark",
}
"""Addresses of buttons only, or of pages that need an amendment with one signature."""

WRONG = "site,date,GE,SLC\nAugusta,1999-08-05,eleven,6\nNowhere,1999-08-05,1,1\n"


def names(resolver: URLResolver, prefix: str = "") -> set[str]:
    """The names of all addresses but the admin's."""
    found: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                found |= names(pattern, f"{pattern.namespace}:" if pattern.namespace else prefix)
        else:
            found.add(f"{prefix}{pattern.name}")
    return found


@pytest.fixture
def pages(settings, tmp_path) -> dict[str, str]:
    """The address of each page by its name, on a desk with one row of everything."""
    arguments = every_page(settings, tmp_path) | {"home": ()}
    return {name: reverse(name, args=args) for name, args in arguments.items() if name not in NO_PAGES}


@pytest.fixture(params=WINDOWS)
def window(request) -> dict[str, int]:
    """The size of the window: wide, and with --all that of a phone too."""
    return request.param


@pytest.fixture
def page(browser, live_server, client, window):
    """A page of somebody who may do everything. Axe injects styles of its own, so the policy does not hold here."""
    root = User.objects.create_superuser("root")
    client.force_login(root)
    context = browser.new_context(base_url=live_server.url, locale="en-US", bypass_csp=True, viewport=window)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    yield context.new_page()
    context.close()


def findings(page: Page, address: str) -> list[str]:
    """What axe finds on the page as it stands, with the place of each finding."""
    found = []
    for violation in Axe().run(page, options=RULES).response["violations"]:
        places = ", ".join(str(node["target"][0]) for node in violation["nodes"][:3])
        found.append(f"{address}: {violation['id']}: {places}")
    return found


def test_every_address_is_a_page_or_said_to_be_none():
    assert names(get_resolver()) >= NO_PAGES | NO_LOOK


@pytest.mark.django_db(transaction=True)
def test_axe_finds_nothing_on_any_page(page, pages):
    assert set(pages) == names(get_resolver()) - NO_PAGES - NO_LOOK
    found = []
    for name, address in pages.items():
        if name == "login":
            continue
        answer = page.goto(address)
        assert (name, answer.status) == (name, 200)
        assert re.match("text/html", answer.headers["content-type"]), name
        found += findings(page, address)

    assert not found, "\n".join(found)


@pytest.mark.django_db(transaction=True)
def test_axe_finds_nothing_on_what_a_file_would_do(page, pages):
    found = []
    for name, text in (("good.csv", COUNTS.replace("-04", "-05")), ("wrong.csv", WRONG)):
        page.goto(pages["sites:import"])
        page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": text.encode()})
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_load_state()
        found += findings(page, name)

    assert not found, "\n".join(found)


@pytest.mark.django_db(transaction=True)
def test_axe_finds_nothing_in_data_entry(page, pages):
    person = User.objects.get(username="root").pk
    page.goto(reverse("admin:index"))
    page.locator(".person > summary").click()
    found = findings(page, "index with the menu of the person")
    for name in ("history", "delete", "password_change"):
        page.goto(reverse(f"admin:auth_user_{name}", args=[person]))
        found += findings(page, name)
    page.goto(reverse("admin:sites_site_add"))
    page.get_by_role("combobox", name="Agreement").click()
    page.get_by_role("option", name=re.compile("^LN")).first.wait_for()
    found += findings(page, "search box with what it found")
    for model in admin_site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"admin:{label}_changelist")]
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            addresses.append(reverse(f"admin:{label}_change", args=[row.pk]))
        addresses.append(reverse(f"admin:{label}_add"))
        for address in addresses:
            if page.goto(address).status == 200:
                found += findings(page, address)

    assert not found, "\n".join(found)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("window", WINDOWS[:1], indirect=True)
def test_axe_sees_what_is_wrong(page, pages):
    page.goto(pages["sites:site_list"])
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<input name=\"x\">')")

    assert [finding.split(": ")[1] for finding in findings(page, "x")] == ["label"]


@pytest.mark.django_db(transaction=True)
def test_axe_finds_nothing_at_the_door(browser, live_server, window):
    context = browser.new_context(base_url=live_server.url, bypass_csp=True, viewport=window)
    page = context.new_page()
    page.goto(reverse("login"))
    found = findings(page, "login")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    found += findings(page, "login with an error")
    context.close()

    assert not found, "\n".join(found)
