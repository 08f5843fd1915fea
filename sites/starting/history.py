"""The starting level of a site from the history of comparable ones (Appendix A, note 4): a person decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal
from enum import StrEnum

from contracts.readings import StartingHistory
from contracts.schedule import Component, Level, LimitKind, Schedule
from contracts.wording import plural, signed
from sites.charged import starting_levels
from sites.counts.count import Count

PER_CENT = 100
TENTH = Decimal("0.1")


# ---- capacity ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Capacity:
    """When a site reached the limit of its level: the day of the count, the components at their limit, and the days.

    `at_first_count` tells that nothing was counted before: the limit was reached on that day or earlier.
    """

    reached_on: date
    by: tuple[Component, ...]
    days: int
    at_first_count: bool = False


def telling_components(*, schedule: Schedule, level: Level) -> tuple[Component, ...]:
    """Return the components whose growth says how full a site of a level is (note 4).

    Those are the ones to which the row leaves room: its limit is more than one unit above the fewest units that it asks
    for. A row that says `1` asks for one and holds one, so that every such site is at that limit from its first day;
    `up to 15` asks for none, and `16 to 25` for 16. A blank cell has no limit to reach.
    """
    return tuple(part for part in schedule.components if _leaves_room(level, part.code))


def _leaves_room(level: Level, code: str) -> bool:
    limit = level.limit(code)
    if limit.upper is None:
        return False
    fewest = limit.upper if limit.kind is LimitKind.NUMBER else limit.lower or 0
    return limit.upper - fewest > 1


def days_to_capacity(
    *, schedule: Schedule, level: Level, in_service_on: date, counts: Iterable[Count]
) -> Capacity | None:
    """Return how a site reached the limit of its level, or None while no count says that it did (note 4).

    That is the first count, from the first day of service on, of a telling component at its limit or above; the days
    run from the first day of service.
    """
    telling = telling_components(schedule=schedule, level=level)
    codes = {part.code for part in telling}
    created = [count for count in counts if count.component in codes and count.counted_on >= in_service_on]
    full = [count for count in created if count.quantity >= level.limit(count.component).upper]
    reached_on = min((count.counted_on for count in full), default=None)
    if reached_on is None:
        return None
    at_limit = {count.component for count in full if count.counted_on == reached_on}
    return Capacity(
        reached_on=reached_on,
        by=tuple(part for part in telling if part.code in at_limit),
        days=(reached_on - in_service_on).days,
        at_first_count=reached_on == min(count.counted_on for count in created),
    )


# ---- comparable sites --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HistoryRule:
    """The figures of the comparison: how far populations may differ, how many sites it needs, what counts as fast."""

    tolerance_percent: int = 25
    minimum: int = 1
    limit_days: int = 365

    @classmethod
    def read(cls, reading: StartingHistory) -> "HistoryRule":
        """Return the figures of a reading of note 4, whose "similar size" and "period of time" have none."""
        return {
            StartingHistory.ONE_IN_A_YEAR: cls(),
            StartingHistory.THREE_IN_A_YEAR: cls(minimum=3),
            StartingHistory.ONE_IN_HALF_A_YEAR: cls(limit_days=182),
            StartingHistory.NARROW: cls(tolerance_percent=10),
        }[reading]


@dataclass(frozen=True)
class Choice:
    """What a person decided about one site of the comparison, and why."""

    included: bool
    reason: str


@dataclass(frozen=True)
class City:
    """The site that is to start: its customer and the population of its city, None where nobody has entered it."""

    customer: int
    population: int | None


@dataclass(frozen=True)
class Candidate:
    """Another site: what it may be compared by, its level when it started, and how it reached that level's limit."""

    key: int
    customer: int
    population: int | None
    level: Level | None
    capacity: Capacity | None
    choice: Choice | None = None


