"""Scratch databases: made from a migrated template for each case, removed at the end. No other database is touched."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


class Scratch:
    """A folder and a database of our own, in which books can be ruined and made new.

    `url` is "sqlite", or names a PostgreSQL server and a database on it from which others can be created. `migrated` is
    an SQLite file in which every migration has run; without it they run now.
    """

    def __init__(self, url: str, *, migrated: Path | None = None):
        self._migrated = migrated
        self.folder = Path(tempfile.mkdtemp(prefix="contract-desk-faults-"))
        self.documents = self.folder / "documents"
        self.vendor = "sqlite" if url == "sqlite" else "postgresql"
        self._url = urlsplit(url)
        self._made: set[str] = set()
        self._name = f"faults_{os.getpid()}"
        temporary = self.folder / "tmp"
        temporary.mkdir()
        tempfile.tempdir = str(temporary)

    def set_up(self) -> None:
        """Make the template and configure Django for it: to be called once, before any model is imported."""
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "signs nothing in a scratch database",
            "DATABASE_URL": self.url_of("template"),
            "DOCUMENTS_DIR": str(self.documents),
            "PAPERS_DIR": str(self.documents.with_name("papers")),
            "UPLOADS_DIR": str(self.folder / "uploads"),
            "BUSINESS_DATE": "",
            "TMPDIR": str(self.folder / "tmp"),
        }
        if self.vendor == "postgresql":
            self._create("template", None)
        import django
        from django.core.management import call_command

        django.setup()
        if self._migrated:
            shutil.copyfile(self._migrated, self._file("template"))
        else:
            call_command("migrate", verbosity=0)

    def url_of(self, name: str) -> str:
        """Return what DATABASE_URL is for one of our databases."""
        if self.vendor == "sqlite":
            return f"sqlite:///{self._file(name)}"
        return self._url._replace(path=f"/{self._database(name)}").geturl()

    def fresh(self, saved: str = "template") -> None:
        """Go on with new books: empty ones, or those that were saved under a name, with their documents."""
        from django.conf import settings

        self.restore(saved)
        shutil.rmtree(settings.DOCUMENTS_DIR, ignore_errors=True)
        if self._documents(saved).exists():
            shutil.copytree(self._documents(saved), settings.DOCUMENTS_DIR)

    def restore(self, saved: str) -> None:
        """Go on with the database that was saved under a name; the documents stay as they are."""
        from django.db import connection

        connection.close()
        self._clone(saved, "books")
        connection.settings_dict["NAME"] = (
            str(self._file("books")) if self.vendor == "sqlite" else self._database("books")
        )
        os.environ["DATABASE_URL"] = self.url_of("books")

    def back_up(self, name: str) -> None:
        """Keep the database as it is now, without its documents, for `restore`."""
        from django.db import connection

        connection.close()
        self._clone("books", name)

    def size(self, name: str) -> int:
        """Return how large one of our SQLite files is, without its log."""
        return self._file(name).stat().st_size

    @contextmanager
    def elsewhere(self, url: str) -> Iterator[None]:
        """Work on another PostgreSQL server meanwhile, with a template of its own."""
        from django.core.management import call_command
        from django.db import connection

        connection.close()
        stored, where = (self._url, self._made), dict(connection.settings_dict)
        self._url, self._made = urlsplit(url), set()
        self._create("template", None)
        connection.settings_dict |= {
            "HOST": self._url.hostname,
            "PORT": self._url.port,
            "USER": self._url.username,
            "PASSWORD": "",
            "NAME": self._database("template"),
        }
        try:
            call_command("migrate", verbosity=0)
            yield
        finally:
            connection.close()
            self._url, self._made = stored
            connection.settings_dict |= where

    def save(self, name: str) -> None:
        """Keep the books and documents as they are now for `fresh`."""
        from django.conf import settings
        from django.db import connection

        connection.close()
        self._clone("books", name)
        shutil.rmtree(self._documents(name), ignore_errors=True)
        if settings.DOCUMENTS_DIR.exists():
            shutil.copytree(settings.DOCUMENTS_DIR, self._documents(name))

    def remove(self) -> None:
        """Drop every database of ours and remove the folder."""
        if self.vendor == "postgresql":
            with suppress(psycopg.OperationalError):
                for name in list(self._made):
                    self._drop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- each database in its own way

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite3"

    def _documents(self, name: str) -> Path:
        return self.folder / f"documents of {name}"

    def _database(self, name: str) -> str:
        return f"{self._name}_{name}"

    def _clone(self, source: str, target: str) -> None:
        if self.vendor == "postgresql":
            self._drop(target)
            self._create(target, source)
            return
        for ending in ("-wal", "-shm", ".numbering-lock"):
            Path(f"{self._file(target)}{ending}").unlink(missing_ok=True)
        # Closed by its last user, an SQLite file is whole without its log; one that was killed leaves it behind.
        shutil.copyfile(self._file(source), self._file(target))
        log = Path(f"{self._file(source)}-wal")
        if log.exists():
            shutil.copyfile(log, f"{self._file(target)}-wal")

    def _create(self, name: str, source: str | None) -> None:
        template = sql.SQL("TEMPLATE {}").format(sql.Identifier(self._database(source))) if source else sql.SQL("")
        self._administer(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(self._database(name)), template))
        self._made.add(name)

    def _drop(self, name: str) -> None:
        self._administer(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self._database(name)))
        )
        self._made.discard(name)

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._url.geturl(), autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement)
