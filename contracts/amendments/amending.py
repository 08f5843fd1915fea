"""What both parties sign: the only writer of amendments and price schedules, and of their execution.

An amendment and its price schedule are open as a draft only. The first signature closes them; it can be withdrawn, with
a reason, until the second one executes the amendment and seals everything.
"""

import hashlib
from datetime import date

from django.contrib.auth.models import User
from django.core.files import File
from django.db import transaction

from contracts import schedule as pricing
from contracts.amendments.schedule_writing import (
    CannotAmend,
    clear_table,
    refuse_errors,
    refuse_invalid,
    schedule_version,
    seal_schedules,
    write_schedule,
)
from contracts.locking import locked_agreement
from contracts.models import Agreement, Amendment, ChosenReading, PriceSchedule, WithdrawnSignature
from contracts.periods import day_text
from contracts.schedule import Refused
from contracts.terms import (
    NotInForce,
    amendment_refusals,
    change_refusals,
    effective_refusals,
    expiration_known,
    expiration_on_file,
    expiration_refusals,
    terms_on,
)

SIDES = ("customer", "supplier")
WITHDRAW_FIRST = "Withdraw that signature first, with a reason."
MEANWHILE = "since you opened it. Nothing is saved: compare, then save again to replace it with yours."


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

    Raises CannotAmend for a duplicate or skipped number, an effective date before that of an earlier amendment, a
    "from" expiration that differs from the one on file, and a new one before the effective date.
    """
    terms = locked_agreement(agreement.pk).as_terms()
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
    refuse_invalid(amendment)
    amendment.save()
    return amendment


@transaction.atomic
def change_amendment(
    *,
    amendment: Amendment,
    contract_number: str,
    effective_on: date,
    from_expires_on: date | None,
    expires_on: date | None,
    expiration_clause: str = "",
    seen: str = "",
    on: date,
    by: User | None,
) -> Amendment:
    """Change what a draft says; its number stays.

    Raises CannotAmend once a party has signed it, for the faults that `draft_amendment` refuses, and where somebody
    else has changed it since it was `seen`.
    """
    agreement = locked_agreement(amendment.agreement_id)
    amendment = _locked_draft(amendment)
    if seen and seen != amendment_version(amendment):
        raise CannotAmend(Refused("STALE", "", f"Somebody else has changed {amendment} {MEANWHILE}"))
    refusals = change_refusals(
        agreement=agreement.as_terms(),
        number=amendment.number,
        effective_on=effective_on,
        from_expires_on=from_expires_on,
        expires_on=expires_on,
    )
    if refusals:
        raise CannotAmend(*refusals)
    amendment.contract_number = contract_number
    amendment.effective_on = effective_on
    amendment.from_expires_on, amendment.expires_on = from_expires_on, expires_on
    amendment.expiration_clause = expiration_clause
    refuse_invalid(amendment)
    amendment.save()
    return amendment


@transaction.atomic
def enter_schedule(
    *, agreement: Agreement, amendment: Amendment | None, schedule: pricing.Schedule, on: date, by: User | None
) -> PriceSchedule:
    """Enter the price schedule of an amendment that is not executed, or (amendment None) of the agreement itself.

    The schedule of an agreement that is executed already is sealed at once, as of that execution. Raises CannotAmend
    where there is a schedule already, where a party has signed the amendment, and for errors, each with its place.
    """
    locked_agreement(agreement.pk)
    if amendment is not None:
        amendment = _locked_draft(amendment)
    document = amendment or agreement
    if PriceSchedule.objects.filter(agreement=agreement, amendment=amendment).exists():
        raise CannotAmend(
            Refused("HAS_SCHEDULE", "schedule", f"{document} already has a price schedule. Change its rows instead.")
        )
    refuse_errors(schedule)
    executed_on = agreement.executed_on if amendment is None else None
    row = PriceSchedule(agreement=agreement, amendment=amendment)
    write_schedule(row, schedule)
    if executed_on is not None:
        seal_schedules([row], executed_on)
    return row


@transaction.atomic
def change_schedule(
    *, schedule: PriceSchedule, value: pricing.Schedule, seen: str = "", on: date, by: User | None
) -> PriceSchedule:
    """Put another table, with its rules, in place of the one that a draft has.

    Raises CannotAmend once a party has signed, for errors of the table, each with its place in it, and where somebody
    else has changed it since it was `seen`.
    """
    locked_agreement(schedule.agreement_id)
    _refuse_sealed(schedule)
    row = PriceSchedule.objects.with_table().get(pk=schedule.pk)
    if seen and seen != schedule_version(row.as_schedule()):
        raise CannotAmend(Refused("STALE", "", f"Somebody else has changed {row} {MEANWHILE}"))
    refuse_errors(value)
    clear_table(row)
    write_schedule(row, value)
    return row


@transaction.atomic
def copy_schedule_in_force(*, amendment: Amendment, on: date, by: User | None) -> PriceSchedule:
    """Start a new amendment's price schedule from the one in force when the amendment becomes effective.

    That is the schedule known on `on`; an amendment that begins after the present expiration takes the last one before
    it. Raises CannotAmend where no schedule is in force, a party has signed the amendment, or it has a schedule.
    """
    terms = locked_agreement(amendment.agreement_id).as_terms()
    expires_on, _source = expiration_known(agreement=terms, known_on=on)
    day = amendment.effective_on if expires_on is None else min(amendment.effective_on, expires_on)
    found = terms_on(agreement=terms, service_on=day, known_on=on)
    if isinstance(found, NotInForce):
        message = f"There is no schedule to copy. {found.message}"
        raise CannotAmend(Refused("NOTHING_IN_FORCE", "copy_schedule", message))
    return enter_schedule(agreement=amendment.agreement, amendment=amendment, schedule=found.schedule, on=on, by=by)


@transaction.atomic
def record_signature(
    *, amendment: Amendment, side: str, name: str, title: str, signed_on: date, on: date, by: User | None
) -> Amendment:
    """Record the signature of the "customer" or the "supplier"; with both, the amendment is executed and sealed.

    It is executed on the later of the two dates. Raises CannotAmend for a date after `on`, a missing name, a party that
    has signed already, an executed amendment, errors of the price schedule, and an effective date or an expiration that
    does not follow the other amendments on file; with the second signature, for an agreement that is not executed.
    """
    _refuse_other_side(side)
    terms = locked_agreement(amendment.agreement_id).as_terms()
    amendment = Amendment.objects.select_for_update().get(pk=amendment.pk)
    _refuse_executed(amendment, "What has changed since belongs into the next amendment.")
    if getattr(amendment, f"{side}_signed_on") is not None:
        raise CannotAmend(Refused("SIGNED", f"{side}_signed_on", f"{_signed_by(amendment, side)} {WITHDRAW_FIRST}"))
    _refuse_future(f"{side}_signed_on", f"The signature of the {side}", signed_on, on)
    if not name.strip():
        raise CannotAmend(Refused("NO_NAME", f"{side}_signer", f"Name the person who signed for the {side}."))
    setattr(amendment, f"{side}_signer", name.strip())
    setattr(amendment, f"{side}_signer_title", title.strip())
    setattr(amendment, f"{side}_signed_on", signed_on)
    signed = [amendment.customer_signed_on, amendment.supplier_signed_on]
    amendment.executed_on = None if None in signed else max(signed)
    refuse_invalid(amendment)
    if amendment.executed_on is not None and terms.executed_on is None:
        message = (
            f"{terms.name}, which {amendment} changes, is not executed. Record the agreement's own execution first."
        )
        raise CannotAmend(Refused("AGREEMENT_OPEN", "agreement", message))
    schedules = list(PriceSchedule.objects.with_table().filter(amendment=amendment))
    for row in schedules:
        refuse_errors(row.as_schedule())
    refusals = effective_refusals(agreement=terms, number=amendment.number, effective_on=amendment.effective_on)
    refusals += expiration_refusals(effective_on=amendment.effective_on, expires_on=amendment.expires_on)
    if refusals:
        raise CannotAmend(*refusals)
    _refuse_other_expiration(amendment, expiration_on_file(agreement=terms, before=amendment.number))
    amendment.save()
    if amendment.executed_on is not None:
        seal_schedules(schedules, amendment.executed_on)
    return amendment


@transaction.atomic
def withdraw_signature(*, amendment: Amendment, side: str, reason: str, on: date, by: User | None) -> Amendment:
    """Take back the only signature of an amendment, so that it can change again; what was signed stays on file.

    Raises CannotAmend for an executed amendment, a party that has not signed, and a missing reason.
    """
    _refuse_other_side(side)
    locked_agreement(amendment.agreement_id)
    amendment = Amendment.objects.select_for_update().get(pk=amendment.pk)
    _refuse_executed(amendment, "What has changed since belongs into the next amendment.")
    if getattr(amendment, f"{side}_signed_on") is None:
        message = f"The {side} has not signed {amendment}: there is nothing to withdraw."
        raise CannotAmend(Refused("NOT_SIGNED", f"{side}_signed_on", message))
    if not reason.strip():
        raise CannotAmend(Refused("NO_REASON", "reason", "Say why the signature is withdrawn."))
    trace = WithdrawnSignature(
        amendment=amendment,
        side=side,
        name=getattr(amendment, f"{side}_signer"),
        title=getattr(amendment, f"{side}_signer_title"),
        signed_on=getattr(amendment, f"{side}_signed_on"),
        reason=reason.strip(),
        withdrawn_on=on,
        withdrawn_by=by,
    )
    refuse_invalid(trace)
    trace.save()
    setattr(amendment, f"{side}_signer", "")
    setattr(amendment, f"{side}_signer_title", "")
    setattr(amendment, f"{side}_signed_on", None)
    amendment.save()
    return amendment


@transaction.atomic
def record_withdrawn(
    *,
    amendment: Amendment,
    side: str,
    name: str,
    signed_on: date,
    reason: str,
    withdrawn_on: date,
    title: str = "",
    on: date,
    by: User | None,
) -> WithdrawnSignature:
    """Record a signature that was taken back before the amendment came on file here.

    Raises CannotAmend for an executed amendment, and for a signature that was taken back before it was given or after
    `on`.
    """
    _refuse_other_side(side)
    locked_agreement(amendment.agreement_id)
    amendment = Amendment.objects.select_for_update().get(pk=amendment.pk)
    _refuse_executed(amendment, "What was withdrawn before is on file with it.")
    _refuse_future("withdrawn_on", "The withdrawal", withdrawn_on, on)
    if withdrawn_on < signed_on:
        message = f"{name} signed on {day_text(signed_on)}, which is after the withdrawal of {day_text(withdrawn_on)}."
        raise CannotAmend(Refused("BEFORE_SIGNATURE", "withdrawn_on", f"{message} Correct one of the dates."))
    trace = WithdrawnSignature(
        amendment=amendment,
        side=side,
        name=name,
        title=title,
        signed_on=signed_on,
        reason=reason.strip(),
        withdrawn_on=withdrawn_on,
        withdrawn_by=by,
    )
    refuse_invalid(trace)
    trace.save()
    return trace


@transaction.atomic
def execute_agreement(*, agreement: Agreement, executed_on: date, on: date, by: User | None) -> Agreement:
    """Record that both parties signed the agreement itself: its own terms, prices and readings are sealed.

    Raises CannotAmend where it is executed already, for a date after `on`, and for errors of the original schedule.
    """
    agreement = locked_agreement(agreement.pk)
    if agreement.executed_on is not None:
        message = f"Agreement {agreement} was executed on {day_text(agreement.executed_on)} and is sealed."
        raise CannotAmend(Refused("EXECUTED", "executed_on", f"{message} Enter an amendment instead."))
    _refuse_future("executed_on", "The execution", executed_on, on)
    schedules = list(PriceSchedule.objects.with_table().filter(agreement=agreement, amendment=None))
    for row in schedules:
        refuse_errors(row.as_schedule())
    agreement.executed_on = executed_on
    agreement.save(update_fields=["executed_on"])
    seal_schedules(schedules, executed_on)
    ChosenReading.objects.filter(agreement=agreement, closed_on=None).update(closed_on=executed_on)
    return agreement


@transaction.atomic
def discard_amendment(*, amendment: Amendment, on: date, by: User | None) -> None:
    """Take a draft off the file, with its price schedule.

    Raises CannotAmend once a party has signed it, also where that signature was withdrawn, since its trace stays; and
    for a draft that others follow: numbers have no gap.
    """
    locked_agreement(amendment.agreement_id)
    amendment = _locked_draft(amendment)
    if withdrawn := amendment.withdrawn_signatures.order_by("pk").first():
        message = (
            f"The signature of {withdrawn.name} on {amendment} was withdrawn on {day_text(withdrawn.withdrawn_on)}"
        )
        raise CannotAmend(
            Refused(
                "WITHDRAWN",
                "number",
                f"{message}, which stays on file. Change {amendment} into what comes next instead.",
            )
        )
    later = Amendment.objects.filter(agreement=amendment.agreement, number__gt=amendment.number).order_by("-number")
    if last := later.first():
        raise CannotAmend(Refused("FOLLOWED", "number", f"{last} follows {amendment}. Discard {last} first."))
    for schedule in amendment.schedules.all():
        discard_schedule(schedule=schedule, on=on, by=by)
    amendment.delete()


@transaction.atomic
def discard_schedule(*, schedule: PriceSchedule, on: date, by: User | None) -> None:
    """Take a price schedule off the file, with its whole table. Raises CannotAmend once a party has signed it."""
    locked_agreement(schedule.agreement_id)
    schedule = PriceSchedule.objects.select_for_update().get(pk=schedule.pk)
    _refuse_sealed(schedule)
    clear_table(schedule)
    schedule.delete()


def amendment_version(amendment: Amendment) -> str:
    """Return a mark of what a draft says, by which `change_amendment` notices that somebody else has changed it."""
    values = (
        amendment.contract_number,
        amendment.effective_on,
        amendment.from_expires_on,
        amendment.expires_on,
        amendment.expiration_clause,
    )
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def _refuse_sealed(schedule: PriceSchedule) -> None:
    if schedule.executed_on is not None:
        message = f"{schedule} was executed on {day_text(schedule.executed_on)} and is sealed."
        raise CannotAmend(Refused("EXECUTED", "schedule", f"{message} Enter the next amendment instead."))
    if schedule.amendment_id is not None:
        _locked_draft(schedule.amendment)


def _refuse_other_side(side: str) -> None:
    if side not in SIDES:
        raise ValueError(f"{side!r} is neither customer nor supplier.")


def _locked_draft(amendment: Amendment) -> Amendment:
    """Lock an amendment that nobody has signed. Raises CannotAmend for any other."""
    amendment = Amendment.objects.select_for_update().get(pk=amendment.pk)
    _refuse_executed(amendment, "Enter the next amendment instead.")
    for side in SIDES:
        if getattr(amendment, f"{side}_signed_on") is not None:
            raise CannotAmend(Refused("SIGNED", "signature", f"{_signed_by(amendment, side)} {WITHDRAW_FIRST}"))
    return amendment


def _signed_by(amendment: Amendment, side: str) -> str:
    signer, signed_on = getattr(amendment, f"{side}_signer"), getattr(amendment, f"{side}_signed_on")
    return f"{signer} signed {amendment} for the {side} on {day_text(signed_on)}."


def _refuse_executed(amendment: Amendment, next_step: str) -> None:
    if amendment.executed_on is not None:
        message = f"{amendment} was executed on {day_text(amendment.executed_on)} and is sealed."
        raise CannotAmend(Refused("EXECUTED", "executed_on", f"{message} {next_step}"))


def _refuse_future(field: str, what: str, day: date, on: date) -> None:
    if day > on:
        message = f"{what} is dated {day_text(day)}, which is after {day_text(on)}."
        raise CannotAmend(Refused("IN_FUTURE", field, f"{message} Record it once it has happened."))


def _refuse_other_expiration(amendment: Amendment, on_file: date | None) -> None:
    """Refuse to execute an amendment whose starting point has moved since it was entered."""
    if amendment.expires_on is not None and amendment.from_expires_on != on_file:
        named, filed = (day_text(day) if day else "no date" for day in (amendment.from_expires_on, on_file))
        message = f"{amendment} extends from {named}, but the expiration on file is {filed}."
        raise CannotAmend(Refused("EXPIRATION_MISMATCH", "from_expires_on", f"{message} Correct one of the two."))


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
