"""The page on which a work file is looked through first and imported then."""

import os
import re
from datetime import date

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sites.held_files import LONGEST_SECONDS, held, hold
from sites.models import ImportedFile, WorkEntry
from sites.work_import_views import MOST_SHOWN
from tests import factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, client_of
from tests.reading import tables, words
from tests.sites.hours_rows import ON, worked

pytestmark = pytest.mark.django_db

HEADER = "date,site,service,hours,person,reference"
GOOD = f"{HEADER}\n1999-02-01,Reno,Customer Care,7.25,Ann,R-1\n1999-02-02,Augusta,Customer Care,1,Ann,\n"


@pytest.fixture(autouse=True)
def _business_date(settings):
    settings.BUSINESS_DATE = ON


@pytest.fixture
def agreement():
    return factories.agreement()


@pytest.fixture
def sites(agreement):
    return [factories.site(agreement, city) for city in ("Augusta", "Reno")]


@pytest.fixture
def client():
    return client_of(DATA_ENTRY)


@pytest.fixture
def address(agreement):
    return reverse("sites:hours_import", args=[agreement.pk])


def looked_through(client, address, text=GOOD, name="july.csv"):
    return client.post(address, {"file": SimpleUploadedFile(name, text.encode())})


def mark(response) -> str:
    return re.search(r'name="mark" value="([^"]+)"', response.content.decode())[1]


def test_a_good_file_is_shown_first_and_stored_on_confirmation(sites, client, address, agreement):
    preview = looked_through(client, address)

    assert "july.csv would add 2 entries with 8.25 h" in words(preview)
    assert tables(preview)[0][1:] == [["Augusta", "1", "1.00"], ["Reno", "1", "7.25"], ["Total", "2", "8.25"]]
    assert (WorkEntry.objects.count(), ImportedFile.objects.count()) == (0, 0)
    response = client.post(address, {"mark": mark(preview)}, follow=True)

    assert response.redirect_chain == [(reverse("sites:hours", args=[agreement.pk]), 302)]
    assert "july.csv: 2 entries with 8.25 h added. 8.25 h of work wait for a block." in words(response)
    file = ImportedFile.objects.get()
    assert (file.name, file.rows, file.imported_by.username) == ("july.csv", 2, "data-entry")
    assert set(WorkEntry.objects.values_list("file", "recorded_by__username")) == {(file.pk, "data-entry")}
    assert default_storage.listdir("imports") == ([], [])


def test_every_error_stands_in_a_table_before_anything_else(sites, client, address):
    wrong = ("Nowhere,Customer Care,1", "Reno,Cleaning,0", "Reno,Customer Care,25")
    response = looked_through(client, address, "\n".join((HEADER, *(f"1999-02-01,{line},Ann," for line in wrong))))

    assert "july.csv cannot be imported: 4 errors. Nothing was stored." in words(response)
    assert tables(response)[0][1:] == [
        ["2", "site", "Nowhere", "No site on file is called so. Give its city, city and state, or CLLI code."],
        ["3", "hours", "0", "0 is no amount of work. Enter more than 0 hours."],
        [
            "3",
            "service",
            "Cleaning",
            "“Cleaning” is no service that is charged by hours. Choose Provisioning/Translations or Customer Care.",
        ],
        ["4", "hours", "25", "25 hours are more than a day has. Enter the hours of each day by themselves."],
    ]
    assert 'name="mark"' not in response.content.decode()
    assert WorkEntry.objects.count() == 0


def test_a_file_full_of_errors_shows_the_first_and_says_how_many_there_are(sites, client, address):
    lines = "\n".join(f"1999-02-01,Nowhere,Customer Care,1,Person {number}," for number in range(MOST_SHOWN + 3))

    response = looked_through(client, address, f"{HEADER}\n{lines}")

    assert len(tables(response)[0]) == MOST_SHOWN + 1
    assert f"cannot be imported: {MOST_SHOWN + 3} errors." in words(response)
    assert f"The first {MOST_SHOWN} are shown; the command import_work lists them all." in words(response)