class Standing(StrEnum):
    """Whether another site is used in the comparison, and why."""

    COMPARABLE = "comparable"
    ADDED = "added"
    LEFT_OUT = "left-out"
    OTHER_CUSTOMER = "other-customer"
    NO_LEVEL = "no-level"
    NOT_REACHED = "not-reached"
    POPULATION_UNKNOWN = "population-unknown"
    OTHER_SIZE = "other-size"

    @property
    def is_used(self) -> bool:
        """Whether the site's days go into the median."""
        return self in (Standing.COMPARABLE, Standing.ADDED)

    @property
    def may_be_chosen(self) -> bool:
        """Whether a person may add the site, or leave it out: it has days that can be counted."""
        return self not in (Standing.OTHER_CUSTOMER, Standing.NO_LEVEL, Standing.NOT_REACHED)


@dataclass(frozen=True)
class Judged:
    """One candidate with its standing; `by_rule` is the standing without a person's choice."""

    candidate: Candidate
    standing: Standing
    by_rule: Standing
    difference_percent: Decimal | None
    sentence: str

    @property
    def difference_text(self) -> str:
        """The difference in population with its sign: `+12.5 %`, `−25.1 %`, `0.0 %`, or nothing."""
        return "" if self.difference_percent is None else f"{signed(self.difference_percent)} %"


def population_difference(*, city: City, population: int | None) -> Decimal | None:
    """Return by how much of the city's population another one differs, in per cent with one decimal, or None.

    It is rounded away from zero, so that what reads 25.0 is never more than 25.
    """
    if not city.population or population is None:
        return None
    exact = Decimal((population - city.population) * PER_CENT) / city.population
    return exact.quantize(TENTH, rounding=ROUND_UP)


def _is_alike(city: City, population: int, rule: HistoryRule) -> bool:
    return abs(population - city.population) * PER_CENT <= rule.tolerance_percent * city.population


def judged(*, city: City, candidate: Candidate, rule: HistoryRule) -> Judged:
    """Return whether another site is used in the comparison, and why (note 4).

    The rule takes the same customer's sites in cities of like size that have reached the limit of their level. A person
    may add a site that the rule leaves out for its population, or leave one out; nobody can add a site without days to
    count, or another customer's. A choice that says what the rule says anyway changes nothing.
    """
    by_rule = _by_rule(city, candidate, rule)
    choice, standing = candidate.choice, by_rule
    if choice is not None and by_rule.may_be_chosen and choice.included is not by_rule.is_used:
        standing = Standing.ADDED if choice.included else Standing.LEFT_OUT
    difference = population_difference(city=city, population=candidate.population)
    return Judged(candidate, standing, by_rule, difference, _why(city, candidate, standing, rule))


def _by_rule(city: City, candidate: Candidate, rule: HistoryRule) -> Standing:
    if candidate.customer != city.customer:
        return Standing.OTHER_CUSTOMER
    if candidate.level is None:
        return Standing.NO_LEVEL
    if candidate.capacity is None:
        return Standing.NOT_REACHED
    if city.population is None or candidate.population is None:
        return Standing.POPULATION_UNKNOWN
    return Standing.COMPARABLE if _is_alike(city, candidate.population, rule) else Standing.OTHER_SIZE


def _why(city: City, candidate: Candidate, standing: Standing, rule: HistoryRule) -> str:
    if standing in (Standing.ADDED, Standing.LEFT_OUT):
        return f"{'Added' if standing is Standing.ADDED else 'Left out'} by a person: {candidate.choice.reason}"
    within = f"{rule.tolerance_percent} %"
    return {
        Standing.COMPARABLE: f"Same customer, population within {within}, limit of its level reached.",
        Standing.OTHER_CUSTOMER: "A site of another customer.",
        Standing.NO_LEVEL: "No level is known for its first day.",
        Standing.NOT_REACHED: "No count has reached the limit of its level.",
        Standing.POPULATION_UNKNOWN: "The population of this site is unknown."
        if candidate.population is None
        else "The population of the site that is to start is unknown.",
        Standing.OTHER_SIZE: f"Its population differs by more than {within}.",
    }[standing]


# ---- the proposal ------------------------------------------------------------------------------------------------


