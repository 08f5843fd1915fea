"""Sealed rows refuse every way to change them: the ORM, bulk operations and SQL, on both databases."""

from datetime import date
from decimal import Decimal

import pytest
from django.core import checks
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Sum

from contracts.models import (
    Agreement,
    Amendment,
    Component,
    ComponentLimit,
    IncludedService,
    PriceSchedule,
    ServiceLevel,
)
from contracts.sealing import guards
from contracts.sealing.frozen import SealedRow
from tests import factories, reference

pytestmark = pytest.mark.django_db

UNSIGNED = reference.amendment(
    2, date(1999, 10, 1), customer_signature=None, supplier_signature=None, schedule=reference.SCHEDULE
)


@pytest.fixture
def unsealed():
    """An amendment that nobody has signed, on an agreement of its own."""
    other = factories.agreement("LNS-OPEN")
    return factories.amendment(other, UNSIGNED)


def sealed_rows():
    return [
        Amendment.objects.get(),
        PriceSchedule.objects.get(),
        Component.objects.first(),
        ServiceLevel.objects.first(),
        ComponentLimit.objects.first(),
        IncludedService.objects.first(),
    ]


def test_every_row_of_an_executed_amendment_is_sealed(agreement):
    assert [row.is_sealed for row in sealed_rows()] == [True] * 6


def test_save_of_a_sealed_row_is_refused(agreement):
    amendment, *others = sealed_rows()
    amendment.effective_on = date(1997, 1, 1)
    for row in (amendment, *others):
        with pytest.raises(SealedRow, match="is sealed and cannot be changed. Enter the next amendment instead."):
            row.save()


def test_delete_of_a_sealed_row_is_refused(agreement):
    for row in sealed_rows():
        with pytest.raises(SealedRow):
            row.delete()
        assert type(row).objects.filter(pk=row.pk).exists()


def test_queryset_update_and_delete_of_sealed_rows_are_refused(agreement):
    for row in sealed_rows():
        with pytest.raises(SealedRow):
            type(row).objects.all().update(id=F("id"))
        with pytest.raises(SealedRow):
            type(row).objects.all().delete()


def test_bulk_update_of_a_price_is_refused(agreement):
    level = ServiceLevel.objects.get(code="SMALL")
    level.annual_price = Decimal("1.00")
    with pytest.raises(SealedRow), transaction.atomic():
        ServiceLevel.objects.bulk_update([level], ["annual_price"])
    assert ServiceLevel.objects.get(code="SMALL").annual_price == Decimal("198000.00")


def test_rows_cannot_join_a_sealed_schedule(agreement):
    schedule = PriceSchedule.objects.get()
    level = ServiceLevel(schedule=schedule, code="TINY", name="Tiny", rank=9, annual_price=Decimal("1.00"))
    with pytest.raises(SealedRow):
        level.save()
    with pytest.raises(SealedRow):
        ServiceLevel.objects.bulk_create([level])
    assert ServiceLevel.objects.count() == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contracts_amendment SET effective_on = '1997-01-01'",
        "UPDATE contracts_amendment SET executed_on = NULL",
        "DELETE FROM contracts_amendment",
        "UPDATE contracts_priceschedule SET block_price = 1",
        "UPDATE contracts_priceschedule SET executed_on = NULL",
        "DELETE FROM contracts_priceschedule",
        "UPDATE contracts_servicelevel SET annual_price = 1 WHERE code = 'SMALL'",
        "DELETE FROM contracts_servicelevel",
        "UPDATE contracts_componentlimit SET upper = 99 WHERE upper = 15",
        "DELETE FROM contracts_componentlimit",
        "UPDATE contracts_component SET code = 'XX' WHERE code = 'GE'",
        "DELETE FROM contracts_component",
        "UPDATE contracts_includedservice SET name = 'Nothing'",
        "DELETE FROM contracts_includedservice",
        "INSERT INTO contracts_includedservice (schedule_id, name, clause) "
        "SELECT id, 'More', '' FROM contracts_priceschedule",
        "UPDATE contracts_agreement SET original_expires_on = '2010-01-01'",
        "UPDATE contracts_agreement SET executed_on = NULL",
        "DELETE FROM contracts_agreement",
    ],
)
def test_sql_against_sealed_rows_is_refused_by_the_database(agreement, statement):
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_replace_cannot_pass_the_guard(agreement):
    if connection.vendor != "sqlite":
        pytest.skip("REPLACE is SQLite's")
    level = ServiceLevel.objects.get(code="SMALL")
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "REPLACE INTO contracts_servicelevel (id, schedule_id, code, name, rank, annual_price) "
            "VALUES (%s, %s, 'SMALL', 'Small', 2, 1)",
            [level.pk, level.schedule_id],
        )


@pytest.mark.parametrize("table", ["contracts_servicelevel", "contracts_amendment"])
def test_truncate_is_refused(agreement, table):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    connection.check_constraints()  # rows of this very transaction can be truncated only after that
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_an_unsigned_amendment_can_be_changed_and_deleted(unsealed):
    level = ServiceLevel.objects.get(schedule__amendment=unsealed, code="SMALL")
    level.annual_price = Decimal("199000.00")
    level.save()
    ServiceLevel.objects.filter(pk=level.pk).update(name="Small town")
    ComponentLimit.objects.filter(level__schedule__amendment=unsealed).delete()
    level.refresh_from_db()
    assert (level.annual_price, level.name, level.limits.count()) == (Decimal("199000.00"), "Small town", 0)


