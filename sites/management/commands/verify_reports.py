"""Read every issued monthly report again and say what is not as it was issued."""

from django.core.management.base import CommandError

from contracts.management.command_arguments import DeskCommand
from contracts.wording import plural
from sites.reports.verifying import ReportVerification


class Command(DeskCommand):
    """One line per finding; exit code 1 when there is one."""

    help = (
        "Check every issued monthly report: content against its SHA-256, totals, revisions without gaps, stored PDF; "
        "and how many figures are kept as lacking in open months. "
        "Changes nothing."
    )

    def handle(self, *args, **options):
        verification = ReportVerification()
        found = 0
        for finding in verification.findings():
            self.stdout.write(str(finding))
            found += 1
        some = plural(verification.reports, "report")
        if found:
            raise CommandError(f"{plural(found, 'finding')} in {some}. Each is listed above.", returncode=1)
        self.stdout.write(f"{some} with {verification.pdfs:,} PDFs: all as they were issued.")
