"""The digests of a document's rows: what is stored of it and its lines, beyond what it prints.

Runs and pages read the rows, so the frozen content keeps a SHA-256 of each. The columns are those of the model, all but
the few named here: a new one is in by itself. Their names are kept with the digests, because a document is held against
the columns that there were when it was issued. Whoever takes a column away, or fills one on file, breaks these digests.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db import models

from contracts.sealing.digest import canonical_sha256
from contracts.sealing.row_values import row_values
from invoicing.models import Invoice, InvoiceLine

SEALED = "sealed"
"""Where the content keeps the digests; nothing that is printed reads them."""

LEFT_OUT = {
    Invoice: {
        "id": "names the row and says nothing; its number is in",
        "issue_from": "says when a draft may be issued; nothing reads it once it is",
        "held_because": "holds a draft until a person has looked; nothing reads it once it is issued",
        "content": "holds the digests itself, and has its own",
        "content_sha256": "is computed of the content, and so of the digests",
        "chain_sha256": "is computed of the content's digest",
    },
    InvoiceLine: {
        "id": "names the row and says nothing; its position is in",
        "invoice": "is where the digest stands",
    },
}
"""The columns that are not in a row's digest, each with its reason."""


def sealed_columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.name for field in model._meta.concrete_fields if field.name not in LEFT_OUT[model])


def digests_of(*, invoice: Invoice, lines: Iterable[InvoiceLine]) -> dict:
    """Return the digests of a document about to be issued and of its lines, in order, with the columns that are in."""
    return row_digests(
        invoice=invoice,
        lines=lines,
        columns={"document": sealed_columns(Invoice), "line": sealed_columns(InvoiceLine)},
    )


def row_digests(*, invoice: Invoice, lines: Iterable[InvoiceLine], columns: Mapping[str, Sequence[str]]) -> dict:
    """Return the digests of the same rows over given columns; raises FieldDoesNotExist for one that is no more."""
    return {
        "columns": {row: list(names) for row, names in columns.items()},
        "document": _row_sha256(invoice, columns["document"]),
        "lines": [_row_sha256(line, columns["line"]) for line in lines],
    }


def _row_sha256(row: models.Model, columns: Sequence[str]) -> str:
    return canonical_sha256(row_values(row, columns), default=date.isoformat)
