"""Taking back the counts of an imported file: what stands against it, and the figures as they were before."""

from collections.abc import Iterable
from datetime import date

from django.contrib.auth.models import User
from django.db.models import Max, QuerySet

from contracts.models import Component
from contracts.periods import day_text
from contracts.wording import plural
from sites.counts.counting import BATCH, Figure, change_counts
from sites.imports.kinds import Undoing, first_of
from sites.imports.undoing import dependent_reports
from sites.models import CountChange, ImportedFile, RenewalReview
from sites.reports.lacking import keep_counted

Cell = tuple[int, date, str]


def count_undoing(file: ImportedFile) -> Undoing:
    """Return what taking back the counts of a file would do, and what stands against it.

    Against it stand a figure that somebody has changed since, a monthly report issued since for a month that ends on
    one of the figures' days or later, and an agreed review whose cut-off is such a day. Where a switch that is counted
    comes or goes, what is charged follows.
    """
    changes = list(changes_of(file))
    new = sum(1 for change in changes if change.before is None)
    back = f"{plural(len(changes) - new, 'figure')} go back to what was on file before."
    sentence = f"{plural(new, 'figure')} would be withdrawn, and {back}"
    if _moves_a_switch(changes):
        sentence += f" {CHARGES_FOLLOW}"
    return Undoing(sentence, first_of([*_changed_since(changes), *_dependents(file, changes)]))


CHARGES_FOLLOW = (
    "A site is charged while its switch is not counted as 0, and such a count changes: the next run bills or credits "
    "what follows."
)


def _moves_a_switch(changes: Iterable[CountChange]) -> bool:
    """Whether a count of the component that defines a site is 0 before and not after, or the other way round."""
    moved = [change for change in changes if (change.before == 0) != (change.after == 0)]
    agreements, codes = {change.site.agreement_id for change in moved}, {change.component_code for change in moved}
    switches = Component.objects.filter(schedule__agreement__in=agreements, code__in=codes, defines_site=True)
    defining = set(switches.order_by().values_list("schedule__agreement", "code")) if moved else set()
    return any((change.site.agreement_id, change.component_code) in defining for change in moved)


def take_back_counts(file: ImportedFile, *, reason: str, on: date, by: User | None) -> None:
    """Let every figure of a file be what it was before, each by an entry of its own in the figure's history."""
    changes = list(changes_of(file))
    sources = _sources_before(changes)
    figures = [
        Figure(change.site, change.counted_on, change.component_code, change.before, sources.get(_cell(change), ""))
        for change in changes
    ]
    change_counts(figures, reason=reason, on=on, by=by)
    keep_counted(((one.site, one.counted_on) for one in figures), on=on)


def changes_of(file: ImportedFile) -> QuerySet[CountChange]:
    """The entries of history that a file brought."""
    return CountChange.objects.filter(file=file).select_related("site").order_by("pk")


def _cell(change: CountChange) -> Cell:
    return change.site_id, change.counted_on, change.component_code


def _history(changes: Iterable[CountChange]) -> QuerySet[CountChange]:
    """The whole history of the sites and days of some entries."""
    sites = {change.site_id for change in changes}
    days = {change.counted_on for change in changes}
    return CountChange.objects.filter(site__in=sites, counted_on__in=days).order_by()


def _changed_since(changes: list[CountChange]) -> list[str]:
    latest = {
        (site, day, code): key
        for site, day, code, key in _history(changes)
        .values("site", "counted_on", "component_code")
        .annotate(latest=Max("pk"))
        .values_list("site", "counted_on", "component_code", "latest")
    }
    return [
        f"{change.component_code} at {change.site} on {day_text(change.counted_on)} was changed after the import."
        for change in changes
        if latest[_cell(change)] != change.pk
    ]


def _sources_before(changes: list[CountChange]) -> dict[Cell, str]:
    """Where the figures came from before the file: the source of the entry before it, by cell."""
    wanted = {_cell(change): change.pk for change in changes if change.before is not None}
    found: dict[Cell, str] = {}
    if wanted:
        rows = _history(changes).order_by("pk").values_list("pk", "site", "counted_on", "component_code", "source")
        for key, site, day, code, source in rows.iterator(chunk_size=BATCH):
            if key < wanted.get((site, day, code), 0):
                found[site, day, code] = source
    return found


def _dependents(file: ImportedFile, changes: list[CountChange]) -> list[str]:
    """Issued reports and agreed reviews that took in figures of the file."""
    first: dict[int, date] = {}
    for change in changes:
        stored = first.get(change.site.agreement_id, change.counted_on)
        first[change.site.agreement_id] = min(stored, change.counted_on)
    found = dependent_reports(
        file, agreements=first, rests=lambda key, month: month.span.last_day >= first[key], what="figures"
    )
    reviews = RenewalReview.objects.filter(agreement__in=first, agreed_on__isnull=False)
    for review in reviews.select_related("agreement").order_by("agreement", "period_number", "kind"):
        if review.cut_off_on >= first[review.agreement_id]:
            message = f"{review}, agreed on {day_text(review.agreed_on)}, is based on figures of this file"
            found.append(f"{message}. What was agreed stays; correct the figures instead.")
    return found
