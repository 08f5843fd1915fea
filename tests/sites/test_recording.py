from datetime import date

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from contracts.terms import Signature
from sites.models import ChargedLevel, ComponentCount
from sites.recording import (
    CannotRecord,
    Recorded,
    end_service,
    import_counts,
    record_counts,
    record_starting_level,
)
from tests import factories, reference

pytestmark = pytest.mark.django_db

ON = date(1999, 8, 1)
DAY = date(1999, 7, 31)


@pytest.fixture
def agreement():
    return factories.agreement()


@pytest.fixture
def site(agreement):
    return factories.site(agreement, "Augusta", state="GA", clli="AUGSGAZZDS0")


@pytest.fixture
def clerk():
    return User.objects.create_user("clerk")


def recorded(site, quantities, counted_on=DAY, on=ON, source="letter", by=None) -> Recorded:
    return record_counts(site=site, counted_on=counted_on, quantities=quantities, source=source, on=on, by=by)


def imported(text, on=ON, name="july.csv", **changed) -> Recorded:
    content = text if isinstance(text, bytes) else text.encode()
    return import_counts(content=content, name=name, on=on, by=None, **changed)


def refused(call, *args, **kwargs) -> list[tuple[str, str]]:
    """Return place and sentence of every error of a call, which must be refused and store nothing."""
    before = ComponentCount.objects.count()
    with pytest.raises(CannotRecord) as caught:
        call(*args, **kwargs)
    assert ComponentCount.objects.count() == before
    return [(error.place, error.message) for error in caught.value.errors]


def stored(site) -> dict[tuple[str, str], int]:
    rows = ComponentCount.objects.filter(site=site).order_by("counted_on", "component_code")
    return {(row.counted_on.isoformat(), row.component_code): row.quantity for row in rows}


# ---- counts of one site


def test_record_counts_stores_figures_with_source_person_and_day(site, clerk):
    assert recorded(site, {"GE": 12, "SLC": 0, "SM": None}, by=clerk) == Recorded(added=2)

    row = ComponentCount.objects.get(component_code="GE")
    assert (row.quantity, row.source, row.recorded_by, row.recorded_on) == (12, "letter", clerk, ON)
    assert stored(site) == {("1999-07-31", "GE"): 12, ("1999-07-31", "SLC"): 0}


def test_record_counts_corrects_what_is_on_file_and_keeps_what_is_not_given(site, clerk):
    recorded(site, {"GE": 12, "SLC": 7, "SM": 1})

    again = recorded(site, {"GE": 13, "SLC": None, "SM": 1}, source="call", on=date(1999, 8, 5), by=clerk)

    assert again == Recorded(corrected=1, unchanged=1)
    assert stored(site) == {("1999-07-31", "GE"): 13, ("1999-07-31", "SLC"): 7, ("1999-07-31", "SM"): 1}
    row = ComponentCount.objects.get(component_code="GE")
    assert (row.source, row.recorded_by, row.recorded_on) == ("call", clerk, date(1999, 8, 5))


def test_record_counts_refuses_naming_every_component(site):
    assert refused(recorded, site, {"GE": -1, "SLC": 1.5, "SM": True, "DACS9": 1, "DACS2": 10**9, "DACS4": 1}) == [
        ("GE", "gateway elements: -1 is no count. Counts are whole numbers from 0."),
        ("SLC", "SLC: 1.5 is no count. Counts are whole numbers from 0."),
        ("SM", "SM: True is no count. Counts are whole numbers from 0."),
        ("DACS9", "DACS9 is no component of the price schedule in force. Check the column's name."),
        ("DACS2", "DACS II: 1000000000 is no count. Counts are whole numbers from 0."),
    ]


def test_record_counts_refuses_dates_outside_the_service_and_in_the_future(agreement):
    later = factories.site(agreement, "Lubbock", date(1999, 8, 15))

    assert refused(recorded, later, {"GE": 1}, counted_on=date(1999, 8, 14), on=date(1999, 8, 13)) == [
        ("counted_on", "14 August 1999 lies before Lubbock's first day in service, 15 August 1999. Correct the date."),
        ("counted_on", "14 August 1999 lies after 13 August 1999. Record a count once it was made."),
    ]
    assert recorded(later, {"GE": 1}, counted_on=date(1999, 8, 15), on=date(1999, 8, 15)).added == 1


def test_record_counts_refuses_a_source_that_cannot_be_printed(site):
    assert refused(recorded, site, {"GE": 1}, source="a\u202eb") == [
        ("source", "Character 2 cannot be printed (U+202E). Type the text again without it.")
    ]


