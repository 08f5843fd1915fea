from datetime import date
from hashlib import sha256
from time import process_time

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from contracts.models import Agreement, ChosenReading
from sites.imports.importing import KINDS, Incoming, import_file, look_through
from sites.imports.layouts import Layout
from sites.imports.preview import MOST_ERRORS, Preview
from sites.imports.tabular import MOST_ROWS
from sites.models import FileLayout, ImportedFile, WorkEntry
from tests import factories
from tests.sites.hours.rows import CARE, ON, worked
from tests.sites.refusals import refused

pytestmark = pytest.mark.django_db

HEADER = "date,site,service,hours,person,reference"
GOOD = f"""{HEADER}
1999-07-12,"Augusta, GA",Provisioning/Translations,7.25,Ann Example,REQ-1
1999-07-12,AUGSGAZZDS0,customer care,0.50,Bob  Example,
1999-07-13,reno,Customer Care,8,Ann Example,REQ-2
"""


@pytest.fixture
def sites(agreement):
    augusta = factories.site(agreement, "Augusta", state="GA", clli="AUGSGAZZDS0")
    return augusta, factories.site(agreement, "Reno", is_demonstration=True)


def imported(text: str = GOOD, name="july.csv", on=ON, by=None, agreement=None, **changed) -> Preview:
    file = Incoming(text.encode(), name, agreement)
    return import_file(kind=KINDS["work"], file=file, on=on, by=by, **changed).preview


def rows(*lines: str) -> str:
    return "\n".join((HEADER, *lines))


def said() -> list[tuple]:
    entries = WorkEntry.objects.order_by("pk").values_list(
        "site__city", "worked_on", "service", "hours", "person", "reference"
    )
    return [
        (city, f"{day}", service, f"{hours}", person, reference)
        for city, day, service, hours, person, reference in entries
    ]


# ---- good files


def test_importing_work_stores_every_row_with_its_file(sites):
    clerk = User.objects.create_user("clerk")

    result = imported(by=clerk)

    assert result.totals.rows == (("Augusta, GA", 2, "7.75 h"), ("Reno", 1, "8.00 h"))
    assert result.totals.total == ("Total", 3, "15.75 h")
    assert (result.bringing, result.warnings) == (3, ())
    assert said() == [
        ("Augusta", "1999-07-12", "Provisioning/Translations", "7.25", "Ann Example", "REQ-1"),
        ("Augusta", "1999-07-12", "Customer Care", "0.50", "Bob Example", ""),
        ("Reno", "1999-07-13", "Customer Care", "8.00", "Ann Example", "REQ-2"),
    ]
    file = ImportedFile.objects.get()
    assert (file.kind, file.name, file.rows, file.imported_on, file.imported_by) == ("work", "july.csv", 3, ON, clerk)
    assert file.sha256 == sha256(GOOD.encode()).hexdigest()
    assert set(WorkEntry.objects.values_list("file", "recorded_on", "recorded_by")) == {(file.pk, ON, clerk.pk)}
    assert list(WorkEntry.objects.order_by("pk").values_list("is_demonstration", flat=True)) == [False, False, True]


def test_dry_run_stores_nothing_and_says_the_same(sites):
    result = imported(dry_run=True)

    assert (WorkEntry.objects.count(), ImportedFile.objects.count()) == (0, 0)
    assert imported() == result


def test_the_same_file_changes_nothing_and_says_when_it_came(sites):
    imported(on=date(1999, 7, 14))

    again = imported(name="copy.csv")

    assert again.earlier == ("This file was imported on 14 July 1999 as july.csv, with 3 entries. Nothing was changed.")
    assert (WorkEntry.objects.count(), ImportedFile.objects.count()) == (3, 1)
    assert imported(dry_run=True).earlier == again.earlier


def test_entries_that_are_on_file_word_for_word_are_told(sites):
    imported()

    result = imported(f"{GOOD}1999-07-14,Reno,Customer Care,1,Ann Example,\n")

    assert result.bringing == 4
    assert result.warnings == (
        "3 entries of them say word for word what is on file: check that they are not the same work.",
    )
    assert WorkEntry.objects.count() == 7


