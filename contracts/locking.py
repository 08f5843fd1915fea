"""The lock of an agreement: whoever changes, bills or reviews what happens under it takes this first."""

from collections.abc import Iterable

from django.db import connection

from contracts.models import Agreement


def locked_agreement(key: int) -> Agreement:
    """Lock an agreement, so that two events under it come one after the other, and bring its terms along."""
    lock_agreements([key])
    return Agreement.objects.with_terms().get(pk=key)


def lock_agreements(keys: Iterable[int], *, no_key: bool = False) -> None:
    """Lock some agreements, always in the same order; with `no_key`, rows may join them meanwhile."""
    rows = Agreement.objects.select_for_update(no_key=no_key).filter(pk__in=list(keys))
    list(rows.order_by("pk").values_list("pk"))


def state_on_file() -> int | None:
    """Return a number that is another one once somebody else has stored anything in the file of SQLite.

    SQLite has one lock for everybody: who computes for long reads first, without it, and takes what was computed as
    long as nothing was stored meanwhile. None in a transaction, and elsewhere: a locked row holds up nobody who works
    under another agreement.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return None
    return _data_version()


def unchanged_since(state: int | None) -> bool:
    """Whether nobody has stored anything since `state_on_file`; asked in the transaction that writes."""
    return state is not None and _data_version() == state


def _data_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return cursor.fetchone()[0]
