"""A price schedule as it stands in an agreement file: read into its pure value, and written back in one fixed form."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal

from contracts.money import plain_text
from contracts.schedule import (
    Component,
    CountedRule,
    HourPrices,
    IncludedService,
    Level,
    Limit,
    LimitKind,
    OpeningRule,
    Refused,
    ReviewRule,
    Schedule,
    read_limit,
)
from sites.agreement_files.agreement_file import stated

Entry = Mapping[str, object]

HOUR_FIGURES = ("block_hours", "block_price", "hourly_price", "minimum_hours", "opens_after_blocks", "opens_in_month")


def schedule_of(entry: Entry) -> Schedule:
    """Return the pure value of an entry without problems; a cell that cannot be read is taken as not stated."""
    hours, review = entry.get("hours", {}), entry.get("review")
    return Schedule(
        components=tuple(
            Component(part["code"], part["name"], part.get("is_switch", False)) for part in entry["components"]
        ),
        levels=tuple(
            Level(
                code=level["code"],
                name=level["name"],
                rank=rank,
                annual_price=Decimal(level["annual_price"]),
                limits={
                    code: limit for code, cell in level["limits"].items() if isinstance(limit := limit_of(cell), Limit)
                },
                integration_price=_figure(level.get("integration_price")),
            )
            for rank, level in enumerate(entry["levels"], start=1)
        ),
        review=ReviewRule(**review) if review else None,
        opening=OpeningRule(**{"first_period_level": None, "starting_level": None, **entry.get("opening", {})}),
        counted=CountedRule(entry.get("follows_counts_clause", "")) if entry.get("follows_counts") else None,
        hours=HourPrices(**{name: _figure(value) for name, value in hours.items() if name != "clause"}),
        included=tuple(IncludedService(**service) for service in entry.get("included_services", [])),
        hour_services=tuple(entry.get("hour_services", ())),
        prices_clause=entry["clause"],
        integration_clause=entry.get("integration_clause", ""),
        hours_clause=hours.get("clause", ""),
    )


def limit_of(cell: str | Entry, place: str = "limit") -> Limit | Refused:
    """Read one cell: as printed, or printed with what it should say."""
    if isinstance(cell, str):
        return read_limit(cell, place=place)
    if not cell["corrected"].strip():
        return Limit(LimitKind.NOT_STATED, printed=cell["printed"])
    return read_limit(cell["printed"], corrected=cell["corrected"], place=place)


def _figure(value: str | int | None) -> Decimal | int | None:
    return Decimal(value) if isinstance(value, str) else value


def entry_of(schedule: Schedule) -> dict:
    """Return a schedule in the one fixed form of exported files; what is empty is left out."""
    hours = {name: getattr(schedule.hours, name) for name in HOUR_FIGURES}
    return stated(
        clause=schedule.prices_clause,
        components=[
            stated(code=part.code, name=part.name, is_switch=part.defines_site) for part in schedule.components
        ],
        levels=[_level(schedule, level) for level in sorted(schedule.levels, key=lambda level: level.rank)],
        integration_clause=schedule.integration_clause,
        hours=stated(
            clause=schedule.hours_clause,
            **{name: money(value) if isinstance(value, Decimal) else value for name, value in hours.items()},
        ),
        review=stated(**asdict(schedule.review)) if schedule.review else None,
        opening=stated(**asdict(schedule.opening)),
        follows_counts=schedule.counted is not None,
        follows_counts_clause=schedule.counted.clause if schedule.counted else "",
        included_services=[stated(**asdict(service)) for service in schedule.included],
        hour_services=list(schedule.hour_services),
    )


def _level(schedule: Schedule, level: Level) -> dict:
    price = level.integration_price
    return stated(
        code=level.code,
        name=level.name,
        annual_price=money(level.annual_price),
        integration_price=None if price is None else money(price),
        limits={component.code: _cell(level.limit(component.code)) for component in schedule.components},
    )


def _cell(limit: Limit) -> str | dict:
    message = str(limit) if limit.stated else ""
    return {"printed": limit.printed, "corrected": message} if limit.printed else message


def money(amount: Decimal) -> str:
    """Write an amount as the file holds it: `163000.00`."""
    return plain_text(amount)
