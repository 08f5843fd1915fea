"""The monthly report: what is counted at each site in service in a month, and what follows from it (note 4).

The figure of a month is the last count made in it. Where a month has no count of its own the last one before it stands
in the report, marked as older; a component that was never counted is missing, which is not zero.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache

from contracts.levels import ComponentLevel, MeasuredLevel, level_as_read
from contracts.periods import ONE_DAY, AnnualPeriod, DaySpan, Month
from contracts.readings import Readings
from contracts.schedule import Component, IncludedService, Level
from contracts.terms import AgreementTerms, NotInForce, TermsFound, terms_on
from sites.charged import AgreedLevel, Charged, LevelFacts, LevelFromDay, charged_on
from sites.charts.limit_lines import LimitLine, limit_lines
from sites.counts.count import Count, baseline, between, counts_on, current, quantities
from sites.reports.calendar import report_months
from sites.reviews.review import Eligibility, eligibility


@dataclass(frozen=True)
class FiledCount(Count):
    """A count with where it comes from."""

    source: str = ""


@dataclass(frozen=True)
class ReportedSite:
    """What is on file about one site: its service and counts, its levels, figures marked as missing, hours by service.

    `missing` gives the reason by component code, `hours` what was worked in the month; `first_count` says what was
    never counted at a site in service.
    """

    key: int
    name: str
    in_service_on: date
    removed_on: date | None
    counts: tuple[FiledCount, ...]
    agreed: tuple[AgreedLevel, ...] = ()
    dated: tuple[LevelFromDay, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    hours: Mapping[str, Decimal] = field(default_factory=dict)
    first_count: str = ""


@dataclass(frozen=True)
class ComponentFigure:
    """One component at one site: its last count, whether that was made in the month, and how it changed.

    `since_month` and `since_period` are units added since the month before and since the annual period's start; None
    where there is nothing to compare. `missing_reason` says why the month has no count, once somebody has marked it.
    `past` holds the counts of the annual period, and `limits` the limits, that the chart draws.
    """

    component: Component
    count: FiledCount | None
    in_month: bool
    since_month: int | None = None
    since_period: int | None = None
    changed: bool = False
    level: ComponentLevel | None = None
    missing_reason: str = ""
    past: tuple[FiledCount, ...] = ()
    limits: tuple[LimitLine, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether the last count is older than the month."""
        return self.count is not None and not self.in_month

    @property
    def lacking(self) -> bool:
        """Whether the month has no count of this component, and nobody has marked it as missing with a reason."""
        return not self.in_month and not self.missing_reason


@dataclass(frozen=True)
class SiteReport:
    """One site in the report. `refusal` says why there are no levels where no terms are in force."""

    key: int
    name: str
    served: DaySpan
    figures: tuple[ComponentFigure, ...]
    hours: Mapping[str, Decimal]
    measured: MeasuredLevel | None = None
    charged: Charged | None = None
    charged_level: Level | None = None
    changes: Eligibility | None = None
    period: AnnualPeriod | None = None
    refusal: str = ""
    in_service_on: date | None = None
    first_count: str = ""

    @property
    def lacking(self) -> tuple[ComponentFigure, ...]:
        """The figures of the month that are neither counted nor marked as missing."""
        return tuple(figure for figure in self.figures if figure.lacking)


@dataclass(frozen=True)
class MonthlyFigures:
    """The report of one agreement and month as known on a day; it is preliminary until the month is over."""

    agreement: AgreementTerms
    month: Month
    on: date
    cut_off_on: date
    found: TermsFound | NotInForce
    rows: tuple[SiteReport, ...]
    components: tuple[Component, ...]
    included: tuple[IncludedService, ...]

    @property
    def preliminary(self) -> bool:
        """Whether the month is not over yet."""
        return self.on <= self.month.span.last_day

    @property
    def lacking(self) -> tuple[tuple[SiteReport, ComponentFigure], ...]:
        """The figures that are neither counted in the month nor marked as missing, with their sites."""
        return tuple((row, figure) for row in self.rows for figure in row.lacking)

    @property
    def totals(self) -> list[dict]:
        """Each component over all sites: the sum of the figures shown, how many are old, how many never counted."""
        return [_total(component, self.rows) for component in self.components]

    @property
    def levels(self) -> list[dict]:
        """How many sites are charged and measured at each level of the price table; those without a level come last."""
        return _levels(self.found, self.rows)


