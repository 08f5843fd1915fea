"""What a monthly report shows: one dictionary, complete enough to print and to keep for ever.

Dates stand in it as year-month-day, hours as text with two decimals. It names neither prices nor what the supplier
thinks: the contract asks for the components and the services of each location (Appendix A, note 4).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.models import Agreement
from contracts.periods import day_text
from contracts.readings import ChangeCounting
from contracts.sealing.digest import canonical_sha256
from contracts.terms import NotInForce
from contracts.wording import signed
from sites.reports.calendar import report_due_on
from sites.reports.differences import CHARGED_TEXTS
from sites.reports.monthly_report import ComponentFigure, MonthlyFigures, SiteReport

FORM = 1
"""Raised when the dictionary changes its form, so that a template can still tell what it prints."""


def figures_sha256(content: Mapping) -> str:
    """Return the SHA-256 of what a report says about its sites: it tells whether something has changed since.

    What the charts show of earlier months is left out: it belongs to the reports of those months. So is that a first
    count is due, which a count of a later month ends.
    """
    rows = [
        {name: value for name, value in row.items() if name != "first_count"}
        | {"cells": [_without_chart(cell) for cell in row["cells"]]}
        for row in content["rows"]
    ]
    return canonical_sha256({"components": content["components"], "included": content["included"], "rows": rows})


def _without_chart(cell: Mapping) -> dict:
    return {name: value for name, value in cell.items() if name not in ("past", "limits")}


def report_content(
    *,
    agreement: Agreement,
    figures: MonthlyFigures,
    days_after: int,
    demonstration: bool,
    issued_on: date | None = None,
    revision: int = 0,
    reason: str = "",
    differences: Sequence[Mapping] = (),
) -> dict:
    """Return everything the report shows, as JSON values; nothing else is needed to print it.

    The agreement is from `with_terms()`. Without `issued_on` it is the report as it stands on the day of the figures.
    """
    month = figures.month
    return {
        "form": FORM,
        "kind": "monthly-report",
        "name": f"Monthly report {month}",
        "issued_on": issued_on.isoformat() if issued_on else None,
        "revision": revision,
        "reason": reason,
        "preliminary": figures.preliminary,
        "demonstration": demonstration,
        "supplier": agreement.supplier.as_content(),
        "customer": agreement.customer.as_content(),
        "agreement": {"number": agreement.number, "dated_on": agreement.dated_on.isoformat()},
        "source": str(figures.found.schedule_source) if not isinstance(figures.found, NotInForce) else "",
        "refusal": figures.found.message if isinstance(figures.found, NotInForce) else "",
        "month": month.span.first_day.isoformat(),
        "month_name": str(month),
        "last_day": month.span.last_day.isoformat(),
        "cut_off_on": figures.cut_off_on.isoformat(),
        "due_on": report_due_on(month=month, days_after=days_after).isoformat(),
        "days_after": days_after,
        "components": [{"code": part.code, "name": part.name} for part in figures.components],
        "included": [{"name": service.name, "clause": service.clause} for service in figures.included],
        "rows": [_row(row, figures) for row in figures.rows],
        "totals": figures.totals,
        "levels": figures.levels,
        "hours": _hours_by_service(figures.rows),
        "lacking": len(figures.lacking),
        "readings": _readings(figures),
        "differences": [dict(one) for one in differences],
    }


def _readings(figures: MonthlyFigures) -> list[dict]:
    """The readings that decide the measured level and what has changed."""
    readings = figures.agreement.readings_on(figures.cut_off_on)
    chosen = (readings.of_question(key) for key in ("level", "change"))
    return [{"title": one.question.title, "sentence": one.sentence, "clause": one.clause} for one in chosen]


def _hours_by_service(rows: Iterable[SiteReport]) -> list[dict]:
    services = sorted({service for row in rows for service in row.hours})
    return [
        {"service": service, "hours": f"{sum(row.hours.get(service, 0) for row in rows):.2f}"} for service in services
    ]


# ---- one site ----------------------------------------------------------------------------------------------------


def _row(row: SiteReport, figures: MonthlyFigures) -> dict:
    counts = [figure.count for figure in row.figures if figure.count is not None]
    nearest = row.measured.nearest if row.measured else None
    whole = row.served == figures.month.span
    return {
        "key": row.key,
        "site": row.name,
        "first_day": None if whole else row.served.first_day.isoformat(),
        "last_day": None if whole else row.served.last_day.isoformat(),
        "counted_on": _most_common([count.counted_on.isoformat() for count in counts]),
        "source": _most_common([count.source for count in counts]),
        "cells": [_cell(figure, row) for figure in row.figures],
        "measured": row.measured.level.name if row.measured and row.measured.level else None,
        "decided_by": _decided_by(row),
        "nearest": nearest.distance if nearest else "",
        "room": nearest.room if nearest else None,
        "flags": [flag.sentence for flag in row.measured.flags] if row.measured else [],
        "charged": (row.charged_level.name if row.charged_level else row.charged.level_code) if row.charged else None,
        "basis": row.charged.why if row.charged else "",
        "provisional": row.charged.provisional if row.charged else False,
        "period": row.period.number if row.period else None,
        "in_service_on": row.in_service_on.isoformat() if row.in_service_on else None,
        "chart_first_day": row.period.full_span.first_day.isoformat() if row.period else None,
        "chart_last_day": row.period.full_span.last_day.isoformat() if row.period else None,
        "changed": [_change(figure) for figure in row.figures if figure.changed],
        "changes": row.changes.tally if row.changes else None,
        "units": row.changes.reading is ChangeCounting.UNITS if row.changes else False,
        "unknown": len(row.changes.unknown) if row.changes else None,
        "hours": [{"service": service, "hours": f"{hours:.2f}"} for service, hours in row.hours.items()],
        "refusal": row.refusal,
        "first_count": row.first_count,
    }


def _most_common(values: Sequence[str]) -> str | None:
    return max(sorted(set(values)), key=values.count, default=None)


def _decided_by(row: SiteReport) -> str:
    """The components that decide the level; where all of them do, the one that is closest to its limit."""
    if row.measured is None:
        return ""
    if len(row.measured.deciding) == len(row.measured.components) and row.measured.nearest:
        return row.measured.nearest.distance
    return ", ".join(part.distance for part in row.measured.deciding)


def _change(figure: ComponentFigure) -> str:
    """What has changed since the annual period's start, in words: `SLC +2`; back where it was, it says so."""
    change = figure.since_period
    return f"{figure.component.name} {signed(change)}" if change else f"{figure.component.name}, and back"


