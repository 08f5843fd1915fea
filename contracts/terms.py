"""The terms in force: what governs a service date, as known on a day, and which document says so (clauses 1 to 3)."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from contracts.periods import AnnualPeriod, OutsideTerm, annual_period_on, day_text
from contracts.readings import DEFAULT_READINGS, Readings
from contracts.schedule import Refused, Schedule


@dataclass(frozen=True)
class Source:
    """Where a value stands: the document and the clause in it."""

    document: str
    clause: str = ""

    def __str__(self) -> str:
        return f"{self.document}, {self.clause}" if self.clause else self.document


@dataclass(frozen=True)
class Signature:
    """One party's signature."""

    name: str
    title: str
    signed_on: date


class AmendmentState(StrEnum):
    """How far an amendment has come: its values are open as a draft only, and it binds once it is executed."""

    DRAFT = "draft"
    ONE_SIGNATURE = "one-signature"
    EXECUTED = "executed"


@dataclass(frozen=True)
class AmendmentTerms:
    """What one amendment says, and who has signed it. A value it does not set is None."""

    number: int
    contract_number: str
    effective_on: date
    customer_signature: Signature | None = None
    supplier_signature: Signature | None = None
    expires_on: date | None = None
    expiration_clause: str = ""
    schedule: Schedule | None = None
    schedule_clause: str = ""

    @property
    def name(self) -> str:
        """How documents call it: `Amendment 1 (LNM980917MP)`."""
        return (
            f"Amendment {self.number} ({self.contract_number})" if self.contract_number else f"Amendment {self.number}"
        )

    @property
    def executed_on(self) -> date | None:
        """The day on which the second authorized signer signed, None while a signature is missing (clause 3)."""
        if self.customer_signature is None or self.supplier_signature is None:
            return None
        return max(self.customer_signature.signed_on, self.supplier_signature.signed_on)

    @property
    def state(self) -> AmendmentState:
        """Whether nobody, one party or both parties have signed."""
        signed = 2 - len(self.missing_signatures)
        return (AmendmentState.DRAFT, AmendmentState.ONE_SIGNATURE, AmendmentState.EXECUTED)[signed]

    @property
    def retroactive_days(self) -> int:
        """Days from the effective date to a later execution; 0 when it is not later, or nothing is executed."""
        return max((self.executed_on - self.effective_on).days, 0) if self.executed_on else 0

    def executed_by(self, known_on: date) -> bool:
        """Whether both parties had signed on or before a day."""
        return self.executed_on is not None and self.executed_on <= known_on

    @property
    def missing_signatures(self) -> tuple[str, ...]:
        signatures = (("the customer", self.customer_signature), ("the supplier", self.supplier_signature))
        return tuple(party for party, signature in signatures if signature is None)


@dataclass(frozen=True)
class AgreementTerms:
    """One agreement with all its amendments, executed or not."""

    number: str
    dated_on: date
    first_period_starts_on: date
    original_expires_on: date | None
    executed_on: date | None = None
    amendments: tuple[AmendmentTerms, ...] = ()
    original_schedule: Schedule | None = None
    original_schedule_clause: str = ""
    readings: Readings = DEFAULT_READINGS
    later_readings: tuple[tuple[date, Readings], ...] = ()

    @cached_property
    def _answers(self) -> "dict[tuple[date, date], TermsFound | NotInForce]":
        """What `terms_on` has said of service dates, as known on days: every site asks for the same ones."""
        return {}

    @cached_property
    def follows_counts(self) -> bool:
        """Whether the levels of any of its price schedules follow the counts, signed or not."""
        schedules = [self.original_schedule, *(amendment.schedule for amendment in self.amendments)]
        return any(schedule is not None and schedule.counted is not None for schedule in schedules)

    @property
    def name(self) -> str:
        """How documents call it: `Agreement LNS970602JC`."""
        return f"Agreement {self.number}"

    def readings_on(self, day: date) -> Readings:
        """Return the readings that apply on a day: `readings` until another one was chosen from a later day on.

        An annual period is billed by the readings of its first day, and reviewed by those of its last.
        """
        return next((later for first_day, later in reversed(self.later_readings) if first_day <= day), self.readings)

    def executed_by(self, known_on: date) -> bool:
        """Whether both parties had signed the agreement itself on or before a day."""
        return self.executed_on is not None and self.executed_on <= known_on

    def binds(self, amendment: AmendmentTerms, *, known_on: date) -> bool:
        """Whether an amendment changes anything as known on a day: both parties had signed it, and the agreement.

        An amendment of an agreement that is not executed changes nothing, whoever has signed it (clause 3).
        """
        return self.executed_by(known_on) and amendment.executed_by(known_on)


