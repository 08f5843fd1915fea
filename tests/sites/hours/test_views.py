from datetime import date

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from sites.hours.recording import reverse_blocks, reverse_work
from sites.models import BlockPurchase, WorkEntry
from tests import factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, VIEWER, client_of
from tests.reading import words
from tests.sites.hours.rows import ON, bought, team, worked

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]


def page(client, agreement, **query) -> str:
    return words(client.get(reverse("sites:hours", args=[agreement.pk]), query))


# ---- the position


def test_page_says_how_far_the_blocks_are_and_when_hourly_prices_open(agreement, site):
    bought(agreement, date(1998, 11, 2), 4)
    team(site, date(1999, 2, 1), 4600)
    client = client_of(VIEWER)

    shown = page(client, agreement, on="1999-03-01")

    for message in (
        "Position on 1 March 1999",
        "Prepaid hours left 1,400.00 h 4 blocks bought",
        "Blocks completed 3 of 10",
        "Closed 3 of 10 blocks completed; opens 1 July 1999 at the latest",
        "Work that needs a block 0.00 h all work is covered",
        "Hourly prices are closed on 1 March 1999: 3 of 10 blocks completed.",
    ):
        assert message in shown
    assert "Open open to 30 September 1999" in page(client, agreement)


@pytest.mark.parametrize("on", ["", "1999-02-30", "2500-01-01", "x\uffff", "9" * 400])
def test_a_date_that_is_none_shows_today(agreement, on):
    response = client_of(VIEWER).get(reverse("sites:hours", args=[agreement.pk]), {"on": on, "period": on, "page": on})

    assert response.status_code == 200
    assert "Position on 15 July 1999" in words(response)


def test_work_that_needs_a_block_has_its_price_both_ways_and_a_button(agreement, site):
    worked(site, date(1999, 2, 1), "0.50")
    worked(site, date(1999, 2, 2), "12.00")
    manager, viewer, entry = client_of(ACCOUNT_MANAGER), client_of(VIEWER), client_of(DATA_ENTRY)
    buy = f'href="{reverse("sites:hours_buy", args=[agreement.pk])}"'

    shown = page(manager, agreement)
    assert "Work that needs a block, by now" in shown
    assert "12.50 h cost 121,500.00 in 1 block and 1,053.00 by the hour." in shown
    assert "1 Feb 1999 Augusta, GA Customer Care Ann Example 0.50 0.50" in shown
    assert "Buy 1 block…" in shown
    assert "nothing is billed for it" in shown
    assert "by the hour." in page(viewer, agreement)
    assert "Buy 1 block" not in page(viewer, agreement)
    assert "121,500.00" not in page(entry, agreement)
    assert "by the hour." not in page(entry, agreement)
    response = viewer.get(reverse("sites:hours", args=[agreement.pk]))
    assert buy not in response.content.decode()


def test_only_the_first_waiting_entries_are_listed(agreement, site):
    for number in range(23):
        worked(site, date(1999, 2, 1), "1.00", person=f"Person {number}")

    shown = page(client_of(VIEWER), agreement)

    assert "And 3 more; the ledger below shows them all." in shown
    assert "Work that needs a block 23.00 h" in shown


def test_days_without_terms_and_unused_hours_are_said(agreement, site, settings):
    bought(agreement, date(1999, 2, 1))
    settings.BUSINESS_DATE = date(2000, 12, 1)

    shown = page(client_of(VIEWER), agreement)

    assert "1,500.00 h were left unused when the agreement expired on 30 September 2000." in shown
    assert "None Agreement LNS970602JC expired on 30 September 2000" in shown
    assert shown.count("expired on 30 September 2000 (Amendment 1") == 1


# ---- picture, purchases, ledger


def test_picture_has_a_title_and_its_figures_beside_it(agreement, site):
    bought(agreement, date(1998, 11, 2))
    worked(site, date(1999, 2, 1), "10.00")

    response = client_of(VIEWER).get(reverse("sites:hours", args=[agreement.pk]))

    html = " ".join(response.content.decode().split())
    assert (
        '<title id="balance-chart-title">Prepaid hours left, 1 October 1998 to 30 September 2000. '
        "On 15 July 1999 1,490.00 h are left. Hourly prices are open"
    ) in html
    assert "28 Feb 1999 1,490.00 0.00" in words(response)
    assert "style=" not in html


