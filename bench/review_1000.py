"""Time the opening of a renewal review: 1,000 sites with twelve months of counts (python bench/review_1000.py [SITES]).

It works in a test database that it makes and removes again, of the kind that DATABASE_URL names.
"""

import os
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "used by a measurement only, where it signs nothing")

import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from contracts.models import Agreement  # noqa: E402
from contracts.periods import add_months  # noqa: E402
from sites.models import ComponentCount, RenewalReview, Site  # noqa: E402
from sites.reviews.reviewing import late_changes, open_review, record_agreement, refresh_review  # noqa: E402
from tests import factories  # noqa: E402
from tests.reference import ANCHOR, SMALLEST  # noqa: E402

REVIEW_ON = date(1999, 8, 1)


def make_sites(agreement: Agreement, number: int) -> None:
    """Sites with a count of every component on the first of each of twelve months; half of them grow."""
    Site.objects.bulk_create(
        Site(agreement=agreement, city=f"City {position:04}", in_service_on=ANCHOR) for position in range(number)
    )
    for site in Site.objects.order_by("pk"):
        for month in range(12):
            counted_on = add_months(ANCHOR, month)
            grown = {"GE": 10 + month, "SLC": 5 + month // 3} if site.pk % 2 else {}
            factories.counts(site, counted_on, SMALLEST | grown)


def timed(what: str, act) -> object:
    """Do something once, and print its seconds and queries."""
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        result = act()
        seconds = time.perf_counter() - began
    print(f"{what:<44} {seconds:6.2f} s  {len(queries):4} queries")
    return result


def main(number: int) -> None:
    """Print one line per step."""
    agreement = factories.agreement()
    make_sites(agreement, number)
    print(f"{connection.vendor}: {number} sites, {ComponentCount.objects.count()} counts")
    review = timed("open the review", lambda: open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None))
    timed("refresh it", lambda: refresh_review(review=review, on=REVIEW_ON, by=None))
    review = RenewalReview.objects.get()
    lines = list(review.lines.select_related("site", "current_level", "proposed_level"))
    timed("look for late changes", lambda: late_changes(review=review, lines=lines, on=date(1999, 9, 30)))
    timed(
        "record both parties' agreement",
        lambda: record_agreement(
            review=review,
            meeting_on=REVIEW_ON,
            customer_signer="Customer",
            customer_agreed_on=REVIEW_ON,
            supplier_signer="Supplier",
            supplier_agreed_on=REVIEW_ON,
            decisions={},
            on=REVIEW_ON,
            by=None,
        ),
    )


if __name__ == "__main__":
    old_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    finally:
        connection.creation.destroy_test_db(old_name, verbosity=0)
