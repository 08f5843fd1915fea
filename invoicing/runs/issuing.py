"""Issuing: a draft takes its number, is frozen with everything it shows, and gets its PDF right after."""

import logging
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction

from contracts.locking import locked_agreement
from contracts.models import Agreement
from contracts.periods import DaySpan, day_text
from contracts.printing.letters import missing_in
from contracts.readings import Timing
from contracts.schedule import Refused
from contracts.sealing.digest import canonical_sha256
from invoicing.charges.charge import AnyCharge, Charge
from invoicing.charges.kinds import KINDS, charged_once
from invoicing.charges.unbilled import PlannedDocument, adjustments, new_charges
from invoicing.documents.content import invoice_content
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.issued import numbering
from invoicing.issued.chain import chain_sha256
from invoicing.issued.ledger import anchor_issued
from invoicing.issued.row_digests import SEALED, digests_of
from invoicing.models import Invoice, InvoiceLine
from invoicing.runs.draft_rows import rows_of, same
from invoicing.runs.plan import (
    CannotBill,
    CannotDraft,
    Plan,
    horizon_of,
    last_documents,
    plan_now,
    refuse_before_last_document,
)

logger = logging.getLogger(__name__)


class CannotIssue(CannotBill):
    """A document is no draft, or what it was drafted from has changed."""


class AlreadyIssued(CannotIssue):
    """Somebody else has issued the document meanwhile."""


def issue(*, invoice: Invoice, on: date, by: User | None, looked_at: bool = False) -> Invoice:
    """Number and freeze a draft; its PDF is made right after. Returns the issued document.

    The agreement is locked and computed again first; the number, which locks its series for everybody, is taken once
    nothing but freezing is left. Raises CannotIssue when the document is no draft, its service is not over, the facts
    it was drafted from have changed, or it is held and nobody has `looked_at` it; CannotNumber when `on` is before the
    last date of the series.
    """
    series = numbering.series_for(invoice.kind)
    with ExitStack() as until_printed:
        with numbering.one_at_a_time(), transaction.atomic():
            agreement = locked_agreement(invoice.agreement_id)  # before its documents, as a run does
            draft = _draft_to_issue(Invoice.objects.select_for_update().filter(pk=invoice.pk).first())
            draft.agreement = agreement
            _refuse_unless_current(draft, on)
            if draft.held_because and not looked_at:
                raise CannotIssue(Refused("HELD", "looked_at", f"Look at it first: {' '.join(draft.held_because)}"))
            number, number_text = numbering.take(series=series, on=on)
            issued = freeze(draft, series=series, number=number, number_text=number_text, on=on, by=by)
            until_printed.enter_context(INVOICE_PDFS.ordered(issued))
        transaction.on_commit(partial(print_issued, issued))  # nothing slow while others wait for their number
    return issued


def why_not_issued(*, invoice: Invoice, on: date) -> str:
    """Say why a document cannot be issued on a day, by the checks of `issue`; empty where it can. Writes nothing."""
    try:
        draft = _draft_to_issue(invoice)
        draft.agreement = Agreement.objects.with_terms().get(pk=draft.agreement_id)
        _refuse_unless_current(draft, on)
        numbering.refuse_next(series=numbering.series_on_file(draft.kind), on=on)
        numbered = copy(draft)
        numbered.issued_on = on
        _content(numbered, list(draft.lines.select_related("site").order_by("position")))
    except (CannotBill, numbering.CannotNumber) as refused:
        return str(refused)
    return ""


@dataclass(frozen=True)
class Issued:
    """What became of chosen drafts: the documents that were issued, and the others, each with the reason."""

    issued: tuple[Invoice, ...]
    refused: tuple[tuple[Invoice, str], ...]


def issue_drafts(*, keys: Collection[int], on: date, by: User | None) -> Issued:
    """Issue chosen drafts one after the other, each agreement's oldest first; one that cannot be issued stops no other.

    A draft that is held waits for a person on its own page. Drafts that were replaced or discarded are left out.
    """
    drafts = Invoice.objects.filter(pk__in=keys).select_related("agreement").defer("content")
    issued: list[Invoice] = []
    refused: list[tuple[Invoice, str]] = []
    for draft in drafts.order_by("agreement__number", "first_day", "pk"):
        try:
            issued.append(issue(invoice=draft, on=on, by=by))
        except (CannotBill, numbering.CannotNumber) as reason:
            refused.append((draft, str(reason)))
        except Exception as error:
            logger.exception("The draft %s could not be issued", draft.pk)
            refused.append(
                (draft, f"It met an unexpected fault ({type(error).__name__}: {error}). The log shows where.")
            )
    return Issued(tuple(issued), tuple(refused))


def print_issued(issued: Invoice) -> None:
    """Add it to the ledger and make its PDF; a failure is logged and made good by `make_pdfs`: it is issued anyway."""
    try:
        anchor_issued(issued)
    except OSError:
        logger.exception("%s is issued, but the ledger does not say so yet; run manage.py make_pdfs", issued)
    try:
        INVOICE_PDFS.make(issued)
    except Exception:
        logger.exception("%s is issued, but its PDF could not be made; run manage.py make_pdfs", issued)


GONE = "The draft was replaced by a later run, or discarded. Open the list of drafts and issue the new one."


def _draft_to_issue(draft: Invoice | None) -> Invoice:
    if draft is None:
        raise CannotIssue(GONE)
    if draft.is_issued:
        by = draft.issued_by
        person = f" by {by.get_full_name() or by.get_username()}" if by else ""
        pdf = INVOICE_PDFS.state_of(draft).value
        raise AlreadyIssued(f"{draft} is issued already: dated {day_text(draft.issued_on)}{person}. {pdf}")
    return draft


