"""Processes of our own: forked, waited for, and killed where a check asks for it. Each is bounded in time."""

import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from django.db import connection

Act = Callable[[], object]
"""What a process does; it returns something that JSON can hold."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: with a value, with an error, or killed."""

    value: object = None
    error: str = ""
    killed: bool = False


class Process:
    """A forked process that does one thing and reports it."""

    def __init__(self, act: Act):
        connection.close()  # a connection belongs to one process
        sys.stdout.flush()
        self._answer, answer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._answer)
            _work(act, answer)
        os.close(answer)
        self._said = b""

    def kill(self) -> None:
        """Kill it at once, as kill -9 does."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self, *, seconds: int) -> Ended:
        """Wait for it; one that does not come to its end is killed and has failed."""
        until = time.monotonic() + seconds
        while self._read(until - time.monotonic()):
            pass
        late = time.monotonic() >= until
        if late:
            self.kill()
        os.close(self._answer)
        _pid, status = os.waitpid(self.pid, 0)
        if late:
            return Ended(error=f"not finished after {seconds} seconds")
        if not self._said:
            return Ended(killed=os.WIFSIGNALED(status), error="" if os.WIFSIGNALED(status) else "ended without a word")
        message = json.loads(self._said)
        return Ended(value=message.get("value"), error=message.get("error", ""))

    def _read(self, seconds: int) -> bool:
        if seconds <= 0 or not select.select([self._answer], [], [], seconds)[0]:
            return False
        part = os.read(self._answer, 1 << 16)
        self._said += part
        return bool(part)


def _work(act: Act, answer: int) -> None:
    """Do it and end, without anything that belongs to the process that forked us."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        message = {"value": act()}
    except BaseException as error:
        message = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
        if os.environ.get("FAULTS_VERBOSE"):
            traceback.print_exc()
    try:
        connection.close()
        left = json.dumps(message).encode()
        while left:
            left = left[os.write(answer, left) :]
    finally:
        os._exit(0)


def in_process(act: Act, *, kill_after: float | None = None, forked: Act = lambda: None, seconds: int = 300) -> Ended:
    """Do one thing in a process of its own, and kill it after so many seconds where they are given.

    `forked` is done here as soon as the process is there.
    """
    process = Process(act)
    forked()
    if kill_after is not None:
        time.sleep(kill_after)
        process.kill()
    return process.end(seconds=seconds)


def apart(act: Act, *, seconds: int = 300) -> object:
    """Do one thing in a process of its own, which must succeed in so many seconds, and return its value."""
    ended = in_process(act, seconds=seconds)
    if ended.error or ended.killed:
        raise RuntimeError(ended.error or "killed")
    return ended.value


def at_once(acts: Sequence[Act], *, warm_up: Act = connection.ensure_connection, seconds: int = 300) -> list[Ended]:
    """Do several things in a process each, all of which begin at the same moment, once all have warmed up."""
    ready = get_context("fork").Barrier(len(acts))

    def begin_together(act: Act) -> Act:
        def begin():
            warm_up()
            ready.wait(timeout=60)
            return act()

        return begin

    processes = [Process(begin_together(act)) for act in acts]
    until = time.monotonic() + seconds
    return [process.end(seconds=max(1, int(until - time.monotonic()))) for process in processes]


def race(act: Callable[[int], object], *, writers: int, rounds: int, prepare: Act | None = None) -> list[Ended]:
    """Let several processes do the same thing at the same moment, round by round; each returns what came of each."""
    go = get_context("fork").Barrier(writers)

    def run() -> list:
        if prepare is not None:
            prepare()
        results = []
        for number in range(rounds):
            go.wait(timeout=60)
            results.append(act(number))
        return results

    return at_once([run] * writers, seconds=60 + 2 * rounds)
