"""The database triggers behind sealed rows: they refuse what reaches a table past the ORM.

A model says with `seal` when its rows are sealed, and with `closing` when their values are closed before that. The
triggers are dropped before every migration, since SQLite loses
them silently when it rebuilds a table, and made again after it; a system check counts them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.signals import post_migrate, pre_migrate

from contracts.sealing.forgetting import FORGETS, Trigger, forgetting

PREFIX = "sealed_"
MESSAGE = "is sealed and cannot be changed"
CLOSED = "is closed by a signature and cannot be changed"


@dataclass(frozen=True)
class Seal:
    """When a row is sealed: once `field` is set on it, or on the row that the foreign keys in `via` lead to.

    A key in `via` may be empty: such a row hangs on no other, and is never sealed. `columns` limits the seal to
    some columns (the others may still change; the row can never be deleted); `field` None seals every row from its
    insertion. `joins` is a foreign key to a sealed model: once the row it leads to is sealed, no row can join it any
    more, or with `joins_sealed` only one that is sealed from its insertion. `once` names text columns and keys that a
    sealed row may still be given while they are empty. `correction` tells what to do instead. With `history` the ledger
    of histories keeps a digest of each row, outside the database.
    """

    field: str | None
    via: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    joins: str = ""
    joins_sealed: bool = False
    once: tuple[str, ...] = ()
    correction: str = "Enter an amendment instead."
    history: bool = False


@dataclass(frozen=True)
class Closing:
    """When the values of a row are closed before it is sealed: once one of `fields` is set.

    They stand on the row itself, or on the one that the foreign keys in `via` lead to; a key may be empty, and such
    a row is never closed. The seal of the row that holds them takes over from it. `leaves` names the columns that may
    still change; the row cannot be deleted, and no row can be added to a closed one. `correction` tells the way out.
    """

    fields: tuple[str, ...]
    via: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    correction: str = "Withdraw the signature first."


def sealed_models() -> list[type[models.Model]]:
    """Return every model whose rows can be sealed."""
    return [model for model in apps.get_models() if isinstance(getattr(model, "seal", None), Seal)]


def triggers(vendor: str) -> Iterator[Trigger]:
    """Yield the triggers of all models for a database, "sqlite" or "postgresql": the seals, and what forgets."""
    written = _postgresql if vendor == "postgresql" else _sqlite
    for model in sealed_models():
        for event in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            condition = _condition(model, event)
            if condition is None or (event == "TRUNCATE" and vendor != "postgresql"):
                continue
            name = f"{PREFIX}{model._meta.db_table}_{event.lower()}"
            yield written(name, model, event, condition, MESSAGE)
        for event in ("INSERT", "UPDATE", "DELETE") if closing_of(model) else ():
            condition = _closing_condition(model, event)
            if condition is not None:
                name = f"{PREFIX}{model._meta.db_table}_closed_{event.lower()}"
                yield written(name, model, event, condition, CLOSED)
    yield from forgetting(vendor)


def closing_of(model: type[models.Model]) -> Closing | None:
    """Return when the values of a model's rows are closed, None for a model that knows no such state."""
    return getattr(model, "closing", None)


def _closing_condition(model: type[models.Model], event: str) -> str | None:
    """The SQL condition under which an event on one row is refused because a signature has closed its values."""
    closing = closing_of(model)
    if event == "INSERT":
        return _closed("NEW", model) if closing.via else None
    if event == "DELETE":
        return _closed("OLD", model)
    names = [field.name for field in model._meta.concrete_fields if field.name not in closing.leaves]
    closed = f"({_closed('OLD', model)} OR {_closed('NEW', model)})" if closing.via else _closed("OLD", model)
    return f"{closed} AND ({_changes(model, names)})"


