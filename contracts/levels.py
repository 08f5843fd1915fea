"""The measured level: which row of the table a site's component counts need, and why (Appendix A, table)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from contracts.readings import BlankCell, LevelDecision, Readings
from contracts.schedule import Component, Level, Limit, LimitKind, Schedule, bands


class InvalidCount(ValueError):
    """A count that is negative or no whole number; the caller must refuse it before it is stored."""


class Flag(StrEnum):
    """What a reader must know beside a measured level."""

    NO_EXACT_ROW = "no-exact-row"
    BELOW_STATED_NUMBER = "below-stated-number"
    BLANK_CELL = "blank-cell"
    IN_GAP = "in-gap"
    ABOVE_TABLE = "above-table"
    SEVERAL_SWITCHES = "several-switches"
    NO_SWITCH = "no-switch"
    NOT_COUNTED = "not-counted"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Flag.NO_EXACT_ROW: "No row of the table holds all the counts at once; the reading of the table decides.",
    Flag.BELOW_STATED_NUMBER: "A component has fewer units than the row states.",
    Flag.BLANK_CELL: "The level depends on a cell left blank in the source: a person confirms before it is proposed.",
    Flag.IN_GAP: "A count falls in a gap between two rows: a person decides.",
    Flag.ABOVE_TABLE: "A count is above every row of the table: a person decides.",
    Flag.SEVERAL_SWITCHES: "More switches than any row states: no level, a person decides.",
    Flag.NO_SWITCH: "No switch is counted here: there is nothing to charge.",
    Flag.NOT_COUNTED: "A component has no count; a missing count is not zero, so there is no level.",
}


@dataclass(frozen=True)
class ComponentLevel:
    """What one component needs by itself: its lowest level, the limit it met and how far the next one is."""

    component: Component
    quantity: int | None
    level: Level | None
    limit: Limit | None
    flag: Flag | None = None

    @property
    def room(self) -> int | None:
        """Units that still fit before the next level; None where the limit has no figure."""
        if self.quantity is None or self.limit is None or self.limit.upper is None:
            return None
        return self.limit.upper - self.quantity

    @property
    def distance(self) -> str:
        """The distance to the next limit in words: `14 of 15 gateway elements`."""
        name = self.component.name
        if self.quantity is None:
            return f"{name}: not counted"
        if self.limit is None:
            where = "between two rows" if self.flag is Flag.IN_GAP else "more than any row states"
            return f"{self.quantity} {name}" if self.flag is Flag.NO_SWITCH else f"{self.quantity} {name}, {where}"
        if self.limit.upper is None:
            return f"{self.quantity} {name}, {self.limit if self.limit.stated else 'no limit stated'}"
        return f"{self.quantity} of {self.limit.upper} {name}"


@dataclass(frozen=True)
class MeasuredLevel:
    """The measured level with its reasons. `level` is None where a person must decide; `flags` says why."""

    level: Level | None
    components: tuple[ComponentLevel, ...]
    deciding: tuple[ComponentLevel, ...]
    flags: tuple[Flag, ...]
    reading: LevelDecision

    @property
    def annual_price(self) -> Decimal | None:
        """The annual price of the measured level, None without one."""
        return self.level.annual_price if self.level else None

    @property
    def nearest(self) -> ComponentLevel | None:
        """The component that is closest to leaving its limit among those with a range or cap above one unit."""
        with_room = [
            part for part in self.components if part.room is not None and part.limit.kind is not LimitKind.NUMBER
        ]
        return min(with_room, key=lambda part: part.room, default=None)


def measured_level(
    *,
    schedule: Schedule,
    counts: Mapping[str, int | None],
    reading: LevelDecision = LevelDecision.HIGHEST_NEEDED_ROW,
    blank: BlankCell = BlankCell.CONFIRMED,
) -> MeasuredLevel:
    """Return the level that a configuration needs: the highest of the lowest levels of its components.

    `counts` gives a quantity by component code; a component that is absent or None has not been counted, which is
    never taken for zero. A configuration must fit inside the row that is paid for (Appendix A, table), unless the
    reading lets the first component decide alone. `blank` reads the cells that the source leaves blank. Raises
    InvalidCount for a negative or fractional quantity.
    """
    for component in schedule.components:
        _refuse_invalid(component, counts.get(component.code))
    parts = tuple(
        _component_level(schedule, component, counts.get(component.code), blank) for component in schedule.components
    )
    deciders = parts[:1] if reading is LevelDecision.FIRST_COMPONENT else parts

    switch = next((part for part in parts if part.component.defines_site), None)
    if switch is not None and switch.flag in (Flag.NO_SWITCH, Flag.SEVERAL_SWITCHES):
        return MeasuredLevel(None, parts, (switch,), (switch.flag,), reading)
    missing = tuple(part for part in deciders if part.level is None)
    if missing:
        flags = tuple(dict.fromkeys(part.flag for part in missing))
        return MeasuredLevel(None, parts, missing, flags, reading)

    level = max((part.level for part in deciders), key=lambda row: row.rank)
    deciding = tuple(part for part in deciders if part.level.rank == level.rank)
    return MeasuredLevel(level, parts, deciding, _flags(schedule, level, deciding, parts, blank), reading)


def level_as_read(*, schedule: Schedule, counts: Mapping[str, int | None], readings: Readings) -> MeasuredLevel:
    """Return the measured level by the readings of an agreement."""
    return measured_level(schedule=schedule, counts=counts, reading=readings.level, blank=readings.blank_cell)


def _refuse_invalid(component: Component, quantity: object) -> None:
    if quantity is None:
        return
    if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 0:
        raise InvalidCount(f"{component.name}: {quantity!r} is no count. Counts are whole numbers from 0.")


def _component_level(
    schedule: Schedule, component: Component, quantity: int | None, blank: BlankCell
) -> ComponentLevel:
    """What one component needs by itself, found once by a schedule: sites have the same few figures again and again."""
    asked = component.code, quantity, blank
    if asked not in schedule.found_levels:
        schedule.found_levels[asked] = _needed(schedule, component, quantity, blank)
    return schedule.found_levels[asked]


def _needed(schedule: Schedule, component: Component, quantity: int | None, blank: BlankCell) -> ComponentLevel:
    if quantity is None:
        return ComponentLevel(component, None, None, None, Flag.NOT_COUNTED)
    if component.defines_site and quantity == 0:
        return ComponentLevel(component, quantity, None, None, Flag.NO_SWITCH)
    banded = bands(schedule.levels, component.code)
    if any(first <= quantity <= last for _, first, last in banded):
        level = next(level for level, first, last in banded if first <= quantity <= last)
        return ComponentLevel(component, quantity, level, level.limit(component.code))
    highest = max((last for _, _, last in banded), default=None)
    if highest is not None and quantity < highest:
        return ComponentLevel(component, quantity, None, None, Flag.IN_GAP)
    return _capped_level(schedule, component, quantity, blank)


def _capped_level(schedule: Schedule, component: Component, quantity: int, blank: BlankCell) -> ComponentLevel:
    """The lowest row whose cap holds the count; failing that, the lowest row above them whose cell is blank."""
    ordered = sorted(schedule.levels, key=lambda level: level.rank)
    stated = [level for level in ordered if level.limit(component.code).stated]
    for level in stated:
        if quantity <= level.limit(component.code).upper:
            return ComponentLevel(component, quantity, level, level.limit(component.code))
    top = stated[-1].rank if stated else None
    for level in ordered if blank is not BlankCell.NO_LEVEL else ():
        if not level.limit(component.code).stated and (top is None or level.rank > top):
            flag = Flag.BLANK_CELL if blank is BlankCell.CONFIRMED else None
            return ComponentLevel(component, quantity, level, level.limit(component.code), flag)
    flag = Flag.SEVERAL_SWITCHES if component.defines_site else Flag.ABOVE_TABLE
    return ComponentLevel(component, quantity, None, None, flag)


def _flags(
    schedule: Schedule,
    level: Level,
    deciding: tuple[ComponentLevel, ...],
    parts: tuple[ComponentLevel, ...],
    blank: BlankCell,
) -> tuple[Flag, ...]:
    if any(part.flag is Flag.BLANK_CELL for part in deciding):
        return (Flag.BLANK_CELL,)
    flags = []
    if not any(_holds(row, parts, blank) for row in schedule.levels):
        flags.append(Flag.NO_EXACT_ROW)
    if any(_fewer_than_stated(level.limit(part.component.code), part.quantity) for part in parts):
        flags.append(Flag.BELOW_STATED_NUMBER)
    return tuple(flags)


def _holds(row: Level, parts: tuple[ComponentLevel, ...], blank: BlankCell) -> bool:
    """Whether every cell of the row is stated, or read as no limit, and holds its count; numbers are read as caps."""
    for part in parts:
        limit = row.limit(part.component.code)
        if part.quantity is None or (not limit.stated and blank is not BlankCell.NO_LIMIT):
            return False
        if not limit.stated:
            continue
        first, last = limit.span
        if not first <= part.quantity <= last:
            return False
    return True


def _fewer_than_stated(limit: Limit, quantity: int | None) -> bool:
    return limit.kind is LimitKind.NUMBER and quantity is not None and quantity < limit.upper
