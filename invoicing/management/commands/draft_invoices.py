"""Draft, and issue if asked, what is due through a date and not billed yet."""

import json
from datetime import date

from django.core.management.base import CommandError

from contracts.clock import business_date
from contracts.management.command_arguments import BadArgument, DeskCommand, agreements, day
from contracts.money import money_text
from invoicing.runs.drafting import RunResult, draft_invoices
from invoicing.runs.recording import as_json


class Command(DeskCommand):
    """One line per document; exit code 1 when an agreement was refused."""

    help = "Draft one document per agreement and billing period for what is due through a date and not billed yet."

    def add_arguments(self, parser):
        parser.add_argument(
            "--through", type=day, required=True, metavar="DATE", help="bill what is due through this day"
        )
        parser.add_argument(
            "--agreement",
            action="append",
            metavar="NUMBER",
            help="only this agreement; may be given several times (default: all)",
        )
        parser.add_argument("--issue", action="store_true", help="issue the drafts of this run, oldest first")
        parser.add_argument(
            "--on", type=day, metavar="DATE", help="date of the run and of the documents (default: today)"
        )
        parser.add_argument(
            "--whole", action="store_true", help="compute closed annual periods too, and note anew which are closed"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be billed and write nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args, **options):
        today = business_date()
        on = options["on"] or today
        if on > today:
            raise BadArgument(f"{on} is still to come. The last date for documents is today, {today}.")
        results = draft_invoices(
            through=options["through"],
            on=on,
            by=None,
            agreements=agreements(options["agreement"]),
            issue_drafts=options["issue"],
            dry_run=options["dry_run"],
            whole=options["whole"],
        )
        if options["format"] == "json":
            self.stdout.write(json.dumps([as_json(result, on=on) for result in results], indent=2))
        else:
            for result in results:
                self.print_result(result, on)
        refused = [result for result in results if result.refusal]
        if refused:
            numbers = ", ".join(result.agreement.number for result in refused)
            raise CommandError(f"Not billed: {numbers}. The reason is shown above.", returncode=1)

    def print_result(self, result: RunResult, on: date):
        number = result.agreement.number
        for document in result.documents:
            self.stdout.write(f"{number}: {document} for {document.days}, {money_text(document.total)}")
            if document.why_nothing:
                self.stdout.write(f"{number}: {document.why_nothing}")
            for reason in () if document.is_issued else document.held_because:
                self.stdout.write(f"{number}: held for a look: {reason}")
            if waits := document.waits(on):
                self.stdout.write(f"{number}: {waits}")
        for notice in result.notices:
            self.stdout.write(f"{number}: note: {notice}")
        if result.refusal:
            self.stderr.write(f"{number}: refused: {result.refusal}")
        elif result.nothing_to_bill:
            self.stdout.write(f"{number}: nothing to bill")
