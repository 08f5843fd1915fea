"""Closed annual periods computed again in full: what is noted as billed must leave nothing to bill."""

from collections.abc import Iterator, Sequence
from datetime import date

from contracts.models import Agreement
from contracts.periods import annual_period
from contracts.terms import expiration_known
from invoicing.audit.checks import Finding
from invoicing.charges.unbilled import unbilled
from invoicing.models import ClosedPeriods
from invoicing.runs.books import Books, books_of
from invoicing.runs.closing import last_settled
from invoicing.runs.plan import CannotBill, plan_of

AT_ONCE = 50


def closed_findings(*, on: date) -> Iterator[Finding]:
    """Yield each agreement whose closed annual periods a run would leave out although something is left to bill."""
    keys = list(ClosedPeriods.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        rows = list(Agreement.objects.with_terms().filter(pk__in=keys[start : start + AT_ONCE]).order_by("number"))
        yield from _wrong(rows, on)


def _wrong(rows: Sequence[Agreement], on: date) -> Iterator[Finding]:
    left_out = books_of(agreements=rows, known_on=on)
    whole = books_of(agreements=rows, known_on=on, whole=True)
    for agreement in rows:
        number = left_out[agreement.pk].closed_through
        if number and not _is_settled(agreement, whole[agreement.pk], number, on):
            message = f"annual periods through {number} are noted as billed in full, but computed again they are not."
            yield Finding(f"Agreement {agreement.number}", f"{message} Run draft_invoices --whole for it.")


def _is_settled(agreement: Agreement, books: Books, number: int, on: date) -> bool:
    """Whether nothing is left to bill or decide of the annual periods through one of them."""
    terms = agreement.as_terms()
    expires_on, _source = expiration_known(agreement=terms, known_on=on)
    period = annual_period(number=number, first_period_starts_on=terms.first_period_starts_on, expires_on=expires_on)
    try:
        due = plan_of(agreement=agreement, books=books, through=period.span.last_day, on=on).due
    except CannotBill:
        return False
    return last_settled(due=due, documents=unbilled(due=due, billed=books.billed, sites=books.sites)) >= number
