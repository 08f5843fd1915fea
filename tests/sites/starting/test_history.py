from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from contracts.readings import QUESTIONS, StartingHistory
from contracts.schedule import Level, OpeningRule, read_limit
from sites.counts.count import Count
from sites.starting.history import (
    Candidate,
    Capacity,
    Choice,
    City,
    HistoryBasis,
    HistoryRule,
    Standing,
    days_to_capacity,
    judged,
    median,
    population_difference,
    starting_level,
    telling_components,
)
from tests.reference import ANCHOR, COMPONENTS, LARGE, LEVELS, MEDIUM, SCHEDULE, SMALL, VERY_LARGE, VERY_SMALL, limits

GE, _5ESS, SLC, SM, _DACS2, _DACS4 = COMPONENTS
RULE = HistoryRule()
HERE = City(customer=1, population=50_000)


def counted(day: date, **quantities: int) -> list[Count]:
    return [Count(code, day, quantity) for code, quantity in quantities.items()]


def capacity(days: int) -> Capacity:
    return Capacity(ANCHOR + timedelta(days=days), (GE,), days)


def candidate(key: int = 1, *, days: int | None = 200, **facts) -> Candidate:
    facts = {"customer": 1, "population": 50_000, "level": VERY_SMALL} | facts
    return Candidate(key, capacity=None if days is None else capacity(days), **facts)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (StartingHistory.ONE_IN_A_YEAR, HistoryRule(25, 1, 365)),
        (StartingHistory.THREE_IN_A_YEAR, HistoryRule(25, 3, 365)),
        (StartingHistory.ONE_IN_HALF_A_YEAR, HistoryRule(25, 1, 182)),
        (StartingHistory.NARROW, HistoryRule(10, 1, 365)),
    ],
)
def test_each_reading_of_note_4_has_its_figures(reading, expected):
    sentence = QUESTIONS["history"].sentence(reading)

    assert HistoryRule.read(reading) == expected
    assert f"At least {expected.minimum} cit" in sentence
    assert f"at most {expected.tolerance_percent} %" in sentence
    assert f"within {expected.limit_days} days" in sentence


def proposed(*days: int, period: int = 2, schedule=SCHEDULE, rule: HistoryRule = RULE):
    candidates = [candidate(key, days=each) for key, each in enumerate(days)]
    return starting_level(schedule=schedule, period_number=period, city=HERE, candidates=candidates, rule=rule)


# ---- capacity ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "telling"),
    [
        (VERY_SMALL, (GE, SLC)),  # up to 15, up to 8; every `1` is at its limit from the first day
        (SMALL, (GE, SLC)),
        (MEDIUM, (GE, SLC)),  # SM says 2: the row asks for two and holds two
        (LARGE, (GE, SLC)),
        (VERY_LARGE, ()),  # blank cells have no limit to reach
    ],
)
def test_telling_components_are_those_with_room_in_the_row(level, telling):
    assert telling_components(schedule=SCHEDULE, level=level) == telling


@pytest.mark.parametrize(
    ("cell", "tells"),
    [("up to 1", False), ("up to 2", True), ("16 to 17", False), ("16 to 18", True), ("3", False), ("", False)],
)
def test_component_tells_with_more_than_one_unit_of_room(cell, tells):
    level = Level("ONE", "One", 1, Decimal("1.00"), {"GE": read_limit(cell)})

    assert telling_components(schedule=replace(SCHEDULE, levels=(level,)), level=level) == ((GE,) if tells else ())


def reached(*counts: Count, level: Level = VERY_SMALL, in_service_on: date = ANCHOR) -> Capacity | None:
    return days_to_capacity(schedule=SCHEDULE, level=level, in_service_on=in_service_on, counts=counts)


DECEMBER, MARCH, JULY = date(1998, 12, 31), date(1999, 3, 31), date(1999, 7, 31)


