"""What was known of the counts behind a document on its day, and what has changed since; a fixed number of queries."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q, QuerySet

from invoicing.models import Invoice
from sites.models import ComponentCount, CountChange, LevelDecision, ServiceChange, StartingLevelChange

_Figure = tuple[int, str, date]


@dataclass(frozen=True)
class KnownCount:
    """A figure as it was known at the end of the document's day; when and by whom it was recorded, where that is known.

    Of a figure whose history begins later only the quantity is known.
    """

    site: int
    component: str
    counted_on: date
    quantity: int
    source: str = ""
    recorded_on: date | None = None
    recorded_by: User | None = None


def counts_known(invoice: Invoice) -> list[KnownCount]:
    """Return the figures of the document's sites that were counted and known through its date, in a fixed order.

    They are read off the history, which nobody can change: a later correction is undone, a later count left out. Two
    queries.
    """
    behind = {"site__in": _sites(invoice), "counted_on__lte": invoice.issued_on}
    counts = ComponentCount.objects.filter(**behind).select_related("recorded_by")
    changes = CountChange.objects.filter(**behind).select_related("recorded_by")
    known = {_figure(row): _standing(row, invoice.issued_on) for row in counts}
    for figure, entries in groupby(changes.order_by("site", "component_code", "counted_on", "pk"), key=_figure):
        known[figure] = _on_day(list(entries), invoice.issued_on)
    return [known[figure] for figure in sorted(known) if known[figure] is not None]


def _figure(row: ComponentCount | CountChange) -> _Figure:
    return row.site_id, row.component_code, row.counted_on


def _standing(row: ComponentCount, on: date) -> KnownCount | None:
    """A figure on file that has no history."""
    if row.recorded_on > on:
        return None
    return KnownCount(*_figure(row), row.quantity, row.source, row.recorded_on, row.recorded_by)


def _on_day(entries: Sequence[CountChange], on: date) -> KnownCount | None:
    """What the entries of one figure said on a day; None where there was no figure."""
    known = [entry for entry in entries if entry.recorded_on <= on]
    if not known:
        before = entries[0].before
        return None if before is None else KnownCount(*_figure(entries[0]), before)
    last = known[-1]
    if last.after is None:
        return None
    return KnownCount(*_figure(last), last.after, last.source, last.recorded_on, last.recorded_by)


# ---- changes -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """An entry of a history, made since the document: what it changed, in words, and its row."""

    row: models.Model
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class History:
    """A history of facts of sites: who may see it, its rows, and what each says: of what, what was before and after."""

    title: str
    permission: str
    rows: QuerySet
    said: Callable[[models.Model], tuple[str, object, object]]


HISTORIES = (
    History(
        "counts",
        "sites.view_countchange",
        CountChange.objects.all(),
        lambda row: (f"{row.component_code} on {row.counted_on.isoformat()}", row.before, row.after),
    ),
    History(
        "days in service",
        "sites.view_servicechange",
        ServiceChange.objects.all(),
        lambda row: (row.get_day_display(), row.before, row.after),
    ),
    History(
        "starting levels",
        "sites.view_startinglevelchange",
        StartingLevelChange.objects.select_related("before", "after"),
        lambda row: (f"Starting level, annual period {row.period_number}", row.before, row.after),
    ),
    History(
        "levels from a day",
        "sites.view_leveldecision",
        LevelDecision.objects.select_related("level"),
        lambda row: (f"Level from {row.effective_on.isoformat()}, {row.document}", None, row.level),
    ),
)
"""The facts of a site on which the levels and days of a line rest, and whose histories the ledger keeps."""


def changes_since(invoice: Invoice, kinds: Sequence[History]) -> list[Change]:
    """Return what some histories say has changed of the document's sites since, oldest first; one query for each.

    Figures that were counted after the document's day have nothing to do with it.
    Entries made on the document's own day are among them, for they may have come after the document; but not figures
    that were first recorded on it, which stand among the counts with that day.
    """
    found = [change for kind in kinds for change in _changes(invoice, kind)]
    return sorted(found, key=lambda change: change.row.recorded_on)


def _changes(invoice: Invoice, kind: History) -> Iterator[Change]:
    rows = kind.rows.filter(site__in=_sites(invoice), recorded_on__gte=invoice.issued_on)
    if kind.rows.model is CountChange:
        first = Q(recorded_on=invoice.issued_on, before=None)
        rows = rows.filter(~first, counted_on__lte=invoice.issued_on)
    for row in rows.select_related("recorded_by").order_by("pk"):
        what, before, after = kind.said(row)
        yield Change(row, what, _text(before), _text(after))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _sites(invoice: Invoice) -> QuerySet:
    """The sites that the document has a line for, as a part of other queries."""
    return invoice.lines.order_by().filter(site__isnull=False).values("site")
