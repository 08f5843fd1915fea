"""The charged level: what a site pays in one annual period, and for which days (Appendix A, note 3)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from contracts.periods import AnnualPeriod, DaySpan, OutsideTerm, annual_period, annual_periods
from contracts.readings import NoSwitch
from contracts.schedule import Level, Schedule
from contracts.terms import AgreementTerms, NotInForce, expiration_known, terms_on
from sites.review_days import in_review, review_due


class Basis(StrEnum):
    """Why a site is charged at a level."""

    OPENING = "opening"
    STARTING = "starting"
    AGREED = "agreed"
    CONTINUED = "continued"
    CARRIED = "carried"
    UNREVIEWED = "unreviewed"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Basis.OPENING: "Every site is charged at this level in the first annual period, whatever its counts.",
    Basis.STARTING: "The site started in this annual period at its starting level.",
    Basis.AGREED: "Both parties agreed this level for the annual period.",
    Basis.CONTINUED: "Provisional: the previous level goes on until the parties agree; the difference is then billed "
    "or credited from the period's first day.",
    Basis.CARRIED: "The site opened after the review and carries its starting level.",
    Basis.UNREVIEWED: "The price schedule of the previous annual period has no renewal review: its level goes on.",
}


@dataclass(frozen=True)
class AgreedLevel:
    """A level recorded for a site and annual period, and the day on which it was agreed."""

    period_number: int
    level_code: str
    agreed_on: date
    starting: bool = False


@dataclass(frozen=True)
class Charged:
    """The level charged in one annual period, by code, with its basis. `provisional` lines are marked on invoices."""

    level_code: str
    basis: Basis

    @property
    def provisional(self) -> bool:
        """Whether the level only goes on until the parties agree."""
        return self.basis is Basis.CONTINUED


def _no_other(_period_number: int) -> None:
    return None


def _no_opening() -> None:
    return None


def charged_level(
    *,
    schedule: Schedule,
    period_number: int,
    first_period_number: int,
    in_previous_review: bool,
    agreed: Sequence[AgreedLevel],
    known_on: date,
    earlier: Callable[[int], Schedule | None] = _no_other,
    opening: Callable[[], Schedule | None] = _no_opening,
) -> Charged | None:
    """Return the level at which a site is charged in an annual period, or None where nobody has decided one.

    `first_period_number` is the annual period in which the site's service starts, `in_previous_review` whether it was
    in service when the review before this period was due. In the first annual period of the agreement the opening level
    holds, whatever the counts (note 3). Later the agreed level holds; until the parties agree the previous one goes on,
    provisionally. A site opened after the review carries its starting level; without a review the level simply goes on.

    `schedule` rules this annual period, `earlier` gives the schedule that ruled an earlier one by its number: a new
    schedule does not change the review that was held before it. Where `earlier` has none, the rule of the period after
    it holds. `opening` gives the schedule in force on the site's first day: it alone says at which level the site
    starts, and no later one reads it again. Where it has none, that of the first annual period does.
    """
    if period_number == 1 and schedule.opening.first_period_level:
        return Charged(schedule.opening.first_period_level, Basis.OPENING)
    for level in agreed:
        if level.period_number == period_number and level.agreed_on <= known_on:
            return Charged(level.level_code, Basis.STARTING if level.starting else Basis.AGREED)
    if period_number <= first_period_number:
        starting = (opening() or schedule).opening.starting_level
        return Charged(starting, Basis.STARTING) if starting else None
    ended = earlier(period_number - 1) or schedule
    previous = charged_level(
        schedule=ended,
        period_number=period_number - 1,
        first_period_number=first_period_number,
        in_previous_review=True,
        agreed=agreed,
        known_on=known_on,
        earlier=earlier,
        opening=opening,
    )
    if previous is None:
        return None
    if ended.review is None:
        return Charged(previous.level_code, Basis.UNREVIEWED)
    return Charged(previous.level_code, Basis.CONTINUED if in_previous_review else Basis.CARRIED)


def charged_in(
    *,
    agreement: AgreementTerms,
    schedule: Schedule,
    period: AnnualPeriod,
    in_service_on: date,
    removed_on: date | None,
    agreed: Sequence[AgreedLevel],
    known_on: date,
) -> Charged | None:
    """Return the level at which a site of an agreement is charged in an annual period, or None where none is decided.

    What `charged_level` asks of the site follows from its days of service (note 3), and the rules of earlier periods
    from the terms that were in force at their end.
    """

    @cache
    def earlier(number: int) -> Schedule | None:
        return _schedule_at_end(agreement, number, known_on)

    def opening() -> Schedule | None:
        first_day = max(in_service_on, agreement.first_period_starts_on)
        return _schedule_on(agreement, first_day, known_on)

    return charged_level(
        schedule=schedule,
        period_number=period.number,
        first_period_number=_first_period_number(agreement, in_service_on),
        in_previous_review=_in_previous_review(
            agreement, earlier(period.number - 1) or schedule, period, in_service_on, removed_on
        ),
        agreed=agreed,
        known_on=known_on,
        earlier=earlier,
        opening=opening,
    )


def _schedule_on(agreement: AgreementTerms, day: date, known_on: date) -> Schedule | None:
    found = terms_on(agreement=agreement, service_on=day, known_on=known_on)
    return None if isinstance(found, NotInForce) else found.schedule


def _schedule_at_end(agreement: AgreementTerms, number: int, known_on: date) -> Schedule | None:
    """The schedule in force on an annual period's last day, or on its last one within the term; None without one."""
    period = annual_period(number=number, first_period_starts_on=agreement.first_period_starts_on, expires_on=None)
    if isinstance(period, OutsideTerm):
        return None
    last_day = period.span.last_day
    expires_on, _source = expiration_known(agreement=agreement, known_on=known_on, service_on=last_day)
    if expires_on is not None and period.span.first_day <= expires_on < last_day:
        last_day = expires_on
    return _schedule_on(agreement, last_day, known_on)


