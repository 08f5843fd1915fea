"""The charts of a monthly report: each site's counts of the annual period against the limits of its level."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from contracts.periods import DaySpan
from sites.charts.limit_lines import Counted, LimitLine
from sites.charts.limits import Series, counts_drawing
from sites.charts.plot import Drawing


@dataclass(frozen=True)
class SiteChart:
    """The chart of one site, and a name that tells it from the others of the same page."""

    site: str
    name: str
    drawing: Drawing


def site_charts(content: Mapping) -> tuple[SiteChart, ...]:
    """Return a chart for every site of a report that has a price table, in the order of the report."""
    through = date.fromisoformat(content["cut_off_on"])
    return tuple(_chart(row, through) for row in content["rows"] if row["chart_first_day"])


def _chart(row: Mapping, through: date) -> SiteChart:
    span = DaySpan(date.fromisoformat(row["chart_first_day"]), date.fromisoformat(row["chart_last_day"]))
    last_day = date.fromisoformat(row["last_day"]) if row["last_day"] else through
    since = date.fromisoformat(row["in_service_on"]) if row.get("in_service_on") else None
    drawing = counts_drawing(
        title=f"{row['site']}, annual period {row['period']}",
        span=span,
        through=min(through, last_day),
        series=[_series(cell, span) for cell in row["cells"]],
        since=since,
    )
    return SiteChart(row["site"], f"site-{row['key']}", drawing)


def _series(cell: Mapping, span: DaySpan) -> Series:
    counts = tuple(Counted(date.fromisoformat(day), quantity) for day, quantity in cell["past"])
    limits = tuple(LimitLine(span, **line) for line in cell["limits"])
    return Series(cell["name"], counts, limits)
