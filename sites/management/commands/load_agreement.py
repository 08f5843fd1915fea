"""Load an agreement file: what is new is added, what is on file stays."""

from pathlib import Path

from django.core.management.base import CommandError

from contracts.clock import business_date
from contracts.management.command_arguments import BadArgument, DeskCommand
from contracts.wording import plural
from sites.agreement_files.agreement_file import Problem
from sites.agreement_files.loading import CannotLoad, Loaded, load_agreement
from sites.agreement_files.schema import read
from sites.agreement_files.sections import KINDS


class Command(DeskCommand):
    """One line per kind of fact, or one per problem; exit code 1 when the file was refused."""

    help = "Load an agreement file (JSON): whole, or not at all. Loading it again changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="agreement file, in JSON; docs/files.md describes its form")
        parser.add_argument("--dry-run", action="store_true", help="say what would be added and write nothing")

    def handle(self, *args, **options):
        try:
            content = Path(options["file"]).read_bytes()
        except OSError as error:
            raise BadArgument(f"{options['file']} cannot be read: {error.strerror}.") from None
        document, problems = read(content)
        if problems:
            self.refuse(options["file"], problems)
        try:
            loaded = load_agreement(document, on=business_date(), by=None, dry_run=options["dry_run"])
        except CannotLoad as refused:
            self.refuse(options["file"], refused.problems)
        for warning in loaded.warnings:
            self.stdout.write(f"note: {warning}")
        for line in summary(loaded, dry_run=options["dry_run"]):
            self.stdout.write(line)

    def refuse(self, name: str, problems: tuple[Problem, ...]):
        for problem in problems:
            self.stderr.write(str(problem))
        count = len(problems)
        raise CommandError(
            f"{name} was not loaded: {plural(count, 'problem')}. Correct the file and load it again.",
            returncode=1,
        )


def summary(loaded: Loaded, *, dry_run: bool) -> list[str]:
    """What loading did, one line per kind of fact."""
    if not loaded.changed:
        return ["Nothing new: everything in the file is already on file."]
    verb = "would be " if dry_run else ""
    lines = []
    for kind in [kind for kind in KINDS if loaded.added[kind] or loaded.completed[kind]]:
        parts = [
            f"{count} {word}"
            for count, word in (
                (loaded.added[kind], f"{verb}added"),
                (loaded.completed[kind], f"{verb}completed"),
                (loaded.present[kind], "already on file"),
            )
            if count
        ]
        lines.append(f"{kind}: {', '.join(parts)}")
    return lines
