"""Billing: drafts from what is due minus what was billed, issuing them, and taking back an issued document."""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction

from contracts.models import Agreement
from contracts.periods import DaySpan, day_text
from contracts.readings import Timing
from contracts.terms import NotInForce, expiration_known
from invoicing import books, numbering, reasons
from invoicing.documents import content_sha256, invoice_content
from invoicing.due import Charge, ChargeKey, Due, SiteFacts, due_through
from invoicing.models import Correction, Invoice, InvoiceLine
from invoicing.printing import make_missing_pdfs, make_pdf
from invoicing.unbilled import Adjustment, Billed, PlannedDocument, adjustments, new_charges, unbilled
from sites.models import Site

logger = logging.getLogger(__name__)


class CannotBill(Exception):
    """Something cannot be billed; the message is the sentence the reader sees."""


class CannotDraft(CannotBill):
    """An agreement cannot be billed through a date."""


class CannotIssue(CannotBill):
    """A document is no draft, or what it was drafted from has changed."""


class AlreadyIssued(CannotIssue):
    """Somebody else has issued the document meanwhile."""


class CannotCredit(CannotBill):
    """A document cannot be taken back."""


@dataclass(frozen=True)
class RunResult:
    """What a run did for one agreement: its drafts and issued documents, or the sentence that refused it."""

    agreement: Agreement
    documents: tuple[Invoice, ...] = ()
    refusal: str = ""
    notices: tuple[str, ...] = ()


# ---- drafting ----------------------------------------------------------------------------------------------------


def draft_invoices(
    *,
    through: date,
    on: date,
    by: User | None,
    agreements: Iterable[Agreement] | None = None,
    issue_drafts: bool = False,
    dry_run: bool = False,
) -> list[RunResult]:
    """Draft what is due through a date and not billed yet, one document per agreement and billing period.

    `on` is the day as of which the terms and agreed levels are known. A second run finds nothing to bill and leaves the
    drafts as they are; a draft whose facts have changed is made anew. `issue_drafts` issues the drafts of the run on
    `on`, oldest first; `dry_run` writes nothing. An agreement that fails is listed with its cause and does not stop the
    others.
    """
    chosen = list(agreements) if agreements is not None else list(Agreement.objects.order_by("number"))
    results = [
        _run_for(agreement, through=through, on=on, by=by, issue_drafts=issue_drafts, dry_run=dry_run)
        for agreement in chosen
    ]
    if issue_drafts and not dry_run:
        transaction.on_commit(_make_good)
    return results


def _run_for(
    agreement: Agreement, *, through: date, on: date, by: User | None, issue_drafts: bool, dry_run: bool
) -> RunResult:
    documents: list[Invoice] = []
    try:
        drafts, notices = draft_agreement(agreement=agreement, through=through, on=on, by=by, dry_run=dry_run)
        if not issue_drafts or dry_run:
            return RunResult(agreement, tuple(drafts), "", notices)
        for draft in drafts:
            with suppress(AlreadyIssued):  # by another run at the same time
                documents.append(issue(invoice=draft, on=on, by=by))
    except (CannotBill, numbering.CannotNumber) as refused:
        return RunResult(agreement, tuple(documents), str(refused))
    except Exception as error:
        logger.exception("The run failed for agreement %s", agreement.number)
        fault = f"{type(error).__name__}: {error}"
        return RunResult(
            agreement,
            tuple(documents),
            f"The run met an unexpected fault ({fault}). The log tells where; then run it again.",
        )
    return RunResult(agreement, tuple(documents), "", notices)


