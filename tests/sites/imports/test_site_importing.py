from datetime import date

import pytest
from django.core.management import call_command

from sites.imports.importing import KINDS, Incoming, import_file, look_through, undo_import
from sites.imports.layouts import Layout
from sites.imports.preview import State
from sites.models import ImportedFile, MonthlyReport, Site
from tests import factories
from tests.sites.refusals import refused

pytestmark = pytest.mark.django_db

ON = date(1999, 7, 15)
SITES = KINDS["sites"]
HEADER = "city,state,CLLI code,population,in service from"
GOOD = f"{HEADER}\nBoise,ID,BOISIDXXDS0,125738,1999-02-01\nReno,NV,,,1998-10-01\n"


@pytest.fixture
def augusta(agreement):
    return factories.site(agreement, "Augusta", state="GA")


def incoming(text: str, agreement=None, **choices) -> Incoming:
    return Incoming(text.encode(), "sites.csv", agreement, Layout(columns=choices))


def imported(text: str, agreement, **more):
    return import_file(kind=SITES, file=incoming(text, agreement), on=ON, by=None, **more)


def on_file() -> list[tuple]:
    return list(Site.objects.order_by("city").values_list("city", "state", "clli", "population", "in_service_on"))


def test_new_sites_are_stored_with_their_file(agreement):
    done = imported(GOOD, agreement)

    assert on_file() == [
        ("Boise", "ID", "BOISIDXXDS0", 125738, date(1999, 2, 1)),
        ("Reno", "NV", "", None, date(1998, 10, 1)),
    ]
    assert set(Site.objects.values_list("file", "agreement")) == {(done.file.pk, agreement.pk)}
    assert (done.file.kind, done.file.rows) == ("sites", 2)


def test_what_a_site_leaves_empty_is_completed_and_what_it_says_stays(agreement, augusta):
    done = imported("city,state,clli,population\naugusta,,AUGSGAZZDS0,44000\n", agreement)

    assert on_file() == [("Augusta", "GA", "AUGSGAZZDS0", 44000, augusta.in_service_on)]
    [row] = done.preview.rows
    assert [cell.state for cell in row.cells] == [State.UNCHANGED, None, State.NEW, State.NEW]
    assert imported("city,state,clli,population\nAugusta,ga,augsgazzds0,44000\n", agreement).file is None


def test_what_contradicts_a_site_is_refused_with_both_values(agreement, augusta):
    Site.objects.update(clli="AUGSGAZZDS0", population=44000)

    assert refused(imported, f"{HEADER}\nAugusta,GA,AUGSGAZZDS1,45000,1999-01-01\n", agreement) == [
        (
            "row 2, column CLLI code, “AUGSGAZZDS1”",
            "The file says AUGSGAZZDS1, but AUGSGAZZDS0 is on file. Correct the file, or the site on its page.",
        ),
        (
            "row 2, column population, “45000”",
            "The file says 45000, but 44000 is on file. Correct the file, or the site on its page.",
        ),
        (
            "row 2, column in service from, “1999-01-01”",
            "The file says 1 January 1999, but 1 October 1998 is on file. Correct the file, or the site on its page.",
        ),
    ]


def test_every_error_of_every_row_is_told(agreement, augusta):
    Site.objects.update(clli="AUGSGAZZDS0")
    rows = (
        ",GA,,,1999-01-01",
        "Boise,ID,,,",
        "Boise,ID,TOOLONGACODE,-5,1999-02-30",
        "Waco,TX,AUGSGAZZDS0,1.5,1850-01-01",
        "Reno,NV,,,1999-01-01",
        "reno,nv,,,1999-01-01",
        "Re\u202eno,NV,,,1999-01-01",
    )

    message = refused(imported, "\n".join((HEADER, *rows)), agreement)

    assert [place for place, _message in message] == [
        "row 2, column city",
        "row 3, column in service from",
        "row 4, column population, “-5”",
        "row 4, column in service from, “1999-02-30”",
        "row 4, column CLLI code, “TOOLONGACODE”",
        "row 5, column population, “1.5”",
        "row 5, column CLLI code, “AUGSGAZZDS0”",
        "row 5, column in service from, “1850-01-01”",
        "row 7, column city, “reno”",
        "row 8, column city, “Re\u202eno”",
    ]
    assert message[1][1] == "A new site needs its first day of service. Write year-month-day, such as 1999-02-01."
    assert message[6][1] == "Augusta, GA has this CLLI code. Correct the code or the city."
    assert message[8][1] == "This city has a row already: row 6. Keep one of them."