def monthly_figures(
    *,
    agreement: AgreementTerms,
    month: Month,
    sites: Iterable[ReportedSite],
    components: Callable[[date], Sequence[Component]],
    on: date,
) -> MonthlyFigures:
    """Return the report of a month (note 4): a row for every site in service on at least one of its days.

    `components` gives what can be counted on a day. Counts made after the month, or after `on`, are left out. Levels
    are those of the site's last day in the month; the change in the annual period follows the reading of the review.
    """
    cut_off = min(month.span.last_day, on)

    @cache
    def terms(day: date) -> TermsFound | NotInForce:
        return terms_on(agreement=agreement, service_on=day, known_on=on)

    rows = []
    for facts in sites:
        served = month.span.overlap(facts.in_service_on, facts.removed_on)
        if served is not None and served.first_day <= cut_off:
            last_day = min(served.last_day, cut_off)
            rows.append(_site(agreement, facts, served, last_day, terms(last_day), tuple(components(last_day))))
    columns = {figure.component.code: figure.component for row in rows for figure in row.figures}
    found = terms(cut_off)
    return MonthlyFigures(
        agreement=agreement,
        month=month,
        on=on,
        cut_off_on=cut_off,
        found=found,
        rows=tuple(rows),
        components=tuple(columns.values()) or tuple(components(cut_off)),
        included=found.schedule.included if isinstance(found, TermsFound) else (),
    )


def _site(
    agreement: AgreementTerms,
    facts: ReportedSite,
    served: DaySpan,
    last_day: date,
    found: TermsFound | NotInForce,
    components: tuple[Component, ...],
) -> SiteReport:
    now = counts_on(counts=facts.counts, day=last_day)
    before = counts_on(counts=facts.counts, day=Month.of(last_day).span.first_day - ONE_DAY)
    row = SiteReport(
        key=facts.key,
        name=facts.name,
        served=served,
        figures=tuple(_figure(part, now, before, facts.missing.get(part.code, "")) for part in components),
        hours=facts.hours,
        in_service_on=facts.in_service_on,
        first_count=facts.first_count,
    )
    if isinstance(found, NotInForce):
        return replace(row, refusal=found.message)
    charged = charged_on(
        agreement=agreement,
        schedule=found.schedule,
        period=found.period,
        day=last_day,
        site=LevelFacts(facts.in_service_on, facts.removed_on, facts.agreed, facts.dated, facts.counts),
        known_on=found.known_on,
    )
    row = replace(
        row,
        charged=charged,
        charged_level=found.schedule.level(charged.level_code) if charged else None,
        period=found.period,
    )
    return _with_levels(row, facts, found, agreement.readings_on(last_day), last_day)


def _figure(
    part: Component, now: Mapping[str, FiledCount], before: Mapping[str, FiledCount], missing_reason: str
) -> ComponentFigure:
    count, month_before = now.get(part.code), before.get(part.code)
    in_month = count is not None and count is not month_before
    return ComponentFigure(
        component=part,
        count=count,
        in_month=in_month,
        since_month=_less(count, month_before) if in_month else None,
        missing_reason="" if in_month else missing_reason,
    )


