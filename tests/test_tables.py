"""Every page and its tables: none wider than the window, whatever the names; tables scroll in a box and fit paper."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
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
    const first = [...table.querySelectorAll('tbody > tr')]
      .map((row) => [...row.children].find((cell) => cell.checkVisibility()))
      .find((cell) => cell && !cell.hasAttribute('colspan'));
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
FILES = {
    "new and changed counts": ("counts", f"site,date,GE,SLC\n{LONG},1999-06-30,17,6\nAugusta,1999-08-03,11,6\n"),
    "refused counts": ("counts", "site,date,GE,SLC\nNowhere,1999-06-30,many,6\nAugusta,30 June,11,six\n"),
    "sites whose columns are asked about": (
        "sites",
        "city,state,first day,address\nSparks,NV,1999-09-01,1 First Street\nElko,NV,soon,2 First Street\n",
    ),
    "work": ("work", f"date,site,service,hours,person,reference\n1999-07-12,{LONG},Customer Care,2.5,Ann {LONG},R-1\n"),
}
"""Files that are looked through, by what their preview shows: the kind of import, and the text."""
SCREENS = {width: ({"width": width, "height": 900}, "screen", FAULTS) for width in (320, 390, 1280, 1440)}
PAPER = ({"width": 672, "height": 960}, "print", CUT)
"""Letter upright with margins of three quarters of an inch, in points of a screen."""


@pytest.fixture
def addresses(settings, tmp_path, sign_in, client, browser_page) -> dict[str, str]:
    """The address of every page that is no file: of the desk, of the records, and of files that are looked through."""
    arguments = every_page(settings, tmp_path, city=LONG) | {"home": (), "admin:index": ()}
    Party.objects.filter(legal_name="KMC Telecom Inc.").update(legal_name=f"{LONG} Telephone Company")
    sign_in(User.objects.create_superuser("all"))
    files = ("_pdf", "_xlsx", "_csv", "_file", "_document", "_evidence")
    pages = {name: reverse(name, args=args) for name, args in arguments.items() if not name.endswith(files)}
    (agreement,) = arguments["sites:imports"]
    previews = {f"preview of {name}": preview(client, agreement, kind, text) for name, (kind, text) in FILES.items()}
    return pages | dict(records()) | previews


def records() -> Iterator[tuple[str, str]]:
    """The address of the list of each kind of record, and of the first row."""
    for model in admin.site._registry:
        name, first = (
            f"admin:{model._meta.app_label}_{model._meta.model_name}",
            model._base_manager.order_by("pk").first(),
        )
        yield f"{name}_changelist", reverse(f"{name}_changelist")
        if first is not None:
            yield f"{name}_change", reverse(f"{name}_change", args=[first.pk])


def preview(client, agreement: int, kind: str, text: str) -> str:
    """Choose a file on the page of an import; return the address to which that leads."""
    file = SimpleUploadedFile(f"{kind}.csv", text.encode())
    return client.post(reverse("sites:import", args=[agreement, kind]), {"file": file}).headers["Location"]


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
