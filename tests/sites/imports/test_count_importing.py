from datetime import date

import pytest
from django.core.management import CommandError, call_command

from sites.counts.recording import Recorded
from sites.imports.importing import KINDS, Incoming, import_file
from sites.imports.preview import State
from sites.models import ComponentCount, ImportedFile
from tests import factories, reference
from tests.sites.refusals import refused

pytestmark = pytest.mark.django_db

ON = date(1999, 8, 1)
DAY = date(1999, 7, 31)


def imported(text, on=ON, name="july.csv", agreement=None, **changed) -> Recorded:
    content = text if isinstance(text, bytes) else text.encode()
    done = import_file(kind=KINDS["counts"], file=Incoming(content, name, agreement), on=on, by=None, **changed)
    cells = done.preview.cells
    return Recorded(cells[State.NEW], cells[State.CHANGED], cells[State.UNCHANGED])


def stored(site) -> dict[tuple[str, str], int]:
    rows = ComponentCount.objects.filter(site=site).order_by("counted_on", "component_code")
    return {(row.counted_on.isoformat(), row.component_code): row.quantity for row in rows}


def test_import_counts_stores_all_rows_with_the_file_as_source(agreement, site):
    reno = factories.site(agreement, "Reno", state="NV")

    assert imported(
        "site,date,GE,SLC,DACS II\n"
        '"Augusta, GA",1999-06-30,10,,1\n'
        "AUGSGAZZDS0,1999-07-31,11,9,\n"
        "reno,1999-07-31,42,23,1\n"
    ) == Recorded(added=7)

    assert stored(site) == {
        ("1999-06-30", "DACS2"): 1,
        ("1999-06-30", "GE"): 10,
        ("1999-07-31", "GE"): 11,
        ("1999-07-31", "SLC"): 9,
    }
    assert stored(reno) == {("1999-07-31", "DACS2"): 1, ("1999-07-31", "GE"): 42, ("1999-07-31", "SLC"): 23}
    assert set(ComponentCount.objects.values_list("source", "recorded_on")) == {("july.csv", ON)}


def test_import_counts_changes_nothing_the_second_time(site):
    text = "site,date,GE,SLC\nAugusta,1999-07-31,10,7\n"
    imported(text)

    assert imported(text) == Recorded()
    assert imported(f"{text}\n") == Recorded(unchanged=2)
    assert ImportedFile.objects.count() == 1
    assert imported("site,date,GE,SLC\nAugusta,1999-07-31,10,\nAugusta,1999-06-30,9,\n") == Recorded(1, 0, 1)


def test_import_counts_reports_every_error_and_stores_nothing(agreement, site):
    factories.counts(site, DAY, {"GE": 10})
    text = (
        "site,date,GE,SLC\n"
        "Augusta,1999-07-31,10,7\n"
        "Nowhere,1999-07-31,1,1\n"
        "Augusta,1999-02-30,1,1\n"
        "Augusta,1998-09-30,1,1\n"
        "Augusta,1999-08-02,1,x\n"
        "Augusta,1999-08-03,1,1\n"
        '"augusta, ga",1999-07-31,10,7\n'
    )

    assert refused(imported, text) == [
        ("row 3, column site, “Nowhere”", "No site on file is called so. Give its city, city and state, or CLLI code."),
        ("row 4, column date, “1999-02-30”", "There is no such day. Check the day and the month."),
        (
            "row 5, column date, “1998-09-30”",
            "30 September 1998 is before Augusta, GA's first day in service, 1 October 1998. Correct the date.",
        ),
        ("row 6, column SLC, “x”", "This is no count. Counts are whole numbers from 0 to 999,999,999."),
        (
            "row 6, column date, “1999-08-02”",
            "2 August 1999 is after 1 August 1999. Record a count once it has been made.",
        ),
        (
            "row 7, column date, “1999-08-03”",
            "3 August 1999 is after 1 August 1999. Record a count once it has been made.",
        ),
        (
            "row 8, column date, “1999-07-31”",
            "Augusta, GA has a row for 1999-07-31 already: row 2. Keep one of them.",
        ),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Augusta,1998-09-30,2,x", ["column SLC, “x”", "column date, “1998-09-30”", "column date, “1998-09-30”"]),
        ("Augusta,1998-09-30,2,-1", ["column SLC, “-1”", "column date, “1998-09-30”", "column date, “1998-09-30”"]),
        ("Nowhere,1999-02-30,x,", ["column date, “1999-02-30”", "column GE, “x”", "column site, “Nowhere”"]),
        ("Augusta,1999-02-30,1,", ["column date, “1999-02-30”"]),
        (",1998-09-30,x,", ["column site", "column GE, “x”"]),
    ],
)
def test_import_counts_reports_every_error_of_a_row(site, line, expected):
    message = refused(imported, f"site,date,GE,SLC\nAugusta,1998-09-30,1,\n{line}\n")

    assert [place.removeprefix("row 3, ") for place, _said in message if place.startswith("row 3")] == expected


def test_import_counts_refuses_a_row_given_twice(site):
    factories.counts(site, DAY, {"GE": 10})
    message = refused(imported, "site,date,GE\nAugusta,1999-07-31,10\nAugusta,1999-07-31,11\n")

    assert [place for place, _said in message] == ["row 3, column date, “1999-07-31”"]


