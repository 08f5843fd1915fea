"""The trend of a component's counts, and the day on which it is expected to pass a limit. Exact; no figure is a guess.

The line is the Theil-Sen one: its slope is the median of the slopes between all pairs of counts, its height the median
of what the counts leave over, so that a single odd count moves neither. Only the counts of the last 365 days are used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from math import lcm

from contracts.wording import signed
from sites.counts.count import Count

DAYS_BACK = 365
FEWEST_COUNTS = 4
SHORTEST_DAYS = 90
RISING_SHARE = Fraction(3, 4)
"""Of the pairs of counts that differ, at least so many must rise, or the counts contradict one another."""
DAYS_AHEAD = 730
DAYS_A_YEAR = 365


class Silent(StrEnum):
    """Why there is no expected day."""

    NO_LIMIT = "no-limit"
    FEW_COUNTS = "few-counts"
    SHORT = "short"
    NOT_RISING = "not-rising"
    CONTRADICTORY = "contradictory"
    AFTER_TERM = "after-term"
    FAR = "far"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Silent.NO_LIMIT: "No limit is stated above the last count.",
    Silent.FEW_COUNTS: f"Fewer than {FEWEST_COUNTS} counts in the last {DAYS_BACK} days.",
    Silent.SHORT: f"The counts of the last {DAYS_BACK} days cover fewer than {SHORTEST_DAYS} days.",
    Silent.NOT_RISING: "The counts do not rise.",
    Silent.CONTRADICTORY: "The counts contradict one another: fewer than three in four of the pairs that differ rise.",
    Silent.AFTER_TERM: "The day would be after the agreement's expiration.",
    Silent.FAR: f"The day would be more than {DAYS_AHEAD} days ahead.",
}


@dataclass(frozen=True)
class Line:
    """A straight line through counts: units a day, and its value on its first day."""

    first_day: date
    value: Fraction
    slope: Fraction

    def on(self, day: date) -> Fraction:
        return self.value + self.slope * (day - self.first_day).days

    def days_until_above(self, limit: int) -> int:
        """Return how many days after its first day a rising line is first above a limit on a whole day."""
        return (limit - self.value) // self.slope + 1

    @property
    def a_year(self) -> str:
        """Units in 365 days, half up to one decimal: `+9.6`."""
        tenths = (abs(self.slope) * DAYS_A_YEAR * 10 + Fraction(1, 2)) // 1
        return signed(Decimal(tenths if self.slope > 0 else -tenths).scaleb(-1))


@dataclass(frozen=True)
class Outlook:
    """When a limit is expected to be passed: the line and the day, or why there is none. `counts` were looked at."""

    limit: int | None
    line: Line | None
    expected_on: date | None
    silent: Silent | None
    counts: int


def line_through(*, counts: Sequence[Count]) -> Line:
    """Return the Theil-Sen line through at least two counts of one component, made on different days.

    Slope: the median of (quantity - quantity) / days over all pairs. Height: the median of quantity - slope x days.
    """
    first_day = min(count.counted_on for count in counts)
    points = [((count.counted_on - first_day).days, count.quantity) for count in counts]
    steps = [(b - a, later - day) for (day, a), (later, b) in combinations(sorted(points), 2)]
    whole = lcm(*(days for _rise, days in steps))
    slope = _median([rise * (whole // days) for rise, days in steps]) / whole
    height = _median([quantity * slope.denominator - slope.numerator * day for day, quantity in points])
    return Line(first_day, height / slope.denominator, slope)


def outlook(*, counts: Sequence[Count], limit: int | None, on: date, expires_on: date | None) -> Outlook:
    """Return when the counts of one component are expected to pass a limit (Appendix A, table).

    Asked on a day, from the counts of the 365 days through it: at least 4 of them, the last at least 90 days after the
    first. The expected day is the first on which the line is above the limit; where it does so already, the day after
    the one asked on. There is none where the line does not rise, where fewer than three in four of the pairs of counts
    that differ rise, or where it would be after the expiration or more than 730 days ahead.
    """
    used = sorted(
        (count for count in counts if on - timedelta(days=DAYS_BACK) < count.counted_on <= on),
        key=lambda count: count.counted_on,
    )
    if len(used) < FEWEST_COUNTS:
        return Outlook(limit, None, None, Silent.FEW_COUNTS, len(used))
    if (used[-1].counted_on - used[0].counted_on).days < SHORTEST_DAYS:
        return Outlook(limit, None, None, Silent.SHORT, len(used))
    line = line_through(counts=used)
    silent = _silent(used, line, limit)
    if silent is not None:
        return Outlook(limit, line, None, silent, len(used))
    tomorrow = (on - line.first_day).days + 1
    days = max(line.days_until_above(limit), tomorrow)
    if expires_on is not None and days > (expires_on - line.first_day).days:
        return Outlook(limit, line, None, Silent.AFTER_TERM, len(used))
    if days >= tomorrow + DAYS_AHEAD:
        return Outlook(limit, line, None, Silent.FAR, len(used))
    return Outlook(limit, line, line.first_day + timedelta(days=days), None, len(used))


def _silent(used: Sequence[Count], line: Line, limit: int | None) -> Silent | None:
    if limit is None:
        return Silent.NO_LIMIT
    if line.slope <= 0:
        return Silent.NOT_RISING
    changes = [later.quantity - count.quantity for count, later in combinations(used, 2)]
    rising, differing = sum(change > 0 for change in changes), sum(change != 0 for change in changes)
    return Silent.CONTRADICTORY if Fraction(rising, differing) < RISING_SHARE else None


def _median(values: Sequence[int]) -> Fraction:
    """The median of whole numbers: of fractions, all over one denominator, it is found many times faster so."""
    ordered, half = sorted(values), len(values) // 2
    return Fraction(ordered[half]) if len(values) % 2 else Fraction(ordered[half - 1] + ordered[half], 2)
