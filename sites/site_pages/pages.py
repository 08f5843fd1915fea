"""What the site list and the site page show, composed from rows already loaded: nothing here asks the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.levels import MeasuredLevel, level_as_read
from contracts.pages.agreement import periods_ahead, schedule_at_end_of
from contracts.periods import MONTHS_A_YEAR, AnnualPeriod, Month, add_months, annual_periods, day_text
from contracts.schedule import Component, Level, Schedule
from contracts.terms import AgreementTerms, NotInForce, TermsFound, expiration_known, terms_on
from contracts.wording import signed
from sites.charged import Charged
from sites.counts.count import Count, counts_on, quantities
from sites.models import ComponentCount, RenewalReview, Site
from sites.review_days import ReviewDue, review_due
from sites.reviews.queries import review_held
from sites.starting.queries import level_on_record


class ServiceState(StrEnum):
    """Whether a site is in service on a day."""

    PLANNED = "Planned"
    IN_SERVICE = "In service"
    REMOVED = "Removed"


def service_state(*, site: Site, on: date) -> ServiceState:
    if site.in_service_on > on:
        return ServiceState.PLANNED
    if site.removed_on is not None and site.removed_on < on:
        return ServiceState.REMOVED
    return ServiceState.IN_SERVICE


@dataclass(frozen=True)
class ChargedHere:
    """The level charged at a site in one annual period, with the row of the price table where there is one."""

    charged: Charged
    level: Level | None

    @property
    def name(self) -> str:
        """The level's name; its bare code where the price table has no such row."""
        return self.level.name if self.level else self.charged.level_code


def charged_here(
    *, site: Site, agreement: AgreementTerms, found: TermsFound, on: date | None = None
) -> ChargedHere | None:
    """Return what a site is charged on the day of the terms found, or on another day of their annual period.

    None while nobody has decided a level.

    The site must come from `with_levels()`.
    """
    span = found.period.span
    if site.in_service_on > span.last_day or (site.removed_on is not None and site.removed_on < span.first_day):
        return None
    charged = site.charged_on(on or found.service_on, found, agreement=agreement)
    return ChargedHere(charged, found.schedule.level(charged.level_code)) if charged else None


# ---- the list ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SiteRow:
    """One line of the list: the site's state, and its charged and measured level on the business date.

    Levels are asked for only where terms are `in_force`.
    """

    state: ServiceState
    in_force: bool = False
    charged: ChargedHere | None = None
    measured: MeasuredLevel | None = None


def site_row(*, site: Site, agreement: AgreementTerms, on: date) -> SiteRow:
    """Return what the list shows of a site. It must come from `with_levels()` and `with_latest_counts()`."""
    state = service_state(site=site, on=on)
    found = terms_on(agreement=agreement, service_on=on, known_on=on)
    if isinstance(found, NotInForce) or state is not ServiceState.IN_SERVICE:
        return SiteRow(state)
    measured = _measured(agreement, found.schedule, counts_on(counts=site.count_values(), day=on), on)
    return SiteRow(state, True, charged_here(site=site, agreement=agreement, found=found), measured)


def _measured(agreement: AgreementTerms, schedule: Schedule, snapshot: Mapping[str, Count], on: date) -> MeasuredLevel:
    return level_as_read(schedule=schedule, counts=quantities(snapshot), readings=agreement.readings_on(on))


# ---- the page ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CountCell:
    """One component in one month: the last count made in it, and the one it is compared with.

    That is the last count made before the month; in the month of the first counts, the first of them.
    """

    count: ComponentCount | None
    before: ComponentCount | None

    @property
    def change(self) -> int:
        """Units added since the count before; 0 where there is nothing to compare."""
        return self.count.quantity - self.before.quantity if self.count and self.before else 0

    @property
    def change_text(self) -> str:
        """The change with its sign: `+2`, `−1`, or nothing."""
        return signed(self.change) if self.change else ""


@dataclass(frozen=True)
class CountMonth:
    """One month of counts, a cell per component, and the days of its counts; `over` once the month has ended."""

    month: Month
    over: bool
    cells: tuple[CountCell, ...]
    counted_on: tuple[date, ...]