def _refuse_unless_current(draft: Invoice, on: date) -> None:
    """Refuse a draft that a run would not make now: its charges and its adjustments must be the same as a whole."""
    last = last_documents(agreements=[draft.agreement]).get(draft.agreement_id)
    refuse_before_last_document(last=last, on=on, refusal=CannotIssue)
    lines = list(draft.lines.order_by("position"))
    plan = _plan(draft, on)
    adjusts = any(line.kind == InvoiceLine.Kind.ADJUSTMENT for line in lines)
    billed, sites = plan.books.billed, plan.books.sites
    charges = _charges_of(draft, lines, new_charges(due=plan.due, billed=billed))
    if draft.last_day > on and any(_in_arrears(charge) for charge in charges):
        raise CannotIssue(
            f"The draft waits for its day. The service of {_period_text(draft)} is billed in arrears and is not over "
            f"on {day_text(on)}. Issue it on {day_text(draft.last_day)} or later."
        )
    falls_due = max((charge.due_on for charge in charges), default=on)
    if falls_due > on:
        raise CannotIssue(
            f"The draft waits for its day. What it bills for {_period_text(draft)} falls due on {day_text(falls_due)}. "
            "Issue it on that day or later."
        )
    corrections = adjustments(due=plan.due, billed=billed, sites=sites) if adjusts else ()
    if len(charges) + len(corrections):
        document = PlannedDocument(_part(draft, charges), charges, corrections)
        rows = rows_of(plan=plan, document=document, on=on, by=None)
        corrected = Invoice.objects.issued().filter(number_text__in=rows.corrected)
        if same(draft, lines, rows, dict(corrected.values_list("number_text", "pk"))):
            return
    raise CannotIssue(
        f"What the draft of {_period_text(draft)} was made from has changed since. "
        "Run the invoices again and issue the new draft."
    )


def _plan(draft: Invoice, on: date) -> Plan:
    drafted = Invoice.objects.drafts().filter(agreement=draft.agreement, origin=Invoice.Origin.RUN)
    days = [draft.through, *drafted.values_list("through", flat=True)]
    horizon = horizon_of(terms=draft.agreement.as_terms(), days=days, on=on)
    try:
        return plan_now(agreement=draft.agreement, through=horizon, on=on)
    except CannotDraft as refused:
        raise CannotIssue(str(refused)) from refused


def _in_arrears(charge: AnyCharge) -> bool:
    return isinstance(charge, Charge) and charge.readings.timing is Timing.IN_ARREARS


def _charges_of(draft: Invoice, lines: Sequence[InvoiceLine], due: Sequence[AnyCharge]) -> tuple[AnyCharge, ...]:
    """The charges that the draft should bill: every instalment of its billing period, and what else it names."""
    named = {key for line in lines if (key := _subject(line))}
    serves = any(line.kind == InvoiceLine.Kind.INSTALMENT for line in lines)
    return tuple(
        charge
        for charge in due
        if (serves and isinstance(charge, Charge) and charge.instalment.part.first_day == draft.first_day)
        or (charge.key.kind, charge.key.subject) in named
    )


def _subject(line: InvoiceLine) -> tuple[str, int] | None:
    """What a line charges once, as `ChargeKey` names it."""
    if line.kind != InvoiceLine.Kind.CHARGE:
        return None
    return line.charge, getattr(line, KINDS[line.charge].key_column)


def _part(draft: Invoice, charges: Sequence[AnyCharge]) -> DaySpan:
    """The billing period: that of the instalments, or the days of the draft."""
    parts = [charge.instalment.part for charge in charges if isinstance(charge, Charge)]
    return parts[0] if parts else draft.days


def _period_text(document: Invoice) -> str:
    return f"{day_text(document.first_day)} to {day_text(document.last_day)}"


def freeze(
    draft: Invoice, *, series: numbering.NumberSeries, number: int, number_text: str, on: date, by: User | None
) -> Invoice:
    """Seal a document with its number, everything it shows, and the digests of its rows."""
    draft.series, draft.number, draft.number_text = series, number, number_text
    draft.issued_on, draft.issued_by = on, by
    draft.due_on = draft.due_date()
    lines = list(draft.lines.select_related("site").order_by("position"))
    shown = _content(draft, lines)
    draft.content = shown | {SEALED: digests_of(invoice=draft, lines=lines)}
    draft.content_sha256 = canonical_sha256(draft.content)
    draft.chain_sha256 = chain_sha256(
        before=_link_before(series, number), number=number_text, issued_on=on, content_sha256=draft.content_sha256
    )
    draft.save()
    _close_facts(lines, on)
    return draft


def _content(draft: Invoice, lines: Sequence[InvoiceLine]) -> dict:
    """Everything the document shows. Raises CannotBill for a letter that no font of the documents has."""
    corrected = list(draft.corrects.order_by("pk"))
    shown = invoice_content(invoice=draft, lines=lines, agreement=draft.agreement, corrected=corrected)
    if message := missing_in(shown):
        raise CannotBill(f"{message} Correct it where it was entered, then issue the document.")
    return shown


def _link_before(series: numbering.NumberSeries, number: int) -> str:
    """The link of the document before, past numbers that are explained; nothing for the first one."""
    before = Invoice.objects.filter(series=series, number__lt=number).order_by("-number")
    return before.values_list("chain_sha256", flat=True).first() or ""


def _close_facts(lines: Sequence[InvoiceLine], on: date) -> None:
    """Note on what is billed for the first time that it is: from now on it can only be reversed."""
    for code, kind in charged_once().items():
        keys = [key for line in lines if (key := getattr(line, kind.key_column))]
        if keys:
            InvoiceLine.fact_model(code).objects.filter(pk__in=keys, billed_on=None).update(billed_on=on)
