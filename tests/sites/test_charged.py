from dataclasses import replace
from datetime import date

import pytest

from contracts.periods import DaySpan
from contracts.readings import NoSwitch, ReviewDay
from contracts.schedule import OpeningRule
from contracts.terms import terms_on
from sites.charged import Basis, Charged, LevelFacts, charged_level, charged_on, starting_levels
from sites.charged_days import charged_days
from tests.reference import AGREEMENT as REFERENCE
from tests.reference import AMENDMENT, ANCHOR, LATER, SCHEDULE, agreed, agreement, amendment, period

SEPTEMBER = date(1999, 9, 15)


def level(
    period_number: int,
    *levels,
    first: int = 1,
    reviewed: bool = True,
    known_on: date = date(2002, 1, 1),
    schedule=SCHEDULE,
):
    return charged_level(
        schedule=schedule,
        period_number=period_number,
        first_period_number=first,
        in_previous_review=reviewed,
        agreed=levels,
        known_on=known_on,
    )


@pytest.mark.parametrize(
    "levels", [(), (agreed(1, "LARGE", SEPTEMBER),), (agreed(1, "SMALL", SEPTEMBER, starting=True),)]
)
def test_first_period_is_charged_at_the_opening_level_whatever_was_agreed(levels):
    assert level(1, *levels) == Charged("VERY_SMALL", Basis.OPENING)


def test_first_period_without_an_opening_level_takes_what_was_agreed_or_the_starting_level():
    no_opening = replace(SCHEDULE, opening=OpeningRule(None, "SMALL"))

    assert level(1, schedule=no_opening) == Charged("SMALL", Basis.STARTING)
    assert level(1, agreed(1, "LARGE", SEPTEMBER), schedule=no_opening) == Charged("LARGE", Basis.AGREED)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((), Charged("VERY_SMALL", Basis.STARTING)),
        ((agreed(2, "SMALL", SEPTEMBER, starting=True),), Charged("SMALL", Basis.STARTING)),
    ],
)
def test_later_site_starts_at_its_starting_level(levels, expected):
    assert level(2, *levels, first=2, reviewed=False) == expected


@pytest.mark.parametrize(
    ("known_on", "expected"),
    [
        (date(1999, 9, 14), Charged("VERY_SMALL", Basis.CONTINUED)),
        (date(1999, 9, 15), Charged("MEDIUM", Basis.AGREED)),
    ],
)
def test_agreed_level_holds_from_the_day_it_is_known(known_on, expected):
    found = level(2, agreed(2, "MEDIUM", SEPTEMBER), known_on=known_on)

    assert (found, found.provisional) == (expected, expected.basis is Basis.CONTINUED)


def test_previous_level_goes_on_until_the_parties_agree():
    assert level(3, agreed(2, "MEDIUM", SEPTEMBER)) == Charged("MEDIUM", Basis.CONTINUED)
    assert level(4, agreed(2, "MEDIUM", SEPTEMBER)) == Charged("MEDIUM", Basis.CONTINUED)
    assert level(2) == Charged("VERY_SMALL", Basis.CONTINUED)


def test_level_agreed_for_another_period_does_not_count():
    assert level(2, agreed(3, "LARGE", SEPTEMBER)) == Charged("VERY_SMALL", Basis.CONTINUED)


def test_site_opened_after_the_review_carries_its_starting_level():
    found = level(2, reviewed=False)

    assert (found, found.provisional) == (Charged("VERY_SMALL", Basis.CARRIED), False)
    assert level(3, agreed(2, "SMALL", SEPTEMBER, starting=True), first=2, reviewed=False) == Charged(
        "SMALL", Basis.CARRIED
    )
    # One period on it has been in a review: its level is provisional until agreed.
    assert level(3, reviewed=True) == Charged("VERY_SMALL", Basis.CONTINUED)


def test_level_is_none_where_nobody_decided_one():
    silent = replace(SCHEDULE, opening=OpeningRule(None, None))

    assert level(1, schedule=silent) is None
    assert level(2, first=2, schedule=silent) is None
    assert level(3, first=2, schedule=silent) is None
    assert level(3, agreed(3, "LARGE", SEPTEMBER), first=2, schedule=silent) == Charged("LARGE", Basis.AGREED)


