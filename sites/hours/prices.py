"""What hours cost, in blocks and by the hour, and when hourly prices are open (paragraphs 1 and 2 of the hours).

Prices and conditions are those of the schedule in force on the day, and an agreement may read the clause another way
from some day on: nothing here is remembered from one day to the next.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from contracts.money import ZERO, cents, money_text, unit_like
from contracts.periods import DaySpan, annual_periods, day_text
from contracts.readings import BlockCompletion, BlockCount, Readings
from contracts.schedule import HourPrices
from contracts.terms import AgreementTerms, NotInForce, TermsFound, expiration_known, terms_on
from contracts.wording import plural

ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)


class PriceNotStated(ValueError):
    """The schedule in force states no such price; enter it by an amendment before asking for it."""


def hours_text(hours: Decimal) -> str:
    """Write hours as a reader expects them: `1,501.00 h`."""
    return f"{hours:,.2f} h"


def blocks_amount(*, prices: HourPrices, blocks: int) -> Decimal:
    """Return what a whole number of prepaid blocks costs. Raises PriceNotStated without a block price (paragraph 1)."""
    if prices.block_price is None:
        raise PriceNotStated("The price schedule states no price for a block of hours.")
    return prices.block_price * blocks


def hourly_amount(*, prices: HourPrices, hours: Decimal) -> Decimal:
    """Return what hours bought as incurred cost: none for none, otherwise at least the minimum (paragraph 2).

    Raises PriceNotStated without an hourly price.
    """
    if prices.hourly_price is None:
        raise PriceNotStated("The price schedule states no hourly price.")
    billed = billed_hours(prices=prices, prepaid=ZERO, hourly=hours)
    return cents(prices.hourly_price * billed, unit_like(prices.hourly_price))


@dataclass(frozen=True)
class Together:
    """The hourly work that shares one minimum so far: hours from blocks, hours by the hour, hours charged for these."""

    prepaid: Decimal = ZERO
    hourly: Decimal = ZERO
    billed: Decimal = ZERO


NOTHING_BEFORE = Together()


def billed_hours(
    *, prices: HourPrices, prepaid: Decimal, hourly: Decimal, before: Together = NOTHING_BEFORE
) -> Decimal:
    """Return the hours charged for the hourly part of one work entry, after the minimum (paragraph 2).

    The minimum belongs to hourly purchases alone: an entry without hourly hours is charged nothing. An entry that a
    block covers in part is tested as a whole: 0.40 h prepaid and 0.10 h by the hour are topped up to one hour, of which
    0.60 h are charged. `before` is the hourly work with which the entry shares a minimum: it is charged what all of it
    comes to, less what was charged before, and never less than nothing.
    """
    if not hourly:
        return ZERO
    missing = (prices.minimum_hours or ZERO) - before.prepaid - prepaid
    return max(max(before.hourly + hourly, missing) - before.billed, ZERO)


@dataclass(frozen=True)
class BothWays:
    """What the same hours cost in blocks and by the hour; a price that the schedule does not state is None."""

    hours: Decimal
    blocks: int | None
    blocks_amount: Decimal | None
    hourly_amount: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """By how much blocks are dearer; negative where they are cheaper."""
        if self.blocks_amount is None or self.hourly_amount is None:
            return None
        return self.blocks_amount - self.hourly_amount

    @property
    def sentence(self) -> str:
        prices, missing = [], []
        if self.blocks_amount is None:
            missing.append("no block of hours")
        else:
            prices.append(f"{money_text(self.blocks_amount)} in {blocks_text(self.blocks)}")
        if self.hourly_amount is None:
            missing.append("no hourly price")
        else:
            prices.append(f"{money_text(self.hourly_amount)} by the hour")
        message = f"{hours_text(self.hours)} cost {' and '.join(prices)}." if prices else ""
        unsaid = f"The price schedule states {' and '.join(missing)}." if missing else ""
        return f"{message} {unsaid}".strip()


def blocks_text(blocks: int) -> str:
    """Write a number of blocks: `1 block`, `2 blocks`."""
    return plural(blocks, "block")


def both_ways(*, prices: HourPrices, hours: Decimal, billed: Decimal | None = None) -> BothWays:
    """Return what hours cost in whole blocks and what they would cost by the hour (paragraphs 1 and 2).

    `billed` is the hours charged by the hour where they are several entries with a minimum each; without it they are
    one purchase. 1,501 h are two blocks at 243,000.00, or 121,581.00 by the hour.
    """
    blocks = in_blocks = by_the_hour = None
    if prices.block_hours and prices.block_price is not None:
        full, rest = divmod(hours, prices.block_hours)
        blocks = int(full) + (1 if rest else 0)
        in_blocks = blocks_amount(prices=prices, blocks=blocks)
    if prices.hourly_price is not None:
        charged = billed_hours(prices=prices, prepaid=ZERO, hourly=hours) if billed is None else billed
        by_the_hour = cents(prices.hourly_price * charged, unit_like(prices.hourly_price))
    return BothWays(ZERO + hours, blocks, in_blocks, by_the_hour)


class Opening(StrEnum):
    """What opens hourly prices."""

    BLOCKS_COMPLETED = "blocks-completed"
    MONTH_REACHED = "month-reached"


@dataclass(frozen=True)
class BlockDays:
    """The days on which blocks had their last hour used, and those on which blocks were bought, each in order."""

    used_up: Sequence[date] = ()
    bought: Sequence[date] = ()


@dataclass(frozen=True)
class HourRules:
    """What governs hours on one day: terms, readings and the place of the day in its annual period.

    On a day without terms in force there are no prices: `period` and `month` are None and nothing is open.
    """

    day: date
    terms: TermsFound | NotInForce
    readings: Readings
    counted_from: date
    period: DaySpan | None = None
    month: DaySpan | None = None
    opens_on: date | None = None

    @property
    def prices(self) -> HourPrices:
        """The prices of the schedule in force; every one is None without terms."""
        return self.terms.schedule.hours if isinstance(self.terms, TermsFound) else HourPrices()

    @property
    def block_problem(self) -> str:
        """Why no block can be bought on the day; empty where one can."""
        if self.prices.block_hours and self.prices.block_price is not None:
            return ""
        return self._not_stated("states no block of hours")

    @property
    def hourly_problem(self) -> str:
        """Why hourly prices cannot be open on the day, whatever was done before; empty where they can be."""
        prices = self.prices
        if prices.hourly_price is None:
            return self._not_stated("states no hourly price")
        if prices.opens_after_blocks is None and prices.opens_in_month is None:
            return self._not_stated("does not say when hourly prices open")
        return ""

    def _not_stated(self, what: str) -> str:
        if isinstance(self.terms, NotInForce):
            return self.terms.message
        return f"The price schedule in force ({self.terms.schedule_source}) {what}. Enter it by an amendment."

    def count(self, blocks: BlockDays) -> int:
        """Return how many blocks count as completed on the day, in the time over which they are counted."""
        purchased = self.readings.block_completion is BlockCompletion.PURCHASED
        days = blocks.bought if purchased else blocks.used_up
        return bisect_right(days, self.day) - bisect_left(days, self.counted_from)

    def opened_by(self, blocks: BlockDays) -> tuple[Opening, ...]:
        """Return what has opened hourly prices on the day, nothing while they are closed (paragraph 2)."""
        if self.hourly_problem:
            return ()
        needed = self.prices.opens_after_blocks
        opened = []
        if needed is not None and self.count(blocks) >= needed:
            opened.append(Opening.BLOCKS_COMPLETED)
        if self.opens_on is not None and self.day >= self.opens_on:
            opened.append(Opening.MONTH_REACHED)
        return tuple(opened)


def hour_rules(*, agreement: AgreementTerms, day: date, known_on: date) -> HourRules:
    """Return what governs hours on a day, as known on a day (paragraphs 1 and 2; clauses 1 to 3).

    An amendment may change prices and conditions, and another reading may apply, from one day to the next. The annual
    period ends with the term where that comes first, and with it the month in which hourly prices open by date.
    """
    readings = _readings(agreement, day)
    terms = terms_on(agreement=agreement, service_on=day, known_on=known_on)
    if isinstance(terms, NotInForce):
        return HourRules(day, terms, readings, counted_from=agreement.first_period_starts_on)
    expires_on, _source = expiration_known(agreement=agreement, known_on=known_on)
    full = terms.period.full_span
    last_day = full.last_day if expires_on is None else max(day, min(full.last_day, expires_on))
    months = terms.period.months()
    opens_in = terms.schedule.hours.opens_in_month
    opens_on = months[opens_in - 1].first_day if opens_in else None
    whole_term = readings.block_count is BlockCount.WHOLE_TERM
    return HourRules(
        day,
        terms,
        readings,
        counted_from=agreement.first_period_starts_on if whole_term else full.first_day,
        period=DaySpan(full.first_day, last_day),
        month=next(month for month in months if day in month),
        opens_on=opens_on if opens_on and opens_on <= last_day else None,
    )


def _readings(agreement: AgreementTerms, day: date) -> Readings:
    """The only place that asks how a clause is read: the day itself decides, not the start of its annual period."""
    return agreement.readings_on(day)


@dataclass(frozen=True)
class HourlyStatus:
    """Whether hours can be bought by the hour on a day, since when, why and until when.

    `completed` counts blocks over the time in which they are counted, `needed` is how many open hourly prices, and
    `opens_on` the day on which this annual period opens them at the latest. `problem` says why the question has no
    answer on a day without terms or prices.
    """

    day: date
    open: bool
    reasons: tuple[Opening, ...] = ()
    since: date | None = None
    until: date | None = None
    completed: int = 0
    needed: int | None = None
    opens_on: date | None = None
    month: int | None = None
    problem: str = ""

    @property
    def sentence(self) -> str:
        if self.problem:
            return self.problem
        if self.open:
            until = f" to {day_text(self.until)}" if self.until else " on"
            reasons = " and ".join(self._reason(reason) for reason in self.reasons)
            return f"Hourly prices are open from {day_text(self.since)}{until}: {reasons}."
        message = [f"Hourly prices are closed on {day_text(self.day)}"]
        if self.needed is not None:
            message.append(f": {self.completed} of {blocks_text(self.needed)} completed")
        if self.opens_on:
            message.append(
                f". They open on {day_text(self.opens_on)}{' at the latest' if self.needed is not None else ''}"
            )
        elif self.month is not None:
            message.append(f". The annual period ends before its {ORDINALS[self.month - 1]} month")
        return "".join(message) + "."

    def _reason(self, reason: Opening) -> str:
        if reason is Opening.BLOCKS_COMPLETED:
            return f"{blocks_text(self.completed)} completed ({self.needed} needed)"
        return f"the {ORDINALS[self.month - 1]} month of the annual period has begun"


def hourly_status(*, agreement: AgreementTerms, day: date, known_on: date, blocks: BlockDays) -> HourlyStatus:
    """Return whether hourly prices are open at the end of a day, with everything that explains it (paragraph 2).

    They open when enough blocks are completed or on the first day of a certain month of the annual period, and close
    with the annual period. Where completed blocks are counted over the whole term, they stay open to the expiration.
    """
    rules = hour_rules(agreement=agreement, day=day, known_on=known_on)
    reasons = rules.opened_by(blocks)
    known = {
        "completed": rules.count(blocks),
        "needed": rules.prices.opens_after_blocks,
        "opens_on": rules.opens_on,
        "month": rules.prices.opens_in_month,
        "problem": rules.hourly_problem,
    }
    if not reasons:
        return HourlyStatus(day, False, **known)
    since = _open_since(agreement, rules, blocks, known_on)
    return HourlyStatus(day, True, reasons, since, _open_until(agreement, rules, reasons, known_on), **known)


def _open_since(agreement: AgreementTerms, rules: HourRules, blocks: BlockDays, known_on: date) -> date:
    """The first of the open days that reach the day without a closed one, in the time in which blocks are counted."""
    since = rules.day
    days = days_of_change(agreement=agreement, blocks=blocks, span=DaySpan(rules.counted_from, rules.day))
    for day in sorted(days, reverse=True):
        if not hour_rules(agreement=agreement, day=day, known_on=known_on).opened_by(blocks):
            break
        since = day
    return since


def days_of_change(*, agreement: AgreementTerms, blocks: BlockDays, span: DaySpan) -> set[date]:
    """Return the days of a span on which hourly prices may open or close within the term; between, nothing moves."""
    days = {span.first_day, *blocks.used_up, *blocks.bought}
    days |= {amendment.effective_on for amendment in agreement.amendments}
    days |= {first_day for first_day, _readings in agreement.later_readings}
    for period in annual_periods(
        first_period_starts_on=agreement.first_period_starts_on, through=span.last_day, expires_on=None
    ):
        days |= {month.first_day for month in period.months()}
    return {day for day in days if day in span}


def _open_until(agreement: AgreementTerms, rules: HourRules, reasons: Sequence[Opening], known_on: date) -> date | None:
    if Opening.BLOCKS_COMPLETED in reasons and rules.readings.block_count is BlockCount.WHOLE_TERM:
        expires_on, _source = expiration_known(agreement=agreement, known_on=known_on)
        return expires_on
    return rules.period.last_day


def block_warning(*, status: HourlyStatus, prices: HourPrices, hours: Decimal | None = None) -> str | None:
    """Return a warning that a new block is not cheaper than hours bought as incurred, or None where it may be.

    It is given from the month on in which hourly prices are open by date. `hours` are those that the blocks are to
    cover; without them a block that is used to its last hour is compared, and one hour more serves as the example.
    Hours that wait for a block need one all the same: the day of their work decides (paragraph 2).
    """
    if Opening.MONTH_REACHED not in status.reasons or not prices.block_hours:
        return None
    compared = both_ways(prices=prices, hours=Decimal(prices.block_hours) if hours is None else hours)
    if compared.difference is None or compared.difference < 0:
        return None
    shown = both_ways(prices=prices, hours=Decimal(prices.block_hours + 1)) if hours is None else compared
    message = f"Hourly prices are open to {day_text(status.until)}" if status.until else "Hourly prices are open"
    return f"{message}: a new block is not cheaper. {shown.sentence}"