def draft_agreement(
    *, agreement: Agreement, through: date, on: date, by: User | None, dry_run: bool = False
) -> tuple[list[Invoice], tuple[str, ...]]:
    """Bring one agreement's drafts into line with what is due and not billed; return those due through the date.

    Raises CannotDraft where the date is not on file, expired or not executed, or the billing frequency was changed
    after something had been billed. Nothing is written then.
    """
    with transaction.atomic():
        agreement = _locked(agreement)
        _refuse_before_last_document(agreement, on, CannotDraft)
        kept = list(_run_drafts(agreement))
        # Drafts of an earlier run that went further are brought into line with the others.
        plan = _plan(agreement, through=through, on=on)
        horizon = _horizon(agreement, [through, *(draft.through for draft in kept)], on)
        if horizon > through:
            plan = replace(_plan(agreement, through=horizon, on=on), notices=plan.notices)
        documents = unbilled(due=plan.due, billed=plan.billed, sites=plan.sites, adjust_through=through)
        wanted = [_rows(agreement, plan, document, on=on, by=by) for document in documents]
        drafts = [invoice for invoice, _lines, _corrected in wanted] if dry_run else _replace(kept, wanted)
    due_now = [
        draft
        for draft, document in zip(drafts, documents, strict=True)
        if not document.charges or _falls_due(draft, plan.due) <= through
    ]
    return due_now, plan.notices


def _refuse_before_last_document(agreement: Agreement, on: date, refusal: type[CannotBill]) -> None:
    """What is known only later would be taken back: nothing is billed as of a day before the last document's."""
    last = Invoice.objects.issued().filter(agreement=agreement).order_by("-issued_on", "-pk").first()
    if last is not None and on < last.issued_on:
        raise refusal(f"{last} is dated {day_text(last.issued_on)}. Bill on that day or later.")


def _horizon(agreement: Agreement, days: Sequence[date], on: date) -> date:
    """The latest of some days, but not after the end of the term as known now."""
    expires_on, _source = expiration_known(agreement=agreement.as_terms(), known_on=on)
    return max(days) if expires_on is None else min(max(days), expires_on)


@dataclass(frozen=True)
class Plan:
    """What is due under one agreement, what was billed, and for whom."""

    due: Due
    billed: dict[ChargeKey, Billed]
    sites: dict[int, SiteFacts]
    demonstration_sites: frozenset[int]
    notices: tuple[str, ...]


def _locked(agreement: Agreement) -> Agreement:
    """Lock the agreement, so that two runs at once bill it one after the other, and bring its terms along."""
    Agreement.objects.select_for_update().get(pk=agreement.pk)
    return Agreement.objects.with_terms().get(pk=agreement.pk)


def _run_drafts(agreement: Agreement):
    drafts = Invoice.objects.drafts().filter(agreement=agreement, origin=Invoice.Origin.RUN)
    return drafts.order_by("first_day", "pk").prefetch_related("lines", "corrections")


def _plan(agreement: Agreement, *, through: date, on: date) -> Plan:
    terms = agreement.as_terms()
    other = books.other_frequency(agreement=agreement, parts=terms.readings.frequency.parts)
    if other is not None:
        raise CannotDraft(
            f"{terms.name} was billed in {other} instalments a year so far, and the frequency cannot change any more. "
            "Set the reading of the frequency back."
        )
    sites = books.site_facts(agreement=agreement, terms=terms, known_on=on)
    due = due_through(agreement=terms, sites=sites.values(), through=through, known_on=on)
    if isinstance(due, NotInForce):
        raise CannotDraft(due.message)
    marked = Site.objects.filter(agreement=agreement, is_demonstration=True).values_list("pk", flat=True)
    return Plan(due, books.billed(agreement=agreement), sites, frozenset(marked), due.notices)


def _falls_due(draft: Invoice, due: Due) -> date:
    return draft.first_day if due.agreement.readings.timing is Timing.IN_ADVANCE else draft.last_day


Rows = tuple[Invoice, list[InvoiceLine], list[int]]
"""A document, its lines and the keys of the documents it corrects, none of them saved."""


