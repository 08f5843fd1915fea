"""What the history page of a site shows, composed from rows already loaded: nothing here asks the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from contracts.levels import ComponentLevel, MeasuredLevel, level_as_read
from contracts.periods import ONE_DAY, DaySpan, Month, day_text
from contracts.printing.sheets import Sheet
from contracts.schedule import Component, Level
from contracts.terms import AgreementTerms, expiration_known
from sites.charts.levels import LevelDays, levels_drawing
from sites.charts.limit_lines import Counted, LimitLine, Reached, Trend, days_reached, limit_lines
from sites.charts.limits import Series, component_drawing, counts_drawing
from sites.charts.plot import Drawing
from sites.counts.count import Count, counts_on, quantities
from sites.models import Site
from sites.site_history.trend import Outlook, outlook
from sites.site_pages.pages import ChargedHere, CountCell, CountMonth, PeriodLevels, ServiceState, SitePage, site_page

MEASURED_KEY = (
    "Thick line with dots: counts; dashed: carried on, not counted again. Thin line: limit of the measured level; "
    "dotted: the next limit. Ring: first count at or above the limit."
)


@dataclass(frozen=True)
class ComponentHistory:
    """One component of a site: its last count, the days on which limits were reached, and what is expected.

    `own` is what the component needs by itself. A site out of service has no outlook.
    """

    component: Component
    last: Count | None
    own: ComponentLevel | None
    reached: tuple[Reached, ...]
    outlook: Outlook | None

    @property
    def limits(self) -> tuple[Reached, ...]:
        """The limits to show: the last one, and earlier ones that say something."""
        return tuple(one for one in self.reached if one is self.reached[-1] or one.above or not one.line.single)

    @property
    def next_limit(self) -> str:
        """The next limit with the room that is left: `25, 2 more fit`."""
        if self.own is None or self.own.room is None:
            return ""
        room = "full" if self.own.room == 0 else f"{self.own.room} more fit{'s' if self.own.room == 1 else ''}"
        return f"{self.own.limit.upper}, {room}"


@dataclass(frozen=True)
class HistoryCell:
    """One figure of a month; `reason` says why nobody could count it."""

    component: Component
    cell: CountCell
    reason: str


@dataclass(frozen=True)
class HistoryMonth:
    """One month with a cell per component; `over` once the month has ended."""

    month: Month
    over: bool
    cells: tuple[HistoryCell, ...]


@dataclass(frozen=True)
class LevelStretch:
    """Days on which a site was measured and charged the same."""

    span: DaySpan
    measured: MeasuredLevel
    charged: ChargedHere | None

    @property
    def difference(self) -> Decimal | None:
        """Annual price of the measured level less that of the charged one; None where either has none."""
        if self.measured.level is None or self.charged is None or self.charged.level is None:
            return None
        return self.measured.level.annual_price - self.charged.level.annual_price


@dataclass(frozen=True)
class SiteHistory:
    """Everything the history page shows besides the site's own fields. Without a day of service nothing is drawn."""

    page: SitePage
    months: tuple[HistoryMonth, ...]
    components: tuple[ComponentHistory, ...]
    stretches: tuple[LevelStretch, ...]
    drawing: Drawing | None
    levels: Drawing | None
    chosen: ComponentHistory | None
    chosen_drawing: Drawing | None


