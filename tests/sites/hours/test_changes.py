"""The history of a work entry: what it said before each change, who changed it, when and why."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from contracts.sealing.frozen import SealedRow
from sites.hours.recording import change_work, entry_version
from sites.models import Site, WorkChange, WorkEntry
from tests import factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, client_of
from tests.reading import words
from tests.sites.hours.rows import CARE, ON, worked
from tests.sites.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]

DAY = date(1999, 7, 12)
BEFORE = {
    "site": "Reno",
    "worked_on": "1999-07-12",
    "service": CARE,
    "hours": "8.00",
    "person": "Ann Example",
    "reference": "",
}


@pytest.fixture
def site() -> Site:
    return factories.site(factories.agreement(), "Reno")


@pytest.fixture
def entry(site) -> WorkEntry:
    return worked(site, DAY, "8.00")


@pytest.fixture
def clerk() -> User:
    return User.objects.create_user("clerk", first_name="Dana", last_name="Clerk")


def said(entry: WorkEntry, **changed) -> dict:
    names = ("site", "worked_on", "service", "hours", "person", "reference")
    return {name: getattr(entry, name) for name in names} | changed


def changed(entry: WorkEntry, reason="Misread", on=ON, by=None, **values) -> WorkEntry:
    return change_work(entry=entry, reason=reason, on=on, by=by, **said(entry, **values))


def test_each_change_keeps_what_the_entry_said_before(entry, clerk):
    changed(entry, hours=Decimal(1), by=clerk, reason=" Misread ")
    changed(WorkEntry.objects.get(), worked_on=date(1999, 7, 13), person="Bob", reason="Another day")

    first, second = WorkChange.objects.order_by("pk")
    assert (first.before, first.after) == (BEFORE, BEFORE | {"hours": "1.00"})
    assert (first.entry, first.reason, first.changed_on, first.changed_by) == (entry, "Misread", ON, clerk)
    assert second.before == first.after
    assert second.after == first.after | {"worked_on": "1999-07-13", "person": "Bob"}
    assert (second.reason, second.changed_by) == ("Another day", None)


def test_change_of_a_prepaid_entry_needs_a_reason_and_a_difference(entry):
    assert refused(changed, entry, hours=Decimal(1), reason="  ") == [("reason", "Say why the entry is changed.")]
    assert refused(changed, entry) == [("", "Nothing is different. Change what is wrong, or leave the entry as it is.")]
    assert refused(changed, entry, reason="x" * 201, hours=Decimal(1))[0][0] == "reason"


def test_history_is_sealed_in_programs_and_in_the_database(entry):
    changed(entry, hours=Decimal(1))
    row = WorkChange.objects.get()

    row.reason = "Other"
    with pytest.raises(SealedRow):
        row.save()
    with pytest.raises(SealedRow):
        row.delete()
    for statement in ("UPDATE sites_workchange SET reason = 'Other'", "DELETE FROM sites_workchange"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkChange.objects.create(entry=entry, before={}, after={}, reason="", changed_on=ON)
    assert WorkChange.objects.get().reason == "Misread"


def test_page_of_an_entry_shows_its_changes_newest_first(entry, clerk):
    url = reverse("sites:hours_entry", args=[entry.pk])
    client = client_of(ACCOUNT_MANAGER)
    assert "Changed on" not in words(client.get(url))
    changed(entry, hours=Decimal(1), by=clerk, reason="Minutes were read as hours")
    changed(WorkEntry.objects.get(), worked_on=date(1999, 7, 13), reference="R-1", reason="Another day")

    page = words(client.get(url))

    assert "Changes 2" in page
    assert "not known Date of the work 12 July 1999 13 July 1999 Another day Request reference – R-1" in page
    assert "Dana Clerk Hours 8.00 1.00 Minutes were read as hours" in page
    assert page.index("Another day") < page.index("Minutes were read as hours")


def test_form_asks_for_the_reason(entry):
    url = reverse("sites:hours_change", args=[entry.pk])
    client = client_of(DATA_ENTRY)
    posted = {
        "worked_on": "1999-07-12",
        "site": entry.site_id,
        "service": CARE,
        "hours": "1",
        "person": "Ann Example",
        "reference": "",
        "seen": entry_version(entry),
    }

    page = client.post(url, posted)
    assert page.context["form"].errors == {"reason": ["This field is required."]}
    assert "Why it is changed" in words(page)
    client.post(url, posted | {"reason": "Misread"})

    row = WorkChange.objects.get()
    assert (row.reason, row.changed_by.username, row.entry.hours) == ("Misread", "data-entry", Decimal(1))
