"""PDF documents: HTML in, bytes out. The only user of the printing worker, the process in which WeasyPrint prints.

WeasyPrint needs system libraries. It is imported when the first document is printed, so that everything else works on
a machine without them; a system check names what is missing. Each process of the application keeps its workers, which
read style sheet and fonts once: one, and as many as it has processors where several documents are printed at the same
time. One that fails is replaced, and what it left in its folder is swept away.
"""

import atexit
import ctypes
import fcntl
import importlib.util
import json
import logging
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from multiprocessing.connection import Connection
from pathlib import Path

from django.core import checks

from contracts.printing.letters import missing_in_page
from contracts.printing.worker import PdfUnavailable, allowed, import_weasyprint

logger = logging.getLogger(__name__)

SECONDS = 55
"""The most processor time that one document may take, before its rows: a busy machine refuses nothing that a quiet one
prints."""
AT_ONCE = len(os.sched_getaffinity(0))
"""So many documents are printed at the same time: one on each processor."""
PATIENCE = 45
"""Seconds of the clock after which a worker that got no processor time at all has stalled: no paper is judged by it,
and the paper of a halted one is back within two minutes."""
MEMORY = 2 * 1024**3
"""The most memory, in bytes, that the worker gets, before the rows: five times what an invoice of 1,000 lines needs."""
NO_FONTS_OF_THE_MACHINE = """<?xml version="1.0"?>
<fontconfig><cachedir>{folder}/fontconfig</cachedir></fontconfig>
"""
"""All that the worker is told of fonts: where to keep what it knows of ours. It finds none of the machine."""
LIBRARIES = (
    "libgobject-2.0.so.0",
    "libpango-1.0.so.0",
    "libpangoft2-1.0.so.0",
    "libharfbuzz.so.0",
    "libharfbuzz-subset.so.0",
    "libfontconfig.so.1",
)


class PdfGivenUp(PdfUnavailable):
    """A document has a letter that no font has, took too long or too much memory, or its worker stalled or was ended
    twice; the message says which."""


class RefusedResource(Exception):
    """A document asked for something that is not part of it; the message names the addresses."""


@dataclass(frozen=True)
class RenderedPdf:
    """A finished PDF and its number of pages."""

    data: bytes
    pages: int


def render_pdf(
    *, html: str, identifier: str, created_on: date, language: str = "en", title: str | None = None
) -> bytes:
    """Return the PDF of an HTML page styled by `static/print/document.css`: tagged (PDF/UA-1), fonts embedded.

    The same input gives the same bytes: `created_on` and `identifier` are the only date and identity in the file.
    Without a `title` the page's own is used. Nothing is fetched, neither from the network nor from a file. Raises
    RefusedResource when the page asks for anything, PdfUnavailable where WeasyPrint cannot be imported, and PdfGivenUp
    for a document that is too much for the worker, or has a letter that would print as a box: no font has it.
    """
    return render_document(html=html, identifier=identifier, created_on=created_on, language=language, title=title).data


def render_document(
    *, html: str, identifier: str, created_on: date, language: str = "en", title: str | None = None
) -> RenderedPdf:
    """Do what `render_pdf` does, and return the number of pages with the bytes."""
    if missing := missing_in_page(html):
        raise PdfGivenUp(f"{missing} Correct it where it was entered, then print again.")
    return _printer.print(
        {
            "html": html,
            "identifier": identifier,
            "created_on": created_on.isoformat(),
            "language": language,
            "title": title,
        }
    )


# ---- the worker, seen from outside -------------------------------------------------------------------------------


class _Fault(Exception):
    """The worker failed with a document; `again` tells whether another attempt can end differently."""

    def __init__(self, message: str, *, again: bool):
        super().__init__(message)
        self.again = again