def site_history(
    *,
    site: Site,
    agreement: AgreementTerms,
    on: date,
    chosen: str = "",
    charged: bool = True,
    missing: Mapping[tuple[str, date], str] | None = None,
) -> SiteHistory:
    """Compose the history page of one site on the business date; the site is from `with_levels()` and `with_counts()`.

    `chosen` is the code of the component drawn large, by default the one nearest to its next limit. Without `charged`,
    for a reader who may not see it, counts are held against the measured level. `missing` gives the reasons for figures
    that nobody could count, by component code and first day of the month.
    """
    page = site_page(site=site, agreement=agreement, on=on)
    through = min(on, site.removed_on or on)
    first = min([site.in_service_on, *(count.counted_on for count in site.count_values())])
    if first > through:
        return SiteHistory(page, (), (), (), None, None, None, None)
    span = DaySpan(first, Month.of(through).span.last_day)
    periods = tuple(reversed(page.periods))
    series = tuple(_series(site, part, periods, span, charged) for part in page.components)
    expires_on, _source = expiration_known(agreement=agreement, known_on=on)
    components = tuple(
        _component(site, page, part, one, on, expires_on) for part, one in zip(page.components, series, strict=True)
    )
    picked = next((one for one in components if one.component.code == chosen), None) or _nearest(page, components)
    stretches = _stretches(site, agreement, periods, span, through)
    drawing = counts_drawing(title=f"Component counts at {site}", span=span, through=through, series=series)
    return SiteHistory(
        page=page,
        months=_months(page, missing or {}),
        components=components,
        stretches=stretches,
        drawing=drawing if charged else replace(drawing, key=MEASURED_KEY),
        levels=_levels(site, stretches, periods, DaySpan(span.first_day, through), charged),
        chosen=picked,
        chosen_drawing=_large(site, picked, periods, span, through, charged) if picked else None,
    )


def _months(page: SitePage, missing: Mapping[tuple[str, date], str]) -> tuple[HistoryMonth, ...]:
    def cells(row: CountMonth) -> tuple[HistoryCell, ...]:
        return tuple(
            HistoryCell(part, cell, missing.get((part.code, row.month.span.first_day), ""))
            for part, cell in zip(page.components, row.cells, strict=True)
        )

    return tuple(HistoryMonth(row.month, row.over, cells(row)) for row in page.months)


def _of(site: Site, component: Component) -> list[Count]:
    return [count for count in site.count_values() if count.component == component.code]


def _nearest(page: SitePage, components: Sequence[ComponentHistory]) -> ComponentHistory | None:
    """The component closest to its next limit; otherwise the first that is counted."""
    near = page.latest.measured.nearest if page.latest else None
    code = near.component.code if near else None
    return next((one for one in components if one.component.code == code), next(iter(components), None))


# ---- counts against limits ---------------------------------------------------------------------------------------


def _series(site: Site, component: Component, periods: Sequence[PeriodLevels], span: DaySpan, charged: bool) -> Series:
    """The counts of a component with the limits of the level of every annual period; the last level goes on."""
    counts = tuple(Counted(count.counted_on, count.quantity) for count in _of(site, component))
    begun = [row for row in periods if row.found and row.period.span.first_day <= span.last_day]
    lines: list[LimitLine] = []
    for row, later in zip(begun, (*begun, None)[1:], strict=True):
        last_day = row.period.span.last_day if later else span.last_day
        part = span.overlap(row.period.span.first_day, last_day)
        if part is None:
            continue
        level = _level(row, charged)
        highest = max((count.quantity for count in counts if count.day <= part.last_day), default=None)
        lines += limit_lines(schedule=row.found.schedule, level=level, component=component, span=part, highest=highest)
    return Series(component.name, counts, tuple(lines))


def _level(row: PeriodLevels, charged: bool) -> Level | None:
    if charged:
        return row.charged.level if row.charged else None
    return row.measured.level if row.measured else None


def _component(
    site: Site, page: SitePage, component: Component, series: Series, on: date, expires_on: date | None
) -> ComponentHistory:
    counts = _of(site, component)
    measured = page.latest.measured if page.latest else None
    own = next((part for part in measured.components if part.component == component), None) if measured else None
    ahead = None
    if page.state is ServiceState.IN_SERVICE:
        limit = own.limit.upper if own and own.limit else None
        ahead = outlook(counts=counts, limit=limit, on=on, expires_on=expires_on)
    reached = days_reached(counts=series.counts, limits=series.limits)
    return ComponentHistory(component, counts[-1] if counts else None, own, reached, ahead)


def _large(
    site: Site, one: ComponentHistory, periods: Sequence[PeriodLevels], span: DaySpan, through: date, charged: bool
) -> Drawing:
    """The large drawing of one component; with an expected day it reaches to the end of that day's month."""
    trend = None
    if one.outlook and one.outlook.expected_on:
        line, day = one.outlook.line, one.outlook.expected_on
        span = DaySpan(span.first_day, Month.of(day).span.last_day)
        label = f"above {one.outlook.limit} expected {day_text(day)}"
        trend = Trend(line.first_day, line.on(line.first_day), day, line.on(day), label)
    series = _series(site, one.component, periods, span, charged)
    title = f"{one.component.name} at {site}"
    drawing = component_drawing(title=title, span=span, through=through, series=series, trend=trend)
    return drawing if charged else replace(drawing, key=MEASURED_KEY)


