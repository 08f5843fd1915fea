"""Whether another reading of a clause can be chosen from a day on, and the terms as they would be then."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import islice

from contracts.periods import AnnualPeriod, annual_period, annual_period_on, day_text
from contracts.readings import ANNUAL_QUESTIONS, QUESTIONS, Chosen, Readings
from contracts.schedule import Refused
from contracts.terms import AgreementTerms, expiration_known

STARTS_NAMED = 3


def choice_refusals(
    *, agreement: AgreementTerms, question: str, choice: str, applies_from: date | None, known_on: date
) -> tuple[Refused, ...]:
    """Return what stops a clause from being read differently from a day on, each with the field it concerns.

    The day is within the term as known on `known_on`. What is due is counted by annual period: a reading that decides
    amounts applies from the first day of one. The reading must differ from the one that applies on that day.
    """
    if question not in QUESTIONS:
        return (Refused("UNKNOWN_QUESTION", "question", f"“{question}” is no question. Choose one of the register."),)
    refusals = []
    if choice not in list(QUESTIONS[question].choices):
        message = f"This does not answer “{QUESTIONS[question].title}” Choose one of its sentences."
        refusals.append(Refused("UNKNOWN_CHOICE", "choice", message))
    elif choice in QUESTIONS[question].by_amendment:
        message = "The contract’s own words say otherwise: only an amendment can agree this. Choose another reading."
        refusals.append(Refused("BY_AMENDMENT", "choice", message))
    day_refused = _day_refusal(agreement, question, applies_from, known_on)
    if day_refused is not None:
        refusals.append(day_refused)
    elif not refusals and agreement.readings_on(applies_from).of_question(question).choice == choice:
        message = f"On {day_text(applies_from)} the clause is already read this way. Choose another reading."
        refusals.append(Refused("NO_CHANGE", "choice", message))
    return tuple(refusals)


def _day_refusal(agreement: AgreementTerms, question: str, applies_from: date | None, known_on: date) -> Refused | None:
    if applies_from is None:
        return Refused("NO_DAY", "applies_from", "Say from which day on the clause is read so.")
    expires_on, source = expiration_known(agreement=agreement, known_on=known_on)
    if applies_from < agreement.first_period_starts_on:
        message = f"The first annual period begins on {day_text(agreement.first_period_starts_on)}."
        return Refused("BEFORE_TERM", "applies_from", f"{message} Choose that day or a later one.")
    if expires_on is not None and applies_from > expires_on:
        message = f"{agreement.name} expires on {day_text(expires_on)} ({source}). Choose that day or an earlier one,"
        return Refused("AFTER_TERM", "applies_from", f"{message} or extend the term by an amendment.")
    if question not in ANNUAL_QUESTIONS:
        return None
    starts = tuple(islice(period_starts(agreement=agreement, from_day=applies_from, known_on=known_on), STARTS_NAMED))
    if applies_from in starts:
        return None
    message = "This reading decides amounts, and these are counted by annual period:"
    return Refused("NOT_A_PERIOD_START", "applies_from", f"{message} {_next_step(starts, expires_on)}")


def _next_step(starts: tuple[date, ...], expires_on: date | None) -> str:
    if not starts:
        return f"none begins later within the term, which ends on {day_text(expires_on)}. Extend it by an amendment."
    *others, last = (day_text(start) for start in starts)
    return f"choose {', '.join(others)} or {last}." if others else f"choose {last}."


def period_starts(*, agreement: AgreementTerms, from_day: date, known_on: date) -> Iterator[date]:
    """Yield the first days of the annual periods that begin on a day or later, within the term as known on a day."""
    expires_on, _source = expiration_known(agreement=agreement, known_on=known_on)
    begun = annual_period_on(
        day=max(from_day, agreement.first_period_starts_on),
        first_period_starts_on=agreement.first_period_starts_on,
        expires_on=None,
    )
    number = begun.number if begun.full_span.first_day >= from_day else begun.number + 1
    while isinstance(
        period := annual_period(
            number=number, first_period_starts_on=agreement.first_period_starts_on, expires_on=expires_on
        ),
        AnnualPeriod,
    ):
        yield period.full_span.first_day
        number += 1


def with_reading(*, agreement: AgreementTerms, question: str, choice: str, from_day: date) -> AgreementTerms:
    """Return the terms as they would be if one question were read so from a day on, whatever is chosen after it."""
    earlier = tuple(row for row in agreement.later_readings if row[0] < from_day)
    later = [row for row in agreement.later_readings if row[0] > from_day]
    changed = [(from_day, agreement.readings_on(from_day)), *later]
    return replace(
        agreement, later_readings=(*earlier, *((day, _read_so(of, question, choice)) for day, of in changed))
    )


def _read_so(readings: Readings, question: str, choice: str) -> Readings:
    asked = QUESTIONS[question]
    clause = readings.of_question(question).clause
    answer = Chosen(asked, asked.choices(choice), clause)
    return Readings(tuple(answer if chosen.question is asked else chosen for chosen in readings.chosen))
