"""What a renewal review finds about one site, with its reasons, and the form in which it is kept (note 3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from contracts.levels import ComponentLevel, Flag, MeasuredLevel, level_as_read
from contracts.periods import DaySpan, day_text
from contracts.readings import QUESTIONS, ChangeCounting, NotEligible, Readings
from contracts.schedule import Component, Level, Schedule
from contracts.wording import plural
from sites.charged import Charged
from sites.counts.count import Count, Snapshot, baseline, between, counts_on, current, quantities
from sites.reviews.review import Eligibility, Outcome, Proposal, Reason, eligibility, proposal


@dataclass(frozen=True)
class Compared:
    """The counts of one site that a review compares: `then` with `now`, and those made in `between`.

    `latest` are the last ones known at the cut-off, from which the level is measured.
    """

    then: Snapshot
    now: Snapshot
    latest: Snapshot
    between: Sequence[Mapping[str, int]]

    @classmethod
    def of(cls, *, counts: Iterable[Count], period: DaySpan, in_service_on: date, cut_off_on: date) -> "Compared":
        """Choose them from all counts of a site."""
        counts = tuple(counts)
        then = baseline(counts=counts, period=period, in_service_on=in_service_on)
        now = current(counts=counts, then=then, period=period, cut_off_on=cut_off_on)
        latest = counts_on(counts=counts, day=cut_off_on)
        return cls(then, now, latest, between(counts=counts, then=then, now=now))

    def eligibility(self, schedule: Schedule, reading: ChangeCounting) -> Eligibility:
        """Return whether the price may change by the review rule of a schedule (note 3)."""
        return eligibility(
            schedule=schedule,
            then=quantities(self.then),
            now=quantities(self.now),
            between=self.between,
            minimum=schedule.review.minimum_changed,
            reading=reading,
        )


@dataclass(frozen=True)
class Findings:
    """What the test says about one site at a data cut-off; `proposed` is None where nothing can be proposed."""

    schedule: Schedule
    counted: Compared
    eligible: Eligibility
    measured: MeasuredLevel
    proposed: Proposal | None
    current_level: Level | None
    readings: Readings

    @cached_property
    def others(self) -> tuple[Eligibility, ...]:
        """The readings under which the price could change where it cannot, or the other way round."""
        readings = (reading for reading in ChangeCounting if reading is not self.readings.change)
        found = (self.counted.eligibility(self.schedule, reading) for reading in readings)
        return tuple(other for other in found if other.eligible != self.eligible.eligible)

    @property
    def outcome(self) -> Outcome:
        """The outcome, as it is compared with that of another day."""
        return Outcome(
            self.eligible.eligible, self.proposed.level.code if self.proposed and self.proposed.level else None
        )

    @property
    def needs_decision(self) -> bool:
        """Whether a person must decide before anything can be agreed."""
        return self.proposed is None or self.proposed.needs_confirmation


def findings(
    *, schedule: Schedule, prices: Schedule, counted: Compared, current_level: Level | None, readings: Readings
) -> Findings:
    """Return what the counts made through a cut-off say about one site (note 3).

    `schedule` holds the review rule of the period, `prices` the table that the proposal is taken from, in which
    `current_level` is the row the site has now; None where nobody has decided one or the table has no such row.
    """
    eligible = counted.eligibility(schedule, readings.change)
    measured = level_as_read(schedule=prices, counts=quantities(counted.latest), readings=readings)
    proposed = _proposed(current_level, eligible, measured, readings)
    return Findings(schedule, counted, eligible, measured, proposed, current_level, readings)


def _proposed(
    current: Level | None, eligible: Eligibility, measured: MeasuredLevel, readings: Readings
) -> Proposal | None:
    if current is None:
        return None
    return proposal(current=current, eligible=eligible, measured=measured, reading=readings.not_eligible)


# ---- in words ----------------------------------------------------------------------------------------------------


def why(
    *, eligible: Eligibility, then: Snapshot, names: Mapping[str, str], reading: NotEligible = NotEligible.PRICE_STAYS
) -> str:
    """Return in one sentence why a price may or may not change; `then` holds the counts at the start."""
    if eligible.reason in (Reason.NO_BASELINE, Reason.NO_CURRENT_COUNT):
        not_at_start = ", ".join(names[code] for code in eligible.unknown if code not in then)
        not_again = ", ".join(names[code] for code in eligible.unknown if code in then)
        missing = [f"No count at the start for {not_at_start}."] if not_at_start else []
        missing += [f"No count since the start for {not_again}."] if not_again else []
        return f"{' '.join(missing)} A missing count is not zero."
    if eligible.reading is ChangeCounting.UNITS:
        tally = f"{plural(eligible.tally, 'single unit')} changed"
    else:
        tally = f"{plural(eligible.tally, 'component')} changed"
    stays = "the price stays" if reading is NotEligible.PRICE_STAYS else "the price does not rise"
    may = "the price may change" if eligible.eligible else stays
    return f"{tally}, {eligible.minimum} needed: {may}."


def may_change(eligible: bool | None) -> str:
    """Return one word for an outcome of the test."""
    return {True: "Eligible", False: "Not eligible", None: "Undetermined"}[eligible]


def proposal_sentence(found: Findings) -> str:
    """Return in one sentence what is proposed, or why nothing is."""
    if found.proposed is None:
        return "The site has no level that the next price table knows: a person decides."
    return found.proposed.reason


# ---- as it is kept -----------------------------------------------------------------------------------------------


def as_evidence(found: Findings, *, schedule: Schedule, prices: Schedule, charged: Charged | None) -> dict:
    """Return the findings as plain data, complete enough to show the line without asking anything again."""
    components = {component.code: component for component in (*schedule.components, *prices.components)}
    names = {code: component.name for code, component in components.items()}
    return {
        "reading": found.eligible.reading.value,
        "reason": found.eligible.reason.value,
        "why": why(eligible=found.eligible, then=found.counted.then, names=names, reading=found.readings.not_eligible),
        "tally": found.eligible.tally,
        "minimum": found.eligible.minimum,
        "units": found.eligible.units,
        "one_short": found.eligible.one_short,
        "changed": [_change(code, found, names) for code in found.eligible.changed],
        "unknown": [names[code] for code in found.eligible.unknown],
        "other_readings": [_other(other, found, names) for other in found.others],
        "components": [_component(component, found) for component in components.values()],
        "measured": {"code": found.measured.level.code, "name": found.measured.level.name}
        if found.measured.level
        else None,
        "deciding": [part.distance for part in found.measured.deciding],
        "nearest": found.measured.nearest.distance if found.measured.nearest else "",
        "flags": [{"code": flag.value, "sentence": flag.sentence} for flag in found.measured.flags],
        "basis": {"code": charged.basis.value, "sentence": charged.why} if charged else None,
        "proposal": proposal_sentence(found),
        "fallback_price": str(found.current_level.annual_price) if found.current_level else None,
    }


def _change(code: str, found: Findings, names: Mapping[str, str]) -> dict:
    return {
        "code": code,
        "name": names[code],
        "from": found.counted.then[code].quantity,
        "to": found.counted.now[code].quantity,
    }


def _other(other: Eligibility, found: Findings, names: Mapping[str, str]) -> dict:
    """What another reading of the clause would decide for the site."""
    proposed = _proposed(found.current_level, other, found.measured, found.readings)
    return {
        "reading": other.reading.value,
        "rule": QUESTIONS["change"].sentence(other.reading),
        "eligible": other.eligible,
        "why": why(eligible=other, then=found.counted.then, names=names, reading=found.readings.not_eligible),
        "level": proposed.level.name if proposed and proposed.level else None,
    }


def _component(component: Component, found: Findings) -> dict:
    """One component at the site: the counts compared, the last one known and the level it needs by itself."""
    code = component.code
    part = next((part for part in found.measured.components if part.component.code == code), None)
    return {
        "code": code,
        "name": component.name,
        **_count("then", found.counted.then.get(code)),
        **_count("now", found.counted.now.get(code)),
        **_count("latest", found.counted.latest.get(code)),
        "changed": code in found.eligible.changed,
        "unknown": code in found.eligible.unknown,
        "decides": part in found.measured.deciding,
        **_level(part),
    }


def _count(which: str, count: Count | None) -> dict:
    return {
        which: count.quantity if count else None,
        f"{which}_on": count.counted_on.isoformat() if count else None,
    }


def _level(part: ComponentLevel | None) -> dict:
    if part is None:
        return {"level": None, "limit": None, "upper": None, "room": None, "distance": "", "flag": None}
    return {
        "level": part.level.name if part.level else None,
        "limit": str(part.limit) if part.limit else None,
        "upper": part.limit.upper if part.limit else None,
        "room": part.room,
        "distance": part.distance,
        "flag": part.flag.sentence if isinstance(part.flag, Flag) else None,
    }


def late_sentence(*, found: Findings, last_day: date, names: Mapping[str, str]) -> str:
    """Return in words what the test says on the period's last day."""
    changes = ", ".join(
        f"{names[code]} {found.counted.then[code].quantity} to {found.counted.now[code].quantity}"
        for code in found.eligible.changed
    )
    message = why(eligible=found.eligible, then=found.counted.then, names=names, reading=found.readings.not_eligible)
    level = found.proposed.level.name if found.proposed and found.proposed.level else None
    leads = f"It leads to {level}." if level else "A person decides."
    return " ".join(
        part
        for part in (f"With counts through {day_text(last_day)}: {message}", changes and f"Changed: {changes}.", leads)
        if part
    )
