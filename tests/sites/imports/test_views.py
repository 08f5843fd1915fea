"""The one page on which files of every kind are checked first and stored then."""

import os
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contracts.models import Agreement, ChosenReading
from sites.imports.pages import MOST_ASKED, MOST_SHOWN
from sites.imports.waiting_files import LONGEST_SECONDS, keep, kept
from sites.models import ColumnName, ComponentCount, CountChange, FileLayout, ImportedFile, Site, WorkEntry
from tests import factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, tables, words
from tests.sites.hours.rows import ON, worked

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]


HEADER = "date,site,service,hours,person,reference"
GOOD = f"{HEADER}\n1999-02-01,Reno,Customer Care,7.25,Ann,R-1\n1999-02-02,Augusta,Customer Care,1,Ann,\n"
CASES = Path(__file__).resolve().parents[2] / "data" / "cases"
ALL_KINDS = {"counts", "sites", "work"}
COUNTS = "site,date,GE,SLC\nAugusta,1999-06-30,10,7\nReno,1999-06-30,42,23\n"


@pytest.fixture
def sites(agreement):
    return [factories.site(agreement, city) for city in ("Augusta", "Reno")]


@pytest.fixture
def client():
    return client_of(DATA_ENTRY)


@pytest.fixture
def address(agreement):
    return reverse("sites:hours_import", args=[agreement.pk])


@pytest.fixture
def of_counts(agreement):
    return reverse("sites:import", args=[agreement.pk, "counts"])