# ---- measured against charged ------------------------------------------------------------------------------------


def _stretches(
    site: Site, agreement: AgreementTerms, periods: Sequence[PeriodLevels], span: DaySpan, through: date
) -> tuple[LevelStretch, ...]:
    """The days on which the measured and the charged level stay the same, oldest first."""
    counts = site.count_values()
    rows = [(row, part) for row in periods if row.found and (part := row.period.span.overlap(span.first_day, through))]
    found: list[LevelStretch] = []
    for row, part in rows:
        days = sorted({part.first_day, *(count.counted_on for count in counts if count.counted_on in part)})
        for day, after in zip(days, [*days[1:], part.last_day + ONE_DAY], strict=True):
            measured = level_as_read(
                schedule=row.found.schedule,
                counts=quantities(counts_on(counts=counts, day=day)),
                readings=agreement.readings_on(day),
            )
            stretch = LevelStretch(DaySpan(day, after - ONE_DAY), measured, row.charged)
            if found and _same(found[-1], stretch):
                found[-1] = replace(stretch, span=DaySpan(found[-1].span.first_day, stretch.span.last_day))
            else:
                found.append(stretch)
    return tuple(found)


def _same(one: LevelStretch, other: LevelStretch) -> bool:
    """Whether both levels of two stretches are the same, and follow one another."""
    return (
        one.measured.level == other.measured.level
        and one.measured.flags == other.measured.flags
        and _charged_as(one.charged) == _charged_as(other.charged)
        and one.span.last_day + ONE_DAY == other.span.first_day
    )


def _charged_as(charged: ChargedHere | None) -> tuple[Level | None, str, bool] | None:
    return (charged.level, charged.name, charged.charged.provisional) if charged else None


def _levels(
    site: Site, stretches: Sequence[LevelStretch], periods: Sequence[PeriodLevels], span: DaySpan, charged: bool
) -> Drawing | None:
    schedules = [row.found.schedule for row in periods if row.found]
    if not schedules or not stretches:
        return None
    names = {
        level.name: level.rank for schedule in schedules for level in sorted(schedule.levels, key=lambda row: row.rank)
    }
    paid = [LevelDays(one.span, one.charged.name if one.charged else None) for one in stretches] if charged else []
    measured = [LevelDays(one.span, one.measured.level.name if one.measured.level else None) for one in stretches]
    return levels_drawing(
        title=f"Measured{' and charged' if charged else ''} level of {site}",
        span=span,
        levels=sorted(names, key=names.get),
        charged=_joined(paid),
        measured=_joined(measured),
    )


def _joined(found: Sequence[LevelDays]) -> list[LevelDays]:
    done: list[LevelDays] = []
    for one in found:
        if done and done[-1].level == one.level and done[-1].span.last_day + ONE_DAY == one.span.first_day:
            done[-1] = LevelDays(DaySpan(done[-1].span.first_day, one.span.last_day), one.level)
        else:
            done.append(one)
    return done


# ---- as a sheet --------------------------------------------------------------------------------------------------


def history_sheet(*, site: Site, history: SiteHistory) -> Sheet:
    """Return the counts of all months as a sheet, oldest month first: per component the figure and its day."""
    headings = ["Month"]
    for part in history.page.components:
        headings += [part.name, f"{part.name} counted on"]
    rows = []
    for row in reversed(history.months):
        values: list[str | int | date | None] = [f"{row.month.year}-{row.month.month:02}"]
        for one in row.cells:
            count = one.cell.count
            values += [count.quantity, count.counted_on] if count else [None, None]
        rows.append(values)
    notes = [f"{site}, {site.agreement}. The last count of every month; an empty cell is a missing count, not zero."]
    if site.is_demonstration:
        notes.append("Demonstration data: this site and its counts are invented.")
    return Sheet(str(site), headings, rows, notes)
