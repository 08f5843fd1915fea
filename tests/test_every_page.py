"""Every page of every role in a browser, in three states of the desk: no error in its console, nothing too wide."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from playwright.sync_api import Browser, Page

from tests import factories
from tests.full_desk import every_page
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, superuser_client
from tests.test_accessibility import NO_PAGES

pytestmark = [
    pytest.mark.full,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "postgresql", reason="Pages are the same on every database"),
]

LONG_NAME = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
WIDTHS = (320, 390)
OF_A_KIND = 2
"""Pages of one name that a walk opens: the next ones differ in their rows only."""
NOT_FOLLOWED = NO_PAGES - {"home", "sites:counts"}


def empty(settings, folder: Path) -> list[str]:
    return []


def reference_without_sites(settings, folder: Path) -> list[str]:
    settings.BUSINESS_DATE = date(1999, 7, 15)
    factories.agreement()
    return []


def demonstration(settings, folder: Path) -> list[str]:
    arguments = every_page(settings, folder, city=LONG_NAME)
    return [reverse(name, args=args) for name, args in arguments.items() if name not in NO_PAGES]


class Walk:
    """A walk of one person from page to page, by every link."""

    def __init__(self, page: Page, begin: list[str]):
        self.page, self.waiting, self.seen, self.faults = page, begin, {}, []
        page.on("console", lambda message: self.note(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.note(str(error)))

    def note(self, text: str) -> None:
        self.faults.append(f"{self.page.url}: {text}")

    def go(self) -> None:
        while self.waiting:
            address = self.waiting.pop(0)
            if self.is_new(address):
                self.look(address)

    def is_new(self, address: str) -> bool:
        try:
            name = resolve(urlsplit(address).path).view_name
        except Resolver404:
            return False
        key = (name, urlsplit(address).query != "")
        if name in NOT_FOLLOWED or "export=" in address or self.seen.get(key, 0) >= OF_A_KIND:
            return False
        self.seen[key] = self.seen.get(key, 0) + 1
        return True

    def look(self, address: str) -> None:
        answer = self.page.goto(address)
        if answer.status >= 400:
            self.note(f"{address} answers {answer.status}")
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 800})
            beyond = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if beyond > 0:
                self.note(f"{beyond} px too wide at {width}")
            tops = self.page.eval_on_selector_all(".site-nav a", "links => links.map(one => one.offsetTop)")
            if len(set(tops)) > 1:
                self.note(f"the menu takes {len(set(tops))} lines at {width}")
        links = self.page.eval_on_selector_all("a[href]", "links => links.map(one => one.getAttribute('href'))")
        base = urlsplit(self.page.url).path
        self.waiting += [f"{base}{one}" if one.startswith("?") else one for one in links if one[:1] in "/?"]


@pytest.mark.parametrize("state", [empty, reference_without_sites, demonstration], ids=lambda state: state.__name__)
def test_no_page_has_an_error_in_its_console_or_is_too_wide(
    browser: Browser, live_server, settings, tmp_path, state: Callable
):
    addresses = state(settings, tmp_path)
    clients = {role: client_of(role) for role in (ACCOUNT_MANAGER, FINANCE, DATA_ENTRY, VIEWER)}
    clients = {"Administrator": superuser_client(), **clients}

    faults, opened = {}, 0
    for role, client in clients.items():
        walk = _walk(browser, live_server.url, client, ["/", *(addresses if role == "Administrator" else ())])
        faults |= {role: walk.faults} if walk.faults else {}
        opened += sum(walk.seen.values())
    print(f"{state.__name__}: {opened} pages opened")  # shown with -rP

    assert faults == {}


def _walk(browser: Browser, server: str, client: Client, begin: list[str]) -> Walk:
    context = browser.new_context(base_url=server, locale="en-US")
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": server}])
    walk = Walk(context.new_page(), begin)
    walk.go()
    context.close()
    return walk
