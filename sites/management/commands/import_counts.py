"""Import component counts from a CSV or XLSX file."""

from sites.management.importing import ImportCommand


class Command(ImportCommand):
    """One line with the result, or one per error; exit code 1 when the file was refused."""

    help = "Import component counts (CSV or XLSX: site, date, one column per component): all rows, or none."
    kind = "counts"
