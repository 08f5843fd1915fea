"""Component counts: the figure as it stands, and an entry in its history for every change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef

from sites.models import ComponentCount, CountChange, ImportedFile, Site

BATCH = 5000
STANDING = ("quantity", "source", "recorded_by", "recorded_on")


@dataclass(frozen=True)
class Figure:
    """What a component counted at a site on a day is to be from now on; no quantity withdraws the figure on file."""

    site: Site
    counted_on: date
    code: str
    quantity: int | None
    source: str = ""


def change_counts(
    figures: Iterable[Figure], *, reason: str = "", file: ImportedFile | None = None, on: date, by: User | None
) -> list[CountChange]:
    """Store figures that have been checked, and return one entry of history for each that is not on file like that.

    The sites' rows are locked by the caller. A figure on file is corrected or withdrawn only with a reason: the
    database refuses it without one. The number of queries grows with the batches, not with the figures.
    """
    figures = list(figures)
    stored = ComponentCount.objects.filter(
        site__in={figure.site.pk for figure in figures}, counted_on__in={figure.counted_on for figure in figures}
    )
    on_file = {(row.site_id, row.counted_on, row.component_code): row for row in stored}
    changes, standing, withdrawn = [], [], []
    for figure in figures:
        row = on_file.get((figure.site.pk, figure.counted_on, figure.code))
        before = row.quantity if row else None
        if before == figure.quantity:
            continue
        changes.append(_change(figure, before, reason=reason, file=file, on=on, by=by))
        if figure.quantity is None:
            withdrawn.append(row.pk)
        else:
            standing.append(_standing(figure, on=on, by=by))
    ComponentCount.objects.bulk_create(
        standing,
        batch_size=BATCH,
        update_conflicts=True,
        update_fields=STANDING,
        unique_fields=("site", "component_code", "counted_on"),
    )
    for start in range(0, len(withdrawn), BATCH):
        ComponentCount.objects.filter(pk__in=withdrawn[start : start + BATCH]).delete()
    return CountChange.objects.bulk_create(changes, batch_size=BATCH)


def _standing(figure: Figure, *, on: date, by: User | None) -> ComponentCount:
    return ComponentCount(
        site_id=figure.site.pk,
        counted_on=figure.counted_on,
        component_code=figure.code,
        quantity=figure.quantity,
        source=figure.source,
        recorded_by_id=by and by.pk,
        recorded_on=on,
    )


def _change(
    figure: Figure, before: int | None, *, reason: str, file: ImportedFile | None, on: date, by: User | None
) -> CountChange:
    return CountChange(
        site_id=figure.site.pk,
        component_code=figure.code,
        counted_on=figure.counted_on,
        before=before,
        after=figure.quantity,
        source=figure.source,
        reason=reason if before is not None else "",
        file_id=file and file.pk,
        recorded_on=on,
        recorded_by_id=by and by.pk,
    )


def withdrawn_figures(*, sites: Iterable[Site]) -> list[CountChange]:
    """Return the entries that withdrew a figure of some sites for good, one per figure, in the order of their days."""
    anew = ComponentCount.objects.filter(
        site=OuterRef("site"), component_code=OuterRef("component_code"), counted_on=OuterRef("counted_on")
    )
    withdrawals = CountChange.objects.filter(~Exists(anew), site__in=sites, after=None).select_related("site")
    last = {(change.counted_on, change.component_code, change.site_id): change for change in withdrawals.order_by("pk")}
    return [last[figure] for figure in sorted(last)]
