"""Print the papers of renewal reviews as PDF files."""

from pathlib import Path

from django.core.management.base import CommandError

from contracts.clock import business_date
from contracts.management.command_arguments import BadArgument, DeskCommand, agreements
from contracts.printing.papers import BeingMade
from contracts.printing.pdf import PdfUnavailable
from contracts.printing.stored_files import PAPERS, path_of
from sites.models import RenewalReview
from sites.reviews.content import Edition
from sites.reviews.printing import review_file_name, review_pdf


class Command(DeskCommand):
    """One file per review and edition, written anew each time; one line per file."""

    help = "Print the papers of renewal reviews, as they read today, into files."

    def add_arguments(self, parser):
        parser.add_argument("--agreement", action="append", metavar="NUMBER", help="only this agreement (default: all)")
        parser.add_argument("--period", type=int, metavar="N", help="only the review of this annual period")
        parser.add_argument("--edition", choices=list(Edition), help="only this edition (default: both)")
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="default: reviews, beside the invoices' PDFs")

    def handle(self, *args, **options):
        reviews = RenewalReview.objects.with_agreement().filter(agreement__in=agreements(options["agreement"]))
        if options["period"] is not None:
            reviews = reviews.filter(period_number=options["period"])
        papers = list(reviews.order_by("agreement__number", "period_number"))
        if not papers:
            raise BadArgument("No such review is open. Run manage.py open_reviews, or check the number and period.")
        folder = options["to"] or path_of(PAPERS)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadArgument(f"{folder} is no folder that can be written: {error.strerror}.") from None
        editions = [Edition(options["edition"])] if options["edition"] else list(Edition)
        for review in papers:
            for edition in editions:
                path = folder / review_file_name(review=review, edition=edition)
                try:
                    path.write_bytes(review_pdf(review=review, edition=edition, on=business_date()))
                except BeingMade:
                    raise CommandError(f"{path.name} is being printed for somebody else. Run this again.") from None
                except PdfUnavailable as missing:
                    raise CommandError(str(missing)) from missing
                self.stdout.write(str(path))
