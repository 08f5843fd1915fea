"""Protections, taken out: by a switch in the process of a check, or in its scratch database. Never in the product.

A control runs in a process of its own, so that nothing has to be put back.
"""

import fcntl

from django.db import connection, models
from django.db.models import QuerySet
from django.db.transaction import Atomic

from contracts.sealing import guards
from invoicing.issued import numbering
from invoicing.models import NumberSeries
from sites.reports import reporting


def transactions() -> None:
    """Let every statement stand for itself: what `atomic` holds together falls apart."""
    Atomic.__enter__ = lambda self: None
    Atomic.__exit__ = lambda self, *raised: None
    # A row can be locked within a transaction only; without one PostgreSQL refuses to.
    QuerySet.select_for_update = lambda self, *args, **kwargs: self._chain()


def locks() -> None:
    """Let nobody wait for anybody: no locked rows, no queue before SQLite, no transactions that SQLite would queue."""
    transactions()
    fcntl.flock = lambda handle, operation: None


def number_lock() -> None:
    """Take numbers as many programs do: read the last one, write the next."""

    def take(*, series: NumberSeries, on) -> tuple[int, str]:
        number = NumberSeries.objects.values_list("last_number", flat=True).get(pk=series.pk) + 1
        NumberSeries.objects.filter(pk=series.pk).update(last_number=number, last_issued_on=on)
        return number, series.text(number)

    numbering.take = take


def comparison_with_files() -> None:
    """Believe the database alone: what the ledger and the PDFs know is not asked."""
    numbering.highest_given_out = lambda series: 0
    reporting.lost_of_month = lambda agreement, month, issued: []


def triggers() -> None:
    """Drop the guards of sealed rows."""
    guards.drop_triggers()


def refusals_of_the_orm() -> None:
    """Let models and querysets save, update and delete sealed rows, as far as they are concerned."""
    from contracts.sealing.frozen import FrozenModel, FrozenQuerySet

    for name in ("save", "delete"):
        setattr(FrozenModel, name, getattr(models.Model, name))
    for name in ("update", "delete", "bulk_create"):
        setattr(FrozenQuerySet, name, getattr(QuerySet, name))


def constraints(model: type[models.Model], *names: str) -> None:
    """Drop constraints of a table, and leave everything else as it is."""
    guards.drop_triggers()  # SQLite makes the table anew, and refuses to while triggers look at it
    for name in names:
        dropped = next(constraint for constraint in model._meta.constraints if constraint.name == name)
        model._meta.constraints = [constraint for constraint in model._meta.constraints if constraint is not dropped]
        with connection.schema_editor() as editor:
            editor.remove_constraint(model, dropped)
    guards.create_triggers()
