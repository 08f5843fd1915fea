"""Taking back what was issued: credit notes for a whole invoice or chosen lines, and the decision to waive a charge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Prefetch

from contracts.locking import locked_agreement
from contracts.models import Agreement
from contracts.money import NOTHING, in_currency, money_text, plain_text, unheld
from contracts.periods import day_text
from contracts.schedule import Refused
from invoicing.charges.charge import ANNUAL, ChargeKey
from invoicing.charges.creditable import Shares, left_of_line, spread_credit
from invoicing.charges.kinds import KINDS
from invoicing.charges.unbilled import Billed
from invoicing.documents import calculation
from invoicing.issued import numbering
from invoicing.models import Invoice, InvoiceLine, Waiver
from invoicing.runs import books
from invoicing.runs.draft_rows import Rows
from invoicing.runs.drafting import write
from invoicing.runs.issuing import freeze, print_issued
from invoicing.runs.plan import CannotBill, last_documents, refuse_before_last_document

MOST_REASON = 200
"""Characters of a reason, as the column holds them."""


class CannotCredit(CannotBill):
    """A document cannot be taken back so; what concerns line 2 has the place `amount-2`."""


@dataclass(frozen=True)
class CreditableLine:
    """One line of an issued invoice and what is left of it to take back, part by part."""

    line: InvoiceLine
    parts: Shares

    @property
    def left(self) -> Decimal:
        """What is left to take back; negative for a line that gave something back."""
        return sum(self.parts.values(), NOTHING)


def creditable_lines(
    *, invoice: Invoice, on: date, billed: Mapping[ChargeKey, Billed] | None = None
) -> tuple[CreditableLine, ...]:
    """Return every line of an issued document of a run with what is left of it to take back, in order.

    Of a credit note only the lines that charge something can be taken back. `billed` is what `billed_of` found for it,
    where that is known.
    """
    stored = books.billed_of(invoice=invoice, known_on=on) if billed is None else billed
    standing = {key: {number: part.amount for number, part in was.parts.items()} for key, was in stored.items()}
    result = []
    credits = (
        InvoiceLine.objects.filter(invoice__in=invoice.corrected_by.order_by().values("pk"))
        .select_related("invoice")
        .defer("invoice__content")
        .order_by("pk")
    )
    rows = invoice.lines.select_related("site").prefetch_related(Prefetch("credited_by", credits))
    for line in rows.order_by("position"):
        key = _key(line)
        credited = [_shares(other) for other in line.credited_by.all() if other.invoice.is_issued]
        left = left_of_line(shares=_shares(line), credited=credited, billed=standing.get(key, {}))
        if not is_creditable(line, invoice):
            left = {part: 0 * amount for part, amount in left.items()}
        for part, amount in left.items():  # a later line of the same charge finds what this one leaves
            if amount > 0:
                standing[key][part] -= amount
        result.append(CreditableLine(line, left))
    return tuple(result)


def is_creditable(line: InvoiceLine, document: Invoice) -> bool:
    """Whether a line of a run's document can ever be taken back: what a credit note gave back, a run bills again."""
    return document.kind == Invoice.Kind.INVOICE or line.amount > 0


def _key(line: InvoiceLine) -> ChargeKey:
    return books.charge_key(vars(line))


def _shares(line: InvoiceLine) -> Shares:
    return dict(books.line_shares(vars(line) | {"amount": line.amount}))


def credit(
    *,
    invoice: Invoice,
    reason: str,
    on: date,
    by: User | None,
    amounts: Mapping[int, Decimal] | None = None,
    waive: bool = False,
) -> Invoice:
    """Take back an issued invoice by a credit note, linked both ways; return the issued credit note.

    `amounts` says how much of which line, by the line's position; without it everything that is left is taken back.
    What is due for the same service is billed again by the next run. `waive` proposes to give it up for good, beside
    each line; that counts once somebody else confirms it. Raises CannotCredit for a draft, a credit note, without a
    reason, for more than is left of a line, and where nothing is left.
    """
    series = numbering.series_for(Invoice.Kind.CREDIT_NOTE)
    with numbering.one_at_a_time(), transaction.atomic():
        agreement = locked_agreement(invoice.agreement_id)
        original = Invoice.objects.select_for_update().get(pk=invoice.pk)
        original.agreement = agreement
        rows = planned_credit(invoice=original, reason=reason, on=on, by=by, amounts=amounts)
        write([rows], {original.number_text: original.pk})
        if waive:
            _propose(rows.lines, reason=rows.invoice.reason, on=on, by=by)
        number, number_text = numbering.take(series=series, on=on)
        issued = freeze(rows.invoice, series=series, number=number, number_text=number_text, on=on, by=by)
    transaction.on_commit(partial(print_issued, issued))
    return issued


