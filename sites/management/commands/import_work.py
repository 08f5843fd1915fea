"""Import work entries from a CSV or XLSX file."""

from sites.hour_prices import hours_text
from sites.management.importing import ImportCommand
from sites.work_importing import Imported, import_work


class Command(ImportCommand):
    """One line with the result, or one per error; exit code 1 when the file was refused."""

    help = "Import work entries (CSV or XLSX: date, site, service, hours, person, reference): all rows, or none."

    def take_in(self, *, dry_run, **file):
        """Import the entries."""
        return told(import_work(dry_run=dry_run, **file), dry_run=dry_run)


def told(imported: Imported, *, dry_run: bool) -> str:
    """What the import did, in one line."""
    if imported.earlier:
        return imported.told_earlier
    verb = "would be added" if dry_run else "added"
    said = f"{imported.entries_text} with {hours_text(imported.hours)} {verb}."
    return f"{said} {imported.told_alike}".strip()
