"""The list of corrections that a run would make: its rows, made for some agreements at a time, columns and filter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django_tables2 import Column
from django_tables2.data import TableData

from contracts.pages.lists import CARD_FIRST, CellColumn, FileColumn, ListFilter, ListTable
from invoicing.models import Invoice
from invoicing.pages.forms import ThroughForm
from invoicing.pages.tables import RIGHT
from invoicing.what_if.pending import Pending, pending_corrections, previews
from invoicing.what_if.preview import Preview

AGREEMENTS_AT_ONCE = 50
NOTHING = (
    "What was billed {}is correct as billed: nothing is due differently. Corrections appear here as soon as a level "
    "is agreed late, an amendment reaches back, or a site, work entry or order is put right."
)
FIGURE = {"th": {"class": "figure"}, "td": {"class": "figure"}}


@dataclass(frozen=True)
class Correction:
    """What would be corrected under one agreement."""

    pending: Pending
    preview: Preview


class CorrectionRows(TableData):
    """Rows of agreements of which something would be corrected; the others leave their place on a page empty.

    Its length is the number of agreements looked through, in a fixed number of queries for those of a page.
    """

    def __init__(self, agreements, *, through: date, on: date):
        super().__init__(agreements)
        self.through, self.on = through, on

    def __len__(self):
        return self._number

    @cached_property
    def _number(self) -> int:
        return self.data.count()

    def __getitem__(self, key) -> list[Correction]:
        pending = pending_corrections(agreements=list(self.data[key]), through=self.through, on=self.on)
        found = zip(pending, previews(pending=pending), strict=True)
        return [Correction(each, preview) for each, preview in found if each.refusal or preview.parts]

    def __iter__(self) -> Iterator[Correction]:
        for start in range(0, len(self), AGREEMENTS_AT_ONCE):
            yield from self[start : start + AGREEMENTS_AT_ONCE]

    def order_by(self, aliases):
        """Stay in the order of the agreements."""


class CorrectionTable(ListTable):
    """Agreements of which something would be corrected; rows are `Correction`."""

    agreement = CellColumn("Agreement", "invoicing/cells/correction_agreement.html")
    customer = Column(accessor="pending__agreement__customer", orderable=False)
    documents = CellColumn("Documents", "invoicing/cells/correction_documents.html", attrs=FIGURE)
    before = CellColumn("Billed", "invoicing/cells/correction_before.html", attrs=RIGHT)
    after = CellColumn("Due now", "invoicing/cells/correction_after.html", attrs=RIGHT)
    difference = CellColumn("Difference", "invoicing/cells/correction_difference.html", attrs=RIGHT)
    currency = FileColumn("Currency", accessor="pending__agreement__currency")
    outcome = CellColumn("What the run makes of it", "invoicing/cells/correction_outcome.html", attrs=CARD_FIRST)

    def value_agreement(self, record: Correction) -> str:
        return record.pending.agreement.number

    def value_documents(self, record: Correction) -> int | None:
        return None if record.pending.refusal else len(record.preview.documents)

    def value_before(self, record: Correction) -> Decimal | None:
        return None if record.pending.refusal else record.preview.amounts.before

    def value_after(self, record: Correction) -> Decimal | None:
        return None if record.pending.refusal else record.preview.amounts.after

    def value_difference(self, record: Correction) -> Decimal | None:
        return None if record.pending.refusal else record.preview.amounts.difference

    def value_outcome(self, record: Correction) -> str:
        refusal, outcome = record.pending.refusal, record.preview.outcome
        return f"Cannot run: {refusal}" if refusal else outcome[:1].upper() + outcome[1:]


class CorrectionFilter(ListFilter):
    """Look for corrections as a run through a day would make them, without one as the last run did."""

    @property
    def form(self) -> ThroughForm:
        """The day asked for."""
        if not hasattr(self, "_form"):
            self._form = ThroughForm(self.data, default=self._last_run() or self.on)
        return self._form

    def _last_run(self) -> date | None:
        runs = Invoice.objects.filter(origin=Invoice.Origin.RUN).order_by("-through")
        return runs.values_list("through", flat=True).first()

    @property
    def qs(self) -> CorrectionRows:
        through = self.form.cleaned_data["through"] if self.form.is_valid() else None
        return CorrectionRows(self.queryset, through=through, on=self.on)