def _first_period_number(agreement: AgreementTerms, in_service_on: date) -> int:
    periods = annual_periods(
        first_period_starts_on=agreement.first_period_starts_on, through=in_service_on, expires_on=None
    )
    return max((period.number for period in periods), default=1)


def _in_previous_review(
    agreement: AgreementTerms, ended: Schedule, period: AnnualPeriod, in_service_on: date, removed_on: date | None
) -> bool:
    """Whether the site was in the review of the period before, due by the rule of the schedule that ended with it."""
    previous = annual_period(
        number=period.number - 1, first_period_starts_on=agreement.first_period_starts_on, expires_on=None
    )
    if isinstance(previous, OutsideTerm) or ended.review is None:
        return False
    due = review_due(
        period=previous,
        lead_days=ended.review.lead_days,
        expires_on=None,
        reading=agreement.readings_on(previous.full_span.last_day).review_day,
    )
    return in_review(in_service_on=in_service_on, removed_on=removed_on, review_on=due.due_on)


def starting_levels(*, schedule: Schedule) -> tuple[Level, ...]:
    """Return the levels at which a later site may start: the starting level and the one above it (note 4).

    A schedule without a starting level leaves the choice to the parties: any of its levels.
    """
    ordered = tuple(sorted(schedule.levels, key=lambda level: level.rank))
    start = schedule.level(schedule.opening.starting_level or "")
    return ordered if start is None else ordered[ordered.index(start) :][:2]


def charged_days(
    *,
    period: AnnualPeriod,
    in_service_on: date,
    removed_on: date | None = None,
    charged_through: date | None = None,
    switch_counts: Iterable[tuple[date, int]] = (),
    reading: NoSwitch = NoSwitch.FIRST_COUNT,
) -> DaySpan | None:
    """Return the days of an annual period for which a site is charged, or None when it is charged for none.

    A site is a place with a switch: while its switch count is 0 nothing is charged; a missing count is not zero. A site
    that is removed stays charged to the period's end, unless a person recorded that charges end (`charged_through`).
    Where the first count of the period comes later and is 0, `reading` says whether the days before it are charged.
    """
    if removed_on is not None and removed_on < period.span.first_day:
        return None
    days = period.span.overlap(in_service_on, charged_through)
    return _with_switch(days, sorted(switch_counts), reading) if days else None


def _with_switch(days: DaySpan, switch_counts: Sequence[tuple[date, int]], reading: NoSwitch) -> DaySpan | None:
    """The days from the first one on which the switch is not counted as 0; from then on the period is charged."""
    if switches_at_first(days, switch_counts, before_only=reading is NoSwitch.FIRST_DAY) != 0:
        return days
    installed = [counted_on for counted_on, quantity in switch_counts if counted_on in days and quantity > 0]
    return DaySpan(installed[0], days.last_day) if installed else None


def switches_at_first(
    days: DaySpan, switch_counts: Iterable[tuple[date, int]], *, before_only: bool = False
) -> int | None:
    """Return how many switches a site has on the first of some days: the last count made by then.

    Without one it is the first count made later in these days, unless asked for the counts `before_only`. None where
    there is none: a missing count is not zero.
    """
    counts = sorted(switch_counts)
    before = [quantity for counted_on, quantity in counts if counted_on <= days.first_day]
    within = [] if before_only else [quantity for counted_on, quantity in counts if counted_on in days]
    return before[-1] if before else next(iter(within), None)


def switch_codes(*, terms: AgreementTerms, known_on: date) -> set[str]:
    """Return the codes of the components that define a site, of every schedule known on a day."""
    executed = [amendment for amendment in terms.amendments if amendment.executed_by(known_on)]
    schedules = [terms.original_schedule, *(amendment.schedule for amendment in executed)]
    return {schedule.switch.code for schedule in schedules if schedule is not None and schedule.switch is not None}
