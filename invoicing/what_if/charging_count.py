"""A count that decides what its site is charged: for which days, what was billed for them, what a run corrects."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from contracts.models import Agreement, Component
from contracts.money import money_text
from contracts.periods import ONE_DAY, AnnualPeriod, DaySpan, annual_periods, day_text
from contracts.terms import AgreementTerms, NotInForce, expiration_known, terms_on
from invoicing.charges.charge import ANNUAL, SiteFacts
from invoicing.charges.due import Due, due_through
from invoicing.models import InvoiceLine
from invoicing.runs.books import Books, annual_books
from invoicing.runs.plan import horizon_of
from invoicing.what_if.compare import Amounts, compare
from invoicing.what_if.pending import last_through
from sites.charged_days import switch_codes
from sites.counts.count import Count
from sites.models import Site


@dataclass(frozen=True)
class CountEffect:
    """What a run through a day bills for the site with the count on file and with another one.

    `documents` are the issued ones that it corrects differently then. `refusal` says why no run is possible.
    """

    through: date
    amounts: Amounts = Amounts()
    documents: tuple[str, ...] = ()
    refusal: str = ""

    def sentence(self, *, currency: str) -> str:
        """Say what the run does; empty where the other count changes nothing of it."""
        if self.refusal:
            return f"What the next run makes of it cannot be said: {self.refusal}"
        if not self.amounts.difference:
            return ""
        does = _verb(self.amounts.difference, currency)
        message = f"The next run, through {day_text(self.through)}, {does} by this correction"
        if self.documents:
            message += f", for what was billed in {', '.join(self.documents)}"
        if self.amounts.before:
            message += f". Together with what else it bills for the site, it {_verb(self.amounts.after, currency)}"
        return f"{message}."


def _verb(amount: Decimal, currency: str) -> str:
    return f"{'credits' if amount < 0 else 'bills'} {money_text(abs(amount))} {currency}"


def with_count(*, site: SiteFacts, counted_on: date, stands: int | None, becomes: int | None) -> SiteFacts:
    """Return a site with another count of its switch on a day, or with none."""
    counts = list(site.switch_counts)
    if stands is not None and (counted_on, stands) in counts:
        counts.remove((counted_on, stands))
    if becomes is not None:
        counts.append((counted_on, becomes))
    return replace(site, switch_counts=tuple(sorted(counts)))


def with_level_count(*, site: SiteFacts, code: str, counted_on: date, becomes: int | None) -> SiteFacts:
    """Return a site with another count of a component on a day, or with none, where its level follows the counts."""
    counts = [count for count in site.counts if (count.component, count.counted_on) != (code, counted_on)]
    if becomes is not None:
        counts.append(Count(code, counted_on, becomes))
    return replace(site, counts=tuple(counts))


def days_decided(
    *, terms: AgreementTerms, site: SiteFacts, counted_on: date, stands: int | None, periods: Iterable[AnnualPeriod]
) -> tuple[DaySpan, ...]:
    """Return the days of annual periods for which the count of a day decides whether the site is charged (note 3).

    These are the days that are charged with one figure for it and not with another one: none, 0 or more.
    """
    sites = [
        with_count(site=site, counted_on=counted_on, stands=stands, becomes=becomes) for becomes in (None, 0, 1, stands)
    ]
    read = ((period, terms.readings_on(period.full_span.first_day)) for period in periods)
    decided = (_between([each.charged_days(period, readings) for each in sites]) for period, readings in read)
    return tuple(days for days in decided if days is not None)


def _between(spans: list[DaySpan | None]) -> DaySpan | None:
    """The days that some of the spans have and others lack; a switch decides only where they begin."""
    stored = [span for span in spans if span is not None]
    if not stored or all(span == spans[0] for span in spans):
        return None
    days = DaySpan(min(span.first_day for span in stored), stored[0].last_day)
    if None in spans:
        return days
    latest = max(span.first_day for span in stored)
    return DaySpan(days.first_day, latest - ONE_DAY)


def parts_decided(
    *, terms: AgreementTerms, site: SiteFacts, code: str, counted_on: date, periods: Iterable[AnnualPeriod], on: date
) -> Iterator[DaySpan]:
    """Yield the billing periods whose level is another one without the count of a day, where levels follow them."""
    without = with_level_count(site=site, code=code, counted_on=counted_on, becomes=None)
    for period in periods if terms.follows_counts else ():
        for part in period.parts(terms.readings_on(period.full_span.first_day).frequency.parts):
            found = terms_on(agreement=terms, service_on=part.first_day, known_on=on)
            if isinstance(found, NotInForce):
                continue
            facts = {"agreement": terms, "schedule": found.schedule, "period": period, "known_on": on}
            if site.charged_on(part.first_day, **facts) != without.charged_on(part.first_day, **facts):
                yield part


@dataclass(frozen=True)
class ChargingCount:
    """A count that decides what its site is charged, with the books of the site's annual charges.

    It is the count of the component that defines a site, or of any one where levels follow the counts.
    """

    terms: AgreementTerms
    currency: str
    books: Books
    site: int
    code: str
    counted_on: date
    stands: int | None
    through: date
    on: date

    @property
    def days(self) -> tuple[DaySpan, ...]:
        """The days for which it decides what the site is charged, as far as anything was billed for them."""
        billed = [was.days.last_day for was in self.books.billed.values() if was.days]
        expires_on, _source = expiration_known(agreement=self.terms, known_on=self.on)
        periods = annual_periods(
            first_period_starts_on=self.terms.first_period_starts_on,
            through=max([self.through, *billed]),
            expires_on=expires_on,
        )
        facts = self.books.sites[self.site]
        count = {"terms": self.terms, "site": facts, "counted_on": self.counted_on, "periods": periods}
        days = days_decided(stands=self.stands, **count) if self.defines_site else ()
        return (*days, *parts_decided(code=self.code, on=self.on, **count))

    @property
    def defines_site(self) -> bool:
        """Whether its component is the switch, without which nothing is charged."""
        return self.code in switch_codes(terms=self.terms, known_on=self.on)

    def effect(self, *, becomes: int | None) -> CountEffect:
        """Return what the next run bills or credits once it becomes another figure, or None."""
        site = self.books.sites[self.site]
        other = with_level_count(site=site, code=self.code, counted_on=self.counted_on, becomes=becomes)
        if self.defines_site:
            other = with_count(site=other, counted_on=self.counted_on, stands=self.stands, becomes=becomes)
        before, after = self._due(site), self._due(other)
        if isinstance(after, NotInForce):
            return CountEffect(self.through, refusal=after.message)
        difference = compare(before=before, after=after, billed=self.books.billed, sites=self.books.sites)
        return CountEffect(self.through, difference.to_bill, difference.documents)

    def _due(self, site: SiteFacts) -> Due | NotInForce:
        return due_through(agreement=self.terms, sites=[site], through=self.through, known_on=self.on)

    def lines(self) -> Iterator[InvoiceLine]:
        """Return the issued lines of the site's annual charge in those days, in the order of their documents."""
        days = self.days
        lines = annual_lines(site=self.site)
        return (line for line in lines if any(span.overlap(line.first_day, line.last_day) for span in days))