def test_every_basis_has_its_own_sentence_and_one_is_provisional():
    assert len({basis.sentence for basis in Basis}) == len(Basis)
    assert [basis for basis in Basis if Charged("SMALL", basis).provisional] == [Basis.CONTINUED]


def level_in(number: int, in_service_on: date, *levels, removed_on: date | None = None, of=REFERENCE, known_on=LATER):
    first_day = period(number, expires_on=None).span.first_day
    return level_on(first_day, LevelFacts(in_service_on, removed_on, levels), of=of, known_on=known_on)


def level_on(day: date, site: LevelFacts, *, of=REFERENCE, known_on=LATER) -> Charged | None:
    ruled = terms_on(agreement=of, service_on=day, known_on=known_on)
    return charged_on(agreement=of, schedule=ruled.schedule, period=ruled.period, day=day, site=site, known_on=known_on)


@pytest.mark.parametrize(
    ("number", "in_service_on", "basis"),
    [
        (1, date(1997, 1, 1), Basis.OPENING),
        (1, date(1999, 9, 30), Basis.OPENING),
        (2, date(1997, 1, 1), Basis.CONTINUED),
        (2, date(1999, 8, 1), Basis.CONTINUED),  # in service on the day the review is due
        (2, date(1999, 8, 2), Basis.CARRIED),
        (2, date(1999, 9, 30), Basis.CARRIED),
        (2, date(1999, 10, 1), Basis.STARTING),
    ],
)
def test_level_in_a_period_follows_from_the_days_of_service(number, in_service_on, basis):
    assert level_in(number, in_service_on) == Charged("VERY_SMALL", basis)


def test_level_in_a_period_follows_the_reading_of_the_reviews_day():
    found = level_in(2, date(1999, 8, 2), of=agreement(review_day=ReviewDay.BOTH_DAYS_COUNTED))

    assert found == Charged("VERY_SMALL", Basis.CONTINUED)  # the review is due on 2 August then


def test_level_of_a_site_that_no_review_saw_is_carried():
    assert level_in(2, date(1998, 10, 1), removed_on=date(1999, 7, 31)).basis is Basis.CARRIED
    unreviewed = replace(AMENDMENT, schedule=replace(SCHEDULE, review=None))
    assert level_in(2, ANCHOR, of=replace(REFERENCE, amendments=(unreviewed,))).basis is Basis.UNREVIEWED


def from_1999(signed_on=date(1999, 9, 1), *further, **changed):
    """The reference agreement under another price schedule from the second annual period on."""
    second = amendment(2, date(1999, 10, 1), schedule=replace(SCHEDULE, **changed), signed_on=signed_on)
    return agreement(second, *further)


OPENING_SMALL = OpeningRule("SMALL", "SMALL", "note 4")
EXTENSION = amendment(3, date(2000, 8, 1), expires_on=date(2001, 9, 30))


@pytest.mark.parametrize("opening", [OPENING_SMALL, OpeningRule(None, "SMALL"), OpeningRule(None, None)])
def test_level_that_goes_on_is_the_one_of_the_schedule_that_governed_before(opening):
    of = from_1999(date(1999, 9, 1), EXTENSION, opening=opening)

    assert level_in(1, ANCHOR, of=of) == Charged("VERY_SMALL", Basis.OPENING)
    assert level_in(2, ANCHOR, of=of) == Charged("VERY_SMALL", Basis.CONTINUED)
    assert level_in(3, ANCHOR, of=of) == Charged("VERY_SMALL", Basis.CONTINUED)
    assert level_in(3, ANCHOR, agreed(2, "MEDIUM", SEPTEMBER), of=of) == Charged("MEDIUM", Basis.CONTINUED)


def test_site_goes_on_at_the_starting_level_of_the_schedule_under_which_it_started():
    third = amendment(3, date(2000, 10, 1), schedule=SCHEDULE, signed_on=date(2000, 8, 1), expires_on=date(2001, 9, 30))
    of = from_1999(date(1999, 9, 1), third, opening=OPENING_SMALL)

    assert level_in(2, date(1999, 11, 1), of=of) == Charged("SMALL", Basis.STARTING)
    assert level_in(3, date(1999, 11, 1), of=of) == Charged("SMALL", Basis.CONTINUED)
    assert level_in(3, date(2000, 10, 1), of=of) == Charged("VERY_SMALL", Basis.STARTING)


