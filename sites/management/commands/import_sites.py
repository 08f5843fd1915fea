"""Import sites from a CSV or XLSX file."""

from sites.management.importing import ImportCommand


class Command(ImportCommand):
    """One line with the result, or one per error; exit code 1 when the file was refused."""

    help = "Import sites (CSV or XLSX: city, state, CLLI code, population, in service from): all rows, or none."
    kind = "sites"
