"""Filters of the invoice list."""

from dataclasses import dataclass

from django import forms
from django.db.models import Count, Q
from django_filters import ChoiceFilter, DateFilter, FilterSet, ModelChoiceFilter

from contracts.models import Agreement
from contracts.pages.inputs import DayField
from invoicing.models import Invoice, Waiver


@dataclass(frozen=True)
class Tab:
    """One state of the list with the number of documents in it; `value` stands in the address, None for all."""

    name: str
    value: str | None
    count: int


class DayFilter(DateFilter):
    """A filter by one day."""

    field_class = DayField


class InvoiceFilter(FilterSet):
    """Find documents by agreement, kind, state and billing period."""

    state = ChoiceFilter(
        choices=[("draft", "Draft"), ("issued", "Issued")], method="by_state", widget=forms.HiddenInput
    )
    agreement = ModelChoiceFilter(queryset=Agreement.objects.order_by("number"), empty_label="All agreements")
    kind = ChoiceFilter(choices=Invoice.Kind.choices, empty_label="Invoices and credit notes")
    since = DayFilter("last_day", lookup_expr="gte", label="Billing period from")
    until = DayFilter("first_day", lookup_expr="lte", label="Billing period to")

    class Meta:
        model = Invoice
        fields = []

    def by_state(self, queryset, name, value):
        return queryset.issued() if value == "issued" else queryset.drafts()

    def tabs(self) -> tuple[Tab, ...]:
        """Count the documents of each state that the other filters let through, in one query."""
        rows = self.queryset if self.form.is_valid() or not self.is_bound else self.queryset.none()
        for name, value in getattr(self.form, "cleaned_data", {}).items():
            if name != "state" and name in self.filters:
                rows = self.filters[name].filter(rows, value)
        counts = rows.order_by().aggregate(every=Count("pk"), drafts=Count("pk", filter=Q(issued_on=None)))
        every, drafts = counts["every"], counts["drafts"]
        return Tab("All", None, every), Tab("Draft", "draft", drafts), Tab("Issued", "issued", every - drafts)


class WaiverFilter(FilterSet):
    """Find waivers by agreement and by whether they stand."""

    agreement = ModelChoiceFilter(
        queryset=Agreement.objects.order_by("number"),
        field_name="line__invoice__agreement",
        label="Agreement",
        empty_label="All agreements",
    )
    state = ChoiceFilter(
        choices=[("standing", "Standing"), ("withdrawn", "Withdrawn")],
        method="by_state",
        label="State",
        empty_label="Standing and withdrawn",
    )

    class Meta:
        model = Waiver
        fields = []

    def by_state(self, queryset, name, value):
        return queryset.filter(withdrawn_on__isnull=value == "standing")
