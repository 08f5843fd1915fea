"""A price schedule as plain values: components, service levels, limits, prices, and what is wrong with them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from contracts.money import money_text

MOST_QUANTITY = 999_999_999
"""No count is higher."""


class LimitKind(StrEnum):
    """How the source states a cell of the table."""

    RANGE = "range"  # "16 to 25": outside it the row does not apply
    CAP = "cap"  # "up to 8": nothing below it is too few
    NUMBER = "number"  # "1": read as a cap, but fewer is worth a remark
    OPEN = "open"  # "20 or more": without an end, and stated so
    NOT_STATED = "not-stated"  # an empty cell: neither zero nor a number


@dataclass(frozen=True)
class Limit:
    """One cell of the table. `printed` is the source's own text, kept beside a corrected value."""

    kind: LimitKind
    lower: int | None = None
    upper: int | None = None
    printed: str = ""

    @property
    def stated(self) -> bool:
        return self.kind is not LimitKind.NOT_STATED

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last quantity that a stated cell holds; single numbers are read as caps."""
        return self.lower or 0, MOST_QUANTITY if self.upper is None else self.upper

    def __str__(self) -> str:
        return {
            LimitKind.RANGE: f"{self.lower} to {self.upper}",
            LimitKind.CAP: f"up to {self.upper}",
            LimitKind.NUMBER: f"{self.upper}",
            LimitKind.OPEN: f"{self.lower} or more",
            LimitKind.NOT_STATED: "not stated",
        }[self.kind]


NOT_STATED = Limit(LimitKind.NOT_STATED)


@dataclass(frozen=True)
class Component:
    """One counted column of the table. The one that `defines_site` is the switch: none of it, nothing is charged."""

    code: str
    name: str
    defines_site: bool = False


@dataclass(frozen=True)
class Level:
    """One row of the table."""

    code: str
    name: str
    rank: int
    annual_price: Decimal
    limits: Mapping[str, Limit]
    integration_price: Decimal | None = None

    def limit(self, component_code: str) -> Limit:
        """Return the row's limit for a component; a component the row does not mention is not stated."""
        return self.limits.get(component_code, NOT_STATED)


@dataclass(frozen=True)
class HourPrices:
    """Prepaid blocks and hourly prices; a figure the source does not give is None."""

    block_hours: int | None = None
    block_price: Decimal | None = None
    hourly_price: Decimal | None = None
    minimum_hours: Decimal | None = None
    opens_after_blocks: int | None = None
    opens_in_month: int | None = None


@dataclass(frozen=True)
class ReviewRule:
    """When the annual renewal review is due and how many components must have changed before a price may."""

    lead_days: int
    minimum_changed: int
    clause: str = ""


@dataclass(frozen=True)
class OpeningRule:
    """The level at which every site is charged in the first annual period, and at which later sites start."""

    first_period_level: str | None
    starting_level: str | None
    clause: str = ""


@dataclass(frozen=True)
class CountedRule:
    """The levels follow the counts: a billing period is charged at the level measured on the day it falls due."""

    clause: str = ""


@dataclass(frozen=True)
class IncludedService:
    """A service that the annual price includes; it can never be a charge of its own."""

    name: str
    clause: str = ""


@dataclass(frozen=True)
class Schedule:
    """One "Appendix A": what every level costs, what it may hold and the rules printed beside the table."""

    components: tuple[Component, ...]
    levels: tuple[Level, ...]
    review: ReviewRule | None = None
    opening: OpeningRule = OpeningRule(None, None)
    counted: CountedRule | None = None
    hours: HourPrices = HourPrices()
    included: tuple[IncludedService, ...] = ()
    hour_services: tuple[str, ...] = ()
    prices_clause: str = ""
    integration_clause: str = ""
    hours_clause: str = ""

    def level(self, code: str) -> Level | None:
        """Return the level with that code, or None when the schedule has no such row."""
        return next((level for level in self.levels if level.code == code), None)

    @cached_property
    def found_levels(self) -> dict:
        """What `measured_level` has found of components and their quantities."""
        return {}

    @property
    def switch(self) -> Component | None:
        """The component that makes a place a site, where the schedule names one."""
        return next((component for component in self.components if component.defines_site), None)

    def includes(self, service: str) -> IncludedService | None:
        """Return the included service of that name, spelled "Traffic Management" or "TRAFFIC_MANAGEMENT"."""
        wanted = plain_name(service)
        return next((included for included in self.included if plain_name(included.name) == wanted), None)


def plain_name(name: str) -> str:
    """Return a name by which spellings of it are compared: `Traffic Management` and `TRAFFIC_MANAGEMENT` are one."""
    return re.sub(r"[^a-z0-9]+", " ", name.casefold()).strip()


@dataclass(frozen=True)
class Refused:
    """A value that cannot be stored: where it stands, a code for programs and a sentence for people."""

    code: str
    place: str
    message: str


