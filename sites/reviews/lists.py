"""The list of renewal reviews: its columns and filters."""

from datetime import date

from django.db.models import Q
from django_filters import ChoiceFilter
from django_tables2 import A, Column, DateColumn

from contracts.pages.filters import AgreementChoice
from contracts.pages.lists import CellColumn, FileColumn, ListFilter, ListTable, TabFilter
from sites.models import RenewalReview
from sites.review_days import ReviewKind

KINDS = [(kind.value, kind.value.replace("-", " ").capitalize()) for kind in ReviewKind]
STATES = {
    "open": Q(agreed_on=None),
    "agreed": Q(agreed_on__isnull=False),
}


class ReviewTable(ListTable):
    """Reviews, the latest due date first. Rows come from `with_agreement()`."""

    agreement = Column(
        linkify=("sites:agreement_detail", {"pk": A("agreement_id")}), order_by=("agreement__number", "due_on", "pk")
    )
    period_number = Column(
        "Review",
        linkify=("sites:review_detail", {"pk": A("pk")}),
        order_by=("period_number", "agreement__number", "pk"),
    )
    customer = Column(accessor="agreement__customer", order_by=("agreement__customer__legal_name", "due_on", "pk"))
    kind = Column(order_by=("kind", "due_on", "pk"))
    due_on = DateColumn(verbose_name="Due", format="l, j M Y", order_by=("due_on", "agreement__number", "pk"))
    opened_on = CellColumn("Opened", "sites/cells/review_opened.html", order_by=("opened_on", "pk"))
    days_late = FileColumn("Days opened late")
    state = CellColumn("State", "sites/cells/review_state.html")
    agreed_on = DateColumn(verbose_name="Agreed on", order_by=("agreed_on", "pk"), default="–")

    def value_opened_on(self, value) -> date:
        return value

    def value_days_late(self, record) -> int:
        return self.row_of(record)

    def value_state(self, record) -> str:
        return "Agreed" if record.agreed_on else "Open"

    def prepare(self, record: RenewalReview) -> int:
        """Days by which the review was opened late."""
        return max((record.opened_on - record.due_on).days, 0)

    def render_period_number(self, value):
        return f"Annual period {value}"

    def render_kind(self, value):
        return value.capitalize()


class ReviewFilter(ListFilter):
    """Find reviews by agreement, kind and whether both parties have agreed."""

    agreement = AgreementChoice()
    kind = ChoiceFilter(choices=KINDS, empty_label="All kinds")
    state = TabFilter({name: name.capitalize() for name in STATES})

    def state_condition(self, state):
        return STATES[state]
