"""Finding agreements among thousands: the filter of their own list, and the one that every other list has."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.forms import TextInput
from django.urls import reverse_lazy
from django_filters import CharFilter

from contracts.models import Agreement, Party
from contracts.pages.lists import ListFilter

LONGEST = 200
"""Characters of the longest text by which agreements are looked for."""


def agreements_with(text: str) -> QuerySet[Agreement]:
    """Return the agreements whose number or party has a text in it.

    A party is found by its division and another spelling of its name too, an agreement by the contract number of an
    amendment.
    """
    parties = Party.objects.filter(
        Q(legal_name__icontains=text) | Q(division__icontains=text) | Q(aliases__name__icontains=text)
    )
    amended = Agreement.objects.filter(amendments__contract_number__icontains=text)
    return Agreement.objects.filter(
        Q(number__icontains=text)
        | Q(pk__in=amended.order_by().values("pk"))
        | Q(customer__in=parties.order_by().values("pk"))
        | Q(supplier__in=parties.order_by().values("pk"))
    )


def agreements_in_list(text: str) -> QuerySet[Agreement]:
    """Return the agreements that their own list shows for a text: those of `agreements_with`, and those by title."""
    return agreements_with(text) | Agreement.objects.filter(title__icontains=text)


def agreements_meant(text: str) -> QuerySet[Agreement]:
    """Return the agreement of exactly that number; without one, those with the text in their number or party."""
    exactly = Agreement.objects.filter(number__iexact=text)
    return exactly if exactly.exists() else agreements_with(text)


def agreements_named(texts: Iterable[str]) -> tuple[list[Agreement], dict[str, str]]:
    """Return the agreement that each text names, and a sentence for each that names none or more than one.

    A text is a number or a party of one agreement, or several of them with commas between.
    """
    found, unclear = [], {}
    for text in filter(None, map(str.strip, texts)):
        parts = [text] if Agreement.objects.filter(number__iexact=text).exists() else text.split(",")
        for part in filter(None, map(str.strip, parts)):
            meant = list(agreements_meant(part[:LONGEST]).order_by("number", "pk")[:3])
            if len(meant) == 1:
                found += meant
            elif meant:
                numbers = ", ".join(agreement.number for agreement in meant[:2])
                unclear[part] = f"More than one agreement has “{part}” in its number or party, such as {numbers}."
            else:
                unclear[part] = f"No agreement has “{part}” in its number or party."
    return found, unclear


def suggesting(**more: str) -> TextInput:
    """Return an input that suggests agreements while the number or a party of one is typed."""
    attrs = {"list": "suggestions", "data-suggest": reverse_lazy("contracts:agreement_suggestions")}
    return TextInput(attrs=attrs | {"autocomplete": "off", "placeholder": "Number or party"} | more)


class AgreementFilter(ListFilter):
    """Find agreements by number, by title, by a party's name or by another spelling of it."""

    q = CharFilter(label="Number, title or party contains", method="search")

    def search(self, queryset, name, value):
        return queryset.filter(pk__in=agreements_in_list(value).order_by().values("pk"))


class AgreementChoice(CharFilter):
    """Choose the rows of a list by their agreement, which the page suggests while its number or party is typed."""

    def __init__(self, field_name: str = "agreement"):
        super().__init__(field_name, label="Agreement", max_length=LONGEST, widget=suggesting())

    def filter(self, qs, value):
        """The rows under the agreements that are found."""
        return qs.filter(**{f"{self.field_name}__in": agreements_meant(value).order_by().values("pk")}) if value else qs
