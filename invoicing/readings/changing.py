"""Reading a clause differently from a day on, without touching what was billed or what both parties agreed."""

from datetime import date

from django.db import transaction
from django.db.models import Max

from contracts.amendments.choosing_readings import CannotChoose, choose_reading
from contracts.models import Agreement, ChosenReading
from contracts.schedule import Refused
from contracts.terms import expiration_known
from invoicing.readings.settled import settled_questions


@transaction.atomic
def change_reading(
    *, agreement: Agreement, question: str, applies_from: date | None, on: date, seen: int | None = None, **decision
) -> ChosenReading:
    """Choose another reading of a clause from a day on; what was billed and what was agreed stay as they are.

    The `decision` is what `choose_reading` takes. Raises CannotChoose where it does, and for a day that is settled: for
    a reading that decides amounts, one in or before an annual period of which something was issued; for one that
    decides reviews, one in or before a period whose review is agreed. `seen` is the key of the question's last choice
    that the person saw, 0 for none; where somebody else has chosen since, nothing is recorded.
    """
    Agreement.objects.select_for_update().get(pk=agreement.pk)  # as a run does: nothing is billed meanwhile
    if seen is not None and seen != _last_choice(agreement, question):
        message = "Somebody else has chosen another reading of this clause meanwhile. Look at it, then choose again."
        raise CannotChoose(Refused("STALE", "", message))
    settled = settled_questions(agreement=agreement).get(question)
    if settled is not None and applies_from is not None and applies_from <= settled.last_day:
        terms = Agreement.objects.with_terms().get(pk=agreement.pk).as_terms()
        expires_on, _source = expiration_known(agreement=terms, known_on=on)
        raise CannotChoose(settled.refusal(expires_on=expires_on))
    return choose_reading(agreement=agreement, question=question, applies_from=applies_from, on=on, **decision)


def _last_choice(agreement: Agreement, question: str) -> int:
    return ChosenReading.objects.filter(agreement=agreement, question=question).aggregate(last=Max("pk"))["last"] or 0