def test_record_counts_takes_the_components_of_the_schedule_in_force_on_the_date(agreement, site):
    switch_only = reference.SCHEDULE.components[1:2]
    schedule = reference.Schedule(components=switch_only, levels=())
    second = reference.amendment(
        2, date(1999, 7, 1), schedule=schedule, signed_on=date(1999, 7, 1), schedule_clause="Appendix A"
    )
    factories.amendment(agreement, second)

    assert recorded(site, {"GE": 1}, counted_on=date(1999, 6, 30)).added == 1
    assert [place for place, _ in refused(recorded, site, {"GE": 1, "5ESS": 1})] == ["GE"]
    assert recorded(site, {"GE": 1}, counted_on=date(1999, 6, 30), on=date(1999, 6, 30)).unchanged == 1


def test_record_counts_accepts_facts_before_the_last_signature():
    unsigned = reference.amendment(
        1,
        reference.ANCHOR,
        schedule=reference.SCHEDULE,
        schedule_clause="Appendix A",
        supplier_signature=None,
        customer_signature=Signature("A", "B", date(1998, 9, 1)),
    )
    site = factories.site(factories.agreement(amendments=(unsigned,)), "Augusta")

    assert recorded(site, {"GE": 10}, counted_on=date(1998, 10, 1), on=date(1998, 10, 10)).added == 1


# ---- count files


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

    assert imported(text) == Recorded(unchanged=2)
    assert imported("site,date,GE,SLC\nAugusta,1999-07-31,10,\nAugusta,1999-06-30,9,\n") == Recorded(1, 0, 1)