def included_service_refusal(*, schedule: Schedule, service: str) -> Refused | None:
    """Return why a service can be no charge, not even at zero: the annual price includes it (note 1); else None."""
    included = schedule.includes(service)
    if included is None:
        return None
    clause = f" ({included.clause})" if included.clause else ""
    message = f"{included.name} is included in the annual price{clause} and cannot be charged."
    return Refused("INCLUDED_IN_ANNUAL_PRICE", "service", message)


_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_CAP = re.compile(r"up to ([0-9]{1,9})", re.ASCII | re.IGNORECASE)
_RANGE = re.compile(r"([0-9]{1,9}) ?(?:to|-|–) ?([0-9]{1,9})", re.ASCII | re.IGNORECASE)
_OPEN = re.compile(r"([0-9]{1,9})(?: ?\+| (?:or|and) (?:more|over|above|up))", re.ASCII | re.IGNORECASE)
_LEAST = re.compile(r"at least ([0-9]{1,9})", re.ASCII | re.IGNORECASE)
_ABOVE = re.compile(r"(?:over|above|more than) ([0-9]{1,9})", re.ASCII | re.IGNORECASE)
_NEGATIVE = re.compile(r"(?:up to )?[-–−] ?[0-9].*", re.ASCII | re.IGNORECASE)
_FRACTION = re.compile(r".*[0-9]\.[0-9].*", re.ASCII)


def read_limit(text: str, *, corrected: str = "", place: str = "limit") -> Limit | Refused:
    """Read a cell as the source prints it: "up to 15", "16 to 25", "1", "20 or more" or an empty cell.

    A cell that is no number, such as "up to l5" with a letter l, or no whole number from 0, is refused until
    `corrected` gives what it should say; the printed text is then kept beside the corrected value.
    """
    printed = text.strip()
    wanted = " ".join((corrected or printed).split())
    kept = printed if corrected else ""
    if not wanted:
        return Limit(LimitKind.NOT_STATED, printed=kept)
    if match := _CAP.fullmatch(wanted):
        return Limit(LimitKind.CAP, None, int(match[1]), kept)
    if match := _RANGE.fullmatch(wanted):
        lower, upper = int(match[1]), int(match[2])
        if lower > upper:
            return Refused("RANGE_REVERSED", place, f"{place}: {wanted!r} begins above its end. Swap the two figures.")
        return Limit(LimitKind.RANGE, lower, upper, kept)
    if _NUMBER.fullmatch(wanted):
        return Limit(LimitKind.NUMBER, None, int(wanted), kept)
    if match := _OPEN.fullmatch(wanted) or _LEAST.fullmatch(wanted):
        return Limit(LimitKind.OPEN, int(match[1]), None, kept)
    if match := _ABOVE.fullmatch(wanted):
        return Limit(LimitKind.OPEN, int(match[1]) + 1, None, kept)
    if _NEGATIVE.fullmatch(wanted):
        return Refused("NEGATIVE", place, f"{place}: {wanted!r} is negative. A limit is a whole number from 0.")
    if _FRACTION.fullmatch(wanted):
        return Refused("NOT_WHOLE", place, f"{place}: {wanted!r} is a fraction. A limit is a whole number from 0.")
    return Refused(
        "NOT_A_NUMBER",
        place,
        f"{place}: {wanted!r} is not a number. Enter the figure it should say; the printed text is kept beside it.",
    )