def _rows(agreement: Agreement, plan: Plan, document: PlannedDocument, *, on: date, by: User | None) -> Rows:
    lines = [_charge_line(charge) for charge in document.charges]
    lines += [_adjustment_line(adjustment) for adjustment in document.adjustments]
    for position, line in enumerate(lines, start=1):
        line.position = position
    corrected = {number for adjustment in document.adjustments for number in adjustment.billed.documents}
    periods = [line.period.span for line in (*document.charges, *document.adjustments)]
    last_day = min(document.part.last_day, max(span.last_day for span in periods))
    invoice = Invoice(
        agreement=agreement,
        kind=Invoice.Kind.CREDIT_NOTE if document.total < 0 else Invoice.Kind.INVOICE,
        first_day=document.part.first_day,
        last_day=last_day,
        through=plan.due.through,
        drafted_on=on,
        drafted_by=by,
        total=document.total,
        is_demonstration=any(line.site_id in plan.demonstration_sites for line in lines),
    )
    if not corrected:
        return invoice, lines, []
    keys = Invoice.objects.issued().filter(agreement=agreement, number_text__in=corrected).order_by("pk")
    return invoice, lines, list(keys.values_list("pk", flat=True))


def _charge_line(charge: Charge) -> InvoiceLine:
    priced = charge.last_priced
    return InvoiceLine(
        kind=InvoiceLine.Kind.INSTALMENT,
        site_id=charge.site.key,
        period_number=charge.period.number,
        instalment=charge.instalment.number,
        instalment_of=charge.instalment.of,
        first_day=charge.instalment.service.first_day,
        last_day=charge.instalment.service.last_day,
        level_code=priced.level_code,
        level_name=priced.level_name,
        annual_price=priced.annual_price,
        provisional=charge.provisional,
        amount=charge.amount,
        source=charge.source,
        steps=list(reasons.charge_steps(charge)),
        inputs=reasons.charge_inputs(charge),
    )


def _adjustment_line(adjustment: Adjustment) -> InvoiceLine:
    last = adjustment.charges[-1] if adjustment.charges else None
    priced = last.last_priced if last else None
    span = adjustment.period.span
    return InvoiceLine(
        kind=InvoiceLine.Kind.ADJUSTMENT,
        site_id=adjustment.site.key,
        period_number=adjustment.period.number,
        first_day=adjustment.charges[0].instalment.service.first_day if last else span.first_day,
        last_day=last.instalment.service.last_day if last else span.last_day,
        level_code=priced.level_code if priced else "",
        level_name=priced.level_name if priced else "",
        annual_price=priced.annual_price if priced else None,
        provisional=last.provisional if last else False,
        amount=adjustment.amount,
        source=adjustment.source,
        steps=list(reasons.adjustment_steps(adjustment)),
        inputs=reasons.adjustment_inputs(adjustment),
    )


_COMPARED = [field.attname for field in InvoiceLine._meta.concrete_fields if field.name not in ("id", "invoice")]


def _same(draft: Invoice, lines: Sequence[InvoiceLine], rows: Rows) -> bool:
    invoice, wanted, corrected = rows
    return (
        (draft.kind, draft.first_day, draft.last_day, draft.total, draft.is_demonstration)
        == (invoice.kind, invoice.first_day, invoice.last_day, invoice.total, invoice.is_demonstration)
        and _values(lines) == _values(wanted)
        and sorted(link.corrected_id for link in draft.corrections.all()) == sorted(corrected)
    )


def _values(lines: Sequence[InvoiceLine]) -> list[tuple]:
    return [tuple(getattr(line, name) for name in _COMPARED) for line in lines]


def _replace(kept: Sequence[Invoice], wanted: Sequence[Rows]) -> list[Invoice]:
    """Keep the drafts that say what is wanted, delete the others and write what is missing."""
    drafts: list[Invoice | None] = []
    unused = list(kept)
    for rows in wanted:
        same = next((draft for draft in unused if _same(draft, list(draft.lines.all()), rows)), None)
        if same is not None:
            unused.remove(same)
        drafts.append(same)
    if unused:
        Invoice.objects.filter(pk__in=[draft.pk for draft in unused]).delete()
    fresh = [rows for rows, draft in zip(wanted, drafts, strict=True) if draft is None]
    _write(fresh)
    return [draft or rows[0] for rows, draft in zip(wanted, drafts, strict=True)]


