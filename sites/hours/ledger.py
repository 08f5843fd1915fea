"""The draw-down of prepaid hour blocks: what becomes of every hour of work, and what is left (hours, paragraph 1).

One pool per agreement, oldest block first. Events are taken in the order of their days; on one day purchases come
before work, and each kind in the order of its keys.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache

from contracts.money import ZERO
from contracts.periods import DaySpan
from contracts.readings import Minimum
from contracts.schedule import included_service_refusal
from contracts.terms import AgreementTerms, NotInForce, expiration_known
from sites.hours.entries import Block, BoughtBlocks, HourlyWork, LedgerRow, Movement, Purchase, UnusedHours, Work
from sites.hours.prices import (
    NOTHING_BEFORE,
    BlockDays,
    BothWays,
    HourlyStatus,
    HourRules,
    Opening,
    Together,
    billed_hours,
    block_warning,
    both_ways,
    hour_rules,
    hourly_status,
)


@dataclass(frozen=True)
class HourLedger:
    """All hours of one agreement as known on a day: outcomes by key and rows, each in the order of the events."""

    agreement: AgreementTerms
    known_on: date
    purchases: Mapping[int, BoughtBlocks]
    outcomes: Mapping[int, HourlyWork]
    blocks: tuple[Block, ...]
    rows: tuple[LedgerRow, ...]
    block_days: BlockDays = field(repr=False)

    def balance_on(self, day: date) -> Decimal:
        """Return the prepaid hours left at the end of a day. After the expiration, `unused_on` says what they are."""
        row = self._last_row(day)
        return row.balance if row else ZERO

    def waiting_on(self, day: date) -> Decimal:
        """Return the hours that wait for a block at the end of a day; those without terms in force are not in it."""
        row = self._last_row(day)
        return row.waiting if row else ZERO

    def _last_row(self, day: date) -> LedgerRow | None:
        position = bisect_right(self.rows, day, key=lambda row: row.day)
        return self.rows[position - 1] if position else None

    def hourly_on(self, day: date) -> HourlyStatus:
        """Return whether hourly prices are open at the end of a day, and why."""
        return hourly_status(agreement=self.agreement, day=day, known_on=self.known_on, blocks=self.block_days)

    def unused_on(self, day: date) -> UnusedHours | None:
        """Return the prepaid hours to be decided on after the expiration; None before it or where none are left.

        Until then unused hours carry over from one annual period to the next (paragraph 1).
        """
        expires_on, _source = expiration_known(agreement=self.agreement, known_on=self.known_on)
        balance = self.balance_on(day)
        return UnusedHours(balance, expires_on) if balance and expires_on is not None and day > expires_on else None

    def waiting_both_ways(self, day: date) -> BothWays | None:
        """Return what all hours that wait for a block cost in blocks, and what they would have cost by the hour.

        Prices are those of `day`, on which the blocks would be bought. None where no hours wait.
        """
        rules_on = cache(self._rules)
        rules, hours, billed = rules_on(day), ZERO, ZERO
        minimum = _Minimum()
        for outcome in self.outcomes.values():
            if outcome.waiting and not isinstance(outcome.terms, NotInForce):
                of_day = rules_on(outcome.work.worked_on)
                hours += outcome.waiting
                billed += minimum.billed(of_day, prepaid=outcome.prepaid, hourly=outcome.waiting)
        return both_ways(prices=rules.prices, hours=hours, billed=billed) if hours else None

    def block_warning_on(self, day: date, *, hours: Decimal | None = None) -> str | None:
        """Return a warning that a block bought on a day is not cheaper than hours by the hour, or None."""
        return block_warning(status=self.hourly_on(day), prices=self._rules(day).prices, hours=hours)

    @property
    def notices(self) -> tuple[str, ...]:
        """What could not be taken into account because no terms are in force, in words, each once."""
        message = [bought.problem for bought in self.purchases.values() if bought.problem]
        message += [each.terms.message for each in self.outcomes.values() if isinstance(each.terms, NotInForce)]
        return tuple(dict.fromkeys(message))

    def _rules(self, day: date) -> HourRules:
        return hour_rules(agreement=self.agreement, day=day, known_on=self.known_on)


def hour_ledger(
    *, agreement: AgreementTerms, purchases: Iterable[Purchase], work: Iterable[Work], known_on: date
) -> HourLedger:
    """Return what becomes of every purchase and every hour of work, as known on a day (paragraphs 1 and 2).

    A purchase first covers hours that wait for a block, oldest first, on the day of the purchase; the rest fills the
    balance. Work draws from the balance. What is left of it is bought by the hour where hourly prices are open on that
    day, after the blocks that this very entry completed are counted, and waits for a block otherwise. The day of the
    work decides: hours that wait stay waiting when hourly prices open later, and hourly hours stay hourly when a block
    is bought later. Work on a service that the annual price includes takes nothing, whoever recorded it (note 1).
    Prices and conditions are those in force on the day of the purchase or work. Raises ValueError for
    a key that is used twice, negative hours or a purchase of less than one block.
    """
    pool = _Pool(cache(lambda day: hour_rules(agreement=agreement, day=day, known_on=known_on)))
    events: list[tuple[date, int, int, Purchase | Work]] = [
        *((purchase.bought_on, 0, purchase.key, purchase) for purchase in purchases),
        *((entry.worked_on, 1, entry.key, entry) for entry in work),
    ]
    for _day, is_work, _key, event in sorted(events, key=lambda event: event[:3]):
        if is_work:
            pool.take(event)
        else:
            pool.buy(event)
    return pool.ledger(agreement, known_on)


@dataclass
class _Entry:
    """A work entry on its way through the pool."""

    work: Work
    rules: HourRules
    prepaid: Decimal = ZERO
    hourly: Decimal = ZERO
    billed: Decimal = ZERO
    waiting: Decimal = ZERO
    opened_by: tuple[Opening, ...] = ()
    before: Together = NOTHING_BEFORE
    included: str = ""

    def outcome(self) -> HourlyWork:
        return HourlyWork(
            self.work,
            self.rules.terms,
            self.rules.readings.minimum,
            self.prepaid,
            self.hourly,
            self.billed,
            self.waiting,
            self.opened_by,
            self.before,
            self.included,
        )


@dataclass
class _OpenBlock:
    """A block on its way from the purchase to its last hour."""

    purchase: Purchase
    hours: Decimal
    used: Decimal = ZERO
    completed_on: date | None = None


class _Minimum:
    """The minimum charge, entry by entry in their order; the hourly work of one month may share one."""

    def __init__(self):
        self.months: dict[DaySpan, Together] = {}

    def before(self, rules: HourRules) -> Together:
        """Return the hourly work so far with which the next entry would share its minimum."""
        if rules.readings.minimum is Minimum.PER_ENTRY:
            return NOTHING_BEFORE
        return self.months.get(rules.month, NOTHING_BEFORE)

    def billed(self, rules: HourRules, *, prepaid: Decimal, hourly: Decimal) -> Decimal:
        """Return the hours charged for an entry. A month's later entry never changes what an earlier one is charged."""
        if rules.readings.minimum is Minimum.PER_ENTRY:
            return billed_hours(prices=rules.prices, prepaid=prepaid, hourly=hourly)
        before = self.before(rules)
        billed = billed_hours(prices=rules.prices, prepaid=prepaid, hourly=hourly, before=before)
        self.months[rules.month] = Together(before.prepaid + prepaid, before.hourly + hourly, before.billed + billed)
        return billed


