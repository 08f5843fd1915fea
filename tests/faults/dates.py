"""G18: whose midnight counts, where the server stands, where months end: a list of boundaries, each with its answer."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from contracts.clock import business_date
from contracts.periods import add_months, annual_period, review_due_on
from contracts.printing import pdf
from contracts.readings import ReviewDay
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import CannotIssue, issue
from tests.faults import cases
from tests.faults.numbers_under_load import FastPrinter
from tests.faults.outcome import Outcome
from tests.faults.scratch import Scratch
from tests.faults.workers import apart

TITLE = "dates at their boundaries"
SERVERS = ("America/New_York", "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago")
"""Where the server may stand: with the company, at Greenwich, 14 hours before and 11 hours behind."""
MIDNIGHTS = (
    date(2026, 1, 1),  # a year begins
    date(2026, 2, 1),
    date(2026, 3, 1),  # after the 28th
    date(2024, 2, 29),
    date(2024, 3, 1),  # after the 29th
    date(2026, 3, 8),  # the clocks go forward
    date(2026, 3, 9),
    date(2026, 11, 1),  # the clocks go back
    date(2026, 11, 2),
    date(2026, 7, 1),
    date(1998, 10, 1),  # the first annual period begins
    date(1999, 10, 1),
    date(2000, 2, 29),
    date(2000, 10, 1),  # the day after the expiration
    date(2100, 3, 1),  # 2100 has no 29 February
)
ANCHORS = (
    # first day, months later, the day it falls on: always counted from the first day, so the 31st comes back
    (date(2026, 1, 31), 1, date(2026, 2, 28)),
    (date(2026, 1, 31), 2, date(2026, 3, 31)),
    (date(2024, 1, 31), 1, date(2024, 2, 29)),
    (date(2024, 1, 31), 3, date(2024, 4, 30)),
    (date(2024, 2, 29), 12, date(2025, 2, 28)),
    (date(2024, 2, 29), 48, date(2028, 2, 29)),
    (date(2025, 12, 31), 2, date(2026, 2, 28)),
    (date(1998, 10, 1), 24, date(2000, 10, 1)),
)
PERIODS = (
    # first period's start, number, first and last day, days
    (date(1998, 10, 1), 1, date(1998, 10, 1), date(1999, 9, 30), 365),
    (date(1998, 10, 1), 2, date(1999, 10, 1), date(2000, 9, 30), 366),
    (date(2024, 2, 29), 1, date(2024, 2, 29), date(2025, 2, 27), 365),
    (date(2024, 2, 29), 5, date(2028, 2, 29), date(2029, 2, 27), 365),
    (date(2025, 12, 31), 1, date(2025, 12, 31), date(2026, 12, 30), 365),
)


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Ask for the company's date a minute before and after each midnight, and for the days that anchors fall on."""
    outcome = Outcome()
    zone = ZoneInfo(settings.TIME_ZONE)
    asked = 0
    for server in SERVERS:
        for midnight in MIDNIGHTS:
            first_moment = datetime(midnight.year, midnight.month, midnight.day, tzinfo=zone).astimezone(UTC)
            for minutes, wanted in ((-1, midnight - timedelta(days=1)), (0, midnight), (1, midnight)):
                with server_at(server, first_moment + timedelta(minutes=minutes)):
                    answer = careless_date() if control else business_date()
                asked += 1
                outcome.damage[f"wrong date with the server at {server}"] += answer != wanted
    outcome.damage += anchors()
    outcome.figures = {"moments": asked, "anchors and periods": len(ANCHORS) + len(PERIODS)}
    outcome.damage += apart(lambda: month_end_in_books(scratch, zone, control))
    return outcome


@contextmanager
def server_at(server: str, moment: datetime) -> Iterator[None]:
    """Let the server stand in a time zone, and its clock show a moment."""
    stored = os.environ.get("TZ")
    os.environ["TZ"] = server
    time.tzset()
    try:
        with patch("django.utils.timezone.now", lambda: moment):
            yield
    finally:
        os.environ.pop("TZ") if stored is None else os.environ.update(TZ=stored)
        time.tzset()


def careless_date() -> date:
    """Return the date as many programs do: that of Greenwich."""
    return timezone.localtime(timezone=UTC).date()


def anchors() -> Counter[str]:
    """Compare the days that anchors fall on, and the annual periods, with the list."""
    found: Counter[str] = Counter()
    for first_day, months, wanted in ANCHORS:
        found[f"{first_day} and {months} months"] += add_months(first_day, months) != wanted
    for anchor, number, first_day, last_day, days in PERIODS:
        span = annual_period(number=number, first_period_starts_on=anchor, expires_on=None).span
        found[f"annual period {number} from {anchor}"] += (span.first_day, span.last_day, span.days) != (
            first_day,
            last_day,
            days,
        )
    due = review_due_on(period_last_day=date(2000, 9, 30), lead_days=60, reading=ReviewDay.DAYS_BEFORE)
    found["review of a leap year"] += due != date(2000, 8, 1)
    return found


def month_end_in_books(scratch: Scratch, zone: ZoneInfo, control: bool) -> Counter[str]:
    """Issue October around midnight, when Greenwich is in the next day already; before its last day it is refused."""
    moments = ((-24 * 60 - 1, None), (-1, date(1998, 10, 31)), (1, date(1998, 11, 1)))
    scratch.fresh()
    cases.agreements(len(moments))
    found: Counter[str] = Counter()
    midnight = datetime(1998, 11, 1, tzinfo=zone).astimezone(UTC)
    draft_invoices(through=date(1998, 10, 31), on=date(1998, 10, 30), by=None)
    for draft, (minutes, wanted) in zip(Invoice.objects.drafts().order_by("pk"), moments, strict=True):
        with server_at("UTC", midnight + timedelta(minutes=minutes)):
            on = careless_date() if control else business_date()
        pdf._printer = FastPrinter()
        try:
            answer = issue(invoice=draft, on=on, by=None).issued_on
        except CannotIssue:
            answer = None
        found[f"October dated {answer or 'not at all'} instead of {wanted or 'not at all'}"] += answer != wanted
    return found