def planned_credit(
    *,
    invoice: Invoice,
    reason: str,
    on: date,
    by: User | None,
    amounts: Mapping[int, Decimal] | None = None,
) -> Rows:
    """Return the credit note that `credit` would issue, not saved. Raises CannotCredit where that does."""
    reason = reason.strip()
    if not reason:
        raise CannotCredit(
            Refused("NO_REASON", "reason", "Give the reason for the credit; it is kept with the credit note.")
        )
    _refuse_long(reason, "reason", MOST_REASON)
    if refused := uncreditable(invoice):
        raise CannotCredit(refused)
    last = last_documents(agreements=[invoice.agreement]).get(invoice.agreement_id)
    refuse_before_last_document(last=last, on=on, refusal=CannotCredit)
    return _credit_rows(invoice, _chosen(invoice, amounts, on), reason=reason, on=on, by=by)


def _refuse_long(text: str, place: str, most: int) -> None:
    if len(text) > most:
        message = f"At most {most} characters; this has {len(text)}. Shorten it."
        raise CannotCredit(Refused("TEXT", place, message))


def uncreditable(original: Invoice) -> str:
    """Return why a document cannot be taken back by hand at all, and what to do instead; empty where it can."""
    if not original.is_issued:
        return "A draft is not credited. Correct the facts and run the invoices again."
    if original.origin == Invoice.Origin.CREDIT:
        return f"{original} takes another document back. Run the invoices to bill what is due."
    return ""


def nothing_left(original: Invoice) -> str:
    """Return why nothing is left of a document to take back, and what to do instead."""
    if original.kind == Invoice.Kind.INVOICE:
        return f"{original} is credited already: nothing is left of it to take back."
    return (
        f"{original} charges nothing that could be taken back. Where it gave back too much, correct the facts and run "
        "the invoices: the next run bills what is due."
    )


Chosen = list[tuple[InvoiceLine, Shares]]
"""Lines with what is taken back of each, part by part."""


def _chosen(original: Invoice, amounts: Mapping[int, Decimal] | None, on: date) -> Chosen:
    """Find what is to be taken back of every line. Raises CannotCredit where it is not left."""
    lines = creditable_lines(invoice=original, on=on)
    if not any(each.left for each in lines):
        raise CannotCredit(nothing_left(original))
    if amounts is None:
        chosen = [(each.line, {part: rest for part, rest in each.parts.items() if rest}) for each in lines]
    else:
        unknown = set(amounts) - {each.line.position for each in lines}
        if unknown:
            raise _at_line(min(unknown), f"{original} has no line {min(unknown)}. Choose among its lines.")
        chosen = [(each.line, _taken(each, amounts.get(each.line.position, NOTHING))) for each in lines]
    chosen = [(line, parts) for line, parts in chosen if parts]
    total = sum((sum(parts.values(), NOTHING) for _line, parts in chosen), NOTHING)
    if total <= 0:
        raise CannotCredit("Nothing is taken back so. Choose at least one line and the amount to credit.")
    _refuse_more_than_the_invoice(original, lines, total)
    return chosen


def _refuse_more_than_the_invoice(original: Invoice, lines: Sequence[CreditableLine], total: Decimal) -> None:
    """Where an invoice also gives something back, its lines can come to more than was asked for in all."""
    if original.kind != Invoice.Kind.INVOICE:
        return
    credited = sum((other.amount for each in lines for other in each.line.credited_by.all()), NOTHING)
    left = original.total + credited
    if total > left:
        raise CannotCredit(
            f"Only {money_text(left)} of {original} is left to credit in all, not {money_text(total)}: other lines of "
            "it give something back. Credit those with it, or less."
        )


def _taken(each: CreditableLine, amount: Decimal) -> Shares:
    if not amount:
        return {}
    line, left = each.line, each.left
    currency = line.invoice.agreement.currency
    if not amount.is_finite():
        raise _at_line(line.position, f"{amount} is no amount.")
    if message := unheld(amount, currency):
        raise _at_line(line.position, message)
    amount = in_currency(amount, currency)
    if abs(amount) > abs(left) or (amount > 0) != (left > 0):
        named = (
            f"Only {money_text(left)} of line {line.position} is left to credit"
            if left
            else (f"Nothing is left of line {line.position} to credit")
        )
        raise _at_line(line.position, f"{named}, not {money_text(amount)}.")
    try:
        return spread_credit(amount=amount, left=each.parts)
    except ValueError:
        raise _at_line(
            line.position,
            f"Line {line.position} both charges and gives back: credit it whole, {money_text(left)}, or not at all.",
        ) from None


def _at_line(position: int, message: str) -> CannotCredit:
    return CannotCredit(Refused("NOT_SO_MUCH", f"amount-{position}", message))


