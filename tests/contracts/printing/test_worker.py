"""The process that prints: killed, halted, too slow or too greedy, it harms no other document and leaves nothing."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from contracts.printing import pdf
from contracts.printing.pdf import MEMORY, PdfGivenUp, Printer, RenderedPdf
from contracts.printing.worker import BYTES_A_ROW, allowed

pytestmark = [pytest.mark.full, pytest.mark.any_database]
ROOT = Path(__file__).resolve().parents[3]
TIME_BOMB = "<p>a" + "\u0301" * 100_000
"""One letter with 100,000 accents, which no form lets in, keeps the renderer busy for more than a minute."""
MEMORY_BOMB = '<table><tr><td colspan="3000000">x</td></tr></table>'


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """Give the workers of a test a folder of their own for what they put down."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def printer(temporary) -> Iterator[Printer]:
    """A printer with limits that a test can wait for; what it prints here takes a tenth of either."""
    printer = Printer(seconds=6, memory=400 * 1024**2)
    yield printer
    printer.stop()


def order(body: str) -> dict:
    html = f'<!doctype html><html lang="en"><title>A document</title><body>{body}</body></html>'
    return {"html": html, "identifier": "D-1", "created_on": "1998-11-01", "language": "en", "title": None}


def text(printed: RenderedPdf) -> str:
    return PdfReader(io.BytesIO(printed.data)).pages[0].extract_text().split("\n")[0]


def alive(pid: int) -> bool:
    """Whether a process is there and runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds: int = 200) -> None:
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds
        time.sleep(0.05)


def while_printing(printer: Printer, body: str, act) -> RenderedPdf:
    """Print a document and do something to the worker in the middle of it."""
    pid = printer.pid
    started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11]

    def wait_and_act():
        wait_until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11] != started)
        act(pid)

    actor = threading.Thread(target=wait_and_act)
    actor.start()
    try:
        return printer.print(order(body))
    finally:
        actor.join()


MORE = '<h2 style="break-before: page">More</h2>' + "<p>A paragraph of some words.</p>" * 500


def test_worker_is_kept_for_the_next_document(printer):
    printer.print(order("<h1>One</h1>"))
    first = printer.pid
    assert text(printer.print(order("<h1>Two</h1>"))) == "Two"
    assert printer.pid == first


def test_document_is_printed_again_when_its_worker_is_killed(printer):
    printer.print(order("<h1>Before</h1>"))
    killed = printer.pid
    printed = while_printing(printer, "<h1>The same</h1>" + MORE, lambda pid: os.kill(pid, signal.SIGKILL))
    assert text(printed) == "The same"
    assert printed == printer.print(order("<h1>The same</h1>" + MORE))
    assert printer.pid != killed


def test_worker_that_was_killed_while_idle_is_replaced(printer):
    printer.print(order("<h1>Before</h1>"))
    os.kill(printer.pid, signal.SIGKILL)
    assert text(printer.print(order("<h1>After</h1>"))) == "After"


def test_worker_that_waits_for_the_processor_is_waited_for(printer):
    printer.print(order("<h1>Before</h1>"))
    slowed = printer.pid

    def halt_for_half_of_its_limit(pid):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(printer.seconds / 2 + 1)
        os.kill(pid, signal.SIGCONT)

    printed = while_printing(printer, "<h1>The same</h1>" + MORE, halt_for_half_of_its_limit)
    assert text(printed) == "The same"
    assert printer.pid == slowed


def test_stalled_worker_is_replaced(temporary):
    printer = Printer(patience=1)
    printer.print(order("<h1>Before</h1>"))
    halted = printer.pid

    def halt(pid):
        os.kill(pid, signal.SIGSTOP)
        printer.patience = pdf.PATIENCE  # of the worker that takes its place

    printed = while_printing(printer, "<h1>The same</h1>" + MORE, halt)
    assert text(printed) == "The same"
    assert not alive(halted)
    printer.stop()


def test_workers_that_get_no_time_blame_the_server_and_not_the_text(temporary, monkeypatch):
    waits_for_ever = temporary / "python"
    waits_for_ever.write_text("#!/bin/sh\nexec sleep 1000\n")
    waits_for_ever.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(waits_for_ever))

    with pytest.raises(PdfGivenUp) as refused:
        Printer(patience=0.5).print(order("<p>x</p>"))

    assert str(refused.value) == (
        "No PDF could be made yet: the server was busy, and the process that prints got no time for 0 seconds. "
        "Nothing is wrong with the document: it is tried again."
    )


def test_document_that_takes_too_long_is_given_up_and_the_next_one_prints(printer):
    with pytest.raises(PdfGivenUp) as refused:
        printer.print(order(TIME_BOMB))
    assert str(refused.value) == (
        "No PDF could be made: the document needs more than 6 seconds of processor time. "
        "Look for a very long or odd text in it."
    )
    assert text(printer.print(order("<h1>Next</h1>"))) == "Next"


def test_document_that_needs_too_much_memory_is_given_up_and_the_next_one_prints(printer):
    printer.seconds = 60
    printer.print(order("<h1>Before</h1>"))
    with pytest.raises(PdfGivenUp, match="the document needs more than 402 MB of memory"):
        printer.print(order(MEMORY_BOMB))
    assert text(printer.print(order("<h1>Next</h1>"))) == "Next"


def test_unexpected_fault_of_the_renderer_is_said_and_logged(printer, caplog):
    with pytest.raises(PdfGivenUp, match=r"^No PDF could be made \(RecursionError: .*\)\. The log shows where\.$"):
        printer.print(order("<div>" * 3000))
    assert "weasyprint" in caplog.text


def test_others_go_on_while_a_document_hangs(printer):
    given_up = []

    def print_bomb():
        try:
            printer.print(order(TIME_BOMB))
        except PdfGivenUp as refused:
            given_up.append(refused)

    bomb = threading.Thread(target=print_bomb)
    bomb.start()
    steps = 0
    while bomb.is_alive():  # this thread is the rest of the web process: its work goes on, however the renderer burns
        time.sleep(0.01)
        steps += 1
    assert len(given_up) == 1
    assert steps > 100


def test_worker_knows_neither_secret_nor_database(printer, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary-key")
    monkeypatch.setenv("DATABASE_URL", "postgres://canary-database")
    printer.print(order("<p>x</p>"))
    assert b"canary" not in Path(f"/proc/{printer.pid}/environ").read_bytes()


# ---- what is left behind -----------------------------------------------------------------------------------------


def test_folder_goes_with_its_worker(printer, temporary):
    printer.print(order("<h1>One</h1>"))
    (folder,) = temporary.iterdir()
    assert [path.name for path in folder.iterdir() if path.is_dir()] != []  # WeasyPrint's unpacked fonts
    printer.stop()
    assert list(temporary.iterdir()) == []


def test_folder_of_a_worker_that_was_killed_with_its_application_is_swept_by_the_next(printer, temporary):
    def folder(name: str, *, age: int = 0, locked: bool = True) -> Path:
        created = temporary / f"{pdf.FOLDERS}{name}"
        created.mkdir()
        if locked:
            (created / pdf.LOCK).touch()
        os.utime(created, (time.time() - age, time.time() - age))
        return created

    left, old = folder("left"), folder("old", age=7200, locked=False)
    young, other = folder("young", locked=False), temporary / "somebody-else"
    other.mkdir()
    neighbour = Printer()
    neighbour.print(order("<p>x</p>"))
    printer.print(order("<p>x</p>"))
    assert (left.exists(), old.exists()) == (False, False)
    assert (young.exists(), other.exists()) == (True, True)
    assert text(neighbour.print(order("<h1>Still here</h1>"))) == "Still here"
    assert len(list(temporary.glob(f"{pdf.FOLDERS}*"))) == 3  # young and those of the two that print
    neighbour.stop()


APPLICATION = """
import django, os, signal, sys
django.setup()
from contracts.printing import pdf
order = {"identifier": "D-1", "created_on": "1998-11-01", "language": "en", "title": None}
pdf._printer.print({"html": "<p>x</p>", **order})
print(*pdf._printer.pids, flush=True)
if sys.argv[1] == "killed while printing":
    printer = pdf._printer._free.queue[-1]
    printer.seconds = printer._worker.seconds = 3
    import threading
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
    pdf._printer.print({"html": "<p>a" + chr(0x301) * 20_000, **order})