def test_no_block_is_an_empty_state_without_a_picture(agreement):
    manager = client_of(ACCOUNT_MANAGER).get(reverse("sites:hours", args=[agreement.pk]))

    assert "<svg" not in manager.content.decode()
    assert "No block of hours is bought." in words(manager)
    assert "No work is on file for this agreement." in words(manager)
    assert "No block of hours is bought." in page(client_of(VIEWER), agreement)


def test_purchases_show_amount_state_and_who_may_reverse_them(agreement, site):
    first = bought(agreement, date(1998, 11, 2), 2, reference="PO-1")
    bought(agreement, date(1999, 1, 4))
    BlockPurchase.objects.filter(pk=first.pk).update(billed_on=date(1998, 12, 1))
    wrong = bought(agreement, date(1999, 3, 1))
    reverse_blocks(purchase=wrong, reason="Ordered twice", on=ON, by=None)
    manager, viewer, entry = (page(client_of(role), agreement) for role in (ACCOUNT_MANAGER, VIEWER, DATA_ENTRY))

    assert "2 Nov 1998 2 1–2 243,000.00 PO-1 Billed 1 Dec 1998 Reverse…" in manager
    assert "4 Jan 1999 1 3 121,500.00 – Not billed yet Reverse…" in manager
    assert "1 Mar 1999 1 – – – Reversed 15 Jul 1999 Ordered twice –" in manager
    assert "2 Nov 1998 2 1–2 243,000.00 PO-1 Billed 1 Dec 1998 –" in viewer
    assert "2 Nov 1998 2 1–2 PO-1 Billed 1 Dec 1998 –" in entry
    assert "243,000.00" not in entry


def test_a_block_that_is_not_cheaper_is_warned_of_with_prices_for_those_who_see_them(agreement):
    message = "a new block is not cheaper"

    assert message in page(client_of(VIEWER), agreement)
    assert message not in page(client_of(DATA_ENTRY), agreement)


def test_ledger_is_paged_by_annual_period(agreement, site, settings):
    settings.BUSINESS_DATE = date(1999, 10, 15)
    bought(agreement, date(1998, 11, 2))
    for day in range(1, 31):
        for person in ("Ann", "Bob"):
            worked(site, date(1999, 4, day), "1.00", person=person, on=date(1999, 10, 15))
    worked(site, date(1999, 10, 4), "2.00", on=date(1999, 10, 15))
    client = client_of(VIEWER)

    now = page(client, agreement)
    assert "Ledger 1 Annual period 2 (1) Annual period 1 (61) All (62)" in now
    assert "4 Oct 1999 Prepaid hours used Augusta, GA, Customer Care, Ann Example 1 2.00 1,438.00" in now
    assert "Ledger 61 " in page(client, agreement, on="1999-03-01")
    first = page(client, agreement, period="1")
    assert "Page 1 of 2" in first
    assert "30 Apr 1999" in first
    last = page(client, agreement, period="1", page="2")
    assert "2 Nov 1998 Blocks bought – 1 1,500.00 1,500.00" in last
    assert "Ledger 62" in page(client, agreement, period="all")


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_the_same_number_of_queries(agreement, site, number, django_assert_num_queries):
    for position in range(number):
        bought(agreement, date(1999, 1, 4))
        worked(factories.site(agreement, f"City {position}"), date(1998, 12, 1), "2.00", person=f"P {position}")
    client = client_of(ACCOUNT_MANAGER)

    with django_assert_num_queries(PAGE):
        client.get(reverse("sites:hours", args=[agreement.pk]))


PAGE, LIST, ENTRY = 19, 9, 18


# ---- links, permissions


def test_agreement_page_links_to_the_hours_for_those_who_may_see_them(agreement):
    link = f'href="{reverse("sites:hours", args=[agreement.pk])}"'

    agreement_page = client_of(VIEWER).get(reverse("sites:agreement_detail", args=[agreement.pk])).content.decode()
    assert link in agreement_page
    stranger = User.objects.create_user("stranger")
    assert not stranger.has_perm("sites.view_workentry")