def _closed(row: str, model: type[models.Model]) -> str:
    closing = closing_of(model)
    exists, holder, stored = _reached(row, model, closing.via)
    columns = [f'{stored}."{holder._meta.get_field(name).column}" IS NOT NULL' for name in closing.fields]
    sealed = f'{stored}."{holder._meta.get_field(holder.seal.field).column}" IS NULL'
    return exists.format(f"({' OR '.join(columns)}) AND {sealed}")


def _condition(model: type[models.Model], event: str) -> str | None:
    """The SQL condition under which an event on one row (or, for TRUNCATE, on the table) is refused."""
    seal, table = model.seal, model._meta.db_table
    if event == "TRUNCATE":
        return f'EXISTS (SELECT 1 FROM "{table}" AS row_ WHERE {_sealed("row_", model)})'
    if event == "INSERT":
        return _sealed("NEW", model) if seal.via else _joined("NEW", model)
    sealed = _sealed("OLD", model)
    if event == "UPDATE" and (seal.columns or seal.once):
        return f"{sealed} AND ({_changed(model)})"
    if event == "UPDATE" and seal.via:
        return f"{sealed} OR {_sealed('NEW', model)}"
    if event == "UPDATE" and seal.joins:
        column = model._meta.get_field(seal.joins).column
        return f'{sealed} OR (OLD."{column}" IS DISTINCT FROM NEW."{column}" AND {_joined("NEW", model)})'
    return sealed


def _sealed(row: str, model: type[models.Model]) -> str:
    seal = model.seal
    if seal.field is None:
        return "1 = 1"
    exists, holder, stored = _reached(row, model, seal.via)
    return exists.format(f'{stored}."{holder._meta.get_field(seal.field).column}" IS NOT NULL')


def _reached(row: str, model: type[models.Model], via: tuple[str, ...]) -> tuple[str, type[models.Model], str]:
    """Return how SQL gets from a row along foreign keys: a frame for a condition, the model reached and its table."""
    if not via:
        return "{0}", model, row
    keys = []
    for name in via:
        key = model._meta.get_field(name)
        keys.append(key)
        model = key.related_model
    tables = [key.related_model._meta.db_table for key in keys]
    joins = "".join(
        f' JOIN "{table}" ON "{table}"."id" = "{before}"."{key.column}"'
        for before, table, key in zip(tables, tables[1:], keys[1:], strict=False)
    )
    found = f'"{tables[0]}"."id" = {row}."{keys[0].column}"'
    return f'EXISTS (SELECT 1 FROM "{tables[0]}"{joins} WHERE {found} AND {{0}})', model, f'"{tables[-1]}"'


def _changed(model: type[models.Model]) -> str:
    """The condition that a column changes which the seal covers."""
    seal = model.seal
    names = seal.columns or [field.name for field in model._meta.concrete_fields if field.name not in seal.once]
    changes = [_changes(model, names)]
    for name in seal.once:
        field = model._meta.get_field(name)
        given = f'OLD."{field.column}" IS NOT NULL' if field.null else f"OLD.\"{field.column}\" <> ''"
        changes.append(f'({given} AND OLD."{field.column}" IS DISTINCT FROM NEW."{field.column}")')
    return " OR ".join(changes)


def _changes(model: type[models.Model], names: Iterable[str]) -> str:
    columns = [model._meta.get_field(name).column for name in names]
    return " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)


def _joined(row: str, model: type[models.Model]) -> str | None:
    """The condition that a row joins a sealed one through its key `joins`; None for a model without."""
    if not model.seal.joins:
        return None
    key = model._meta.get_field(model.seal.joins)
    parent = key.related_model
    sealed = parent._meta.get_field(parent.seal.field).column
    joined = (
        f'EXISTS (SELECT 1 FROM "{parent._meta.db_table}" WHERE "{parent._meta.db_table}"."id" = {row}."{key.column}" '
        f'AND "{parent._meta.db_table}"."{sealed}" IS NOT NULL)'
    )
    if not model.seal.joins_sealed:
        return joined
    return f'{row}."{model._meta.get_field(model.seal.field).column}" IS NULL AND {joined}'


