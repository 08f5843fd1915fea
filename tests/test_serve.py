"""The server: one process or several behind one port, which end together."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection

from tests.test_setup import run

ROOT = Path(settings.BASE_DIR)
pytestmark = pytest.mark.full


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--frobnicate"], "bin/serve does not know the option --frobnicate."),
        (["--port"], "--port needs a value after it."),
        (["--port", "0"], "--port needs a number from 1 to 65535, not 0."),
        (["--processes", "0"], "--processes needs a number from 1 to 64, not 0."),
        (["--processes", "two"], "--processes needs a number from 1 to 64, not two."),
    ],
)
def test_serve_refuses_wrong_arguments(arguments, message):
    done = run("bin/serve", *arguments)

    assert (done.returncode, done.stderr.splitlines()) == (2, [message, "See: bin/serve --help"])


def test_several_processes_are_refused_for_sqlite():
    done = run(sys.executable, "-m", "config.serve", "--processes", "2", DATABASE_URL="sqlite:///unused.sqlite3")

    assert done.returncode == 2
    assert done.stderr == "SQLite is served by one process. Leave --processes out, or name a PostgreSQL database.\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def served(request):
    """Begin the server with some processes; return it, once it answers, with its port."""
    begun = []

    def serve(processes: int) -> tuple[subprocess.Popen, int]:
        port = free_port()
        command = (sys.executable, "-m", "config.serve", "--port", str(port), "--processes", str(processes))
        begun.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, process_group=0))
        while begun[-1].poll() is None and not answers(port):
            time.sleep(0.05)
        return begun[-1], port

    yield serve
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/static/pages.css", timeout=30) as answer:
            return answer.status == 200
    except OSError as refused:
        return getattr(refused, "code", None) is not None


def children(process: subprocess.Popen) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(number) for number in listed.split()]


def test_one_process_serves_and_ends_when_told_to(served):
    process, port = served(1)
    assert answers(port)

    process.terminate()
    process.wait(timeout=60)

    assert not answers(port)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite is served by one process")
def test_several_processes_end_together(served):
    process, port = served(2)
    assert len(children(process)) == 2
    process.terminate()
    assert process.wait(timeout=60) == 0
    assert not answers(port)

    process, port = served(2)
    killed, _other = children(process)
    os.kill(killed, signal.SIGKILL)

    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == f"Process {killed} has ended with -9; the others were ended.\n"
    assert not answers(port)
