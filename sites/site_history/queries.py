"""The counts that the outlook of many sites is made from, in one query."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from sites.counts.count import Count
from sites.models import ComponentCount, Site
from sites.site_history.trend import DAYS_BACK


def counts_for_outlook(*, sites: QuerySet[Site], on: date) -> Mapping[int, list[Count]]:
    """Return by site what a trend looks at on a day, and the last count of each component where that is older."""
    made = ComponentCount.objects.filter(counted_on__lte=on)
    same = {name: OuterRef(name) for name in ("site", "component_code")}
    later = made.filter(**same, counted_on__gt=OuterRef("counted_on"))
    rows = made.filter(Q(counted_on__gt=on - timedelta(days=DAYS_BACK)) | ~Exists(later), site__in=sites.values("pk"))
    found: dict[int, list[Count]] = {}
    ordered = rows.order_by("counted_on", "component_code")
    for site, *count in ordered.values_list("site", "component_code", "counted_on", "quantity"):
        found.setdefault(site, []).append(Count(*count))
    return found