def _tables(model: type[models.Model]) -> frozenset[str]:
    tables = {model._meta.db_table}
    if model.seal.joins:
        tables.add(model._meta.get_field(model.seal.joins).related_model._meta.db_table)
    closing = closing_of(model)
    for via in (model.seal.via, closing.via if closing else ()):
        reached = model
        for name in via:
            reached = reached._meta.get_field(name).related_model
            tables.add(reached._meta.db_table)
    return frozenset(tables)


def _refusal(model: type[models.Model], message: str) -> str:
    return f"{str(model._meta.verbose_name).capitalize()} {message}."


def _sqlite(name: str, model: type[models.Model], event: str, condition: str, message: str) -> Trigger:
    table = model._meta.db_table
    condition = condition.replace(" IS DISTINCT FROM ", " IS NOT ")
    create = (
        f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" WHEN {condition} '
        f"BEGIN SELECT RAISE(ABORT, '{_refusal(model, message)}'); END"
    )
    return Trigger(name, _tables(model), (create,), (f'DROP TRIGGER IF EXISTS "{name}"',))


def _postgresql(name: str, model: type[models.Model], event: str, condition: str, message: str) -> Trigger:
    table = model._meta.db_table
    answer = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD", "TRUNCATE": "NULL"}[event]
    # 23514 (check violation) makes the refusal an IntegrityError, as it is on SQLite.
    function = (
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        f"IF {condition} THEN RAISE EXCEPTION '{_refusal(model, message)}' USING ERRCODE = '23514'; END IF; "
        f"RETURN {answer}; END $$"
    )
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    create = f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH {each} EXECUTE FUNCTION "{name}"()'
    # Dropping the function with everything that hangs on it drops the trigger, whether or not its table still exists.
    drop = f'DROP FUNCTION IF EXISTS "{name}"() CASCADE'
    return Trigger(name, _tables(model), (drop, function, create), (drop,))


def present(using: str = DEFAULT_DB_ALIAS) -> set[str]:
    """Return the names of the guards that the database holds."""
    connection = connections[using]
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall() if name.startswith((PREFIX, FORGETS))}


def create_triggers(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the guard of every sealed model whose tables exist; safe to repeat."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    stored = present(using)
    with connection.cursor() as cursor:
        for trigger in triggers(connection.vendor):
            if trigger.name not in stored and trigger.tables <= tables:
                for statement in trigger.create:
                    cursor.execute(statement)


def drop_triggers(using: str = DEFAULT_DB_ALIAS) -> None:
    """Drop every guard, so that a migration may rebuild the tables."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for trigger in triggers(connection.vendor):
            for statement in trigger.drop:
                cursor.execute(statement)


def _before_migration(using: str = DEFAULT_DB_ALIAS, **kwargs) -> None:
    drop_triggers(using)


def _after_migration(using: str = DEFAULT_DB_ALIAS, **kwargs) -> None:
    create_triggers(using)


def connect() -> None:
    """Drop the guards before every migration and make them after it."""
    pre_migrate.connect(_before_migration, dispatch_uid="contracts.sealing.frozen.drop")
    post_migrate.connect(_after_migration, dispatch_uid="contracts.sealing.frozen.create")


@checks.register(checks.Tags.database)
def guards_are_present(app_configs=None, databases=None, **kwargs) -> list[checks.CheckMessage]:
    """Name every guard that the database lacks (`manage.py check --database default`)."""
    errors = []
    for using in databases or ():
        connection = connections[using]
        tables = set(connection.introspection.table_names())
        if not all(model._meta.db_table in tables for model in sealed_models()):
            continue
        missing = {trigger.name for trigger in triggers(connection.vendor)} - present(using)
        if missing:
            errors.append(
                checks.Error(
                    f"The database lacks the guards {', '.join(sorted(missing))}.",
                    hint="Run manage.py migrate: it makes them again.",
                    id="contracts.E001",
                )
            )
    return errors
