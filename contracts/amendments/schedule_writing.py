"""The rows of a price schedule: written, cleared and sealed for `amending`, which decides when that may happen."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from contracts import schedule as pricing
from contracts.models import Component, ComponentLimit, HourService, IncludedService, PriceSchedule, ServiceLevel
from contracts.refusal import Refusal
from contracts.schedule import Refused, Weight, findings


class CannotAmend(Refusal):
    """An agreement cannot be amended so."""


def clear_table(row: PriceSchedule) -> None:
    """Delete every row of a price schedule. Raises CannotAmend where a site is charged by one of them."""
    try:
        ComponentLimit.objects.filter(level__schedule=row).delete()
        for rows in (row.levels, row.components, row.included_services, row.hour_services):
            rows.all().delete()
    except models.ProtectedError as error:
        message = f"A level of {row} is recorded for a site. Correct the level of that site first."
        raise CannotAmend(Refused("IN_USE", "schedule", message)) from error


def write_schedule(row: PriceSchedule, schedule: pricing.Schedule) -> None:
    """Give a price schedule, whose table is empty, the values of a pure one."""
    review, hours, opening = schedule.review, schedule.hours, schedule.opening
    row.clause, row.integration_clause = schedule.prices_clause, schedule.integration_clause
    row.hours_clause, row.block_hours, row.block_price = schedule.hours_clause, hours.block_hours, hours.block_price
    row.hourly_price, row.minimum_hours = hours.hourly_price, hours.minimum_hours
    row.hourly_opens_after_blocks, row.hourly_opens_in_month = hours.opens_after_blocks, hours.opens_in_month
    row.review_lead_days = review.lead_days if review else None
    row.minimum_changed, row.review_clause = (review.minimum_changed, review.clause) if review else (1, "")
    row.opening_level_code, row.starting_level_code = opening.first_period_level or "", opening.starting_level or ""
    row.opening_clause = opening.clause
    row.follows_counts = schedule.counted is not None
    row.follows_counts_clause = schedule.counted.clause if schedule.counted else ""
    refuse_invalid(row)
    row.save()
    components = _written(
        Component(schedule=row, code=part.code, name=part.name, rank=rank, defines_site=part.defines_site)
        for rank, part in enumerate(schedule.components, start=1)
    )
    levels = _written(
        ServiceLevel(
            schedule=row,
            code=level.code,
            name=level.name,
            rank=level.rank,
            annual_price=level.annual_price,
            integration_price=level.integration_price,
        )
        for level in schedule.levels
    )
    _written(
        ComponentLimit(
            level=level,
            component=component,
            kind=cell.kind.value,
            lower=cell.lower,
            upper=cell.upper,
            printed=cell.printed,
        )
        for level, value in zip(levels, schedule.levels, strict=True)
        for component in components
        for cell in [value.limit(component.code)]
    )
    _written(IncludedService(schedule=row, name=part.name, clause=part.clause) for part in schedule.included)
    _written(HourService(schedule=row, name=name) for name in schedule.hour_services)


def _written(rows: Iterable[models.Model]) -> list[models.Model]:
    """Store new rows of a table. Raises CannotAmend for a value that its column does not take, naming the row."""
    rows = list(rows)
    for row in rows:
        refuse_invalid(row, within=f"{row}, ", constraints=False)
    return type(rows[0]).objects.bulk_create(rows) if rows else []


def seal_schedules(rows: Iterable[PriceSchedule], executed_on: date) -> None:
    """Seal price schedules with their tables, as of the execution of their document."""
    for row in rows:
        row.executed_on = executed_on
        row.save(update_fields=["executed_on"])


def refuse_errors(schedule: pricing.Schedule) -> None:
    """Refuse a schedule with errors; warnings are for the reader and stop nothing."""
    errors = [finding for finding in findings(schedule) if finding.weight is Weight.ERROR]
    if errors:
        raise CannotAmend(*(Refused(finding.code, finding.place or "schedule", finding.message) for finding in errors))


def refuse_invalid(row: models.Model, *, within: str = "", constraints: bool = True) -> None:
    """Refuse a row with a value that its column does not take; `within` begins the place. Keys are ours, not typed."""
    keys = [field.name for field in row._meta.concrete_fields if field.is_relation]
    try:
        row.full_clean(exclude=keys, validate_unique=False, validate_constraints=constraints)
    except ValidationError as error:
        raise CannotAmend(*_refusals(error, within)) from error


def _refusals(error: ValidationError, within: str) -> Iterator[Refused]:
    for field, messages in error.message_dict.items():
        for message in messages:
            yield Refused("INVALID", "" if field == NON_FIELD_ERRORS else f"{within}{field}", message)


def schedule_version(schedule: pricing.Schedule) -> str:
    """Return a mark of a table, by which `change_schedule` notices that somebody else has changed it."""
    return hashlib.sha256(repr(schedule).encode()).hexdigest()[:16]