def test_capacity_is_the_first_count_at_a_limit_that_says_something():
    counts = [
        *counted(JULY, GE=15, SLC=9, SM=1),
        *counted(DECEMBER, GE=9, SLC=4, SM=1, **{"5ESS": 1, "DACS2": 1, "DACS4": 1}),
        *counted(MARCH, GE=12, SLC=8, SM=1),
    ]

    assert reached(*counts) == Capacity(MARCH, (SLC,), 181)  # 31 + 30 + 31 + 31 + 28 + 30


def test_capacity_names_every_component_that_reached_its_limit_on_the_day():
    assert reached(*counted(DECEMBER, SLC=1), *counted(MARCH, SLC=30, GE=15)) == Capacity(MARCH, (GE, SLC), 181)


def test_capacity_is_not_reached_one_unit_short_of_it():
    assert reached(*counted(MARCH, GE=14, SLC=7, SM=5)) is None
    assert reached() is None


def test_capacity_at_the_first_count_may_have_been_reached_earlier():
    assert reached(*counted(MARCH, GE=15)) == Capacity(MARCH, (GE,), 181, at_first_count=True)
    assert reached(*counted(DECEMBER, SLC=1), *counted(MARCH, GE=15)) == Capacity(MARCH, (GE,), 181)
    assert reached(*counted(DECEMBER, SM=1), *counted(MARCH, GE=15)) == Capacity(MARCH, (GE,), 181, at_first_count=True)


def test_capacity_can_be_reached_on_the_first_day_and_never_before_it():
    assert reached(*counted(ANCHOR, GE=15)) == Capacity(ANCHOR, (GE,), 0, at_first_count=True)
    assert reached(*counted(ANCHOR - timedelta(days=1), GE=15)) is None


def test_capacity_is_that_of_the_level_of_the_site():
    counts = [*counted(DECEMBER, GE=15, SLC=8), *counted(MARCH, GE=24, SLC=15)]

    assert reached(*counts, level=SMALL) == Capacity(MARCH, (SLC,), 181)  # 15 SLC, while 24 of 25 GE fit
    assert reached(*counts, level=VERY_LARGE) is None


# ---- comparable sites --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("population", "standing", "difference"),
    [
        (50_000, Standing.COMPARABLE, "0.0"),
        (37_500, Standing.COMPARABLE, "-25.0"),
        (62_500, Standing.COMPARABLE, "25.0"),
        (37_499, Standing.OTHER_SIZE, "-25.1"),  # 25.002 %, rounded away from zero
        (62_501, Standing.OTHER_SIZE, "25.1"),
        (200_000, Standing.OTHER_SIZE, "300.0"),
        (None, Standing.POPULATION_UNKNOWN, None),
    ],
)
def test_comparable_city_has_a_population_within_the_tolerance(population, standing, difference):
    found = judged(city=HERE, candidate=candidate(population=population), rule=RULE)

    assert (found.standing, found.by_rule) == (standing, standing)
    assert found.difference_percent == (None if difference is None else Decimal(difference))


@pytest.mark.parametrize(
    ("population", "text"), [(50_000, "0.0 %"), (56_250, "+12.5 %"), (37_499, "−25.1 %"), (None, "")]
)
def test_difference_is_written_with_its_sign(population, text):
    assert judged(city=HERE, candidate=candidate(population=population), rule=RULE).difference_text == text


def test_tolerance_is_an_argument():
    near = HistoryRule(tolerance_percent=0)

    assert judged(city=HERE, candidate=candidate(population=50_000), rule=near).standing is Standing.COMPARABLE
    assert judged(city=HERE, candidate=candidate(population=50_001), rule=near).standing is Standing.OTHER_SIZE


def test_nothing_is_alike_to_a_city_of_unknown_population():
    found = judged(city=City(1, None), candidate=candidate(), rule=RULE)

    assert (found.standing, found.difference_percent) == (Standing.POPULATION_UNKNOWN, None)
    assert found.sentence == "The population of the site that is to start is unknown."