def test_the_end_of_service_is_an_event(agreement, augusta):
    assert refused(imported, "city,state,last day in service\nAugusta,GA,1999-06-30\n", agreement) == [
        (
            "row 2, column last day in service, “1999-06-30”",
            "The end of service is an event: record it on the site's page, and leave this cell empty.",
        )
    ]
    assert imported("city,state,removed on,population\nAugusta,GA,,5\n", agreement).file is not None


def test_a_city_of_several_states_needs_its_state(agreement, augusta):
    factories.site(agreement, "Augusta", state="ME")

    [(place, message)] = refused(imported, "city,population\nAugusta,5\n", agreement)[:1]

    assert (place, message) == (
        "row 2, column city",
        "Several sites are in a city of this name: Augusta, GA, Augusta, ME. Add the state.",
    )


def test_a_city_spelled_much_like_one_on_file_is_a_hint(agreement, augusta):
    preview = look_through(kind=SITES, file=incoming(f"{HEADER}\nAgusta,GA,,,1999-01-01\n", agreement), on=ON)

    assert preview.warnings == (
        "Row 2: Agusta is spelled much like Augusta, GA, which is on file. Is it another city?",
    )
    assert preview.can_be_stored


def test_without_an_agreement_each_row_names_its_own(agreement):
    other = factories.agreement("OTHER-1")

    assert refused(imported, GOOD, None)[0][0] == "row 2, column agreement"
    assert refused(imported, f"{HEADER},agreement\nReno,NV,,,1999-01-01,OTHER-2\n", None)[0][0] == (
        "row 2, column agreement, “OTHER-2”"
    )
    imported(f"{HEADER},agreement\nReno,NV,,,1999-01-01,OTHER-1\n", None)
    assert Site.objects.get().agreement == other


def test_sites_of_a_demonstration_are_marked_as_such(agreement):
    factories.site(agreement, "Augusta", is_demonstration=True)

    imported(GOOD, agreement)

    assert Site.objects.filter(is_demonstration=True).count() == 3


def test_undoing_deletes_new_sites_and_empties_what_was_completed(agreement, augusta):
    done = imported(f"{HEADER}\nBoise,ID,,,1999-02-01\nAugusta,GA,AUGSGAZZDS0,44000,\n", agreement)

    file = undo_import(file=done.file, reason="Wrong list", on=ON, by=None)

    assert on_file() == [("Augusta", "GA", "", None, augusta.in_service_on)]
    assert (file.undone_on, file.undo_reason) == (ON, "Wrong list")
    assert imported(f"{HEADER}\nBoise,ID,,,1999-02-01\nAugusta,GA,AUGSGAZZDS0,44000,\n", agreement).file.pk != file.pk


def test_undoing_is_refused_where_facts_hang_on_a_site_or_were_changed(agreement, augusta):
    done = imported(f"{HEADER}\nBoise,ID,,,1999-02-01\nAugusta,GA,,44000,\n", agreement)
    factories.counts(Site.objects.get(city="Boise"), date(1999, 3, 1), {"GE": 1})
    Site.objects.filter(city="Augusta").update(population=44001)

    errors = refused(undo_import, file=done.file, reason="Wrong list", on=ON, by=None)

    assert [message for _place, message in errors] == [
        "Boise, ID has component counts on file by now.",
        "The population of Augusta, GA was changed after the import.",
    ]
    assert Site.objects.count() == 2
    assert ImportedFile.objects.get().undone_on is None


def test_undoing_is_refused_where_a_report_shows_a_site(agreement):
    done = imported(f"{HEADER}\nBoise,ID,,,1999-02-01\n", agreement)
    facts = {"agreement": agreement, "revision": 0, "issued_on": ON, "content": {}, "content_sha256": "0" * 64}
    MonthlyReport.objects.create(month=date(1999, 1, 1), **facts)
    shows = MonthlyReport.objects.create(month=date(1999, 2, 1), **facts)

    errors = refused(undo_import, file=done.file, reason="Wrong list", on=ON, by=None)

    assert [message for _place, message in errors] == [
        f"{shows} of agreement LNS970602JC, issued on 15 July 1999, is based on sites of this file. "
        "Correct the sites and issue a revision instead."
    ]


@pytest.mark.parametrize("number", [1, 30])
def test_importing_sites_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    rows = "".join(f"City {position},NV,,,1999-01-01\n" for position in range(number))

    with django_assert_num_queries(21):
        imported(f"{HEADER}\n{rows}", agreement)


def test_command_imports_sites(agreement, tmp_path, settings, capsys):
    settings.BUSINESS_DATE = ON
    path = tmp_path / "sites.csv"
    path.write_text(GOOD.replace("population", "people"))

    call_command("import_sites", str(path), "--agreement", agreement.number, "--column", "people=population")

    assert capsys.readouterr().out.splitlines() == ["2 sites added."]
    assert Site.objects.get(city="Boise").population == 125738