def _write(documents: Sequence[Rows]) -> None:
    Invoice.objects.bulk_create([invoice for invoice, _lines, _corrected in documents])
    for invoice, lines, _corrected in documents:
        for line in lines:
            line.invoice = invoice
    InvoiceLine.objects.bulk_create([line for _invoice, lines, _corrected in documents for line in lines])
    Correction.objects.bulk_create(
        [Correction(document=invoice, corrected_id=key) for invoice, _lines, keys in documents for key in keys]
    )


# ---- issuing -----------------------------------------------------------------------------------------------------


def issue(*, invoice: Invoice, on: date, by: User | None) -> Invoice:
    """Number and freeze a draft; its PDF is made right after. Returns the issued document.

    The number is the first thing taken: it locks the series, and a refusal gives it back. Raises CannotIssue when the
    document is no draft, its service is not over, or the facts it was drafted from have changed; CannotNumber when `on`
    lies before the last date of the series.
    """
    series = numbering.series_for(invoice.kind)
    with numbering.one_at_a_time(), transaction.atomic():
        number, number_text = numbering.take(series=series, on=on)
        agreement = _locked(invoice.agreement)  # before its documents, as a run does
        draft = _draft_to_issue(invoice)
        draft.agreement = agreement
        _refuse_before_last_document(agreement, on, CannotIssue)
        _refuse_unless_current(draft, on)
        issued = _freeze(draft, series=series, number=number, number_text=number_text, on=on, by=by)
    transaction.on_commit(partial(_make_pdf, issued))  # nothing slow while others wait for their number
    return issued


def _make_pdf(issued: Invoice) -> None:
    """Make the PDF; a failure is logged and made good by `make_pdfs`: the document is issued all the same."""
    try:
        make_pdf(invoice=issued)
    except Exception:
        logger.exception("%s is issued, but its PDF could not be made; run manage.py make_pdfs", issued)


def _make_good() -> None:
    """Make the PDFs that an earlier crash left unmade; a failure is logged, and the next run tries again."""
    try:
        make_missing_pdfs()
    except Exception:
        logger.exception("Some PDFs could not be made; run manage.py make_pdfs")


def _draft_to_issue(invoice: Invoice) -> Invoice:
    draft = Invoice.objects.select_for_update().filter(pk=invoice.pk).first()
    if draft is None:
        raise CannotIssue("The draft was replaced by a later run. Open the list of drafts and issue the new one.")
    if draft.is_issued:
        raise AlreadyIssued(f"{draft} is issued already, on {day_text(draft.issued_on)}.")
    return draft


def _refuse_unless_current(draft: Invoice, on: date) -> None:
    """Refuse a draft that a run would not make now: its instalments and its adjustments must be the same as a whole."""
    agreement, lines = draft.agreement, list(draft.lines.all())
    serves = any(line.kind == InvoiceLine.Kind.INSTALMENT for line in lines)
    adjusts = any(line.kind == InvoiceLine.Kind.ADJUSTMENT for line in lines)
    drafted = Invoice.objects.drafts().filter(agreement=agreement, origin=Invoice.Origin.RUN)
    horizon = _horizon(agreement, [draft.through, *drafted.values_list("through", flat=True)], on)
    try:
        plan = _plan(agreement, through=horizon, on=on)
    except CannotDraft as refused:
        raise CannotIssue(str(refused)) from refused
    if serves and plan.due.agreement.readings.timing is Timing.IN_ARREARS and draft.last_day > on:
        raise CannotIssue(
            f"The service of {_period_text(draft)} is billed in arrears and is not over on {day_text(on)}. "
            f"Issue it on {day_text(draft.last_day)} or later."
        )
    corrections = adjustments(due=plan.due, billed=plan.billed, sites=plan.sites) if adjusts else ()
    parts = {part.first_day: part for part in new_charges(due=plan.due, billed=plan.billed)} if serves else {}
    part = parts.get(draft.first_day, DaySpan(draft.first_day, draft.last_day))
    charges = new_charges(due=plan.due, billed=plan.billed).get(part, ()) if serves else ()
    if (charges or not serves) and (corrections or not adjusts):
        rows = _rows(agreement, plan, PlannedDocument(part, charges, corrections), on=on, by=None)
        if _same(draft, lines, rows):
            return
    raise CannotIssue(
        f"What the draft of {_period_text(draft)} was made from has changed since. "
        "Run the invoices again and issue the new draft."
    )


