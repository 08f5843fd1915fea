from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from contracts.amendments.choosing_readings import choose_reading
from contracts.schedule import OpeningRule
from sites.models import ComparableChoice, Site
from sites.starting.history import Capacity, HistoryBasis, HistoryRule, Standing
from sites.starting.queries import histories, past_sites, start_of
from sites.starting.recording import record_starting_level
from tests import factories
from tests.reference import AMENDMENT, ANCHOR, COMPONENTS, SCHEDULE, SMALL, SMALLEST, VERY_SMALL
from tests.sites.starting.cases import ON, POPULATION, STARTS_ON, one, past, planned, start

pytestmark = pytest.mark.django_db
GE = COMPONENTS[0]


def choose(site: Site, comparable: Site, included: bool, reason: str = "Opened for one customer.") -> None:
    ComparableChoice.objects.create(
        site=site, comparable=comparable, included=included, reason=reason, decided_on=date(2000, 1, 10)
    )


def test_start_compares_all_sites_of_the_customer_and_no_other(cases):
    found = start(cases["Macon"])

    assert [(str(each.site), each.judged.standing) for each in found.compared] == [
        ("Before", Standing.COMPARABLE),
        ("Elsewhere", Standing.COMPARABLE),
        ("Fast", Standing.COMPARABLE),
        ("Slow", Standing.COMPARABLE),
        ("Bigger", Standing.OTHER_SIZE),
        ("Unknown", Standing.POPULATION_UNKNOWN),
        ("Growing", Standing.NOT_REACHED),
    ]
    assert (found.proposal.level, found.proposal.basis, found.proposal.median) == (
        SMALL,
        HistoryBasis.WITHIN_LIMIT,
        Decimal(250),  # of 150, 200, 300, 400
    )
    assert (found.closed, found.on_record) == ("", None)


def test_start_says_how_each_site_reached_its_limit(cases):
    found = start(cases["Macon"])

    assert one(found, "Fast").past.capacity == Capacity(ANCHOR + timedelta(days=200), (GE,), 200)
    assert one(found, "Elsewhere").judged.difference_text == "+25.0 %"
    assert (one(found, "Growing").past.level, one(found, "Growing").past.capacity) == (VERY_SMALL, None)
    assert one(found, "Growing").past.progress == "10 of 15 gateway elements, 5 of 8 SLC"
    assert one(found, "Fast").past.progress == ""


def test_site_older_than_the_first_period_has_the_level_of_that_period(cases):
    before = one(start(cases["Macon"]), "Before").past

    assert (before.level, before.capacity.days) == (VERY_SMALL, 150)


def test_counts_and_levels_known_later_are_not_used(cases):
    # Slow reached its limit on 5 November 1999, Elsewhere on 28 July 1999.
    assert one(start(cases["Macon"], date(1999, 11, 4)), "Slow").judged.standing is Standing.NOT_REACHED
    assert one(start(cases["Macon"], date(1999, 11, 5)), "Slow").judged.standing is Standing.COMPARABLE


def test_site_that_started_higher_is_measured_by_its_own_level(agreement):
    site = past(agreement, "Started Small", 10, in_service_on=date(1999, 10, 5))
    record_starting_level(
        site=site, period_number=2, level_code="SMALL", reason="Decided so.", on=date(1999, 10, 5), by=None
    )
    factories.counts(site, date(1999, 12, 14), SMALLEST | {"SLC": 15})

    found = one(start(planned(agreement)), "Started Small").past

    assert (found.level, found.capacity.days, found.capacity.reached_on) == (SMALL, 70, date(1999, 12, 14))


def test_site_on_a_day_without_terms_has_no_level(agreement):
    past(agreement, "Late", 5, in_service_on=date(2000, 10, 1))
    site = planned(agreement)

    found = one(start(site, date(2001, 1, 1)), "Late")

    assert (found.past.level, found.judged.standing, found.judged.sentence) == (
        None,
        Standing.NO_LEVEL,
        "No level is known for its first day.",
    )


