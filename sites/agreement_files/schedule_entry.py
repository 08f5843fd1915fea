"""A price schedule as it stands in an agreement file: read into its pure value, and written back in one fixed form."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from contracts.schedule import (
    Component,
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

Entry = Mapping[str, object]

HOUR_FIGURES = ("block_hours", "block_price", "hourly_price", "minimum_hours", "opens_after_blocks", "opens_in_month")


def schedule_of(entry: Entry) -> Schedule:
    """Return the pure value of an entry without problems; a cell that cannot be read is taken as not stated."""
    hours, review, opening = entry.get("hours", {}), entry.get("review"), entry.get("opening", {})
    figures = {name: hours.get(name) for name in HOUR_FIGURES}
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
                integration_price=_decimal(level.get("integration_price")),
            )
            for rank, level in enumerate(entry["levels"], start=1)
        ),
        review=ReviewRule(review["lead_days"], review["minimum_changed"], review.get("clause", "")) if review else None,
        opening=OpeningRule(
            opening.get("first_period_level"), opening.get("starting_level"), opening.get("clause", "")
        ),
        hours=HourPrices(
            **{name: _decimal(value) if isinstance(value, str) else value for name, value in figures.items()}
        ),
        included=tuple(
            IncludedService(service["name"], service.get("clause", ""))
            for service in entry.get("included_services", [])
        ),
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


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def entry_of(schedule: Schedule) -> dict:
    """Return a schedule in the one fixed form of exported files; what is empty is left out."""
    return dict(_entry(schedule))


def _entry(schedule: Schedule) -> Iterator[tuple[str, object]]:
    yield "clause", schedule.prices_clause
    yield (
        "components",
        [
            {"code": part.code, "name": part.name, **({"is_switch": True} if part.defines_site else {})}
            for part in schedule.components
        ],
    )
    yield "levels", [_level(schedule, level) for level in sorted(schedule.levels, key=lambda level: level.rank)]
    if schedule.integration_clause:
        yield "integration_clause", schedule.integration_clause
    figures = {name: getattr(schedule.hours, name) for name in HOUR_FIGURES}
    hours = {
        name: money(value) if isinstance(value, Decimal) else value
        for name, value in figures.items()
        if value is not None
    }
    if hours or schedule.hours_clause:
        yield "hours", {**_stated("clause", schedule.hours_clause), **hours}
    if review := schedule.review:
        yield (
            "review",
            {
                "lead_days": review.lead_days,
                "minimum_changed": review.minimum_changed,
                **_stated("clause", review.clause),
            },
        )
    opening = {
        **_stated("first_period_level", schedule.opening.first_period_level),
        **_stated("starting_level", schedule.opening.starting_level),
        **_stated("clause", schedule.opening.clause),
    }
    if opening:
        yield "opening", opening
    if schedule.included:
        yield (
            "included_services",
            [{"name": service.name, **_stated("clause", service.clause)} for service in schedule.included],
        )
    if schedule.hour_services:
        yield "hour_services", list(schedule.hour_services)


def _level(schedule: Schedule, level: Level) -> dict:
    price = level.integration_price
    return {
        "code": level.code,
        "name": level.name,
        "annual_price": money(level.annual_price),
        **({} if price is None else {"integration_price": money(price)}),
        "limits": {component.code: _cell(level.limit(component.code)) for component in schedule.components},
    }


def _cell(limit: Limit) -> str | dict:
    message = str(limit) if limit.stated else ""
    return {"printed": limit.printed, "corrected": message} if limit.printed else message


def _stated(key: str, value: str | None) -> dict:
    return {key: value} if value else {}


def money(amount: Decimal) -> str:
    """Write an amount as the file holds it: `163000.00`."""
    return f"{amount:.2f}"
