"""The days for which a site is charged: those of its service, while a switch is there (Appendix A, note 3)."""

from collections.abc import Iterable, Sequence
from datetime import date

from contracts.periods import AnnualPeriod, DaySpan
from contracts.readings import NoSwitch
from contracts.terms import AgreementTerms


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