def test_site_whose_level_nobody_decided_has_none():
    undecided = replace(SCHEDULE, opening=OpeningRule("VERY_SMALL", None))
    agreement = factories.agreement(amendments=(replace(AMENDMENT, schedule=undecided),))
    past(agreement, "Undecided", 5, in_service_on=date(1999, 10, 5))

    found = start(planned(agreement))

    assert one(found, "Undecided").judged.standing is Standing.NO_LEVEL
    assert (found.proposal.level, found.proposal.basis) == (None, HistoryBasis.NO_STARTING_LEVEL)


def test_choices_are_used_with_their_reason(cases):
    choose(cases["Macon"], cases["Fast"], False)
    choose(cases["Macon"], cases["Unknown"], True, "The city is as large.")
    choose(cases["Macon"], cases["Slow"], True, "As the rule says anyway.")
    choose(cases["Fast"], cases["Before"], False, "Said of another site.")

    found = start(cases["Macon"])

    assert found.proposal.median == Decimal(225)  # of 50, 150, 300, 400
    assert one(found, "Fast").judged.sentence == "Left out by a person: Opened for one customer."
    assert one(found, "Unknown").judged.sentence == "Added by a person: The city is as large."
    assert one(found, "Fast").decided.decided_on == date(2000, 1, 10)
    assert [each.site.city for each in found.compared if each.decided] == ["Unknown", "Fast"]


def test_rule_is_an_argument(cases):
    site = Site.objects.select_related("agreement").get(pk=cases["Macon"].pk)

    found = start_of(site=site, on=ON, rule=HistoryRule(minimum=5))

    assert (found.proposal.level, found.proposal.basis) == (VERY_SMALL, HistoryBasis.INSUFFICIENT_HISTORY)


@pytest.mark.parametrize(
    ("applies_from", "level", "limit_days"),
    [(STARTS_ON, VERY_SMALL, 182), (STARTS_ON + timedelta(days=1), SMALL, 365)],
)
def test_note_4_is_read_as_on_the_first_day_of_the_site(cases, applies_from, level, limit_days):
    choose_reading(
        agreement=cases["Macon"].agreement,
        question="history",
        choice="one-in-half-a-year",
        applies_from=applies_from,
        clause="Appendix A, note 4",
        chosen_by="J. Doe",
        chosen_on=ON,
        reason="Settled at a meeting",
        on=ON,
        by=None,
    )

    found = start(cases["Macon"])

    assert (found.proposal.level, found.proposal.median) == (level, Decimal(250))
    assert found.proposal.rule.limit_days == limit_days


# ---- whether a level can be recorded -----------------------------------------------------------------------------


def test_first_period_is_closed_and_still_shows_its_history(agreement):
    past(agreement, "Fast", 200)
    site = factories.site(agreement, "Lubbock", date(1999, 8, 15), population=POPULATION)

    found = start(site)

    assert found.closed == "Every site is charged at Very Small in the first annual period: there is nothing to decide."
    assert (found.proposal.basis, found.proposal.level, found.proposal.median) == (
        HistoryBasis.FIRST_PERIOD,
        VERY_SMALL,
        Decimal(200),
    )


def test_day_without_terms_is_closed_and_has_no_proposal(agreement):
    site = factories.site(agreement, "Later", date(2000, 10, 1))

    found = start(site)

    assert (found.proposal, found.compared, found.on_record) == (None, (), None)
    assert found.closed.startswith("Agreement LNS970602JC expired on 30 September 2000")


@pytest.mark.parametrize(
    ("reason", "closed"),
    [
        ("Median of 250 days.", "Macon starts at Small, decided on 15 January 2000: Median of 250 days."),
        ("", "Macon starts at Small, decided on 15 January 2000."),
    ],
)
def test_level_on_record_closes_the_page(cases, reason, closed):
    charged = factories.charged_level(cases["Macon"], 2, "SMALL", ON)
    type(charged).objects.filter(pk=charged.pk).update(reason=reason)

    found = start(cases["Macon"])

    assert (found.on_record, found.closed) == (charged, closed)


def test_level_of_a_later_period_does_not_close_it(cases):
    factories.charged_level(cases["Macon"], 3, "SMALL", ON)

    assert start(cases["Macon"]).closed == ""


# ---- in a review -------------------------------------------------------------------------------------------------


def history_of(*sites: Site) -> list[dict]:
    rows = Site.objects.filter(pk__in=[site.pk for site in sites]).order_by("pk")
    return histories(sites=rows, counted_through=ON, known_on=ON)


