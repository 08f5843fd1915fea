"""Sites as files name them: by city, city and state, or CLLI code, and by the number of their agreement if need be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from contracts.terms import AgreementTerms
from sites.imports.preview import SheetError
from sites.models import Site

ALIKE = 0.8
LONGEST_NAME = 100
MOST_HINTS = 200
"""Looking for names that are alike takes time: a file full of unknown names gets so many hints."""
UNKNOWN_AGREEMENT = "This agreement is not on file, or not the one this import is for."
UNKNOWN_SITE = "No site on file is called so. Give its city, city and state, or CLLI code."


@dataclass(frozen=True)
class SiteNames:
    """The sites of some agreements by every name that a file may give them, in small letters."""

    agreements: Mapping[int, AgreementTerms]
    sites: Mapping[str, tuple[Site, ...]]
    _hints: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, *, agreements: Mapping[int, AgreementTerms], sites: Iterable[Site]) -> "SiteNames":
        """Collect the names of sites."""
        named: dict[str, tuple[Site, ...]] = {}
        for site in sites:
            for spelling in {site.city.casefold(), str(site).casefold(), site.clli.casefold()} - {""}:
                named[spelling] = (*named.get(spelling, ()), site)
        return cls(agreements, named)

    def find(self, *, name: str, agreement: str, row: int) -> Site | SheetError:
        """Return the one site that a row names, or why there is none."""
        numbers = {terms.number: key for key, terms in self.agreements.items()} if agreement else {}
        if agreement and agreement not in numbers:
            return SheetError(UNKNOWN_AGREEMENT, row, "agreement", agreement)
        candidates = [
            site
            for site in self.sites.get(name.casefold(), ())
            if not agreement or site.agreement_id == numbers[agreement]
        ]
        if len(candidates) == 1:
            return candidates[0]
        if not candidates:
            return SheetError(f"{UNKNOWN_SITE}{self.hint(name)}", row, "site", name)
        names = ", ".join(f"{site} ({self.agreements[site.agreement_id].number})" for site in candidates)
        message = f"Several sites are called so: {names}. Add the state, the CLLI code or a column agreement."
        return SheetError(message, row, "site", name)

    def hint(self, name: str) -> str:
        """Return a question about a site whose name is much like another one; nothing where there is none."""
        spelled = name.casefold()[:LONGEST_NAME]
        if spelled not in self._hints:
            alike = get_close_matches(spelled, self.sites, n=1, cutoff=ALIKE) if len(self._hints) < MOST_HINTS else []
            self._hints[spelled] = f" Is it {self.sites[alike[0]][0]}?" if alike else ""
        return self._hints[spelled]

    def spelling(self, site: Site) -> str:
        """Return a name by which a file finds this site and no other, where it has one."""
        spelled = (str(site), site.clli, site.city)
        return next((name for name in spelled if self.sites.get(name.casefold()) == (site,)), str(site))
