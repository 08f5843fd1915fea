"""Columns of the lists of invoices and of waivers."""

from decimal import Decimal

from django.db.models import F
from django_tables2 import A, Column, DateColumn

from contracts.pages.lists import CellColumn, FileColumn, ListTable
from invoicing.models import Invoice
from invoicing.pages.invoice import DocumentShown, document_shown

CHOICE = {"td": {"class": "card-choice"}}
DATE = {"td": {"class": "date"}}
RIGHT = {"th": {"class": "money"}, "td": {"class": "money"}}


class InvoiceTable(ListTable):
    """Invoices and credit notes. Rows come from `with_agreement()`."""

    choose = CellColumn("Select", "invoicing/cells/choose.html", exclude_from_export=True, attrs=CHOICE)
    number_text = CellColumn("Number", "invoicing/cells/number.html", orderable=True)
    kind = Column(order_by=("kind", "-first_day", "pk"))
    agreement = Column(
        linkify=("sites:agreement_detail", {"pk": A("agreement_id")}),
        order_by=("agreement__number", "-first_day", "pk"),
    )
    period = CellColumn("Billing period", "invoicing/cells/period.html", order_by=("first_day", "last_day", "pk"))
    first_day = FileColumn("First day")
    last_day = FileColumn("Last day")
    issued_on = DateColumn(verbose_name="Issued on", order_by=("issued_on", "pk"), default="–", attrs=DATE)
    due_on = DateColumn(verbose_name="Due on", order_by=("due_on", "pk"), default="–", attrs=DATE)
    total = CellColumn("Total", "invoicing/cells/total.html", order_by=("total", "pk"), attrs=RIGHT)
    currency = FileColumn("Currency", accessor="agreement__currency")
    state = CellColumn("State", "invoicing/cells/state.html", order_by=("issued_on", "pk"))
    issue_from = FileColumn("Can be issued from")
    remark = FileColumn("Remark", accessor="why_nothing")
    pdf = CellColumn("PDF", "invoicing/cells/pdf.html", exclude_from_export=True)

    column_permissions = {"agreement": "contracts.view_agreement"}

    def prepare(self, record: Invoice) -> DocumentShown:
        return document_shown(record, self.on)

    def order_number_text(self, rows, is_descending: bool):
        """By series and number, `INV-99999` before `INV-100000`; drafts come first."""
        keys = [F(name).asc(nulls_first=True) for name in ("series__prefix", "number")]
        rows = rows.order_by(*keys, "pk")
        return (rows.reverse() if is_descending else rows), True

    def value_number_text(self, record) -> str:
        return record.number_text or f"Draft of {self.row_of(record).period}"

    def value_period(self, record) -> str:
        return self.row_of(record).period

    def value_state(self, record) -> str:
        return "Issued" if record.is_issued else "Held draft" if self.row_of(record).is_held else "Draft"


class WaiverTable(ListTable):
    """Waivers. Rows come from `with_documents()`."""

    recorded_on = DateColumn(
        verbose_name="Proposed on", order_by=("recorded_on", "pk"), attrs={"td": {"class": "date"}}
    )
    what = CellColumn("What is waived", "invoicing/cells/waived.html")
    agreement = Column(
        "Agreement",
        accessor="line__invoice__agreement",
        linkify=("sites:agreement_detail", {"pk": A("line__invoice__agreement_id")}),
        order_by=("line__invoice__agreement__number", "-recorded_on", "-pk"),
    )
    first_day = FileColumn("First day", accessor="line__first_day")
    last_day = FileColumn("Last day", accessor="line__last_day")
    amount = CellColumn("Amount", "invoicing/cells/waived_amount.html", order_by=("-line__amount", "pk"), attrs=RIGHT)
    currency = FileColumn("Currency", accessor="line__invoice__agreement__currency")
    documents = CellColumn("Credit note", "invoicing/cells/waived_documents.html")
    invoice = FileColumn("Line of")
    recorded_by = Column("Proposed by", orderable=False)
    decided_by = Column(order_by=("decided_by", "-recorded_on", "-pk"))
    decided_on = FileColumn("Decided on")
    reason = Column(orderable=False)
    state = CellColumn("State", "invoicing/cells/waiver_state.html", order_by=("withdrawn_on", "pk"))
    withdrawn_on = FileColumn("Withdrawn on")
    withdrawal_reason = FileColumn("Why withdrawn")

    column_permissions = {"agreement": "contracts.view_agreement"}

    def value_what(self, record) -> str:
        line = record.line
        return f"{line.site or 'All sites'}: {line.description or line.level_name}"

    def value_amount(self, record) -> Decimal:
        return record.amount

    def value_documents(self, record) -> str:
        return record.line.invoice.number_text

    def value_invoice(self, record) -> str:
        credited = record.line.credits
        return f"{credited.invoice.number_text}, line {credited.position}"

    def value_state(self, record) -> str:
        return "To be confirmed" if record.is_proposed else "Standing" if record.stands else "Withdrawn"
