"""How many figures of agreements' months are neither counted nor marked as missing: computed, kept and compared."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Min
from django.db.models.functions import TruncMonth

from contracts.locking import lock_agreements
from contracts.models import Agreement, Amendment
from contracts.periods import DaySpan, Month
from contracts.wording import plural
from sites.counts.recording import components_on
from sites.models import ComponentCount, LackingFigures, MissingCount, Site
from sites.reports.open_months import MonthOf, open_months

AHEAD = timedelta(days=366)
"""Months that begin in so many days are kept too, so that nothing is to be done on the day when one is over."""
AGREEMENTS_AT_ONCE = 50


# ---- computed ----------------------------------------------------------------------------------------------------


def lacking_figures(months: Iterable[MonthOf], *, on: date, whole: bool = False) -> dict[MonthOf, int]:
    """Compute how many figures of months are neither counted nor marked as missing, in a fixed number of queries.

    A month that is not over lacks what could be counted until the day, or with `whole` what its last day will ask for.
    """
    of = defaultdict(list)
    for key, month in months:
        of[key].append(Month.numbered(month))
    services, counted, marked = _services(of), _counted(of, on), _marked(of)
    lacking = {}
    for row in Agreement.objects.filter(pk__in=of).with_terms(priced=False):
        terms = row.as_terms()
        for month in of[row.pk]:
            number = 0
            for service in services.get(row.pk, ()):
                day = service.last_served(month.span, month.span.last_day if whole else on)
                if day is not None:
                    codes = {part.code for part in components_on(terms=terms, day=day, known_on=on)}
                    first = counted.get((service.site, month.span.first_day), {})
                    settled = {code for code in first if first[code] <= day}
                    number += len(codes - settled - marked.get((service.site, month.span.first_day), set()))
            lacking[MonthOf(row.pk, month.number)] = number
    return lacking


@dataclass(frozen=True)
class _Service:
    """A site's days in service."""

    site: int
    first_day: date
    last_day: date | None

    def last_served(self, span: DaySpan, through: date) -> date | None:
        """The last of some days on which the site is in service, up to a day; None where it is not."""
        served = span.overlap(self.first_day, self.last_day)
        return min(served.last_day, through) if served and served.first_day <= through else None


def _services(agreements: Collection[int]) -> Mapping[int, list[_Service]]:
    found = defaultdict(list)
    rows = Site.objects.filter(agreement__in=agreements).order_by()
    for agreement, site, first, last in rows.values_list("agreement_id", "pk", "in_service_on", "removed_on"):
        found[agreement].append(_Service(site, first, last))
    return found


def _counted(of: Mapping[int, Collection[Month]], on: date) -> Mapping[tuple[int, date], dict[str, date]]:
    """By site and month, when each component was first counted in it."""
    days = sorted({month.span.first_day for months in of.values() for month in months})
    found = defaultdict(dict)
    if not days:
        return found
    last_day = min(on, Month.of(days[-1]).span.last_day)
    rows = (
        ComponentCount.objects.filter(site__agreement__in=of, counted_on__range=(days[0], last_day))
        .order_by()
        .annotate(month=TruncMonth("counted_on"))
        .filter(month__in=days)
        .values_list("site_id", "month", "component_code")
        .annotate(first=Min("counted_on"))
    )
    for site, month, code, first in rows:
        found[site, month][code] = first
    return found


def _marked(of: Mapping[int, Collection[Month]]) -> Mapping[tuple[int, date], set[str]]:
    """By site and month, the components that are marked as missing."""
    days = {month.span.first_day for months in of.values() for month in months}
    found = defaultdict(set)
    rows = MissingCount.objects.filter(site__agreement__in=of, month__in=days).order_by()
    for site, month, code in rows.values_list("site_id", "month", "component_code"):
        found[site, month].add(code)
    return found


# ---- kept --------------------------------------------------------------------------------------------------------