def test_rows_that_repeat_another_one_are_warned_of(sites):
    line, other = "1999-07-12,Reno,Customer Care,1,Ann,", "1999-07-13,Augusta,Customer Care,2,Bob,R-1"
    lines = (line, other, line.replace("Reno", "reno"), f"{line}R-2", other, line.replace(",1,", ",1.00,"))

    assert imported(rows(*lines)).warnings == (
        "Rows of the file say the same word for word: rows 2, 4, 7; rows 3, 6. "
        "Check that they are not the same work; where they are, take one of them out.",
    )
    assert WorkEntry.objects.count() == 6


def test_rows_that_repeat_another_one_are_named_shortly(sites):
    many = [f"1999-07-{day:02},Reno,Customer Care,1,Ann," for day in range(1, 8) for _ in range(2)]

    (warning,) = imported(rows(*many)).warnings

    assert warning.startswith(
        "Rows of the file say the same word for word: rows 2, 3; rows 4, 5; rows 6, 7; rows 8, 9; rows 10, 11 "
        "and others. Check"
    )


def test_a_column_tells_cities_of_the_same_name_apart(sites):
    other = factories.site(factories.agreement("LNS980101JC"), "Reno")
    line = "1999-07-12,Reno,Customer Care,1,Ann,"

    [(place, message)] = refused(imported, rows(line))
    assert place == "row 2, column site, “Reno”"
    assert message.startswith("Several sites are called so: Reno (LNS970602JC), Reno (LNS980101JC).")

    imported(f"{HEADER},agreement\n{line},LNS980101JC")
    assert WorkEntry.objects.get().site == other


def test_the_example_of_the_manual_is_a_good_file(agreement):
    content = (settings.BASE_DIR / "docs" / "work-example.csv").read_bytes()
    for city, state in (("Augusta", "GA"), ("Reno", "NV")):
        factories.site(agreement, city, state=state)

    result = imported(content.decode(), name="work-example.csv")

    assert result.totals.total == ("Total", 3, "15.75 h")
    assert content.decode() in (settings.BASE_DIR / "docs" / "files.md").read_text(encoding="utf-8")


# ---- refusals

KNOWN = "Choose Provisioning/Translations or Customer Care."


def test_every_error_of_every_row_is_told_and_nothing_is_stored(sites):
    text = rows(
        "1999-07-12,Reno,Customer Care,1,Ann,",
        "1999-07-12,Nowhere,Customer Care,0,Ann,",
        "1999-07-12,Reno,Cleaning,-1,Ann,",
        "1999-07-16,Reno,Customer Care,7.255,Ann,",
        "1998-09-30,Reno,Customer Care,24.5,Ann,",
        "1999-07-12,Reno,Traffic Management,x,,",
    )

    assert refused(imported, text) == [
        ("row 3, column site, “Nowhere”", "No site on file is called so. Give its city, city and state, or CLLI code."),
        ("row 4, column hours, “-1”", "-1 is no amount of work. Enter more than 0 hours."),
        ("row 4, column service, “Cleaning”", f"“Cleaning” is no service that is charged by hours. {KNOWN}"),
        (
            "row 5, column date, “1999-07-16”",
            "Work of 16 July 1999 is after 15 July 1999. Enter it once it has been done.",
        ),
        (
            "row 5, column hours, “7.255”",
            "7.255 has more than two decimals. Enter hundredths of an hour, such as 7.25.",
        ),
        (
            "row 6, column site, “Reno”",
            "30 September 1998 is before Reno's first day in service, 1 October 1998. Correct the date or the site.",
        ),
        (
            "row 6, column hours, “24.5”",
            "24.5 hours are more than a day has. Enter the hours of each day by themselves.",
        ),
        (
            "row 6, column date, “1998-09-30”",
            "The work of 30 September 1998 is before 1 October 1998, when the first annual period begins. "
            "Choose that day or a later one.",
        ),
        ("row 7, column person", "The row does not say who did the work. Name the person."),
        (
            "row 7, column hours, “x”",
            "These are no hours. Write a number with at most two decimals, such as 7.25, or hours and minutes: 7:15.",
        ),
        (
            "row 7, column service, “Traffic Management”",
            "Traffic Management is included in the annual price (Appendix A, note 1) and cannot be charged.",
        ),
    ]
    assert ImportedFile.objects.count() == 0


