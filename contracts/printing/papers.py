"""Papers that are printed one at a time. What is not issued yet is kept until it would read differently."""

import fcntl
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from contracts.printing import stored_files
from contracts.printing.pdf import PdfGivenUp, PdfUnavailable, render_pdf
from contracts.printing.worker import FOLDER, STYLE_SHEET
from contracts.refusal import Refusal

logger = logging.getLogger(__name__)


class BeingMade(Exception):
    """Somebody else has asked for the same paper, and it is being printed."""


@contextmanager
def printing(name: str, *, waits: bool = False) -> Iterator[None]:
    """Keep others from printing the same paper meanwhile; the system lets them when this process dies.

    While somebody else prints it this `waits`, or raises BeingMade.
    """
    path = _lock_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BeingMade from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)  # who waited for this very file looks first whether the paper is there


def is_being_printed(name: str) -> bool:
    """Tell whether some process is printing a paper."""
    try:
        with _lock_of(name).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError) as fault:
        return isinstance(fault, BlockingIOError)
    return False


def _lock_of(name: str) -> Path:
    return settings.PAPERS_DIR / f"{name}.lock"


def printed_once(*, name: str, html: str, identifier: str, created_on: date, wait: float | None = None) -> bytes:
    """Return the PDF of a page: the kept one while the page reads the same, otherwise a new one in its place.

    `name` tells one paper from another. Raises BeingMade while it is being printed, or when that takes longer than
    `wait` seconds and goes on behind; and what `render_pdf` raises, in the second case to whoever asks next.
    """
    folder = settings.PAPERS_DIR
    said = "\n".join([html, identifier, created_on.isoformat(), _style()])
    path = folder / f"{name}.{sha256(said.encode()).hexdigest()[:32]}.pdf"
    failed = path.with_suffix(".failed")
    with suppress(FileNotFoundError):
        return path.read_bytes()
    with suppress(FileNotFoundError):
        reason = failed.read_text()
        failed.unlink(missing_ok=True)
        raise PdfGivenUp(reason)

    def make() -> bytes:
        with printing(name):
            with suppress(FileNotFoundError):
                return path.read_bytes()  # the one before us has just made it
            data = render_pdf(html=html, identifier=identifier, created_on=created_on)
            for earlier in (*folder.glob(f"{name}.*.pdf"), *folder.glob(f"{name}.*.failed")):
                earlier.unlink(missing_ok=True)
            stored_files.keep(path.name, data, folder=folder)
        return data

    return make() if wait is None else _for_a_while(make, failed, wait)


def _for_a_while(make: Callable[[], bytes], failed: Path, seconds: float) -> bytes:
    """Return what `make` does in a thread of its own; it is not ended, and a fault nobody waits for is put on file."""
    made: Future[bytes] = Future()

    def work() -> None:
        try:
            made.set_result(make())
        except Exception as fault:
            made.set_exception(fault)

    def put_on_file(_made: Future) -> None:
        fault = made.exception()
        if isinstance(fault, PdfGivenUp):
            failed.write_text(str(fault))
        elif fault is not None and not isinstance(fault, BeingMade):
            logger.error("No PDF can be made", exc_info=fault)

    threading.Thread(target=work, daemon=True).start()
    try:
        return made.result(timeout=seconds)
    except TimeoutError:
        made.add_done_callback(put_on_file)
        raise BeingMade from None


@cache
def _style() -> str:
    return sha256((FOLDER / STYLE_SHEET).read_bytes()).hexdigest()


def why_unprinted(fault: PdfUnavailable | Refusal) -> str:
    """Return what a reader is told of a paper that cannot be made; what an administrator needs is logged."""
    if isinstance(fault, PdfGivenUp | Refusal):
        return str(fault)
    logger.error("No PDF can be made: %s", fault)
    return "No PDF can be made at the moment. Ask an administrator: the log says why."
