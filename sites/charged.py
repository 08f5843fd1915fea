"""The charged level: what a site pays on a day of an annual period, and why (Appendix A, note 3)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from contracts.levels import Flag, level_as_read
from contracts.periods import AnnualPeriod, OutsideTerm, annual_period, annual_periods, day_text
from contracts.readings import BlankCell, Readings
from contracts.schedule import Level, Schedule
from contracts.terms import AgreementTerms, NotInForce, expiration_known, terms_on
from sites.billing_parts import billing_part, billing_part_due
from sites.counts.count import Count, counts_for, quantities
from sites.review_days import in_review, review_due


class Basis(StrEnum):
    """Why a site is charged at a level."""

    OPENING = "opening"
    STARTING = "starting"
    AGREED = "agreed"
    CONTINUED = "continued"
    CARRIED = "carried"
    UNREVIEWED = "unreviewed"
    DECIDED = "decided"
    COUNTED = "counted"

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
    Basis.DECIDED: "A decision on file sets this level from a day.",
    Basis.COUNTED: "The level follows the counts: a billing period is charged at the level measured on the day it "
    "falls due.",
}


@dataclass(frozen=True)
class AgreedLevel:
    """A level recorded for a site and annual period, and the day on which it was agreed."""

    period_number: int
    level_code: str
    agreed_on: date
    starting: bool = False


@dataclass(frozen=True)
class LevelFromDay:
    """A level that was decided from a day of an annual period to its end, or only `through` a day of it.

    `decision` names the document and the people: a change order, a correction, an assignment, an agreement.
    """

    period_number: int
    effective_on: date
    level_code: str
    recorded_on: date
    through: date | None = None
    decision: str = ""

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day of its annual period."""
        return self.effective_on <= day and (self.through is None or day <= self.through)


@dataclass(frozen=True)
class Charged:
    """The level charged on a day, by code, with its basis. `provisional` lines are marked on invoices.

    `reason` names the decision or the counts behind it, where there are any.
    """

    level_code: str
    basis: Basis
    reason: str = ""

    @property
    def why(self) -> str:
        """The basis in a sentence, and the decision or counts behind it."""
        return f"{self.basis.sentence} {self.reason}".strip()

    @property
    def provisional(self) -> bool:
        """Whether the level only goes on until the parties agree."""
        return self.basis is Basis.CONTINUED


def _no_other(_period_number: int) -> None:
    return None


def _no_opening() -> None:
    return None


def _not_counted(_schedule: Schedule, _period_number: int) -> None:
    return None


def charged_level(
    *,
    schedule: Schedule,
    period_number: int,
    first_period_number: int,
    in_previous_review: bool,
    agreed: Sequence[AgreedLevel],
    known_on: date,
    on: date = date.max,
    dated: Sequence[LevelFromDay] = (),
    earlier: Callable[[int], Schedule | None] = _no_other,
    opening: Callable[[], Schedule | None] = _no_opening,
    counted: Callable[[Schedule, int], Charged | None] = _not_counted,
) -> Charged | None:
    """Return the level at which a site is charged on a day of an annual period, or None where nobody has decided one.

    `first_period_number` is the annual period in which the site's service starts, `in_previous_review` whether it was
    in service when the review before this period was due. In the first annual period of the agreement the opening level
    holds, whatever the counts (note 3). Later the agreed level holds; until the parties agree the previous one goes on,
    provisionally. A site opened after the review carries its starting level; without a review the level simply goes on.

    A level `dated` from a day takes the place of all that from then on, to the end of the annual period: of several
    decisions for one day the one recorded last holds. Without `on` the level is that of the period's last day.

    `schedule` rules this annual period, `earlier` gives the schedule that ruled an earlier one by its number: a new
    schedule does not change the review that was held before it. Where `earlier` has none, the rule of the period after
    it holds. `opening` gives the schedule in force on the site's first day: it alone says at which level the site
    starts, and no later one reads it again. Where it has none, that of the first annual period does. `counted` gives
    the level in an annual period under a schedule whose levels follow the counts.
    """
    agreed_here = (level for level in agreed if level.period_number == period_number and level.agreed_on <= known_on)
    stands = next(agreed_here, None)
    of_day = (level for level in reversed(dated) if level.period_number == period_number and level.holds_on(on))
    decided = next((level for level in of_day if level.recorded_on <= known_on), None)
    if decided is not None and (stands is None or stands.agreed_on <= decided.recorded_on):
        return Charged(decided.level_code, Basis.DECIDED, decided.decision)
    if schedule.counted is not None:
        return counted(schedule, period_number)
    if period_number == 1 and schedule.opening.first_period_level:
        return Charged(schedule.opening.first_period_level, Basis.OPENING)
    if stands is not None:
        return Charged(stands.level_code, Basis.STARTING if stands.starting else Basis.AGREED)
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
        dated=dated,
        earlier=earlier,
        opening=opening,
        counted=counted,
    )
    if previous is None:
        return None
    if ended.review is None:
        return Charged(previous.level_code, Basis.UNREVIEWED)
    return Charged(previous.level_code, Basis.CONTINUED if in_previous_review else Basis.CARRIED)


