"""From which day on each unclear clause can be read differently: what was billed and what was agreed stays as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from contracts.amendments.reading_choice import period_starts
from contracts.models import Agreement
from contracts.periods import ONE_DAY, AnnualPeriod, annual_period, annual_period_on, day_text
from contracts.readings import ANNUAL_QUESTIONS, REVIEW_QUESTIONS
from contracts.schedule import Refused
from contracts.terms import AgreementTerms, expiration_known
from invoicing.models import InvoiceLine
from sites.models import RenewalReview


@dataclass(frozen=True)
class Settled:
    """The end of the last annual period that was billed, or whose review is agreed, and that in words."""

    last_day: date
    why: str

    @property
    def open_from(self) -> date:
        """The first day from which another reading can apply."""
        return self.last_day + ONE_DAY

    def refusal(self, *, expires_on: date | None) -> Refused:
        """Why another reading cannot apply from an earlier day, and which day to choose."""
        if expires_on is not None and self.open_from > expires_on:
            next_step = f", and the term ends on {day_text(expires_on)}. Extend it by an amendment first."
        else:
            next_step = f": choose {day_text(self.open_from)} or later."
        return Refused("SETTLED", "applies_from", f"{self.why}{next_step}")


def settled_questions(*, agreement: Agreement) -> Mapping[str, Settled]:
    """Return what is settled by question; a question that nothing depends on yet is left out. Two queries.

    A reading that decides amounts is settled for every annual period of which something was issued, credited or not;
    one that decides reviews, for every period whose review both parties agreed to.
    """
    found = {}
    lines = InvoiceLine.objects.filter(invoice__agreement=agreement, invoice__issued_on__isnull=False)
    last = lines.values("period_number").annotate(through=Max("last_day")).order_by("-period_number").first()
    if last is not None:
        number = last["period_number"]
        why = f"Annual period {number} is billed through {day_text(last['through'])}"
        found |= dict.fromkeys(ANNUAL_QUESTIONS, Settled(_last_day(agreement, number), why))
    agreed = RenewalReview.objects.filter(agreement=agreement, agreed_on__isnull=False)
    review = agreed.order_by("-period_number", "agreed_on", "pk").first()
    if review is not None:
        why = f"The review of annual period {review.period_number} was agreed on {day_text(review.agreed_on)}"
        found |= dict.fromkeys(REVIEW_QUESTIONS, Settled(_last_day(agreement, review.period_number), why))
    return found


def _last_day(agreement: Agreement, number: int) -> date:
    """The last day of the whole annual period, whether or not the term reaches it."""
    anchor = agreement.first_period_starts_on
    return annual_period(number=number, first_period_starts_on=anchor, expires_on=None).full_span.last_day


def first_open_day(*, agreement: AgreementTerms, question: str, settled: Settled | None, on: date) -> date | Refused:
    """Return the day to propose for another reading of a question, or why none can be chosen now.

    For a reading that decides amounts it is the first day of an annual period: the current one if nothing of it is
    settled. One that decides reviews applies from today, or from the first day after what is settled.
    """
    earliest = settled.open_from if settled else agreement.first_period_starts_on
    expires_on, _source = expiration_known(agreement=agreement, known_on=on)
    if question in ANNUAL_QUESTIONS:
        begun = annual_period_on(day=on, first_period_starts_on=agreement.first_period_starts_on, expires_on=expires_on)
        if isinstance(begun, AnnualPeriod):
            earliest = max(earliest, begun.full_span.first_day)
        day = next(period_starts(agreement=agreement, from_day=earliest, known_on=on), None)
    else:
        day = max(earliest, on)
        day = None if expires_on is not None and day > expires_on else day
    if day is not None:
        return day
    if settled is not None:
        return settled.refusal(expires_on=expires_on)
    message = f"{agreement.name} expires on {day_text(expires_on)}."
    return Refused("AFTER_TERM", "applies_from", f"{message} Extend the term by an amendment first.")
