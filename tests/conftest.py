"""What all tests share: settings that leave no trace on this machine, and a browser."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import django
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# Before anything reads the settings: pytest works by itself, without bin/test and whatever the shell has set.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["SECRET_KEY"] = "used by tests only, where it signs nothing that anybody else sees"
os.environ["BUSINESS_DATE"] = ""
os.environ["DEBUG"] = "0"
os.environ["HTTPS"] = "0"
django.setup()

from django.conf import settings as django_settings  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402

from contracts.models import Agreement  # noqa: E402
from contracts.sealing import guards  # noqa: E402
from people import roles  # noqa: E402
from tests import factories  # noqa: E402
from tests.people import Reader, client_of  # noqa: E402

django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
django_settings.WHITENOISE_AUTOREFRESH = True  # finds a style sheet when asked, instead of all of them for every client

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # In place of Playwright's own list. The popup of the address bar is a page of its own, made for every window.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,AimEnabled,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,OptimizationHints,NetworkTimeServiceQuerying,"
    "PaintHolding,PreconnectToSearch,DestroyProfileOnBrowserClose,AvoidUnnecessaryBeforeUnloadCheckSync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what bin/test passes on."""
    parser.addoption("--database-only", action="store_true", help="leave out what asks no database: it was run before")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what no database changes where the suite is run again for another one: pure rules, papers, browsers."""
    if not config.getoption("--database-only"):
        return
    kept, left = [], []
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        asks = item.get_closest_marker("django_db") or names & {"db", "transactional_db", "live_server"}
        alike = item.get_closest_marker("any_database") or "browser" in names
        (kept if (asks or item.get_closest_marker("full")) and not alike else left).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def pytest_collection_finish() -> None:
    """Keep the collector of garbage from going through what is there for the whole run again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path: Path) -> None:
    """Give every test its own folder for PDFs and for uploads."""
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    settings.PAPERS_DIR = tmp_path / "papers"
    settings.SECONDS_FOR_A_PAPER = None  # until it is printed, however busy the machine is
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture(autouse=True)
def _business_date(request, settings) -> None:
    """Set the business date of a test or file that names one: pytest.mark.business_date(date(1999, 7, 15))."""
    if marker := request.node.get_closest_marker("business_date"):
        (settings.BUSINESS_DATE,) = marker.args


@pytest.fixture(scope="module")
def once_for_the_file(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Let a fixture of a whole file put on file what every test there begins with; each test takes back its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def agreement(db) -> Agreement:
    """The reference agreement, executed, without sites."""
    return factories.agreement()


@pytest.fixture
def client() -> Client:
    """A client that nobody is signed in with; it goes on to what is answered to a form."""
    return Reader()


@pytest.fixture
def manager(db) -> Client:
    """A client of an account manager."""
    return client_of(roles.ACCOUNT_MANAGER)


@pytest.fixture(autouse=True)
def _guards_let_the_flush_pass(request) -> Iterator[None]:
    """Drop the guards of sealed rows before a transactional test is flushed; the flush makes them again."""
    marker = request.node.get_closest_marker("django_db")
    transactional = marker is not None and marker.kwargs.get("transaction")
    if not transactional and not {"transactional_db", "live_server"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    guards.drop_triggers()


@pytest.fixture
def finance(django_user_model):
    """Return a user of finance, with the permissions of that role."""
    user = django_user_model.objects.create_user("finance", password="finance")
    user.groups.add(Group.objects.get(name=roles.FINANCE))
    return user


def without_browser(reason: str) -> NoReturn:
    """Skip the test, or fail it where bin/test has found a browser and promised one."""
    if os.environ.get("REQUIRE_CHROMIUM") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium once."""
    path = shutil.which("chromium")
    if path is None:
        without_browser("Chromium is missing: apt-get install chromium")
    # Playwright keeps an event loop in this thread, in which Django would refuse every query of the test itself.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    manager = sync_playwright()
    try:
        playwright = manager.start()
    except Exception as error:  # the driver says nothing more exact
        without_browser(f"Playwright does not start ({error}): apt-get install libatomic1")
    chromium = playwright.chromium.launch(executable_path=path, headless=True, args=CHROMIUM_FLAGS)
    yield chromium
    chromium.close()
    playwright.stop()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browser_page(browser: Browser, live_server) -> Iterator[Page]:
    """Open a page with an empty profile; addresses may be relative: browser_page.goto("/login/").

    The test fails when a page raises a script error, breaks the Content-Security-Policy or asks another server.
    """
    context = browser.new_context(base_url=live_server.url, locale="en-US", timezone_id="America/New_York")
    page = context.new_page()
    faults = []

    def note_request(request) -> None:
        if not request.url.startswith((live_server.url, "data:", "blob:", "about:")):
            faults.append(f"request to {request.url}")

    def note_console(message) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    context.on("request", note_request)
    context.on("weberror", lambda error: faults.append(f"script error: {error.error}"))
    context.on("console", note_console)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def sign_in(browser_page: Page, live_server, client) -> Callable:
    """Return a function that signs a user in on the browser page without the sign-in form: sign_in(user)."""

    def with_session(user) -> None:
        client.force_login(user)
        name = django_settings.SESSION_COOKIE_NAME
        browser_page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])

    return with_session