class Printer:
    """Keeps one worker warm, gives it one document at a time and replaces it when it fails.

    A worker that was ended from outside is replaced and the document printed again. So it is where a document was too
    much for a worker that had printed others before; too much for a fresh worker is too much.
    """

    def __init__(self, *, seconds: int = SECONDS, memory: int = MEMORY, patience: float = PATIENCE):
        self.seconds, self.memory, self.patience = seconds, memory, patience
        self._worker: _Running | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process in which the next document is printed, if it runs already."""
        return self._worker.process.pid if self._worker else None

    def print(self, order: Mapping[str, str | None]) -> RenderedPdf:
        """Print one order. Raises RefusedResource, PdfUnavailable or PdfGivenUp."""
        with self._one_at_a_time:
            try:
                return self._attempt(order)
            except _Fault as fault:
                if not fault.again:
                    raise PdfGivenUp(str(fault)) from None
                logger.warning("%s The document is printed again.", fault)
            try:
                return self._attempt(order)
            except _Fault as fault:
                raise PdfGivenUp(str(fault)) from None

    def stop(self) -> None:
        """End the worker, also in the middle of a document, and remove its folder. The next document starts another."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def forget(self) -> None:
        """Leave the worker to the process that started it: after a fork there are two of us."""
        self._one_at_a_time = threading.Lock()
        if self._worker is not None:
            self._worker.orders.close()
            self._worker.process.returncode = 0  # not ours to wait for
            self._worker = None

    def _attempt(self, order: Mapping[str, str | None]) -> RenderedPdf:
        self._worker = self._worker or _Running(seconds=self.seconds, memory=self.memory, patience=self.patience)
        try:
            return self._worker.print(order)
        except RefusedResource:
            raise  # the worker is as good as before
        except BaseException:
            self.stop()
            raise


class Printers:
    """Prints as many documents at the same time as there are processors; who comes then waits for the first to be free.

    The printer that was free last is the first to be taken, so that one after the other needs one worker.
    """

    def __init__(self, number: int):
        self._all = [Printer() for _ in range(number)]
        self._let_in()

    def _let_in(self) -> None:
        self._free: queue.LifoQueue[Printer] = queue.LifoQueue()
        for printer in self._all:
            self._free.put(printer)

    @property
    def pids(self) -> list[int]:
        """The processes that run, and wait for documents or print them."""
        return [pid for printer in self._all if (pid := printer.pid)]

    def print(self, order: Mapping[str, str | None]) -> RenderedPdf:
        """Print one order. Raises RefusedResource, PdfUnavailable or PdfGivenUp."""
        printer = self._free.get()
        try:
            return printer.print(order)
        finally:
            self._free.put(printer)

    def stop(self) -> None:
        """End all workers, also in the middle of a document. The next document starts another."""
        for printer in self._all:
            printer.stop()

    def forget(self) -> None:
        """Leave the workers to the process that started them."""
        for printer in self._all:
            printer.forget()
        self._let_in()


