"""What every chart shares: where days and values lie, the axis of months, lines in steps, the drawing as a whole.

The same drawing stands on a page and in a PDF. It needs no colour: every line has its words beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from contracts.periods import DaySpan, Month
from sites.charts.svg import LETTER, NOTHING, Svg, place, shape, stroke, word, written

WIDTH = 960
INTERVALS = (1, 3, 6, 12, 24, 60, 120, 240, 600)
"""How many months those that are named can lie apart."""

Value = int | Decimal | Fraction


@dataclass(frozen=True)
class Drawing:
    """A chart, ready to be written. `title` and `summary` tell what it shows to a reader who cannot see it.

    `unchanged` says in words what needs no drawing, `key` what the strokes mean.
    """

    title: str
    summary: str
    height: int
    shapes: Svg
    unchanged: str = ""
    key: str = ""

    def svg(self, name: str) -> Svg:
        """Return the drawing as SVG; `name` distinguishes it from other charts of the same page."""
        if not self.shapes:
            return NOTHING
        return shape(
            "svg",
            shape("title", f"{self.title}. {self.summary}", id=f"{name}-title"),
            self.shapes,
            class_="chart",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {WIDTH} {self.height}",
            role="img",
            aria_labelledby=f"{name}-title",
            font_family="Inter, sans-serif",
            font_size="14",
            fill="#465763",
        )


@dataclass(frozen=True)
class Size:
    """The measures of a plot with what it leaves free for the words around it, in units of the drawing."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int


class Plot:
    """A place for days and values, in tenths of a unit. `highest` is the value at its upper edge."""

    def __init__(self, size: Size, span: DaySpan, highest: int | Fraction):
        self.size, self.span = size, span
        self.left, self.right = size.left * 10, (size.width - size.right) * 10
        self.top, self.bottom = size.top * 10, (size.height - size.bottom) * 10
        self._unit = Fraction(self.bottom - self.top) / highest

    def x(self, day: date) -> int:
        """Return where a day begins; days before and after the span lie on its edges."""
        passed = min(max((day - self.span.first_day).days, 0), self.span.days)
        return self.left + passed * (self.right - self.left) // self.span.days

    def y(self, value: Value) -> int:
        """Return where a value lies."""
        return self.bottom - int(Fraction(value) * self._unit)

    def at(self, day: date, value: Value) -> str:
        """Write the place of a value on a day."""
        return f"{place(self.x(day))} {place(self.y(value))}"

    def steps(self, *runs: tuple[date, date, Value]) -> str:
        """Return the path of values that hold from a day to another one; a run that begins where one ends is joined."""
        path, end = [], None
        for first_day, until, value in runs:
            path.append(f"V{place(self.y(value))}" if first_day == end else f"M{self.at(first_day, value)}")
            path.append(f"H{place(self.x(until))}")
            end = until
        return "".join(path)

    def across(self, value: Value) -> str:
        """Return the path of a line from left to right."""
        return f"M{place(self.left)} {place(self.y(value))}H{place(self.right)}"

    def upright(self, days: Iterable[date]) -> str:
        """Return the path of lines from top to bottom."""
        return "".join(f"M{place(self.x(day))} {place(self.top)}V{place(self.bottom)}" for day in days)

    def shade(self, first_day: date, until: date, **style: str) -> Svg:
        """Shade the days of the span that lie before `until`; nothing where there are none."""
        left, width = self.x(first_day), self.x(until) - self.x(first_day)
        top, height = place(self.top), place(self.bottom - self.top)
        return shape("rect", x=place(left), y=top, width=place(width), height=height, **style) if width else NOTHING

    def frame(self) -> Svg:
        """Write the base line, ticked at the first day of every quarter or named month; those of a year are longer."""
        ticks = (f"M{place(self.x(day))} {place(self.bottom)}v{6 if day.month == 1 else 3}" for day in self._days(3))
        return stroke("frame", f"{self.across(0)}{''.join(ticks)}")

    def months(self) -> Svg:
        """Write the months below the base line, as many as there is room for; the year stands at the first of each."""
        days = self._days()
        first = {day.year: day for day in reversed(days)}
        return written(self.month(day, self.x(day), year=first[day.year] == day) for day in days)

    def month(self, day: date, x: int, anchor: str = "", *, year: bool = True) -> Svg:
        """Write the month of a day below the base line."""
        return word(x, self.bottom + 180, f"{day:%b %Y}" if year else f"{day:%b}", anchor)

    def _days(self, most: int = INTERVALS[-1]) -> list[date]:
        """The first days of the months that can be named, at most so many months apart in the calendar."""
        room = 9 * LETTER * self.span.days // (self.right - self.left)
        apart = min(most, next((interval for interval in INTERVALS if interval * 30 >= room), most))
        month, found = Month.of(self.span.first_day), []
        while month.span.first_day <= self.span.last_day:
            if month.span.first_day in self.span and (month.year * 12 + month.month - 1) % apart == 0:
                found.append(month.span.first_day)
            month = month.following()
        return found
