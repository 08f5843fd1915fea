"""Import work entries from a CSV or XLSX file."""

from sites.management.importing import ImportCommand


class Command(ImportCommand):
    """One line with the result, or one per error; exit code 1 when the file was refused."""

    help = "Import work entries (CSV or XLSX: date, site, service, hours, person, reference): all rows, or none."
    kind = "work"
