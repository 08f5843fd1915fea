"""What is coming, what was done lately, and what money the documents of the month come to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

from django.db.models import Count, Q, Sum
from django.urls import reverse

from contracts.models import Agreement
from contracts.money import in_currency, money_text
from contracts.periods import ONE_DAY, Month
from desk.today.waiting import Desk, review_text
from invoicing.models import Invoice
from sites.models import MonthlyReport, RenewalReview

ENDS_WITHIN = timedelta(days=90)
MOST = 8


@dataclass(frozen=True)
class Event:
    """Something on a day, and where it stands."""

    day: date
    what: str
    address: str


@dataclass(frozen=True)
class Sums:
    """What documents come to: how many there are, the sum of each currency, and the list of them."""

    title: str
    number: int
    amounts: tuple[tuple[str, Decimal], ...]
    address: str


def coming(desk: Desk) -> list[Event]:
    """Return reviews due within 60 days and agreements that end within 90, the nearest first."""
    return sorted([*_reviews(desk), *_ends(desk)], key=lambda event: event.day)[:MOST]


def _reviews(desk: Desk) -> Iterator[Event]:
    if not desk.user.has_perm("sites.view_renewalreview"):
        return
    for review in desk.unopened:
        if review.due_on is not None and review.due_on > desk.on:
            address = reverse("sites:agreement_detail", args=[review.agreement.pk])
            yield Event(review.due_on, f"{review_text(review)} is due", address)


def _ends(desk: Desk) -> Iterator[Event]:
    if not desk.user.has_perm("contracts.view_amendment"):
        return
    rows = Agreement.objects.with_expiration(known_on=desk.on)
    ending = rows.filter(expiration__range=(desk.on, desk.on + ENDS_WITHIN)).order_by("expiration", "number")
    for row in ending[:MOST]:
        yield Event(row.expiration, f"{row.number} ends", reverse("sites:agreement_detail", args=[row.pk]))


def lately(desk: Desk) -> list[Event]:
    """Return the latest documents, monthly reports and agreed reviews, the newest first."""
    found: list[Event] = []
    if desk.user.has_perm("invoicing.view_invoice"):
        rows = Invoice.objects.filter(issued_on__isnull=False).defer("content").select_related("agreement")
        for row in rows.order_by("-issued_on", "-pk")[:MOST]:
            what = f"{row} for {row.agreement.number} issued: {money_text(row.total)} {row.agreement.currency}"
            found.append(Event(row.issued_on, what, reverse("invoicing:invoice_detail", args=[row.pk])))
    if desk.user.has_perm("sites.view_monthlyreport"):
        reports = MonthlyReport.objects.defer("content").select_related("agreement").order_by("-issued_on", "-pk")
        for row in reports[:MOST]:
            month = Month.of(row.month)
            address = reverse("sites:month_report", args=[row.agreement_id, month])
            found.append(Event(row.issued_on, f"Report of {month} for {row.agreement.number} issued", address))
    if desk.user.has_perm("sites.view_renewalreview"):
        reviews = RenewalReview.objects.filter(agreed_on__isnull=False).select_related("agreement__customer")
        for row in reviews.order_by("-agreed_on", "-pk")[:MOST]:
            found.append(
                Event(row.agreed_on, f"{review_text(row)} agreed", reverse("sites:review_detail", args=[row.pk]))
            )
    return list(islice(sorted(found, key=lambda event: event.day, reverse=True), MOST))


def money(desk: Desk) -> list[Sums]:
    """Return what is drafted, and what was issued in the month and in the one before; empty for who sees no invoice."""
    if not desk.user.has_perm("invoicing.view_invoice"):
        return []
    this = Month.of(desk.on)
    before = Month.of(this.span.first_day - ONE_DAY)
    listed = reverse("invoicing:invoice_list")
    return [
        _sums("Drafts", Q(issued_on=None), f"{listed}?state=draft"),
        *(
            _sums(f"Issued in {month}", Q(issued_on__range=(month.span.first_day, month.span.last_day)), "")
            for month in (this, before)
        ),
    ]


def _sums(title: str, condition: Q, address: str) -> Sums:
    rows = Invoice.objects.filter(condition).order_by()
    by_currency = rows.values_list("agreement__currency").annotate(Sum("total"), Count("pk"))
    found = list(by_currency.order_by("agreement__currency"))
    amounts = tuple((currency, in_currency(total, currency)) for currency, total, _number in found)
    return Sums(title, sum(number for _currency, _total, number in found), amounts, address)