def test_population_of_zero_differs_by_no_share():
    assert population_difference(city=City(1, 0), population=10) is None
    assert judged(city=City(1, 0), candidate=candidate(population=10), rule=RULE).standing is Standing.OTHER_SIZE
    assert judged(city=HERE, candidate=candidate(population=0), rule=RULE).standing is Standing.OTHER_SIZE


ADD, LEAVE = Choice(True, "Same kind of town."), Choice(False, "Opened for one big customer.")


@pytest.mark.parametrize(
    ("facts", "standing", "sentence"),
    [
        ({}, Standing.COMPARABLE, "Same customer, population within 25 %, limit of its level reached."),
        ({"customer": 2}, Standing.OTHER_CUSTOMER, "A site of another customer."),
        ({"customer": 2, "choice": ADD}, Standing.OTHER_CUSTOMER, "A site of another customer."),
        ({"level": None, "choice": ADD}, Standing.NO_LEVEL, "No level is known for its first day."),
        ({"days": None, "choice": ADD}, Standing.NOT_REACHED, "No count has reached the limit of its level."),
        ({"population": None}, Standing.POPULATION_UNKNOWN, "The population of this site is unknown."),
        ({"population": 1}, Standing.OTHER_SIZE, "Its population differs by more than 25 %."),
        ({"population": None, "choice": ADD}, Standing.ADDED, "Added by a person: Same kind of town."),
        ({"population": 1, "choice": ADD}, Standing.ADDED, "Added by a person: Same kind of town."),
        ({"choice": LEAVE}, Standing.LEFT_OUT, "Left out by a person: Opened for one big customer."),
        ({"choice": ADD}, Standing.COMPARABLE, "Same customer, population within 25 %, limit of its level reached."),
        ({"population": 1, "choice": LEAVE}, Standing.OTHER_SIZE, "Its population differs by more than 25 %."),
    ],
)
def test_each_site_says_why_it_is_used_or_not(facts, standing, sentence):
    found = judged(city=HERE, candidate=candidate(**facts), rule=RULE)

    assert (found.standing, found.sentence) == (standing, sentence)


def test_standing_says_what_is_used_and_what_a_person_may_choose():
    assert [one for one in Standing if one.is_used] == [Standing.COMPARABLE, Standing.ADDED]
    assert [one for one in Standing if one.may_be_chosen] == [
        Standing.COMPARABLE,
        Standing.ADDED,
        Standing.LEFT_OUT,
        Standing.POPULATION_UNKNOWN,
        Standing.OTHER_SIZE,
    ]


# ---- the median --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], None),
        ([181], "181"),
        ([500, 200], "350"),
        ([200, 201], "200.5"),
        ([500, 100, 200], "200"),
        ([400, 100, 500, 331], "365.5"),
    ],
)
def test_median_is_exact(days, expected):
    assert median(days) == (None if expected is None else Decimal(expected))


# ---- the proposal ------------------------------------------------------------------------------------------------

CLAUSE = "(Appendix A, notes 3 and 4)"


@pytest.mark.parametrize(
    ("days", "level", "basis", "sentence"),
    [
        (
            (),
            VERY_SMALL,
            HistoryBasis.INSUFFICIENT_HISTORY,
            f"Insufficient history: 0 comparable sites, 1 needed. A site then starts at Very Small {CLAUSE}.",
        ),
        (
            (365,),
            SMALL,
            HistoryBasis.WITHIN_LIMIT,
            f"The one site compared reached the limit of its level after 365 days, at most 365: Small {CLAUSE}.",
        ),
        (
            (366,),
            VERY_SMALL,
            HistoryBasis.BEYOND_LIMIT,
            f"The one site compared reached the limit of its level after 366 days, more than 365: Very Small {CLAUSE}.",
        ),
        (
            (200, 530),
            SMALL,
            HistoryBasis.WITHIN_LIMIT,
            "The 2 sites compared reached the limit of their level after 365 days (median), at most 365: "
            f"Small {CLAUSE}.",
        ),
        (
            (200, 531),
            VERY_SMALL,
            HistoryBasis.BEYOND_LIMIT,
            "The 2 sites compared reached the limit of their level after 365.5 days (median), more than 365: "
            f"Very Small {CLAUSE}.",
        ),
    ],
)
def test_proposal_follows_the_median(days, level, basis, sentence):
    found = proposed(*days)

    assert (found.level, found.basis, found.sentence) == (level, basis, sentence)