@pytest.mark.parametrize("opening", [OPENING_SMALL, OpeningRule("VERY_SMALL", None, "note 4")])
def test_schedule_that_comes_after_a_site_does_not_read_its_starting_level_again(opening):
    april = amendment(2, date(2000, 4, 1), schedule=replace(SCHEDULE, opening=opening))
    of = agreement(april, EXTENSION)

    def may_2000(in_service_on: date) -> Charged | None:
        return level_on(date(2000, 5, 1), LevelFacts(in_service_on), of=of)

    assert may_2000(date(1999, 11, 1)) == Charged("VERY_SMALL", Basis.STARTING)
    assert may_2000(date(2000, 3, 31)) == Charged("VERY_SMALL", Basis.STARTING)
    # From its own day on the new schedule says where a site starts; one that names no level leaves it to a person.
    assert may_2000(date(2000, 4, 1)) == (Charged("SMALL", Basis.STARTING) if opening.starting_level else None)
    # Nor does it move the level that goes on after the period.
    assert level_in(3, date(1999, 11, 1), of=of) == Charged("VERY_SMALL", Basis.CONTINUED)


def test_schedule_of_an_earlier_period_is_that_of_its_last_day_as_known():
    dearer = amendment(2, date(1999, 3, 1), schedule=replace(SCHEDULE, opening=OPENING_SMALL), signed_on=SEPTEMBER)

    assert level_in(2, ANCHOR, of=agreement(dearer)) == Charged("SMALL", Basis.CONTINUED)
    before = level_in(2, ANCHOR, of=agreement(dearer), known_on=date(1999, 9, 14))
    assert before == Charged("VERY_SMALL", Basis.CONTINUED)


def test_term_that_paused_keeps_the_schedule_of_the_days_before_the_pause():
    until_july = replace(AMENDMENT, expires_on=date(2000, 7, 22))
    second = amendment(
        2, date(2000, 10, 1), schedule=replace(SCHEDULE, opening=OPENING_SMALL), expires_on=date(2001, 9, 30)
    )
    of = replace(REFERENCE, amendments=(until_july, second))

    assert level_in(3, date(1999, 11, 1), of=of) == Charged("VERY_SMALL", Basis.CONTINUED)


def test_period_that_nothing_on_file_priced_takes_the_rule_of_the_one_after_it():
    late = replace(AMENDMENT, effective_on=date(1999, 10, 1))

    assert level_in(2, ANCHOR, of=replace(REFERENCE, amendments=(late,))) == Charged("VERY_SMALL", Basis.CONTINUED)


@pytest.mark.parametrize(
    ("in_service_on", "basis"),
    [
        (date(1999, 8, 1), Basis.CONTINUED),  # the review was due on 1 August, by the schedule of the period it ended
        (date(1999, 8, 2), Basis.CARRIED),
    ],
)
@pytest.mark.parametrize("lead_days", [30, 90])
def test_site_was_in_the_review_of_the_schedule_that_ended(in_service_on, basis, lead_days):
    of = from_1999(review=replace(SCHEDULE.review, lead_days=lead_days))

    assert level_in(2, in_service_on, of=of).basis is basis


def test_review_is_that_of_the_schedule_that_ended():
    assert level_in(2, ANCHOR, of=from_1999(review=None)).basis is Basis.CONTINUED
    assert level_in(3, ANCHOR, of=from_1999(date(1999, 9, 1), EXTENSION, review=None)).basis is Basis.UNREVIEWED
    unreviewed = replace(AMENDMENT, schedule=replace(SCHEDULE, review=None))
    of = replace(REFERENCE, amendments=(unreviewed, amendment(2, date(1999, 10, 1), schedule=SCHEDULE)))
    assert level_in(2, ANCHOR, of=of).basis is Basis.UNREVIEWED


@pytest.mark.parametrize(
    ("starting_level", "codes"),
    [
        ("VERY_SMALL", ["VERY_SMALL", "SMALL"]),
        ("VERY_LARGE", ["VERY_LARGE"]),
        (None, ["VERY_SMALL", "SMALL", "MEDIUM", "LARGE", "VERY_LARGE"]),
    ],
)
def test_later_site_may_start_one_level_above_the_starting_level(starting_level, codes):
    turned = replace(SCHEDULE, levels=SCHEDULE.levels[::-1], opening=OpeningRule("VERY_SMALL", starting_level))

    assert [row.code for row in starting_levels(schedule=turned)] == codes


