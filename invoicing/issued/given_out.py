"""The numbers that the ledger and the PDFs know: what was given out, whatever the database says.

A database that was restored from a backup is older than both. Its counter alone would give their numbers out again.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import quote

from django.conf import settings

from contracts.printing.stored_files import titled
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from invoicing.models import NumberSeries


def highest_given_out(series: NumberSeries) -> int:
    """Return the highest number of a series in the ledger and among the PDFs; 0 where neither knows any.

    Raises OSError where they are there and cannot be read.
    """
    numbers = [0]
    with suppress(FileNotFoundError):
        prefix = re.escape(quote(series.prefix, safe="")).encode()
        lines = re.compile(rb"ed " + prefix + rb"([0-9]{1,9}) ")  # issued or printed; begins literally, which is fast
        numbers += map(int, lines.findall(ISSUED_DOCUMENTS.path.read_bytes()))
    with suppress(FileNotFoundError):
        names = re.compile(re.escape(titled(series.prefix)) + r"([0-9]{1,9})\.[0-9a-f]{16}\.pdf")
        found = map(names.fullmatch, os.listdir(settings.DOCUMENTS_DIR))
        numbers += [int(match[1]) for match in found if match]
    return max(numbers)


def lost_numbers(series: NumberSeries) -> range:
    """Return the numbers after the last one of a series that were given out all the same."""
    return range(series.last_number + 1, highest_given_out(series) + 1)


def numbers_among(series: NumberSeries, titles: Iterable[str]) -> frozenset[int]:
    """Return which numbers of a series are among some titles."""
    numbers = re.compile(re.escape(series.prefix) + "([0-9]{1,9})")
    return frozenset(int(match[1]) for match in map(numbers.fullmatch, titles) if match)
