"""Which documents of a run are held for a person's look: those far from what the one before them promises."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from contracts.money import NOTHING, cents, money_text, unit_like
from invoicing.charges.charge import Charge
from invoicing.charges.unbilled import Adjustment, PlannedDocument


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


def why_held(*, document: PlannedDocument, before: Promise, percent: int | None) -> tuple[str, ...]:
    """Say why a person should look at a document before it is issued; nothing where it is as expected.

    A new site, another level, an order, a purchase, work and a credit each explain what is billed for them. The rest
    must not come to more than so many per cent of what the document before promises. Without a per cent nothing is
    held for it.
    """
    return tuple(_reasons(document, before, percent))


def _reasons(document: PlannedDocument, before: Promise, percent: int | None) -> Iterator[str]:
    for charge in document.charges:
        if not isinstance(charge, Charge) and charge.doubt:
            yield charge.doubt
    parts = min((each.instalment.of for each in document.charges if isinstance(each, Charge)), default=None)
    expected = before.amount(parts)
    if percent is None or not expected:
        return
    lines = (*document.charges, *document.adjustments)
    unexplained = sum((_unexplained(line) for line in lines if _is_expected(line, before)), NOTHING)
    if unexplained > expected * percent / 100:
        yield (
            f"{money_text(unexplained)} for sites and levels that were billed before, more than {percent} % of the "
            f"{money_text(expected)} that the document before lets expect."
        )


def _unexplained(line: Charge | Adjustment) -> Decimal:
    """What a line bills, but for what is billed again after a credit has taken all of it back."""
    if isinstance(line, Adjustment):
        return sum((part.amount for part in line.parts if part.billed.amount), NOTHING)
    return line.amount


def _is_expected(line, before: Promise) -> bool:
    """Whether a line is for a site at the level at which the document before bills it."""
    if not line.key.is_annual:
        return False
    charges = line.charges if isinstance(line, Adjustment) else (line,)
    levels = {charge.last_priced.level_code for charge in charges}
    return line.site is not None and levels <= {before.levels.get(line.site.key)}
