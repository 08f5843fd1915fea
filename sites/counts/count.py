"""Component counts: the count on a day and the change over a period. A missing count is None, never 0."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.periods import DaySpan

SAME = "="
"""What people write in a cell for the figure of the last count."""
UNCHANGED = "counted, unchanged"
"""What the source of such a figure says."""
NOTHING_BEFORE = "Nothing was counted before, so it cannot be unchanged."
LONGEST_SOURCE = 200


def unchanged_source(source: str) -> str:
    """Return the source of a figure of which it says that the component was counted and is unchanged."""
    return f"{source[: LONGEST_SOURCE - len(UNCHANGED) - 2]}: {UNCHANGED}" if source else UNCHANGED


@dataclass(frozen=True)
class Count:
    """The quantity of one component at one site, counted on one date."""

    component: str
    counted_on: date
    quantity: int


Snapshot = Mapping[str, Count]
"""The counts of a site by component code; a component without a count is absent."""


def counts_on(*, counts: Iterable[Count], day: date) -> dict[str, Count]:
    """Return, per component, the latest count made on or before a day."""
    latest: dict[str, Count] = {}
    for count in counts:
        stored = latest.get(count.component)
        if count.counted_on <= day and (stored is None or count.counted_on > stored.counted_on):
            latest[count.component] = count
    return latest


def counts_for(*, counts: Iterable[Count], day: date) -> dict[str, Count]:
    """Return, per component, the latest count made on or before a day; without one, the first that was made later."""
    counts = sorted(counts, key=lambda count: count.counted_on, reverse=True)
    return {count.component: count for count in counts if count.counted_on > day} | counts_on(counts=counts, day=day)


def baseline(*, counts: Iterable[Count], period: DaySpan, in_service_on: date) -> dict[str, Count]:
    """Return, per component, the count from which a change in the period is measured (Appendix A, note 3).

    A site in service when the period begins is measured from the count in force on the period's first day; a site that
    starts within the period from its first count on or after its start, so that the installation is no change.
    A component without such a count is absent: it has no baseline.
    """
    counts = list(counts)
    if in_service_on <= period.first_day:
        return counts_on(counts=counts, day=period.first_day)
    first: dict[str, Count] = {}
    for count in counts:
        stored = first.get(count.component)
        if in_service_on <= count.counted_on <= period.last_day and (
            stored is None or count.counted_on < stored.counted_on
        ):
            first[count.component] = count
    return first


def current(*, counts: Iterable[Count], then: Snapshot, period: DaySpan, cut_off_on: date) -> dict[str, Count]:
    """Return, per component, the latest count of the period made on or before the data cut-off.

    A count from before the period, or the baseline itself, says nothing about a change within the period and is left
    out: a component that was not counted again is absent, not unchanged.
    """
    inside = period.overlap(None, cut_off_on)
    if inside is None:
        return {}
    later = (
        count
        for count in counts
        if count.counted_on in inside
        and (count.component not in then or count.counted_on > then[count.component].counted_on)
    )
    return counts_on(counts=later, day=inside.last_day)


def between(*, counts: Iterable[Count], then: Snapshot, now: Snapshot) -> tuple[dict[str, int], ...]:
    """Return the quantities counted after the baseline and before the current counts, one mapping per date."""
    by_day: dict[date, dict[str, int]] = {}
    for count in counts:
        first, last = then.get(count.component), now.get(count.component)
        if first and last and first.counted_on < count.counted_on < last.counted_on:
            by_day.setdefault(count.counted_on, {})[count.component] = count.quantity
    return tuple(by_day[day] for day in sorted(by_day))


def quantities(snapshot: Snapshot) -> dict[str, int]:
    """Return the bare quantities of a snapshot by component code."""
    return {code: count.quantity for code, count in snapshot.items()}
