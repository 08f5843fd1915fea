"""Make the PDFs of monthly reports that are missing."""

from django.core.management.base import BaseCommand, CommandError

from contracts.wording import plural
from sites.reports.printing import make_missing_report_pdfs


class Command(BaseCommand):
    """One line per report; exit code 1 when one could not be made."""

    help = "Make the PDF of every issued monthly report that has none, such as after a crash. Safe to repeat."

    def handle(self, *args, **options):
        results = make_missing_report_pdfs()
        for result in results:
            if result.pdf:
                pages = plural(result.pdf.pages, "page")
                self.stdout.write(f"{result.report}: {result.pdf.file_name}, {pages}")
            else:
                self.stderr.write(f"{result.report}: {result.refusal}")
        failed = [result for result in results if result.pdf is None]
        if failed:
            raise CommandError(
                f"Without a PDF: {len(failed)} of {len(results)}. The reason stands above.", returncode=1
            )
        if not results:
            self.stdout.write("Every issued report has its PDF.")
