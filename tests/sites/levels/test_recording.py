"""A level that both parties agreed from a day: sealed once recorded, and refused where it cannot be charged."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from contracts.sealing.frozen import SealedRow
from contracts.terms import terms_on
from sites.charged import Basis, Charged
from sites.levels.recording import levels_version
from sites.models import LevelDecision, Site
from tests import factories
from tests.sites.levels.deciding import FACTS, FROM, ON, SENTENCE, decide
from tests.sites.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(agreement) -> Site:
    return factories.site(agreement, "Akron")


def charged(site: Site, day: date, known_on: date = date(2000, 3, 1)) -> Charged:
    row = Site.objects.with_agreement_terms().with_levels().get(pk=site.pk)
    terms = row.agreement.as_terms()
    return row.charged_on(day, terms_on(agreement=terms, service_on=day, known_on=known_on), agreement=terms)


OPENING = Charged("VERY_SMALL", Basis.OPENING)


def test_a_level_holds_from_its_day_to_the_end_of_the_annual_period_and_then_goes_on(site):
    decide(site)

    assert charged(site, FROM - timedelta(1)) == OPENING
    assert charged(site, FROM) == charged(site, date(1999, 9, 30)) == Charged("MEDIUM", Basis.DECIDED, SENTENCE)
    assert charged(site, date(1999, 10, 1)) == Charged("MEDIUM", Basis.CONTINUED)
    assert charged(site, FROM, known_on=ON - timedelta(1)) == OPENING


def test_a_level_that_ends_within_the_period_gives_way_to_what_held_before(site):
    decide(site, through=date(1999, 3, 31))

    assert charged(site, date(1999, 3, 31)).level_code == "MEDIUM"
    assert charged(site, date(1999, 4, 1)) == OPENING
    assert charged(site, date(1999, 10, 1)) == Charged("VERY_SMALL", Basis.CONTINUED)


def test_of_two_levels_for_one_day_the_one_recorded_last_holds(site):
    decide(site, effective_on=date(1999, 3, 1), level_code="LARGE")
    decide(site, on=ON + timedelta(1), level_code="SMALL", through=date(1999, 3, 15))

    assert [charged(site, day).level_code for day in (FROM, date(1999, 3, 15), date(1999, 3, 16))] == [
        "SMALL",
        "SMALL",
        "LARGE",
    ]


def test_a_level_agreed_at_a_review_afterwards_takes_the_place_of_one_that_was_recorded_before(site):
    day = {"effective_on": date(1999, 12, 1), "agreed_on": date(1999, 12, 10)}
    decide(site, on=date(1999, 12, 10), **day)
    factories.charged_level(site, 2, "SMALL", date(2000, 1, 20))
    assert charged(site, date(1999, 12, 1)) == Charged("SMALL", Basis.AGREED)

    decide(site, on=date(2000, 2, 1), **day | {"cause": LevelDecision.Cause.CORRECTION, "reason": "Agreed wrongly"})

    assert charged(site, date(1999, 11, 30)) == Charged("SMALL", Basis.AGREED)
    assert charged(site, date(1999, 12, 1)).level_code == "MEDIUM"


SERVED = {"in_service_on": date(1999, 1, 20), "removed_on": date(1999, 5, 31)}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"effective_on": date(1998, 9, 30)}, ("effective_on", "No price schedule on file covers 30 September 1998")),
        ({"effective_on": date(2000, 10, 1)}, ("effective_on", "Agreement LNS970602JC expired on 30 September 2000")),
        ({"effective_on": FROM}, ("effective_on", "Akron is in service from 20 January 1999 only.")),
        ({"effective_on": date(1999, 10, 1)}, ("effective_on", "Akron is charged through 30 September 1999 only.")),
        ({"through": date(1999, 1, 31)}, ("through", "31 January 1999 is before 1 February 1999.")),
        ({"through": date(1999, 10, 31)}, ("through", "The annual period ends on 30 September 1999.")),
        ({"level_code": "TINY"}, ("level_code", "TINY is no level of the price schedule in force on 1 February 1999.")),
        ({"level_code": "VERY_SMALL"}, ("level_code", "Akron is charged at Very Small on all these days already.")),
        ({"document": " "}, ("document", "Name the document that says so.")),
        ({"customer_signer": ""}, ("customer_signer", "Name who agreed for the customer.")),
        ({"supplier_signer": ""}, ("supplier_signer", "Name who agreed for the supplier.")),
        ({"agreed_on": ON + timedelta(1)}, ("agreed_on", "The agreement of 11 February 1999 is after 10 February")),
        ({"reason": ""}, ("reason", "Say why the level changes on this day.")),
        ({"reason": "x" * 201}, ("reason", "At most 200 characters; the reason has 201.")),
    ],
)
def test_what_cannot_be_charged_is_refused_at_its_place(site, changed, expected):
    Site.objects.filter(pk=site.pk).update(**SERVED)

    ((place, message),) = refused(decide, site, **{"effective_on": date(1999, 2, 1)} | changed)

    assert (place, message[: len(expected[1])]) == expected


def test_a_colleague_who_has_recorded_another_level_meanwhile_is_named(site):
    seen = levels_version(Site.objects.with_levels().get(pk=site.pk))
    decide(site)

    ((place, message),) = refused(decide, site, level_code="LARGE", seen=seen)

    assert (place, "Akron: Medium from 15 January 1999" in message) == ("", True)


def test_the_same_words_on_the_same_day_are_recorded_once(site):
    decide(site)

    ((place, message),) = refused(decide, site, level_code="LARGE")

    assert place == "reason"
    assert message.startswith("A level from 15 January 1999 is recorded today by this document, for this reason.")


def test_a_recorded_level_never_changes(site):
    decided = decide(site)

    with pytest.raises(SealedRow):
        decided.delete()
    for statement in ("UPDATE sites_leveldecision SET document = 'x'", "DELETE FROM sites_leveldecision"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert LevelDecision.objects.get().document == FACTS["document"]
