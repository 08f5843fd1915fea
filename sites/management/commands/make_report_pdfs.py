"""Make the PDFs of monthly reports that are missing."""

from contracts.printing.making_command import MakePdfsCommand
from sites.reports.printing import REPORT_PDFS


class Command(MakePdfsCommand):
    """One line per report; exit code 1 when one could not be made."""

    help = "Make the PDF of every issued monthly report that has none, such as after a crash. Safe to repeat."
    pdfs = REPORT_PDFS
    nothing_missing = "Every issued report has its PDF."