class HistoryBasis(StrEnum):
    """What a proposed starting level is based on."""

    FIRST_PERIOD = "first-period"
    NO_STARTING_LEVEL = "no-starting-level"
    INSUFFICIENT_HISTORY = "insufficient-history"
    WITHIN_LIMIT = "within-limit"
    BEYOND_LIMIT = "beyond-limit"


@dataclass(frozen=True)
class StartingProposal:
    """The level at which a site should start, by what history says. `level` is None where only a person can say."""

    level: Level | None
    basis: HistoryBasis
    median: Decimal | None
    sites: tuple[Judged, ...]
    rule: HistoryRule
    sentence: str

    @property
    def used(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.sites if one.standing.is_used)

    @property
    def left_out(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.sites if not one.standing.is_used)


def median(days: Sequence[int]) -> Decimal | None:
    """Return the exact median: the middle one, or half the sum of the two in the middle; None of nothing."""
    if not days:
        return None
    ordered, half = sorted(days), len(days) // 2
    if len(days) % 2:
        return Decimal(ordered[half])
    return Decimal(ordered[half - 1] + ordered[half]) / 2


def starting_level(
    *, schedule: Schedule, period_number: int, city: City, candidates: Iterable[Candidate], rule: HistoryRule
) -> StartingProposal:
    """Return the level that history proposes for a site starting in an annual period (note 4).

    Where the median of the comparable sites' days to capacity is at most the rule's limit, the site should start one
    level above the schedule's starting level; never higher. Otherwise, and with fewer comparable sites than the rule
    asks for, at the starting level. In the first annual period the opening level holds for every site (note 3).
    """
    sites = tuple(judged(city=city, candidate=candidate, rule=rule) for candidate in candidates)
    middle = median([one.candidate.capacity.days for one in sites if one.standing.is_used])
    level, basis = _proposed(schedule, period_number, sites, middle, rule)
    return StartingProposal(level, basis, middle, sites, rule, _because(schedule, level, basis, sites, middle, rule))


def _proposed(
    schedule: Schedule, period_number: int, sites: Sequence[Judged], middle: Decimal | None, rule: HistoryRule
) -> tuple[Level | None, HistoryBasis]:
    opening = schedule.opening
    if period_number == 1 and opening.first_period_level:
        return schedule.level(opening.first_period_level), HistoryBasis.FIRST_PERIOD
    if schedule.level(opening.starting_level or "") is None:
        return None, HistoryBasis.NO_STARTING_LEVEL
    start, *above = starting_levels(schedule=schedule)
    if middle is None or sum(one.standing.is_used for one in sites) < rule.minimum:
        return start, HistoryBasis.INSUFFICIENT_HISTORY
    if middle <= rule.limit_days:
        return (above or [start])[0], HistoryBasis.WITHIN_LIMIT
    return start, HistoryBasis.BEYOND_LIMIT


def _because(
    schedule: Schedule,
    level: Level | None,
    basis: HistoryBasis,
    sites: Sequence[Judged],
    middle: Decimal | None,
    rule: HistoryRule,
) -> str:
    clause = f" ({schedule.opening.clause})" if schedule.opening.clause else ""
    if basis is HistoryBasis.FIRST_PERIOD:
        return f"Every site is charged at {level.name} in the first annual period{clause}."
    if basis is HistoryBasis.NO_STARTING_LEVEL:
        return "The price schedule names no starting level: a person decides."
    used = sum(one.standing.is_used for one in sites)
    if basis is HistoryBasis.INSUFFICIENT_HISTORY:
        message = f"Insufficient history: {plural(used, 'comparable site')}, {max(rule.minimum, 1)} needed."
        return f"{message} A site then starts at {level.name}{clause}."
    reached = f"The {used} sites compared reached the limit of their level after {middle} days (median)"
    if used == 1:
        reached = f"The one site compared reached the limit of its level after {middle} days"
    limit = f"at most {rule.limit_days}" if basis is HistoryBasis.WITHIN_LIMIT else f"more than {rule.limit_days}"
    return f"{reached}, {limit}: {level.name}{clause}."