@dataclass(frozen=True)
class TermsFound:
    """The terms that govern a service date, each with its source."""

    service_on: date
    known_on: date
    schedule: Schedule
    schedule_source: Source
    expires_on: date | None
    expiration_source: Source
    period: AnnualPeriod
    pending: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotInForce:
    """No price can be given for a service date; `message` says why and what to do."""

    service_on: date
    known_on: date
    message: str


class NotOnFile(NotInForce):
    """No executed document on file prices the service date."""


class Expired(NotInForce):
    """The service date is after the expiration."""


class NotExecuted(NotInForce):
    """Only a document without both signatures would price the service date."""


def expiration_known(
    *, agreement: AgreementTerms, known_on: date, service_on: date | None = None
) -> tuple[date | None, Source]:
    """Return the last day of the term as known on a day, and the document that sets it (clause 1).

    It is that of the executed amendment with the highest number that sets one: each extends from the one before it, as
    `expiration_on_file` says. With `service_on`, only amendments that are effective on or before that day count;
    without it, all of them: the end of the term as a whole.
    """
    setting = [
        amendment
        for amendment in sorted(agreement.amendments, key=lambda amendment: amendment.number)
        if amendment.expires_on is not None
        and agreement.binds(amendment, known_on=known_on)
        and (service_on is None or amendment.effective_on <= service_on)
    ]
    if setting:
        return setting[-1].expires_on, Source(setting[-1].name, setting[-1].expiration_clause)
    return agreement.original_expires_on, Source(agreement.name)


def terms_on(
    *, agreement: AgreementTerms, service_on: date, known_on: date
) -> TermsFound | NotOnFile | Expired | NotExecuted:
    """Return the terms that govern a service date as known on a day, or why there are none (clauses 1 to 3).

    The latest amendment that is effective on or before the service date and was executed on or before `known_on`
    supplies the schedule; before the first one it is the agreement's own, once the agreement is executed. A refusal is
    a value with a plain message, never a zero price or a guess.
    """
    asked = service_on, known_on
    if asked not in agreement._answers:
        agreement._answers[asked] = _terms_on(agreement, service_on, known_on)
    return agreement._answers[asked]


def _terms_on(
    agreement: AgreementTerms, service_on: date, known_on: date
) -> TermsFound | NotOnFile | Expired | NotExecuted:
    expires_on, expiration_source = expiration_known(agreement=agreement, known_on=known_on, service_on=service_on)
    if expires_on is not None and service_on > expires_on:
        return _expired(agreement, service_on, known_on, expires_on, expiration_source)

    schedule, source = _schedule_known(agreement, service_on, known_on)
    unsigned = _unsigned(agreement, service_on)
    period = annual_period_on(
        day=service_on, first_period_starts_on=agreement.first_period_starts_on, expires_on=expires_on
    )
    if schedule is None:
        return _not_priced(agreement, service_on, known_on, unsigned)
    if isinstance(period, OutsideTerm):
        return NotOnFile(
            service_on,
            known_on,
            f"No annual period covers {day_text(service_on)}: the first one of {agreement.name} begins on "
            f"{day_text(agreement.first_period_starts_on)}. Choose that day or a later one.",
        )
    pending = tuple(_waits_for(amendment) for amendment in unsigned)
    return TermsFound(service_on, known_on, schedule, source, expires_on, expiration_source, period, pending)


def _in_order(agreement: AgreementTerms) -> list[AmendmentTerms]:
    return sorted(agreement.amendments, key=lambda amendment: (amendment.effective_on, amendment.number))


def _schedule_known(agreement: AgreementTerms, service_on: date, known_on: date) -> tuple[Schedule | None, Source]:
    governing = [
        amendment
        for amendment in _in_order(agreement)
        if amendment.schedule is not None
        and amendment.effective_on <= service_on
        and agreement.binds(amendment, known_on=known_on)
    ]
    if governing:
        return governing[-1].schedule, Source(governing[-1].name, governing[-1].schedule_clause)
    if _has_original(agreement, service_on) and agreement.executed_by(known_on):
        return agreement.original_schedule, Source(agreement.name, agreement.original_schedule_clause)
    return None, Source(agreement.name)


def _has_original(agreement: AgreementTerms, service_on: date) -> bool:
    return agreement.original_schedule is not None and agreement.dated_on <= service_on


def _unsigned(agreement: AgreementTerms, service_on: date) -> list[AmendmentTerms]:
    return [
        amendment
        for amendment in _in_order(agreement)
        if amendment.executed_on is None and amendment.effective_on <= service_on
    ]