class _Pool:
    """The blocks, balance and waiting hours while the events are taken one after the other."""

    def __init__(self, rules: Callable[[date], HourRules]):
        self.rules = rules
        self.blocks: list[_OpenBlock] = []
        self.current = 0
        self.days = BlockDays([], [])
        self.balance = self.waiting_hours = ZERO
        self.purchases: dict[int, BoughtBlocks] = {}
        self.entries: dict[int, _Entry] = {}
        self.waiting: deque[_Entry] = deque()
        self.minimum = _Minimum()
        self.rows: list[LedgerRow] = []

    def buy(self, purchase: Purchase) -> None:
        if purchase.key in self.purchases:
            raise ValueError(f"Two purchases have the key {purchase.key}.")
        if purchase.blocks < 1:
            raise ValueError(f"Purchase {purchase.key} is of {purchase.blocks} blocks.")
        day, rules = purchase.bought_on, self.rules(purchase.bought_on)
        if rules.block_problem:
            self.purchases[purchase.key] = BoughtBlocks(purchase, rules.terms, problem=rules.block_problem)
            self._record(day, Movement.NOT_IN_FORCE, ZERO, purchase=purchase)
            return
        first, each = len(self.blocks) + 1, ZERO + rules.prices.block_hours
        self.blocks += [_OpenBlock(purchase, each) for _ in range(purchase.blocks)]
        self.days.bought.extend([day] * purchase.blocks)
        hours, waited = each * purchase.blocks, self.waiting_hours
        self.balance += hours
        last = len(self.blocks)
        self._record(day, Movement.BOUGHT, hours, purchase=purchase, block=first, last_block=last)
        self._cover_waiting(day)
        covered = waited - self.waiting_hours
        self.purchases[purchase.key] = BoughtBlocks(purchase, rules.terms, first, last, hours, covered)

    def _cover_waiting(self, day: date) -> None:
        while self.balance and self.waiting:
            entry = self.waiting[0]
            self._draw(day, entry, min(entry.waiting, self.balance), Movement.COVERED)
            if not entry.waiting:
                self.waiting.popleft()

    def take(self, work: Work) -> None:
        if work.key in self.entries:
            raise ValueError(f"Two work entries have the key {work.key}.")
        if work.hours < 0:
            raise ValueError(f"Work entry {work.key} has {work.hours} hours.")
        day, rules = work.worked_on, self.rules(work.worked_on)
        entry = self.entries[work.key] = _Entry(work, rules)
        if isinstance(rules.terms, NotInForce):
            entry.waiting = ZERO + work.hours
            self._record(day, Movement.NOT_IN_FORCE, entry.waiting, work=work)
            return
        if refused := included_service_refusal(schedule=rules.terms.schedule, service=work.service):
            entry.included = refused.message
            self._record(day, Movement.INCLUDED, ZERO + work.hours, work=work)
            return
        prepaid = min(work.hours, self.balance)
        self._draw(day, entry, prepaid, Movement.USED)
        rest = ZERO + work.hours - prepaid
        if not rest:
            return
        entry.opened_by = rules.opened_by(self.days)
        if entry.opened_by:
            entry.hourly = rest
            entry.before = self.minimum.before(rules)
            entry.billed = self.minimum.billed(rules, prepaid=entry.prepaid, hourly=rest)
            self._record(day, Movement.HOURLY, rest, work=work)
        else:
            entry.waiting = rest
            self.waiting_hours += rest
            self.waiting.append(entry)
            self._record(day, Movement.WAITING, rest, work=work)

    def _draw(self, day: date, entry: _Entry, hours: Decimal, movement: Movement) -> None:
        """Take hours that the balance covers out of the oldest blocks."""
        while hours:
            number, block = self.current + 1, self.blocks[self.current]
            part = min(hours, block.hours - block.used)
            hours -= part
            block.used += part
            self.balance -= part
            entry.prepaid += part
            if movement is Movement.COVERED:
                entry.waiting -= part
                self.waiting_hours -= part
            completes = block.used == block.hours
            if completes:
                block.completed_on = day
                self.days.used_up.append(day)
                self.current += 1
            self._record(day, movement, part, work=entry.work, block=number, completes=completes)

    def _record(self, day: date, movement: Movement, hours: Decimal, **what) -> None:
        self.rows.append(LedgerRow(day, movement, hours, self.balance, self.waiting_hours, **what))

    def ledger(self, agreement: AgreementTerms, known_on: date) -> HourLedger:
        return HourLedger(
            agreement,
            known_on,
            self.purchases,
            {key: entry.outcome() for key, entry in self.entries.items()},
            tuple(
                Block(number, block.purchase, block.hours, block.used, block.completed_on)
                for number, block in enumerate(self.blocks, start=1)
            ),
            tuple(self.rows),
            BlockDays(tuple(self.days.used_up), tuple(self.days.bought)),
        )