def test_histories_are_plain_data(cases):
    choose(cases["Macon"], cases["Slow"], False)
    choose(cases["Macon"], cases["Before"], False)
    choose(cases["Macon"], cases["Elsewhere"], False)
    choose(cases["Macon"], cases["Unknown"], True, "The city is as large.")

    assert history_of(cases["Macon"]) == [
        {
            "site": "Macon",
            "population": 50_000,
            "basis": "within-limit",
            "level": "Small",
            "price": "198000.00",
            "median": "125",
            "sentence": "The 2 sites compared reached the limit of their level after 125 days (median), "
            "at most 365: Small (Appendix A, notes 3 and 4).",
            "tolerance_percent": 25,
            "minimum": 1,
            "limit_days": 365,
            "used": [
                {
                    "site": "Fast",
                    "population": 50_000,
                    "difference": "0.0 %",
                    "level": "Very Small",
                    "in_service_on": "1998-10-01",
                    "reached_on": "1999-04-19",
                    "by": ["gateway elements"],
                    "days": 200,
                    "at_first_count": False,
                },
                {
                    "site": "Unknown",
                    "population": None,
                    "difference": "",
                    "level": "Very Small",
                    "in_service_on": "1998-10-01",
                    "reached_on": "1998-11-20",
                    "by": ["gateway elements"],
                    "days": 50,
                    "at_first_count": False,
                },
            ],
            "remarks": [
                {"site": "Unknown", "why": "Added by a person: The city is as large."},
                {"site": "Before", "why": "Left out by a person: Opened for one customer."},
                {"site": "Bigger", "why": "Its population differs by more than 25 %."},
                {"site": "Elsewhere", "why": "Left out by a person: Opened for one customer."},
                {"site": "Slow", "why": "Left out by a person: Opened for one customer."},
                {"site": "Growing", "why": "No count has reached the limit of its level."},
            ],
        }
    ]


def test_histories_leave_out_the_first_period_and_days_without_terms(agreement, cases):
    first = factories.site(agreement, "Lubbock", date(1999, 8, 15))
    later = factories.site(agreement, "Later", date(2000, 10, 1))

    assert [history["site"] for history in history_of(first, cases["Macon"], later)] == ["Macon"]


def test_histories_without_any_proposal_or_median_say_so(agreement):
    (history,) = history_of(planned(agreement))

    assert (history["level"], history["median"], history["used"], history["remarks"]) == ("Very Small", None, [], [])


def test_histories_tell_the_choices_of_one_site_from_those_of_another(agreement, cases):
    second = planned(agreement, "Savannah")
    choose(cases["Macon"], cases["Fast"], False)

    first, other = history_of(cases["Macon"], second)

    assert "Fast" not in [used["site"] for used in first["used"]]
    assert "Fast" in [used["site"] for used in other["used"]]


# ---- figures -----------------------------------------------------------------------------------------------------


def test_no_planned_site_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert histories(sites=[], counted_through=ON, known_on=ON) == []


@pytest.mark.parametrize("number", [1, 3, 30])
def test_start_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    site = planned(agreement)
    others = [past(agreement, f"City {position:02}", 100 + position) for position in range(number)]
    for other in others:
        choose(site, other, False)
    site = Site.objects.select_related("agreement").get(pk=site.pk)

    with django_assert_num_queries(START):
        found = start_of(site=site, on=ON)
        assert len(found.compared) == number
        assert {each.decided.decided_by for each in found.compared} == {None}


@pytest.mark.parametrize("number", [1, 3])
def test_histories_ask_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    rows = [planned(agreement, f"City {position}") for position in range(number)]
    past(agreement, "Fast", 100)
    sites = list(Site.objects.filter(pk__in=[row.pk for row in rows]))

    with django_assert_num_queries(HISTORIES):
        assert len(histories(sites=sites, counted_through=ON, known_on=ON)) == number


def test_past_sites_of_several_agreements_are_read_once(cases):
    found = past_sites(customer_id=cases["Macon"].agreement.customer_id, counted_through=ON, known_on=ON)

    assert sorted(each.site.city for each in found) == sorted(set(cases) - {"Stranger"})
    assert next(each.site.in_service_on for each in found if each.site.city == "Macon") == STARTS_ON


START, HISTORIES = 15, 16