def _waits_for(amendment: AmendmentTerms) -> str:
    missing = " and of ".join(amendment.missing_signatures)
    return f"{amendment.name} is not executed: the signature of {missing} is missing."


def _expired(
    agreement: AgreementTerms, service_on: date, known_on: date, expires_on: date, source: Source
) -> Expired | NotExecuted:
    reaching = [
        amendment
        for amendment in _in_order(agreement)
        if amendment.effective_on <= service_on
        and amendment.expires_on is not None
        and amendment.expires_on >= service_on
    ]
    unsigned = [amendment for amendment in reaching if amendment.executed_on is None]
    message = f"{agreement.name} expired on {day_text(expires_on)} ({source}); {day_text(service_on)} is after it."
    if agreement.executed_on is None and len(unsigned) < len(reaching):
        waits = f"{agreement.name} is not executed. Record its execution to extend the term."
        return NotExecuted(service_on, known_on, f"{message} {waits}")
    if unsigned:
        return NotExecuted(service_on, known_on, f"{message} {_waits_for(unsigned[-1])} Record it to extend the term.")
    return Expired(service_on, known_on, f"{message} Extend the term by an amendment.")


def _not_priced(
    agreement: AgreementTerms, service_on: date, known_on: date, unsigned: list[AmendmentTerms]
) -> NotOnFile | NotExecuted:
    pricing = [
        amendment
        for amendment in _in_order(agreement)
        if amendment.schedule is not None and amendment.effective_on <= service_on
    ]
    signed = any(amendment.executed_on is not None for amendment in pricing)
    if agreement.executed_on is None and (signed or _has_original(agreement, service_on)):
        message = f"{day_text(service_on)} has no price yet. {agreement.name} is not executed"
        return NotExecuted(service_on, known_on, f"{message}: record its execution to price this day.")
    with_schedule = [amendment for amendment in unsigned if amendment.schedule is not None]
    if with_schedule:
        return NotExecuted(
            service_on,
            known_on,
            f"{day_text(service_on)} has no price yet. {_waits_for(with_schedule[-1])} Record it to price this day.",
        )
    documents = [agreement, *pricing] if pricing or _has_original(agreement, service_on) else []
    later = [
        f"{document.name} was executed on {day_text(document.executed_on)} only."
        for document in documents
        if document.executed_on is not None and document.executed_on > known_on
    ]
    known = f", as known on {day_text(known_on)}," if later else ""
    return NotOnFile(
        service_on,
        known_on,
        " ".join(
            (
                f"No price schedule on file{known} covers {day_text(service_on)} under {agreement.name}.",
                *later,
                "Enter the document that prices this day, or choose another day.",
            )
        ),
    )


def amendment_refusals(
    *,
    agreement: AgreementTerms,
    number: int,
    effective_on: date | None,
    from_expires_on: date | None,
    expires_on: date | None,
) -> tuple[Refused, ...]:
    """Return what stops a new amendment from being entered, each with the field it concerns (clauses 1 and 3).

    Numbers run from 1 without a gap, and amendments take effect in their order; an amendment that moves the expiration
    must start from the one on file, which is that of the latest amendment before it, executed or not, and end no
    earlier than it takes effect. A date that is not known yet (None) is not judged.
    """
    refusals = []
    following = next_amendment_number(agreement=agreement)
    if number in [amendment.number for amendment in agreement.amendments]:
        refusals.append(
            Refused("DUPLICATE_NUMBER", "number", f"Amendment {number} is already on file. The next is {following}.")
        )
    elif number != following:
        refusals.append(Refused("SKIPPED_NUMBER", "number", f"Amendment {following} comes next, not {number}."))
    if effective_on is not None:
        earlier = tuple(amendment for amendment in agreement.amendments if amendment.number < number)
        before = replace(agreement, amendments=earlier)
        refusals += effective_refusals(agreement=before, number=number, effective_on=effective_on)
        refusals += expiration_refusals(effective_on=effective_on, expires_on=expires_on)
    on_file = expiration_on_file(agreement=agreement, before=number)
    if expires_on is not None and from_expires_on != on_file:
        named, filed = (day_text(day) if day else "no date" for day in (from_expires_on, on_file))
        refusals.append(
            Refused(
                "EXPIRATION_MISMATCH",
                "from_expires_on",
                f"The amendment extends from {named}, but the expiration on file is {filed}. Correct one of the two.",
            )
        )
    return tuple(refusals)


