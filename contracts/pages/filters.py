"""Filters of the agreement list."""

from django.db.models import Q
from django_filters import CharFilter

from contracts.models import Agreement, Party
from contracts.pages.lists import ListFilter


class AgreementFilter(ListFilter):
    """Find agreements by number, by a party's name or by another spelling of it."""

    q = CharFilter(label="Number or party contains", method="search")

    def search(self, queryset, name, value):
        parties = Party.objects.filter(Q(legal_name__icontains=value) | Q(aliases__name__icontains=value))
        amended = Agreement.objects.filter(amendments__contract_number__icontains=value)
        return queryset.filter(
            Q(number__icontains=value)
            | Q(pk__in=amended.order_by().values("pk"))
            | Q(customer__in=parties.order_by().values("pk"))
            | Q(supplier__in=parties.order_by().values("pk"))
        )
