"""How sentences write lists, numbers of things and changes: one way for messages, pages and documents."""

from collections.abc import Sequence
from decimal import Decimal


def listed(texts: Sequence[str]) -> str:
    """Join texts as a sentence does: `a`, `a and b`, `a, b and c`; nothing where there is none."""
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def plural(number: int, one: str, many: str = "") -> str:
    """Write how many there are of something: `1 site`, `1,200 sites`; `many` where an s does not do: `2 entries`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def signed(number: int | Decimal) -> str:
    """Write a change with its sign: `+3`, `−1,200` with the true minus, and `0` without one."""
    return f"{number:+,}".replace("-", "−") if number else f"{abs(number):,}"


def cut(text: str, most: int) -> str:
    """Return a text that a message can hold: at most so many characters, the last three of a longer one dots."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
