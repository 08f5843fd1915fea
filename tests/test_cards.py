"""Lists on a phone: a row is a card that shows its amounts and its state without scrolling, and is read as a table."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.template import Context, Template
from django.urls import reverse

from contracts.models import LostRecord, Party
from sites.models import Site
from tests import factories, reference
from tests.full_desk import ON, every_page
from tests.test_lists import LISTS, desk
from tests.test_tables import LONG

pytestmark = [
    pytest.mark.skipif(connection.vendor == "postgresql", reason="Pages are the same on every database"),
    pytest.mark.django_db(transaction=True),
]

WIDTHS = (390, 320)
FIRST = {
    "contracts:agreement_list": ["Expires"],
    "sites:site_list": ["State", "Service", "Charged level"],
    "sites:imports": ["State"],
    "sites:import_layouts": ["Files of"],
    "sites:hours_entries": ["Hours", "State"],
    "sites:review_list": ["State"],
    "sites:report_list": ["State"],
    "sites:agreement_reports": ["State"],
    "invoicing:invoice_list": ["Total", "State"],
    "invoicing:correction_list": ["Billed", "Due now", "Difference", "What the run makes of it"],
    "invoicing:waiver_list": ["Amount", "State"],
    "invoicing:lost_list": ["Explanation"],
    "sites:agreement_detail": ["Service", "Charged level"],
    "sites:hours": ["Amount", "State"],
    "sites:hours_enter": ["Hours"],
    "sites:integration": ["State", "Price"],
    "sites:level_outlook": ["Difference a year"],
    "invoicing:run_detail": ["Total", "Now"],
    "admin:invoicing_invoice_changelist": ["Total"],
    "admin:sites_site_changelist": ["Agreement"],
}
"""What a card shows below its title: on every list page, on other pages that hold a list, and on lists of records."""

CARDS = """() => {
  const faults = document.documentElement.scrollWidth > innerWidth ? ['the page is wider than the window'] : [];
  const rows = [...document.querySelectorAll('main .cards tbody > tr')].filter((row) => row.checkVisibility());
  for (const part of rows.flatMap((row) => [row, ...row.querySelectorAll('*:not(.visually-hidden)')])) {
    const {left, right} = part.getBoundingClientRect();
    if (left < 0 || right > innerWidth) faults.push('outside the window: ' + part.innerText);
  }
  const top = (cell) => cell.getBoundingClientRect().top;
  const cards = rows.map((row) => [...row.children].filter((cell) => !cell.matches('.card-choice, :empty'))
    .sort((one, other) => top(one) - top(other)).map((cell) => cell.dataset.label));
  return [faults, cards];
}"""


@pytest.fixture
def lists(settings, tmp_path, sign_in) -> dict[str, str]:
    """The address of every page of FIRST, with long names and at least one row in each list."""
    arguments = every_page(settings, tmp_path, city=LONG)
    Party.objects.filter(legal_name="KMC Telecom Inc.").update(legal_name=f"{LONG} Telephone Company")
    factories.counts(Site.objects.get(city="Augusta"), ON, reference.counts(GE=15))
    LostRecord.objects.create(title=f"INV-{LONG}", explanation="gap", reason=LONG, recorded_on=ON)
    sign_in(User.objects.create_superuser("all", first_name=LONG))
    return {name: reverse(name, args=arguments.get(name, ())) for name in FIRST}


def test_every_list_shows_amounts_and_state_on_a_phone_without_scrolling(browser_page, lists):
    assert set(LISTS) <= set(FIRST)
    wrong = {}
    for name, address in lists.items():
        browser_page.goto(address)
        for width in WIDTHS:
            browser_page.set_viewport_size({"width": width, "height": 700})
            faults, cards = browser_page.evaluate(CARDS)
            first = FIRST[name]
            if faults or not any(card[1 : len(first) + 1] == first for card in cards):
                wrong[name, width] = faults, cards[:2]

    assert wrong == {}, wrong


@pytest.mark.business_date(ON)
def test_what_sorts_a_list_stands_above_its_cards(browser_page, sign_in):
    desk()
    sign_in(User.objects.create_superuser("all"))
    browser_page.set_viewport_size({"width": 390, "height": 700})
    browser_page.goto(reverse("invoicing:invoice_list"))

    shown = [
        link.inner_text()
        for link in browser_page.locator(".cards thead a").all()
        if link.bounding_box()["width"] > 1 and link.bounding_box()["height"] >= 24
    ]
    browser_page.get_by_role("link", name="Total", exact=True).click()

    assert shown == ["Number", "Kind", "Agreement", "Billing period", "Issued on", "Due on", "Total", "State"]
    assert browser_page.url.endswith("?sort=total")


@pytest.mark.business_date(ON)
def test_cards_are_read_as_a_table_and_printed_as_one(browser_page, sign_in):
    desk()
    sign_in(User.objects.create_superuser("all"))
    browser_page.set_viewport_size({"width": 390, "height": 700})
    browser_page.goto(reverse("invoicing:waiver_list"))
    table = browser_page.get_by_role("table")
    headings = (
        "table => [...table.querySelectorAll('th')].map(cell => [cell.innerText, getComputedStyle(cell).display])"
    )
    shown = "table => getComputedStyle(table.querySelector('tbody > tr')).display"

    assert table.get_by_role("columnheader").count() == len(table.evaluate(headings)) > 0
    assert table.get_by_role("row").count() == 1 + 1
    assert "none" not in {display for _heading, display in table.evaluate(headings)}
    assert table.evaluate(shown) == "flex"
    browser_page.emulate_media(media="print")
    assert table.evaluate(shown) == "table-row"
    browser_page.emulate_media(media="screen")
    browser_page.set_viewport_size({"width": 641, "height": 700})
    assert table.evaluate(shown) == "table-row"


def test_each_cell_is_named_by_the_heading_of_its_column():
    table = """{% load cards %}{% cards %}<table><thead><tr><th class="x" scope="col"><a href="?">Site</a></th><th>
      The "price"</th></tr></thead><tbody><tr><th scope="row">Reno</th><td class="money">1.00</td></tr>
      <tr><td colspan="2">None</td></tr></tbody></table>{% endcards %}"""

    assert Template(table).render(Context()) == (
        """<table role="table"><thead role="rowgroup"><tr role="row"><th role="columnheader" class="x" scope="col">"""
        """<a href="?">Site</a></th><th role="columnheader">
      The "price"</th></tr></thead><tbody role="rowgroup"><tr role="row"><th role="rowheader" data-label="Site" """
        """scope="row">Reno</th><td role="cell" data-label="The &quot;price&quot;" class="money">1.00</td></tr>
      <tr role="row"><td role="cell" data-label="Site" colspan="2">None</td></tr></tbody></table>"""
    )
