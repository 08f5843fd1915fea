"""The ledger of histories: a line with the digest of each row that is sealed from its insertion, beside the PDFs.

A row that may still change in some columns, such as a waiver that is withdrawn, gets another line each time. So rows
that were changed, taken out or put in by somebody who has the keys of the database are found.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence

from django.apps import apps
from django.db import models, transaction

from contracts.clock import business_date
from contracts.sealing.digest import canonical_sha256
from contracts.sealing.guards import sealed_models
from contracts.sealing.ledger import LedgerFile
from contracts.sealing.ledger_lines import RECORDED, Ledger, LedgerEntry
from contracts.sealing.row_values import row_values
from contracts.wording import plural

logger = logging.getLogger(__name__)

HISTORIES = LedgerFile("histories.txt")
PLACE = "Histories"
CHUNK = 500
"""Rows that are read together."""


def history_models() -> list[type[models.Model]]:
    """Return every model whose rows are in the ledger of histories."""
    return [model for model in sealed_models() if model.seal.history]


def anchor(model: type[models.Model], keys: Sequence[int], event: str, *, using: str) -> None:
    """Add a line for each of these rows as it is stored once the transaction is committed.

    A failure is logged, and made good by `make_pdfs`.
    """

    def add() -> None:
        try:
            add_lines(model, keys, event)
        except OSError:
            logger.exception("Rows are recorded that the ledger of histories does not name; run manage.py make_pdfs")

    transaction.on_commit(add, using=using)


def add_lines(model: type[models.Model], keys: Sequence[int], event: str) -> None:
    """Add a line for each of these rows as it is stored now."""
    for start in range(0, len(keys), CHUNK):
        rows = model._base_manager.filter(pk__in=keys[start : start + CHUNK]).order_by("pk")
        HISTORIES.add(_entry(row, event) for row in rows)


def make_histories_good() -> int:
    """Add the lines that a crash has lost, or that were never written, marked as such; return how many."""
    ledger = HISTORIES.read()
    lost = [_entry(row, RECORDED, backfilled=True) for row in _rows() if title_of(row) not in ledger.last]
    HISTORIES.add(lost)
    return len(lost)


def unrecorded(rows: Iterable[models.Model]) -> list[models.Model]:
    """Return those of some rows that the ledger does not know as they are stored."""
    return [row for row, digest in recorded(rows) if not digest]


def recorded(rows: Iterable[models.Model]) -> list[tuple[models.Model, str]]:
    """Return some rows, each with the SHA-256 under which the ledger knows it as it is stored; empty where it does not.

    The ledger is read once; no query is asked.
    """
    rows = list(rows)
    ledger = HISTORIES.read(of=[title_of(row) for row in rows]) if rows else Ledger()
    known = {(title, digest) for (_event, title), says in ledger.entries.items() for _day, digest, _link in says}
    digests = [(row, _digest(row)) for row in rows]
    return [(row, digest if (title_of(row), digest) in known else "") for row, digest in digests]


def title_of(row: models.Model) -> str:
    """Return how the ledger names a row."""
    return f"{row._meta.label_lower}:{row.pk}"


def name_of(title: str) -> str:
    """Return how people name a row that the ledger names so: `Count change 123`."""
    label, _, key = title.partition(":")
    return f"{str(apps.get_model(label)._meta.verbose_name).capitalize()} {key}" if key else title


def lost_rows(ledger: Ledger, explained: Collection[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield title, day and digest of each row that was recorded and is not there any more, and is not explained.

    Where another row has the key by now, as after a restored backup, the first one is lost all the same.
    """
    named = {title.partition(":")[0] for title in ledger.last}
    models = [model for model in history_models() if model._meta.label_lower in named]
    there = {f"{model._meta.label_lower}:{key}" for model in models for key in _keys(model)}
    for (event, title), says in ledger.entries.items():
        gone = list(says)[: -1 if title in there else None] if event == RECORDED else ()
        yield from ((title, day, digest) for day, digest, _link in gone if (title, digest) not in explained)


def history_faults(ledger: Ledger, explained: Collection[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield name and sentence of each row that is not as it was recorded; what is not in the ledger is added up."""
    missing = 0
    for row in _rows():
        title = title_of(row)
        if title not in ledger.last:
            missing += 1
        elif ledger.last[title][1] != _digest(row):
            yield (
                name_of(title),
                f"it is not as it was recorded: a column was changed ({row}). Look into a backup.",
            )
    for title, day, _digest_then in lost_rows(ledger, explained):
        yield name_of(title), f"the ledger has it, recorded on {day}, but the database does not: it was taken out."
    if missing:
        yield PLACE, f"{plural(missing, 'row is', 'rows are')} not in the ledger of histories. Run manage.py make_pdfs."


def _keys(model: type[models.Model]) -> Iterable[int]:
    return model._base_manager.order_by("pk").values_list("pk", flat=True)


def _rows() -> Iterator[models.Model]:
    for model in history_models():
        yield from model._base_manager.order_by("pk").iterator(chunk_size=CHUNK)


def _entry(row: models.Model, event: str, *, backfilled: bool = False) -> LedgerEntry:
    return LedgerEntry(event, title_of(row), business_date(), _digest(row), backfilled=backfilled)


def _digest(row: models.Model) -> str:
    """The digest of every column that is not empty: one that is added later leaves those of earlier rows alone."""
    values = row_values(row, [field.name for field in row._meta.concrete_fields])
    kept = {name: value for name, value in values.items() if value not in (None, "")}
    return canonical_sha256(kept, default=lambda value: value.isoformat())
