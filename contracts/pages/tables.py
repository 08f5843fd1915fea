"""Columns of the agreement list."""

from datetime import date

from django_tables2 import A, Column, DateColumn

from contracts.models import Agreement
from contracts.pages.agreement import AgreementRow, agreement_row
from contracts.pages.lists import CARD_FIRST, CellColumn, ListTable


class AgreementTable(ListTable):
    """Agreements with the end of their term and the next renewal review. Rows come from `with_terms()`."""

    number = Column("Agreement", linkify=("sites:agreement_detail", {"pk": A("pk")}), order_by=("number", "pk"))
    customer = Column(order_by=("customer__legal_name", "pk"))
    supplier = Column(order_by=("supplier__legal_name", "pk"))
    dated_on = DateColumn(verbose_name="Dated", order_by=("dated_on", "pk"))
    expires_on = CellColumn("Expires", "contracts/cells/expiration.html", attrs=CARD_FIRST)
    next_review = CellColumn("Next review due", "contracts/cells/next_review.html")

    def value_expires_on(self, record) -> date | None:
        return self.row_of(record).expires_on

    def value_next_review(self, record) -> date | None:
        return self.row_of(record).next_review_on

    def prepare(self, record: Agreement) -> AgreementRow:
        return agreement_row(agreement=record, on=self.on)
