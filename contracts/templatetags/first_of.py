"""The first of many: what a page names of a long list, and how many more there are."""

from collections.abc import Sequence
from typing import NamedTuple

from django import template

register = template.Library()


class Named(NamedTuple):
    """What is named of a list; `more` says how many more there are, empty where all are named."""

    shown: Sequence
    more: str


@register.simple_tag
def first_of(rows: Sequence, number: int = 10, most: int | None = None) -> Named:
    """Return the first of some rows and how many more there are: `3 more`, or `90 or more` where `most` were read."""
    left = len(rows) - number
    return Named(rows[:number], f"{left:,}{' or' if len(rows) == most else ''} more" if left > 0 else "")
