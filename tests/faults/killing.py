"""Kill points: before and after every statement and commit of a process, and before every change of a file."""

import os
import signal
import sys

from django.conf import settings
from django.db import connection

FILE_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir")
WRITES = ("INSERT", "UPDATE", "DELETE")


class KillPoints:
    """Numbers the steps of this process and, at one of them, kills it as kill -9 does.

    `file_steps` and `write_steps` are those before which a file, or a row, was about to change.

    `at` is the number of the step and whether to be killed after it; None only counts.
    """

    def __init__(self, at: tuple[int, bool] | None = None):
        self.steps = 0
        self.file_steps: list[int] = []
        self.write_steps: list[int] = []
        self._at = at

    def install(self) -> None:
        """Watch the database connection and the documents' folder of this process."""
        connection.execute_wrappers.append(self._execute)
        commit = connection._commit
        connection._commit = lambda: self._step(commit)
        sys.addaudithook(self._file)

    def _execute(self, execute, sql, params, many, context):
        if sql.startswith(WRITES):
            self.write_steps.append(self.steps + 1)
        return self._step(lambda: execute(sql, params, many, context))

    def _step(self, act):
        self.steps += 1
        if self._at == (self.steps, False):
            os.kill(os.getpid(), signal.SIGKILL)
        result = act()
        if self._at == (self.steps, True):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def _file(self, event: str, arguments: tuple) -> None:
        if event in FILE_EVENTS and str(arguments[0]).startswith(str(settings.DOCUMENTS_DIR)):
            self.file_steps.append(self.steps + 1)
            self._step(lambda: None)
