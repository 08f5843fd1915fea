"""Taking numbers: gapless per series, never reused whatever was restored, their dates never running backwards."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from django.db import connection

from contracts.periods import day_text
from contracts.printing.stored_files import another_folder
from contracts.printing.stored_pdf import unknown_title
from contracts.refusal import Refusal
from invoicing.issued.given_out import highest_given_out
from invoicing.models import Invoice, NumberSeries

SERIES = {Invoice.Kind.INVOICE: ("INVOICE", "INV-"), Invoice.Kind.CREDIT_NOTE: ("CREDIT", "CN-")}


class CannotNumber(Refusal):
    """No number can be taken; the message says why and what to do."""


def series_for(kind: str) -> NumberSeries:
    """Return the series of a kind of document, making it the first time. Call it before the issuing transaction."""
    code, prefix = SERIES[Invoice.Kind(kind)]
    series, _created = NumberSeries.objects.get_or_create(code=code, defaults={"prefix": prefix})
    return series


def series_on_file(kind: str) -> NumberSeries:
    """Return the series of a kind of document as it is on file, or as it would be made; writes nothing."""
    code, prefix = SERIES[Invoice.Kind(kind)]
    return NumberSeries.objects.filter(code=code).first() or NumberSeries(code=code, prefix=prefix)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Queue the issuers of one machine on SQLite before they begin a transaction; a no-op elsewhere.

    SQLite's own waiting is unfair: under load one writer starves while others pass it. A file lock is fair, and it is
    released by the system when its process dies.
    """
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
        yield
        return
    with Path(f"{name}.numbering-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def take(*, series: NumberSeries, on: date) -> tuple[int, str]:
    """Take the next number of a series; its row is the lock until the issuing transaction ends.

    Whoever issues locks the agreement first and takes the number late, so that nobody waits for a number while another
    agreement is computed, and none holds a number while it waits for an agreement. A transaction that is rolled back
    gives the number back. Raises CannotNumber when `on` is before the date of the series' last document, where the
    ledger or the PDFs know this number or a higher one, which stands for another document already, and where the folder
    of both is missing or another one.
    """
    table = connection.ops.quote_name(NumberSeries._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET last_number = last_number + 1 WHERE id = %s RETURNING last_number, last_issued_on",  # noqa: S608
            [series.pk],
        )
        number, last_issued_on = cursor.fetchone()
    last_issued_on = date.fromisoformat(last_issued_on) if isinstance(last_issued_on, str) else last_issued_on
    series.last_number, series.last_issued_on = number - 1, last_issued_on
    refuse_next(series=series, on=on)
    NumberSeries.objects.filter(pk=series.pk).update(last_issued_on=on)
    return number, series.text(number)


def refuse_next(*, series: NumberSeries, on: date) -> None:
    """Raise CannotNumber when the next number was or may have been given out, or `on` is before the last date."""
    _refuse_given_out(series, series.last_number + 1)
    if series.last_issued_on is not None and on < series.last_issued_on:
        raise CannotNumber(
            f"{series.text(series.last_number)} is dated {day_text(series.last_issued_on)}; no later number can be "
            f"dated {day_text(on)}. Issue on {day_text(series.last_issued_on)} or later."
        )


def _refuse_given_out(series: NumberSeries, number: int) -> None:
    """Refuse to give a number out that stands for another document already, or that is followed by one that does.

    Who knows that is the folder of documents, and only the right one: it must know the first and the last document of
    each kind whose PDF the database says was stored. Lines that a crash left out are of later documents and
    refuse nothing; numbers that are explained have no document and are not asked for.
    """
    try:
        unknown, highest = unknown_title(), highest_given_out(series)
    except OSError as fault:
        raise CannotNumber(
            f"The ledger and the PDFs cannot be read ({fault.strerror}), so nobody knows whether {series.text(number)} "
            "was given out before. Make the folder of documents readable, then issue again."
        ) from None
    if unknown:
        raise CannotNumber(another_folder(unknown=unknown, unsure=f"{series.text(number)} was given out"))
    if highest >= number:
        last = "" if highest == number else f" to {series.text(highest)}"
        raise CannotNumber(
            f"{series.text(number)}{last}: given out before, as the ledger or the PDFs say, but not in the database, "
            "which was restored from an older backup. Put a newer backup back, or let finance explain what is missing "
            "under Invoices > Missing documents."
        )