def test_proposal_is_never_above_the_level_after_the_starting_level():
    at_large = candidate(1, days=0, level=LARGE)
    found = starting_level(schedule=SCHEDULE, period_number=2, city=HERE, candidates=[at_large], rule=RULE)

    assert found.level == SMALL


def test_proposal_stays_where_no_level_is_above_the_starting_level():
    top = replace(SCHEDULE, opening=OpeningRule("VERY_SMALL", "VERY_LARGE"))

    assert proposed(10, schedule=top).level == VERY_LARGE


def test_first_period_has_the_opening_level_whatever_history_says():
    found = proposed(100, period=1)

    assert (found.level, found.basis, found.median) == (VERY_SMALL, HistoryBasis.FIRST_PERIOD, Decimal(100))
    assert found.sentence == f"Every site is charged at Very Small in the first annual period {CLAUSE}."


def test_first_period_without_an_opening_level_asks_history():
    assert proposed(100, period=1, schedule=replace(SCHEDULE, opening=OpeningRule(None, "VERY_SMALL"))).level == SMALL


def test_schedule_without_a_starting_level_leaves_it_to_a_person():
    found = proposed(100, schedule=replace(SCHEDULE, opening=OpeningRule("VERY_SMALL", None)))

    assert (found.level, found.basis) == (None, HistoryBasis.NO_STARTING_LEVEL)
    assert found.sentence == "The price schedule names no starting level: a person decides."


def test_sentence_without_a_clause_names_none():
    found = proposed(366, schedule=replace(SCHEDULE, opening=OpeningRule(None, "VERY_SMALL")))

    assert (
        found.sentence
        == "The one site compared reached the limit of its level after 366 days, more than 365: Very Small."
    )


def test_minimum_and_limit_are_arguments():
    two, short = HistoryRule(minimum=2), HistoryRule(limit_days=199)

    assert (proposed(200, rule=two).basis, proposed(200, 200, rule=two).level) == (
        HistoryBasis.INSUFFICIENT_HISTORY,
        SMALL,
    )
    assert proposed(200, rule=two).sentence.startswith("Insufficient history: 1 comparable site, 2 needed.")
    assert (proposed(199, rule=short).level, proposed(200, rule=short).level) == (SMALL, VERY_SMALL)
    assert proposed(rule=HistoryRule(minimum=0)).basis is HistoryBasis.INSUFFICIENT_HISTORY


def test_proposal_names_what_it_used_and_what_it_left_out():
    candidates = [
        candidate(1, days=500),
        candidate(2, days=100, choice=LEAVE),
        candidate(3, days=200, population=90_000, choice=ADD),
        candidate(4, days=None),
        candidate(5, days=1, customer=2),
    ]
    found = starting_level(schedule=SCHEDULE, period_number=2, city=HERE, candidates=candidates, rule=RULE)

    assert (found.level, found.median) == (SMALL, Decimal(350))  # (500 + 200) / 2
    assert [one.candidate.key for one in found.used] == [1, 3]
    assert [(one.candidate.key, one.standing) for one in found.left_out] == [
        (2, Standing.LEFT_OUT),
        (4, Standing.NOT_REACHED),
        (5, Standing.OTHER_CUSTOMER),
    ]


def test_proposal_rests_on_the_rows_of_its_own_schedule():
    renamed = replace(
        SCHEDULE,
        levels=(*LEVELS[2:], Level("S", "S", 0, Decimal("1.00"), limits("up to 15", "1", "", "1", "1", "1"))),
        opening=OpeningRule(None, "S"),
    )

    assert proposed(100, schedule=renamed).level == MEDIUM  # the row after S, by rank
