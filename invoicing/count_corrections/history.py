"""The history of one figure: every entry with what it was before and after, and the counts before and after its day."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date

from contracts.models import Component
from invoicing.count_corrections.dependents import CountedFigure
from sites.models import ComponentCount, CountChange, Site


@dataclass(frozen=True)
class HistoryEntry:
    """One entry of a figure's history."""

    change: CountChange

    @property
    def kind(self) -> str:
        if self.change.before is None:
            return "Recorded"
        return "Withdrawn" if self.change.after is None else "Corrected"


@dataclass(frozen=True)
class CountHistory:
    """A figure with its history, newest entry first, and the counts of the days before and after that have one."""

    figure: CountedFigure
    entries: tuple[HistoryEntry, ...]
    earlier: ComponentCount | None
    later: ComponentCount | None

    @property
    def withdrawn(self) -> CountChange | None:
        """The entry that withdrew the figure, where it is the last one."""
        last = self.entries[0].change if self.entries else None
        return last if last is not None and last.after is None else None


def count_history(*, site: Site, code: str, counted_on: date) -> CountHistory | None:
    """Return the history of a figure; None where nothing was ever recorded. The number of queries is fixed."""
    changes = (
        CountChange.objects.filter(site=site, component_code=code, counted_on=counted_on)
        .select_related("recorded_by", "file")
        .order_by("-pk")
    )
    entries = tuple(HistoryEntry(change) for change in changes)
    counts = list(
        ComponentCount.objects.filter(site=site, component_code=code)
        .select_related("recorded_by")
        .order_by("counted_on")
    )
    stands = next((count for count in counts if count.counted_on == counted_on), None)
    if stands is None and not entries:
        return None
    days = [count.counted_on for count in counts]
    place = bisect_left(days, counted_on)
    after = place + 1 if stands else place
    return CountHistory(
        CountedFigure(site, code, _name(site, code), counted_on, stands),
        entries,
        counts[place - 1] if place else None,
        counts[after] if after < len(counts) else None,
    )


def _name(site: Site, code: str) -> str:
    """What the latest price schedule of the agreement calls the component; its code where none has it."""
    named = Component.objects.filter(schedule__agreement=site.agreement_id, code=code).order_by("-schedule_id")
    return named.values_list("name", flat=True).first() or code


def outcome(*, figure: CountedFigure, quantity: int | None) -> str:
    """Say in one sentence what became of a figure; `figure` is as it stood before."""
    if quantity is None:
        return f"{figure}: {figure.quantity} is withdrawn."
    if figure.quantity is None:
        return f"{figure}: {quantity} is recorded."
    return f"{figure}: corrected from {figure.quantity} to {quantity}."
