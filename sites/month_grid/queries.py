"""What the month grid reads of the database, in a fixed number of queries: the whole month, and the rows of a page."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from contracts.models import Agreement
from contracts.periods import ONE_DAY, DaySpan, Month
from sites.models import ComponentCount, MissingCount, Site


@dataclass(frozen=True)
class GridRows:
    """Some sites of a month with the last counts before, what was counted in it, and what is marked as missing."""

    sites: tuple[Site, ...]
    counts: Mapping[int, Sequence[ComponentCount]]
    missing: Mapping[tuple[int, str], str]


def grid_days(*, month: Month, after: date | None) -> DaySpan:
    """Return the days of a month of which the grid shows the last count: all of them, or those after a day."""
    return DaySpan(after + ONE_DAY, month.span.last_day) if after else month.span


def load_rows(
    *, agreement: Agreement, month: Month, on: date, after: date | None = None, keys: Collection[int]
) -> GridRows:
    """Load the rows of some sites, in the order of the grid; keys of sites that are not in the month are left out.

    It costs so many queries for one site as for a page of them. Counts made through `after` are among those before.
    """
    days = grid_days(month=month, after=after)
    chosen = _sites(agreement, days).filter(pk__in=keys)
    sites = tuple(chosen.with_latest_counts(on=days.first_day - ONE_DAY))
    counts = defaultdict(list)
    for row in _counts(days, on).filter(site__in=[site.pk for site in sites]).order_by("counted_on", "pk"):
        counts[row.site_id].append(row)
    marked = MissingCount.objects.filter(site__in=[site.pk for site in sites], month=month.span.first_day)
    return GridRows(sites, counts, {(row.site_id, row.component_code): row.reason for row in marked})


def last_counted(*, agreement: Agreement, month: Month, on: date, after: date | None = None) -> dict[str, date]:
    """Return the components counted in a month, at whichever site, each with the last day on which it was."""
    days = grid_days(month=month, after=after)
    counted = _counts(days, on).filter(site__in=_sites(agreement, days).order_by().values("pk")).order_by()
    return dict(counted.values_list("component_code").annotate(last=Max("counted_on")))


def month_sites(
    *, agreement: Agreement, month: Month, on: date, after: date | None = None, codes: Collection[str]
) -> tuple[Site, ...]:
    """Return all sites of a month in the order of the grid, with what their days of service and their names need.

    Each comes with `filed`, how many of its figures are on file, and `marked`, how many of the components `codes` are
    marked as missing and not on file.
    """
    days = grid_days(month=month, after=after)
    filed = _counts(days, on).filter(site=OuterRef("pk"))
    same = _counts(days, on).filter(site=OuterRef("site"), component_code=OuterRef("component_code"))
    marked = MissingCount.objects.filter(
        ~Exists(same), site=OuterRef("pk"), month=month.span.first_day, component_code__in=list(codes)
    )
    chosen = _sites(agreement, days).only("city", "state", "in_service_on", "removed_on", "is_demonstration")
    return tuple(chosen.annotate(filed=_components(filed), marked=_components(marked)))


def first_month(*, agreement: Agreement) -> Month | None:
    """Return the month in which the first site of an agreement entered service; None where it has no site."""
    sites = Site.objects.filter(agreement=agreement).order_by("in_service_on")
    first = sites.values_list("in_service_on", flat=True).first()
    return Month.of(first) if first else None


def _sites(agreement: Agreement, days: DaySpan) -> QuerySet:
    """The sites of the grid in its order."""
    served = Site.objects.filter(agreement=agreement).in_service(first_day=days.first_day, last_day=days.last_day)
    return served.order_by("city", "state", "pk")


def _counts(days: DaySpan, on: date) -> QuerySet:
    return ComponentCount.objects.filter(counted_on__range=(days.first_day, min(days.last_day, on)))


def _components(rows: QuerySet) -> Coalesce:
    """How many components the rows of one site have."""
    number = rows.order_by().values("site").annotate(number=Count("component_code", distinct=True)).values("number")
    return Coalesce(Subquery(number), 0, output_field=IntegerField())