def _cell(figure: ComponentFigure, row: SiteReport) -> dict:
    count, level = figure.count, figure.level
    charged = row.charged_level.limit(figure.component.code) if row.charged_level else None
    return {
        "code": figure.component.code,
        "name": figure.component.name,
        "quantity": count.quantity if count else None,
        "counted_on": count.counted_on.isoformat() if count else None,
        "source": count.source if count else "",
        "stale": figure.stale,
        "missing": figure.missing_reason,
        "lacking": figure.lacking,
        "since_month": figure.since_month,
        "since_period": figure.since_period,
        "changed": figure.changed,
        "level": level.level.name if level and level.level else None,
        "limit": level.limit.upper if level and level.limit else None,
        "distance": level.distance if level else "",
        "decides": bool(row.measured and level in row.measured.deciding),
        "charged_limit": charged.upper if charged else None,
        "past": [[one.counted_on.isoformat(), one.quantity] for one in figure.past],
        "limits": [
            {"upper": line.upper, "level": line.level, "charged": line.charged, "single": line.single}
            for line in figure.limits
        ],
    }


def without_charged_levels(content: Mapping) -> dict:
    """Return a report's content for those who may not see at which level a site is charged, as the sites' pages do."""
    hidden = {"charged": None, "basis": "", "provisional": False}
    rows = [
        {**row, **hidden, "cells": [{**cell, "charged_limit": None, "limits": []} for cell in row["cells"]]}
        for row in content["rows"]
    ]
    levels = [{**level, "charged": None} for level in content["levels"] if level["measured"]]
    seen = [one for one in content["differences"] if one["what"] not in CHARGED_TEXTS.values()]
    return {**content, "rows": rows, "levels": levels, "differences": seen, "hides_charged": True}


# ---- a content in words ------------------------------------------------------------------------------------------


def edition(content: Mapping) -> str:
    """Return how far a report has come: not issued, the first report or a revision."""
    if not content["issued_on"]:
        return "Preliminary: the month is not over" if content["preliminary"] else "Not issued"
    issued = f"issued {day_text(date.fromisoformat(content['issued_on']))}"
    return f"Revision {content['revision']}, {issued}" if content["revision"] else f"First report, {issued}"


@dataclass(frozen=True)
class Gap:
    """Figures of a site that nobody counted in the month; without a reason they still have to be counted or marked."""

    key: int
    site: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    reason: str
    last: str

    @property
    def components(self) -> str:
        return ", ".join(self.names)


def gaps(content: Mapping) -> tuple[Gap, ...]:
    """Return the figures without a count in the month, those of one site, reason and last day together.

    What is marked as missing comes first, then what is still to be counted or marked.
    """
    alike: dict[tuple, list[Mapping]] = {}
    for row in content["rows"]:
        for cell in row["cells"]:
            if cell["missing"] or cell["lacking"]:
                alike.setdefault((row["key"], row["site"], cell["missing"], cell["counted_on"]), []).append(cell)
    found = (
        Gap(
            key=key,
            site=site,
            codes=tuple(cell["code"] for cell in cells),
            names=tuple(cell["name"] for cell in cells),
            reason=reason,
            last=day_text(date.fromisoformat(counted_on)) if counted_on else "never",
        )
        for (key, site, reason, counted_on), cells in alike.items()
    )
    return tuple(sorted(found, key=lambda gap: not gap.reason))