@dataclass(frozen=True)
class LevelFacts:
    """What is on file of one site that decides its level: its days of service, the recorded levels and its counts.

    Recorded levels come in the order in which they were recorded. Counts are needed only under a schedule whose levels
    follow them.
    """

    in_service_on: date
    removed_on: date | None = None
    agreed: Sequence[AgreedLevel] = ()
    dated: Sequence[LevelFromDay] = ()
    counts: Sequence[Count] = ()


def charged_on(
    *,
    agreement: AgreementTerms,
    schedule: Schedule,
    period: AnnualPeriod,
    day: date,
    site: LevelFacts,
    known_on: date,
) -> Charged | None:
    """Return the level at which a site of an agreement is charged on a day, or None where none is decided.

    `schedule` is the one in force and `period` the annual period. What `charged_level` asks of the site follows from
    its days of service (note 3), and the rules of earlier periods from the terms that were in force at their end.
    """

    @cache
    def earlier(number: int) -> Schedule | None:
        return _schedule_at_end(agreement, number, known_on)

    def opening() -> Schedule | None:
        first_day = max(site.in_service_on, agreement.first_period_starts_on)
        return _schedule_on(agreement, first_day, known_on)

    def counted(governing: Schedule, number: int) -> Charged | None:
        of = period if number == period.number else _period(agreement, number)
        on = day if number == period.number else of.span.last_day
        return _by_counts(governing, of, on, site, agreement.readings_on(of.full_span.first_day), known_on)

    return charged_level(
        schedule=schedule,
        period_number=period.number,
        first_period_number=_first_period_number(agreement, site.in_service_on),
        in_previous_review=_in_previous_review(agreement, earlier(period.number - 1) or schedule, period, site),
        agreed=site.agreed,
        known_on=known_on,
        on=day,
        dated=site.dated,
        earlier=earlier,
        opening=opening,
        counted=counted,
    )


def _by_counts(
    schedule: Schedule, period: AnnualPeriod, on: date, site: LevelFacts, readings: Readings, known_on: date
) -> Charged | None:
    """The level measured on the day on which the billing period of a day falls due; None where a person decides it."""
    part = billing_part(period=period, day=on, frequency=readings.frequency)
    falls_due = billing_part_due(part, period, readings.timing)
    known = [count for count in site.counts if count.counted_on <= known_on]
    counts = counts_for(counts=known, day=falls_due)
    measured = level_as_read(schedule=schedule, counts=quantities(counts), readings=readings)
    unconfirmed = Flag.BLANK_CELL in measured.flags and readings.blank_cell is BlankCell.CONFIRMED
    if measured.level is None or unconfirmed:
        return None
    last = max(count.counted_on for count in counts.values())
    return Charged(measured.level.code, Basis.COUNTED, f"Measured by the counts to {day_text(last)}.")


def _schedule_on(agreement: AgreementTerms, day: date, known_on: date) -> Schedule | None:
    found = terms_on(agreement=agreement, service_on=day, known_on=known_on)
    return None if isinstance(found, NotInForce) else found.schedule


def _period(agreement: AgreementTerms, number: int) -> AnnualPeriod | OutsideTerm:
    return annual_period(number=number, first_period_starts_on=agreement.first_period_starts_on, expires_on=None)


def _schedule_at_end(agreement: AgreementTerms, number: int, known_on: date) -> Schedule | None:
    """The schedule in force on an annual period's last day, or on its last one within the term; None without one."""
    period = _period(agreement, number)
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


def _in_previous_review(agreement: AgreementTerms, ended: Schedule, period: AnnualPeriod, site: LevelFacts) -> bool:
    """Whether the site was in the review of the period before, due by the rule of the schedule that ended with it."""
    previous = _period(agreement, period.number - 1)
    if isinstance(previous, OutsideTerm) or ended.review is None:
        return False
    due = review_due(
        period=previous,
        lead_days=ended.review.lead_days,
        expires_on=None,
        reading=agreement.readings_on(previous.full_span.last_day).review_day,
    )
    return in_review(in_service_on=site.in_service_on, removed_on=site.removed_on, review_on=due.due_on)


def starting_levels(*, schedule: Schedule) -> tuple[Level, ...]:
    """Return the levels at which a later site may start: the starting level and the one above it (note 4).

    A schedule without a starting level leaves the choice to the parties: any of its levels.
    """
    ordered = tuple(sorted(schedule.levels, key=lambda level: level.rank))
    start = schedule.level(schedule.opening.starting_level or "")
    return ordered if start is None else ordered[ordered.index(start) :][:2]