class Weight(StrEnum):
    """Whether a finding stops the schedule or only asks for a second look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """Something about a schedule that a person should see before it is signed.

    `cells` names the cells it concerns by level and component code; the component code of an annual price is empty.
    `value` is what stands wrongly in a list that `place` names, such as a code that is used twice.
    """

    weight: Weight
    code: str
    message: str
    place: str = ""
    missing: range = range(0)
    cells: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    value: str = field(default="", compare=False)


def bands(schedule_levels: Sequence[Level], component_code: str) -> tuple[tuple[Level, int, int], ...]:
    """Return the ranges stated for a component as (level, lower, upper), by rank; a cap beside ranges begins at 0.

    A component without a single range has caps only and no bands; with an open end above them, each cap begins where
    the one before it ends.
    """
    ordered = sorted(schedule_levels, key=lambda level: level.rank)
    stated = [(level, level.limit(component_code)) for level in ordered if level.limit(component_code).stated]
    kinds = {limit.kind for _, limit in stated}
    if not kinds & {LimitKind.RANGE, LimitKind.OPEN}:
        return ()
    found: list[tuple[Level, int, int]] = []
    for level, limit in stated:
        first, last = limit.span
        if found and limit.lower is None and LimitKind.RANGE not in kinds:
            first = found[-1][2] + 1
        found.append((level, first, last))
    return tuple(found)


def findings(schedule: Schedule) -> tuple[Finding, ...]:
    """Return every error and warning about a schedule, in reading order (Appendix A).

    Errors: overlapping bands, no level, a repeated code or rank, an opening level that is no row, an included service
    that is charged by hours. Warnings: gaps between bands, prices that do not rise with rank, cells that the source
    leaves blank.
    """
    found = [*_shape_findings(schedule), *_price_findings(schedule)]
    for component in schedule.components:
        found += _band_findings(schedule, component)
        found += _blank_findings(schedule, component)
    return tuple(found)


def _shape_findings(schedule: Schedule) -> list[Finding]:
    found = []
    if not schedule.levels:
        found.append(Finding(Weight.ERROR, "NO_LEVELS", "The schedule has no service level. Add at least one row."))
    for what, values in (
        ("level code", [level.code for level in schedule.levels]),
        ("level rank", [level.rank for level in schedule.levels]),
        ("component code", [component.code for component in schedule.components]),
        ("included service", [service.name for service in schedule.included]),
        ("service charged by hours", list(schedule.hour_services)),
    ):
        for value in sorted({value for value in values if values.count(value) > 1}):
            message = f"The {what} {value} is used twice."
            found.append(Finding(Weight.ERROR, "REPEATED", message, what, value=str(value)))
    for service in schedule.hour_services:
        if schedule.includes(service):
            message = f"The service charged by hours {service} is used as an included service too (note 1)."
            found.append(
                Finding(
                    Weight.ERROR,
                    "INCLUDED_IN_ANNUAL_PRICE",
                    f"{message} What the annual price includes cannot be charged: take it off one of the lists.",
                    "service charged by hours",
                    value=service,
                )
            )
    for what, code in (
        ("opening level", schedule.opening.first_period_level),
        ("starting level", schedule.opening.starting_level),
    ):
        if code is not None and schedule.level(code) is None:
            found.append(Finding(Weight.ERROR, "UNKNOWN_LEVEL", f"The {what} {code} is no row of the schedule.", what))
    return found + _counted_findings(schedule)


def _counted_findings(schedule: Schedule) -> list[Finding]:
    """What contradicts levels that follow the counts: whatever holds a level for a whole annual period."""
    if schedule.counted is None:
        return []
    held = {
        "renewal review": schedule.review,
        "opening level": schedule.opening.first_period_level,
        "starting level": schedule.opening.starting_level,
    }
    return [
        Finding(
            Weight.ERROR,
            "FOLLOWS_COUNTS",
            f"The levels follow the counts, so that no {what} can hold one. Take one of the two out.",
            what,
        )
        for what, rule in held.items()
        if rule is not None
    ]


def _price_findings(schedule: Schedule) -> list[Finding]:
    ordered = sorted(schedule.levels, key=lambda level: level.rank)
    return [
        Finding(
            Weight.WARNING,
            "PRICE_DOES_NOT_RISE",
            f"{higher.name} costs {money_text(higher.annual_price)}, no more than {lower.name} at "
            f"{money_text(lower.annual_price)}.",
            higher.name,
            cells=((higher.code, ""),),
        )
        for lower, higher in pairwise(ordered)
        if higher.annual_price <= lower.annual_price
    ]


def _band_findings(schedule: Schedule, component: Component) -> list[Finding]:
    found = []
    for (lower_level, first, last), (higher_level, next_first, next_last) in pairwise(
        bands(schedule.levels, component.code)
    ):
        shared = range(max(first, next_first), min(last, next_last) + 1)
        cells = ((lower_level.code, component.code), (higher_level.code, component.code))
        if shared:
            found.append(
                Finding(
                    Weight.ERROR,
                    "BANDS_OVERLAP",
                    f"{component.name}: {shared[0]} is in {lower_level.name} and in {higher_level.name}.",
                    component.name,
                    cells=cells,
                )
            )
        elif next_first < first:
            found.append(
                Finding(
                    Weight.ERROR,
                    "BANDS_FALL",
                    f"{component.name}: {higher_level.name} begins at {next_first}, below {lower_level.name}.",
                    component.name,
                    cells=cells,
                )
            )
        elif missing := range(last + 1, next_first):
            named = f"{missing[0]}" if len(missing) == 1 else f"{missing[0]} to {missing[-1]}"
            found.append(
                Finding(
                    Weight.WARNING,
                    "BANDS_GAP",
                    f"{component.name}: {named} falls between {lower_level.name} and {higher_level.name}.",
                    component.name,
                    missing,
                    cells,
                )
            )
    return found


def _blank_findings(schedule: Schedule, component: Component) -> list[Finding]:
    return [
        Finding(
            Weight.WARNING,
            "BLANK_IN_SOURCE",
            f"{level.name}, {component.name}: the source leaves the cell blank; it is stored as not stated.",
            f"{level.name}, {component.name}",
            cells=((level.code, component.code),),
        )
        for level in schedule.levels
        if not level.limit(component.code).stated
    ]