def test_import_counts_tells_cities_of_the_same_name_apart(agreement, site):
    other = factories.agreement("OTHER-1")
    twin = factories.site(other, "Augusta", state="ME")
    factories.site(other, "Reno", state="NV")

    [(place, message)] = refused(imported, "site,date,GE\nAugusta,1999-07-31,1\n")
    assert (place, message) == (
        "row 2, column site, “Augusta”",
        "Several sites are called so: Augusta, GA (LNS970602JC), Augusta, ME (OTHER-1). "
        "Add the state, the CLLI code or a column agreement.",
    )
    assert imported("site,date,GE,agreement\nAugusta,1999-07-31,1,OTHER-1\n").added == 1
    assert stored(twin) == {("1999-07-31", "GE"): 1}
    assert imported("site,date,GE\nAugusta,1999-06-30,1\n", agreement=agreement).added == 1
    assert stored(site) == {("1999-06-30", "GE"): 1}
    assert refused(imported, "site,date,GE,agreement\nAugusta,1999-07-31,1,OTHER-2\n")[0][0] == (
        "row 2, column agreement, “OTHER-2”"
    )
    assert refused(imported, "site,date,GE,agreement\nReno,1999-07-31,1,OTHER-1\n", agreement=agreement)[0][0] == (
        "row 2, column agreement, “OTHER-1”"
    )


def test_import_counts_refuses_a_component_that_only_another_agreement_has(agreement, site):
    odd = reference.Schedule(components=(reference.Component("ODD", "odd things"),), levels=())
    other = factories.agreement(
        "OTHER-1", amendments=(reference.amendment(1, reference.ANCHOR, schedule=odd, schedule_clause="A"),)
    )
    factories.site(other, "Reno")

    assert imported("site,date,odd things\nReno,1999-07-31,1\n").added == 1
    assert refused(imported, "site,date,ODD\nAugusta,1999-07-31,1\n") == [
        (
            "row 2, column ODD, “1”",
            "The price schedule of Augusta, GA in force on 31 July 1999 has no such component.",
        )
    ]


def test_unchanged_counts_are_those_of_the_last_count_and_say_so(site):
    factories.counts(site, date(1999, 5, 31), {"GE": 10, "SLC": 5})

    imported("site,date,GE,SLC\nAugusta,1999-07-10,=,Unchanged\nAugusta,1999-06-30,12,=\n")

    rows = ComponentCount.objects.filter(counted_on__gte=date(1999, 6, 1)).order_by("counted_on", "component_code")
    assert list(rows.values_list("counted_on__month", "component_code", "quantity", "source")) == [
        (6, "GE", 12, "july.csv"),
        (6, "SLC", 5, "july.csv: counted, unchanged"),
        (7, "GE", 12, "july.csv: counted, unchanged"),
        (7, "SLC", 5, "july.csv: counted, unchanged"),
    ]
    assert refused(imported, "site,date,GE,SM\nAugusta,1999-07-11,=,=\n") == [
        ("row 2, column SM, “=”", "Nothing was counted before, so it cannot be unchanged. Write a whole number.")
    ]


def test_import_counts_stores_nothing_in_a_dry_run(site):
    assert imported("site,date,GE\nAugusta,1999-07-31,1\n", dry_run=True) == Recorded(added=1)
    assert stored(site) == {}


@pytest.mark.parametrize("number", [1, 10])
def test_import_counts_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    sites = factories.sites(agreement, number)
    rows = "".join(f"{site.city},1999-07-31,1,1,1,1\n" for site in sites)

    with django_assert_num_queries(42):
        imported(f"site,date,GE,SLC,SM,5ESS\n{rows}")


def test_import_counts_command_prints_one_line_per_result(site, tmp_path, settings, capsys):
    settings.BUSINESS_DATE = ON
    file = tmp_path / "counts.csv"
    file.write_text("site,date,GE,SLC\nAugusta,1999-07-31,10,7\n")

    call_command("import_counts", str(file), "--dry-run")
    call_command("import_counts", str(file), "--agreement", "LNS970602JC")
    call_command("import_counts", str(file))

    assert capsys.readouterr().out.splitlines() == [
        "2 counts would be added, 0 already on file.",
        "2 counts added, 0 already on file.",
        "This file was imported on 1 August 1999 as counts.csv, with 1 row. Nothing was changed.",
    ]


def test_import_counts_command_prints_one_line_per_error(site, tmp_path, settings, capsys):
    settings.BUSINESS_DATE = ON
    file = tmp_path / "counts.csv"
    file.write_text("site,date,GE,SLC\nAugusta,1999-07-31,-1,1.5\n")

    with pytest.raises(CommandError, match="was not imported: 2 errors") as caught:
        call_command("import_counts", str(file))

    assert caught.value.returncode == 1
    assert capsys.readouterr().err.splitlines() == [
        "row 2, column GE, “-1”: A count cannot be negative. Write 0 or more.",
        "row 2, column SLC, “1.5”: A count is a whole number, without a fraction or separator. Write plain digits.",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["missing.csv"], "cannot be read: No such file"), ([__file__, "--agreement", "X"], "Not on file: agreement X")],
)
def test_import_counts_command_refuses_what_is_not_there(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("import_counts", *arguments)