class _Running:
    """A worker that runs: its process, the socket to it and its folder for temporary files."""

    def __init__(self, *, seconds: int, memory: int, patience: float):
        _sweep()
        self.seconds, self.memory, self.patience, self.printed = seconds, memory, patience, 0
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDERS))
        fonts = self.folder / "fonts.conf"
        fonts.write_text(NO_FONTS_OF_THE_MACHINE.format(folder=escape(str(self.folder))), encoding="utf-8")
        ours, theirs = socket.socketpair()
        with theirs, (self.folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the worker inherits it, and holds it as long as it lives
            self.process = subprocess.Popen(
                [sys.executable, "-m", "contracts.printing.worker", str(theirs.fileno()), str(seconds), str(memory)],
                cwd=Path(__file__).resolve().parents[2],
                env=_environment() | {"TMPDIR": str(self.folder), "FONTCONFIG_FILE": str(fonts)},
                pass_fds=(theirs.fileno(), lock.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C is for us; the worker ends when we do
            )
        self.orders = Connection(ours.detach())

    def print(self, order: Mapping[str, str | None]) -> RenderedPdf:
        """Print one order. Raises _Fault where that ended the worker, or was too much for it."""
        answered, halted = threading.Event(), threading.Event()
        seconds, memory = allowed(order["html"], self.seconds, self.memory)

        def watch():
            # The worker ends itself when its time is over; one that has stalled cannot, and uses no time either.
            used = None
            while not answered.wait(self.patience):
                before, used = used, _processor_time(self.process.pid)
                if used is not None and used == before:
                    halted.set()
                    self.process.kill()
                    return

        threading.Thread(target=watch, daemon=True).start()
        try:
            self.orders.send_bytes(json.dumps(dict(order)).encode())
            answer = json.loads(self.orders.recv_bytes())
            data = self.orders.recv_bytes()
        except (EOFError, ConnectionError):
            raise self._death(halted, seconds) from None
        finally:
            answered.set()
        if "memory" in answer:
            raise self._too_much(f"{memory // 1024**2:,} MB of memory")
        return self._printed(answer, data)

    def _printed(self, answer: Mapping, data: bytes) -> RenderedPdf:
        if "unavailable" in answer:
            raise PdfUnavailable(answer["unavailable"])
        if "error" in answer:
            logger.error("The worker met an unexpected fault: %s", answer["traceback"])
            raise _Fault(f"No PDF could be made ({answer['error']}). The log shows where.", again=False)
        self.printed += 1
        if "refused" in answer:
            raise RefusedResource(
                f"The document asks for {', '.join(answer['refused'])}. A document may use its own text and nothing "
                "else: take the reference out of its template."
            )
        return RenderedPdf(data, answer["pages"])

    def _death(self, halted: threading.Event, seconds: int) -> _Fault:
        ended = -self.process.wait()
        if ended == signal.SIGPROF:
            return self._too_much(f"{seconds} seconds of processor time")
        if halted.is_set():
            return _Fault(
                f"No PDF could be made yet: the server was busy, and the process that prints got no time for "
                f"{self.patience:.0f} seconds. Nothing is wrong with the document: it is tried again.",
                again=True,
            )
        by = signal.Signals(ended).name if ended > 0 else f"exit code {-ended}"
        return _Fault(
            f"No PDF could be made: the process that prints was ended from outside ({by}). Try again; if it happens "
            "again, see whether the machine is short of memory.",
            again=True,
        )

    def _too_much(self, what: str) -> _Fault:
        message = f"No PDF could be made: the document needs more than {what}. Look for a very long or odd text in it."
        return _Fault(message, again=self.printed > 0)

    def end(self) -> None:
        """End the process and remove its folder."""
        self.process.kill()
        self.process.wait()
        self.orders.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _processor_time(pid: int) -> int | None:
    """Return what a process has used of the processor, in ticks of the system's clock; None once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[11]) + int(fields[12])


def _environment() -> dict[str, str]:
    """What the worker needs of our surroundings, which is no secret, no database and no font of the machine."""
    names = [name for name in os.environ if name not in ("SECRET_KEY", "DATABASE_URL")]
    return {name: os.environ[name] for name in names if not name.startswith("FONTCONFIG_")}


FOLDERS = "contract-desk-worker-"
LOCK = "lock"
ABANDONED_AFTER = 60 * 60
"""Seconds after which a folder without a lock belongs to no worker that is just starting."""


def _sweep() -> None:
    """Remove the folders of workers that live no more: their application was killed, and could not."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDERS}*"):
        try:
            found = folder.lstat()
            if found.st_uid == os.geteuid() and folder.is_dir() and not folder.is_symlink():
                _sweep_away(folder, age=time.time() - found.st_mtime)
        except OSError:
            continue  # another process was quicker


def _sweep_away(folder: Path, *, age: int) -> None:
    try:
        with (folder / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return  # its worker lives
    except FileNotFoundError:
        if age > ABANDONED_AFTER:
            shutil.rmtree(folder, ignore_errors=True)


_printer = Printers(AT_ONCE)
atexit.register(_printer.stop)
os.register_at_fork(after_in_child=_printer.forget)


# ---- without WeasyPrint ------------------------------------------------------------------------------------------


def weasyprint_can_be_imported(app_configs=None, **kwargs) -> list[checks.CheckMessage]:
    """Warn where no PDF can be made, and name what is missing. Everything but printing works without it.

    Importing WeasyPrint takes longer than most commands, so it is tried only where its libraries are not at hand.
    """
    if importlib.util.find_spec("weasyprint") and all(_loads(library) for library in LIBRARIES):
        return []
    try:
        import_weasyprint()
    except PdfUnavailable as missing:
        message, _, install = str(missing).partition(" On Debian:")
        return [checks.Warning(message, hint=f"On Debian:{install}", id="contracts.W001")]
    return []


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
