"""How a file is laid out: what its columns hold, how it writes days and decimals, and how its hours are rounded."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from contracts.periods import day_text
from contracts.readings import MINUTE_STEPS, MinuteRounding

MOST_EXAMPLES = 2
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DAY = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})", re.ASCII)
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: *([AaPp])\.?[Mm]\.?)?", re.ASCII)
_DURATION = re.compile(r"([0-9]{1,6}):([0-5][0-9])(?::([0-5][0-9]))?", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,6}([.,][0-9]{1,20})?", re.ASCII)
_PIVOT = 69
"""Two digits from here on are years of the last century, as spreadsheets and POSIX read them."""


class DayOrder(StrEnum):
    """What comes first in days such as 7/10/1999."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"

    @property
    def title(self) -> str:
        return "day first" if self == DayOrder.DAY_FIRST else "month first"


class Rounding(StrEnum):
    """Which way hours are rounded."""

    NEAREST = "nearest"
    UP = "up"

    @property
    def title(self) -> str:
        return "up to" if self == Rounding.UP else "to the nearest"


class Ask(StrEnum):
    """What a file leaves open, and a person has to say before it can be read."""

    DAY_ORDER = "day_order"
    DECIMAL_COMMA = "decimal_comma"
    ROUNDING = "rounding"

    @property
    def message(self) -> str:
        return {
            Ask.DAY_ORDER: "Say whether the day or the month comes first.",
            Ask.DECIMAL_COMMA: "Say that the comma is the decimal mark.",
            Ask.ROUNDING: "This is no whole hundredth of an hour. Say how hours are rounded.",
        }[self]


@dataclass(frozen=True)
class Layout:
    """What a person has said about the form of a file.

    `columns` gives by heading what the column holds, or LEFT_OUT; `values` by column what all rows hold. `step` is in
    hundredths of an hour. Hours are not rounded unless `rounding` says so.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    others_left_out: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    day_order: str = ""
    decimal_comma: bool = False
    rounding: str = ""
    step: int = 1

    def stored(self) -> dict:
        """The layout as it is kept: what was said, and nothing else."""
        plain = Layout()
        return {name: value for name, value in asdict(self).items() if value != getattr(plain, name)}

    def day(self, text: str) -> date | None:
        """Return a day as the file writes it; None where it is none. Raises ValueError where there is no such day."""
        if _ISO.fullmatch(text):
            return date.fromisoformat(text)
        return day_in_order(text, self.day_order) if self.day_order and is_ordered(text) else None

    def moment(self, text: str) -> datetime | time | None:
        """Return a time of day, or a day with its time, as it is written: no zone is changed into another.

        None where it is neither. Raises ValueError where there is no such day or time.
        """
        if _TIME.fullmatch(text):
            return _time(text)
        if _ISO.match(text):
            return datetime.fromisoformat(text)
        day, _blank, hour = text.partition(" ")
        found = self.day(day) if _TIME.fullmatch(hour.strip()) else None
        return found and datetime.combine(found, _time(hour.strip()))

    def rounded(self, hours: Fraction) -> Fraction:
        """Return hours as they are entered."""
        steps = hours * 100 / self.step
        if self.rounding == Rounding.UP:
            steps = -(-steps // 1)
        elif self.rounding == Rounding.NEAREST:
            steps = (steps + Fraction(1, 2)) // 1
        return Fraction(steps * self.step, 100)

    def read_as(self, reading: MinuteRounding) -> "Layout":
        """Return the layout with the rounding that an agreement's reading says, unless the layout says one itself."""
        return self if self.rounding or not reading.step else replace(self, rounding=reading.way, step=reading.step)

    @property
    def reading(self) -> MinuteRounding:
        """How hours are rounded, as a reading says it."""
        return MinuteRounding(f"{self.rounding}-{self.step}") if self.rounding else MinuteRounding.NONE

    @property
    def rounding_text(self) -> str:
        """How hours are rounded; empty where they are not."""
        return f"{Rounding(self.rounding).title} {MINUTE_STEPS[self.step]}" if self.rounding else ""

    def notes(self, days: "WrittenDays", titles: Mapping[str, str]) -> list[str]:
        """Say how the file is read, as far as somebody has said so."""
        said = []
        if self.day_order and days.texts:
            said.append(f"Days are written {DayOrder(self.day_order).title}: {days.examples(self.day_order)}.")
        return said + self._always(titles)

    def choices(self) -> list[str]:
        """Say what was chosen, to a reader who has no such file at hand."""
        columns = sorted(self.columns.items())  # a database keeps what is in a layout in an order of its own
        said = [f"“{title}” is {key}." if key else f"“{title}” is left out." for title, key in columns]
        said += ["Other columns that nobody knows are left out."] if self.others_left_out else []
        said += [f"Days are written {DayOrder(self.day_order).title}."] if self.day_order else []
        return said + self._always({})

    def _always(self, titles: Mapping[str, str]) -> list[str]:
        said = ["The comma is the decimal mark."] if self.decimal_comma else []
        said += [f"All rows: {titles.get(key, key)} {value}." for key, value in sorted(self.values.items())]
        return said + ([f"Hours are rounded {self.rounding_text}."] if self.rounding else [])