def looked_through(client, address, text=GOOD, name="july.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(address, {"file": SimpleUploadedFile(name, content)}, follow=True)


def field(response, name: str) -> str:
    return re.search(f'name="{name}" value="([^"]+)"', response.content.decode())[1]


def mark(response) -> str:
    return field(response, "mark")


def confirmed(client, address, preview, **more):
    data = {"mark": mark(preview), "shown": field(preview, "shown"), "confirm": "1"} | more
    return client.post(address, data, follow=True)


# ---- work


def test_a_good_file_is_shown_first_and_stored_on_confirmation(sites, client, address):
    preview = looked_through(client, address)

    assert "july.csv would store 2 entries" in words(preview)
    assert tables(preview)[0][1:] == [["Augusta", "1", "1.00 h"], ["Reno", "1", "7.25 h"], ["Total", "2", "8.25 h"]]
    assert (WorkEntry.objects.count(), ImportedFile.objects.count()) == (0, 0)
    response = confirmed(client, address, preview)

    file = ImportedFile.objects.get()
    assert response.redirect_chain == [(reverse("sites:import_detail", args=[file.pk]), 302)]
    assert "july.csv: 2 entries with 8.25 h added. 8.25 h of work wait for a block." in words(response)
    assert (file.name, file.rows, file.imported_by.username) == ("july.csv", 2, "data-entry")
    assert set(WorkEntry.objects.values_list("file", "recorded_by__username")) == {(file.pk, "data-entry")}
    assert default_storage.listdir("imports") == ([], [])


def test_every_error_stands_in_a_table_before_the_rows(sites, client, address):
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
    assert 'name="confirm"' not in response.content.decode()
    assert WorkEntry.objects.count() == 0


def test_a_file_full_of_errors_shows_the_first_and_offers_all_of_them(sites, client, address, agreement):
    lines = "\n".join(f"1999-02-01,Nowhere,Customer Care,1,Person {number}," for number in range(MOST_SHOWN + 3))

    response = looked_through(client, address, f"{HEADER}\n{lines}")

    assert len(tables(response)[0]) == MOST_SHOWN + 1
    assert f"cannot be imported: {MOST_SHOWN + 3} errors." in words(response)
    assert f"The first {MOST_SHOWN} are shown, 3 more are in the download." in words(response)
    [download] = [link for link in links(response) if link and "preview.csv" in link]
    sheet = client.get(download)
    assert sheet["Content-Type"].startswith("text/csv")
    assert len(sheet.content.decode("utf-8-sig").splitlines()) == MOST_SHOWN + 4


def test_the_same_file_says_when_and_by_whom_it_was_imported(sites, client, address, settings):
    confirmed(client, address, looked_through(client, address))
    settings.BUSINESS_DATE = date(1999, 7, 16)

    response = looked_through(client, address, name="copy.csv")

    message = "This file was imported on 15 July 1999 as july.csv by data-entry, with 2 entries. Nothing was changed."
    assert message in words(response)
    assert 'name="confirm"' not in response.content.decode()
    assert WorkEntry.objects.count() == 2


def test_a_confirmation_sent_twice_imports_once(sites, client, address):
    preview = looked_through(client, address)
    confirmed(client, address, preview)

    again = confirmed(client, address, preview)

    assert "The file that was checked is no longer kept. Choose it again." in words(again)
    assert WorkEntry.objects.count() == 2
    keep(GOOD.encode())
    message = confirmed(client, address, preview)
    assert "This file was imported on 15 July 1999 as july.csv by data-entry, with 2 entries." in words(message)
    assert WorkEntry.objects.count() == 2


def test_entries_on_file_word_for_word_are_warned_of(sites, client, address):
    worked(sites[1], date(1999, 2, 1), "7.25", person="Ann", reference="R-1")

    message = "1 entry of them says word for word what is on file: check that they are not the same work."
    assert message in words(looked_through(client, address))


def test_what_changed_since_the_preview_is_shown_anew_and_not_stored(sites, client, address):
    preview = looked_through(client, address)
    worked(sites[0], date(1999, 2, 1), "20.00", person="Ann")

    response = confirmed(client, address, preview)

    assert response.status_code == 200
    assert "What is on file has changed since you looked the file through. Nothing was stored" in words(response)
    assert tables(response)[0][1][:3] == ["2", "hours", "7.25"]
    assert WorkEntry.objects.count() == 1


@pytest.mark.parametrize("wrong", ["", "x", "WyJhIl0:1abc:xyz"])
def test_a_mark_that_is_none_asks_for_the_file(sites, client, address, wrong):
    assert "no longer kept. Choose it again." in words(client.post(address, {"mark": wrong}, follow=True))
    assert "no longer kept. Choose it again." in words(client.get(address, {"mark": wrong}, follow=True))


def test_a_mark_belongs_to_its_person_agreement_and_kind(sites, client, address, of_counts):
    found = mark(looked_through(client, address))
    other = reverse("sites:hours_import", args=[factories.agreement("LNS980101JC").pk])

    assert "no longer kept" in words(client.get(other, {"mark": found}, follow=True))
    assert "no longer kept" in words(client.get(of_counts, {"mark": found}, follow=True))
    assert "no longer kept" in words(client_of(ACCOUNT_MANAGER).get(address, {"mark": found}, follow=True))
    assert client_of(FINANCE).get(address, {"mark": found}).status_code == 403
    assert client.get(reverse("sites:import_preview", args=[1, "counts"]), {"mark": found}).status_code == 404
    assert WorkEntry.objects.count() == 0


def test_no_file_and_an_empty_one_are_refused(sites, client, address):
    assert "This field is required." in words(client.post(address, {}))
    assert "The file is empty. Choose one with headings and rows." in words(looked_through(client, address, ""))


def test_a_file_that_is_too_large_is_not_read(sites, client, address, monkeypatch):
    monkeypatch.setattr("sites.imports.forms.MOST_BYTES", 10)

    assert "The file is larger than 10 bytes. Split it." in words(looked_through(client, address))


def test_files_that_nobody_confirms_are_removed_after_a_day():
    old = keep(b"old")
    path = default_storage.path(f"imports/{old}")
    yesterday = os.stat(path).st_mtime - LONGEST_SECONDS - 1
    os.utime(path, (yesterday, yesterday))
    assert kept(old) == b"old"

    new = keep(b"new")

    assert (kept(old), kept(new)) == (None, b"new")


# ---- counts


def test_cells_are_shown_as_new_changed_unchanged_and_refused(sites, client, of_counts):
    factories.counts(sites[0], date(1999, 6, 30), {"GE": 10, "SLC": 6})

    response = looked_through(client, of_counts, f"{COUNTS}Reno,1999-05-31,x,5\n")

    page = words(response)
    assert "Changed 1 cell New 3 cells Already on file 1 cell Refused 1 cell Refused 1 row" in page
    cells = [table[1:] for table in tables(response)]
    assert cells[1] == [["2", "Augusta, 30 June 1999", "10", "6 → 7"]]
    assert cells[2] == [["3", "Reno, 30 June 1999", "42", "23 many more"]]
    assert cells[3] == [["4", "Reno, 31 May 1999", "x refused", "5"]]
    assert ComponentCount.objects.count() == 2


def test_unusual_figures_are_marked_as_in_the_month_grid(sites, client, of_counts, agreement):
    factories.counts(sites[0], date(1999, 5, 31), {"GE": 10, "5ESS": 1})
    text = "site,date,GE,5ESS\nAugusta,1999-06-30,16,2\nAugusta,1999-07-10,15,1\nReno,1999-06-30,99,1\n"

    preview = looked_through(client, of_counts, text)

    assert [row[2:] for row in tables(preview)[0][1:]] == [
        ["16 many more", "2 not 1"],
        ["15 fewer", "1 fewer"],
        ["99", "1"],
    ]
    page = words(preview)
    assert "Row 2, Augusta, 30 June 1999: 6 more gateway elements than the 10 before. Check it." in page
    assert "Row 3, Augusta, 10 July 1999: 1 fewer gateway elements than the 16 before. Check it." in page
    detail = confirmed(client, of_counts, preview)
    assert f"/agreements/{agreement.pk}/counts/1999-07/" in links(detail)


def test_rows_without_figures_are_counted_by_themselves(sites, client, of_counts):
    response = looked_through(client, of_counts, f"{COUNTS}Augusta,1999-05-31,,\n")

    page = words(response)
    assert "Without figures 1 row" in page
    assert "Already on file 0 cells" in page
    assert "Already on file 1 row" not in page


def test_a_figure_that_would_be_corrected_leads_to_what_rests_on_it(sites, client, of_counts):
    new = looked_through(client, of_counts, COUNTS)
    factories.counts(sites[0], date(1999, 6, 30), {"GE": 10, "SLC": 6})
    changed = looked_through(client, of_counts, COUNTS)

    link = f'href="{reverse("invoicing:count_history", args=[sites[0].pk, "SLC", date(1999, 6, 30)])}"'
    assert changed.content.decode().count(link) == 1
    assert "reviews and invoices that depend on it" in words(changed)
    assert link not in new.content.decode()
    assert "that depend on it" not in words(new)


def test_the_address_chooses_the_rows_of_one_state(sites, client, of_counts):
    factories.counts(sites[0], date(1999, 6, 30), {"GE": 10, "SLC": 6})
    response = looked_through(client, of_counts, COUNTS)
    asked = {"mark": mark(response), "state": "new"}

    only_new = client.get(of_counts, asked)

    assert 'id="new"' in only_new.content.decode()
    assert 'id="changed"' not in only_new.content.decode()


def test_changed_figures_need_a_reason(sites, client, of_counts):
    factories.counts(sites[0], date(1999, 6, 30), {"GE": 10, "SLC": 6})
    preview = looked_through(client, of_counts, COUNTS)

    refused = confirmed(client, of_counts, preview)

    assert "1 figure on file is corrected by this file. Say why." in words(refused)
    assert (ComponentCount.objects.count(), ImportedFile.objects.count()) == (2, 0)
    response = confirmed(client, of_counts, preview, reason="Recounted")
    assert "july.csv: 2 rows stored, 1 figure corrected." in words(response)
    assert ComponentCount.objects.get(site=sites[0], component_code="SLC").quantity == 7
    change = CountChange.objects.get(before=6)
    assert (change.after, change.reason, change.file) == (7, "Recounted", ImportedFile.objects.get())


def test_a_file_without_changed_figures_asks_for_no_reason(sites, client, of_counts):
    assert 'name="reason"' not in looked_through(client, of_counts, COUNTS).content.decode()


def test_a_figure_stored_in_between_shows_the_new_preview(sites, client, of_counts):
    preview = looked_through(client, of_counts, COUNTS)
    factories.counts(sites[0], date(1999, 6, 30), {"GE": 11})

    response = confirmed(client, of_counts, preview)

    assert "Nothing was stored: this is what it would do now." in words(response)
    assert ["2", "Augusta, 30 June 1999", "11 → 10", "7"] in tables(response)[0]
    assert ComponentCount.objects.count() == 1
    confirmed(client, of_counts, response, reason="Misread")
    assert ComponentCount.objects.count() == 4


def test_a_file_that_is_on_file_in_every_cell_stores_nothing(sites, client, of_counts):
    confirmed(client, of_counts, looked_through(client, of_counts, COUNTS))

    response = looked_through(client, of_counts, f"{COUNTS}\n")

    assert "july.csv brings nothing new" in words(response)
    assert "Already on file 4 cells" in words(response)
    assert 'name="confirm"' not in response.content.decode()


def test_what_is_answered_to_each_step_has_an_address_until_the_file_is_stored(sites, client, of_counts):
    factories.counts(sites[0], date(1999, 6, 30), {"GE": 10, "SLC": 6})
    asked = looked_through(client, of_counts, COUNTS.replace("GE", "Traffic gear"))

    unanswered = client.post(of_counts, {"mark": mark(asked), "column-2": ""})
    assert client.get(unanswered.answered).content == unanswered.content
    preview = client.post(of_counts, {"mark": mark(asked), "column-2": "column:GE"}, follow=True)
    refused = confirmed(client, of_counts, preview)

    assert "Say why." in words(client.get(refused.answered))
    assert client.get(unanswered.answered).headers["Location"] == of_counts
    done = confirmed(client, of_counts, refused, reason="Recounted")
    stored = ComponentCount.objects.count()
    assert "1 figure corrected." in words(done)
    assert client.get(refused.answered).headers["Location"] == of_counts
    assert ComponentCount.objects.count() == stored


def test_an_unknown_column_is_asked_about_and_can_be_remembered(sites, client, of_counts, agreement):
    text = COUNTS.replace("GE", "Traffic gear").replace("SLC", "notes")
    asked = looked_through(client, of_counts, text)
    assert "What do these columns hold?" in words(asked)
    assert 'name="confirm"' not in asked.content.decode()
    choices = {"mark": mark(asked), "column-2": "column:GE", "remember-2": "on", "column-3": "leave-out"}

    preview = client.post(of_counts, choices, follow=True)

    assert "Left out, as you chose: “notes”. “Traffic gear” is read as GE." in words(preview)
    response = confirmed(client, of_counts, preview)
    page = words(response)
    assert "Columns left out notes" in page
    assert "Columns named by hand “Traffic gear” as GE" in page
    assert list(ColumnName.objects.values_list("agreement", "name", "component_code")) == [
        (agreement.pk, "Traffic gear", "GE")
    ]
    assert set(ComponentCount.objects.values_list("component_code", flat=True)) == {"GE"}
    known = looked_through(client, of_counts, "site,date,TRAFFIC GEAR\nReno,1999-05-31,1\n")
    assert "What do these columns hold?" not in words(known)
    assert 'name="confirm"' in known.content.decode()


def test_a_column_without_an_answer_is_asked_about_again(sites, client, of_counts):
    asked = looked_through(client, of_counts, COUNTS.replace("GE", "Traffic gear"))

    again = client.post(of_counts, {"mark": mark(asked), "column-2": ""}, follow=True)

    assert "What do these columns hold?" in words(again)
    wrong = client.post(of_counts, {"mark": mark(asked), "column-2": "nonsense"}, follow=True)
    assert "Select a valid choice." in words(wrong)
    assert ComponentCount.objects.count() == 0


def test_after_a_wrong_choice_the_same_file_asks_anew(sites, client, of_counts):
    file = COUNTS.replace("GE", "Traffic gear")
    asked = looked_through(client, of_counts, file)

    wrong = client.post(of_counts, {"mark": mark(asked), "column-2": "column:SLC"}, follow=True)

    assert "This column appears twice." in words(wrong)
    assert "you are asked about its columns again." in words(wrong)
    assert "What do these columns hold?" in words(looked_through(client, of_counts, file))
    assert "asked about anew" not in words(looked_through(client, of_counts, COUNTS.replace("10", "x")))


def test_a_choice_is_remembered_only_where_that_is_asked_for(sites, client, of_counts):
    asked = looked_through(client, of_counts, COUNTS.replace("GE", "Traffic gear"))

    preview = client.post(of_counts, {"mark": mark(asked), "column-2": "column:GE"}, follow=True)
    confirmed(client, of_counts, preview)

    assert (ComponentCount.objects.count(), ColumnName.objects.count()) == (4, 0)


TOGGL = (CASES / "r1_toggl_seconds.csv").read_bytes()


def test_a_time_sheet_asks_how_it_is_written_and_is_read_so_the_next_time(agreement, client, address):
    factories.site(agreement, "Augusta", state="GA")
    asked = looked_through(client, address, TOGGL.replace(b"1999-07-12", b"1999-06-12"), "toggl.csv")
    assert "What do these columns hold?" in words(asked)
    assert "Row 2, column Duration, “02:13:55”: This is no whole hundredth of an hour." in words(asked)
    said = {"mark": mark(asked), "others_left_out": "on", "rounding": "up", "step": "25", "keep_as": "Toggl"}

    preview = client.post(address, said, follow=True)

    assert "Kept as Toggl: choose it with the next file." in words(preview)
    assert (
        "Hours are rounded up to 15 minutes. The reading of agreement LNS970602JC is another one for work from 12 June "
        "1999 on: The time of a work entry is not rounded: it is entered in hundredths of an hour. Rounding changes "
        "the hours of 1 entry, by +0.0181 h in all."
    ) in words(preview)
    detail = confirmed(client, address, preview)
    assert "How it was read Hours are rounded up to 15 minutes. The reading of agreement" in words(detail)
    assert [str(hours) for hours in WorkEntry.objects.values_list("hours", flat=True)] == ["2.25"]
    [kept] = FileLayout.objects.all()
    assert kept.layout == {"others_left_out": True, "rounding": "up", "step": 25}
    august = TOGGL.replace(b"1999-07-12", b"1999-06-13")
    upload = {"file": SimpleUploadedFile("august.csv", august), "layout": kept.pk}
    assert "august.csv would store 1 entry" in words(client.post(address, upload, follow=True))


UP_15 = "Each work entry by itself is rounded up to the next full 15 minutes."


@pytest.fixture
def rounds_up(agreement) -> Agreement:
    """Somebody has chosen that its worked minutes are rounded up to 15."""
    ChosenReading.objects.create(
        agreement=agreement, question="minutes", choice="up-25", chosen_by="J. Doe", chosen_on=ON, closed_on=ON
    )
    factories.site(agreement, "Reno")
    return agreement


MINUTES = f"{HEADER}\n1999-06-12,Reno,Customer Care,2:13:55,Ann,R-1\n"


def test_a_time_sheet_is_rounded_as_the_agreement_is_read_until_somebody_says_otherwise(rounds_up, client, address):
    begun = looked_through(client, address, MINUTES)
    otherwise = client.post(address, {"mark": mark(begun), "rounding": "", "step": "25"}, follow=True)

    assert "Hours are rounded up to 15 minutes. That is the reading of the agreement. Rounding changes" in words(begun)
    assert "The reading of agreement" not in words(begun)
    assert "This is no whole hundredth of an hour. Say how hours are rounded." in words(otherwise)
    assert f"The reading of agreement LNS970602JC is another one for work from 12 June 1999 on: {UP_15}" in (
        words(otherwise)
    )
    confirmed(client, address, begun)
    assert [str(hours) for hours in WorkEntry.objects.values_list("hours", flat=True)] == ["2.25"]


def test_a_kept_layout_rounds_as_it_was_kept_and_says_that_the_reading_is_another_one(rounds_up, client, address):
    kept = FileLayout.objects.create(kind="work", name="Toggl", layout={"rounding": "nearest"})
    upload = {"file": SimpleUploadedFile("june.csv", MINUTES.encode()), "layout": kept.pk}

    shown = words(client.post(address, upload, follow=True))

    assert (
        "Hours are rounded to the nearest hundredth of an hour. The reading of agreement LNS970602JC is another one "
        f"for work from 12 June 1999 on: {UP_15}"
    ) in shown


@pytest.fixture
def toggl():
    layout = {"columns": {"Duration": "hours", "Notes": ""}, "others_left_out": True, "rounding": "up", "step": 25}
    return FileLayout.objects.create(kind="work", name="Toggl", layout=layout | {"values": {"service": "Care"}})


def layout_event(event: str, layout) -> str:
    return reverse(f"sites:import_layout_{event}", args=[Agreement.objects.get().pk, layout.pk])


def sent(client, event: str, layout, **more):
    """Open the page of an event of a layout, and return what sends its form then."""
    address = layout_event(event, layout)
    seen = field(client.get(address), "seen")
    return lambda: client.post(address, {"seen": seen} | more, follow=True)


def test_kept_layouts_are_listed_in_words_and_changed_by_who_imports(agreement, client, address, toggl):
    kept = reverse("sites:import_layouts", args=[agreement.pk])
    assert kept in links(client.get(address))
    assert kept not in links(client.get(reverse("sites:import", args=[agreement.pk, "counts"])))

    page = client.get(kept)

    assert tables(page)[0][1][:3] == [
        "Toggl",
        "Work entries",
        "“Duration” is hours. “Notes” is left out. Other columns that nobody knows are left out. All rows: service "
        "Care. Hours are rounded up to 15 minutes.",
    ]
    assert layout_event("rename", toggl) in links(page)
    assert layout_event("rename", toggl) not in links(client_of(VIEWER).get(kept))
    assert client_of(FINANCE).get(layout_event("delete", toggl)).status_code == 403


def test_a_kept_layout_is_renamed_and_deleted(agreement, client, toggl):
    assert "Toggl is kept as Timer now." in words(sent(client, "rename", toggl, name="Timer")())
    assert FileLayout.objects.get().name == "Timer"

    assert "Timer is no longer kept." in words(sent(client, "delete", toggl)())
    assert not FileLayout.objects.exists()


def test_a_layout_takes_no_name_of_another(agreement, client, toggl):
    FileLayout.objects.create(kind="work", name="Timer")
    FileLayout.objects.create(kind="counts", name="Counter")

    refused = sent(client, "rename", toggl, name="Timer")()

    assert refused.context["form"].errors == {
        "name": ["Another layout of such files is kept as Timer. Choose another name."]
    }
    sent(client, "rename", toggl, name="Counter")()
    assert set(FileLayout.objects.values_list("kind", "name")) == {
        ("work", "Counter"),
        ("work", "Timer"),
        ("counts", "Counter"),
    }


@pytest.mark.parametrize(("event", "more"), [("rename", {"name": "Mine"}), ("delete", {})])
def test_an_older_tab_changes_no_layout_that_it_does_not_show(agreement, client, toggl, event, more):
    older = sent(client, event, toggl, **more)
    FileLayout.objects.update(layout={"decimal_comma": True})

    assert "Somebody has changed this layout since the page was opened." in words(older())
    assert FileLayout.objects.get().layout == {"decimal_comma": True}
    FileLayout.objects.all().delete()
    assert "This layout is no longer kept: somebody has deleted it." in words(older())


def test_days_in_either_order_are_shown_as_examples_before_one_is_chosen(agreement, client, of_counts):
    factories.site(agreement, "Augusta")
    asked = looked_through(client, of_counts, COUNTS.splitlines()[0] + "\nAugusta,6/10/1999,10,7\n")
    assert "How is this file written?" in words(asked)
    assert "Say whether the day or the month comes first." in words(asked)
    assert "month first: “6/10/1999” is 10 June 1999" in words(asked)
    assert 'name="confirm"' not in asked.content.decode()

    preview = client.post(of_counts, {"mark": mark(asked), "day_order": "mdy"}, follow=True)

    assert "Days are written month first: “6/10/1999” is 10 June 1999." in words(preview)
    confirmed(client, of_counts, preview)
    assert set(ComponentCount.objects.values_list("counted_on", flat=True)) == {date(1999, 6, 10)}


def test_a_column_that_is_not_there_can_have_one_value(agreement, client, of_counts):
    factories.site(agreement, "Augusta")
    asked = looked_through(client, of_counts, "site,GE\nAugusta,10\n")
    assert "This column is missing." in words(asked)

    preview = client.post(of_counts, {"mark": mark(asked), "value-date": "1999-06-30"}, follow=True)

    assert "All rows: date 1999-06-30." in words(preview)
    confirmed(client, of_counts, preview)
    assert ComponentCount.objects.get().counted_on == date(1999, 6, 30)


def test_another_kind_of_file_is_refused_without_a_hundred_questions(sites, client, of_counts):
    headings = ",".join(f"thing {number}" for number in range(MOST_ASKED + 1))

    response = looked_through(client, of_counts, f"site,date,{headings}\n")

    assert "What do these columns hold?" not in words(response)
    assert tables(response)[0][1][:2] == ["1", "thing 0"]


def test_a_long_file_shows_its_first_rows(sites, client, of_counts):
    days = [f"1999-{month:02}-{day:02}" for month in range(1, 7) for day in range(1, 29)]
    rows = [f"{city},{day},1,1" for city in ("Augusta", "Reno") for day in days]
    more = [f"Augusta,1998-{month}-{day:02},1,1" for month in (10, 11, 12) for day in range(1, 29)]
    more += [f"Reno,1998-{month}-{day:02},1,1" for month in (10, 11, 12) for day in range(1, 29)]

    response = looked_through(client, of_counts, "\n".join(("site,date,GE,SLC", *rows, *more)))

    assert len(rows) + len(more) == 504
    assert "The first 500 rows are shown, 4 more are in the download." in words(response)


# ---- sites


def test_sites_come_in_by_the_same_page(agreement, sites, client):
    address = reverse("sites:import", args=[agreement.pk, "sites"])

    preview = looked_through(client, address, "City,ST,In service\nAgusta,GA,1999-01-15\nBoise,ID,1999-02-01\n")

    assert "Row 2: Agusta is spelled much like Augusta, which is on file. Is it another city?" in words(preview)
    response = confirmed(client, address, preview)
    assert "july.csv: 2 sites stored." in words(response)
    assert sorted(Site.objects.values_list("city", flat=True)) == ["Agusta", "Augusta", "Boise", "Reno"]


# ---- who gets in, and what each page holds


@pytest.mark.parametrize(
    ("role", "may"),
    [(VIEWER, set()), (FINANCE, set()), (DATA_ENTRY, ALL_KINDS), (ACCOUNT_MANAGER, ALL_KINDS)],
)
def test_roles_import_what_they_may(agreement, role, may):
    client = client_of(role)

    answers = {
        kind: client.get(reverse("sites:import", args=[agreement.pk, kind])).status_code
        for kind in ("counts", "sites", "work")
    }

    assert answers == {kind: 200 if kind in may else 403 for kind in answers}


def test_a_kind_of_file_that_is_none_is_not_found(agreement, client):
    assert client.get(reverse("sites:import", args=[agreement.pk, "prices"])).status_code == 404


def test_pages_hold_no_inline_style_or_script(sites, client, of_counts, address):
    for response in (client.get(address), looked_through(client, of_counts, COUNTS)):
        html = response.content.decode()
        assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", html) == []
        assert html.count("<script") == 3


def test_what_a_file_says_stays_text(sites, client, of_counts):
    response = looked_through(client, of_counts, "site,date,GE\n<script>alert(1)</script>,1999-06-30,<b>\n")

    assert "<script>alert" not in response.content.decode()
    assert "<b>" not in response.content.decode()


def test_page_names_its_columns_and_offers_a_template(client, of_counts, agreement):
    response = client.get(of_counts)

    assert ["GE", "gateway elements", "10", "gateway elements"] in tables(response)[0]
    assert reverse("sites:import_template", args=[agreement.pk, "counts"]) in response.content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_list_of_imports_asks_the_same_number_of_queries(sites, client, agreement, of_counts, number, request):
    for month in range(1, number + 1):
        text = f"site,date,GE\nReno,1999-0{month}-28,1\n"
        confirmed(client, of_counts, looked_through(client, of_counts, text, name=f"{month}.csv"))
    assert_num_queries = request.getfixturevalue("django_assert_num_queries")

    with assert_num_queries(8):
        response = client.get(reverse("sites:imports", args=[agreement.pk]))

    assert len(tables(response)[0]) == number + 1


def test_an_empty_list_of_imports_says_what_to_do(agreement, client):
    assert "No file has been imported for this agreement yet." in words(
        client.get(reverse("sites:imports", args=[agreement.pk]))
    )


def test_the_agreement_leads_to_its_imports(agreement, client):
    response = client.get(reverse("sites:agreement_detail", args=[agreement.pk]))

    assert reverse("sites:imports", args=[agreement.pk]) in links(response)


def test_the_list_shows_what_a_command_imported_for_all_agreements(agreement, sites, client):
    other = factories.agreement("OTHER-1")
    for name, of in (("all.csv", None), ("here.csv", agreement), ("there.csv", other)):
        ImportedFile.objects.create(kind="counts", name=name, sha256=name * 5, rows=1, agreement=of, imported_on=ON)

    rows = tables(client.get(reverse("sites:imports", args=[agreement.pk])))[0][1:]

    assert [row[:2] for row in rows] == [
        ["here.csv", "Component counts"],
        ["all.csv", "Component counts, all agreements"],
    ]
