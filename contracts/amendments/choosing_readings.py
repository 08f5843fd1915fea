"""How unclear clauses are read: the only writer of the readings of an executed agreement."""

from datetime import date

from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction

from contracts.amendments.reading_choice import choice_refusals
from contracts.locking import locked_agreement
from contracts.models import Agreement, ChosenReading
from contracts.periods import day_text
from contracts.refusal import Refusal
from contracts.schedule import Refused

PLACES = {NON_FIELD_ERRORS: "", "remark": "reason"}


class CannotChoose(Refusal):
    """A reading cannot be chosen so."""


@transaction.atomic
def choose_reading(
    *,
    agreement: Agreement,
    question: str,
    choice: str,
    applies_from: date | None,
    clause: str,
    chosen_by: str,
    chosen_on: date,
    reason: str,
    on: date,
    by: User | None,
) -> ChosenReading:
    """Record that a clause of an executed agreement is read differently from a day on; the row is closed at once.

    What was chosen before stays on file and applies to the days before. Raises CannotChoose for an agreement that is
    not executed, for a day or a choice that `choice_refusals` refuses, without a name or a reason, and for a choice
    dated after `on`. That nothing billed changes is for invoicing to see to, which knows what was billed.
    """
    agreement = locked_agreement(agreement.pk)
    if agreement.executed_on is None:
        message = (
            f"Agreement {agreement} is not executed: its readings are still open. Change them on the agreement's form."
        )
        raise CannotChoose(Refused("NOT_EXECUTED", "", message))
    refusals = [
        *choice_refusals(
            agreement=agreement.as_terms(), question=question, choice=choice, applies_from=applies_from, known_on=on
        ),
        *_decision_refusals(chosen_by, chosen_on, reason, on),
    ]
    if refusals:
        raise CannotChoose(*refusals)
    row = ChosenReading(
        agreement=agreement,
        question=question,
        choice=choice,
        applies_from=applies_from,
        clause=clause.strip(),
        chosen_by=chosen_by.strip(),
        chosen_on=chosen_on,
        remark=reason.strip(),
        closed_on=on,
        recorded_by=by,
    )
    _refuse_invalid(row)
    row.save()
    return row


def _decision_refusals(chosen_by: str, chosen_on: date, reason: str, on: date) -> list[Refused]:
    refusals = []
    if not chosen_by.strip():
        refusals.append(Refused("NO_NAME", "chosen_by", "Name the person who chose the reading."))
    if chosen_on > on:
        message = f"The choice is dated {day_text(chosen_on)}, which is after {day_text(on)}."
        refusals.append(Refused("IN_FUTURE", "chosen_on", f"{message} Record it once it is made."))
    if not reason.strip():
        refusals.append(Refused("NO_REASON", "reason", "Say why the clause is read differently."))
    return refusals


def _refuse_invalid(row: ChosenReading) -> None:
    """Refuse a text that its column does not take."""
    try:
        row.full_clean(exclude=["agreement"], validate_unique=False)
    except ValidationError as error:
        raise CannotChoose(
            *(
                Refused("INVALID", PLACES.get(field, field), message)
                for field, messages in error.message_dict.items()
                for message in messages
            )
        ) from error
