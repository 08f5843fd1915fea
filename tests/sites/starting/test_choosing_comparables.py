from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from sites.models import ComparableChoice
from sites.starting.choosing_comparables import choose_comparables
from sites.starting.history import Choice
from sites.starting.recording import record_starting_level
from tests import factories
from tests.reference import SMALLEST
from tests.sites.refusals import refused
from tests.sites.starting.cases import ON, past

pytestmark = pytest.mark.django_db
NO_SUCH_SITE = "The comparison has no such site: only the customer's other sites can be compared. Leave it out."
OUT, IN = Choice(False, "Opened for one customer."), Choice(True, "The city is as large.")


def choose(cases, choices: dict[str, Choice], on: date = ON, by: User | None = None):
    """Choose by city; a number stands for itself."""
    keys = {cases[place].pk if place in cases else place: choice for place, choice in choices.items()}
    return choose_comparables(site=cases["Macon"], choices=keys, on=on, by=by)


def stored() -> list[tuple]:
    rows = ComparableChoice.objects.select_related("site", "comparable").order_by("comparable__city")
    return [(row.site.city, row.comparable.city, row.included, row.reason, row.decided_on) for row in rows]


def refusal(cases, choices: dict[str, Choice]) -> list[tuple[str, str]]:
    names = {f"reason_{site.pk}": city for city, site in cases.items()}
    return [(names.get(place, place), message) for place, message in refused(choose, cases, choices)]


def test_choice_that_differs_from_the_rule_is_recorded_with_its_reason(cases):
    manager = User.objects.create_user("manager")

    found = choose(cases, {"Fast": OUT, "Unknown": Choice(True, "  The city is as large. ")}, by=manager)

    assert stored() == [
        ("Macon", "Fast", False, "Opened for one customer.", ON),
        ("Macon", "Unknown", True, "The city is as large.", ON),
    ]
    assert {row.decided_by for row in ComparableChoice.objects.all()} == {manager}
    assert found.proposal.median == Decimal(225)  # of 50, 150, 300, 400


def test_choice_that_says_what_the_rule_says_is_not_kept(cases):
    assert choose(cases, {"Fast": Choice(True, ""), "Bigger": Choice(False, "Too big.")}).proposal.median == 250
    assert stored() == []


def test_choice_is_taken_back_by_the_one_that_the_rule_would_make(cases):
    choose(cases, {"Fast": OUT, "Slow": OUT})

    found = choose(cases, {"Fast": Choice(True, "Opened for one customer.")})

    assert [row[1] for row in stored()] == ["Slow"]
    assert found.proposal.median == 200  # of 150, 200, 300


def test_another_reason_replaces_the_one_on_file(cases):
    choose(cases, {"Fast": OUT})

    choose(cases, {"Fast": Choice(False, "Its switch served two cities.")}, on=date(2000, 1, 16))

    assert stored() == [("Macon", "Fast", False, "Its switch served two cities.", date(2000, 1, 16))]


def test_same_choice_again_keeps_who_made_it_and_when(cases):
    manager, other = User.objects.create_user("manager"), User.objects.create_user("other")
    choose(cases, {"Fast": OUT}, by=manager)

    choose(cases, {"Fast": OUT}, on=date(2000, 1, 16), by=other)

    (row,) = ComparableChoice.objects.all()
    assert (row.decided_on, row.decided_by) == (ON, manager)


@pytest.mark.parametrize(
    ("city", "choice", "said"),
    [
        ("Fast", Choice(False, ""), "Say why Fast is left out."),
        ("Fast", Choice(False, "   "), "Say why Fast is left out."),
        ("Bigger", Choice(True, ""), "Say why Bigger is added."),
        ("Fast", Choice(False, "x" * 201), "Fast: at most 200 characters; this reason has 201."),
        ("Growing", IN, "Growing has not reached the limit of its level: there are no days to count. Leave it out."),
        ("Stranger", IN, NO_SUCH_SITE),
        ("Macon", IN, NO_SUCH_SITE),
    ],
)
def test_choice_is_refused_at_its_site(cases, city, choice, said):
    assert refusal(cases, {city: choice}) == [(city, said)]


def test_reason_that_cannot_be_printed_is_refused(cases):
    ((city, message),) = refusal(cases, {"Fast": Choice(False, "bell \x07")})

    assert (city, message.split(":")[0]) == ("Fast", "Fast")


def test_site_without_a_level_is_refused(agreement, cases):
    cases["Late"] = past(agreement, "Late", 5, in_service_on=date(2000, 10, 1))

    assert refusal(cases, {"Late": IN}) == [
        ("Late", "No level is known for the first day of Late: there are no days to count. Leave it out.")
    ]


def test_one_wrong_choice_stores_none(cases):
    assert refusal(cases, {"Slow": OUT, "Fast": Choice(False, ""), "Growing": IN}) == [
        ("Fast", "Say why Fast is left out."),
        ("Growing", "Growing has not reached the limit of its level: there are no days to count. Leave it out."),
    ]


def test_comparison_stays_once_the_level_is_recorded(cases):
    record_starting_level(
        site=cases["Macon"], period_number=2, level_code="SMALL", reason="Median of 250 days.", on=ON, by=None
    )

    assert refusal(cases, {"Fast": OUT}) == [
        ("", "Macon starts at Small, decided on 15 January 2000: Median of 250 days. The comparison stays as it is.")
    ]


def test_counts_made_after_the_choice_do_not_undo_it(cases):
    choose(cases, {"Bigger": IN})
    factories.counts(cases["Growing"], date(2000, 1, 10), SMALLEST | {"GE": 15})

    found = choose(cases, {})

    assert [each.site.city for each in found.compared if each.judged.standing.is_used] == [
        "Before",
        "Bigger",
        "Elsewhere",
        "Fast",
        "Growing",
        "Slow",
    ]
