"""Every page and its tables: none wider than the window, whatever the names; tables scroll in a box and fit paper."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from contracts.models import Party
from tests.full_desk import every_page

pytestmark = [
    pytest.mark.skipif(connection.vendor == "postgresql", reason="Pages are the same on every database"),
    pytest.mark.django_db(transaction=True),
]

FAULTS = """() => {
  const faults = [], named = (table) => table.className + ' ' + table.innerText.slice(0, 40).replaceAll('\\n', ' ');
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page is wider than the window');
  for (const table of document.querySelectorAll('main table')) {
    if (!table.checkVisibility()) continue;
    let box = table.parentElement;
    while (box !== document.body && getComputedStyle(box).overflowX !== 'auto') box = box.parentElement;
    if (box === document.body) {
      if (table.getBoundingClientRect().right > innerWidth) faults.push('cut: ' + named(table));
      continue;
    }
    if (box.getBoundingClientRect().right > innerWidth + 1) faults.push('its box is cut: ' + named(table));
    if (box.scrollWidth <= box.clientWidth + 1 || table.parentElement !== box) continue;
    box.scrollLeft = box.scrollWidth;
    const edge = box.getBoundingClientRect();
    const first = table.querySelector('tbody > tr > :first-child:not([colspan])');
    if (table.getBoundingClientRect().right > edge.right + 1) faults.push('last column: ' + named(table));
    if (first && first.getBoundingClientRect().left < edge.left - 1) faults.push('first column: ' + named(table));
    box.scrollLeft = 0;
  }
  return faults;
}"""
CUT = """() => [...document.querySelectorAll('main table')]
  .filter((table) => table.checkVisibility() && table.getBoundingClientRect().right > innerWidth + 1)
  .map((table) => table.className + ' ' + Math.round(table.getBoundingClientRect().right))"""
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
"""A name of one word that is longer than a phone is wide."""
SCREENS = {width: ({"width": width, "height": 900}, "screen", FAULTS) for width in (320, 390, 1280, 1440)}
PAPER = ({"width": 672, "height": 960}, "print", CUT)
"""Letter upright with margins of three quarters of an inch, in points of a screen."""


@pytest.fixture
def addresses(settings, tmp_path, sign_in, browser_page) -> dict[str, str]:
    """The address of every page that is no file."""
    arguments = every_page(settings, tmp_path, city=LONG)
    Party.objects.filter(legal_name="KMC Telecom Inc.").update(legal_name=f"{LONG} Telephone Company")
    sign_in(User.objects.create_superuser("all"))
    files = ("_pdf", "_xlsx", "_csv", "_file", "_document")
    return {name: reverse(name, args=args) for name, args in arguments.items() if not name.endswith(files)}


@pytest.mark.parametrize(
    "sheets",
    [
        pytest.param([SCREENS[1280]], id="wide"),
        pytest.param([SCREENS[320], SCREENS[390], SCREENS[1440], PAPER], id="any", marks=pytest.mark.full),
    ],
)
def test_no_table_is_cut_on_a_screen_or_on_paper_and_its_first_column_stays(browser_page, addresses, sheets):
    faults = {}
    for name, address in addresses.items():
        browser_page.goto(address)
        for size, media, looks_for in sheets:
            browser_page.set_viewport_size(size)
            browser_page.emulate_media(media=media)
            faults[name, size["width"], media] = browser_page.evaluate(looks_for)

    faults = {place: found for place, found in faults.items() if found}
    assert faults == {}, faults