def test_a_level_cannot_move_into_a_sealed_schedule(unsealed):
    sealed = PriceSchedule.objects.get(amendment__number=1)
    level = ServiceLevel.objects.get(schedule__amendment=unsealed, code="SMALL")
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic():
        ServiceLevel.objects.filter(pk=level.pk).update(schedule=sealed, code="OTHER", rank=9)


def test_a_schedule_cannot_join_an_executed_amendment(agreement, unsealed):
    bare = factories.amendment(agreement, reference.amendment(2, date(1999, 10, 1)))
    with pytest.raises(SealedRow, match=r"^Amendment 2 \(LNM-2\) is sealed and cannot be changed"):
        PriceSchedule.objects.create(agreement=agreement, amendment=bare, clause="Appendix B")
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contracts_priceschedule (agreement_id, amendment_id, clause, integration_clause, "
            "hours_clause, review_clause, opening_level_code, starting_level_code, opening_clause, minimum_changed) "
            "VALUES (%s, %s, 'Appendix B', '', '', '', '', '', '', 1)",
            [agreement.pk, bare.pk],
        )
    moving = PriceSchedule.objects.get(amendment=unsealed)
    moving.amendment = bare
    with pytest.raises(SealedRow):
        moving.save()
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic():
        PriceSchedule.objects.filter(pk=moving.pk).update(amendment=bare)
    PriceSchedule.objects.filter(pk=moving.pk).update(block_hours=1000)


def test_a_scan_can_be_attached_to_an_executed_amendment_once(agreement):
    amendment = Amendment.objects.get()
    amendment.document = "amendments/one.pdf"
    amendment.save(update_fields=["document"])
    assert Amendment.objects.get().document.name == "amendments/one.pdf"

    amendment.document = "amendments/two.pdf"
    with pytest.raises(SealedRow):
        amendment.save(update_fields=["document"])
    with pytest.raises(SealedRow):
        Amendment.objects.update(document="amendments/two.pdf")
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE contracts_amendment SET document = 'amendments/two.pdf'")


def test_a_scan_can_be_attached_by_an_update_while_there_is_none(agreement):
    assert Amendment.objects.update(document="amendments/one.pdf") == 1
    with pytest.raises(SealedRow):
        Amendment.objects.update(document="", effective_on=date(1997, 1, 1))


def test_the_policy_of_an_executed_agreement_can_change_but_not_its_terms(agreement):
    agreement.net_days = 30
    agreement.save()
    Agreement.objects.filter(pk=agreement.pk).update(customer_reference="PO 4711")
    agreement.refresh_from_db()
    assert (agreement.net_days, agreement.customer_reference) == (30, "PO 4711")

    agreement.currency = "CAD"
    with pytest.raises(SealedRow):
        agreement.save()
    with pytest.raises(SealedRow):
        Agreement.objects.filter(pk=agreement.pk).update(currency="CAD")


def test_every_guard_is_in_the_database_and_the_check_is_content():
    assert {trigger.name for trigger in guards.triggers(connection.vendor)} == guards.present()
    assert guards.guards_are_present(databases=["default"]) == []


def test_a_missing_guard_is_named_by_the_check_and_made_again():
    trigger = next(guards.triggers(connection.vendor))
    with connection.cursor() as cursor:
        for statement in trigger.drop:
            cursor.execute(statement)
    errors = guards.guards_are_present(databases=["default"])
    assert [error.level for error in errors] == [checks.ERROR]
    assert trigger.name in errors[0].msg
    guards.create_triggers()
    assert guards.guards_are_present(databases=["default"]) == []


def test_money_is_summed_exactly_in_the_database(agreement):
    total = ServiceLevel.objects.aggregate(total=Sum("annual_price"))["total"]
    assert total == Decimal("163000.00") + Decimal("198000.00") + 245000 + 320000 + 390000


@pytest.mark.parametrize(
    "changed",
    [
        {"executed_on": None},
        {"executed_on": date(2000, 5, 1)},  # before a signature
        {"executed_on": date(2000, 5, 3)},  # after both
        {"supplier_signer": "", "supplier_signed_on": None},
    ],
)
def test_amendment_is_executed_exactly_when_both_signed_whoever_writes_it(changed):
    row = factories.amendment(factories.agreement(), reference.amendment(2, date(2000, 5, 1), supplier_signature=None))
    first = {"customer_signed_on": date(2000, 5, 1), "supplier_signer": "X", "supplier_signed_on": date(2000, 5, 2)}
    fitting = {**first, "executed_on": date(2000, 5, 2)}

    with pytest.raises(IntegrityError, match="amendment_executed_by_both"), transaction.atomic():
        Amendment.objects.filter(pk=row.pk).update(**(fitting | changed))
    Amendment.objects.filter(pk=row.pk).update(**fitting)
    row.refresh_from_db()
    assert row.is_sealed
