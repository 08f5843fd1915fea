"""What goes into the ledger of hours, purchases and work, and what comes out of it (hours, paragraph 1)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from contracts.money import NOTHING, ZERO, cents, unit_like
from contracts.periods import day_text
from contracts.readings import Minimum
from contracts.terms import NotInForce, TermsFound
from sites.hours.prices import NOTHING_BEFORE, Opening, Together, blocks_amount, hours_text


@dataclass(frozen=True)
class Purchase:
    """Whole blocks of prepaid hours bought on one day."""

    key: int
    bought_on: date
    blocks: int


@dataclass(frozen=True)
class Work:
    """Hours done for a site on one day."""

    key: int
    worked_on: date
    hours: Decimal
    site_key: int | None = None
    service: str = ""
    person: str = ""
    reference: str = ""


@dataclass(frozen=True)
class BoughtBlocks:
    """What a purchase brought: the numbers of its blocks in the pool, their hours and how many of these were awaited.

    A purchase on a day without a stated block brings nothing; `problem` says why.
    """

    purchase: Purchase
    terms: TermsFound | NotInForce
    first_block: int | None = None
    last_block: int | None = None
    hours: Decimal = ZERO
    covered: Decimal = ZERO
    problem: str = ""

    @property
    def amount(self) -> Decimal | None:
        """What the blocks cost at the price of the day; None where no price is in force."""
        if self.problem:
            return None
        return blocks_amount(prices=self.terms.schedule.hours, blocks=self.purchase.blocks)


@dataclass(frozen=True)
class HourlyWork:
    """What becomes of one work entry: each of its hours is prepaid, bought by the hour, or waits for a block.

    `hourly` are hours as worked, `billed` the hours charged for them after the minimum; `before` is the hourly work
    with which it shares a minimum. Hours wait when hourly prices were closed on the day of the work; only a block can
    cover them, also after hourly prices open. Hours of a day without terms in force wait for a document: no block
    covers them. Hours of a service that the annual price includes are none of these: `included` says so.
    """

    work: Work
    terms: TermsFound | NotInForce
    minimum: Minimum
    prepaid: Decimal = ZERO
    hourly: Decimal = ZERO
    billed: Decimal = ZERO
    waiting: Decimal = ZERO
    opened_by: tuple[Opening, ...] = ()
    before: Together = NOTHING_BEFORE
    included: str = ""

    @property
    def hourly_price(self) -> Decimal | None:
        """The hourly price in force on the day of the work; None where none is stated."""
        return None if isinstance(self.terms, NotInForce) else self.terms.schedule.hours.hourly_price

    @property
    def amount(self) -> Decimal:
        """What the hours charged cost at the price of the day."""
        if not self.billed:
            return NOTHING
        return cents(self.hourly_price * self.billed, unit_like(self.hourly_price))

    @property
    def sentence(self) -> str:
        if isinstance(self.terms, NotInForce):
            return f"{hours_text(self.work.hours)} without terms. {self.terms.message}"
        if self.included:
            return f"{hours_text(self.work.hours)} take no prepaid hours. {self.included}"
        parts = []
        if self.prepaid:
            parts.append(f"{hours_text(self.prepaid)} from prepaid blocks.")
        if self.hourly:
            charged = "" if self.billed == self.hourly else f", charged as {hours_text(self.billed)}"
            parts.append(f"{hours_text(self.hourly)} by the hour{charged}.")
        if self.waiting:
            parts.append(
                f"{hours_text(self.waiting)} need a block: hourly prices were closed on "
                f"{day_text(self.work.worked_on)}, and the day of the work decides."
            )
        return " ".join(parts) or "No hours."


class Movement(StrEnum):
    """What a row of the ledger records."""

    BOUGHT = "bought"
    USED = "used"
    COVERED = "covered"
    HOURLY = "hourly"
    WAITING = "waiting"
    INCLUDED = "included"
    NOT_IN_FORCE = "not-in-force"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Movement.BOUGHT: "Blocks bought",
    Movement.USED: "Prepaid hours used",
    Movement.COVERED: "Waiting hours covered",
    Movement.HOURLY: "Hours bought by the hour",
    Movement.WAITING: "Hours that need a block",
    Movement.INCLUDED: "Included in the annual price",
    Movement.NOT_IN_FORCE: "No terms in force",
}
_OUT = (Movement.USED, Movement.COVERED)


@dataclass(frozen=True)
class LedgerRow:
    """One movement, with the balance and the waiting hours after it. Hours out of two blocks are two rows.

    `block` is the number of the block drawn from, or of the first one bought, `last_block` that of the last one bought.
    `completes` marks the row in which a block's last hour is used.
    """

    day: date
    movement: Movement
    hours: Decimal
    balance: Decimal
    waiting: Decimal
    purchase: Purchase | None = None
    work: Work | None = None
    block: int | None = None
    last_block: int | None = None
    completes: bool = False

    @property
    def hours_in(self) -> Decimal:
        return self.hours if self.movement is Movement.BOUGHT else ZERO

    @property
    def hours_out(self) -> Decimal:
        return self.hours if self.movement in _OUT else ZERO


@dataclass(frozen=True)
class Block:
    """One block of the pool, numbered from the oldest. `completed_on` is the day on which its last hour was used."""

    number: int
    purchase: Purchase
    hours: Decimal
    used: Decimal
    completed_on: date | None

    @property
    def left(self) -> Decimal:
        return self.hours - self.used


@dataclass(frozen=True)
class UnusedHours:
    """Prepaid hours left at the expiration: a person decides what becomes of them."""

    hours: Decimal
    expires_on: date

    @property
    def sentence(self) -> str:
        return (
            f"{hours_text(self.hours)} were left unused when the agreement expired on {day_text(self.expires_on)}. "
            "The contract does not say what becomes of them: a person decides."
        )
