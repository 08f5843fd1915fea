"""Rows that are sealed from their insertion are in a ledger outside the database: what is changed or gone is found."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection

from contracts.models import LostRecord
from contracts.sealing.guards import create_triggers, drop_triggers, sealed_models
from contracts.sealing.histories import (
    HISTORIES,
    add_lines,
    history_faults,
    history_models,
    lost_rows,
    make_histories_good,
)
from contracts.sealing.ledger_lines import RECORDED
from invoicing.audit.auditing import Verification
from invoicing.lost.explaining import explain
from invoicing.lost.queries import lost_now
from invoicing.models import InvoicePdf
from sites.counts.recording import record_counts
from sites.hours.recording import change_work, enter_work
from sites.models import CountChange, LevelDecision, ServiceChange, StartingLevelChange, WorkChange
from sites.service.recording import correct_service
from sites.starting.recording import record_starting_level
from tests import factories, reference
from tests.sites.levels.deciding import decide

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]
ON = date(1999, 7, 15)
HISTORIES_OF_FACTS = [CountChange, WorkChange, ServiceChange, StartingLevelChange, LevelDecision]


def test_every_row_that_is_sealed_from_its_insertion_is_in_a_ledger():
    sealed = {model for model in sealed_models() if model.seal.field is None}

    of_people = {User, LogEntry}  # sealed against deletion alone
    assert sealed - set(history_models()) == {InvoicePdf} | of_people  # a PDF has a line beside that of its document


@pytest.fixture
def histories(agreement, django_capture_on_commit_callbacks):
    """An entry in each history of a site's facts, as their writers make them."""
    site = factories.site(agreement, "Akron")
    later = factories.site(agreement, "Waco", date(1999, 11, 1))
    factories.counts(site, date(1998, 10, 1), reference.counts())
    work = {"worked_on": date(1999, 7, 12), "service": "Customer Care", "person": "Ann", "site": site}
    counted = {"counted_on": date(1998, 10, 1), "quantities": {"GE": 12}, "source": "", "reason": "Overlooked"}
    by = {"on": ON, "by": None}
    with django_capture_on_commit_callbacks(execute=True):
        record_counts(site=site, **counted, **by)
        entry = enter_work(agreement=agreement, hours=Decimal(2), **work, **by)
        change_work(entry=entry, reason="Mistyped", hours=Decimal(3), **work, **by)
        correct_service(
            site=site, days={ServiceChange.Day.FIRST: date(1998, 9, 30)}, reason="Opened a day earlier", **by
        )
        record_starting_level(site=later, period_number=2, level_code="SMALL", reason="Grows", **by)
        decide(site, on=ON)
    assert found() == []


def found() -> list[str]:
    return [one.text for one in Verification().findings() if not one.is_note]


def behind(model, sql: str) -> None:
    """Change a table as somebody does who owns the database."""
    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute(sql.format(table=model._meta.db_table))
    create_triggers()


def name_of(row) -> str:
    return f"{str(row._meta.verbose_name).capitalize()} {row.pk}"


@pytest.mark.parametrize("model", HISTORIES_OF_FACTS)
def test_entry_that_was_changed_is_found(histories, model):
    last = model.objects.latest("pk")
    behind(model, f"UPDATE {{table}} SET reason = 'Never said' WHERE id = {last.pk}")

    message = f"it is not as it was recorded: a column was changed ({last}). Look into a backup."
    assert found() == [f"{name_of(last)}: {message}"]


@pytest.mark.parametrize("model", HISTORIES_OF_FACTS)
def test_entry_that_was_taken_out_is_found(histories, model):
    last = model.objects.latest("pk")
    behind(model, f"DELETE FROM {{table}} WHERE id = {last.pk}")

    message = "the ledger has it, recorded on 1999-07-15, but the database does not: it was taken out."
    assert found() == [f"{name_of(last)}: {message}"]


def test_entry_that_was_put_in_is_found(histories):
    columns = ", ".join(field.column for field in CountChange._meta.concrete_fields if not field.primary_key)
    first = CountChange.objects.earliest("pk").pk
    behind(CountChange, f"INSERT INTO {{table}} ({columns}) SELECT {columns} FROM {{table}} WHERE id = {first}")

    assert found() == ["Histories: 1 row is not in the ledger of histories. Run manage.py make_pdfs."]
    assert make_histories_good() == 1
    assert [one.text for one in Verification().findings()] == [
        "Histories: note: 1 line backfilled by make_pdfs, not written at issue."
    ]


def test_entry_in_the_place_of_one_that_was_lost_does_not_hide_it(histories):
    lost = CountChange.objects.latest("pk")
    behind(CountChange, f"DELETE FROM {{table}} WHERE id = {lost.pk}")
    lost.reason = "Another one"
    lost._state.adding = True
    lost.save(force_insert=True)
    add_lines(CountChange, [lost.pk], RECORDED)

    assert [title for title, _day, _sha256 in lost_rows(HISTORIES.read(), ())] == [f"sites.countchange:{lost.pk}"]
    explain(explanations={one.key: ("gap", "Restored") for one in lost_now()}, on=ON, by=None)
    add_lines(LostRecord, [LostRecord.objects.get().pk], RECORDED)
    explained = set(LostRecord.objects.values_list("title", "sha256"))
    assert list(history_faults(HISTORIES.read(), explained)) == []
