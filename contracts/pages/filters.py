"""Finding agreements among thousands: the filter of their own list, and the one that every other list has."""

from django.db.models import Q, QuerySet
from django.forms import TextInput
from django.urls import reverse_lazy
from django_filters import CharFilter

from contracts.models import Agreement, Party
from contracts.pages.lists import ListFilter


def agreements_with(text: str) -> QuerySet[Agreement]:
    """Return the agreements whose number or party has a text in it.

    A party is found by another spelling of its name too, an agreement by the contract number of an amendment.
    """
    parties = Party.objects.filter(Q(legal_name__icontains=text) | Q(aliases__name__icontains=text))
    amended = Agreement.objects.filter(amendments__contract_number__icontains=text)
    return Agreement.objects.filter(
        Q(number__icontains=text)
        | Q(pk__in=amended.order_by().values("pk"))
        | Q(customer__in=parties.order_by().values("pk"))
        | Q(supplier__in=parties.order_by().values("pk"))
    )


def agreements_meant(text: str) -> QuerySet[Agreement]:
    """Return the agreement of exactly that number; without one, those with the text in their number or party."""
    exactly = Agreement.objects.filter(number__iexact=text)
    return exactly if exactly.exists() else agreements_with(text)


class AgreementFilter(ListFilter):
    """Find agreements by number, by a party's name or by another spelling of it."""

    q = CharFilter(label="Number or party contains", method="search")

    def search(self, queryset, name, value):
        return queryset.filter(pk__in=agreements_with(value).order_by().values("pk"))


class AgreementChoice(CharFilter):
    """Choose the rows of a list by their agreement, which the page suggests while its number or party is typed."""

    def __init__(self, field_name: str = "agreement"):
        attrs = {"list": "suggestions", "data-suggest": reverse_lazy("contracts:agreement_suggestions")}
        widget = TextInput(attrs=attrs | {"autocomplete": "off", "placeholder": "Number or party"})
        super().__init__(field_name, label="Agreement", max_length=200, widget=widget)

    def filter(self, qs, value):
        """The rows under the agreements that are found."""
        return qs.filter(**{f"{self.field_name}__in": agreements_meant(value).order_by().values("pk")}) if value else qs