def _with_levels(
    row: SiteReport, facts: ReportedSite, found: TermsFound, readings: Readings, last_day: date
) -> SiteReport:
    """The row with what the price table and the review's rule say of its counts (note 3)."""
    schedule, period = found.schedule, found.period.span
    then = baseline(counts=facts.counts, period=period, in_service_on=facts.in_service_on)
    now = current(counts=facts.counts, then=then, period=period, cut_off_on=last_day)
    changes = eligibility(
        schedule=schedule,
        then=quantities(then),
        now=quantities(now),
        between=between(counts=facts.counts, then=then, now=now),
        minimum=schedule.review.minimum_changed if schedule.review else 1,
        reading=readings.change,
    )
    counted = {figure.component.code: figure.count.quantity for figure in row.figures if figure.count}
    codes = [part.code for part in schedule.components]
    counts = {code: counted.get(code) for code in codes}
    measured = level_as_read(schedule=schedule, counts=counts, readings=readings)
    levels = {part.component.code: part for part in measured.components}
    figures = []
    for figure in row.figures:
        code = figure.component.code
        past = _past(facts.counts, code, period, last_day)
        lines = limit_lines(
            schedule=schedule,
            level=row.charged_level,
            component=figure.component,
            span=found.period.full_span,
            highest=max((count.quantity for count in past), default=None),
        )
        figures.append(
            replace(
                figure,
                since_period=_less(figure.count, then.get(code)),
                changed=code in changes.changed,
                level=levels.get(code),
                past=past,
                limits=lines,
            )
        )
    return replace(row, figures=tuple(figures), measured=measured, changes=changes)


def _past(counts: Iterable[FiledCount], code: str, period: DaySpan, last_day: date) -> tuple[FiledCount, ...]:
    """The counts of the annual period in the order of their days, after the one that held when it began."""
    created = sorted((one for one in counts if one.component == code and one.counted_on <= last_day), key=_day)
    before = [one for one in created if one.counted_on < period.first_day][-1:]
    return (*before, *(one for one in created if one.counted_on >= period.first_day))


def _day(count: FiledCount) -> date:
    return count.counted_on


def _less(count: FiledCount | None, than: FiledCount | None) -> int | None:
    """Units added since an earlier count; None without one, or where the count is that one or older."""
    if count is None or than is None or than.counted_on > count.counted_on:
        return None
    return count.quantity - than.quantity


# ---- totals ------------------------------------------------------------------------------------------------------


def _total(component: Component, rows: Iterable[SiteReport]) -> dict:
    figures = [figure for row in rows for figure in row.figures if figure.component.code == component.code]
    counted = [figure for figure in figures if figure.count is not None]
    return {
        "code": component.code,
        "quantity": sum(figure.count.quantity for figure in counted),
        "sites": len(figures),
        "stale": sum(figure.stale for figure in figures),
        "not_counted": len(figures) - len(counted),
        "since_month": sum(figure.since_month or 0 for figure in figures),
    }


def _levels(found: TermsFound | NotInForce, rows: Sequence[SiteReport]) -> list[dict]:
    charged = [row.charged_level.name if row.charged_level else "" for row in rows]
    measured = [row.measured.level.name if row.measured and row.measured.level else "" for row in rows]
    table = sorted(found.schedule.levels, key=lambda level: level.rank) if isinstance(found, TermsFound) else ()
    names = dict.fromkeys([*(level.name for level in table), *filter(None, charged), *filter(None, measured)])
    totals = ({"name": one, "charged": charged.count(one), "measured": measured.count(one)} for one in (*names, ""))
    return [total for total in totals if total["charged"] or total["measured"]]


# ---- the months of an agreement ----------------------------------------------------------------------------------


def agreement_months(
    *, first_period_starts_on: date, expires_on: date | None, services: Iterable[tuple[date, date | None]], on: date
) -> tuple[Month, ...]:
    """Return, in order, the months for which an agreement's report is due (note 4): at least one site is in service.

    They reach from the first annual period to the expiration; without one, to the month of `on`. `services` gives the
    first and last day in service of each site.
    """
    last_day = Month.of(on).span.last_day if expires_on is None else expires_on
    if last_day < first_period_starts_on:
        return ()
    within = DaySpan(first_period_starts_on, last_day)
    months = {
        month
        for first, last in services
        for month in report_months(within=within, in_service_on=first, removed_on=last)
    }
    return tuple(sorted(months, key=lambda month: (month.year, month.month)))
