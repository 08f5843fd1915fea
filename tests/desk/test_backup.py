"""Backups: taken while people work, whole or not at all, and restored into an empty place that verifies."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from contracts.printing.stored_files import path_of
from desk.backup import backing_up
from desk.backup.archive import CannotBackUp, unpacked
from desk.backup.backing_up import back_up, keep_latest, restore
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.issued.ledger import make_good
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.full,
    pytest.mark.skipif(
        connection.vendor == "postgresql" and shutil.which("pg_dump") is None,
        reason="PostgreSQL is backed up by its own pg_dump, which is not on this machine",
    ),
]
ISSUED = date(1999, 1, 31)


@pytest.fixture
def backup(tmp_path, settings) -> Path:
    """A backup of a desk of two issued invoices with a scan; a third was issued after it."""
    agreement = factories.agreement()
    factories.site(agreement, "Reno")
    months = {"on": ISSUED, "by": None, "agreements": [agreement], "issue_drafts": True}
    draft_invoices(through=date(1998, 11, 30), **months)
    INVOICE_PDFS.make_missing()
    make_good()
    scans = Path(settings.MEDIA_ROOT) / "scans"
    scans.mkdir(parents=True)
    (scans / "signed.pdf").write_bytes(b"%PDF signed")
    path = tmp_path / "desk.tar.gz"
    back_up(path)
    draft_invoices(through=date(1998, 12, 31), **months)
    INVOICE_PDFS.make_missing()
    make_good()
    return path


@pytest.fixture
def empty(tmp_path):
    """The surroundings of an empty place of the same kind of database, and what asks it for one value."""
    place = tmp_path / "place"
    surroundings = {"DOCUMENTS_DIR": str(place / "documents"), "UPLOADS_DIR": str(place / "uploads")}
    if connection.vendor == "sqlite":
        yield surroundings | {"DATABASE_URL": f"sqlite:///{place}/desk.sqlite3"}, place
        return
    chosen = connection.settings_dict
    name = f"restored_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    password = f":{chosen['PASSWORD']}" if chosen["PASSWORD"] else ""
    address = f"{chosen['USER']}{password}@{chosen['HOST']}:{chosen['PORT'] or 5432}/{name}"
    yield surroundings | {"DATABASE_URL": f"postgres://{address}"}, place
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(surroundings: dict[str, str], *arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=os.environ | {"SECRET_KEY": "x", "BUSINESS_DATE": ISSUED.isoformat()} | surroundings,
        capture_output=True,
        text=True,
    )


def test_restored_desk_is_that_of_the_backup_verifies_and_goes_on_with_its_next_number(backup, empty):
    surroundings, place = empty
    done = manage(surroundings, "restore", backup)

    assert done.returncode == 0, done.stderr
    assert "Restored" in done.stdout
    later = Invoice.objects.latest("number")
    names = {path.name for path in (place / "documents").iterdir()}
    assert later.pdf.file_name not in names
    assert {row.pdf.file_name for row in Invoice.objects.exclude(pk=later.pk)} < names
    assert (place / "uploads" / "scans" / "signed.pdf").read_bytes() == b"%PDF signed"
    issued = manage(surroundings, "draft_invoices", "--through", "1998-12-31", "--issue", "--on", ISSUED)
    assert "INV-00003" in issued.stdout, issued.stderr
    assert manage(surroundings, "verify_invoices").returncode == 0


def test_nothing_is_written_where_something_is(backup, empty):
    surroundings, place = empty
    (place / "uploads").mkdir(parents=True)
    (place / "uploads" / "other.pdf").write_bytes(b"%PDF")
    done = manage(surroundings, "restore", backup)
    assert done.returncode == 1
    assert "is not empty. Name an empty one, or none yet." in done.stderr
    (place / "uploads" / "other.pdf").unlink()
    assert manage(surroundings, "restore", backup).returncode == 0
    for name in ("documents", "uploads"):
        shutil.rmtree(place / name)
    again = manage(surroundings, "restore", backup)
    assert again.stderr.strip().endswith("The database is not empty. Name an empty one in DATABASE_URL.")
    assert not (place / "documents").exists()


def changed(backup: Path, change) -> Path:
    """Write a backup again with its members as `change` leaves them."""
    path = backup.with_name("changed.tar.gz")
    with tarfile.open(backup) as source, tarfile.open(path, "w:gz") as target:
        members = change({entry.name: source.extractfile(entry).read() for entry in source})
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            target.addfile(entry, io.BytesIO(data))
    return path


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def test_every_file_that_is_another_or_missing_or_too_many_is_named(backup, tmp_path):
    with tarfile.open(backup) as archive:
        names = [name for name in archive.getnames() if name != "manifest.json"]
    assert {"database", "documents/ledger.txt", "uploads/scans/signed.pdf"} < set(names)
    for number, name in enumerate(names):
        for change, message in (
            (lambda all_, name=name: all_ | {name: flipped(all_[name])}, f"{name} in "),
            (lambda all_, name=name: {one: all_[one] for one in all_ if one != name}, f" lacks {name}"),
            (lambda all_, name=name: all_ | {f"{name}.more": b"x"}, f" holds {name}.more"),
        ):
            folder = tmp_path / f"unpacked-{number}-{len(message)}-{message[:6].strip()}"
            with pytest.raises(CannotBackUp) as refused:
                unpacked(changed(backup, change), folder)
            assert message in str(refused.value)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[: len(data) // 2], "cannot be read as a backup"),
        (lambda data: data[:100] + flipped(data[100:2000]) + data[2000:], "Take another copy of it."),
        (lambda data: b"no backup at all", "cannot be read as a backup"),
    ],
    ids=["cut off", "one bit", "no backup"],
)
def test_file_that_is_no_whole_backup_is_refused_and_nothing_written(backup, empty, spoil, message):
    surroundings, place = empty
    spoilt = backup.with_name("spoilt.tar.gz")
    spoilt.write_bytes(spoil(backup.read_bytes()))
    done = manage(surroundings, "restore", spoilt)

    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (place / "documents").exists()


@pytest.mark.parametrize("name", ["../outside", "/outside", "documents/../../outside"])
def test_file_that_leads_out_of_its_folder_is_refused(backup, tmp_path, name):
    with pytest.raises(CannotBackUp, match="is no file of a backup"):
        unpacked(changed(backup, lambda members: {name: b"x"} | members), tmp_path / "unpacked")
    assert not (tmp_path / "outside").exists()


def test_pdf_that_is_not_in_its_folder_is_said_and_the_rest_is_kept(backup, tmp_path):
    path_of(Invoice.objects.earliest("number").pdf.file_name).unlink()
    with pytest.raises(CommandError, match=r"lacks 1 PDF that the database knows, first INV-00001"):
        call_command("backup", str(tmp_path / "second.tar.gz"))
    assert (tmp_path / "second.tar.gz").stat().st_mode & 0o777 == 0o600


def test_backup_is_whole_or_not_there(tmp_path, monkeypatch):
    def fail(path):
        raise CannotBackUp("pg_dump has failed.")

    monkeypatch.setattr(backing_up.databases, "taken", fail)
    with pytest.raises(CannotBackUp):
        back_up(tmp_path / "backups" / "desk.tar.gz")
    assert list((tmp_path / "backups").iterdir()) == []


def test_folder_keeps_the_latest_and_leaves_other_files(tmp_path):
    names = [f"contract-desk-2026110{day}-020000.tar.gz" for day in range(1, 6)]
    for name in (*names, "notes.txt", "contract-desk-old.tar.gz"):
        (tmp_path / name).touch()
    assert [path.name for path in keep_latest(tmp_path, 2)] == names[2::-1]
    assert {path.name for path in tmp_path.iterdir()} == {*names[3:], "notes.txt", "contract-desk-old.tar.gz"}


def test_backup_of_the_other_kind_of_database_is_refused(backup, settings, tmp_path, monkeypatch):
    settings.DOCUMENTS_DIR, settings.MEDIA_ROOT = tmp_path / "a", tmp_path / "b"
    monkeypatch.setattr(backing_up.databases, "is_empty", lambda: True)
    vendor = connection.vendor.encode()
    other = changed(backup, lambda all_: all_ | {"manifest.json": all_["manifest.json"].replace(vendor, b"other")})
    with pytest.raises(CannotBackUp, match="This is a backup of other; DATABASE_URL names"):
        restore(other)
