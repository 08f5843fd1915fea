"""What one price schedule changes against another, and an amendment against the terms before it, cell by cell."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from contracts.money import money_text
from contracts.periods import day_text
from contracts.schedule import Schedule
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
    pairs = ((place, old.get(place, ABSENT), new.get(place, ABSENT)) for place in places)
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


def _values(schedule: Schedule) -> Iterator[tuple[str, str]]:
    for level in sorted(schedule.levels, key=lambda row: row.rank):
        yield f"{level.name}: annual price", money_text(level.annual_price)
        for component in schedule.components:
            yield f"{level.name}: {component.name}", str(level.limit(component.code))
        if level.integration_price is not None:
            yield f"{level.name}: system integration", money_text(level.integration_price)
    hours = schedule.hours
    for place, value in (
        ("Hours in a block", hours.block_hours),
        ("Price of a block", hours.block_price and money_text(hours.block_price)),
        ("Hourly price", hours.hourly_price and money_text(hours.hourly_price)),
        ("Minimum hours of an hourly charge", hours.minimum_hours),
        ("Hourly opens after completed blocks", hours.opens_after_blocks),
        ("Hourly opens in month of the annual period", hours.opens_in_month),
        ("Level of every site in the first annual period", _name(schedule, schedule.opening.first_period_level)),
        ("Starting level of a later site", _name(schedule, schedule.opening.starting_level)),
        ("Days from review to the period's end", schedule.review and schedule.review.lead_days),
        ("Components that must change", schedule.review and schedule.review.minimum_changed),
        ("Included services", ", ".join(sorted(service.name for service in schedule.included))),
    ):
        if value not in (None, ""):
            yield place, str(value)


def _name(schedule: Schedule, code: str | None) -> str | None:
    level = schedule.level(code) if code else None
    return level.name if level else None
