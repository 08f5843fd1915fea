"""Every page that each role can reach by links, on a phone: none fails, complains in the console or is too wide."""

import re
from datetime import date
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Page

from tests import factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, user_of

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(connection.vendor == "postgresql", reason="Pages are the same on every database"),
    pytest.mark.django_db(transaction=True),
]

PHONES = [{"width": 390, "height": 844}, {"width": 320, "height": 640}]
NO_PAGE = re.compile(r"\.(pdf|xlsx|csv)|[?&]export=|/(pdf|file|export|template|evidence|logout)/")
LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


def empty_desk() -> None:
    """Nothing is on file."""


def without_sites() -> None:
    """The reference agreement alone."""
    factories.agreement()


def demonstration() -> None:
    """The demonstration, to the middle of July 1999."""
    call_command("load_demonstration", until=date(1999, 7, 15), verbosity=0)


def as_it_reads(html: str, person: User) -> str:
    """A page without what differs each time it is sent: who reads it, and the token of its forms."""
    return TOKEN.sub("", html).replace(person.username, "")


def reached(page: Page, person: User, seen: set[tuple[str, str]]) -> tuple[set[str], list[str]]:
    """Follow every kind of link once; return the kinds of addresses, and what was wrong where.

    A page that reads as one in `seen` is answered alike, and looks alike: it is not laid out again.
    """
    kinds, wrong, to_do = set(), [], ["/"]
    page.on("console", lambda said: said.type == "error" and wrong.append(f"{page.url}: {said.text}"))
    while to_do:
        address = to_do.pop(0)
        kind = re.sub(r"\d+", "0", address.split("?")[0])
        if kind in kinds:
            continue
        kinds.add(kind)
        response = page.request.get(address)
        if not response.ok:
            wrong.append(f"{address}: {response.status}")
        html = response.text()
        reads = (kind, as_it_reads(html, person))
        if reads not in seen:
            seen.add(reads)
            wrong += too_wide(page, address)
        links = [unescape(link).split("#")[0] for link in LINK.findall(html) if link.startswith("/")]
        to_do += [link for link in links if not NO_PAGE.search(link)]
    return kinds, wrong


def too_wide(page: Page, address: str) -> list[str]:
    """Open a page at the width of one phone, then of the other; say where it is wider."""
    page.goto(address)
    found, size = [], page.viewport_size
    for phone in sorted(PHONES, key=lambda phone: phone != size):
        page.set_viewport_size(phone)
        if page.evaluate("document.documentElement.scrollWidth") > phone["width"]:
            found.append(f"{address}: wider than a phone of {phone['width']} pixels")
    return found


@pytest.mark.business_date(date(1999, 7, 15))
@pytest.mark.parametrize(("state", "least"), [(empty_desk, 12), (without_sites, 20), (demonstration, 50)])
def test_every_page_opens_without_a_fault(browser_page, sign_in, state, least):
    state()
    people = [user_of(role, username=f"a {role}") for role in (ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER)]
    seen = set()
    for person in (*people, User.objects.create_superuser("root")):
        sign_in(person)

        kinds, wrong = reached(browser_page, person, seen)

        assert wrong == [], person
        assert len(kinds) >= least, person