def test_the_same_file_says_when_it_was_imported_and_changes_nothing(sites, client, address, settings):
    first = looked_through(client, address)
    client.post(address, {"mark": mark(first)})
    settings.BUSINESS_DATE = date(1999, 7, 16)

    response = looked_through(client, address, name="copy.csv")

    said = "This file was imported on 15 July 1999 as july.csv, with 2 entries. Nothing was changed."
    assert said in words(response)
    assert 'name="mark"' not in response.content.decode()
    assert WorkEntry.objects.count() == 2


def test_a_confirmation_sent_twice_imports_once(sites, client, address):
    preview = looked_through(client, address)
    client.post(address, {"mark": mark(preview)})

    again = client.post(address, {"mark": mark(preview)}, follow=True)

    assert "The file that was looked through is no longer kept. Choose it again." in words(again)
    assert WorkEntry.objects.count() == 2
    second = looked_through(client, address, f"{GOOD}1999-02-03,Reno,Customer Care,1,Ann,\n")
    third = looked_through(client, address, f"{GOOD}1999-02-03,Reno,Customer Care,1,Ann,\n")
    client.post(address, {"mark": mark(second)})
    hold(f"{GOOD}1999-02-03,Reno,Customer Care,1,Ann,\n".encode())
    told = client.post(address, {"mark": mark(third)}, follow=True)
    assert "This file was imported on 15 July 1999 as july.csv, with 3 entries." in words(told)
    assert WorkEntry.objects.count() == 5


def test_entries_on_file_word_for_word_are_warned_of(sites, client, address):
    worked(sites[1], date(1999, 2, 1), "7.25", person="Ann", reference="R-1")

    said = "1 entry of them says word for word what is on file: check that they are not the same work."
    assert said in words(looked_through(client, address))


def test_what_changed_since_the_preview_is_judged_again(sites, client, address):
    preview = looked_through(client, address)
    worked(sites[0], date(1999, 2, 1), "20.00", person="Ann")

    response = client.post(address, {"mark": mark(preview)})

    assert response.status_code == 200
    assert tables(response)[0][1][:3] == ["2", "hours", "7.25"]
    assert WorkEntry.objects.count() == 1


@pytest.mark.parametrize("wrong", ["", "x", "WyJhIl0:1abc:xyz"])
def test_a_mark_that_is_none_asks_for_the_file(sites, client, address, wrong):
    response = client.post(address, {"mark": wrong}, follow=True)

    assert "no longer kept. Choose it again." in words(response)


def test_a_mark_belongs_to_its_person_and_agreement(sites, client, address):
    found = mark(looked_through(client, address))
    other = reverse("sites:hours_import", args=[factories.agreement("LNS980101JC").pk])

    assert "no longer kept" in words(client.post(other, {"mark": found}, follow=True))
    assert "no longer kept" in words(client_of(ACCOUNT_MANAGER).post(address, {"mark": found}, follow=True))
    assert client_of(FINANCE).post(address, {"mark": found}).status_code == 403
    assert WorkEntry.objects.count() == 0


def test_no_file_and_an_empty_one_are_refused(sites, client, address):
    assert "This field is required." in words(client.post(address, {}))
    assert "The file is empty." in words(looked_through(client, address, ""))


def test_a_file_that_is_too_large_is_not_read(sites, client, address, monkeypatch):
    monkeypatch.setattr("sites.hours_forms.MOST_BYTES", 10)

    assert "The file is larger than 10 bytes. Split it." in words(looked_through(client, address))


def test_files_that_nobody_confirms_are_removed_after_a_day():
    old = hold(b"old")
    path = default_storage.path(f"imports/{old}")
    yesterday = os.stat(path).st_mtime - LONGEST_SECONDS - 1
    os.utime(path, (yesterday, yesterday))
    assert held(old) == b"old"

    new = hold(b"new")

    assert (held(old), held(new)) == (None, b"new")


def test_page_has_an_example_file(client, address):
    assert "date,site,service,hours,person,reference" in words(client.get(address))