def test_import_counts_reports_every_error_and_stores_nothing(agreement, site):
    factories.counts(site, DAY, {"GE": 10})
    text = (
        "site,date,GE,SLC\n"
        "Augusta,1999-07-31,12,7\n"  # contradicts what is on file
        "Nowhere,1999-07-31,1,1\n"
        "Augusta,1999-02-30,1,1\n"
        "Augusta,1998-09-30,1,1\n"
        "Augusta,1999-08-02,1,x\n"
        "Augusta,1999-08-03,1,1\n"
        '"augusta, ga",1999-07-31,10,7\n'
    )

    assert refused(imported, text) == [
        (
            "row 2, column GE, “12”",
            "The file says 12, but 10 is on file for Augusta, GA on 31 July 1999. Correct one of the two.",
        ),
        ("row 3, column site, “Nowhere”", "No site on file is called so. Give its city, city and state, or CLLI code."),
        ("row 4, column date, “1999-02-30”", "There is no such day."),
        (
            "row 5, column date, “1998-09-30”",
            "30 September 1998 lies before Augusta, GA's first day in service, 1 October 1998. Correct the date.",
        ),
        ("row 6, column SLC, “x”", "This is no count. Counts are whole numbers from 0 to 999,999,999."),
        (
            "row 6, column date, “1999-08-02”",
            "2 August 1999 lies after 1 August 1999. Record a count once it was made.",
        ),
        (
            "row 7, column date, “1999-08-03”",
            "3 August 1999 lies after 1 August 1999. Record a count once it was made.",
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
    told = refused(imported, f"site,date,GE,SLC\nAugusta,1998-09-30,1,\n{line}\n")

    assert [place.removeprefix("row 3, ") for place, _said in told if place.startswith("row 3")] == expected


def test_import_counts_checks_a_repeated_row_against_what_is_on_file(site):
    factories.counts(site, DAY, {"GE": 10})
    told = refused(imported, "site,date,GE\nAugusta,1999-07-31,10\nAugusta,1999-07-31,11\n")

    assert [place for place, _said in told] == ["row 3, column date, “1999-07-31”", "row 3, column GE, “11”"]


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


def test_import_counts_stores_nothing_in_a_dry_run(site):
    assert imported("site,date,GE\nAugusta,1999-07-31,1\n", dry_run=True) == Recorded(added=1)
    assert stored(site) == {}


@pytest.mark.parametrize("number", [1, 30])
def test_import_counts_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    sites = factories.sites(agreement, number)
    rows = "".join(f"{site.city},1999-07-31,1,1,1,1\n" for site in sites)

    with django_assert_num_queries(15):
        imported(f"site,date,GE,SLC,SM,5ESS\n{rows}")


def test_import_counts_command_prints_one_line_per_result(site, tmp_path, settings, capsys):
    settings.BUSINESS_DATE = ON
    file = tmp_path / "counts.csv"
    file.write_text("site,date,GE,SLC\nAugusta,1999-07-31,10,7\n")

    call_command("import_counts", str(file), "--dry-run")
    call_command("import_counts", str(file), "--agreement", "LNS970602JC")
    call_command("import_counts", str(file))

    assert capsys.readouterr().out.splitlines() == [
        "2 counts would be added, 0 on file already.",
        "2 counts added, 0 on file already.",
        "Nothing new: 2 counts of the file on file already.",
    ]


def test_import_counts_command_prints_one_line_per_error(site, tmp_path, settings, capsys):
    settings.BUSINESS_DATE = ON
    file = tmp_path / "counts.csv"
    file.write_text("site,date,GE,SLC\nAugusta,1999-07-31,-1,1.5\n")

    with pytest.raises(CommandError, match="was not imported: 2 errors") as caught:
        call_command("import_counts", str(file))

    assert caught.value.returncode == 1
    assert capsys.readouterr().err.splitlines() == [
        "row 2, column GE, “-1”: A count cannot be negative.",
        "row 2, column SLC, “1.5”: A count is a whole number, without a fraction or separator.",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["missing.csv"], "cannot be read: No such file"), ([__file__, "--agreement", "X"], "Not on file: agreement X")],
)
def test_import_counts_command_refuses_what_is_not_there(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("import_counts", *arguments)


# ---- starting levels


def started(site, period=2, level="SMALL", reason="Comparable cities filled up within a year.") -> ChargedLevel:
    on = date(2000, 1, 10)
    return record_starting_level(site=site, period_number=period, level_code=level, reason=reason, on=on, by=None)


@pytest.fixture
def later_site(agreement):
    return factories.site(agreement, "Waco", date(2000, 2, 1))


@pytest.mark.parametrize("code", ["VERY_SMALL", "SMALL"])
def test_record_starting_level_records_the_level_of_the_schedule_in_force(later_site, code):
    row = started(later_site, level=code)

    assert (row.period_number, row.level.code, row.is_starting, row.agreed_on) == (2, code, True, date(2000, 1, 10))
    assert row.level.schedule.amendment.number == 1
    assert row.reason == "Comparable cities filled up within a year."


@pytest.mark.parametrize(
    ("changed", "place", "message"),
    [
        (
            {"period": 1},
            "period_number",
            "Waco starts in annual period 2; the level of a later period is agreed at the review.",
        ),
        (
            {"level": "HUGE"},
            "level",
            "HUGE is no row of the price schedule in force. "
            "Choose one of VERY_SMALL, SMALL, MEDIUM, LARGE, VERY_LARGE.",
        ),
        (
            {"level": "MEDIUM"},
            "level",
            "A later site starts at Very Small or Small, not at Medium. Choose another level.",
        ),
        ({"reason": " "}, "reason", "Say why the site starts at this level."),
    ],
)
def test_record_starting_level_refuses_naming_the_field(later_site, changed, place, message):
    assert refused(started, later_site, **changed) == [(place, message)]


def test_record_starting_level_refuses_the_first_period(agreement):
    site = factories.site(agreement, "Huntsville", date(1999, 1, 15))

    assert refused(started, site, period=1) == [
        (
            "period_number",
            "Every site is charged at Very Small in the first annual period (Appendix A, notes 3 and 4). "
            "No other level can be recorded.",
        )
    ]


def test_record_starting_level_refuses_a_second_level_and_a_day_without_terms(agreement, later_site):
    started(later_site)

    assert refused(started, later_site, level="VERY_SMALL") == [
        ("period_number", "Waco is recorded at Small for annual period 2. Change that record instead.")
    ]
    [(place, message)] = refused(started, factories.site(agreement, "Too late", date(2000, 10, 1)))
    assert (place, message.split(" expired")[0]) == ("level", "Agreement LNS970602JC")


# ---- the end of service


def ended(site, last_day=date(2000, 3, 31), **changed):
    return end_service(site=site, last_day=last_day, on=date(2000, 4, 1), by=None, **changed)


def test_end_service_records_the_last_day_and_keeps_the_charges(site):
    ended(site)
    site.refresh_from_db()

    assert (site.removed_on, site.charged_through, site.charge_end_reason) == (date(2000, 3, 31), None, "")


def test_end_service_records_an_earlier_end_of_charges_with_its_reason(site):
    ended(site, charged_through=date(2000, 3, 31), reason=" Moved to another agreement ")
    site.refresh_from_db()

    assert (site.charged_through, site.charge_end_reason) == (date(2000, 3, 31), "Moved to another agreement")


def test_end_service_changes_nothing_the_second_time_and_refuses_another_day(site):
    ended(site)

    assert ended(site).removed_on == date(2000, 3, 31)
    assert refused(ended, site, date(2000, 4, 30)) == [
        ("last_day", "The service of Augusta, GA ended on 31 March 2000 already. Correct the site instead.")
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"last_day": date(1998, 9, 30)},
            [("last_day", "30 September 1998 lies before Augusta, GA's first day in service, 1 October 1998.")],
        ),
        (
            {"charged_through": date(2000, 3, 30), "reason": ""},
            [
                ("reason", "Say why charges end before the annual period does."),
                (
                    "charged_through",
                    "Charges cannot end on 30 March 2000, before the service does on 31 March 2000.",
                ),
            ],
        ),
        (
            {"charged_through": date(2000, 10, 1), "reason": "x"},
            [
                (
                    "charged_through",
                    "Charges end with the annual period on 30 September 2000 anyway. Leave this empty.",
                )
            ],
        ),
        ({"reason": "x"}, [("charged_through", "A reason needs the day through which charges go on.")]),
    ],
)
def test_end_service_refuses_naming_the_field(site, changed, expected):
    assert refused(ended, site, **changed) == expected
    site.refresh_from_db()
    assert site.removed_on is None
