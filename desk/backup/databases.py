"""The database as a file, as it was at one moment, and back into an empty one: SQLite and PostgreSQL."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.apps import apps
from django.db import DatabaseError, connection, transaction

from contracts.printing.stored_pdf import StoredPdf
from desk.backup.archive import CannotBackUp


@contextmanager
def taken(path: Path) -> Iterator[set[str]]:
    """Write the database into a file, as it is at one moment; yield the names of the PDFs that it knows then.

    Others go on writing meanwhile. Raises CannotBackUp where PostgreSQL's own program is missing or fails.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
            yield {name for table in _tables() for (name,) in copy.execute(f'SELECT file_name FROM "{table}"')}  # noqa: S608
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}")
        yield {name for model in _models() for name in model.objects.values_list("file_name", flat=True)}


def put_back(path: Path) -> None:
    """Fill the empty database with what `taken` wrote. Raises CannotBackUp where that fails: it is empty then."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(path)) as copy:
            connection.ensure_connection()
            copy.backup(connection.connection)
        connection.close()
        return
    connection.close()
    _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname", "", path)


def is_empty() -> bool:
    """Tell whether the database has no table. Raises CannotBackUp where it cannot be reached."""
    if connection.vendor == "sqlite":
        Path(connection.settings_dict["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    try:
        connection.ensure_connection()
    except DatabaseError as fault:
        raise CannotBackUp(f"The database of DATABASE_URL cannot be reached: {fault}".strip()) from fault
    return not connection.introspection.table_names()


def _models() -> list[type[StoredPdf]]:
    return [model for model in apps.get_models() if issubclass(model, StoredPdf)]


def _tables() -> list[str]:
    return [model._meta.db_table for model in _models()]


def _run(program: str, *arguments: object) -> None:
    """Run a program of PostgreSQL on our database, whose address and password it finds in its surroundings."""
    if shutil.which(program) is None:
        raise CannotBackUp(f"{program} is missing. On Debian: apt-get install postgresql-client.")
    chosen = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    surroundings = os.environ | {name: str(chosen[key]) for name, key in names.items() if chosen[key]}
    given = [f"dbname={chosen['NAME']}" if argument == "" else str(argument) for argument in arguments]
    done = subprocess.run([program, *given], env=surroundings, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise CannotBackUp(f"{program} has failed: {said[-1] if said else f'exit code {done.returncode}'}")