def test_text_that_cannot_be_kept_is_an_error(sites):
    text = rows(f"1999-07-12,Reno,Customer Care,1,{'x' * 101},a\u202eb")

    assert refused(imported, text) == [
        (f"row 2, column person, “{'x' * 57}...”", "At most 100 characters; the person has 101. Shorten it."),
        (
            "row 2, column reference, “a\u202eb”",
            "Character 2 cannot be printed (U+202E). Type the text again without it.",
        ),
    ]
    assert refused(imported, GOOD, name="a\u202eb.csv") == [
        ("file", "The name of the file holds characters that cannot be printed. Rename it.")
    ]


def test_a_day_has_24_hours_over_the_rows_and_what_is_on_file(sites):
    other = factories.site(factories.agreement("LNS980101JC"), "Waco")
    worked(other, date(1999, 7, 12), "10.00", person="ann example")
    text = rows(
        "1999-07-12,Reno,Customer Care,8,Ann Example,",
        "1999-07-12,Reno,Customer Care,24,Bob Example,",
        "1999-07-12,Reno,Cleaning,6,Ann  Example,",
        "1999-07-12,Reno,Customer Care,0.01,ANN EXAMPLE,",
        "1999-07-13,Reno,Customer Care,24,Ann Example,",
    )

    assert refused(imported, text) == [
        ("row 4, column service, “Cleaning”", f"“Cleaning” is no service that is charged by hours. {KNOWN}"),
        (
            "row 5, column hours, “0.01”",
            "With 10.00 h on file and rows 2, 4, ANN EXAMPLE would have 24.01 h on 12 July 1999; a day has 24. "
            "Correct the day, the person or the hours.",
        ),
    ]


def test_an_import_for_one_agreement_knows_its_sites_alone(agreement, sites):
    factories.site(factories.agreement("LNS980101JC"), "Waco")
    line = "1999-07-12,Waco,Customer Care,1,Ann,"

    assert [place for place, _ in refused(imported, rows(line), agreement=agreement)] == ["row 2, column site, “Waco”"]
    [(place, message)] = refused(imported, f"{HEADER},agreement\n{line},LNS980101JC", agreement=agreement)
    assert (place, message) == (
        "row 2, column agreement, “LNS980101JC”",
        "This agreement is not on file, or not the one this import is for.",
    )


@pytest.mark.parametrize("line", ["1999-07-12,Reno,Customer Care,7.25,Ann,", "1999-07-12,Rome,Care,x,Ann,"])
def test_a_long_file_full_of_errors_is_refused_at_once_and_lists_the_first_thousand(sites, line):
    began = process_time()

    errors = refused(imported, rows(*[line] * MOST_ROWS))

    assert process_time() - began < 5
    assert len(errors) == MOST_ERRORS
    assert errors[0] == (
        "file",
        "The file has 1,000 errors or more, and was checked no further. Correct these first.",
    )


def test_a_file_that_cannot_be_read_on_is_refused_whole(sites):
    assert refused(imported, f'{GOOD}1999-07-14,"Reno') == [
        ("row 5", "This is no CSV: unexpected end of data. Check the quotes.")
    ]


@pytest.mark.parametrize("number", [1, 30])
def test_importing_work_asks_the_same_number_of_queries(sites, number, django_assert_num_queries):
    lines = [f"1999-07-{day % 14 + 1:02},Reno,{CARE},1,Person {day},R-{day}" for day in range(number)]

    with django_assert_num_queries(QUERIES):
        imported(rows(*lines))


QUERIES = 22


# ---- the command


def command(path, *arguments, **options):
    call_command("import_work", str(path), *arguments, **options)


