"""Import component counts from a CSV or XLSX file."""

from sites.count_importing import import_counts
from sites.management.importing import ImportCommand
from sites.recording import Recorded


class Command(ImportCommand):
    """One line with the result, or one per error; exit code 1 when the file was refused."""

    help = "Import component counts (CSV or XLSX: site, date, one column per component): all rows, or none."

    def take_in(self, *, dry_run, **file):
        """Import the counts."""
        return told(import_counts(dry_run=dry_run, **file), dry_run=dry_run)


def told(recorded: Recorded, *, dry_run: bool) -> str:
    """What the import did, in one line."""
    if not recorded.added:
        return f"Nothing new: {counted(recorded.unchanged)} of the file on file already."
    verb = "would be added" if dry_run else "added"
    return f"{counted(recorded.added)} {verb}, {recorded.unchanged} on file already."


def counted(number: int) -> str:
    """A number of counts in words."""
    return "1 count" if number == 1 else f"{number} counts"