FIRST = period(1)
WHOLE = FIRST.span


def days(first_day: str, last_day: str = "1999-09-30") -> DaySpan:
    return DaySpan(date.fromisoformat(first_day), date.fromisoformat(last_day))


@pytest.mark.parametrize(
    ("in_service_on", "facts", "expected"),
    [
        (date(1997, 1, 1), {}, WHOLE),
        (date(1998, 10, 1), {}, WHOLE),
        (date(1999, 1, 15), {}, days("1999-01-15")),
        (date(1999, 9, 30), {}, days("1999-09-30")),
        (date(1999, 10, 1), {}, None),
        # Removed: charged to the period's end, unless a person recorded that charges end.
        (date(1998, 10, 1), {"removed_on": date(1999, 2, 10)}, WHOLE),
        (date(1998, 10, 1), {"removed_on": date(1998, 10, 1)}, WHOLE),
        (date(1998, 10, 1), {"removed_on": date(1998, 9, 30)}, None),
        (
            date(1998, 10, 1),
            {"removed_on": date(1999, 2, 10), "charged_through": date(1999, 2, 10)},
            days("1998-10-01", "1999-02-10"),
        ),
        (date(1998, 10, 1), {"charged_through": date(1998, 9, 30)}, None),
        (date(1999, 3, 1), {"charged_through": date(1999, 2, 28)}, None),
    ],
)
def test_charged_days_run_from_the_start_of_service(in_service_on, facts, expected):
    assert charged_days(period=FIRST, in_service_on=in_service_on, **facts) == expected


@pytest.mark.parametrize(
    ("switch_counts", "expected"),
    [
        ([], WHOLE),  # never counted, which is not zero
        ([("1998-10-01", 0)], None),
        ([("1998-10-01", 0), ("1999-01-15", 1)], days("1999-01-15")),
        ([("1999-01-15", 1), ("1998-10-01", 0)], days("1999-01-15")),
        ([("1998-10-01", 0), ("1999-01-15", 0), ("1999-03-01", 2)], days("1999-03-01")),
        ([("1998-10-01", 0), ("1999-10-01", 1)], None),  # installed in the next period
        ([("1998-08-01", 0), ("1998-09-01", 1)], WHOLE),
        ([("1998-08-01", 1), ("1998-09-01", 0)], None),
        ([("1998-10-01", 1), ("1999-02-01", 0)], WHOLE),  # taken out later: charged to the period's end
        ([("1998-10-31", 0)], None),  # the only count says that there is no switch
        ([("1998-11-01", 0), ("1998-12-01", 1)], days("1998-12-01")),
        ([("1998-11-01", 1), ("1998-12-01", 0)], WHOLE),
        ([("1999-10-01", 0)], WHOLE),  # of this period it says nothing
        ([("1998-10-01", 2)], WHOLE),  # charged per site, not per switch
    ],
)
def test_nothing_is_charged_while_the_switch_is_counted_as_zero(switch_counts, expected):
    dated = [(date.fromisoformat(day), quantity) for day, quantity in switch_counts]

    assert charged_days(period=FIRST, in_service_on=date(1998, 10, 1), switch_counts=dated) == expected


@pytest.mark.parametrize(
    ("switch_counts", "expected"),
    [([("1998-10-31", 0)], WHOLE), ([("1998-10-01", 0), ("1999-01-15", 1)], days("1999-01-15"))],
)
def test_only_a_count_by_the_first_day_decides_where_it_is_read_so(switch_counts, expected):
    dated = [(date.fromisoformat(day), quantity) for day, quantity in switch_counts]

    found = charged_days(period=FIRST, in_service_on=date(1998, 10, 1), switch_counts=dated, reading=NoSwitch.FIRST_DAY)

    assert found == expected


def test_charged_days_end_with_a_truncated_period():
    cut = period(2, expires_on=date(2000, 7, 22))

    assert charged_days(period=cut, in_service_on=date(1998, 10, 1)) == days("1999-10-01", "2000-07-22")
