"""What every billing event needs: its refusals, the lock on an agreement, and the plan of what it owes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import models

from contracts.models import Agreement
from contracts.money import money_text
from contracts.periods import OutsideTerm, annual_period, day_text
from contracts.refusal import Refusal
from contracts.terms import AgreementTerms, Expired, NotInForce, expiration_known
from invoicing.charges.due import Due, due_through
from invoicing.charges.kinds import KINDS
from invoicing.models import Invoice
from invoicing.runs.books import Books, books_of


class CannotBill(Refusal):
    """Something cannot be billed; the message is the sentence the reader sees."""


class CannotDraft(CannotBill):
    """An agreement cannot be billed through a date."""


class AfterTheTerm(CannotDraft):
    """A date lies after the end of the term."""


@dataclass(frozen=True)
class Plan:
    """What is due under one agreement through a date, and what the books say was billed."""

    agreement: Agreement
    due: Due
    books: Books

    @property
    def notices(self) -> tuple[str, ...]:
        """What cannot be billed, in words."""
        return self.due.notices


def plan_of(*, agreement: Agreement, books: Books, through: date, on: date) -> Plan:
    """Return what is due under an agreement from `with_terms()` through a date, as known on `on`; asks no query.

    Raises CannotDraft where the date is not on file, not executed or, AfterTheTerm, expired, or for an annual period
    that was billed in instalments of another frequency.
    """
    terms = agreement.as_terms()
    billed = ((key.period, was.of) for key, was in books.billed.items() if key.is_annual and was.of is not None)
    refuse_other_frequency(terms=terms, billed=billed)
    due = due_through(
        agreement=terms,
        sites=books.sites.values(),
        through=through,
        known_on=on,
        facts=books.facts,
        periods=books.periods,
        closed_through=books.closed_through,
    )
    if isinstance(due, Expired):
        raise AfterTheTerm(due.message)
    if isinstance(due, NotInForce):
        raise CannotDraft(due.message)
    return Plan(agreement, replace(due, notices=(*due.notices, *_standing(due, books))), books)


def _standing(due: Due, books: Books) -> Iterator[str]:
    """Name what was billed once and has no price any more: nobody knows what is due for it, so that it stands."""
    for key in sorted(due.undecided):
        was = books.billed.get(key)
        if not key.is_annual and was is not None and was.amount:
            yield (
                f"{was.description} of {day_text(was.days.last_day)}: the {money_text(was.amount)} billed for it stay "
                f"billed, although no price is in force for it. {KINDS[key.kind].way_out}"
            )


def plan_now(*, agreement: Agreement, through: date, on: date) -> Plan:
    """Return the plan of one agreement from `with_terms()` as the database stands; a fixed number of queries."""
    books = books_of(agreements=[agreement], known_on=on)[agreement.pk]
    return plan_of(agreement=agreement, books=books, through=through, on=on)


def refuse_other_frequency(*, terms: AgreementTerms, billed: Iterable[tuple[int, int]]) -> None:
    """Raise CannotDraft where a period, by number, was billed in more or fewer instalments than it has by now."""
    for number, of in billed:
        period = annual_period(number=number, first_period_starts_on=terms.first_period_starts_on, expires_on=None)
        if isinstance(period, OutsideTerm):
            continue
        parts = terms.readings_on(period.full_span.first_day).frequency.parts
        if of != parts:
            raise CannotDraft(
                f"Annual period {number} of {terms.name} was billed in {of} instalments so far, and the "
                "frequency of a period cannot change any more. Set the reading of the frequency back."
            )


def horizon_of(*, terms: AgreementTerms, days: Iterable[date], on: date) -> date:
    """Return the latest of some days, but not after the end of the term as known now."""
    expires_on, _source = expiration_known(agreement=terms, known_on=on)
    return max(days) if expires_on is None else min(max(days), expires_on)


def refuse_before_last_document(*, last: Invoice | None, on: date, refusal: type[CannotBill]) -> None:
    """Raise `refusal` for a day before the agreement's last document: what is known only later would be undone."""
    if last is not None and on < last.issued_on:
        raise refusal(f"{last} is dated {day_text(last.issued_on)}. Bill on that day or later.")


def last_documents(*, agreements: Sequence[Agreement]) -> dict[int, Invoice]:
    """Return the last issued document of each agreement by the agreement's key; one query."""
    issued = Invoice.objects.issued()
    latest = issued.filter(agreement=models.OuterRef("pk")).order_by("-issued_on", "-pk").values("pk")[:1]
    keys = [agreement.pk for agreement in agreements]
    last = Agreement.objects.filter(pk__in=keys).order_by().annotate(last=models.Subquery(latest)).values("last")
    return {row.agreement_id: row for row in issued.filter(pk__in=last).defer("content").order_by("pk")}
