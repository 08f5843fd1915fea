"""Filters of the site list."""

from collections import defaultdict

from django.db.models import Q
from django.utils.functional import cached_property
from django_filters import CharFilter, ChoiceFilter

from contracts.pages.filters import AgreementChoice
from contracts.pages.lists import ListFilter, TabFilter
from sites.counts.first_counts import all_first_counts_due
from sites.models import Site
from sites.service.queries import sites_to_look_at
from sites.site_pages.pages import ServiceState


def _states(*_args):
    states = Site.objects.exclude(state="").order_by("state").values_list("state", flat=True).distinct()
    return [(state, state) for state in states]


def sites_with(text: str) -> Q:
    """Return which sites have a text in their city or CLLI code, or are in that state; `Reno, NV` names both."""
    city, _comma, state = map(str.strip, text.rpartition(","))
    both = Q(city__icontains=city, state__istartswith=state) if city else Q(state__iexact=text)
    return Q(city__icontains=text) | Q(clli__icontains=text) | both


class SiteFilter(ListFilter):
    """Find sites by city, agreement, state, service, and whether they wait for a first count or should be looked at."""

    q = CharFilter(label="City, state or CLLI code", method="search")
    agreement = AgreementChoice()
    state = ChoiceFilter(choices=_states, empty_label="All states")
    first_count = ChoiceFilter(
        label="First count", choices=[("due", "Due")], empty_label="Due or not", method="waiting"
    )
    look_at = ChoiceFilter(
        label="Remarks", choices=[("yes", "To look at")], empty_label="With or without", method="remarked"
    )
    service = TabFilter({state.name: state.value for state in ServiceState}, label="Service")

    def search(self, queryset, name, value):
        return queryset.filter(sites_with(value))

    def waiting(self, queryset, name, value):
        return queryset.filter(pk__in=self.first_counts) if value else queryset

    @cached_property
    def first_counts(self) -> list[int]:
        """The keys of the sites whose first count is due."""
        return [one.site.pk for one in all_first_counts_due(on=self.on)]

    def remarked(self, queryset, name, value):
        return queryset.filter(pk__in=self.remarks) if value else queryset

    @cached_property
    def remarks(self) -> dict[int, list[str]]:
        """Why a person should look at a site, by its key."""
        found = defaultdict(list)
        for site, message in sites_to_look_at(on=self.on):
            found[site.pk].append(message[:1].upper() + message[1:])
        return found

    def state_condition(self, state):
        planned, removed = Q(in_service_on__gt=self.on), Q(removed_on__lt=self.on)
        return {
            ServiceState.PLANNED.name: planned,
            ServiceState.IN_SERVICE.name: Q(in_service_on__lte=self.on)
            & (Q(removed_on=None) | Q(removed_on__gte=self.on)),
            ServiceState.REMOVED.name: removed,
        }[state]
