"""Time an invoice run: 1,000 agreements with 10 sites each (python bench/draft_1000.py [AGREEMENTS] [SITES]).

It drafts October, then issues nothing and drafts November beside it: seconds, queries and the peak of memory. It works
in a test database that it makes and removes again, of the kind that DATABASE_URL names.
"""

import os
import resource
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

from invoicing.models import Invoice, InvoiceLine  # noqa: E402
from invoicing.runs.drafting import CHUNK, draft_invoices  # noqa: E402
from tests import factories  # noqa: E402

OCTOBER, NOVEMBER = date(1998, 10, 31), date(1998, 11, 30)


class Counter:
    """Counts statements without keeping them."""

    def __init__(self):
        self.statements = 0

    def __call__(self, execute, sql, params, many, context):
        """Count one and let it pass."""
        self.statements += 1
        return execute(sql, params, many, context)


def drafted(through: date) -> None:
    """Draft through a date and print what it took."""
    counter = Counter()
    began = time.perf_counter()
    with connection.execute_wrapper(counter):
        results = draft_invoices(through=through, on=through, by=None)
    seconds = time.perf_counter() - began
    refused = sum(1 for result in results if result.refusal)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    chunks = -(-len(results) // CHUNK)
    print(
        f"through {through}: {seconds:6.1f} s, {counter.statements} statements ({counter.statements / chunks:.0f} a "
        f"chunk of {CHUNK}), {refused} refused, {Invoice.objects.count()} documents, "
        f"{InvoiceLine.objects.count()} lines, peak {peak:.0f} MB"
    )


def main(agreements: int, sites: int) -> None:
    """Make the agreements and run twice."""
    for number in range(agreements):
        factories.sites(factories.agreement(f"A{number:04}"), sites)
    print(f"{connection.vendor}: {agreements} agreements with {sites} sites each")
    drafted(OCTOBER)
    drafted(NOVEMBER)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    old_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        main(*(numbers + [1000, 10][len(numbers) :]))
    finally:
        connection.creation.destroy_test_db(old_name, verbosity=0)
