"""Serves the pages on this machine alone: waitress with threads, in as many processes as are asked for behind one port.

    python -m config.serve --port 8000 --processes 2

Everything is loaded before the processes part, so that they share it.

Threads of one process share one processor core for their work in Python, so that a busy desk wants a process for each
core. They need PostgreSQL: SQLite has one lock for everybody. A proxy in front ends TLS.
"""

import argparse
import os
import signal
import socket
import sys

import waitress
from django.conf import settings
from django.db import connection

from config.wsgi import application

THREADS = 8
MOST_PROCESSES = 64


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; return the exit code, which is not 0 where a process has ended by itself."""
    parser = argparse.ArgumentParser(prog="python -m config.serve", description="Serves the pages on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=1, choices=range(1, MOST_PROCESSES + 1), metavar="N")
    chosen = parser.parse_args(arguments)

    if refusal := _refusal(chosen.processes):
        print(refusal, file=sys.stderr)
        return 2
    listening = socket.create_server(("127.0.0.1", chosen.port), backlog=1024)
    if chosen.processes == 1:
        _serve(listening)
        return 0
    return _watch([_begin(listening) for _ in range(chosen.processes)])


def _refusal(processes: int) -> str:
    if processes > 1 and connection.vendor == "sqlite":
        return "SQLite is served by one process. Leave --processes out, or name a PostgreSQL database."
    return ""


def _serve(listening: socket.socket) -> None:
    waitress.serve(application, sockets=[listening], threads=THREADS, max_request_body_size=settings.LARGEST_REQUEST)


def _begin(listening: socket.socket) -> int:
    """Begin a process that serves; return its number."""
    number = os.fork()
    if number:
        return number
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _serve(listening)
    os._exit(0)


def _watch(numbers: list[int]) -> int:
    """Wait for the processes; once one has ended, or this one is told to, end them all."""

    def end(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        ended, status = os.wait()
    except KeyboardInterrupt:
        ended = status = 0
    for number in numbers:
        if number != ended:
            os.kill(number, signal.SIGTERM)
            os.waitpid(number, 0)
    if not ended:
        return 0
    print(
        f"Process {ended} has ended with {os.waitstatus_to_exitcode(status)}; the others were ended.", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
