"""Arguments of commands, read the same way by all of them; a bad one is one sentence and exit code 2."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import date
from typing import NoReturn

from django.core.management.base import BaseCommand, CommandError

from contracts.management.garbage import look_rarely
from contracts.models import Agreement

FIRST_YEAR, LAST_YEAR = 1900, 2199
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class BadArgument(CommandError):
    """An argument that a command cannot work with: nothing was done."""

    def __init__(self, sentence: str):
        super().__init__(sentence, returncode=2)


class DeskCommand(BaseCommand):
    """Base of every command of the desk: what is wrong with its arguments is one sentence and exit code 2."""

    _from_shell = False

    def create_parser(self, prog_name, subcommand, **kwargs):
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def refuse(message: str) -> NoReturn:
            raise BadArgument(f"{message[:1].upper()}{message[1:]}: see manage.py {subcommand} --help.")

        parser.error = refuse
        return parser

    def run_from_argv(self, argv):
        with self._saying():
            for argument in argv:
                _refuse_bytes(argument)
            self._from_shell = True
            look_rarely()
            super().run_from_argv(argv)

    def execute(self, *args, **options):
        with self._saying() if self._from_shell else nullcontext():
            return super().execute(*args, **options)

    @contextmanager
    def _saying(self) -> Iterator[None]:
        """Say what is wrong with an argument, and no more."""
        try:
            yield
        except BadArgument as refused:
            self.stderr.write(str(refused))
            sys.exit(refused.returncode)


def _refuse_bytes(argument: str) -> None:
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise BadArgument(f"{os.fsencode(argument)!r} holds bytes that are no text.") from None


def day(text: str) -> date:
    """Read a date given on the command line. Raises BadArgument for anything but year-month-day, and odd years."""
    found = None
    with suppress(ValueError):  # such as February 30
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    if found is None:
        raise BadArgument(f"{text!r} is not a date. Write year-month-day, such as 1999-06-30.")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadArgument(f"{text} is too far away. Write a year from {FIRST_YEAR} to {LAST_YEAR}.")
    return found


def agreements(numbers: Sequence[str] | None) -> list[Agreement]:
    """Return the agreements of the given numbers, or all of them. Raises BadArgument naming those not on file."""
    if not numbers:
        return list(Agreement.objects.order_by("number"))
    found = {agreement.number: agreement for agreement in Agreement.objects.filter(number__in=numbers)}
    unknown = [number for number in numbers if number not in found]
    if unknown:
        named = ", ".join(number or "“”" for number in unknown)
        raise BadArgument(f"Not on file: agreement {named}. Check the number, or load the agreement first.")
    return [found[number] for number in dict.fromkeys(numbers)]
