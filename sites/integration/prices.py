"""System integration (turnover/cutover): what it costs at a site, and whether it was ordered before (note 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.schedule import Level, Schedule


@dataclass(frozen=True)
class Priced:
    """What the integration of a site costs, and the clause or quotation that says so."""

    amount: Decimal
    clause: str


@dataclass(frozen=True)
class PriceNotStated:
    """The schedule prices no integration of this size; the message says what to attach. Never a zero price."""

    message: str


@dataclass(frozen=True)
class Quoted:
    """A quotation of one site's integration with its own price, executed on the later of both parties' signatures.

    It gives a price once its signed document is on file.
    """

    number: str
    price: Decimal
    executed_on: date
    has_document: bool = True


@dataclass(frozen=True)
class CompletedOrder:
    """An order of system integration whose cutover is complete. `again_because` is why a site was ordered once more."""

    key: int
    site_key: int
    completed_on: date
    quotation: Quoted | None = None
    again_because: str = ""


def integration_price(
    *, schedule: Schedule, level: Level | None, quotation: Quoted | None = None, known_on: date
) -> Priced | PriceNotStated:
    """Return what system integration costs at a site of a level (note 5).

    A size that the schedule prices costs that price, whatever was quoted. For another size the price of a quotation
    stands in, once both parties have signed it by the day of asking and its document is on file. Without one the price
    is not stated.
    """
    if level is not None and level.integration_price is not None:
        return Priced(level.integration_price, schedule.integration_clause)
    if quotation is not None and quotation.executed_on <= known_on and quotation.has_document:
        return Priced(quotation.price, f"Quotation {quotation.number}")
    return PriceNotStated(_not_stated(schedule, level, quotation))


def _not_stated(schedule: Schedule, level: Level | None, quotation: Quoted | None) -> str:
    if quotation is not None and not quotation.has_document:
        message = (
            f"The signed document of Quotation {quotation.number} is not on file, and gives no price before it is."
        )
        return f"{message} Attach the document to the quotation."
    if quotation is not None:
        return f"Quotation {quotation.number} is not signed by both parties yet. Record both signatures first."
    if level is None:
        return "The site has no charged level yet, so that system integration has no price. Record its level first."
    clause = f" ({schedule.integration_clause})" if schedule.integration_clause else ""
    message = f"The price schedule states no price for system integration at a {level.name} site{clause}."
    return f"{message} Attach a quotation with its own price that both parties have signed."


@dataclass(frozen=True)
class PlacedOrder:
    """An order of system integration that stands: the site, and the price schedule in force when it was placed."""

    site: int
    schedule: str
    ordered_on: date


@dataclass(frozen=True)
class Placement:
    """Whether an order can be placed: `duplicate_of` is the first standing order of the same site."""

    duplicate_of: PlacedOrder | None
    reason: str

    @property
    def is_duplicate(self) -> bool:
        """Whether the site's integration is ordered already, under whatever price schedule."""
        return self.duplicate_of is not None

    @property
    def needs_confirmation(self) -> bool:
        """Whether a person must confirm the order with a reason before it can be placed."""
        return self.is_duplicate and not self.reason


def placement(*, order: PlacedOrder, standing: Iterable[PlacedOrder], reason: str = "") -> Placement:
    """Return whether an order repeats one that stands: integration is charged once per site and schedule (note 5).

    A second order of the same site needs a reason, also under a later schedule: new prices are no new cutover. One
    under the same schedule is named before one under another. Cancelled orders are not given.
    """
    same = [other for other in standing if other.site == order.site]
    first = min(same, key=lambda other: (other.schedule != order.schedule, other.ordered_on), default=None)
    return Placement(first, reason.strip())