@dataclass(frozen=True)
class PeriodLevels:
    """One annual period of a site: the level charged, and the level its counts measure."""

    period: AnnualPeriod
    found: TermsFound | None
    refusal: str
    charged: ChargedHere | None
    measured: MeasuredLevel | None
    measured_on: date | None
    counted_from: date | None
    counted_through: date | None

    @property
    def all_decide(self) -> bool:
        """Whether every component decides: each of them fits the same level."""
        return self.measured is not None and len(self.measured.deciding) == len(self.measured.components) > 1

    @property
    def running(self) -> bool:
        """Whether the figures are taken before the period's last day."""
        return self.measured_on is not None and self.measured_on < self.period.span.last_day


@dataclass(frozen=True)
class SitePage:
    """Everything the page of one site shows besides its own fields."""

    state: ServiceState
    components: tuple[Component, ...]
    months: tuple[CountMonth, ...]
    periods: tuple[PeriodLevels, ...]
    latest: PeriodLevels | None


def site_page(*, site: Site, agreement: AgreementTerms, on: date) -> SitePage:
    """Compose the page of one site on the business date.

    The site must come from `with_levels()` and `with_counts(through=on)`.
    """
    periods = tuple(_period_levels(site, agreement, period, on) for period in _periods(site, agreement, on))
    components = _components(agreement, site, on)
    latest = next((levels for levels in reversed(periods) if levels.measured), None)
    months = _months(site, components, on)
    return SitePage(service_state(site=site, on=on), components, months, tuple(reversed(periods)), latest)


def _periods(site: Site, agreement: AgreementTerms, on: date) -> list[AnnualPeriod]:
    """The annual periods in which the site is in service and which have begun, or for which a level is agreed."""
    expires_on, _source = expiration_known(agreement=agreement, known_on=on)
    agreed = {level.period_number for level in site.agreed_levels() if level.agreed_on <= on}
    through = max(on, add_months(agreement.first_period_starts_on, MONTHS_A_YEAR * max(agreed, default=1)))
    return [
        period
        for period in annual_periods(
            first_period_starts_on=agreement.first_period_starts_on, through=through, expires_on=expires_on
        )
        if (period.span.first_day <= on or period.number in agreed)
        and period.span.overlap(site.in_service_on, site.removed_on)
    ]


def _period_levels(site: Site, agreement: AgreementTerms, period: AnnualPeriod, on: date) -> PeriodLevels:
    served = period.span.overlap(site.in_service_on, site.removed_on)
    found = terms_on(agreement=agreement, service_on=served.first_day, known_on=on)
    if isinstance(found, NotInForce):
        return PeriodLevels(period, None, found.message, None, None, None, None, None)
    measured_on = min(served.last_day, on)
    charged = charged_here(site=site, agreement=agreement, found=found, on=max(measured_on, served.first_day))
    if measured_on < served.first_day:
        return PeriodLevels(period, found, "", charged, None, None, None, None)
    snapshot = counts_on(counts=site.count_values(), day=measured_on)
    days = [count.counted_on for count in snapshot.values()]
    return PeriodLevels(
        period=period,
        found=found,
        refusal="",
        charged=charged,
        measured=_measured(agreement, found.schedule, snapshot, measured_on),
        measured_on=measured_on,
        counted_from=min(days, default=None),
        counted_through=max(days, default=None),
    )


def _components(agreement: AgreementTerms, site: Site, on: date) -> tuple[Component, ...]:
    """The columns of the latest price schedule that governs the site, and any other component counted there."""
    schedules = [amendment.schedule for amendment in agreement.amendments if amendment.executed_by(on)]
    original = agreement.original_schedule if agreement.executed_by(on) else None
    known = [schedule for schedule in (original, *schedules) if schedule is not None]
    columns = known[-1].components if known else ()
    codes = {component.code for component in columns}
    others = sorted({count.component_code for count in site.count_list} - codes)
    return (*columns, *(Component(code, code) for code in others))


