"""What is on file for the monthly reports: read with a fixed number of queries, whatever the number of sites."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Sum

from contracts.models import Agreement
from contracts.periods import Month
from sites.counts.first_counts import first_counts_due
from sites.counts.recording import components_on
from sites.models import ComponentCount, MissingCount, Site, WorkEntry
from sites.reports.monthly_report import FiledCount, MonthlyFigures, ReportedSite, monthly_figures


def figures_of(*, agreement: Agreement, month: Month, on: date) -> MonthlyFigures:
    """Return the report of an agreement's month as the counts on file make it. The row is from `with_terms()`."""
    terms = agreement.as_terms()
    span = month.span
    cut_off = min(span.last_day, on)
    in_month = Site.objects.filter(agreement=agreement).in_service(first_day=span.first_day, last_day=cut_off)
    sites = list(in_month.with_levels().order_by("city", "state", "pk"))
    keys = [site.pk for site in sites]
    counts, missing, hours = _counts(keys, cut_off), _missing(keys, month), _hours(keys, span.first_day, cut_off)
    first = {one.site.pk: one.sentence for one in first_counts_due(sites=sites, terms={agreement.pk: terms}, on=on)}
    facts = [
        ReportedSite(
            key=site.pk,
            name=str(site),
            in_service_on=site.in_service_on,
            removed_on=site.removed_on,
            counts=tuple(counts.get(site.pk, ())),
            agreed=site.agreed_levels(),
            dated=site.levels_from_days(),
            missing=missing.get(site.pk, {}),
            hours=hours.get(site.pk, {}),
            first_count=first.get(site.pk, ""),
        )
        for site in sites
    ]
    return monthly_figures(
        agreement=terms,
        month=month,
        sites=facts,
        components=lambda day: components_on(terms=terms, day=day, known_on=on),
        on=on,
    )


def _counts(keys: Collection[int], through: date) -> Mapping[int, list[FiledCount]]:
    rows = ComponentCount.objects.filter(site__in=keys, counted_on__lte=through).order_by(
        "counted_on", "component_code"
    )
    found = defaultdict(list)
    columns = ("site_id", "component_code", "counted_on", "quantity", "source")
    for site, code, day, quantity, source in rows.order_by("counted_on", "component_code").values_list(*columns):
        found[site].append(FiledCount(code, day, quantity, source))
    return found


def _missing(keys: Collection[int], month: Month) -> Mapping[int, dict[str, str]]:
    found = defaultdict(dict)
    rows = MissingCount.objects.filter(site__in=keys, month=month.span.first_day).order_by("pk")
    for site, code, reason in rows.values_list("site_id", "component_code", "reason"):
        found[site][code] = reason
    return found


def _hours(keys: Collection[int], first_day: date, last_day: date) -> Mapping[int, dict]:
    """Hours worked in the days of a span by site and service; entries that were reversed are none."""
    rows = WorkEntry.objects.filter(site__in=keys, worked_on__range=(first_day, last_day), reversed_on=None)
    found = defaultdict(dict)
    for site, service, hours in (
        rows.order_by("service").values_list("site_id", "service").annotate(hours=Sum("hours")).order_by("service")
    ):
        found[site][service] = hours
    return found
