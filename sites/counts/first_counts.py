"""Sites in service whose first count is not on file: without it, no review can say what has changed (note 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts.periods import day_text
from contracts.terms import AgreementTerms
from contracts.wording import listed
from sites.counts.recording import components_on
from sites.models import ComponentCount, Site


@dataclass(frozen=True)
class FirstCount:
    """The components of a site of which no count is on file, by name; `is_whole` where it was never counted at all."""

    site: Site
    components: tuple[str, ...]
    is_whole: bool

    def __str__(self) -> str:
        what = "" if self.is_whole else f" of {listed(self.components)}"
        return f"{self.site}, in service since {day_text(self.site.in_service_on)}: no count{what}"


def first_counts_due(*, sites: Iterable[Site], terms: AgreementTerms, on: date) -> list[FirstCount]:
    """Return what has to be counted for the first time at sites of an agreement that are in service on a day."""
    serving = [
        site for site in sites if site.in_service_on <= on and (site.removed_on is None or site.removed_on >= on)
    ]
    components = components_on(terms=terms, day=on, known_on=on)
    counted = set(
        ComponentCount.objects.filter(site__in=serving, counted_on__lte=on)
        .order_by()
        .values_list("site", "component_code")
        .distinct()
    )
    lacking = [
        (site, tuple(part.name for part in components if (site.pk, part.code) not in counted)) for site in serving
    ]
    return [FirstCount(site, names, len(names) == len(components)) for site, names in lacking if names]
