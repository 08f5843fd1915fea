"""What was typed in a row of the month grid: read, checked, and sorted into the days on which it was counted."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from contracts.periods import DaySpan, Month, day_text
from contracts.schedule import Component, Refused
from contracts.wording import cut
from sites.counts.count import NOTHING_BEFORE, SAME

DAY, REASON, SEEN, UNCHANGED = "day", "reason", "seen", "unchanged"
"""What a row holds beside its figures; each place is the row's key and one of these, or a component's code."""

_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_SEPARATED = re.compile(r"[0-9]{1,3}([,.' \u00a0\u2009\u202f][0-9]{3})+", re.ASCII)
_FRACTION = re.compile(r"[0-9]*[.,][0-9]+", re.ASCII)


@dataclass(frozen=True)
class Filed:
    """A figure on file, as the page showed it."""

    counted_on: date
    quantity: int


@dataclass(frozen=True)
class TypedRow:
    """One row as it was typed. A component that is absent was not offered, so nothing is said about it."""

    key: int
    figures: Mapping[str, str]
    day: str = ""
    reason: str = ""
    seen: Mapping[str, Filed] = field(default_factory=dict)
    unchanged: frozenset[str] = frozenset()

    def with_last(self, before: Mapping[str, int], *, rest: bool) -> "TypedRow":
        """Take the last count for every “=”, and with `rest` for every empty cell without a figure on file."""
        same = {
            code
            for code, text in self.figures.items()
            if code in before and (text == SAME or (rest and not text and code not in self.seen))
        }
        figures = {code: str(before[code]) if code in same else text for code, text in self.figures.items()}
        return replace(self, figures=figures, unchanged=frozenset(same))


@dataclass(frozen=True)
class RowEntry:
    """What a row asks for: figures by component, each with its day; None withdraws the one on file.

    `seen` are the figures that stood there, `unchanged` the components of which somebody said that they are as they
    were. `errors` have the place of the row where they belong.
    """

    key: int
    wanted: Mapping[str, tuple[date, int | None]]
    seen: Mapping[str, Filed]
    reason: str
    errors: tuple[Refused, ...] = ()
    unchanged: frozenset[str] = frozenset()

    @property
    def corrected(self) -> tuple[str, ...]:
        """The components whose figure on file is corrected or withdrawn."""
        return tuple(code for code in self.wanted if code in self.seen)


def place(key: int, name: str) -> str:
    """Return the name of a field of a row: `12.GE`."""
    return f"{key}.{name}"


def seen_text(seen: Mapping[str, Filed]) -> str:
    """Write the figures on file for a hidden field of the row."""
    return json.dumps({code: [one.counted_on.isoformat(), one.quantity] for code, one in seen.items()})


def read_seen(text: str) -> dict[str, Filed] | None:
    """Read what `seen_text` wrote; None where it is something else."""
    try:
        stored = json.loads(text or "{}")
        read = {str(code): Filed(date.fromisoformat(day), quantity) for code, (day, quantity) in stored.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    whole = all(isinstance(one.quantity, int) and not isinstance(one.quantity, bool) for one in read.values())
    return read if whole else None


def read_row(*, key: int, data: Mapping[str, str], components: Iterable[Component]) -> TypedRow | None:
    """Read one row of a form that was sent; None where what the page had shown of it cannot be read."""
    seen = read_seen(data.get(place(key, SEEN), ""))
    if seen is None:
        return None
    figures = {part.code: data[place(key, part.code)] for part in components if place(key, part.code) in data}
    return TypedRow(
        key=key,
        figures={code: text.strip() for code, text in figures.items()},
        day=data.get(place(key, DAY), "").strip(),
        reason=data.get(place(key, REASON), "").strip(),
        seen=seen,
    )


def quantity_of(text: str) -> int | None:
    """Return the count that was typed; None where the text is no count."""
    return int(text) if _WHOLE.fullmatch(text) else None


def no_count(component: Component, text: str) -> str:
    """Say why a text is no count, and what would be right."""
    shown = cut(text, 20)
    if text == SAME:
        return f"{component.name}: {NOTHING_BEFORE} Type a whole number."
    if _SEPARATED.fullmatch(text):
        digits = re.sub(r"[^0-9]", "", text)
        return f"{component.name}: {shown} has a thousands separator. Type {digits}."
    if text.startswith(("-", "−")):
        return f"{component.name}: {shown} is negative. A count is a whole number from 0."
    if _FRACTION.fullmatch(text):
        return f"{component.name}: {shown} has a fraction. A count is a whole number from 0."
    return f"{component.name}: {shown} is no count. Type a whole number from 0 to 999999999, or leave the cell empty."


def entry_of(*, typed: TypedRow, components: Iterable[Component], days: DaySpan, page_reason: str = "") -> RowEntry:
    """Return what a row asks for. A figure on file keeps its day; any other is counted on the row's day.

    `days` are those on which the site can be counted in the month. A reason of the row's own goes before that of the
    page. Cells that were left as they stood ask for nothing.
    """
    wanted, errors, new = {}, [], {}
    for component in components:
        text = typed.figures.get(component.code)
        filed = typed.seen.get(component.code)
        if text is None or (not text and filed is None):
            continue
        quantity = quantity_of(text)
        if text and quantity is None:
            errors.append(Refused("COUNT", component.code, no_count(component, text)))
        elif filed is None:
            new[component.code] = quantity
        elif quantity != filed.quantity:
            wanted[component.code] = (filed.counted_on, quantity)
    if any(one.counted_on not in days for one in typed.seen.values()):
        errors.append(Refused("OUT_OF_DATE", SEEN, "This row is out of date. Load the page again."))
    if new:
        day = _day(typed.day, days)
        if day is None:
            errors.append(Refused("DAY", DAY, _day_wanted(days)))
        else:
            wanted |= {code: (day, quantity) for code, quantity in new.items()}
    return RowEntry(typed.key, wanted, typed.seen, typed.reason or page_reason.strip(), tuple(errors), typed.unchanged)


def _day(text: str, days: DaySpan) -> date | None:
    """The day of the month that was typed, where the site can be counted on it."""
    if not re.fullmatch(r"[0-9]{1,2}", text, re.ASCII) or not days.first_day.day <= int(text) <= days.last_day.day:
        return None
    return days.first_day.replace(day=int(text))


def _day_wanted(days: DaySpan) -> str:
    if days.first_day == days.last_day:
        return f"The day is {days.first_day.day}: these counts can only be those of {day_text(days.first_day)}."
    first, last, month = days.first_day.day, days.last_day.day, Month.of(days.last_day)
    return f"Type the day on which it was counted: a number from {first} to {last}, in {month}."