def annual_lines(*, site: int) -> QuerySet[InvoiceLine]:
    """Return the issued lines that charge a site for its level, in the order of their documents."""
    of_invoice = ("invoice__kind", "invoice__number_text", "invoice__issued_on")
    return (
        InvoiceLine.objects.filter(
            site=site,
            charge=ANNUAL,
            kind__in=(InvoiceLine.Kind.INSTALMENT, InvoiceLine.Kind.ADJUSTMENT),
            invoice__issued_on__isnull=False,
        )
        .select_related("invoice")
        .only("period_number", "first_day", "last_day", "level_code", "level_name", *of_invoice)
        .order_by("invoice__issued_on", "invoice_id", "position")
    )


def charging_count(*, site: Site, code: str, counted_on: date, stands: int | None, on: date) -> ChargingCount | None:
    """Return a count with what it decides; None for one that decides nothing of what its site is charged."""
    named = Component.objects.filter(schedule__agreement=site.agreement_id, code=code)
    if not named.filter(Q(defines_site=True) | Q(schedule__follows_counts=True)).exists():
        return None
    agreement = Agreement.objects.with_terms().get(pk=site.agreement_id)
    terms = agreement.as_terms()
    if code not in switch_codes(terms=terms, known_on=on) and not terms.follows_counts:
        return None
    through = last_through(agreements=[agreement]).get(agreement.pk, on)
    return ChargingCount(
        terms,
        agreement.currency,
        annual_books(agreement=agreement, site_key=site.pk, known_on=on),
        site.pk,
        code,
        counted_on,
        stands,
        horizon_of(terms=terms, days=[through], on=on),
        on,
    )
