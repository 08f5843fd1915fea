"""The sites that a person should look at, with the reason: the home page names them."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Prefetch, Q

from contracts.models import ChosenReading, Component
from contracts.periods import AnnualPeriod, annual_period_on
from contracts.readings import Timing
from contracts.terms import expiration_known
from sites.charged_days import switch_codes
from sites.models import ComponentCount, Site
from sites.models.sites import SITES_AT_ONCE
from sites.service.remarks import Service, service_remarks


def sites_to_look_at(*, on: date) -> Iterator[tuple[Site, str]]:
    """Yield sites with what is remarkable about them on a day; a fixed number of queries for each hundred of them.

    They are found by the few counts of 0, and those that start later where anything is billed in advance, so that the
    others are not read.
    """
    codes = Component.objects.filter(defines_site=True).order_by().values("code").distinct()
    switches = ComponentCount.objects.filter(component_code__in=codes, counted_on__lte=on)
    none_counted = Q(pk__in=switches.filter(quantity=0).order_by().values("site"))
    counts = Prefetch("counts", switches.order_by("counted_on"), to_attr="count_list")
    sites = Site.objects.with_agreement_terms().prefetch_related(counts)
    in_advance = ChosenReading.objects.filter(question="timing", choice=Timing.IN_ADVANCE.value).order_by()
    starts_later = Q(in_service_on__gt=on, agreement__in=in_advance.values("agreement"))
    for site in sites.filter(none_counted | starts_later).iterator(chunk_size=SITES_AT_ONCE):
        for message in _remarks(site, on):
            yield site, message


def _remarks(site: Site, on: date) -> Iterator[str]:
    terms = site.agreement.as_terms()
    expires_on, _source = expiration_known(agreement=terms, known_on=on)
    period = annual_period_on(day=on, first_period_starts_on=terms.first_period_starts_on, expires_on=expires_on)
    if isinstance(period, AnnualPeriod):
        codes = switch_codes(terms=terms, known_on=on)
        counts = [(each.counted_on, each.quantity) for each in site.count_values() if each.component in codes]
        service = Service(site.in_service_on, site.removed_on, site.charged_through, counts)
        readings = terms.readings_on(period.full_span.first_day)
        yield from service_remarks(service=service, period=period, readings=readings, on=on)
