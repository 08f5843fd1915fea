"""Limits over time: which ones to hold a component's counts against, and when each was reached (Appendix A, table)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from contracts.periods import ONE_DAY, DaySpan, Month
from contracts.schedule import Component, Level, LimitKind, Schedule


@dataclass(frozen=True)
class Counted:
    """The quantity of a component counted on a day."""

    day: date
    quantity: int


@dataclass(frozen=True)
class LimitLine:
    """A limit that stands for some days: its figure, and the level that it belongs to.

    `charged` is the limit of the level that is charged; the others are those above it. At a `single` one the source
    states a number, as in "1": being at it says nothing, only being above it does.
    """

    span: DaySpan
    upper: int
    level: str
    charged: bool = True
    single: bool = False

    @property
    def label(self) -> str:
        """The figure and the level: `15 Very Small`."""
        return f"{self.upper} {self.level}"


@dataclass(frozen=True)
class Reached:
    """When the limit of a charged level was reached: the first count at it or above it, and the first one above it."""

    line: LimitLine
    at: Counted | None
    above: Counted | None


@dataclass(frozen=True)
class Trend:
    """A straight line through counts, from a day and value to a later one, and what stands at its end."""

    first_day: date
    first_value: Fraction
    last_day: date
    last_value: Fraction
    label: str

    def on(self, day: date) -> Fraction:
        """Return the value of the line on a day, 0 where it would lie below."""
        rise = (self.last_value - self.first_value) / (self.last_day - self.first_day).days
        return max(self.first_value + rise * (day - self.first_day).days, Fraction(0))


def limit_lines(
    *, schedule: Schedule, level: Level | None, component: Component, span: DaySpan, highest: int | None
) -> tuple[LimitLine, ...]:
    """Return the limits of a component to draw for some days: that of the charged level, and the next one above it.

    `highest` is the highest count drawn. Where it is above the next limit, the lowest limit that holds it is drawn as
    well, or the last one stated. Without a charged level only that one is drawn; a blank cell of the source is no line.
    """
    code = component.code
    ordered = [row for row in sorted(schedule.levels, key=lambda row: row.rank) if row.limit(code).upper is not None]
    lines, floor, rank = [], -1, -1
    if level is not None and level.limit(code).upper is not None:
        floor, rank = level.limit(code).upper, level.rank
        lines.append(LimitLine(span, floor, level.name, True, _single(level, code)))
    elif level is not None:
        return ()
    higher = [row for row in ordered if row.rank > rank and row.limit(code).upper > floor]
    chosen = higher[:1] if lines else []
    if highest is not None and highest > floor and higher:
        holding = next((row for row in higher if row.limit(code).upper >= highest), higher[-1])
        chosen += [holding] if holding not in chosen else []
    return (*lines, *(LimitLine(span, row.limit(code).upper, row.name, False, _single(row, code)) for row in chosen))


def _single(level: Level, code: str) -> bool:
    return level.limit(code).kind is LimitKind.NUMBER


def joined(lines: Iterable[LimitLine]) -> tuple[LimitLine, ...]:
    """Return limits with those that follow one another unchanged as one: a level that goes on is one line."""
    done: list[LimitLine] = []
    for line in sorted(lines, key=lambda line: (not line.charged, line.upper, line.level, line.span.first_day)):
        last = done[-1] if done else None
        same = last is not None and replace(line, span=last.span) == last
        if same and last.span.last_day + ONE_DAY >= line.span.first_day:
            done[-1] = replace(last, span=DaySpan(last.span.first_day, max(last.span.last_day, line.span.last_day)))
        else:
            done.append(line)
    return tuple(sorted(done, key=lambda line: (line.span.first_day, not line.charged, line.upper)))


def days_reached(*, counts: Sequence[Counted], limits: Iterable[LimitLine]) -> tuple[Reached, ...]:
    """Return, for each limit of a charged level, the first count at it and the first one above it (Appendix A, table).

    A limit that begins later is tried from the count that holds on its first day. A single figure, as in "1", is
    reached by the installation and so only by a count above it.
    """
    found = []
    for line in joined(limits):
        if not line.charged:
            continue
        before = [count for count in counts if count.day <= line.span.first_day][-1:]
        tried = [*before, *(count for count in counts if line.span.first_day < count.day <= line.span.last_day)]
        above = next((count for count in tried if count.quantity > line.upper), None)
        at = above if line.single else next((count for count in tried if count.quantity >= line.upper), None)
        found.append(Reached(line, at, above))
    return tuple(found)


def carried_from(*, counted_on: date, until: date) -> date | None:
    """Return the day from which a count is only carried on, or None where it is followed in time.

    `until` is the last day for which the count stands. A count of March stands by itself to the end of March; it is
    carried on from the first of April where April, too, ends without another one.
    """
    following = Month.of(counted_on).following()
    return following.span.first_day if until >= following.span.last_day else None


@dataclass(frozen=True)
class Stretch:
    """Days for which one count stands, and the day from which it is carried on."""

    count: Counted
    first_day: date
    last_day: date
    carried_from: date | None


def stretches_of(counts: Sequence[Counted], span: DaySpan, through: date) -> list[Stretch]:
    """Return the days of a span for which each count stands, the last one through a day.

    A count from before the span stands from its first day. Raises ValueError for counts out of order.
    """
    if any(later.day <= count.day for count, later in pairwise(counts)):
        raise ValueError("The counts are not in the order of their days, or two of them share one.")
    last = min(through, span.last_day)
    shown = [count for count in counts if count.day <= last]
    stretches = []
    for count, later in zip(shown, (*shown, None)[1:], strict=True):
        until = later.day - ONE_DAY if later else last
        if until < span.first_day:
            continue
        carried = carried_from(counted_on=count.day, until=until)
        if carried is not None and later is not None and Month.of(count.day).following() == Month.of(later.day):
            carried = None
        stretches.append(Stretch(count, max(count.day, span.first_day), until, carried))
    return stretches
