"""Compute what the open months of all agreements lack, and keep it for the list of monthly reports."""

from contracts.clock import business_date
from contracts.management.command_arguments import DeskCommand
from contracts.wording import plural
from sites.models import LackingFigures
from sites.reports.lacking import compare_kept


class Command(DeskCommand):
    """For a daily timer: events keep most of it, and what they leave out is computed for every view until then."""

    help = (
        "Count how many figures each open month lacks, and keep it, so that the list of monthly reports opens at once. "
        "A month of which something else was kept is named."
    )

    def handle(self, *args, **options):
        for wrong in compare_kept(on=business_date(), mend=True):
            self.stdout.write(f"{wrong.month}, agreement {wrong.agreement}: {wrong.message}")
        self.stdout.write(f"{plural(LackingFigures.objects.count(), 'month')} kept.")
