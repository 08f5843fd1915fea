"""The list of an agreement's work entries: its columns and filters."""

from decimal import Decimal

from django.db.models import Q
from django_filters import CharFilter, ChoiceFilter, DateFilter
from django_tables2 import A, Column, DateColumn

from contracts.pages.inputs import DayField
from contracts.pages.lists import CellColumn, FileColumn, ListFilter, ListTable, TabFilter
from sites.models import WorkEntry

STATES = {
    "standing": ("Standing", Q(reversed_on=None)),
    "billed": ("Billed by the hour", Q(billed_on__isnull=False, reversed_on=None)),
    "reversed": ("Reversed", Q(reversed_on__isnull=False)),
}


class WorkTable(ListTable):
    """Work entries, the latest first. Rows come with their sites."""

    worked_on = DateColumn(
        verbose_name="Date",
        linkify=("sites:hours_entry", {"pk": A("pk")}),
        order_by=("worked_on", "pk"),
        attrs={"td": {"class": "date"}},
    )
    site = Column(order_by=("site__city", "site__state", "worked_on", "pk"))
    service = Column(order_by=("service", "worked_on", "pk"))
    hours = Column(order_by=("hours", "pk"), attrs={"td": {"class": "figure card-first"}, "th": {"class": "figure"}})
    person = Column(order_by=("person", "worked_on", "pk"))
    reference = Column(order_by=("reference", "pk"), default="")
    state = CellColumn("State", "sites/cells/work_state.html")

    billed_on = FileColumn("Billed on")
    reversed_on = FileColumn("Reversed on")

    def render_hours(self, value):
        return f"{value:,.2f}"

    def value_hours(self, value) -> Decimal:
        return value

    def value_state(self, record) -> str:
        return "Reversed" if record.reversed_on else "Billed" if record.billed_on else "Standing"


def _services(*_args):
    names = WorkEntry.objects.order_by("service").values_list("service", flat=True).distinct()
    return [(name, name) for name in names]


class PlainDateFilter(DateFilter):
    """A day within the years that contracts speak of."""

    field_class = DayField


class WorkFilter(ListFilter):
    """Find entries by person, request, site, service, days and what became of them."""

    q = CharFilter(label="Person, request or city contains", method="search")
    service = ChoiceFilter(choices=_services, empty_label="All services")
    state = TabFilter({name: label for name, (label, _rows) in STATES.items()})
    first = PlainDateFilter("worked_on", "gte", label="From")
    last = PlainDateFilter("worked_on", "lte", label="To")

    def search(self, queryset, name, value):
        """Entries that hold the text."""
        found = Q(person__icontains=value) | Q(reference__icontains=value) | Q(site__city__icontains=value)
        return queryset.filter(found)

    def state_condition(self, state):
        return STATES[state][1]
