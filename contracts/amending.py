"""What both parties sign: the only writer of amendments and price schedules, and of their execution."""

from collections.abc import Iterable, Iterator
from datetime import date

from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files import File
from django.db import transaction

from contracts import schedule as pricing
from contracts.models import (
    Agreement,
    Amendment,
    Component,
    ComponentLimit,
    IncludedService,
    PriceSchedule,
    ServiceLevel,
)
from contracts.periods import day_text
from contracts.schedule import Refused, Weight, findings
from contracts.terms import (
    NotInForce,
    amendment_refusals,
    effective_refusals,
    expiration_known,
    expiration_on_file,
    terms_on,
)

SIDES = ("customer", "supplier")


class CannotAmend(Exception):
    """An agreement cannot be amended so. `refusals` name the field each one concerns; the message holds them all."""

    def __init__(self, *refusals: Refused):
        super().__init__(" ".join(refusal.message for refusal in refusals))
        self.refusals = refusals


@transaction.atomic
def draft_amendment(
    *,
    agreement: Agreement,
    number: int,
    contract_number: str,
    effective_on: date,
    from_expires_on: date | None,
    expires_on: date | None,
    expiration_clause: str = "",
    on: date,
    by: User | None,
) -> Amendment:
    """Enter an amendment that nobody has signed yet.

    Raises CannotAmend for a duplicate or skipped number, an effective date before that of an earlier amendment, and for
    a "from" expiration that differs from the one on file.
    """
    terms = _locked(agreement).as_terms()
    refusals = amendment_refusals(
        agreement=terms,
        number=number,
        effective_on=effective_on,
        from_expires_on=from_expires_on,
        expires_on=expires_on,
    )
    if refusals:
        raise CannotAmend(*refusals)
    amendment = Amendment(
        agreement=agreement,
        number=number,
        contract_number=contract_number,
        effective_on=effective_on,
        from_expires_on=from_expires_on,
        expires_on=expires_on,
        expiration_clause=expiration_clause,
    )
    _refuse_invalid(amendment)
    amendment.save()
    return amendment


@transaction.atomic
def enter_schedule(
    *, agreement: Agreement, amendment: Amendment | None, schedule: pricing.Schedule, on: date, by: User | None
) -> PriceSchedule:
    """Enter the price schedule of an amendment that is not executed, or (amendment None) of the agreement itself.

    The schedule of an agreement that is executed already is sealed at once, as of that execution. Raises CannotAmend
    where there is a schedule already, the amendment is executed, or the schedule has errors, each with its place in it.
    """
    _locked(agreement)
    if amendment is not None:
        amendment = Amendment.objects.select_for_update().get(pk=amendment.pk)
        _refuse_executed(amendment, "Enter the next amendment instead.")
    document = amendment or agreement
    if PriceSchedule.objects.filter(agreement=agreement, amendment=amendment).exists():
        raise CannotAmend(
            Refused("HAS_SCHEDULE", "schedule", f"{document} already has a price schedule. Change its rows instead.")
        )
    _refuse_errors(schedule)
    executed_on = agreement.executed_on if amendment is None else None
    row = _written_schedule(agreement, amendment, schedule)
    if executed_on is not None:
        _seal_schedules([row], executed_on)
    return row


@transaction.atomic
def copy_schedule_in_force(*, amendment: Amendment, on: date, by: User | None) -> PriceSchedule:
    """Start a new amendment's price schedule from the one in force when the amendment becomes effective.

    That is the schedule known on `on`; an amendment that begins after the present expiration takes the last one before
    it. Raises CannotAmend where no schedule is in force, or the amendment is executed or has a schedule.
    """
    terms = _locked(amendment.agreement).as_terms()
    expires_on, _source = expiration_known(agreement=terms, known_on=on)
    day = amendment.effective_on if expires_on is None else min(amendment.effective_on, expires_on)
    found = terms_on(agreement=terms, service_on=day, known_on=on)
    if isinstance(found, NotInForce):
        raise CannotAmend(Refused("NOTHING_IN_FORCE", "effective_on", f"There is no schedule to copy. {found.message}"))
    return enter_schedule(agreement=amendment.agreement, amendment=amendment, schedule=found.schedule, on=on, by=by)


