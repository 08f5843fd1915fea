"""What keeps work or a purchase of blocks from being recorded, each reason with the field it concerns (hours)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from contracts.money import ZERO
from contracts.periods import day_text
from contracts.schedule import Refused, included_service_refusal, plain_name
from contracts.terms import AgreementTerms, TermsFound, expiration_known, terms_on
from sites.hours.prices import hour_rules, hours_text

MOST_HOURS = Decimal("24.00")
"""Hours of one person on one day, over all agreements."""


def work_refusals(
    *,
    agreement: AgreementTerms,
    services: Sequence[str],
    worked_on: date | None,
    hours: Decimal | None,
    service: str,
    known_on: date,
    person: str = "",
    hours_on_file: Decimal = ZERO,
) -> tuple[Refused, ...]:
    """Return what stops a work entry from being recorded, as known on a day (hours; note 1).

    `services` are those that the schedule charges by hours, `hours_on_file` what the same person has on file for the
    same day under any agreement. A value that is not known yet (None, or an empty service) is not judged.
    """
    refusals = [*_hours_refusals(hours, person, worked_on, hours_on_file)]
    if worked_on is not None:
        refusals += _day_refusals(agreement, worked_on, known_on, place="worked_on", what="work")
    if service:
        refusals += _service_refusals(agreement, services, service, worked_on, known_on)
    return tuple(refusals)


def purchase_refusals(
    *, agreement: AgreementTerms, bought_on: date | None, blocks: Decimal | int | None, known_on: date
) -> tuple[Refused, ...]:
    """Return what stops a purchase of blocks from being recorded, as known on a day (hours, paragraph 1).

    Blocks are whole, and their price must be in force on the day of the purchase.
    """
    refusals = []
    if blocks is not None and (not Decimal(blocks).is_finite() or blocks < 1 or blocks % 1):
        refusals.append(Refused("NOT_WHOLE_BLOCKS", "blocks", f"{blocks} is no number of blocks. Buy whole blocks."))
    if bought_on is not None:
        outside = _day_refusals(agreement, bought_on, known_on, place="bought_on", what="purchase")
        problem = hour_rules(agreement=agreement, day=bought_on, known_on=known_on).block_problem
        refusals += outside or ([Refused("BLOCK_NOT_PRICED", "bought_on", problem)] if problem else [])
    return tuple(refusals)


def chargeable_service(*, services: Sequence[str], service: str) -> str | None:
    """Return the service as the schedule spells it, None where it charges no such one; case and spacing are free."""
    return next((each for each in services if plain_name(each) == plain_name(service)), None)


def _hours_refusals(
    hours: Decimal | None, person: str, worked_on: date | None, hours_on_file: Decimal
) -> list[Refused]:
    if hours is None:
        return []
    if not hours.is_finite() or hours <= 0:
        return [Refused("NOT_POSITIVE", "hours", f"{hours} is no amount of work. Enter more than 0 hours.")]
    if hours > MOST_HOURS:
        message = f"{hours} hours are more than a day has. Enter the hours of each day by themselves."
        return [Refused("MORE_THAN_A_DAY", "hours", message)]
    if hours * 100 % 1:
        message = f"{hours} has more than two decimals. Enter hundredths of an hour, such as 7.25."
        return [Refused("MORE_THAN_TWO_DECIMALS", "hours", message)]
    if hours_on_file + hours > MOST_HOURS:
        when = day_text(worked_on) if worked_on else "that day"
        filed, wanted, most = (hours_text(each) for each in (hours_on_file, hours_on_file + hours, MOST_HOURS))
        message = (
            f"{person or 'The person'} has {filed} on file for {when}; this entry would make it {wanted} of {most}."
        )
        message = f"{message} Correct the day, the person or the hours."
        return [Refused("MORE_THAN_A_DAY", "hours", message)]
    return []


def _day_refusals(agreement: AgreementTerms, day: date, known_on: date, *, place: str, what: str) -> list[Refused]:
    """Outside the term; a day within it that no document prices yet is recorded, and the ledger names it."""
    begins_on = agreement.first_period_starts_on
    expires_on, source = expiration_known(agreement=agreement, known_on=known_on)
    if day < begins_on:
        message = f"The {what} of {day_text(day)} is before {day_text(begins_on)}, when the first annual period begins."
        return [Refused("BEFORE_FIRST_PERIOD", place, f"{message} Choose that day or a later one.")]
    if expires_on is not None and day > expires_on:
        message = f"The {what} of {day_text(day)} is after {day_text(expires_on)}, when {agreement.name} expires"
        return [Refused("AFTER_EXPIRATION", place, f"{message} ({source}). Choose an earlier day, or extend the term.")]
    return []


def _service_refusals(
    agreement: AgreementTerms, services: Sequence[str], service: str, worked_on: date | None, known_on: date
) -> list[Refused]:
    terms = worked_on and terms_on(agreement=agreement, service_on=worked_on, known_on=known_on)
    if isinstance(terms, TermsFound) and (
        refused := included_service_refusal(schedule=terms.schedule, service=service)
    ):
        return [refused]
    if chargeable_service(services=services, service=service) is not None:
        return []
    if not services:
        message = "The price schedule charges no service by hours. Enter its services by an amendment."
        return [Refused("UNKNOWN_SERVICE", "service", message)]
    message = f"“{service}” is no service that is charged by hours. Choose {' or '.join(services)}."
    return [Refused("UNKNOWN_SERVICE", "service", message)]
