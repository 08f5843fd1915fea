"""Open the renewal reviews that are due."""

from django.core.management.base import CommandError

from contracts.clock import business_date
from contracts.management.command_arguments import BadArgument, DeskCommand, day
from sites.reviews.reviewing import open_due_reviews


class Command(DeskCommand):
    """For a daily timer: a review that is open already is left as it is. Exit code 1 when one was refused."""

    help = "Open every renewal review that is due and not open yet, for all agreements in force."

    def add_arguments(self, parser):
        parser.add_argument("--on", type=day, metavar="DATE", help="what is due by this day (default: today)")

    def handle(self, *args, **options):
        today = business_date()
        on = options["on"] or today
        if on > today:
            raise BadArgument(f"{on} is still to come. Leave --on out, or give today, {today}, or an earlier day.")
        results = open_due_reviews(on=on, by=None)
        for result in results:
            (self.stdout if result.review else self.stderr).write(str(result))
        if not results:
            self.stdout.write("No review is due that is not open already.")
        refused = [result for result in results if result.review is None]
        if refused:
            numbers = ", ".join(dict.fromkeys(result.agreement.number for result in refused))
            raise CommandError(f"Not opened: {numbers}. The reason is shown above.", returncode=1)
