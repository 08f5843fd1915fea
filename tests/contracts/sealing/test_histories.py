"""Rows that are sealed from their insertion are in a ledger outside the database: what is changed or gone is found."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection, models

from contracts.amendments.amending import record_withdrawn
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
from sites.models import CountChange, ImportedFile, MonthlyReport, ReportAcknowledgment, ReportPdf, ServiceChange
from sites.service.recording import correct_service
from sites.starting.recording import record_starting_level
from tests import factories, reference
from tests.invoicing.audit.books_to_damage import sound_books, undone
from tests.sites.levels.deciding import decide

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]
ON = date(1999, 7, 15)
UNSIGNED = replace(reference.amendment(2, date(1999, 10, 1)), customer_signature=None, supplier_signature=None)


def is_sealed_at_once(model) -> bool:
    """Whether nothing must happen first: no column says so, or one of its own that no row leaves empty."""
    field, via = model.seal.field, model.seal.via
    return field is None or (not via and not model._meta.get_field(field).null)


def test_every_row_that_is_sealed_from_its_insertion_is_in_a_ledger():
    sealed = {model for model in sealed_models() if is_sealed_at_once(model)}

    of_people = {User, LogEntry}  # sealed against deletion alone
    assert sealed - set(history_models()) == {InvoicePdf} | of_people  # a PDF has a line beside that of its document


@pytest.fixture
def histories(db, django_capture_on_commit_callbacks):
    """A row in each table that the ledger follows; those of histories as their writers make them."""
    agreement = sound_books().agreement
    site = factories.site(agreement, "Cody")
    later = factories.site(agreement, "Waco", date(1999, 11, 1))
    factories.counts(site, date(1998, 10, 1), reference.counts())
    draft = factories.amendment(agreement, UNSIGNED)
    work = {"worked_on": date(1999, 7, 12), "service": "Customer Care", "person": "Ann", "site": site}
    counted = {"counted_on": date(1998, 10, 1), "quantities": {"GE": 12}, "source": "", "reason": "Overlooked"}
    signed = {"side": "customer", "name": "Ann", "signed_on": date(1999, 7, 1), "withdrawn_on": date(1999, 7, 2)}
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
        record_withdrawn(amendment=draft, reason="A price was wrong", **signed, **by)
        factories.quotation(site, "Q-1", "125000.00", ON)
        LostRecord.objects.create(title="Report-A-8", explanation="gap", reason="Never sent", recorded_on=ON)
        ImportedFile.objects.create(kind="counts", name="july.csv", sha256="0" * 64, rows=1, imported_on=ON)
        report = MonthlyReport.objects.create(
            agreement=agreement, month=date(1999, 6, 1), revision=0, issued_on=ON, content={}, content_sha256="0" * 64
        )
        ReportPdf.objects.create(report=report, file_name="june.pdf", sha256="0" * 64, size=1, pages=1)
        ReportAcknowledgment.objects.create(report=report, acknowledged_by="Ann", acknowledged_on=ON, recorded_on=ON)
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


def text_of(model) -> str:
    """A column of text of a model, one that no row leaves empty where there is such a one."""
    texts = (field for field in model._meta.concrete_fields if isinstance(field, models.CharField))
    return max((field for field in texts if not field.choices), key=lambda field: not field.blank).column


CHANGE = "UPDATE {{table}} SET {column} = 'Never said' WHERE id = {key}"
REMOVAL = "DELETE FROM {{table}} WHERE id = {key}"
GONE = "the ledger has it, recorded on 1999-07-15, but the database does not: it was taken out."


@pytest.mark.parametrize("sql", [CHANGE, REMOVAL], ids=["changed", "taken out"])
def test_row_that_was_changed_or_taken_out_is_found_whatever_it_is(histories, sql):
    expected, sentences = {}, {}
    for model in history_models():
        last = model.objects.latest("pk")
        with undone():
            behind(model, sql.format(column=text_of(model), key=last.pk))
            after = model.objects.filter(pk=last.pk).first()
            changed = f"it is not as it was recorded: a column was changed ({after}). Look into a backup."
            expected[model] = f"{name_of(last)}: {changed if after else GONE}"
            sentences[model] = found()

    assert {model: expected[model] for model in sentences if sentences[model] != [expected[model]]} == {}, sentences
    assert found() == []


def test_entry_that_was_put_in_is_found(histories):
    columns = ", ".join(field.column for field in CountChange._meta.concrete_fields if not field.primary_key)
    first = CountChange.objects.earliest("pk").pk
    behind(CountChange, f"INSERT INTO {{table}} ({columns}) SELECT {columns} FROM {{table}} WHERE id = {first}")

    assert found() == ["Histories: 1 row is not in the ledger of histories. Run manage.py make_pdfs."]
    assert make_histories_good() == 1
    assert "Histories: note: 1 line backfilled by make_pdfs, not written at issue." in [
        one.text for one in Verification().findings()
    ]
    assert found() == []


def test_entry_in_the_place_of_one_that_was_lost_does_not_hide_it(histories):
    lost = CountChange.objects.latest("pk")
    behind(CountChange, f"DELETE FROM {{table}} WHERE id = {lost.pk}")
    lost.reason = "Another one"
    lost._state.adding = True
    lost.save(force_insert=True)
    add_lines(CountChange, [lost.pk], RECORDED)

    assert [title for title, _day, _sha256 in lost_rows(HISTORIES.read(), ())] == [f"sites.countchange:{lost.pk}"]
    explain(explanations={one.key: ("gap", "Restored") for one in lost_now()}, on=ON, by=None)
    add_lines(LostRecord, [LostRecord.objects.latest("pk").pk], RECORDED)
    explained = set(LostRecord.objects.values_list("title", "sha256"))
    assert list(history_faults(HISTORIES.read(), explained)) == []
