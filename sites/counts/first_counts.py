"""Sites in service whose first count is not on file: without it, no review can say what has changed (note 3)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice

from django.db.models import Exists, OuterRef

from contracts.models import Component
from contracts.periods import Month, day_text
from contracts.terms import AgreementTerms
from contracts.wording import listed
from sites.counts.recording import components_on
from sites.models import ComponentCount, Site
from sites.models.sites import SITES_AT_ONCE


@dataclass(frozen=True)
class FirstCount:
    """The components of a site of which no count is on file, by name; `is_whole` where it was never counted at all.

    It is entered in the grid of `month`, at the site's row.
    """

    site: Site
    components: tuple[str, ...]
    is_whole: bool
    month: Month

    @property
    def sentence(self) -> str:
        """Since when the site waits, and for the count of what."""
        what = "" if self.is_whole else f" of {listed(self.components)}"
        return f"in service since {day_text(self.site.in_service_on)}: no count{what}"

    def __str__(self) -> str:
        return f"{self.site}, {self.sentence}"


def first_counts_due(*, sites: Iterable[Site], terms: Mapping[int, AgreementTerms], on: date) -> list[FirstCount]:
    """Return what has to be counted for the first time at sites that are in service on a day, in one query.

    `terms` gives those of each site's agreement by its key.
    """
    serving = [
        site for site in sites if site.in_service_on <= on and (site.removed_on is None or site.removed_on >= on)
    ]
    asked = {key: components_on(terms=terms[key], day=on, known_on=on) for key in {one.agreement_id for one in serving}}
    counted = set(
        ComponentCount.objects.filter(site__in=serving, counted_on__lte=on)
        .order_by()
        .values_list("site", "component_code")
        .distinct()
    )
    found = []
    for site in serving:
        components = asked[site.agreement_id]
        names = tuple(part.name for part in components if (site.pk, part.code) not in counted)
        if names:
            found.append(FirstCount(site, names, len(names) == len(components), Month.of(on)))
    return found


def all_first_counts_due(*, on: date) -> Iterator[FirstCount]:
    """Yield the first counts due under all agreements, those that have waited longest first.

    It asks few queries for each hundred sites, when they are asked for.
    """
    counts = ComponentCount.objects.filter(
        site=OuterRef(OuterRef("pk")), component_code=OuterRef("code"), counted_on__lte=on
    )
    uncounted = Component.objects.filter(~Exists(counts), schedule__agreement=OuterRef("agreement"))
    serving = Site.objects.in_service(first_day=on, last_day=on).filter(Exists(uncounted)).with_agreement_terms()
    ordered = serving.order_by("in_service_on", "agreement__number", "city", "state", "pk")
    rows = ordered.iterator(chunk_size=SITES_AT_ONCE)
    while sites := list(islice(rows, SITES_AT_ONCE)):
        terms = {agreement.pk: agreement.as_terms() for agreement in {site.agreement for site in sites}}
        yield from first_counts_due(sites=sites, terms=terms, on=on)
