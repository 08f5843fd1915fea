from datetime import date

import pytest

from contracts.terms import Signature
from sites.counts.recording import Conflict, Recorded, record_counts
from sites.models import ChargedLevel, ComponentCount, CountChange
from sites.starting.recording import record_starting_level
from tests import factories, reference
from tests.sites.refusals import refused

pytestmark = pytest.mark.django_db

ON = date(1999, 8, 1)
DAY = date(1999, 7, 31)


def recorded(site, quantities, counted_on=DAY, on=ON, source="letter", by=None, **more) -> Recorded:
    return record_counts(site=site, counted_on=counted_on, quantities=quantities, source=source, on=on, by=by, **more)


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

    figures = {"GE": 13, "SLC": None, "SM": 1}
    again = recorded(site, figures, source="call", on=date(1999, 8, 5), by=clerk, reason="A bay was left out")

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
        ("counted_on", "14 August 1999 is before Lubbock's first day in service, 15 August 1999. Correct the date."),
        ("counted_on", "14 August 1999 is after 13 August 1999. Record a count once it has been made."),
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


# ---- corrections


def entries(code="GE") -> list[tuple]:
    rows = CountChange.objects.filter(component_code=code).order_by("pk")
    return [(row.before, row.after, row.source, row.reason, row.recorded_on) for row in rows]


def test_a_correction_needs_a_reason_and_keeps_it_with_both_figures(site):
    recorded(site, {"GE": 12, "SLC": 7})

    for empty in ("", "  "):
        assert refused(recorded, site, {"GE": 14, "SLC": 7}, reason=empty) == [
            ("reason", "gateway elements at Augusta, GA on 31 July 1999 is on file as 12. Say why it is corrected.")
        ]
    later = date(1999, 8, 5)
    done = recorded(site, {"GE": 14, "SM": 1}, reason=" A bay was left out ", source="call", on=later)

    assert done == Recorded(added=1, corrected=1)
    assert entries() == [(None, 12, "letter", "", ON), (12, 14, "call", "A bay was left out", later)]
    assert entries("SM") == [(None, 1, "call", "", later)]


def test_a_figure_is_withdrawn_with_a_reason(site):
    recorded(site, {"GE": 12, "SLC": 7})

    assert [place for place, _ in refused(recorded, site, {}, withdrawn=["GE"])] == ["reason"]
    assert recorded(site, {}, withdrawn=["GE", "SM"], reason="Counted twice", source="") == Recorded(corrected=1)

    assert stored(site) == {("1999-07-31", "SLC"): 7}
    assert entries() == [(None, 12, "letter", "", ON), (12, None, "", "Counted twice", ON)]
    assert recorded(site, {}, withdrawn=["GE"]) == Recorded()


def test_a_figure_of_a_day_on_which_nothing_could_be_counted_can_be_withdrawn(agreement):
    later = factories.site(agreement, "Lubbock", date(1999, 8, 15))
    factories.counts(later, DAY, {"GE": 1})

    assert [place for place, _ in refused(recorded, later, {"GE": 2}, reason="recount")] == ["counted_on"]
    assert recorded(later, {}, withdrawn=["GE"], reason="Not in service yet") == Recorded(corrected=1)
    assert stored(later) == {}


def test_a_dry_run_says_what_would_be_done_and_stores_nothing(site):
    recorded(site, {"GE": 12, "SLC": 7, "SM": 1})
    figures = {"GE": 14, "SM": 1, "DACS2": 1}

    done = recorded(site, figures, withdrawn=["SLC"], reason="recount", dry_run=True)

    assert done == Recorded(added=1, corrected=2, unchanged=1)
    assert stored(site) == {("1999-07-31", "GE"): 12, ("1999-07-31", "SLC"): 7, ("1999-07-31", "SM"): 1}
    assert recorded(site, figures, withdrawn=["SLC"], reason="recount") == done


def test_a_reason_that_cannot_be_printed_is_refused(site):
    recorded(site, {"GE": 12})

    assert refused(recorded, site, {"GE": 14}, reason="a\u202eb") == [
        ("reason", "Character 2 cannot be printed (U+202E). Type the text again without it.")
    ]


def conflicts(site, quantities, **more) -> list[tuple]:
    """What somebody else has stored meanwhile; nothing may be recorded."""
    before = list(CountChange.objects.values_list("pk", flat=True))
    with pytest.raises(Conflict) as caught:
        recorded(site, quantities, reason="recount", **more)
    assert list(CountChange.objects.values_list("pk", flat=True)) == before
    assert [error.place for error in caught.value.refused] == [one.code for one in caught.value.conflicts]
    return [(one.code, one.seen, one.stored, one.typed, one.message) for one in caught.value.conflicts]


def test_figures_that_somebody_else_stored_meanwhile_are_shown_beside_what_was_typed(site, clerk):
    recorded(site, {"GE": 12, "SLC": 7, "SM": 1})
    seen = {"GE": 12, "SLC": 7, "SM": 1, "DACS2": None}
    recorded(site, {"GE": 13, "DACS2": 1}, reason="call", by=clerk)
    recorded(site, {}, withdrawn=["SM"], reason="Counted twice")

    kept = "since this page was opened. You typed"
    assert conflicts(site, {"GE": 14, "SLC": 8, "SM": 2, "DACS2": 2}, seen=seen) == [
        (
            "GE",
            12,
            13,
            14,
            f"gateway elements: 13 was stored by clerk on 1 August 1999, {kept} 14. Keep one of the two.",
        ),
        ("SM", 1, None, 2, f"SM: no figure is on file any more, {kept} 2. Keep one of the two."),
        ("DACS2", None, 1, 2, f"DACS II: 1 was stored by clerk on 1 August 1999, {kept} 2. Keep one of the two."),
    ]
    [(code, _seen, held, typed, _said)] = conflicts(site, {}, withdrawn=["GE"], seen=seen)
    assert (code, held, typed) == ("GE", 13, None)


def test_the_same_figure_stored_by_somebody_else_is_no_conflict(site):
    recorded(site, {"GE": 12})
    recorded(site, {"GE": 13}, reason="call")

    assert recorded(site, {"GE": 13}, seen={"GE": 12}) == Recorded(unchanged=1)
    assert recorded(site, {"GE": 14}, seen={"GE": 13}, reason="recount") == Recorded(corrected=1)


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
