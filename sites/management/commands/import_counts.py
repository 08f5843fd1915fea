"""Import component counts from a CSV or XLSX file."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from contracts.arguments import agreements
from contracts.clock import business_date
from sites.recording import CannotRecord, Recorded, import_counts


class Command(BaseCommand):
    """One line with the result, or one per error; exit code 1 when the file was refused."""

    help = "Import component counts (CSV or XLSX: site, date, one column per component): all rows, or none."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="CSV or XLSX file")
        parser.add_argument("--agreement", metavar="NUMBER", help="only sites of this agreement (default: all sites)")
        parser.add_argument("--dry-run", action="store_true", help="check the file and write nothing")

    def handle(self, *args, **options):
        path = Path(options["file"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        agreement = agreements([options["agreement"]])[0] if options["agreement"] else None
        try:
            recorded = import_counts(
                content=content,
                name=path.name,
                agreement=agreement,
                on=business_date(),
                by=None,
                dry_run=options["dry_run"],
            )
        except CannotRecord as refused:
            for error in refused.errors:
                self.stderr.write(str(error))
            count = len(refused.errors)
            raise CommandError(
                f"{path} was not imported: {count} error{'s' if count > 1 else ''}. Correct the file, import it again.",
                returncode=1,
            ) from None
        self.stdout.write(told(recorded, dry_run=options["dry_run"]))


def told(recorded: Recorded, *, dry_run: bool) -> str:
    """What the import did, in one line."""
    if not recorded.added:
        return f"Nothing new: {counted(recorded.unchanged)} of the file on file already."
    verb = "would be added" if dry_run else "added"
    return f"{counted(recorded.added)} {verb}, {recorded.unchanged} on file already."


def counted(number: int) -> str:
    """A number of counts in words."""
    return "1 count" if number == 1 else f"{number} counts"
