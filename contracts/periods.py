"""Days, months and annual periods: the only date arithmetic.

Dates are plain dates; a span includes both its ends, and an open end is None.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import pairwise

from contracts.readings import ReviewDay

ONE_DAY = timedelta(days=1)
MONTHS_A_YEAR = 12


def day_text(day: date) -> str:
    """Print a date that no reader can take for another one: `1 October 1998`."""
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def add_months(anchor: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day where it has no such day (31 Jan + 1 = 28 Feb)."""
    year, month0 = divmod(anchor.year * MONTHS_A_YEAR + anchor.month - 1 + months, MONTHS_A_YEAR)
    last = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(anchor.day, last))


@dataclass(frozen=True, order=True)
class DaySpan:
    """Consecutive days, both ends included. Raises ValueError when the last day is before the first."""

    first_day: date
    last_day: date

    def __post_init__(self):
        if self.last_day < self.first_day:
            raise ValueError(f"{self.last_day} is before {self.first_day}.")

    @property
    def days(self) -> int:
        """Number of days, both ends counted."""
        return (self.last_day - self.first_day).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def overlap(self, first_day: date | None, last_day: date | None) -> "DaySpan | None":
        """Return the days shared with another span, whose ends may be open (None), or None when there are none."""
        first = self.first_day if first_day is None else max(self.first_day, first_day)
        last = self.last_day if last_day is None else min(self.last_day, last_day)
        return DaySpan(first, last) if first <= last else None

    def __str__(self) -> str:
        """`October 1998` for a whole calendar month, otherwise both dates."""
        month_end = calendar.monthrange(self.first_day.year, self.first_day.month)[1]
        if self.first_day.day == 1 and self.last_day == self.first_day.replace(day=month_end):
            return f"{calendar.month_name[self.first_day.month]} {self.first_day.year}"
        return f"{day_text(self.first_day)} to {day_text(self.last_day)}"


@dataclass(frozen=True)
class Month:
    """A calendar month."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """Return the calendar month in which a day lies."""
        return cls(day.year, day.month)

    @classmethod
    def numbered(cls, number: int) -> "Month":
        """Return the month of a `number`."""
        year, month0 = divmod(number, MONTHS_A_YEAR)
        return cls(year, month0 + 1)

    @property
    def number(self) -> int:
        """Its place among all months: that of the following one is one more."""
        return self.year * MONTHS_A_YEAR + self.month - 1

    @cached_property
    def span(self) -> DaySpan:
        """Its days."""
        last = calendar.monthrange(self.year, self.month)[1]
        return DaySpan(date(self.year, self.month, 1), date(self.year, self.month, last))

    def following(self) -> "Month":
        return Month.of(self.span.last_day + ONE_DAY)

    def __str__(self) -> str:
        return f"{calendar.month_name[self.month]} {self.year}"


@dataclass(frozen=True)
class AnnualPeriod:
    """One annual period of an agreement, cut at the agreement's expiration where that comes first."""

    number: int
    span: DaySpan
    full_span: DaySpan
    anchor: date

    @property
    def truncated(self) -> bool:
        """Whether the agreement ends before the period would."""
        return self.span != self.full_span

    def months(self) -> tuple[DaySpan, ...]:
        """Return the twelve months of the full period, counted from its own first day."""
        return self.parts(MONTHS_A_YEAR)

    def parts(self, of: int) -> tuple[DaySpan, ...]:
        """Return the full period in 1, 2, 3, 4, 6 or 12 parts of equally many months, each counted from the anchor."""
        return _parts(self.anchor, self.number, of)

    def __str__(self) -> str:
        return f"Annual period {self.number} ({day_text(self.span.first_day)} to {day_text(self.span.last_day)})"


@lru_cache(maxsize=256)
def _parts(anchor: date, number: int, of: int) -> tuple[DaySpan, ...]:
    """Remembered, since every site of an agreement asks for the same ones."""
    elapsed = MONTHS_A_YEAR * (number - 1)
    starts = [add_months(anchor, elapsed + MONTHS_A_YEAR // of * part) for part in range(of + 1)]
    return tuple(DaySpan(first, after - ONE_DAY) for first, after in pairwise(starts))


class OutsideTerm(StrEnum):
    """Why a day belongs to no annual period."""

    BEFORE_FIRST_PERIOD = "before the first annual period"
    AFTER_EXPIRATION = "after the expiration"


@lru_cache(maxsize=1024)
def annual_period(*, number: int, first_period_starts_on: date, expires_on: date | None) -> AnnualPeriod | OutsideTerm:
    """Return the annual period of that number, or why there is none.

    Each start is counted from the first period's start, so an anchor of 29 February comes back every fourth year
    (Appendix A, note 3, gives the reference anchor 1998-10-01).
    """
    if number < 1:
        return OutsideTerm.BEFORE_FIRST_PERIOD
    first = add_months(first_period_starts_on, MONTHS_A_YEAR * (number - 1))
    full = DaySpan(first, add_months(first_period_starts_on, MONTHS_A_YEAR * number) - ONE_DAY)
    span = full.overlap(None, expires_on)
    return AnnualPeriod(number, span, full, first_period_starts_on) if span else OutsideTerm.AFTER_EXPIRATION


def annual_period_on(*, day: date, first_period_starts_on: date, expires_on: date | None) -> AnnualPeriod | OutsideTerm:
    """Return the annual period of a day, or why it has none (Appendix A, note 3; clause 1)."""
    if day < first_period_starts_on:
        return OutsideTerm.BEFORE_FIRST_PERIOD
    if expires_on is not None and day > expires_on:
        return OutsideTerm.AFTER_EXPIRATION
    number = day.year - first_period_starts_on.year + 1
    if day < add_months(first_period_starts_on, MONTHS_A_YEAR * (number - 1)):
        number -= 1
    return annual_period(number=number, first_period_starts_on=first_period_starts_on, expires_on=expires_on)


def annual_periods(*, first_period_starts_on: date, through: date, expires_on: date | None) -> Iterator[AnnualPeriod]:
    """Yield, in order, the annual periods that begin on or before a day and within the term."""
    number = 1
    while True:
        period = annual_period(number=number, first_period_starts_on=first_period_starts_on, expires_on=expires_on)
        if isinstance(period, OutsideTerm) or period.span.first_day > through:
            return
        yield period
        number += 1


def review_due_on(*, period_last_day: date, lead_days: int, reading: ReviewDay) -> date:
    """Return the day on which the renewal review is due: so many calendar days before the period's end (note 3)."""
    counted = lead_days if reading is ReviewDay.DAYS_BEFORE else lead_days - 1
    return period_last_day - timedelta(days=counted)


def extension_days(*, from_expiration: date, to_expiration: date) -> int:
    """Return by how many days an amendment moves the expiration; negative when it shortens the term (clause 1)."""
    return (to_expiration - from_expiration).days
