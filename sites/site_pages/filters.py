"""Filters of the site list."""

from django.db.models import Q
from django_filters import CharFilter, ChoiceFilter, FilterSet, ModelChoiceFilter

from contracts.models import Agreement
from sites.models import Site
from sites.site_pages.pages import ServiceState


def _states(*_args):
    states = Site.objects.exclude(state="").order_by("state").values_list("state", flat=True).distinct()
    return [(state, state) for state in states]


class SiteFilter(FilterSet):
    """Find sites by city, agreement, state and whether they are in service on the business date."""

    q = CharFilter(label="City or CLLI code contains", method="search")
    agreement = ModelChoiceFilter(queryset=Agreement.objects.order_by("number"), empty_label="All agreements")
    state = ChoiceFilter(choices=_states, empty_label="All states")
    service = ChoiceFilter(
        label="Service",
        choices=[(state.name, state.value) for state in ServiceState],
        method="by_service",
        empty_label="Planned, in service and removed",
    )

    class Meta:
        model = Site
        fields = []

    def search(self, queryset, name, value):
        return queryset.filter(Q(city__icontains=value) | Q(clli__icontains=value))

    def by_service(self, queryset, name, value):
        if value == ServiceState.IN_SERVICE.name:
            return queryset.in_service(first_day=self.on, last_day=self.on)
        if value == ServiceState.PLANNED.name:
            return queryset.filter(in_service_on__gt=self.on)
        return queryset.filter(removed_on__lt=self.on)