def _period_text(document: Invoice) -> str:
    return f"{day_text(document.first_day)} to {day_text(document.last_day)}"


def _freeze(
    draft: Invoice, *, series: numbering.NumberSeries, number: int, number_text: str, on: date, by: User | None
) -> Invoice:
    """Seal a document with its number and everything it shows."""
    draft.series, draft.number, draft.number_text = series, number, number_text
    draft.issued_on, draft.issued_by = on, by
    lines = list(draft.lines.select_related("site").order_by("position"))
    corrected = list(draft.corrects.order_by("pk"))
    draft.content = invoice_content(invoice=draft, lines=lines, agreement=draft.agreement, corrected=corrected)
    draft.content_sha256 = content_sha256(draft.content)
    draft.save()
    return draft


# ---- crediting ---------------------------------------------------------------------------------------------------


def credit(*, invoice: Invoice, reason: str, on: date, by: User | None) -> Invoice:
    """Take an issued invoice back by a credit note, line by line, linked both ways; return the issued credit note.

    What is due for the same service is billed again by the next run. Raises CannotCredit for a draft, a credit note, an
    invoice credited before, or without a reason.
    """
    if not reason.strip():
        raise CannotCredit("Give the reason for the credit; it is kept with the credit note.")
    series = numbering.series_for(Invoice.Kind.CREDIT_NOTE)
    with numbering.one_at_a_time(), transaction.atomic():
        number, number_text = numbering.take(series=series, on=on)
        agreement = _locked(invoice.agreement)
        original = Invoice.objects.select_for_update().get(pk=invoice.pk)
        original.agreement = agreement
        _refuse_uncreditable(original)
        _refuse_before_last_document(agreement, on, CannotCredit)
        note = _credit_rows(original, reason=reason.strip(), on=on, by=by)
        issued = _freeze(note, series=series, number=number, number_text=number_text, on=on, by=by)
    transaction.on_commit(partial(_make_pdf, issued))
    return issued


def _refuse_uncreditable(original: Invoice) -> None:
    if not original.is_issued:
        raise CannotCredit("A draft is not credited. Correct the facts and run the invoices again.")
    if original.kind == Invoice.Kind.CREDIT_NOTE:
        raise CannotCredit(f"{original} is a credit note. Run the invoices to bill what is due.")
    earlier = original.corrected_by.issued().filter(origin=Invoice.Origin.CREDIT).first()
    if earlier is not None:
        raise CannotCredit(f"{original} is credited already, by {earlier}.")


def _credit_rows(original: Invoice, *, reason: str, on: date, by: User | None) -> Invoice:
    note = Invoice(
        agreement=original.agreement,
        kind=Invoice.Kind.CREDIT_NOTE,
        origin=Invoice.Origin.CREDIT,
        first_day=original.first_day,
        last_day=original.last_day,
        through=original.through,
        drafted_on=on,
        drafted_by=by,
        total=-original.total,
        reason=reason,
        is_demonstration=original.is_demonstration,
    )
    lines = [_credit_line(line, original) for line in original.lines.order_by("position")]
    _write([(note, lines, [original.pk])])
    return note


def _credit_line(line: InvoiceLine, original: Invoice) -> InvoiceLine:
    return InvoiceLine(
        kind=InvoiceLine.Kind.CREDIT,
        position=line.position,
        site_id=line.site_id,
        period_number=line.period_number,
        first_day=line.first_day,
        last_day=line.last_day,
        level_code=line.level_code,
        level_name=line.level_name,
        annual_price=line.annual_price,
        amount=-line.amount,
        source=line.source,
        steps=[f"Line {line.position} of {original} is taken back."],
        inputs=reasons.credit_inputs(document=original.number_text, amount=line.amount),
    )
