"""What the page of an agreement's hours shows, composed from its ledger: nothing here asks the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.periods import ONE_DAY, AnnualPeriod, DaySpan, annual_periods, day_text
from contracts.terms import expiration_known
from sites.charts.plot import Drawing
from sites.charts.steps import Mark, Step, step_drawing
from sites.hours.entries import LedgerRow, Movement
from sites.hours.ledger import HourLedger
from sites.hours.position import Position
from sites.hours.prices import days_of_change, hours_text
from sites.models import Site, WorkChange

MOST_PERIODS_DRAWN = 3


# ---- one entry -----------------------------------------------------------------------------------------------------

SAID = {
    "site": "Site",
    "worked_on": "Date of the work",
    "service": "Service",
    "hours": "Hours",
    "person": "Person",
    "reference": "Request reference",
}


@dataclass(frozen=True)
class ChangeShown:
    """One change of an entry with what differs: label, before and after, an empty text where nothing was said."""

    change: WorkChange
    differences: tuple[tuple[str, str, str], ...]


def changes_shown(*, changes: Iterable[WorkChange]) -> tuple[ChangeShown, ...]:
    """Return the changes of an entry with the values that differ, in the order in which they come."""
    return tuple(
        ChangeShown(
            change,
            tuple(
                (label, _shown(name, change.before[name]), _shown(name, change.after[name]))
                for name, label in SAID.items()
                if change.before[name] != change.after[name]
            ),
        )
        for change in changes
    )


def _shown(name: str, value: str) -> str:
    return day_text(date.fromisoformat(value)) if name == "worked_on" else value


# ---- the ledger ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LedgerLine:
    """One movement as the ledger shows it: `entry` is the key of the work entry it belongs to."""

    row: LedgerRow
    what: str
    entry: int | None
    purchase: int | None
    blocks: str
    hourly: Decimal | None

    @property
    def waits(self) -> bool:
        """Whether the hours of the row need something before they can be billed."""
        return self.row.movement in (Movement.WAITING, Movement.NOT_IN_FORCE)


def ledger_lines(*, rows: Sequence[LedgerRow], sites: Mapping[int, Site]) -> tuple[LedgerLine, ...]:
    """Return rows of the ledger with what they are about."""
    return tuple(
        LedgerLine(
            row=row,
            what=_what(row, sites),
            entry=row.work.key if row.work else None,
            purchase=row.purchase.key if row.purchase else None,
            blocks=_blocks(row),
            hourly=row.hours if row.movement is Movement.HOURLY else None,
        )
        for row in rows
    )


def _what(row: LedgerRow, sites: Mapping[int, Site]) -> str:
    if row.work is None:
        return ""
    parts = [sites[row.work.site_key], row.work.service, row.work.person, row.work.reference]
    message = ", ".join(str(part) for part in parts if part)
    return f"{message} (work of {day_text(row.work.worked_on)})" if row.movement is Movement.COVERED else message


def _blocks(row: LedgerRow) -> str:
    if row.block is None:
        return ""
    numbers = f"{row.block}" if row.last_block in (None, row.block) else f"{row.block}–{row.last_block}"
    return f"{numbers}, completed" if row.completes else numbers


@dataclass(frozen=True)
class PeriodTab:
    """One annual period of the ledger, and how many movements it has."""

    period: AnnualPeriod
    rows: int


def period_tabs(*, ledger: HourLedger, on: date) -> tuple[PeriodTab, ...]:
    """Return the annual periods that have begun or hold a movement, latest first."""
    through = max([on, *(row.day for row in ledger.rows[-1:])])
    periods = annual_periods(
        first_period_starts_on=ledger.agreement.first_period_starts_on, through=through, expires_on=_expiration(ledger)
    )
    return tuple(PeriodTab(period, len(rows_of(ledger=ledger, span=period.span))) for period in periods)[::-1]


def rows_of(*, ledger: HourLedger, span: DaySpan | None) -> Sequence[LedgerRow]:
    """Return the rows of a span, or all of them, latest first."""
    rows = ledger.rows if span is None else [row for row in ledger.rows if row.day in span]
    return rows[::-1]


# ---- the picture ---------------------------------------------------------------------------------------------------


def balance_drawing(*, position: Position, span: DaySpan, today: date) -> Drawing | None:
    """Return the balance over a span as a picture, through today; None where nothing was bought."""
    ledger = position.ledger
    if not ledger.blocks:
        return None
    until = min(max([today, *(row.day for row in ledger.rows[-1:])]), span.last_day)
    open_spans = tuple(hourly_spans(ledger=ledger, span=span))
    return step_drawing(
        title=f"Prepaid hours left, {day_text(span.first_day)} to {day_text(span.last_day)}",
        summary=_summary(position, open_spans),
        span=span,
        steps=[Step(ledger.agreement.first_period_starts_on, Decimal(0)), *_steps(ledger)],
        what="Prepaid hours left",
        until=until,
        shaded=open_spans,
        shaded_as="Hourly prices open",
        marks=list(_purchases(ledger)),
        marked_as="Blocks bought",
        now=position.on,
    )


def _summary(position: Position, open_spans: Sequence[DaySpan]) -> str:
    message = f"On {day_text(position.on)} {hours_text(position.balance)} are left."
    spans = "; ".join(f"{day_text(one.first_day)} to {day_text(one.last_day)}" for one in open_spans)
    return (
        f"{message} Hourly prices are open {spans}." if spans else f"{message} Hourly prices are not open at any time."
    )


def drawn_span(*, ledger: HourLedger, on: date) -> DaySpan:
    """Return the days that the picture shows: the term, or of a long one the last annual periods begun on a day."""
    agreement, expires_on = ledger.agreement, _expiration(ledger)
    begun = max(on, agreement.first_period_starts_on)
    periods = [
        period.span
        for period in annual_periods(
            first_period_starts_on=agreement.first_period_starts_on, through=expires_on or begun, expires_on=expires_on
        )
    ]
    if len(periods) > MOST_PERIODS_DRAWN:
        periods = [span for span in periods if span.first_day <= begun][-MOST_PERIODS_DRAWN:]
    return DaySpan(periods[0].first_day, periods[-1].last_day)


def _expiration(ledger: HourLedger) -> date | None:
    expires_on, _source = expiration_known(agreement=ledger.agreement, known_on=ledger.known_on)
    return expires_on


def _steps(ledger: HourLedger) -> Iterator[Step]:
    """The balance at the end of every day on which it moved."""
    last = {row.day: row.balance for row in ledger.rows}
    yield from (Step(day, balance) for day, balance in last.items())


def _purchases(ledger: HourLedger) -> Iterator[Mark]:
    blocks: dict[date, int] = {}
    for block in ledger.blocks:
        blocks[block.purchase.bought_on] = blocks.get(block.purchase.bought_on, 0) + 1
    yield from (Mark(day, f"+{number}") for day, number in blocks.items())


def hourly_spans(*, ledger: HourLedger, span: DaySpan) -> Iterator[DaySpan]:
    """Yield the days of a span on which hourly prices are open, as known by now."""
    first = None
    expires_on = _expiration(ledger)
    days = days_of_change(agreement=ledger.agreement, blocks=ledger.block_days, span=span)
    days |= {expires_on + ONE_DAY} if expires_on else set()
    for day in (*sorted(days), span.last_day + ONE_DAY):
        opened = day in span and ledger.hourly_on(day).open
        if opened and first is None:
            first = day
        elif not opened and first is not None:
            yield DaySpan(first, day - ONE_DAY)
            first = None


@dataclass(frozen=True)
class MonthEnd:
    """The balance at the end of one month, for readers of figures."""

    day: date
    balance: Decimal
    waiting: Decimal


def month_ends(*, ledger: HourLedger, span: DaySpan, today: date) -> tuple[MonthEnd, ...]:
    """Return the balance at the end of every month of the annual periods of a span through today."""
    days = [
        month.last_day
        for period in annual_periods(
            first_period_starts_on=ledger.agreement.first_period_starts_on, through=span.last_day, expires_on=None
        )
        for month in period.months()
        if month.last_day in span and month.last_day <= today
    ]
    return tuple(MonthEnd(day, ledger.balance_on(day), ledger.waiting_on(day)) for day in days)