PLAIN = Layout()
"""A file about which nobody has said anything."""


@dataclass
class WrittenDays:
    """Days of a file that can be read in two orders: the first of them, and for each order the first that is no day."""

    texts: list[str] = field(default_factory=list)
    misfits: dict[str, str] = field(default_factory=dict)

    def add(self, text: str) -> None:
        """Note a day as it is written."""
        if len(self.texts) < MOST_EXAMPLES and text not in self.texts:
            self.texts.append(text)
        for order in DayOrder:
            if order not in self.misfits and not _exists(text, order):
                self.misfits[order] = text

    def examples(self, order: str) -> str:
        """Say which days these are in an order."""
        if order in self.misfits:
            return f"“{self.misfits[order]}” would be no day"
        return ", ".join(f"“{text}” is {day_text(day_in_order(text, order))}" for text in self.texts)


def is_ordered(text: str) -> bool:
    """Whether a text looks like a day whose order has to be known."""
    return _DAY.fullmatch(text) is not None


def day_in_order(text: str, order: str) -> date:
    """Return the day that a text is in an order. Raises ValueError where there is no such day."""
    first, _mark, second, year = _DAY.fullmatch(text).groups()
    day, month = (first, second) if order == DayOrder.DAY_FIRST else (second, first)
    years = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= _PIVOT else 2000)
    return date(years, int(month), int(day))


def _exists(text: str, order: str) -> bool:
    try:
        return bool(day_in_order(text, order))
    except ValueError:
        return False


def _time(text: str) -> time:
    hour, minute, second, half = _TIME.fullmatch(text).groups()
    if half and not 1 <= int(hour) <= 12:
        raise ValueError("the hours of a half day are 1 to 12")
    hours = int(hour) % 12 + 12 * (half in "Pp") if half else int(hour)
    return time(hours, int(minute), int(second or 0))


def clock_hours(value: object) -> Fraction | None:
    """Return hours that a clock shows: `7:15`, `02:13:55`, or a time of a workbook; None where it is no such thing."""
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, timedelta):
        return Fraction((value + timedelta(milliseconds=500)) // timedelta(seconds=1), 3600)
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return Fraction(hours * 3600 + minutes * 60 + seconds, 3600)


def number(text: str) -> tuple[Decimal, str] | None:
    """Return a number and the mark that it is written with, “.”, “,” or none; None where it is no plain number."""
    match = _NUMBER.fullmatch(text)
    return match and (Decimal(text.replace(",", ".")), (match[1] or "")[:1])


def hours_text(hours: Fraction) -> str:
    """Hours for a reader, to four decimals at most: `2.2319`, `0.75`."""
    return f"{Decimal(hours.numerator) / hours.denominator:.4f}".rstrip("0").rstrip(".")


def is_whole_hundredth(hours: Fraction) -> bool:
    """Whether hours can be entered as they are."""
    return (hours * 100).denominator == 1


def decimal_of(hours: Fraction) -> Decimal:
    """Return whole hundredths of an hour as a decimal number."""
    return Decimal(int(hours * 100)).scaleb(-2)
