"""What the commands that import a file have in common: one line with the result, or one per error."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from contracts.arguments import agreements
from contracts.clock import business_date
from contracts.models import Agreement
from sites.recording import CannotRecord


class ImportCommand(BaseCommand):
    """Reads the file and its arguments; exit code 1 when the file was refused."""

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="CSV or XLSX file")
        parser.add_argument("--agreement", metavar="NUMBER", help="only sites of this agreement (default: all sites)")
        parser.add_argument("--dry-run", action="store_true", help="check the file and write nothing")

    def take_in(self, *, content: bytes, name: str, agreement: Agreement | None, dry_run: bool, **when) -> str:
        """Import the file by one call and return what it did, in one line."""
        raise NotImplementedError

    def handle(self, *args, **options):
        path = Path(options["file"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        agreement = agreements([options["agreement"]])[0] if options["agreement"] else None
        try:
            told = self.take_in(
                content=content,
                name=path.name,
                agreement=agreement,
                dry_run=options["dry_run"],
                on=business_date(),
                by=None,
            )
        except CannotRecord as refused:
            for error in refused.errors:
                self.stderr.write(str(error))
            count = len(refused.errors)
            raise CommandError(
                f"{path} was not imported: {count} error{'s' if count > 1 else ''}. Correct the file, import it again.",
                returncode=1,
            ) from None
        self.stdout.write(told)
