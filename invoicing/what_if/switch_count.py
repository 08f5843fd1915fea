"""A count that decides whether its site is charged: what was billed for the days it decides, what a run corrects."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from contracts.models import Agreement, Component
from contracts.periods import DaySpan, annual_periods
from contracts.terms import expiration_known
from invoicing.models import InvoiceLine
from invoicing.runs.books import Books, annual_books, switch_codes
from invoicing.runs.plan import horizon_of
from invoicing.what_if.count_effect import CountEffect, count_effect, days_decided
from invoicing.what_if.pending import last_through
from sites.models import Site


@dataclass(frozen=True)
class SwitchCount:
    """The count of the component that defines a site, on one day, with the books of the site's annual charges."""

    agreement: Agreement
    books: Books
    site: int
    counted_on: date
    stands: int | None
    through: date
    on: date

    @property
    def days(self) -> tuple[DaySpan, ...]:
        """The days for which it decides whether the site is charged, as far as anything was billed for them."""
        billed = [was.days.last_day for was in self.books.billed.values() if was.days]
        terms = self.agreement.as_terms()
        expires_on, _source = expiration_known(agreement=terms, known_on=self.on)
        periods = annual_periods(
            first_period_starts_on=terms.first_period_starts_on,
            through=max([self.through, *billed]),
            expires_on=expires_on,
        )
        facts = self.books.sites[self.site]
        return days_decided(site=facts, counted_on=self.counted_on, stands=self.stands, periods=periods)

    def effect(self, *, becomes: int | None) -> CountEffect:
        """Return what the next run bills or credits once it becomes another figure, or None."""
        return count_effect(
            agreement=self.agreement.as_terms(),
            site=self.books.sites[self.site],
            counted_on=self.counted_on,
            stands=self.stands,
            becomes=becomes,
            billed=self.books.billed,
            through=self.through,
            known_on=self.on,
        )

    def lines(self) -> Iterator[InvoiceLine]:
        """Return the issued lines of the site's annual charge in those days, in the order of their documents."""
        days = self.days
        lines = (
            InvoiceLine.objects.filter(
                site=self.site,
                charge=InvoiceLine.Charge.ANNUAL,
                kind__in=(InvoiceLine.Kind.INSTALMENT, InvoiceLine.Kind.ADJUSTMENT),
                invoice__issued_on__isnull=False,
            )
            .select_related("invoice")
            .only("period_number", "first_day", "last_day", "level_name", *_OF_INVOICE)
            .order_by("invoice__issued_on", "invoice_id", "position")
        )
        return (line for line in lines if any(span.overlap(line.first_day, line.last_day) for span in days))


_OF_INVOICE = ("invoice__kind", "invoice__number_text", "invoice__issued_on")


def switch_count(*, site: Site, code: str, counted_on: date, stands: int | None, on: date) -> SwitchCount | None:
    """Return a count with what it decides; None for a component that does not define a site."""
    named = Component.objects.filter(schedule__agreement=site.agreement_id, code=code, defines_site=True)
    if not named.exists():
        return None
    agreement = Agreement.objects.with_terms().get(pk=site.agreement_id)
    terms = agreement.as_terms()
    if code not in switch_codes(terms=terms, known_on=on):
        return None
    through = last_through(agreements=[agreement]).get(agreement.pk, on)
    return SwitchCount(
        agreement,
        annual_books(agreement=agreement, site_key=site.pk, known_on=on),
        site.pk,
        counted_on,
        stands,
        horizon_of(terms=terms, days=[through], on=on),
        on,
    )
