"""The database triggers that forget what was kept of an agreement's months once its grounds change.

A table of kept answers is never wrong: whoever writes the grounds, past the ORM too, takes away the rows that rest on
them. What is gone is computed where it is asked for, until it is kept again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models

FORGETS = "forgets_"


@dataclass(frozen=True)
class Trigger:
    """One trigger: its name, the tables it reads, the statements that make it and those that drop it."""

    name: str
    tables: frozenset[str]
    create: tuple[str, ...]
    drop: tuple[str, ...]


@dataclass(frozen=True)
class Ground:
    """A model on whose rows kept rows rest, named by the agreement to which the keys in `via` lead.

    An update counts where one of `columns` changes. `month` is the day in whose month alone something is forgotten,
    `since` one from whose month on it is where a row comes or goes; without them everything of the agreement is.
    """

    model: str
    columns: tuple[str, ...]
    via: tuple[str, ...] = ("agreement",)
    month: str = ""
    since: str = ""


def kept_models() -> list[type[models.Model]]:
    """Return every model that keeps answers by `agreement` and `month`, with the grounds they rest on."""
    return [model for model in apps.get_models() if getattr(model, "rests_on", ())]


def forgetting(vendor: str) -> Iterator[Trigger]:
    """Yield the triggers of all kept models for a database: "sqlite" or "postgresql"."""
    written = _postgresql if vendor == "postgresql" else _sqlite
    for kept in kept_models():
        for ground in kept.rests_on:
            model = apps.get_model(ground.model)
            for event, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
                name = f"{FORGETS}{kept._meta.model_name}_{model._meta.model_name}_{event.lower()}"
                reached = [_reached(row, model, ground.via) for row in rows]
                deletes = [
                    f'DELETE FROM "{kept._meta.db_table}" WHERE "agreement_id" = {key}'
                    + _in_month(row, model, ground, event, vendor)
                    for row, (key, _tables) in zip(rows, reached, strict=True)
                ]
                tables = frozenset({kept._meta.db_table, model._meta.db_table}.union(*(each for _, each in reached)))
                when = _changes(model, ground.columns) if event == "UPDATE" else ""
                yield written(name, tables, model._meta.db_table, event, deletes, when)


def _reached(row: str, model: type[models.Model], via: tuple[str, ...]) -> tuple[str, set[str]]:
    """How SQL gets from a row to the key of its agreement, and the tables it reads."""
    if not via:
        return f'{row}."id"', set()
    first, *rest = (model._meta.get_field(via[0]), *via[1:])
    key, tables = f'{row}."{first.column}"', set()
    for name in rest:
        table = first.related_model._meta.db_table
        first = first.related_model._meta.get_field(name)
        key = f'(SELECT "{first.column}" FROM "{table}" WHERE "id" = {key})'
        tables.add(table)
    return key, tables


def _in_month(row: str, model: type[models.Model], ground: Ground, event: str, vendor: str) -> str:
    name, sign = (ground.month, "=") if ground.month else ("" if event == "UPDATE" else ground.since, ">=")
    if not name:
        return ""
    day = f'{row}."{model._meta.get_field(name).column}"'
    first = f"date_trunc('month', {day})::date" if vendor == "postgresql" else f"date({day}, 'start of month')"
    return f' AND "month" {sign} {first}'


def _changes(model: type[models.Model], columns: tuple[str, ...]) -> str:
    names = [model._meta.get_field(name).column for name in columns]
    return " OR ".join(f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in names)


def _sqlite(name: str, tables: frozenset[str], table: str, event: str, deletes: list[str], when: str) -> Trigger:
    condition = f" WHEN {when.replace(' IS DISTINCT FROM ', ' IS NOT ')}" if when else ""
    body = "; ".join(deletes)
    create = f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}"{condition} BEGIN {body}; END'
    return Trigger(name, tables, (create,), (f'DROP TRIGGER IF EXISTS "{name}"',))


def _postgresql(name: str, tables: frozenset[str], table: str, event: str, deletes: list[str], when: str) -> Trigger:
    body = "; ".join(deletes)
    function = f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql '
    function += f"AS $$ BEGIN {body}; RETURN NULL; END $$"
    condition = f" WHEN ({when})" if when else ""
    create = f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" FOR EACH ROW{condition} EXECUTE FUNCTION "{name}"()'
    drop = f'DROP FUNCTION IF EXISTS "{name}"() CASCADE'
    return Trigger(name, tables, (drop, function, create), (drop,))
