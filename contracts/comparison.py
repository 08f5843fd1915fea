"""What one price schedule changes against another, and an amendment against the terms before it, cell by cell."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from contracts.money import money_text
from contracts.periods import day_text
from contracts.schedule import Component, Level, Schedule
from contracts.terms import AgreementTerms, AmendmentTerms, Source, expiration_on_file, schedule_before

ABSENT = "not on file"


@dataclass(frozen=True)
class Difference:
    """One cell that differs: where it stands, what it said and what it says now."""

    place: str
    before: str
    after: str


def differences(*, before: Schedule | None, after: Schedule) -> tuple[Difference, ...]:
    """Return every value of `after` that differs from `before`, in reading order; all of them without a `before`."""
    old = dict(_values(before)) if before else {}
    new = dict(_values(after))
    places = [*new, *(place for place in old if place not in new)]
    pairs = [(place, old.get(place, ABSENT), new.get(place, ABSENT)) for place in places]
    pairs += [(rule.place, rule.cell.before, rule.cell.after) for rule in _compared_order(before, after)]
    return tuple(Difference(place, was, now) for place, was, now in pairs if was != now)


@dataclass(frozen=True)
class AmendmentChanges:
    """What an amendment changes, cell by cell; `against` is the document it is compared with, None without one."""

    against: Source | None
    cells: tuple[Difference, ...]


def amendment_changes(*, agreement: AgreementTerms, number: int, known_on: date) -> AmendmentChanges:
    """Return what amendment `number` changes against the terms it replaces, as known on a day.

    What an amendment does not set stays as it was and is no change.
    """
    amendment = next(amendment for amendment in agreement.amendments if amendment.number == number)
    before, source = schedule_before(agreement=agreement, number=number, known_on=known_on)
    cells = _expiration_change(agreement, amendment)
    if amendment.schedule is not None:
        cells += differences(before=before, after=amendment.schedule)
    return AmendmentChanges(source if before else None, cells)


def _expiration_change(agreement: AgreementTerms, amendment: AmendmentTerms) -> tuple[Difference, ...]:
    on_file = expiration_on_file(agreement=agreement, before=amendment.number)
    if amendment.expires_on is None or amendment.expires_on == on_file:
        return ()
    return (Difference("Expiration", day_text(on_file) if on_file else ABSENT, day_text(amendment.expires_on)),)


# ---- side by side --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ComparedCell:
    """One value before and after, as a reader sees them; `difference` is that of two amounts that are not the same."""

    before: str
    after: str
    difference: Decimal | None = None

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class ComparedLevel:
    """One row of the table before and after: name, rank, prices, and its limits in the order of the columns.

    A name is empty on the side that does not have the row.
    """

    name: ComparedCell
    rank: ComparedCell
    annual_price: ComparedCell
    limits: tuple[ComparedCell, ...]
    integration_price: ComparedCell

    @property
    def cells(self) -> tuple[ComparedCell, ...]:
        return (self.name, self.rank, self.annual_price, *self.limits, self.integration_price)

    @property
    def changed(self) -> bool:
        return any(cell.changed for cell in self.cells)


@dataclass(frozen=True)
class ComparedRule:
    """One value beside the table, before and after."""

    place: str
    cell: ComparedCell


@dataclass(frozen=True)
class Comparison:
    """An amendment beside the terms it replaces, cell by cell.

    `against` is the document of the schedule it replaces, None without one. Without a schedule of its own it leaves
    the table as it was: `levels` is empty.
    """

    against: Source | None
    columns: tuple[ComparedCell, ...]
    levels: tuple[ComparedLevel, ...]
    rules: tuple[ComparedRule, ...]

    @property
    def changed(self) -> int:
        """How many cells differ."""
        cells = [*self.columns, *(rule.cell for rule in self.rules)]
        for level in self.levels:
            cells += level.cells
        return sum(cell.changed for cell in cells)


def amendment_comparison(*, agreement: AgreementTerms, number: int, known_on: date) -> Comparison:
    """Return amendment `number` beside the terms it replaces, as known on a day.

    Levels and components are the same on both sides where their codes are, whatever they are called. What an amendment
    does not set stays as it was.
    """
    amendment = next(amendment for amendment in agreement.amendments if amendment.number == number)
    before, source = schedule_before(agreement=agreement, number=number, known_on=known_on)
    on_file = expiration_on_file(agreement=agreement, before=number)
    was, becomes = (day_text(day) if day else "no end" for day in (on_file, amendment.expires_on or on_file))
    rules = [ComparedRule("Expiration", ComparedCell(was, becomes))]
    if amendment.schedule is None:
        return Comparison(source if before else None, (), (), tuple(rules))
    columns = _both([part.code for part in _components(before)], [part.code for part in amendment.schedule.components])
    rules += _compared_rules(before, amendment.schedule)
    rules += _compared_order(before, amendment.schedule)
    return Comparison(
        source if before else None,
        tuple(ComparedCell(_column(before, code), _column(amendment.schedule, code)) for code in columns),
        _compared_levels(before, amendment.schedule, columns),
        tuple(rules),
    )


def _both(before: list[str], after: list[str]) -> list[str]:
    """The keys of both sides: those of the new one in its order, each that is gone behind the one it followed."""
    keys = list(after)
    for position, key in enumerate(before):
        if key not in keys:
            earlier = before[position - 1] if position else None
            keys.insert(keys.index(earlier) + 1 if earlier in keys else 0, key)
    return keys


def _components(schedule: Schedule | None) -> tuple[Component, ...]:
    return schedule.components if schedule else ()


def _column(schedule: Schedule | None, code: str) -> str:
    named = {part.code: f"{part.name} (switch)" if part.defines_site else part.name for part in _components(schedule)}
    return named.get(code, "")


def _compared_levels(before: Schedule | None, after: Schedule, columns: list[str]) -> tuple[ComparedLevel, ...]:
    def ranked(schedule: Schedule | None) -> list[str]:
        return [level.code for level in sorted(schedule.levels, key=lambda row: row.rank)] if schedule else []

    pairs = [
        (before.level(code) if before else None, after.level(code)) for code in _both(ranked(before), ranked(after))
    ]
    return tuple(
        ComparedLevel(
            ComparedCell(was.name if was else "", now.name if now else ""),
            ComparedCell(str(was.rank) if was else "", str(now.rank) if now else ""),
            _compared_prices(was, now, "annual_price"),
            tuple(ComparedCell(_limit(before, was, code), _limit(after, now, code)) for code in columns),
            _compared_prices(was, now, "integration_price"),
        )
        for was, now in pairs
    )


def _compared_prices(was: Level | None, now: Level | None, name: str) -> ComparedCell:
    """Compare two prices; a row that states none says so, a row that is not there says nothing."""
    before, after = (getattr(level, name) if level is not None else None for level in (was, now))
    compared = _compared(before, after)
    return replace(compared, before=compared.before if was else "", after=compared.after if now else "")


def _compared(was: str | int | Decimal | None, now: str | int | Decimal | None) -> ComparedCell:
    amounts = isinstance(was, Decimal) and isinstance(now, Decimal)
    return ComparedCell(_said(was), _said(now), now - was if amounts and now != was else None)


def _said(value: str | int | Decimal | None) -> str:
    if value in (None, ""):
        return "not stated"
    return money_text(value) if isinstance(value, Decimal) else str(value)


def _limit(schedule: Schedule | None, level: Level | None, code: str) -> str:
    if level is None or code not in [part.code for part in _components(schedule)]:
        return ""
    return str(level.limit(code))


def _compared_rules(before: Schedule | None, after: Schedule) -> list[ComparedRule]:
    old = dict(_rules(before)) if before else {}
    return [ComparedRule(place, _compared(old[place] if before else ABSENT, value)) for place, value in _rules(after)]


def _compared_order(before: Schedule | None, after: Schedule) -> list[ComparedRule]:
    """The order of the columns that both tables have, where it differs: a reading may take the first one alone."""
    names = {part.code: part.name for part in after.components}
    stored = [part.code for part in _components(before)]
    was, now = [code for code in stored if code in names], [code for code in names if code in stored]
    if was == now:
        return []
    message = (", ".join(names[code] for code in codes) for codes in (was, now))
    return [ComparedRule("Order of the columns", ComparedCell(*message))]


# ---- the values of a schedule --------------------------------------------------------------------------------------


def _values(schedule: Schedule) -> Iterator[tuple[str, str]]:
    for level in sorted(schedule.levels, key=lambda row: row.rank):
        yield f"{level.name}: rank", str(level.rank)
        yield f"{level.name}: annual price", money_text(level.annual_price)
        for component in schedule.components:
            yield f"{level.name}: {component.name}", str(level.limit(component.code))
        if level.integration_price is not None:
            yield f"{level.name}: system integration", money_text(level.integration_price)
    if schedule.switch is not None:
        yield "Switch", schedule.switch.name
    for place, value in _rules(schedule):
        if value not in (None, ""):
            yield place, money_text(value) if isinstance(value, Decimal) else str(value)


def _rules(schedule: Schedule) -> Iterator[tuple[str, str | int | Decimal | None]]:
    """What stands beside the table; amounts and hours are Decimals."""
    hours, review, opening = schedule.hours, schedule.review, schedule.opening
    yield "Clause of the table", schedule.prices_clause
    yield "Clause of system integration", schedule.integration_clause
    yield "Hours in a block", hours.block_hours
    yield "Price of a block", hours.block_price
    yield "Hourly price", hours.hourly_price
    yield "Minimum hours of an hourly charge", hours.minimum_hours
    yield "Hourly opens after completed blocks", hours.opens_after_blocks
    yield "Hourly opens in month of the annual period", hours.opens_in_month
    yield "Services charged by hours", ", ".join(schedule.hour_services)
    yield "Clause of the hours", schedule.hours_clause
    yield "Level of every site in the first annual period", _name(schedule, opening.first_period_level)
    yield "Starting level of a later site", _name(schedule, opening.starting_level)
    yield "Clause of the opening rule", opening.clause
    yield "Levels follow the counts", schedule.counted and (schedule.counted.clause or "yes")
    yield "Days from review to the period's end", review and review.lead_days
    yield "Components that must change", review and review.minimum_changed
    yield "Clause of the review", review and review.clause
    yield "Included services", ", ".join(sorted(service.name for service in schedule.included))
    yield "Clause of the included services", _included_clause(schedule)


def _included_clause(schedule: Schedule) -> str:
    """The clause that all included services stand in, or that of each where they stand in several."""
    clauses = {service.name: service.clause or "not stated" for service in schedule.included}
    if len(set(clauses.values())) > 1:
        return "; ".join(f"{name}: {clause}" for name, clause in sorted(clauses.items()))
    return next(iter(service.clause for service in schedule.included), "")


def _name(schedule: Schedule, code: str | None) -> str | None:
    level = schedule.level(code) if code else None
    return level.name if level else None