@transaction.atomic
def record_signature(
    *, amendment: Amendment, side: str, name: str, title: str, signed_on: date, on: date, by: User | None
) -> Amendment:
    """Record the signature of the "customer" or the "supplier"; with both, the amendment is executed and sealed.

    It is executed on the later of the two dates. A signature that is recorded again while the other one is missing
    replaces the first. Raises CannotAmend for a date after `on`, a missing name, an executed amendment and, with the
    second signature, for an agreement that is not executed itself, for errors of the price schedule, and for an
    effective date or an expiration that no longer follows the other amendments on file.
    """
    if side not in SIDES:
        raise ValueError(f"{side!r} is neither customer nor supplier.")
    terms = _locked(amendment.agreement).as_terms()
    amendment = Amendment.objects.select_for_update().get(pk=amendment.pk)
    _refuse_executed(amendment, "What has changed since belongs into the next amendment.")
    _refuse_future(f"{side}_signed_on", f"The signature of the {side}", signed_on, on)
    if not name.strip():
        raise CannotAmend(Refused("NO_NAME", f"{side}_signer", f"Name the person who signed for the {side}."))
    setattr(amendment, f"{side}_signer", name.strip())
    setattr(amendment, f"{side}_signer_title", title.strip())
    setattr(amendment, f"{side}_signed_on", signed_on)
    signed = [amendment.customer_signed_on, amendment.supplier_signed_on]
    amendment.executed_on = None if None in signed else max(signed)
    _refuse_invalid(amendment)
    if amendment.executed_on is None:
        amendment.save()
        return amendment
    if terms.executed_on is None:
        said = f"{terms.name}, which {amendment} changes, is not executed. Record the agreement's own execution first."
        raise CannotAmend(Refused("AGREEMENT_OPEN", "agreement", said))
    schedules = list(PriceSchedule.objects.with_table().filter(amendment=amendment))
    for row in schedules:
        _refuse_errors(row.as_schedule())
    refusals = effective_refusals(agreement=terms, number=amendment.number, effective_on=amendment.effective_on)
    if refusals:
        raise CannotAmend(*refusals)
    _refuse_other_expiration(amendment, expiration_on_file(agreement=terms, before=amendment.number))
    amendment.save()
    _seal_schedules(schedules, amendment.executed_on)
    return amendment


@transaction.atomic
def execute_agreement(*, agreement: Agreement, executed_on: date, on: date, by: User | None) -> Agreement:
    """Record that both parties signed the agreement itself: its own terms and original price schedule are sealed.

    Raises CannotAmend where it is executed already, for a date after `on`, and for errors of the original schedule.
    """
    agreement = _locked(agreement)
    if agreement.executed_on is not None:
        said = f"Agreement {agreement} was executed on {day_text(agreement.executed_on)} and is sealed."
        raise CannotAmend(Refused("EXECUTED", "executed_on", f"{said} Enter an amendment instead."))
    _refuse_future("executed_on", "The execution", executed_on, on)
    schedules = list(PriceSchedule.objects.with_table().filter(agreement=agreement, amendment=None))
    for row in schedules:
        _refuse_errors(row.as_schedule())
    agreement.executed_on = executed_on
    agreement.save(update_fields=["executed_on"])
    _seal_schedules(schedules, executed_on)
    return agreement


@transaction.atomic
def discard_amendment(*, amendment: Amendment, on: date, by: User | None) -> None:
    """Take an amendment that is not executed off the file, with its price schedule.

    Raises CannotAmend for an executed amendment, and for one that others follow: numbers have no gap.
    """
    _locked(amendment.agreement)
    amendment = Amendment.objects.select_for_update().get(pk=amendment.pk)
    _refuse_executed(amendment, "Enter the next amendment instead.")
    later = Amendment.objects.filter(agreement=amendment.agreement, number__gt=amendment.number).order_by("-number")
    if last := later.first():
        raise CannotAmend(Refused("FOLLOWED", "number", f"{last} follows {amendment}. Discard {last} first."))
    for schedule in amendment.schedules.all():
        discard_schedule(schedule=schedule, on=on, by=by)
    amendment.delete()


@transaction.atomic
def discard_schedule(*, schedule: PriceSchedule, on: date, by: User | None) -> None:
    """Take a price schedule off the file, with its whole table. Raises CannotAmend for a sealed one."""
    _locked(schedule.agreement)
    schedule = PriceSchedule.objects.select_for_update().get(pk=schedule.pk)
    _refuse_sealed(schedule)
    for level in schedule.levels.all():
        discard_level(level=level, on=on, by=by)
    schedule.components.all().delete()
    schedule.included_services.all().delete()
    schedule.delete()


@transaction.atomic
def discard_level(*, level: ServiceLevel, on: date, by: User | None) -> None:
    """Take a row off the table of a price schedule, with its limits. Raises CannotAmend for a sealed schedule."""
    _refuse_sealed(PriceSchedule.objects.select_for_update().get(pk=level.schedule_id))
    level.limits.all().delete()
    level.delete()


