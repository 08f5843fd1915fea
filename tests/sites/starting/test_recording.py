"""A starting level that is on record: changed or withdrawn with a reason, and never silently."""

from datetime import date
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from contracts.sealing.frozen import SealedRow
from sites.models import Site, StartingLevelChange
from sites.starting.recording import (
    change_starting_level,
    level_version,
    record_starting_level,
    starting_level_of,
    withdraw_starting_level,
)
from tests import factories
from tests.sites import refusals

pytestmark = pytest.mark.django_db

ON, LATER = date(2000, 1, 10), date(2000, 2, 1)


@pytest.fixture
def site() -> Site:
    site = factories.site(factories.agreement(), "Waco", date(2000, 2, 1))
    record_starting_level(site=site, period_number=2, level_code="SMALL", reason="Grows fast", on=ON, by=None)
    return site


def history() -> list[tuple]:
    return [
        (row.before and row.before.code, row.after and row.after.code, row.reason, row.recorded_on)
        for row in StartingLevelChange.objects.all()
    ]


refused = partial(refusals.refused, on=LATER, by=None)


def test_a_level_is_changed_and_withdrawn_and_recorded_anew(site):
    changed = change_starting_level(site=site, level_code="VERY_SMALL", reason="Recounted", on=LATER, by=None)
    assert (changed.level.code, changed.agreed_on, changed.reason, changed.is_starting) == (
        "VERY_SMALL",
        LATER,
        "Recounted",
        True,
    )

    withdraw_starting_level(site=site, reason="Another city", on=LATER, by=None)
    assert starting_level_of(site) is None
    record_starting_level(site=site, period_number=2, level_code="SMALL", reason="Again", on=LATER, by=None)

    assert history() == [
        (None, "SMALL", "Grows fast", ON),
        ("SMALL", "VERY_SMALL", "Recounted", LATER),
        ("VERY_SMALL", None, "Another city", LATER),
        (None, "SMALL", "Again", LATER),
    ]


def test_what_cannot_be_put_in_its_place_is_refused_at_its_field(site):
    assert refused(change_starting_level, site=site, level_code="MEDIUM", reason="x") == [
        ("level", "A later site starts at Very Small or Small. Choose one of these levels.")
    ]
    assert refused(change_starting_level, site=site, level_code="SMALL", reason=" ") == [
        ("reason", "Say why the starting level changes."),
        ("level", "Waco starts at Small already. Choose the other level."),
    ]
    assert refused(withdraw_starting_level, site=site, reason=" ") == [
        ("reason", "Say why the starting level is withdrawn.")
    ]


def test_an_older_page_changes_and_withdraws_nothing(site):
    seen = level_version(starting_level_of(site))
    change_starting_level(site=site, level_code="VERY_SMALL", reason="Recounted", seen=seen, on=LATER, by=None)

    stale = [
        (
            "",
            "Somebody else has changed the starting level of Waco since you opened this page: it is Very Small now. "
            "Nothing is saved. Compare, and save again.",
        )
    ]
    assert refused(change_starting_level, site=site, level_code="SMALL", reason="x", seen=seen) == stale
    assert refused(withdraw_starting_level, site=site, reason="x", seen=seen) == stale
    withdraw_starting_level(site=site, reason="x", on=LATER, by=None)
    assert refused(withdraw_starting_level, site=site, reason="x") == [
        ("", "No starting level is recorded for Waco. Record it instead.")
    ]


def test_the_history_is_never_changed(site):
    row = StartingLevelChange.objects.get()

    for change in (row.save, row.delete):
        with pytest.raises(SealedRow, match="Change the starting level by a new entry with a reason."):
            change()
    statement = "UPDATE sites_startinglevelchange SET reason = 'x'"
    with pytest.raises(IntegrityError, match="is sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
