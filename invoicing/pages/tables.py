"""Columns of the lists of invoices and of waivers."""

from django_tables2 import A, Column, DateColumn

from contracts.pages.lists import CellColumn, ListTable
from invoicing.models import Invoice
from invoicing.pages.invoice import InvoiceRow, invoice_row

RIGHT = {"th": {"class": "money"}, "td": {"class": "money"}}


class InvoiceTable(ListTable):
    """Invoices and credit notes. Rows come from `with_agreement()`."""

    choose = CellColumn("Select", "invoicing/cells/choose.html")
    number_text = CellColumn("Number", "invoicing/cells/number.html", order_by=("number_text", "pk"))
    kind = Column(order_by=("kind", "-first_day", "pk"))
    agreement = Column(
        linkify=("sites:agreement_detail", {"pk": A("agreement_id")}),
        order_by=("agreement__number", "-first_day", "pk"),
    )
    period = CellColumn("Billing period", "invoicing/cells/period.html", order_by=("first_day", "last_day", "pk"))
    issued_on = DateColumn(verbose_name="Issued on", order_by=("issued_on", "pk"))
    total = CellColumn("Total", "invoicing/cells/total.html", order_by=("total", "pk"), attrs=RIGHT)
    state = CellColumn("State", "invoicing/cells/state.html", order_by=("issued_on", "pk"))
    pdf = CellColumn("PDF", "invoicing/cells/pdf.html")

    column_permissions = {"agreement": "contracts.view_agreement"}

    def prepare(self, record: Invoice) -> InvoiceRow:
        return invoice_row(record)


class WaiverTable(ListTable):
    """Waivers. Rows come from `with_documents()`."""

    decided_on = DateColumn(verbose_name="Decided on", order_by=("decided_on", "pk"), attrs={"td": {"class": "date"}})
    what = CellColumn("What is waived", "invoicing/cells/waived.html")
    agreement = Column(
        "Agreement",
        accessor="line__invoice__agreement",
        linkify=("sites:agreement_detail", {"pk": A("line__invoice__agreement_id")}),
        order_by=("line__invoice__agreement__number", "-decided_on", "-pk"),
    )
    amount = CellColumn("Amount", "invoicing/cells/waived_amount.html", order_by=("-line__amount", "pk"), attrs=RIGHT)
    documents = CellColumn("Credit note", "invoicing/cells/waived_documents.html")
    decided_by = Column(order_by=("decided_by", "-decided_on", "-pk"))
    reason = Column(orderable=False)
    state = CellColumn("State", "invoicing/cells/waiver_state.html", order_by=("withdrawn_on", "pk"))

    column_permissions = {"agreement": "contracts.view_agreement"}
