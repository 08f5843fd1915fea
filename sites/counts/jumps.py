"""Unusual jumps: a count that differs so much from the last one that a person should look twice before it is stored.

A mark never refuses anything. It is a word beside the figure, and a sentence that says why.
"""

from dataclasses import dataclass
from enum import StrEnum

from contracts.schedule import Component

MORE_THAN_UNITS = 5
MORE_THAN_PERCENT = 50
SWITCHES = 1
"""Every row of the price tables known so far states one switch."""


class JumpKind(StrEnum):
    """What is unusual about a count."""

    SWITCHES = "switches"
    FEWER = "fewer"
    MANY_MORE = "many-more"

    @property
    def word(self) -> str:
        """The word beside the figure."""
        return _WORDS[self]


_WORDS = {JumpKind.SWITCHES: "not 1", JumpKind.FEWER: "fewer", JumpKind.MANY_MORE: "many more"}


@dataclass(frozen=True)
class Jump:
    """What is unusual about a count, and the sentence that says why."""

    kind: JumpKind
    sentence: str


def jump(*, component: Component, before: int | None, now: int | None) -> Jump | None:
    """Return what is unusual about a count against the last one known; None where nothing is.

    In this order: a switch count other than 1, a decrease, and an increase by more than 5 units that is also more
    than 50 % of the last count. A first count can only be unusual as a count of switches.
    """
    if now is None:
        return None
    if component.defines_site and now != SWITCHES:
        free = "" if now else " Nothing is charged for a site without one."
        return Jump(JumpKind.SWITCHES, f"A site has one {component.name}, and this count is {now}.{free} Check it.")
    if before is None:
        return None
    if now < before:
        return Jump(JumpKind.FEWER, f"{before - now} fewer {component.name} than the {before} before. Check it.")
    more = now - before
    if more > MORE_THAN_UNITS and more * 100 > MORE_THAN_PERCENT * before:
        return Jump(JumpKind.MANY_MORE, f"{more} more {component.name} than the {before} before. Check it.")
    return None
