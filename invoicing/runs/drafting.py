"""Invoice runs: drafts of what is due and not billed yet, for any number of agreements."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Subquery

from contracts.locking import lock_agreements, state_on_file, unchanged_since
from contracts.models import Agreement
from contracts.money import ZERO, money_text
from contracts.periods import add_months, day_text
from contracts.printing.stored_pdf import unknown_title
from contracts.terms import expiration_known
from contracts.wording import plural
from invoicing.charges.bounds import Promise, promised_by, why_held
from invoicing.charges.unbilled import PlannedDocument, unbilled
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.issued.ledger import make_good
from invoicing.issued.numbering import CannotNumber
from invoicing.models import Correction, Invoice, InvoiceLine
from invoicing.runs.books import Books, books_of
from invoicing.runs.closing import Closing, closing_of, note_closed
from invoicing.runs.draft_rows import Rows, rows_of, same
from invoicing.runs.issuing import AlreadyIssued, issue
from invoicing.runs.plan import (
    AfterTheTerm,
    CannotBill,
    CannotDraft,
    Plan,
    horizon_of,
    last_documents,
    plan_of,
    refuse_before_last_document,
)

logger = logging.getLogger(__name__)

MOST_MONTHS_AHEAD = 24
"""How far a run may reach after its day: a mistyped year would leave hundreds of drafts."""

CHUNK = 50
"""Agreements that are read, computed and written together, in a fixed number of queries and one transaction."""


@dataclass(frozen=True)
class RunResult:
    """What a run did for one agreement: its drafts and issued documents, or the sentence that refused it.

    An agreement that has `ended` with nothing left to bill is not worth a word. While a level is `undecided` nobody can
    say that there is nothing to bill.
    """

    agreement: Agreement
    documents: tuple[Invoice, ...] = ()
    refusal: str = ""
    notices: tuple[str, ...] = ()
    ended: bool = False
    undecided: bool = False

    @property
    def nothing_to_bill(self) -> bool:
        """Whether the agreement goes on, and all that is due is billed."""
        return not (self.documents or self.refusal or self.ended or self.undecided)


def draft_invoices(
    *,
    through: date,
    on: date,
    by: User | None,
    agreements: Iterable[Agreement] | None = None,
    issue_drafts: bool = False,
    dry_run: bool = False,
    whole: bool = False,
) -> list[RunResult]:
    """Draft what is due through a date and not billed yet, one document per agreement and billing period.

    `on` is the day as of which the terms and agreed levels are known. A second run finds nothing to bill and leaves the
    drafts as they are; a draft whose facts have changed is made anew. `issue_drafts` issues the drafts of the run on
    `on`, oldest first; `dry_run` writes nothing; `whole` computes closed annual periods too.
    An agreement that fails is listed with its cause and does not stop the
    others.
    """
    chosen = list(agreements) if agreements is not None else list(Agreement.objects.order_by("number"))
    chosen = list({agreement.pk: agreement for agreement in chosen}.values())
    results = []
    for chunk in _chunks(chosen):
        for result in _draft_chunk(chunk, through=through, on=on, by=by, dry_run=dry_run, whole=whole):
            issues = issue_drafts and not dry_run and not result.refusal
            results.append(_issued(result, on=on, by=by) if issues else result)
    if issue_drafts and not dry_run:
        transaction.on_commit(_make_good)
    return results


def _make_good() -> None:
    """Make the PDFs and ledger lines that an earlier crash left out; a failure is logged, the next run tries again.

    Where the folder of documents is missing or another one, nothing is made: a new ledger would look right.
    """
    try:
        if unknown := unknown_title():
            logger.error("The folder of documents does not know %s; no PDF was made", unknown)
            return
        INVOICE_PDFS.make_missing()
        make_good()
    except Exception:
        logger.exception("Some PDFs could not be made; run manage.py make_pdfs")


def _issued(result: RunResult, *, on: date, by: User | None) -> RunResult:
    documents: list[Invoice] = []
    try:
        for draft in result.documents:
            if draft.held_because or draft.waits(on):
                documents.append(draft)  # it waits for a person, or for its day
                continue
            with suppress(AlreadyIssued):  # by another run at the same time
                documents.append(issue(invoice=draft, on=on, by=by))
    except (CannotBill, CannotNumber) as refused:
        return RunResult(result.agreement, tuple(documents), str(refused))
    except Exception as error:
        return RunResult(result.agreement, tuple(documents), _fault(result.agreement, error))
    return replace(result, documents=tuple(documents))


def _fault(agreement: Agreement, error: Exception) -> str:
    """Log an unexpected fault and return the sentence that lists it."""
    logger.error("The run failed for agreement %s", agreement.number, exc_info=error)
    fault = f"{type(error).__name__}: {error}"
    return f"The run met an unexpected fault ({fault}). The log shows where; then run it again."


# ---- one chunk ---------------------------------------------------------------------------------------------------


def _chunks(agreements: Sequence[Agreement]) -> Iterable[Sequence[Agreement]]:
    for start in range(0, len(agreements), CHUNK):
        yield agreements[start : start + CHUNK]


@dataclass(frozen=True)
class _Filed:
    """What the database holds of one agreement: its books, its last document, what that promises, and the drafts."""

    agreement: Agreement
    books: Books
    last: Invoice | None
    promise: Promise
    drafts: tuple[Invoice, ...]
    whole: bool


@dataclass(frozen=True)
class _Wanted:
    """What a run wants of one agreement: its plan, documents and their rows."""

    filed: _Filed
    plan: Plan
    documents: tuple[PlannedDocument, ...]
    rows: tuple[Rows, ...]
    notices: tuple[str, ...]
    closing: Closing | None = None


class _ChangedMeanwhile(Exception):
    """Somebody has stored something since some agreements were read."""


def _draft_chunk(
    chunk: Sequence[Agreement], *, through: date, on: date, by: User | None, dry_run: bool, whole: bool
) -> list[RunResult]:
    """Draft some agreements together; where they cannot be written as a whole, each by itself, to find the culprit."""
    computed = partial(_outcomes, chunk, through=through, on=on, by=by, whole=whole)
    try:
        return _results(computed(), through, _preview) if dry_run else _written(chunk, computed, through)
    except Exception as error:
        if len(chunk) == 1:
            return [RunResult(chunk[0], (), _fault(chunk[0], error))]
    return [
        result
        for agreement in chunk
        for result in _draft_chunk([agreement], through=through, on=on, by=by, dry_run=dry_run, whole=whole)
    ]


def _written(
    chunk: Sequence[Agreement], computed: Callable[[], list[_Wanted | RunResult]], through: date
) -> list[RunResult]:
    """Compute before the lock of SQLite, and again within it where somebody has stored something meanwhile."""
    state = state_on_file()
    outcomes = computed() if state is not None else []
    with transaction.atomic():
        if not unchanged_since(state):
            if state is not None and len(chunk) > 1:
                raise _ChangedMeanwhile  # one by one each is quickly computed
            lock_agreements(agreement.pk for agreement in chunk)
            outcomes = computed()
        return _results(outcomes, through, _replaced)


def _outcomes(
    chunk: Sequence[Agreement], *, through: date, on: date, by: User | None, whole: bool
) -> list[_Wanted | RunResult]:
    """Compute what a run wants of some agreements; writes nothing."""
    outcomes: list[_Wanted | RunResult] = []
    for filed in _filed(chunk, on, whole):
        try:
            outcomes.append(_wanted(filed, through=through, on=on, by=by))
        except AfterTheTerm as refused:
            outcomes.append(_after_the_term(filed, str(refused), on))
        except CannotBill as refused:
            outcomes.append(RunResult(filed.agreement, (), str(refused)))
        except DatabaseError:
            raise
        except Exception as error:
            outcomes.append(RunResult(filed.agreement, (), _fault(filed.agreement, error)))
    return outcomes


def _results(
    outcomes: Sequence[_Wanted | RunResult], through: date, act: Callable[[Sequence[_Wanted]], list[list[Invoice]]]
) -> list[RunResult]:
    wanted = [outcome for outcome in outcomes if isinstance(outcome, _Wanted)]
    done = iter(zip(wanted, act(wanted), strict=True))
    return [
        outcome if isinstance(outcome, RunResult) else _result(*next(done), through=through) for outcome in outcomes
    ]


def _preview(wanted: Sequence[_Wanted]) -> list[list[Invoice]]:
    return [[rows.invoice for rows in each.rows] for each in wanted]


def _filed(chunk: Sequence[Agreement], on: date, whole: bool) -> list[_Filed]:
    """Read what is on file of some agreements in a fixed number of queries."""
    keys = [agreement.pk for agreement in chunk]
    rows = {row.pk: row for row in Agreement.objects.with_terms().filter(pk__in=keys)}
    books = books_of(agreements=rows.values(), known_on=on, whole=whole)
    last = last_documents(agreements=list(rows.values()))
    drafts: dict[int, list[Invoice]] = {}
    for draft in run_drafts(keys):
        drafts.setdefault(draft.agreement_id, []).append(draft)
    promises = _promises(keys)
    return [
        _Filed(rows[key], books[key], last.get(key), promises.get(key, Promise()), tuple(drafts.get(key, ())), whole)
        for key in keys
    ]


def _promises(agreement_keys: Sequence[int]) -> dict[int, Promise]:
    """What the last issued instalments of some agreements let expect; one query."""
    lines = InvoiceLine.objects.filter(kind=InvoiceLine.Kind.INSTALMENT)
    documents = Invoice.objects.issued().filter(Exists(lines.filter(invoice=OuterRef("pk"))))
    last = documents.filter(agreement=OuterRef("pk")).order_by("-first_day", "-pk").values("pk")[:1]
    of = Agreement.objects.filter(pk__in=agreement_keys).order_by().annotate(last=Subquery(last))
    found: dict[int, list] = {}
    for key, *line in (
        lines.filter(invoice__in=of.values("last"))
        .order_by("pk")
        .values_list("invoice__agreement", "site", "level_code", "annual_price", "instalment_of")
    ):
        found.setdefault(key, []).append(line)
    return {key: Promise.of(each) for key, each in found.items()}


def run_drafts(agreement_keys: Sequence[int]):
    """Return the drafts that runs have left under some agreements, with their lines and links, in order."""
    drafts = Invoice.objects.drafts().filter(agreement__in=agreement_keys, origin=Invoice.Origin.RUN)
    return drafts.select_related("agreement").order_by("first_day", "pk").prefetch_related("lines", "corrections")


def _wanted(filed: _Filed, *, through: date, on: date, by: User | None) -> _Wanted:
    """Compute what a run wants. Drafts of an earlier run that went further are brought into line with the others."""
    refuse_before_last_document(last=filed.last, on=on, refusal=CannotDraft)
    if through > add_months(on, MOST_MONTHS_AHEAD):
        raise CannotDraft(
            f"{day_text(through)} is more than {MOST_MONTHS_AHEAD} months after {day_text(on)}. Check the year."
        )
    agreement, books = filed.agreement, filed.books
    plan = plan_of(agreement=agreement, books=books, through=through, on=on)
    notices = plan.notices
    days = [through, *(draft.through for draft in filed.drafts)]
    horizon = horizon_of(terms=plan.due.agreement, days=days, on=on)
    if horizon > through:
        plan = plan_of(agreement=agreement, books=books, through=horizon, on=on)
    documents = unbilled(due=plan.due, billed=books.billed, sites=books.sites, adjust_through=through)
    rows, promise = [], filed.promise
    for document in documents:
        made = rows_of(plan=plan, document=document, on=on, by=by)
        made.invoice.held_because = list(
            why_held(
                document=document,
                before=promise,
                percent=agreement.held_above_percent,
                times=agreement.held_above_times,
            )
        )
        rows.append(made)
        own = promised_by(document)
        promise = own if own.prices else promise
    closing = closing_of(
        due=plan.due,
        documents=documents,
        key=agreement.pk,
        sites=books.sites.values(),
        before=None if filed.whole else books.closed_through,
    )
    return _Wanted(filed, plan, documents, tuple(rows), notices, closing)


def _after_the_term(filed: _Filed, refusal: str, on: date) -> RunResult:
    """Say nothing of an agreement that is billed to its end; name what is left of another one, credits too."""
    expires_on, _source = expiration_known(agreement=filed.agreement.as_terms(), known_on=on)
    try:
        plan = plan_of(agreement=filed.agreement, books=filed.books, through=expires_on, on=on)
    except CannotDraft:
        return RunResult(filed.agreement, (), refusal)
    left = unbilled(due=plan.due, billed=filed.books.billed, sites=filed.books.sites)
    if not left and not plan.due.undecided:
        return RunResult(filed.agreement, ended=True)
    total = money_text(sum((document.total for document in left), ZERO))
    named = f"That is {plural(len(left), 'document')}, {total} {filed.agreement.currency} in all."
    return RunResult(filed.agreement, (), " ".join([refusal, *([named] if left else plan.notices)]))


def _result(wanted: _Wanted, drafts: Sequence[Invoice], *, through: date) -> RunResult:
    due_now = tuple(
        draft
        for draft, document in zip(drafts, wanted.documents, strict=True)
        if document.due_on is None or document.due_on <= through
    )
    undecided = any(key.is_annual for key in wanted.plan.due.undecided)
    return RunResult(wanted.filed.agreement, due_now, "", wanted.notices, undecided=undecided)


# ---- writing -----------------------------------------------------------------------------------------------------


def _replaced(wanted: Sequence[_Wanted]) -> list[list[Invoice]]:
    """Keep the drafts that say what is wanted, delete the others and write what is missing, for all agreements."""
    numbers = _numbers(rows for each in wanted for rows in each.rows)
    drafts: list[list[Invoice]] = []
    unused: list[Invoice] = []
    fresh: list[Rows] = []
    for each in wanted:
        left, kept = list(each.filed.drafts), []
        for rows in each.rows:
            alike = (draft for draft in left if draft.held_because == rows.invoice.held_because)
            stored = next((draft for draft in alike if same(draft, list(draft.lines.all()), rows, numbers)), None)
            if stored is None:
                fresh.append(rows)
            else:
                left.remove(stored)
            kept.append(stored or rows.invoice)
        unused += left
        drafts.append(kept)
    if unused:
        Invoice.objects.filter(pk__in=[draft.pk for draft in unused]).delete()
    write(fresh, numbers)
    note_closed([each.closing for each in wanted if each.closing])
    return drafts


def _numbers(documents: Iterable[Rows]) -> dict[str, int]:
    """The keys of the documents that are corrected, by number."""
    named = {number for rows in documents for number in rows.corrected}
    if not named:
        return {}
    return dict(Invoice.objects.issued().filter(number_text__in=named).values_list("number_text", "pk"))


def write(documents: Sequence[Rows], numbers: Mapping[str, int]) -> None:
    """Store documents with their lines and links."""
    if not documents:
        return
    Invoice.objects.bulk_create([rows.invoice for rows in documents])
    for rows in documents:
        for line in rows.lines:
            line.invoice = rows.invoice
    InvoiceLine.objects.bulk_create([line for rows in documents for line in rows.lines])
    Correction.objects.bulk_create(
        Correction(document=rows.invoice, corrected_id=numbers[number])
        for rows in documents
        for number in sorted(rows.corrected)
    )