def _refuse_sealed(schedule: PriceSchedule) -> None:
    if schedule.executed_on is not None:
        said = f"{schedule} was executed on {day_text(schedule.executed_on)} and is sealed."
        raise CannotAmend(Refused("EXECUTED", "schedule", f"{said} Enter the next amendment instead."))


def _locked(agreement: Agreement) -> Agreement:
    """Lock the agreement's row, so that two people cannot amend it at once, and bring its terms along."""
    Agreement.objects.select_for_update().get(pk=agreement.pk)
    return Agreement.objects.with_terms().get(pk=agreement.pk)


def _refuse_executed(amendment: Amendment, next_step: str) -> None:
    if amendment.executed_on is not None:
        said = f"{amendment} was executed on {day_text(amendment.executed_on)} and is sealed."
        raise CannotAmend(Refused("EXECUTED", "executed_on", f"{said} {next_step}"))


def _refuse_future(field: str, what: str, day: date, on: date) -> None:
    if day > on:
        said = f"{what} is dated {day_text(day)}, which is after {day_text(on)}."
        raise CannotAmend(Refused("IN_FUTURE", field, f"{said} Record it once it has happened."))


def _refuse_errors(schedule: pricing.Schedule) -> None:
    """Refuse a schedule with errors; warnings are for the reader and stop nothing."""
    errors = [finding for finding in findings(schedule) if finding.weight is Weight.ERROR]
    if errors:
        raise CannotAmend(*(Refused(finding.code, finding.place or "schedule", finding.message) for finding in errors))


def _refuse_other_expiration(amendment: Amendment, on_file: date | None) -> None:
    """Refuse to execute an amendment whose starting point has moved since it was entered."""
    if amendment.expires_on is not None and amendment.from_expires_on != on_file:
        named, filed = (day_text(day) if day else "no date" for day in (amendment.from_expires_on, on_file))
        said = f"{amendment} extends from {named}, but the expiration on file is {filed}."
        raise CannotAmend(Refused("EXPIRATION_MISMATCH", "from_expires_on", f"{said} Correct one of the two."))


def _refuse_invalid(row: Amendment) -> None:
    try:
        row.full_clean(validate_unique=False)
    except ValidationError as error:
        raise CannotAmend(*_refusals(error)) from error


def _refusals(error: ValidationError) -> Iterator[Refused]:
    for field, messages in error.message_dict.items():
        for message in messages:
            yield Refused("INVALID", "" if field == NON_FIELD_ERRORS else field, message)


def _seal_schedules(rows: Iterable[PriceSchedule], executed_on: date) -> None:
    for row in rows:
        row.executed_on = executed_on
        row.save(update_fields=["executed_on"])


def _written_schedule(agreement: Agreement, amendment: Amendment | None, schedule: pricing.Schedule) -> PriceSchedule:
    review = schedule.review
    row = PriceSchedule.objects.create(
        agreement=agreement,
        amendment=amendment,
        clause=schedule.prices_clause,
        integration_clause=schedule.integration_clause,
        hours_clause=schedule.hours_clause,
        block_hours=schedule.hours.block_hours,
        block_price=schedule.hours.block_price,
        hourly_price=schedule.hours.hourly_price,
        minimum_hours=schedule.hours.minimum_hours,
        hourly_opens_after_blocks=schedule.hours.opens_after_blocks,
        hourly_opens_in_month=schedule.hours.opens_in_month,
        review_lead_days=review.lead_days if review else None,
        minimum_changed=review.minimum_changed if review else 1,
        review_clause=review.clause if review else "",
        opening_level_code=schedule.opening.first_period_level or "",
        starting_level_code=schedule.opening.starting_level or "",
        opening_clause=schedule.opening.clause,
    )
    components = Component.objects.bulk_create(
        Component(schedule=row, code=part.code, name=part.name, rank=rank, defines_site=part.defines_site)
        for rank, part in enumerate(schedule.components, start=1)
    )
    levels = ServiceLevel.objects.bulk_create(
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
    ComponentLimit.objects.bulk_create(
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
    IncludedService.objects.bulk_create(
        IncludedService(schedule=row, name=service.name, clause=service.clause) for service in schedule.included
    )
    return row


@transaction.atomic
def attach_scan(*, amendment: Amendment, document: File, on: date, by: User | None) -> Amendment:
    """Attach the scanned document to an executed amendment that has none; nothing else of it can change any more.

    Raises CannotAmend when a document is attached already: the one on file stays.
    """
    amendment = Amendment.objects.select_for_update().get(pk=amendment.pk)
    if amendment.document:
        raise CannotAmend(
            Refused("HAS_DOCUMENT", "document", f"{amendment} has its scanned document. The one on file stays.")
        )
    amendment.document = document
    amendment.save(update_fields=["document"])
    return amendment
