"""Make the PDFs that are missing, and the lines that the ledger lacks."""

from contracts.printing.making_command import MakePdfsCommand
from contracts.wording import plural
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.issued.ledger import make_good


class Command(MakePdfsCommand):
    """One line per document; exit code 1 when one could not be made."""

    help = (
        "Make the PDF of every issued document that has none, and add the lines that the ledger lacks, such as after "
        "a crash, or where the folder of documents was lost for good. Safe to repeat."
    )
    pdfs = INVOICE_PDFS
    nothing_missing = "Every issued document has its PDF."

    def make_good(self) -> None:
        added = make_good()
        if added:
            self.stdout.write(f"The ledger lacked {plural(added, 'line')}: added, marked as later.")
