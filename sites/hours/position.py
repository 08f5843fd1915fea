"""Where an agreement stands with its hours on a day: balance, blocks completed, hourly prices, work that waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.periods import day_text
from contracts.terms import AgreementTerms, NotInForce
from sites.hours.entries import HourlyWork, Purchase, UnusedHours, Work
from sites.hours.ledger import HourLedger, hour_ledger
from sites.hours.prices import BothWays, HourlyStatus, blocks_text, hours_text
from sites.models import BlockPurchase, WorkEntry

_PURCHASE = ("pk", "bought_on", "blocks")
_WORK = ("pk", "worked_on", "hours", "site_id", "service", "person", "reference")


def ledger_of(*, agreement_id: int, terms: AgreementTerms, known_on: date) -> HourLedger:
    """Return the ledger of an agreement from what is on file and not reversed by a day; two queries."""
    purchases = BlockPurchase.objects.filter(agreement=agreement_id).standing(known_on=known_on)
    work = WorkEntry.objects.filter(site__agreement=agreement_id).standing(known_on=known_on)
    return hour_ledger(
        agreement=terms,
        purchases=[Purchase(*row) for row in purchases.values_list(*_PURCHASE)],
        work=[Work(*row) for row in work.values_list(*_WORK)],
        known_on=known_on,
    )


@dataclass(frozen=True)
class Position:
    """The figures of one day, and the work that waits for a block by now."""

    ledger: HourLedger
    on: date
    balance: Decimal
    waiting: Decimal
    status: HourlyStatus
    unused: UnusedHours | None

    @property
    def blocks_bought(self) -> int:
        """Blocks bought through the day."""
        return sum(1 for block in self.ledger.blocks if block.purchase.bought_on <= self.on)

    @property
    def completed_text(self) -> str:
        """`3 of 10 blocks completed`; without a number needed, `3 blocks completed`."""
        if self.status.needed is None:
            return f"{blocks_text(self.status.completed)} completed"
        return f"{self.status.completed} of {blocks_text(self.status.needed)} completed"

    @property
    def unlock_text(self) -> str:
        """What opens hourly prices, or until when they are open: `3 of 10 blocks completed; opens 1 July 1999`."""
        status = self.status
        if status.problem:
            return status.problem
        if status.open:
            return f"open to {day_text(status.until)}" if status.until else "open"
        parts = [self.completed_text] if status.needed is not None else []
        if status.opens_on:
            at_the_latest = " at the latest" if parts else ""
            parts.append(f"opens {day_text(status.opens_on)}{at_the_latest}")
        return "; ".join(parts)

    @property
    def waits(self) -> Sequence[HourlyWork]:
        """The entries that wait for a block by now, in the order of their days."""
        entries = self.ledger.outcomes.values()
        return [entry for entry in entries if entry.waiting and not isinstance(entry.terms, NotInForce)]

    @property
    def both_ways(self) -> BothWays | None:
        """What the hours that wait by now cost in blocks bought on the day, and by the hour; None where none wait."""
        return self.ledger.waiting_both_ways(self.on)


def position_of(*, ledger: HourLedger, on: date) -> Position:
    return Position(
        ledger, on, ledger.balance_on(on), ledger.waiting_on(on), ledger.hourly_on(on), ledger.unused_on(on)
    )


# ---- in a review paper -------------------------------------------------------------------------------------------


def hours_evidence(*, agreement_id: int, terms: AgreementTerms, on: date, known_on: date) -> list[list[str]]:
    """Return the position on a day as a paper shows it, label and text of each line: plain data kept with a review.

    There is no line where nothing was bought or worked by that day.
    """
    ledger = ledger_of(agreement_id=agreement_id, terms=terms, known_on=known_on)
    return position_lines(position_of(ledger=ledger, on=on)) if ledger.rows and ledger.rows[0].day <= on else []


def position_lines(position: Position) -> list[list[str]]:
    lines = [
        ["Position on", day_text(position.on)],
        ["Prepaid hours left", hours_text(position.balance)],
        ["Blocks", f"{blocks_text(position.blocks_bought)} bought; {position.completed_text}"],
        ["Hourly prices", position.status.sentence],
    ]
    if position.waiting:
        lines.append(["Work that needs a block", hours_text(position.waiting)])
    if position.unused:
        lines.append(["Unused hours", position.unused.sentence])
    return lines