def _credit_rows(original: Invoice, chosen: Chosen, *, reason: str, on: date, by: User | None) -> Rows:
    lines = [_credit_line(line, parts, original) for line, parts in chosen]
    for position, line in enumerate(lines, start=1):
        line.position = position
    note = Invoice(
        agreement=original.agreement,
        kind=Invoice.Kind.CREDIT_NOTE,
        origin=Invoice.Origin.CREDIT,
        first_day=original.first_day,
        last_day=original.last_day,
        through=original.through,
        drafted_on=on,
        drafted_by=by,
        total=sum((line.amount for line in lines), NOTHING),
        reason=reason,
        is_demonstration=original.is_demonstration,
    )
    return Rows(note, lines, frozenset([original.number_text]))


def _credit_line(line: InvoiceLine, parts: Shares, original: Invoice) -> InvoiceLine:
    taken = sum(parts.values(), NOTHING)
    whole = f"Line {line.position} of {original} is taken back."
    part = f"{money_text(taken)} of the {money_text(line.amount)} of line {line.position} of {original} is taken back."
    is_annual = line.charge == ANNUAL
    credited = InvoiceLine(
        kind=InvoiceLine.Kind.CREDIT,
        charge=line.charge,
        **{kind.key_column: getattr(line, kind.key_column) for kind in KINDS.values()},
        period_number=line.period_number,
        first_day=line.first_day,
        last_day=line.last_day,
        level_code=line.level_code,
        level_name=line.level_name,
        annual_price=line.annual_price,
        description=line.description,
        amount=-taken,
        shares=[[number, plain_text(-amount)] for number, amount in sorted(parts.items())] if is_annual else None,
        credits=line,
        source=line.source,
        steps=[whole if taken == line.amount else part],
        inputs=calculation.credit_inputs(
            document=original.number_text, line=line.position, amount=taken, of=line.amount
        ),
    )
    credited.site = line.site
    return credited


# ---- waivers -----------------------------------------------------------------------------------------------------


def _propose(lines: Sequence[InvoiceLine], *, reason: str, on: date, by: User | None) -> None:
    Waiver.objects.bulk_create(
        Waiver(line=line, reason=reason, recorded_on=on, recorded_by=by) for line in lines if line.amount < 0
    )


def why_unconfirmable(waiver: Waiver, by: User) -> str:
    """Say why a person cannot confirm a waiver: it is confirmed or withdrawn, or the person has proposed it."""
    if waiver.withdrawn_on is not None:
        return why_withdrawn(waiver)
    if waiver.decided_on is not None:
        return f"The waiver was confirmed on {day_text(waiver.decided_on)} by {waiver.decided_by} already."
    if waiver.recorded_by_id == by.pk:
        return "You have proposed this waiver. Somebody else who may waive charges signs in and confirms it."
    return ""


@transaction.atomic
def confirm_waiver(*, waiver: Waiver, on: date, by: User) -> Waiver:
    """Confirm a waiver that somebody else has proposed: from now on the charge is not billed again.

    What was billed again meanwhile stays billed: a waiver never causes a credit. Raises CannotCredit for the person who
    proposed it, and where it is confirmed or withdrawn already.
    """
    Agreement.objects.select_for_update().get(pk=waiver.line.invoice.agreement_id)
    waiver = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if message := why_unconfirmable(waiver, by):
        raise CannotCredit(message)
    waiver.decided_by, waiver.decided_on, waiver.confirmed_by = by.get_full_name() or by.get_username(), on, by
    waiver.save(update_fields=["decided_by", "decided_on", "confirmed_by"])
    return waiver


def why_withdrawn(waiver: Waiver) -> str:
    """Say why a waiver cannot be withdrawn: it was. Empty for one that stands."""
    if waiver.withdrawn_on is None:
        return ""
    return f"The waiver was withdrawn on {day_text(waiver.withdrawn_on)} already: {waiver.withdrawal_reason}"


@transaction.atomic
def withdraw_waiver(*, waiver: Waiver, reason: str, on: date, by: User | None) -> Waiver:
    """Withdraw a waiver: the charge falls due again, and the next run bills it.

    Raises CannotCredit without a reason, or where it is withdrawn already.
    """
    Agreement.objects.select_for_update().get(pk=waiver.line.invoice.agreement_id)
    waiver = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if message := why_withdrawn(waiver):
        raise CannotCredit(message)
    if not reason.strip():
        raise CannotCredit(
            Refused("NO_REASON", "reason", "Say why the waiver is withdrawn; the reason is kept with it.")
        )
    _refuse_long(reason.strip(), "reason", MOST_REASON)
    waiver.withdrawn_on, waiver.withdrawn_by, waiver.withdrawal_reason = on, by, reason.strip()
    waiver.save(update_fields=["withdrawn_on", "withdrawn_by", "withdrawal_reason"])
    return waiver