def _months(site: Site, components: Sequence[Component], on: date) -> tuple[CountMonth, ...]:
    """The months from the start of service, or the first count before it, to the business date; newest first."""
    first = min([site.in_service_on, *(count.counted_on for count in site.count_list)])
    last = min(on, site.removed_on or on)
    if first > last:
        return ()
    rows, stored, month = [], {}, Month.of(first)
    while month.span.first_day <= last:
        created = [count for count in site.count_list if count.counted_on in month.span]
        opening = {count.component_code: count for count in reversed(created)}
        closing = {count.component_code: count for count in created}
        cells = tuple(
            CountCell(closing.get(part.code), stored.get(part.code) or opening.get(part.code)) for part in components
        )
        days = tuple(sorted({count.counted_on for count in created}))
        rows.append(CountMonth(month, month.span.last_day < on, cells, days))
        stored |= closing
        month = month.following()
    return tuple(reversed(rows))


# ---- the sites and periods of an agreement -----------------------------------------------------------------------


@dataclass(frozen=True)
class PlannedStart:
    """The level at which a planned site starts: the one that a person decided, or none yet; and that in words."""

    level: str | None
    sentence: str


@dataclass(frozen=True)
class AgreementSite:
    """One site on the agreement page, on the service date that the reader chose; `start` where a person decides it."""

    site: Site
    state: ServiceState
    charged: ChargedHere | None
    start: PlannedStart | None = None


def agreement_sites(
    *, sites: Sequence[Site], agreement: AgreementTerms, outcome: TermsFound | NotInForce
) -> tuple[AgreementSite, ...]:
    """Return the sites of an agreement with the level charged on the service date. Sites come from `with_levels()`.

    A site that is planned then has no charged level yet, but one at which it starts, once a person has decided it.
    """
    found = outcome if isinstance(outcome, TermsFound) else None
    rows = []
    for site in sites:
        state = service_state(site=site, on=outcome.service_on)
        if state is ServiceState.PLANNED:
            start = _planned_start(site=site, agreement=agreement, known_on=outcome.known_on)
            rows.append(AgreementSite(site, state, None, start))
        else:
            charged = charged_here(site=site, agreement=agreement, found=found) if found else None
            rows.append(AgreementSite(site, state, charged))
    return tuple(rows)


def _planned_start(*, site: Site, agreement: AgreementTerms, known_on: date) -> PlannedStart | None:
    """Return how a planned site starts (note 4); None in the first annual period, or without terms on that day."""
    found = terms_on(agreement=agreement, service_on=site.in_service_on, known_on=known_on)
    if isinstance(found, NotInForce) or (found.period.number == 1 and found.schedule.opening.first_period_level):
        return None
    stored = level_on_record(site=site, found=found)
    if stored is not None and stored.agreed_on <= known_on:
        return PlannedStart(stored.level.name, f"Decided on {day_text(stored.agreed_on)}.")
    level = found.schedule.level(found.schedule.opening.starting_level or "")
    if level is None:
        return PlannedStart(
            None, "The price schedule names no starting level: nothing is charged until one is decided."
        )
    return PlannedStart(None, f"{level.name} is charged unless another level is decided.")


@dataclass(frozen=True)
class PeriodRow:
    """One annual period of an agreement: when its review is due, and the review once it is opened.

    `earlier` is the term check that was agreed before the term was extended.
    """

    period: AnnualPeriod
    due: ReviewDue | None
    review: RenewalReview | None
    overdue: bool
    earlier: tuple[RenewalReview, ...] = ()


def agreement_periods(
    *, agreement: AgreementTerms, reviews: Sequence[RenewalReview], on: date
) -> tuple[PeriodRow, ...]:
    """Return the annual periods of an agreement, those begun and those of the two years ahead."""
    expires_on, _source = expiration_known(agreement=agreement, known_on=on)
    rows = []
    for period in periods_ahead(agreement=agreement, on=on):
        schedule = schedule_at_end_of(agreement=agreement, period=period, known_on=on)
        due = None
        if schedule is not None and schedule.review is not None:
            due = review_due(
                period=period,
                lead_days=schedule.review.lead_days,
                expires_on=expires_on,
                reading=agreement.readings_on(period.full_span.last_day).review_day,
            )
        opened = [review for review in reviews if review.period_number == period.number]
        review = review_held(reviews=opened, kind=due.kind if due else None)
        overdue = review is None and due is not None and due.due_on <= on
        rows.append(PeriodRow(period, due, review, overdue, tuple(one for one in opened if one is not review)))
    return tuple(rows)
