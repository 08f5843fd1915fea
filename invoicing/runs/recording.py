"""What a run did, in plain values: for programs, and kept for a run that somebody started on the page."""

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.models import User

from contracts.money import plain_text
from invoicing.models import Invoice, InvoiceRun
from invoicing.runs.drafting import RunResult


def record_run(*, results: Sequence[RunResult], through: date, on: date, by: User) -> InvoiceRun:
    """Keep what a run did."""
    return InvoiceRun.objects.create(
        through=through, run_on=on, run_by=by, results=[as_json(each, on=on) for each in results]
    )


def as_json(result: RunResult, *, on: date) -> dict:
    """Return what a run of a day did for one agreement; money as text."""
    return {
        "agreement": result.agreement.number,
        "currency": result.agreement.currency,
        "documents": [_document(document, on) for document in result.documents],
        "notices": list(result.notices),
        "refusal": result.refusal or None,
        "ended": result.ended,
        "undecided": result.undecided,
    }


def _document(document: Invoice, on: date) -> dict:
    return {
        "key": document.pk,
        "kind": document.kind,
        "number": document.number_text or None,
        "first_day": document.first_day.isoformat(),
        "last_day": document.last_day.isoformat(),
        "issue_from": document.issue_from.isoformat() if document.issue_from else None,
        "held_because": document.held_because,
        "waits": document.waits(on) or None,
        "issued_on": document.issued_on.isoformat() if document.issued_on else None,
        "total": plain_text(document.total),
        "why_nothing": document.why_nothing or None,
        "demonstration": document.is_demonstration,
    }