def test_command_reads_a_time_sheet_and_keeps_how(sites, tmp_path, capsys, settings):
    settings.BUSINESS_DATE = ON
    july, august = tmp_path / "july.csv", tmp_path / "august.csv"
    july.write_text("Day,Office,Duration,User,Notes\n7/12/99,Reno,0:50,Ann,x\n", encoding="utf-8")
    august.write_text('Day,Office,Duration,User\n7/13/99,Reno,"0:10",Bob\n', encoding="utf-8")

    said = ("--all", "service=customer care", "--day-order", "mdy", "--rounding", "up", "--step", "25")
    command(july, *said, "--others-left-out", "--keep-as", "Office")
    command(august, "--as", "Office", "--rounding", "nearest")

    changes = "Rounding changes the hours of 1 entry, by"
    how = "Days are written month first: {}. All rows: service customer care. Hours are rounded {} 15 minutes. " + (
        f"The reading of agreement LNS970602JC is another one for work from {{}} on: {NOT_ROUNDED}"
    )
    assert capsys.readouterr().out.splitlines() == [
        f"1 entry with 1.00 h added. Left out: Notes. "
        f"{how.format('“7/12/99” is 12 July 1999', 'up to', '12 July 1999')} {changes} +0.1667 h in all.",
        "Kept as Office: choose it with the next file.",
        f"1 entry with 0.25 h added. "
        f"{how.format('“7/13/99” is 13 July 1999', 'to the nearest', '13 July 1999')} {changes} +0.0833 h in all.",
    ]
    with pytest.raises(CommandError, match=r"No layout is kept as Toggl\. Kept: Office\."):
        command(july, "--as", "Toggl")
    with pytest.raises(CommandError, match="service: write COLUMN=VALUE, such as service=Customer Care."):
        command(july, "--all", "service")


@pytest.mark.parametrize("rounding", [(), ("--rounding", "none"), ("--as", "Office")])
def test_command_refuses_a_step_to_which_nothing_is_rounded(sites, tmp_path, rounding):
    FileLayout.objects.create(kind="work", name="Office", layout={"day_order": "mdy"})
    path = tmp_path / "july.csv"
    path.write_text(GOOD, encoding="utf-8")

    with pytest.raises(CommandError) as refused:
        command(path, "--step", "25", *rounding)

    told = "--step 25 rounds nothing by itself. Add --rounding nearest or up, or leave it out."
    assert (str(refused.value), refused.value.returncode) == (told, 2)
    assert not WorkEntry.objects.exists()


def test_command_takes_a_step_for_the_rounding_that_was_kept(sites, tmp_path, capsys):
    FileLayout.objects.create(kind="work", name="Office", layout={"rounding": "up"})
    path = tmp_path / "july.csv"
    path.write_text(GOOD, encoding="utf-8")

    command(path, "--as", "Office", "--step", "25")

    assert "Hours are rounded up to 15 minutes." in capsys.readouterr().out


@pytest.mark.parametrize("argument", ["--step=25", "--rounding=up", "--decimal-comma"])
def test_commands_for_files_without_hours_know_no_rounding_of_hours(tmp_path, argument):
    with pytest.raises(CommandError, match=f"Unrecognized arguments: {argument}"):
        call_command("import_counts", str(tmp_path / "counts.csv"), argument)


def test_command_imports_once_and_tells_of_it(sites, tmp_path, capsys, settings):
    settings.BUSINESS_DATE = ON
    path = tmp_path / "july.csv"
    path.write_text(GOOD, encoding="utf-8")

    command(path, "--dry-run")
    command(path, "--agreement", "LNS970602JC")
    command(path)

    assert capsys.readouterr().out.splitlines() == [
        "3 entries with 15.75 h would be added.",
        "3 entries with 15.75 h added.",
        "This file was imported on 15 July 1999 as july.csv, with 3 entries. Nothing was changed.",
    ]
    assert WorkEntry.objects.count() == 3


