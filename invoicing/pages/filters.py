"""Filters of the lists of invoices and of waivers."""

from django.db.models import Q
from django_filters import ChoiceFilter, DateFilter

from contracts.pages.filters import AgreementChoice
from contracts.pages.inputs import DayField
from contracts.pages.lists import ListFilter, TabFilter
from invoicing.models import Invoice


class DayFilter(DateFilter):
    """A filter by one day."""

    field_class = DayField


class InvoiceFilter(ListFilter):
    """Find documents by agreement, kind, state and billing period."""

    state = TabFilter({"draft": "Draft", "issued": "Issued"})
    agreement = AgreementChoice()
    kind = ChoiceFilter(choices=Invoice.Kind.choices, empty_label="Invoices and credit notes")
    since = DayFilter("last_day", lookup_expr="gte", label="Billing period from")
    until = DayFilter("first_day", lookup_expr="lte", label="Billing period to")

    def state_condition(self, state):
        return Q(issued_on__isnull=state == "draft")


class WaiverFilter(ListFilter):
    """Find waivers by agreement and by whether they are confirmed and stand."""

    state = TabFilter({"proposed": "To be confirmed", "standing": "Standing", "withdrawn": "Withdrawn"})
    agreement = AgreementChoice("line__invoice__agreement")

    def state_condition(self, state):
        if state == "withdrawn":
            return Q(withdrawn_on__isnull=False)
        return Q(withdrawn_on=None, decided_on__isnull=state == "proposed")
