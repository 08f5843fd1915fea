"""What a party has signed is closed: neither the ORM nor the database changes it. The signature itself stays free."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from contracts.models import (
    Amendment,
    Component,
    ComponentLimit,
    HourService,
    IncludedService,
    PriceSchedule,
    ServiceLevel,
)
from contracts.sealing import guards
from contracts.sealing.frozen import SealedRow
from tests import factories, reference

pytestmark = pytest.mark.django_db

CLOSED = "is closed by a signature and cannot be changed"


def second(agreement, **signatures) -> Amendment:
    drafted = {"customer_signature": None, "supplier_signature": None} | signatures
    return factories.amendment(
        agreement, reference.amendment(2, date(1999, 10, 1), schedule=reference.SCHEDULE, **drafted)
    )


@pytest.fixture
def signed() -> Amendment:
    """Amendment 2, which only the customer has signed."""
    return second(factories.agreement(), customer_signature=reference.SIGNED_BY_CUSTOMER)


def rows_of(amendment: Amendment) -> list:
    schedule = amendment.schedules.get()
    return [
        amendment,
        schedule,
        schedule.components.first(),
        schedule.levels.first(),
        ComponentLimit.objects.filter(level__schedule=schedule).first(),
        schedule.included_services.first(),
    ]


@pytest.mark.parametrize(
    ("signatures", "closed"),
    [
        ({}, False),
        ({"customer_signature": reference.SIGNED_BY_CUSTOMER}, True),
        ({"supplier_signature": reference.SIGNED_BY_SUPPLIER}, True),
        # executed: sealed, which is more than closed
        (
            {"customer_signature": reference.SIGNED_BY_CUSTOMER, "supplier_signature": reference.SIGNED_BY_SUPPLIER},
            False,
        ),
    ],
)
def test_one_signature_closes_every_row_of_an_amendment(signatures, closed):
    rows = rows_of(second(factories.agreement(), **signatures))

    assert [row.is_closed for row in rows] == [closed] * 6


def test_schedule_of_an_agreement_itself_is_never_closed():
    agreement = factories.agreement(amendments=())
    own = factories.schedule(agreement, None, reference.SCHEDULE, clause="Appendix A")

    assert (own.is_closed, own.levels.first().is_closed) == (False, False)
    own.levels.update(annual_price=Decimal("1.00"))


CHANGES = {
    Amendment: {"effective_on": date(1999, 11, 1)},
    PriceSchedule: {"block_hours": 1},
    Component: {"name": "other"},
    ServiceLevel: {"annual_price": Decimal("1.00")},
    ComponentLimit: {"printed": "other"},
    IncludedService: {"name": "other"},
}


def test_closed_rows_refuse_to_be_saved_updated_or_deleted(signed):
    for row in rows_of(signed):
        held = type(row).objects.filter(pk=row.pk)
        for name, value in CHANGES[type(row)].items():
            setattr(row, name, value)
        for change in (row.save, row.delete, held.delete, lambda held=held, row=row: held.update(**CHANGES[type(row)])):
            with pytest.raises(SealedRow, match=f"{CLOSED}. Withdraw the signature first."):
                change()
        assert not held.filter(**CHANGES[type(row)]).exists()


def test_closed_row_that_is_saved_as_it_is_stays_as_it_is(signed):
    for row in rows_of(signed):
        row.save()


def test_nothing_is_added_to_a_closed_amendment(signed):
    schedule = signed.schedules.get()
    for row in (
        ServiceLevel(schedule=schedule, code="TINY", name="Tiny", rank=9, annual_price=Decimal("1.00")),
        Component(schedule=schedule, code="FAX", name="fax", rank=9),
        IncludedService(schedule=schedule, name="More"),
        HourService(schedule=schedule, name="More"),
        PriceSchedule(agreement=signed.agreement, amendment=signed, clause="Appendix B"),
    ):
        with pytest.raises(SealedRow, match=CLOSED):
            row.save()
        with pytest.raises(SealedRow, match=CLOSED):
            type(row).objects.bulk_create([row])


def test_signature_and_scan_of_a_closed_amendment_stay_free(signed):
    signed.document = "amendments/two.pdf"
    signed.customer_signer, signed.customer_signed_on = "", None
    signed.save()
    Amendment.objects.filter(pk=signed.pk).update(customer_signer="Ann", customer_signed_on=date(1999, 9, 1))
    Amendment.objects.filter(pk=signed.pk).update(
        supplier_signer="Bob", supplier_signed_on=date(1999, 9, 2), executed_on=date(1999, 9, 2)
    )

    signed.refresh_from_db()
    assert (signed.is_closed, signed.is_sealed) == (False, True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contracts_amendment SET effective_on = '1999-11-01' WHERE number = 2",
        "UPDATE contracts_amendment SET expires_on = '2005-01-01', customer_signer = '', customer_signed_on = NULL "
        "WHERE number = 2",
        "DELETE FROM contracts_amendment WHERE number = 2",
        "UPDATE contracts_priceschedule SET block_price = 1 WHERE executed_on IS NULL",
        "DELETE FROM contracts_priceschedule WHERE executed_on IS NULL",
        "UPDATE contracts_servicelevel SET annual_price = 1 WHERE schedule_id = {schedule}",
        "DELETE FROM contracts_servicelevel WHERE schedule_id = {schedule}",
        "UPDATE contracts_componentlimit SET upper = 99 WHERE level_id = {level} AND upper = 15",
        "DELETE FROM contracts_componentlimit WHERE level_id = {level}",
        "UPDATE contracts_component SET name = 'x' WHERE schedule_id = {schedule}",
        "DELETE FROM contracts_component WHERE schedule_id = {schedule}",
        "UPDATE contracts_includedservice SET name = 'x' WHERE schedule_id = {schedule}",
        "INSERT INTO contracts_includedservice (schedule_id, name, clause) VALUES ({schedule}, 'More', '')",
        "INSERT INTO contracts_hourservice (schedule_id, name) VALUES ({schedule}, 'More')",
    ],
)
def test_sql_against_closed_rows_is_refused_by_the_database(signed, statement):
    schedule = signed.schedules.get()
    keys = {"schedule": schedule.pk, "level": schedule.levels.get(code="VERY_SMALL").pk}
    with pytest.raises(IntegrityError, match=CLOSED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(**keys))


def test_a_level_cannot_move_into_a_closed_schedule(signed):
    open_schedule = second(factories.agreement("LNS-OPEN")).schedules.get()
    level = open_schedule.levels.get(code="SMALL")
    with pytest.raises(IntegrityError, match=CLOSED), transaction.atomic():
        ServiceLevel.objects.filter(pk=level.pk).update(schedule=signed.schedules.get(), code="OTHER", rank=9)


def test_without_the_guard_the_database_would_let_it_pass(signed):
    """The negative control: it is the trigger that refuses, and nothing else."""
    name = "sealed_contracts_amendment_closed_update"
    (guard,) = [trigger for trigger in guards.triggers(connection.vendor) if trigger.name == name]
    with connection.cursor() as cursor:
        for statement in guard.drop:
            cursor.execute(statement)
        cursor.execute("UPDATE contracts_amendment SET effective_on = '1999-11-01' WHERE number = 2")
    signed.refresh_from_db()
    assert signed.effective_on == date(1999, 11, 1)
    assert name in guards.guards_are_present(databases=["default"])[0].msg
    guards.create_triggers()
