"""What the head of the month grid says of a whole month: how much is on file, what each page lacks, where a site is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page

from contracts.periods import ONE_DAY, DaySpan, Month
from sites.models import Site


def countable_days(*, site: Site, days: DaySpan, on: date) -> DaySpan | None:
    """Return the days on which a site can be counted: in service, and not after the business date."""
    served = days.overlap(site.in_service_on, site.removed_on)
    return served.overlap(None, on) if served else None


@dataclass(frozen=True)
class PageOfMonth:
    """One page of the grid: its first and last site, and how many figures are to be counted there."""

    number: int
    first: Site
    last: Site
    lacking: int


@dataclass(frozen=True)
class WholeMonth:
    """A month of all pages. `sites` come from `month_sites()`; each has `components` figures once it can be counted."""

    month: Month
    on: date
    days: DaySpan
    components: int
    sites: tuple[Site, ...]
    last_counted_on: date | None
    first_month: Month | None

    @property
    def previous(self) -> Month | None:
        """The month before, where a site was in service by then."""
        before = Month.of(self.month.span.first_day - ONE_DAY)
        return before if self.first_month and before.span >= self.first_month.span else None

    @property
    def following(self) -> Month | None:
        """The month after, where it has begun."""
        return self.month.following() if self.month.span.last_day < self.on else None

    @property
    def counted(self) -> int:
        """How many figures are on file."""
        return sum(site.filed for site in self.sites)

    @property
    def expected(self) -> int:
        """How many figures the month has when all are on file."""
        return self.components * sum(self.is_open(site) for site in self.sites)

    @property
    def filed_through(self) -> date | None:
        """The last day on which a figure on file was counted, where a later count of the month can follow it."""
        last = self.last_counted_on
        return last if last and last < min(self.days.last_day, self.on) else None

    @property
    def any_demonstration(self) -> bool:
        """Whether a site of the month is invented."""
        return any(site.is_demonstration for site in self.sites)

    def is_open(self, site: Site) -> bool:
        """Whether a site can be counted in the month by now."""
        return countable_days(site=site, days=self.days, on=self.on) is not None

    def pages(self, page: Page) -> Iterator[PageOfMonth]:
        """Yield all pages beside one of them, each with what is neither counted there nor marked as missing."""
        for number in page.paginator.page_range:
            sites = page.paginator.page(number).object_list
            yield PageOfMonth(number, sites[0], sites[-1], self._lacking(sites))

    def _lacking(self, sites: Sequence[Site]) -> int:
        return sum(self.components - site.filed - site.marked for site in sites if self.is_open(site))

    def place_of(self, key: int) -> int | None:
        """Return the place of a site in the grid, from 0; None where it is not in service in the month."""
        return next((place for place, site in enumerate(self.sites) if site.pk == key), None)
