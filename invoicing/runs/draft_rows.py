"""The rows of a draft, made from a planned document and not saved, and whether a stored draft still says the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User

from invoicing.charges.charge import AnyCharge, Charge
from invoicing.charges.kinds import KINDS
from invoicing.charges.unbilled import Adjustment, PlannedDocument
from invoicing.documents import calculation
from invoicing.models import Invoice, InvoiceLine
from invoicing.runs.plan import Plan


@dataclass(frozen=True)
class Rows:
    """A document and its lines, none of them saved, and the numbers of the documents that it corrects."""

    invoice: Invoice
    lines: list[InvoiceLine]
    corrected: frozenset[str]


def rows_of(*, plan: Plan, document: PlannedDocument, on: date, by: User | None) -> Rows:
    """Return the rows of a planned document."""
    lines = [charge_line(charge) for charge in document.charges]
    lines += [adjustment_line(adjustment) for adjustment in document.adjustments]
    for position, line in enumerate(lines, start=1):
        line.position = position
    invoice = Invoice(
        agreement=plan.agreement,
        kind=Invoice.Kind.CREDIT_NOTE if document.total < 0 else Invoice.Kind.INVOICE,
        first_day=document.part.first_day,
        last_day=_last_day(document),
        through=plan.due.through,
        issue_from=document.due_on,
        drafted_on=on,
        drafted_by=by,
        total=document.total,
        is_demonstration=any(plan.books.is_demonstration(line) for line in lines),
    )
    corrected = {number for adjustment in document.adjustments for number in adjustment.documents}
    return Rows(invoice, lines, frozenset(corrected))


def _last_day(document: PlannedDocument) -> date:
    """The end of the billing period, or of the term where that comes first; what is taken back may lie beyond it."""
    ends = [line.period.span.last_day for line in (*document.charges, *document.adjustments)]
    reaching = [end for end in ends if end >= document.part.first_day]
    return min(document.part.last_day, max(reaching)) if reaching else document.part.last_day


def charge_line(charge: AnyCharge) -> InvoiceLine:
    """Return the line of a charge that was never billed."""
    line = InvoiceLine(
        charge=charge.key.kind,
        period_number=charge.period.number,
        amount=charge.amount,
        source=charge.source,
        steps=list(calculation.charge_steps(charge)),
        inputs=calculation.charge_inputs(charge),
    )
    setattr(line, KINDS[charge.key.kind].key_column, charge.key.subject)
    if not isinstance(charge, Charge):
        line.kind = InvoiceLine.Kind.CHARGE
        line.site_id = charge.site.key if charge.site else None
        line.first_day = line.last_day = charge.due_on
        line.description, line.quantity, line.unit_price = charge.description, charge.quantity, charge.unit_price
        return line
    line.kind = InvoiceLine.Kind.INSTALMENT
    line.instalment, line.instalment_of = charge.instalment.number, charge.instalment.of
    line.first_day, line.last_day = charge.instalment.service.first_day, charge.instalment.service.last_day
    _price(line, charge)
    return line


def _price(line: InvoiceLine, charge: Charge) -> None:
    priced = charge.last_priced
    line.level_code, line.level_name, line.annual_price = priced.level_code, priced.level_name, priced.annual_price
    line.provisional = charge.provisional


def adjustment_line(adjustment: Adjustment) -> InvoiceLine:
    """Return the line of a difference to what was billed before."""
    annual = [charge for charge in adjustment.charges if isinstance(charge, Charge)]
    is_annual = adjustment.key.is_annual
    line = InvoiceLine(
        kind=InvoiceLine.Kind.ADJUSTMENT,
        charge=adjustment.key.kind,
        period_number=adjustment.period.number,
        first_day=adjustment.days.first_day,
        last_day=adjustment.days.last_day,
        amount=adjustment.amount,
        shares=calculation.adjustment_shares(adjustment) if is_annual else None,
        description="" if is_annual else adjustment.billed.description,
        source=adjustment.source,
        steps=list(calculation.adjustment_steps(adjustment)),
        inputs=calculation.adjustment_inputs(adjustment),
    )
    setattr(line, KINDS[adjustment.key.kind].key_column, adjustment.key.subject)
    if adjustment.site is not None:
        line.site_id = adjustment.site.key
    if annual:
        _price(line, annual[-1])
    return line


# ---- comparing ---------------------------------------------------------------------------------------------------


_COMPARED = ("kind", "first_day", "last_day", "issue_from", "total", "is_demonstration")


def same(draft: Invoice, lines: Sequence[InvoiceLine], rows: Rows, numbers: Mapping[str, int]) -> bool:
    """Whether a stored draft says what the rows say. `numbers` gives the keys of issued documents by number."""
    invoice = rows.invoice
    return (
        all(getattr(draft, name) == getattr(invoice, name) for name in _COMPARED)
        and _values(lines) == _values(rows.lines)
        and sorted(link.corrected_id for link in draft.corrections.all())
        == sorted(numbers[number] for number in rows.corrected)
    )


def _values(lines: Sequence[InvoiceLine]) -> list[tuple]:
    compared = [field.attname for field in InvoiceLine._meta.concrete_fields if field.name not in ("id", "invoice")]
    return [tuple(getattr(line, name) for name in compared) for line in lines]
