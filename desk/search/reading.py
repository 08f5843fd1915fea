"""How a text that is looked for is read: the month that it names, and where it stands in what was found."""

import calendar
import re

from contracts.periods import Month

_NUMBERED = re.compile(r"((?:19|20|21)\d\d)-(0[1-9]|1[0-2])", re.ASCII)
_NAMED = re.compile(r"([a-z]{3,9})\.?,? ((?:19|20|21)\d\d)", re.ASCII | re.IGNORECASE)


def month_of(text: str) -> Month | None:
    """Return the month that a text names: `July 1999`, `Jul 1999` or `1999-07`; None where it names none."""
    if numbered := _NUMBERED.fullmatch(text):
        return Month(int(numbered[1]), int(numbered[2]))
    if named := _NAMED.fullmatch(text):
        months = enumerate(calendar.month_name[1:], start=1)
        number = next((number for number, name in months if name.lower().startswith(named[1].lower())), None)
        return Month(int(named[2]), number) if number else None
    return None


def same(value: str, text: str) -> bool:
    """Whether a text names something in full, however it is capitalised."""
    return bool(value) and value.casefold() == text.casefold()


def marked(value: str, text: str) -> list[tuple[str, bool]]:
    """Return the parts of a value in order, each with whether it is the text that was looked for."""
    parts = re.split(f"({re.escape(text)})", value, flags=re.IGNORECASE)
    return [(part, place % 2 == 1) for place, part in enumerate(parts) if part]