# ---- entries


def test_list_of_entries_is_filtered_and_shows_their_state(agreement, site):
    worked(site, date(1999, 2, 1), "1.00", reference="REQ-7")
    gone = worked(site, date(1999, 2, 2), "2.00", person="Bob")
    reverse_work(entry=gone, reason="Never done", on=ON, by=None)
    WorkEntry.objects.filter(reference="REQ-7").update(billed_on=date(1999, 3, 1))
    worked(factories.site(factories.agreement("LNS980101JC"), "Elsewhere"), date(1999, 2, 3))
    client, address = client_of(VIEWER), reverse("sites:hours_entries", args=[agreement.pk])

    shown = words(client.get(address))
    assert "2 Feb 1999 Augusta, GA Customer Care 2.00 Bob Reversed 15 Jul 1999" in shown
    assert "1 Feb 1999 Augusta, GA Customer Care 1.00 Ann Example REQ-7 Billed 1 Mar 1999" in shown
    assert "Elsewhere" not in shown
    assert "All 2 Standing 1 Billed by the hour 1 Reversed 1" in shown
    for query, found in (
        ("q=req-7", "1 Feb 1999"),
        ("state=reversed", "2 Feb 1999"),
        ("state=billed", "1 Feb 1999"),
        ("first=1999-02-02", "2 Feb 1999"),
        ("last=1999-02-01", "1 Feb 1999"),
    ):
        one = words(client.get(f"{address}?{query}"))
        assert "Work entries of agreement LNS970602JC 1" in one
        assert found in one
    assert "No work entry fits all the filters above." in words(client.get(f"{address}?service=Customer+Care&q=zzz"))


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    for position in range(number):
        worked(factories.site(agreement, f"City {position}"), date(1998, 12, 1), "2.00", person=f"P {position}")
    client = client_of(VIEWER)

    with django_assert_num_queries(LIST):
        client.get(reverse("sites:hours_entries", args=[agreement.pk]))


def test_entry_says_what_became_of_its_hours(agreement, site):
    bought(agreement, date(1999, 6, 1))
    team(site, date(1999, 6, 15), 1499)
    entry = worked(site, date(1999, 7, 2), "1.50", reference="REQ-1")
    address = reverse("sites:hours_entry", args=[entry.pk])

    shown = words(client_of(VIEWER).get(address))
    for message in (
        "Work of 2 July 1999",
        "1.00 h from prepaid blocks. 0.50 h by the hour.",
        "Amount by the hour 40.50",
        "Billed Not yet",
        "Recorded 15 July 1999",
    ):
        assert message in shown
    assert "40.50" not in words(client_of(DATA_ENTRY).get(address))


def test_entry_offers_change_until_it_is_billed_and_correction_after(agreement, site):
    entry = worked(site, date(1999, 7, 2))
    client = client_of(ACCOUNT_MANAGER)
    address = reverse("sites:hours_entry", args=[entry.pk])
    links = {
        name: f'href="{reverse(f"sites:hours_{name}", args=[entry.pk])}"' for name in ("change", "correct", "reverse")
    }

    def offered() -> set[str]:
        html = client.get(address).content.decode()
        return {name for name, link in links.items() if link in html}

    assert offered() == {"change", "reverse"}
    WorkEntry.objects.update(billed_on=ON)
    assert offered() == {"correct", "reverse"}
    reverse_work(entry=entry, reason="Never done", on=ON, by=User.objects.get(username="account-manager"))
    assert offered() == set()
    assert "Reversed on 15 July 1999 by account-manager: Never done" in words(client.get(address))
    assert "it no longer counts" in words(client.get(address))


@pytest.mark.parametrize("number", [1, 3])
def test_entry_asks_the_same_number_of_queries(agreement, site, number, django_assert_num_queries):
    for position in range(number):
        entry = worked(site, date(1998, 12, 1), "2.00", person=f"P {position}")
    client = client_of(VIEWER)

    with django_assert_num_queries(ENTRY):
        client.get(reverse("sites:hours_entry", args=[entry.pk]))
