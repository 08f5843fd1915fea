"""Processes of their own on the database of a test: several people at once, or the product as it is started."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


def shared(folder: Path) -> dict[str, str]:
    """The environment in which processes find what the test has put on file; what they store lies in a folder.

    An SQLite database of a test lies in its memory: there they work on a copy of it, as it is now.
    """
    if connection.vendor == "sqlite":
        url = f"sqlite:///{copied(folder / 'books.sqlite3')}"
    else:
        stored = connection.settings_dict
        url = f"postgres://{stored['USER']}@{stored['HOST']}:{stored['PORT']}/{stored['NAME']}"
    folders = {"DOCUMENTS_DIR": str(folder / "documents"), "PAPERS_DIR": str(folder / "papers")}
    return {**os.environ, **folders, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}


def copied(file: Path) -> Path:
    """Copy the SQLite database of the test, in which every migration has run, to a file; for transactional tests."""
    assert not connection.in_atomic_block, "a copy would wait for the end of the transaction"
    connection.ensure_connection()
    with sqlite3.connect(file) as copy:
        connection.connection.backup(copy)
    copy.close()
    return file


def python(environment: dict[str, str], *arguments: object) -> subprocess.Popen:
    """Start Python in an environment."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def manage(environment: dict[str, str], *arguments: str) -> subprocess.Popen:
    """Start a command of the desk in an environment."""
    return python(environment, "manage.py", *arguments)