elif sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("end", ["ordinary", "killed", "killed while printing"])
def test_worker_ends_with_its_application(end, tmp_path):
    environment = {
        **os.environ,
        "SECRET_KEY": "x",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", APPLICATION, end], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode == 0) == (end == "ordinary"), done.stderr
    wait_until(lambda: not alive(int(done.stdout)))
    assert (list(tmp_path.iterdir()) == []) == (end == "ordinary")


def test_forked_process_prints_with_a_worker_of_its_own():
    pdf.render_pdf(html="<p>x</p>", identifier="D-1", created_on=date(1998, 11, 1))
    (ours,) = pdf._printer.pids
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            pdf.render_pdf(html="<p>y</p>", identifier="D-1", created_on=date(1998, 11, 1))
            os.write(writing, str(*pdf._printer.pids).encode())
            pdf._printer.stop()
        finally:
            os._exit(0)
    os.close(writing)
    theirs = int(os.read(reading, 20))
    os.close(reading)
    os.waitpid(child, 0)
    assert theirs != ours
    assert alive(ours)
    assert pdf.render_pdf(html="<p>x</p>", identifier="D-1", created_on=date(1998, 11, 1)).startswith(b"%PDF")
    assert pdf._printer.pids == [ours]


def test_documents_one_after_the_other_need_one_worker_and_those_at_the_same_time_one_each(temporary):
    printers = pdf.Printers(2)
    assert [text(printers.print(order(body))) for body in ("first", "second")] == ["first", "second"]
    (halted,) = printers.pids
    os.kill(halted, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(printers.print, order("third"))
        assert text(printers.print(order("fourth"))) == "fourth"
        os.kill(halted, signal.SIGCONT)
        assert text(waiting.result()) == "third"
    assert halted in printers.pids
    assert len(printers.pids) == 2
    printers.stop()
    assert not printers.pids


def test_time_and_memory_grow_with_the_rows():
    assert allowed("<tr>" * 2000, 55, MEMORY) == (55 + 500, MEMORY + 2000 * BYTES_A_ROW)
