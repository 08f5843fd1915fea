"""Which documents of a run are held for a person's look, far from what is promised, and which wait for their day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from contracts.money import NOTHING, cents, money_text, unit_like
from contracts.periods import DaySpan, day_text
from invoicing.charges.causes import part_span
from invoicing.charges.charge import Charge
from invoicing.charges.unbilled import AdjustedPart, Adjustment, PlannedDocument


@dataclass(frozen=True)
class Promise:
    """What a document lets expect: its sites with their levels and annual prices, in so many instalments."""

    levels: Mapping[int, str] = field(default_factory=dict)
    prices: Sequence[Decimal] = ()
    parts: int = 1

    @classmethod
    def of(cls, lines: Iterable[tuple[int, str, Decimal, int]]) -> "Promise":
        """Take each instalment of a document: its site, level, annual price, and into how many that is parted."""
        lines = list(lines)
        levels = {site: level for site, level, _price, _of in lines}
        return cls(levels, [price for _site, _level, price, _of in lines], min((of for *_, of in lines), default=1))

    def amount(self, parts: int | None = None) -> Decimal:
        """Return a whole instalment of each site: of the year in so many parts, where the frequency has changed."""
        parts = parts or self.parts
        return sum((cents(price / parts, unit_like(price)) for price in self.prices), NOTHING)


def promised_by(document: PlannedDocument) -> Promise:
    """Return what a planned document lets expect."""
    charges = [charge for charge in document.charges if isinstance(charge, Charge)]
    prices = [(charge.site.key, charge.last_priced, charge.instalment.of) for charge in charges]
    return Promise.of((site, priced.level_code, priced.annual_price, of) for site, priced, of in prices)


def waits_for(*, days: DaySpan, issue_from: date | None, on: date) -> str:
    """Say that a draft waits for its day, which one that is, and whether its billing period has begun; empty if not.

    One that can be issued at once, because it only adjusts what was billed before, waits for no period. Nobody confirms
    a wait away: before its day nothing that it bills is due.
    """
    if issue_from is None or issue_from <= on:
        return ""
    begun = "" if days.first_day <= on else f" {not_begun(days)}"
    day = day_text(issue_from)
    return f"The draft waits for its day: it can be issued from {day}, when all that it bills has fallen due.{begun}"


def not_begun(days: DaySpan) -> str:
    """Say that a billing period has not begun: the date of a run may be mistyped."""
    return f"{days} has not begun."


def why_nothing(total: Decimal) -> str:
    """Say of a document of 0.00 that its lines cancel, before it takes a number and on it; empty for any other."""
    return "" if total else "What this document bills and what it gives back cancel: nothing is to be paid."


def why_held(*, document: PlannedDocument, before: Promise, percent: int | None, times: int | None) -> tuple[str, ...]:
    """Say why a person should look at a document before it is issued; nothing where it is as expected.

    A new site, another level, an order, a purchase, work and a credit each explain what is billed for them; another
    level, the end of a site, its charges or the term, and what falls away of orders, purchases and work explain what is
    given back. The rest, either way, must not come to more than so many per cent of what the document before promises.
    Nor may an hour cost more than so many times an hour in a block: one of the two prices is mistyped. Without a per
    cent, or without the times, nothing is held for it.
    """
    return (*_dear_hours(document, times), *_far_from(document, before, percent))


def _dear_hours(document: PlannedDocument, times: int | None) -> Iterator[str]:
    for charge in document.charges:
        usual = None if isinstance(charge, Charge) else charge.usual_unit_price
        if times is not None and usual is not None and charge.unit_price > times * usual:
            yield (
                f"An hour costs {money_text(charge.unit_price)}, more than {times} times the {money_text(usual)} of an "
                "hour in a block."
            )


def _far_from(document: PlannedDocument, before: Promise, percent: int | None) -> Iterator[str]:
    parts = min((each.instalment.of for each in document.charges if isinstance(each, Charge)), default=None)
    expected = before.amount(parts)
    if percent is None or not expected:
        return
    lines = (*document.charges, *document.adjustments)
    unexplained = [_unexplained(line) for line in lines if _is_expected(line, before)]
    billed, given_back = sum(unexplained, NOTHING), -sum((each for each in unexplained if each < 0), NOTHING)
    for amount, direction in ((billed, ""), (given_back, "given back ")):
        if amount > expected * percent / 100:
            yield (
                f"{money_text(amount)} {direction}for sites and levels that were billed before, more than {percent} % "
                f"of the {money_text(expected)} that the document before lets expect."
            )


def _unexplained(line: Charge | Adjustment) -> Decimal:
    """What a line bills, but for what a credit had taken back whole, and for what is given back after an end."""
    if not isinstance(line, Adjustment):
        return line.amount
    return sum((part.amount for part in line.parts if part.billed.amount and not _has_ended(line, part)), NOTHING)


def _has_ended(line: Adjustment, part: AdjustedPart) -> bool:
    """Whether something is given back for days after the end of the term, of the site or of its charges."""
    days = part_span(adjustment=line, part=part)
    ends = (line.term_end.on, line.site.charged_through, line.site.removed_on)
    return part.amount < 0 and days is not None and any(end is not None and end < days.last_day for end in ends)


def _is_expected(line, before: Promise) -> bool:
    """Whether a line is for a site at the level at which the document before bills it."""
    if not line.key.is_annual:
        return False
    charges = line.charges if isinstance(line, Adjustment) else (line,)
    levels = {charge.last_priced.level_code for charge in charges}
    return line.site is not None and levels <= {before.levels.get(line.site.key)}
