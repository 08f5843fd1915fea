"""Make the PDFs that are missing, and the lines that the ledger lacks."""

from django.core.management.base import BaseCommand, CommandError

from contracts.wording import plural
from invoicing.documents.printing import make_missing_pdfs
from invoicing.issued.ledger import make_good


class Command(BaseCommand):
    """One line per document; exit code 1 when one could not be made."""

    help = (
        "Make the PDF of every issued document that has none, and add the lines that the ledger lacks, such as after "
        "a crash. Safe to repeat."
    )

    def handle(self, *args, **options):
        results = make_missing_pdfs()
        for result in results:
            if result.pdf:
                pages = plural(result.pdf.pages, "page")
                self.stdout.write(f"{result.invoice}: {result.pdf.file_name}, {pages}")
            else:
                self.stderr.write(f"{result.invoice}: {result.refusal}")
        added = make_good()
        if added:
            self.stdout.write(f"The ledger lacked {plural(added, 'line')}: added, marked as later.")
        failed = [result for result in results if result.pdf is None]
        if failed:
            raise CommandError(
                f"Without a PDF: {len(failed)} of {len(results)}. The reason stands above.", returncode=1
            )
        if not results:
            self.stdout.write("Every issued document has its PDF.")