def change_refusals(
    *,
    agreement: AgreementTerms,
    number: int,
    effective_on: date | None,
    from_expires_on: date | None,
    expires_on: date | None,
) -> tuple[Refused, ...]:
    """Return what stops the values of amendment `number`, which is on file, from being changed to these.

    They must fit between the amendments before it and those after it, as if it were entered anew (clauses 1 and 3).
    """
    earlier = tuple(amendment for amendment in agreement.amendments if amendment.number < number)
    later = tuple(amendment for amendment in agreement.amendments if amendment.number > number)
    refusals = amendment_refusals(
        agreement=replace(agreement, amendments=earlier),
        number=number,
        effective_on=effective_on,
        from_expires_on=from_expires_on,
        expires_on=expires_on,
    )
    if effective_on is None:
        return refusals
    followed = replace(agreement, amendments=later)
    order = effective_refusals(agreement=followed, number=number, effective_on=effective_on)
    return tuple(dict.fromkeys((*order, *refusals)))


def effective_refusals(*, agreement: AgreementTerms, number: int, effective_on: date) -> tuple[Refused, ...]:
    """Return what stops amendment `number` from taking effect on a day.

    Amendments take effect in their order, and none before the date of the agreement that it amends.
    """
    before = [amendment for amendment in agreement.amendments if amendment.number < number]
    after = [amendment for amendment in agreement.amendments if amendment.number > number]
    latest = max(before, key=lambda amendment: (amendment.effective_on, amendment.number), default=None)
    earliest = min(after, key=lambda amendment: (amendment.effective_on, amendment.number), default=None)
    refusals = []
    if effective_on < agreement.dated_on:
        message = f"The amendment would take effect on {day_text(effective_on)}, before the date of the agreement,"
        sentence = f"{message} {day_text(agreement.dated_on)}. Correct the effective date."
        refusals.append(Refused("BEFORE_AGREEMENT", "effective_on", sentence))
    for other, side, wrong in (
        (latest, "before", latest is not None and effective_on < latest.effective_on),
        (earliest, "after", earliest is not None and effective_on > earliest.effective_on),
    ):
        if wrong:
            message = f"The amendment would take effect on {day_text(effective_on)}, {side} {other.name} on"
            refusals.append(
                Refused(
                    "OUT_OF_ORDER",
                    "effective_on",
                    f"{message} {day_text(other.effective_on)}. Amendments take effect in the order of their numbers. "
                    "Correct the effective date.",
                )
            )
    return tuple(refusals)


def expiration_refusals(*, effective_on: date, expires_on: date | None) -> tuple[Refused, ...]:
    """Return what stops an amendment from setting an expiration: it would expire before it takes effect (clause 1).

    The two may be the same day, since both ends of a term are in it.
    """
    if expires_on is None or expires_on >= effective_on:
        return ()
    message = (
        f"The amendment would expire on {day_text(expires_on)}, before it takes effect on {day_text(effective_on)}"
    )
    return (
        Refused(
            "EXPIRES_BEFORE_EFFECT", "expires_on", f"{message}: it would govern no day. Correct one of the two dates."
        ),
    )


def shortened_term(*, agreement: AgreementTerms, number: int) -> str:
    """Say that amendment `number` ends the term earlier than the expiration on file before it; empty where not."""
    expires_on = next(amendment.expires_on for amendment in agreement.amendments if amendment.number == number)
    on_file = expiration_on_file(agreement=agreement, before=number)
    if expires_on is None or (on_file is not None and expires_on >= on_file):
        return ""
    filed = f"the expiration before it is {day_text(on_file)}" if on_file else "no end was agreed before it"
    return (
        f"The amendment shortens the term: it ends on {day_text(expires_on)}, while {filed}. "
        "Days after its end have no price. Compare the new expiration with the document."
    )


def next_amendment_number(*, agreement: AgreementTerms) -> int:
    """Return the number that the next amendment must have: they run from 1 without a gap."""
    return max((amendment.number for amendment in agreement.amendments), default=0) + 1


def schedule_before(*, agreement: AgreementTerms, number: int, known_on: date) -> tuple[Schedule | None, Source]:
    """Return the schedule that amendment `number` replaces, with its source.

    It is the one that would govern the amendment's effective date without it and those after it, as known on a day;
    None where no executed document on file has one.
    """
    effective_on = next(amendment.effective_on for amendment in agreement.amendments if amendment.number == number)
    earlier = tuple(amendment for amendment in agreement.amendments if amendment.number < number)
    return _schedule_known(replace(agreement, amendments=earlier), effective_on, known_on)


def expiration_on_file(*, agreement: AgreementTerms, before: int) -> date | None:
    """Return the expiration from which amendment number `before` must start: the last one set before it."""
    earlier = sorted(
        (amendment for amendment in agreement.amendments if amendment.number < before),
        key=lambda amendment: amendment.number,
    )
    days = [amendment.expires_on for amendment in earlier if amendment.expires_on is not None]
    return days[-1] if days else agreement.original_expires_on
