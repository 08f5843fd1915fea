"""A PostgreSQL server of our own, which may crash or run out of disk: started here, stopped here, 127.0.0.1 only."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
USERS = ("postgres", "nobody")


class CannotRun(Exception):
    """No server can be started here; the message says what is missing."""


class Cluster:
    """A server with a data folder of its own, on a port that was free."""

    def __init__(self, folder: Path, **settings: str):
        self.folder = folder
        self._data, self._log = folder / "data", folder / "log"
        self._run_as = _user()
        if self._run_as:
            owner = pwd.getpwnam(self._run_as)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._program("initdb", "-U", "faults", "-A", "trust", "--locale=C", "-E", "UTF8", "--wal-segsize=1", "-N")
        fixed = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "on"}
        small = {"shared_buffers": "16MB", "max_wal_size": "8MB", "min_wal_size": "2MB"}
        lines = [f"{name} = '{value}'" for name, value in (fixed | small | settings).items()]
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("\n".join(lines) + "\n")

    @property
    def url(self) -> str:
        """A database on the server from which others can be created."""
        return f"postgres://faults@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, or recover it after a crash."""
        self._program("pg_ctl", "-l", str(self._log), "-w", "-t", "60", "start")

    def crash(self) -> None:
        """Stop it at once, without a last word to disk: what was not flushed is lost."""
        self._program("pg_ctl", "-m", "immediate", "-w", "-t", "60", "stop")

    def runs(self) -> bool:
        """Whether it answers."""
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.url, connect_timeout=3).close()
            return True
        return False

    def answers(self, *, seconds: int = 30) -> bool:
        """Wait until it answers, as after a crash from which it recovers by itself."""
        until = time.monotonic() + seconds
        while not self.runs():
            if time.monotonic() > until:
                return False
            time.sleep(0.2)
        return True

    def remove(self) -> None:
        """Stop it, if it runs, and remove its folder."""
        with suppress(CannotRun):
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _program(self, name: str, *arguments: str) -> None:
        command = [str(PROGRAMS[-1].with_name(name)), "-D", str(self._data), *arguments]
        if self._run_as:
            command = ["runuser", "-u", self._run_as, "--", *command]
        # A server keeps what it inherits: its output goes to its log, not into a pipe that somebody reads to the end.
        with tempfile.TemporaryFile() as message:
            ended = subprocess.run(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=message, stderr=message, timeout=120
            )
            message.seek(0)
            if ended.returncode:
                raise CannotRun(f"{name} failed: {message.read().decode(errors='replace')[-300:].strip()}")


def _user() -> str:
    """Return as whom the server must run: root may not, everybody else runs it themselves."""
    if not PROGRAMS:
        raise CannotRun("the programs of a PostgreSQL server (initdb, pg_ctl) are not in /usr/lib/postgresql")
    if os.geteuid() != 0:
        return ""
    if shutil.which("runuser") is None:
        raise CannotRun("the server may not run as root, and runuser is missing")
    known = {entry.pw_name for entry in pwd.getpwall()}
    found = next((name for name in USERS if name in known), None)
    if found is None:
        raise CannotRun("the server may not run as root, and there is no user postgres or nobody")
    return found


class SmallDisk:
    """A file system of a few megabytes, in memory, which can be filled up and emptied again."""

    def __init__(self, folder: Path, *, megabytes: int):
        self.folder = folder
        folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "contract-desk-faults", str(folder)],
            capture_output=True,
            text=True,
        )
        if mounted.returncode:
            raise CannotRun(f"no small file system can be had here: {mounted.stderr.strip()[:200]}")
        self._ballast = folder / "ballast"

    def leave(self, kilobytes: int) -> None:
        """Fill it up, but for so much."""
        self.empty()
        free = shutil.disk_usage(self.folder).free - kilobytes * 1024
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(free, 1))

    def empty(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove everything that lies on it."""
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def remove(self) -> None:
        """Take it off again."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)