def kept_figures(months: Collection[MonthOf]) -> dict[MonthOf, int]:
    """Return what is kept of some months; what is not there is to be computed."""
    keys, days = {each.agreement for each in months}, {each.first_day for each in months}
    kept = LackingFigures.objects.filter(agreement__in=keys, month__in=days).order_by()
    found = {
        MonthOf(key, Month.of(day).number): figures
        for key, day, figures in kept.values_list("agreement", "month", "figures")
    }
    return {each: found[each] for each in months if each in found}


def keep_counted(days: Iterable[tuple[Site, date]], *, on: date) -> None:
    """Keep what the months lack in which sites were counted, after their counts were stored."""
    sites, counted = zip(*days, strict=True) if (days := list(days)) else ((), ())
    keep_months(agreements={site.agreement_id for site in sites}, months={Month.of(day) for day in counted}, on=on)


@transaction.atomic
def keep_months(*, agreements: Collection[int], months: Collection[Month] | None = None, on: date) -> None:
    """Keep what open months of agreements lack: of all, or of those that are named."""
    lock_agreements(agreements, no_key=True)
    _keep(_to_keep(agreements, None if months is None else {month.number for month in months}, on))


def _keep(lacking: Mapping[MonthOf, int]) -> None:
    LackingFigures.objects.bulk_create(
        [LackingFigures(agreement_id=each.agreement, month=each.first_day, figures=lacking[each]) for each in lacking],
        batch_size=1000,
        update_conflicts=True,
        update_fields=["figures"],
        unique_fields=["agreement", "month"],
    )


def _to_keep(agreements: Collection[int], numbers: Collection[int] | None, on: date) -> dict[MonthOf, int]:
    """What open months will lack on their last day, under agreements whose signatures are all of the day or before."""
    executed = Agreement.objects.filter(pk__in=agreements, executed_on__lte=on)
    later = Amendment.objects.filter(executed_on__gt=on).order_by().values("agreement")
    found = open_months(executed.exclude(pk__in=later), on=on, through=on + AHEAD)
    wanted = [month for each in found for month in each.months() if numbers is None or month.month in numbers]
    return lacking_figures(wanted, on=on, whole=True) if wanted else {}


# ---- compared ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WronglyKept:
    """A month of which something else is kept than its counts say; `lacking` is None where it is not open."""

    agreement: str
    month: Month
    kept: int
    lacking: int | None

    @property
    def message(self) -> str:
        found = "it is not open" if self.lacking is None else f"{self.lacking:,} lack"
        return f"{plural(self.kept, 'figure')} kept as lacking, and {found}."


def compare_kept(*, on: date, mend: bool = False) -> Iterator[WronglyKept]:
    """Compute all open months again, some agreements at a time, and yield what is kept otherwise.

    With `mend` what was computed is kept then, also of the months of which nothing was.
    """
    agreements = list(Agreement.objects.order_by("number", "pk").values_list("pk", "number"))
    for start in range(0, len(agreements), AGREEMENTS_AT_ONCE):
        numbers = dict(agreements[start : start + AGREEMENTS_AT_ONCE])
        with transaction.atomic() if mend else nullcontext():
            if mend:
                lock_agreements(numbers, no_key=True)
            lacking = _to_keep(numbers, None, on)
            rows = LackingFigures.objects.filter(agreement__in=numbers).order_by("agreement__number", "month")
            kept = {MonthOf(row.agreement_id, Month.of(row.month).number): row for row in rows}
            wrong = [each for each, row in kept.items() if lacking.get(each) != row.figures]
            if mend:
                LackingFigures.objects.filter(pk__in=[kept[each].pk for each in wrong]).delete()
                _keep({each: figures for each, figures in lacking.items() if each in wrong or each not in kept})
        for key, month in wrong:
            each = MonthOf(key, month)
            yield WronglyKept(numbers[key], Month.numbered(month), kept[each].figures, lacking.get(each))
