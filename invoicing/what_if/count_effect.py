"""What a count of a site's switch decides: the days for which the site is charged, and what the next run bills."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from contracts.money import ZERO, money_text
from contracts.periods import ONE_DAY, AnnualPeriod, DaySpan, day_text
from contracts.terms import AgreementTerms, NotInForce
from invoicing.charges.charge import ChargeKey, SiteFacts
from invoicing.charges.due import due_through
from invoicing.charges.unbilled import Billed, PlannedDocument, unbilled
from sites.charged import charged_days


@dataclass(frozen=True)
class CountEffect:
    """What a run through a day bills for the site with the count on file and with another one.

    `documents` are the issued ones that it corrects differently then. `refusal` says why no run is possible.
    """

    through: date
    before: Decimal = ZERO
    after: Decimal = ZERO
    documents: tuple[str, ...] = ()
    refusal: str = ""

    @property
    def difference(self) -> Decimal:
        """What the other count alone adds to what is billed, or takes away."""
        return self.after - self.before

    def sentence(self, *, currency: str) -> str:
        """Say what the run does; empty where the other count changes nothing of it."""
        if self.refusal:
            return f"What the next run makes of it cannot be said: {self.refusal}"
        if not self.difference:
            return ""
        message = (
            f"The next run, through {day_text(self.through)}, {_verb(self.difference, currency)} by this correction"
        )
        if self.documents:
            message += f", for what was billed in {', '.join(self.documents)}"
        if self.before:
            message += f". Together with what else it bills for the site, it {_verb(self.after, currency)}"
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


def days_decided(
    *, site: SiteFacts, counted_on: date, stands: int | None, periods: Iterable[AnnualPeriod]
) -> tuple[DaySpan, ...]:
    """Return the days of annual periods for which the count of a day decides whether the site is charged (note 3).

    These are the days that are charged with one figure for it and not with another one: none, 0 or more.
    """
    sites = [
        with_count(site=site, counted_on=counted_on, stands=stands, becomes=becomes) for becomes in (None, 0, 1, stands)
    ]
    decided = (_between([_charged(each, period) for each in sites]) for period in periods)
    return tuple(days for days in decided if days is not None)


def _charged(site: SiteFacts, period: AnnualPeriod) -> DaySpan | None:
    return charged_days(
        period=period,
        in_service_on=site.in_service_on,
        removed_on=site.removed_on,
        charged_through=site.charged_through,
        switch_counts=site.switch_counts,
    )


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


def count_effect(
    *,
    agreement: AgreementTerms,
    site: SiteFacts,
    counted_on: date,
    stands: int | None,
    becomes: int | None,
    billed: Mapping[ChargeKey, Billed],
    through: date,
    known_on: date,
) -> CountEffect:
    """Return what a run through a day would bill for one site if a count of its switch became another one, or none."""
    runs = []
    for each in (site, with_count(site=site, counted_on=counted_on, stands=stands, becomes=becomes)):
        due = due_through(agreement=agreement, sites=[each], through=through, known_on=known_on)
        if isinstance(due, NotInForce):
            return CountEffect(through, refusal=due.message)
        runs.append(unbilled(due=due, billed=billed, sites={each.key: each}))
    before, after = runs
    return CountEffect(through, _total(before), _total(after), _documents(before, after))


def _total(documents: Iterable[PlannedDocument]) -> Decimal:
    return sum((document.total for document in documents), ZERO)


def _documents(before: Iterable[PlannedDocument], after: Iterable[PlannedDocument]) -> tuple[str, ...]:
    """The issued documents of the parts that one run corrects and the other one does not, or otherwise."""
    was, now = _corrected(before), _corrected(after)
    parts = sorted(part for part in {**was, **now} if was.get(part, _UNCHANGED)[0] != now.get(part, _UNCHANGED)[0])
    named = (number for part in parts for number in (now.get(part) or was[part])[1])
    return tuple(dict.fromkeys(named))


_UNCHANGED: tuple[Decimal, tuple[str, ...]] = (ZERO, ())


def _corrected(documents: Iterable[PlannedDocument]) -> dict[tuple[ChargeKey, int], tuple[Decimal, tuple[str, ...]]]:
    return {
        (adjustment.key, part.number): (part.amount, part.billed.documents)
        for document in documents
        for adjustment in document.adjustments
        for part in adjustment.parts
    }