def test_command_prints_every_error_and_stores_nothing(sites, tmp_path, capsys, settings):
    settings.BUSINESS_DATE = ON
    path = tmp_path / "july.csv"
    path.write_text(rows("1999-07-12,Nowhere,Customer Care,1,Ann,", "1999-07-12,Reno,x,1,Ann,"), encoding="utf-8")

    with pytest.raises(CommandError, match=r"july.csv was not imported: 2 errors. Correct the file") as caught:
        command(path)

    assert caught.value.returncode == 1
    assert capsys.readouterr().err.splitlines() == [
        "row 2, column site, “Nowhere”: No site on file is called so. Give its city, city and state, or CLLI code.",
        f"row 3, column service, “x”: “x” is no service that is charged by hours. {KNOWN}",
    ]
    assert WorkEntry.objects.count() == 0


def test_command_needs_a_file_that_can_be_read_and_an_agreement_on_file(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        command(tmp_path / "none.csv")
    (tmp_path / "july.csv").write_text(GOOD, encoding="utf-8")
    with pytest.raises(CommandError, match="Not on file: agreement LNS-9"):
        command(tmp_path / "july.csv", "--agreement", "LNS-9")


UP_15 = "Each work entry by itself is rounded up to the next full 15 minutes."
NOT_ROUNDED = "The time of a work entry is not rounded: it is entered in hundredths of an hour."


def read_minutes(agreement: Agreement, choice: str = "up-25", applies_from: date | None = None) -> None:
    """How the agreement rounds worked minutes, as somebody has chosen it."""
    ChosenReading.objects.create(
        agreement=agreement,
        question="minutes",
        choice=choice,
        applies_from=applies_from,
        chosen_by="J. Doe",
        chosen_on=ON,
        closed_on=agreement.executed_on,
    )


def test_reading_of_the_agreement_rounds_what_no_argument_rounds(sites, agreement, tmp_path, capsys, settings):
    settings.BUSINESS_DATE = ON
    read_minutes(agreement)
    july = tmp_path / "july.csv"
    july.write_text(rows("1999-07-12,Reno,Customer Care,2:13:55,Ann,"), encoding="utf-8")

    command(july, "--agreement", "LNS970602JC", "--dry-run")
    command(july, "--agreement", "LNS970602JC", "--rounding", "nearest", "--dry-run")

    assert capsys.readouterr().out.splitlines() == [
        "1 entry with 2.25 h would be added. Hours are rounded up to 15 minutes. That is the reading of the "
        "agreement. Rounding changes the hours of 1 entry, by +0.0181 h in all.",
        "1 entry with 2.23 h would be added. Hours are rounded to the nearest hundredth of an hour. The reading of "
        f"agreement LNS970602JC is another one for work from 12 July 1999 on: {UP_15} Rounding changes the hours of 1 "
        "entry, by -0.0019 h in all.",
    ]


def test_work_of_all_agreements_is_not_rounded_without_a_word_where_one_of_them_rounds(
    sites, agreement, tmp_path, capsys, settings
):
    settings.BUSINESS_DATE = ON
    read_minutes(agreement)
    july = tmp_path / "july.csv"
    july.write_text(GOOD, encoding="utf-8")

    with pytest.raises(CommandError) as refusal:
        command(july)
    command(july, "--rounding", "none", "--dry-run")

    assert str(refusal.value) == (
        "The reading of agreement LNS970602JC rounds the time of work entries. Import its work with --agreement, or "
        "say --rounding nearest, up or none for all."
    )
    assert f"another one for work from 12 July 1999 on: {UP_15}" in capsys.readouterr().out
    assert not WorkEntry.objects.exists()


def test_reading_is_that_of_the_day_of_the_work_for_what_the_preview_says(sites, agreement):
    read_minutes(agreement, applies_from=date(1999, 7, 13))

    unrounded, rounded = (
        look_through(
            kind=KINDS["work"],
            file=Incoming(GOOD.encode(), "july.csv", agreement, Layout(rounding=way, step=step)),
            on=ON,
        ).notes
        for way, step in (("", 1), ("up", 25))
    )

    another = "The reading of agreement LNS970602JC is another one for work from {} July 1999 on: {}"
    assert unrounded == (another.format(13, UP_15),)
    assert rounded[1] == another.format(12, NOT_ROUNDED)
