"""The forms of hours: what they record, and every refusal at its field."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.urls import reverse

from sites.hours.recording import entry_version
from sites.models import BlockPurchase, WorkEntry
from tests import event_pages, factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, client_of
from tests.reading import words
from tests.sites.hours.rows import CARE, ON, PROVISIONING, bought, team, worked
from tests.sites.refusals import stored

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]


DAY = date(1999, 7, 12)


@pytest.fixture
def client():
    return client_of(ACCOUNT_MANAGER)


def address(name: str, key: int) -> str:
    return reverse(f"sites:{name}", args=[key])


faults = partial(event_pages.faults, stored=stored)
led_back = partial(event_pages.led_back, stored=stored)


def test_buying_again_asks_whose_place_it_takes(agreement, client):
    first, url = bought(agreement, DAY), address("hours_buy", agreement.pk)
    assert "replaces" not in client.get(url).context["form"].fields
    BlockPurchase.objects.update(billed_on=ON)
    client.post(address("hours_reverse_blocks", first.pk), {"reason": "Two were ordered"})
    typed = {"bought_on": "1999-07-12", "blocks": "2", "reference": ""}

    assert "Yes, in place of that of 12 July 1999" in words(client.get(url))
    assert faults(client, url, typed) == {"replaces": ["Say whether it replaces the purchase that was reversed."]}
    assert faults(client, url, typed | {"replaces": "77"})["replaces"]
    shown = words(client.post(url, typed | {"replaces": first.pk}, follow=True))

    assert BlockPurchase.objects.get(reversed_on=None).replaces == first
    assert "In place of the purchase of 12 Jul 1999" in shown
    client.post(url, typed | {"allow_duplicate": "on"})  # nothing is left to be replaced, nothing is asked
    assert BlockPurchase.objects.filter(replaces=None, reversed_on=None).count() == 1


def facts(site, **changed) -> dict:
    """What is typed for one entry."""
    message = {"worked_on": "1999-07-12", "site": site.pk, "service": CARE, "hours": "7.25", "person": "Ann Example"}
    return message | {"reference": ""} | changed


# ---- blocks


def test_buying_blocks_tells_the_balance_and_what_was_covered(agreement, site, client):
    worked(site, date(1999, 2, 1), "10.00")

    response = client.post(
        address("hours_buy", agreement.pk), {"bought_on": "1999-07-12", "blocks": "2", "reference": "PO-7"}, follow=True
    )

    assert response.redirect_chain == [(address("hours", agreement.pk), 302)]
    message = "2 blocks bought on 12 July 1999: 2,990.00 h are left on 15 July 1999. 10.00 h that waited are covered."
    assert message in words(response)
    row = BlockPurchase.objects.get()
    assert (row.bought_on, row.blocks, row.reference, row.recorded_on) == (DAY, 2, "PO-7", ON)
    assert row.recorded_by.username == "account-manager"


def test_as_many_blocks_of_the_same_day_are_bought_again_only_on_purpose(agreement, client):
    url, typed = address("hours_buy", agreement.pk), {"bought_on": "1999-07-12", "blocks": "2", "reference": ""}
    client.post(url, typed)

    assert 'name="allow_duplicate"' not in client.get(url).content.decode()
    assert faults(client, url, typed) == {
        "allow_duplicate": [
            "A purchase of 2 blocks on 12 July 1999 is on file. "
            "If this is another one, confirm it below and record it again."
        ]
    }
    assert client.post(url, typed | {"blocks": "3"}).status_code == 302
    assert client.post(url, typed | {"allow_duplicate": "on"}).status_code == 302
    assert sorted(BlockPurchase.objects.values_list("blocks", flat=True)) == [2, 2, 3]


def test_the_form_proposes_what_the_waiting_work_needs_and_warns(agreement, site, client):
    team(site, date(1999, 2, 1), 1600)

    response = client.get(address("hours_buy", agreement.pk))

    assert response.context["form"].initial == {"bought_on": ON, "blocks": 2}
    shown = words(response)
    assert "1,600.00 h of work wait for a block." in shown
    assert "1,600.00 h cost 243,000.00 in 2 blocks and 129,600.00 by the hour." in shown
    assert "Hourly prices are open to 30 September 1999: a new block is not cheaper." in shown


def test_the_form_proposes_one_block_where_nothing_waits(agreement, client, settings):
    settings.BUSINESS_DATE = date(1999, 3, 1)
    response = client.get(address("hours_buy", agreement.pk))

    assert response.context["form"].initial["blocks"] == 1
    assert "wait for a block" not in words(response)
    assert "not cheaper" not in words(response)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"blocks": "1.5"}, {"blocks": ["1.5 is no number of blocks. Buy whole blocks."]}),
        ({"blocks": "1e1"}, {"blocks": ["“1e1” is no number. Write plain digits, such as 1."]}),
        ({"blocks": "١"}, {"blocks": ["“١” is no number. Write plain digits, such as 1."]}),
        ({"blocks": ""}, {"blocks": ["This field is required."]}),
        ({"bought_on": "1899-01-01"}, {"bought_on": ["Enter a day from 1900 on."]}),
    ],
)
def test_buying_blocks_is_refused_at_the_field(agreement, client, typed, expected):
    message = {"bought_on": "1999-07-12", "blocks": "1", "reference": ""} | typed

    assert faults(client, address("hours_buy", agreement.pk), message) == expected


def test_reversing_blocks_says_what_will_happen_and_does_it(agreement, site, client):
    purchase = bought(agreement, date(1999, 2, 1), 2, reference="PO-1")
    worked(site, date(1999, 3, 1), "10.00")
    BlockPurchase.objects.update(billed_on=date(1999, 3, 1))
    url = address("hours_reverse_blocks", purchase.pk)

    shown = words(client.get(url))
    assert "2 blocks, bought on 1 February 1999, PO-1" in shown
    assert "They were billed on 1 March 1999: the next invoice run credits them." in shown
    assert faults(client, url, {"reason": " "}) == {"reason": ["This field is required."]}
    response = client.post(url, {"reason": "Ordered twice"}, follow=True)

    assert (
        "The purchase of 2 blocks of 1 February 1999 is reversed. 0.00 h are left on 15 July 1999. "
        "10.00 h of work now wait for a block."
    ) in words(response)
    assert BlockPurchase.objects.get().reversal_reason == "Ordered twice"
    assert led_back(client, url) == "The purchase was reversed on 15 July 1999: Ordered twice. Enter what is right."


# ---- entering


def test_entering_work_keeps_date_site_and_person_for_the_next_entry(agreement, site):
    client = client_of(DATA_ENTRY)
    url = address("hours_enter", agreement.pk)

    response = client.post(url, facts(site, reference="REQ-1"), follow=True)

    assert response.redirect_chain == [(url, 302)]
    assert "Augusta, GA, 12 July 1999, Ann Example: 7.25 h by the hour." in words(response)
    form = response.context["form"]
    assert {name: form[name].value() for name in ("worked_on", "site", "person", "hours", "reference")} == {
        "worked_on": "1999-07-12",
        "site": site.pk,
        "person": "Ann Example",
        "hours": None,
        "reference": None,
    }
    assert "Enter the next one" in words(response)
    assert "12 Jul 1999 Augusta, GA Customer Care 7.25 Ann Example REQ-1" in words(response)
    row = WorkEntry.objects.get()
    assert (row.hours, row.reference, row.recorded_by.username) == (Decimal("7.25"), "REQ-1", "data-entry")


def test_the_first_entry_begins_with_the_business_date(agreement, site, client):
    response = client.get(address("hours_enter", agreement.pk))

    assert response.context["form"]["worked_on"].value() == ON
    assert "Enter the work" in words(response)
    assert "Recorded last" not in words(response)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"hours": "0"}, {"hours": ["0 is no amount of work. Enter more than 0 hours."]}),
        ({"hours": "7,25"}, {"hours": ["“7,25” is no number. Write plain digits, such as 7.25."]}),
        (
            {"hours": "", "person": "", "service": "", "site": ""},
            {name: ["This field is required."] for name in ("site", "service", "hours", "person")},
        ),
    ],
)
def test_entering_work_is_refused_at_the_field(agreement, site, client, typed, expected):
    assert faults(client, address("hours_enter", agreement.pk), facts(site) | typed) == expected


def test_a_site_of_another_agreement_cannot_be_chosen(agreement, client):
    other = factories.site(factories.agreement("LNS980101JC"), "Reno")

    assert faults(client, address("hours_enter", agreement.pk), facts(other)) == {
        "site": ["This is no site of agreement LNS970602JC. Choose one of its sites."]
    }


def test_a_form_sent_twice_asks_whether_another_entry_is_meant(agreement, site, client):
    url = address("hours_enter", agreement.pk)
    client.post(url, facts(site))

    response = client.get(url)
    assert 'name="allow_duplicate"' not in response.content.decode()
    assert faults(client, url, facts(site)) == {
        "allow_duplicate": [
            "An entry that says the same is on file. If this is another one, confirm it below and enter it again."
        ]
    }
    again = client.post(url, facts(site))
    assert 'name="allow_duplicate"' in again.content.decode()
    assert client.post(url, facts(site, allow_duplicate="on")).status_code == 302
    assert WorkEntry.objects.count() == 2


# ---- changing, correcting, reversing


def test_changing_an_entry(agreement, site, client):
    entry = worked(site, DAY)
    url = address("hours_change", entry.pk)

    form = client.get(url).context["form"]
    assert (form["hours"].value(), form["service"].value(), form["seen"].value()) == (
        Decimal("7.25"),
        CARE,
        entry_version(entry),
    )
    response = client.post(
        url, facts(site, hours="2", service=PROVISIONING, seen=entry_version(entry), reason="Misread"), follow=True
    )

    assert "Changed. Augusta, GA, 12 July 1999, Ann Example: 2.00 h by the hour." in words(response)
    entry.refresh_from_db()
    assert (entry.hours, entry.service) == (Decimal("2.00"), PROVISIONING)


def test_changing_is_refused_once_billed_and_where_somebody_else_was_first(agreement, site, client):
    entry = worked(site, DAY)
    url = address("hours_change", entry.pk)
    seen = entry_version(entry)
    WorkEntry.objects.update(hours=Decimal(3))

    assert faults(client, url, facts(site, seen=seen, reason="Misread")) == {
        "__all__": [
            "Somebody else has changed this entry since you opened it. Look at it as it is now, then change it."
        ]
    }
    WorkEntry.objects.update(billed_on=ON)
    assert led_back(client, url) == (
        "The entry was billed on 15 July 1999 and stays as it is. "
        "Enter a correcting entry: it reverses this one and says what is right."
    )


def test_correcting_a_billed_entry(agreement, site, client):
    entry = worked(site, DAY)
    WorkEntry.objects.update(billed_on=ON)
    url = address("hours_correct", entry.pk)

    assert "Entry 7.25 h of Customer Care, Augusta, GA, 12 July 1999, Ann Example" in words(client.get(url))
    assert address("hours_entry", entry.pk) in client.get(url).content.decode()
    assert "The next invoice run bills or credits the difference." in words(client.get(url))
    assert faults(client, url, facts(site, reason="")) == {"reason": ["This field is required."]}
    assert faults(client, url, facts(site, hours="0", reason="x")) == {
        "hours": ["0 is no amount of work. Enter more than 0 hours."]
    }
    assert faults(client, url, facts(site, reason="x")) == {
        "__all__": ["Nothing is different. Change what is wrong, or reverse the entry without a replacement."]
    }
    response = client.post(url, facts(site, hours="2.75", reason="Misread"), follow=True)

    assert "The old entry is reversed. Augusta, GA, 12 July 1999, Ann Example: 2.75 h by the hour." in words(response)
    new = WorkEntry.objects.get(replaces=entry)
    old = words(client.get(address("hours_entry", entry.pk)))
    assert "Reversed on 15 July 1999 by account-manager: Misread. The entry in its place" in old
    assert "In place of 7.25 h of 12 July 1999" in words(client.get(address("hours_entry", new.pk)))


def test_reversing_an_entry(agreement, site, client):
    entry = worked(site, DAY)
    WorkEntry.objects.update(billed_on=ON)
    url = address("hours_reverse", entry.pk)

    shown = words(client.get(url))
    assert "7.25 h of Customer Care, Augusta, GA, 12 July 1999, Ann Example" in shown
    assert "It was billed on 15 July 1999: the next invoice run credits it." in shown
    assert faults(client, url, {"reason": ""}) == {"reason": ["This field is required."]}
    response = client.post(url, {"reason": "Never done"}, follow=True)

    assert "7.25 h of 12 July 1999, Augusta, GA: the entry is reversed." in words(response)
    assert WorkEntry.objects.get().reversal_reason == "Never done"
    assert led_back(client, url) == "The entry was reversed on 15 July 1999: Never done. Enter what is right."
