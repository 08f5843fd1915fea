"""Workers for hundreds of short runs: forked from one that is warm, which saves the second that each start takes.

A run that loses its worker starts the next one as the application always does.
"""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from contracts.printing import pdf, worker
from tests.faults.workers import Act, Ended, in_process


class _Sibling:
    """The worker of a run, as the run sees it: a process that somebody else started."""

    def __init__(self, pid: int):
        self.pid = pid

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait until it is gone, and say that it was killed."""
        with suppress(FileNotFoundError):
            while Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.01)
        return -signal.SIGKILL


class _Handed(pdf._Running):
    """A worker that runs already."""

    def __init__(self, orders: Connection, pid: int):
        self.seconds, self.memory, self.printed = pdf.SECONDS, pdf.MEMORY, 0
        self.folder = Path("/nowhere")
        self.process = _Sibling(pid)
        self.orders = orders


def warm() -> None:
    """Read style sheet and fonts once, here."""
    worker._loaded(beyond=False)


@contextmanager
def at_hand(number: int) -> Iterator[list[Act]]:
    """Have so many warm workers ready; each is taken in the process that will print with it."""
    created = [_forked() for _ in range(number)]
    try:
        yield [partial(_take, orders, pid) for orders, pid in created]
    finally:
        for orders, _pid in created:
            orders.close()
        for _orders, pid in created:
            os.waitpid(pid, 0)  # it ends when nobody holds the other side any more


def in_process_with_worker(act: Act, *, kill_after: float | None = None, seconds: int = 300) -> Ended:
    """Do what `in_process` does, with a warm worker at hand."""
    with at_hand(1) as (take,):

        def with_worker():
            take()
            return act()

        return in_process(with_worker, kill_after=kill_after, seconds=seconds)


def _forked() -> tuple[Connection, int]:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        try:
            worker.main(theirs.detach(), pdf.SECONDS, pdf.MEMORY)
        finally:
            os._exit(0)
    theirs.close()
    return Connection(ours.detach()), pid


def _take(orders: Connection, pid: int) -> None:
    pdf._printer = pdf.Printer()
    pdf._printer._worker = _Handed(orders, pid)
