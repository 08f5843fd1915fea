"""What is on file for the monthly reports: read with a fixed number of queries, whatever the number of sites."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from contracts.models import Agreement
from contracts.periods import Month
from contracts.terms import AgreementTerms, expiration_known
from sites.counts.recording import components_on
from sites.models import ComponentCount, MissingCount, MonthlyReport, Site, WorkEntry
from sites.reports.monthly_report import FiledCount, MonthlyFigures, ReportedSite, agreement_months, monthly_figures
from sites.reports.state import IssuedReport, MonthStatus, month_status


def figures_of(*, agreement: Agreement, month: Month, on: date) -> MonthlyFigures:
    """Return the report of an agreement's month as the counts on file make it. The row is from `with_terms()`."""
    terms = agreement.as_terms()
    span = month.span
    cut_off = min(span.last_day, on)
    in_month = Site.objects.filter(agreement=agreement).in_service(first_day=span.first_day, last_day=cut_off)
    sites = list(in_month.with_levels().order_by("city", "state", "pk"))
    keys = [site.pk for site in sites]
    counts, missing, hours = _counts(keys, cut_off), _missing(keys, month), _hours(keys, span.first_day, cut_off)
    facts = [
        ReportedSite(
            key=site.pk,
            name=str(site),
            in_service_on=site.in_service_on,
            removed_on=site.removed_on,
            counts=tuple(counts.get(site.pk, ())),
            agreed=site.agreed_levels(),
            missing=missing.get(site.pk, {}),
            hours=hours.get(site.pk, {}),
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


# ---- the months of agreements ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgreementMonth:
    """The report of one month of one agreement."""

    agreement: Agreement
    status: MonthStatus


def months_of(*, agreements: Iterable[Agreement], on: date, days_after: int) -> list[AgreementMonth]:
    """Return every month of some agreements for which a report is due, those not begun too, oldest first.

    The agreements are from `with_terms()`. The number of queries depends neither on them nor on their sites.
    """
    rows = list(agreements)
    services = _services(rows)
    issued = _issued(rows)
    months = {row.pk: _months(row.as_terms(), services.get(row.pk, ()), on) for row in rows}
    lacking = _lacking(rows, months, issued, services, on)
    found = [
        AgreementMonth(
            row,
            month_status(
                month=month,
                on=on,
                days_after=days_after,
                lacking=lacking.get((row.pk, month), 0),
                issued=issued.get((row.pk, month)),
            ),
        )
        for row in rows
        for month in months[row.pk]
    ]
    return sorted(found, key=lambda one: (one.status.month.span.first_day, one.agreement.number, one.agreement.pk))


@dataclass(frozen=True)
class _Service:
    """A site's days in service."""

    site: int
    first_day: date
    last_day: date | None

    def in_month(self, month: Month) -> bool:
        return month.span.overlap(self.first_day, self.last_day) is not None


def _services(agreements: Iterable[Agreement]) -> Mapping[int, list[_Service]]:
    found = defaultdict(list)
    rows = Site.objects.filter(agreement__in=[row.pk for row in agreements]).order_by("pk")
    for agreement, site, first, last in rows.values_list("agreement_id", "pk", "in_service_on", "removed_on"):
        found[agreement].append(_Service(site, first, last))
    return found


def _months(terms: AgreementTerms, services: Iterable[_Service], on: date) -> tuple[Month, ...]:
    expires_on, _source = expiration_known(agreement=terms, known_on=on)
    return agreement_months(
        first_period_starts_on=terms.first_period_starts_on,
        expires_on=expires_on,
        services={(one.first_day, one.last_day) for one in services},
        on=on,
    )


def _issued(agreements: Iterable[Agreement]) -> Mapping[tuple[int, Month], IssuedReport]:
    """The latest revision of each month issued, with the day of the first one."""
    rows = MonthlyReport.objects.filter(agreement__in=[row.pk for row in agreements]).order_by("month", "revision")
    found: dict[tuple[int, Month], IssuedReport] = {}
    for agreement, day, revision, issued_on, acknowledged_on in rows.values_list(
        "agreement_id", "month", "revision", "issued_on", "acknowledgment__acknowledged_on"
    ):
        key = (agreement, Month.of(day))
        first = found[key].first_issued_on if key in found else issued_on
        found[key] = IssuedReport(first, revision, issued_on, acknowledged_on)
    return found


def _lacking(
    agreements: Iterable[Agreement],
    months: Mapping[int, Iterable[Month]],
    issued: Collection[tuple[int, Month]],
    services: Mapping[int, Iterable[_Service]],
    on: date,
) -> Mapping[tuple[int, Month], int]:
    """How many figures of each month that is not issued are neither counted nor marked as missing."""
    open_months = {
        row.pk: [month for month in months[row.pk] if month.span.first_day <= on and (row.pk, month) not in issued]
        for row in agreements
    }
    begun = [month.span.first_day for found in open_months.values() for month in found]
    if not begun:
        return {}
    keys = [one.site for row, found in open_months.items() if found for one in services.get(row, ())]
    settled = _settled(keys, min(begun), on)
    lacking = {}
    for row in agreements:
        terms = row.as_terms()
        for month in open_months[row.pk]:
            day = min(month.span.last_day, on)
            codes = {part.code for part in components_on(terms=terms, day=day, known_on=on)}
            lacking[row.pk, month] = sum(
                len(codes - settled.get((one.site, month), set()))
                for one in services.get(row.pk, ())
                if one.in_month(month) and one.first_day <= on
            )
    return lacking


def _settled(keys: Collection[int], first_day: date, on: date) -> Mapping[tuple[int, Month], set[str]]:
    """The components of each site and month that were counted in it, or are marked as missing."""
    found = defaultdict(set)
    counted = (
        ComponentCount.objects.filter(site__in=keys, counted_on__range=(first_day, on))
        .order_by()
        .annotate(month=TruncMonth("counted_on"))
        .values_list("site_id", "month", "component_code")
        .distinct()
    )
    marked = MissingCount.objects.filter(site__in=keys, month__gte=first_day).order_by()
    for site, day, code in (*counted, *marked.values_list("site_id", "month", "component_code")):
        found[site, Month.of(day)].add(code)
    return found
