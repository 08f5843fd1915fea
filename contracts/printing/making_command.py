"""The command that makes the PDFs of one kind of document that are missing."""

from django.core.management.base import CommandError

from contracts.management.command_arguments import DeskCommand
from contracts.printing.stored_pdf import StoredPdfs
from contracts.wording import plural


class MakePdfsCommand(DeskCommand):
    """One line per document; exit code 1 when one could not be made."""

    pdfs: StoredPdfs
    nothing_missing: str

    def handle(self, *args, **options):
        results = self.pdfs.make_missing()
        for result in results:
            if result.pdf:
                self.stdout.write(f"{result.document}: {result.pdf.file_name}, {plural(result.pdf.pages, 'page')}")
            else:
                self.stderr.write(f"{result.document}: {result.refusal}")
        self.make_good()
        failed = [result for result in results if result.pdf is None]
        if failed:
            raise CommandError(
                f"Without a PDF: {len(failed)} of {len(results)}. The reason is shown above.", returncode=1
            )
        if not results:
            self.stdout.write(self.nothing_missing)

    def make_good(self) -> None:
        """Make good what else a crash has left out."""
