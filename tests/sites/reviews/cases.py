"""A site for every outcome of a renewal review: the first annual period, reviewed on 1 August 1999."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from contracts.models import Agreement
from contracts.terms import AmendmentTerms
from sites.models import RenewalReview, ReviewLine, Site
from sites.reviews.reviewing import open_review, record_agreement
from tests import factories
from tests.reference import ANCHOR, LEVELS, SCHEDULE, SMALLEST, amendment

REVIEW_ON = date(1999, 8, 1)
MEETING = date(1999, 8, 3)
LAST_DAY = date(1999, 9, 30)
LARGE_ALL_ALONG = SMALLEST | {"GE": 40, "SLC": 20, "SM": 3}


def site(agreement: Agreement, city: str, then: dict | None, now: dict | None, **fields) -> Site:
    """A site with its counts at the start of the period, or of its service, and on the review's day."""
    row = factories.site(agreement, city, **fields)
    if then is not None:
        factories.counts(row, max(row.in_service_on, ANCHOR), then)
    if now is not None:
        factories.counts(row, REVIEW_ON, now)
    return row


def every_case(agreement: Agreement) -> dict[str, Site]:
    """The cases by city; each city says what it shows."""
    more = SMALLEST
    sites = [
        site(agreement, "Nothing changed", more, more),
        site(agreement, "One changed", more, more | {"GE": 12}),
        site(agreement, "Two changed", more, more | {"GE": 11, "SLC": 6}),
        site(agreement, "Three changed", more, more | {"GE": 16, "SLC": 9, "SM": 2}),
        site(agreement, "Decreased", more | {"GE": 16, "SLC": 9}, more | {"GE": 14, "SLC": 8}),
        site(agreement, "No baseline", None, more | {"GE": 20, "SLC": 9}),
        site(agreement, "Mid-period", more | {"GE": 4, "SLC": 1}, more | {"GE": 9}, in_service_on=date(1999, 2, 1)),
        site(agreement, "Above Large", LARGE_ALL_ALONG, more | {"GE": 51, "SLC": 26, "SM": 3}),
        site(agreement, "Two switches", more, more | {"5ESS": 2, "GE": 20}),
        site(agreement, "Large all along", LARGE_ALL_ALONG, LARGE_ALL_ALONG),
        site(agreement, "Late change", more, more | {"GE": 16}),
        site(agreement, "Starting", None, None, in_service_on=date(1999, 8, 15)),
    ]
    factories.counts(sites[-2], date(1999, 9, 15), {"SLC": 6})
    return {row.city: row for row in sites}


def dearer_from(effective_on: date, signed_on: date = date(1999, 7, 1)) -> AmendmentTerms:
    """An amendment that raises the prices of Very Small and Small."""
    prices = {"VERY_SMALL": Decimal("170000.00"), "SMALL": Decimal("210000.00")}
    levels = tuple(replace(row, annual_price=prices.get(row.code, row.annual_price)) for row in LEVELS)
    return amendment(
        2, effective_on, signed_on=signed_on, schedule=replace(SCHEDULE, levels=levels), schedule_clause="Appendix A"
    )


def opened(agreement, on=REVIEW_ON, period_number=1) -> RenewalReview:
    return open_review(agreement=agreement, period_number=period_number, on=on, by=None)


def agree(review, on=MEETING, decisions=None, **changed) -> RenewalReview:
    values = {
        "meeting_on": REVIEW_ON,
        "customer_signer": "Michael Sternberg",
        "customer_agreed_on": date(1999, 8, 2),
        "supplier_signer": "W.H. Pittman",
        "supplier_agreed_on": date(1999, 8, 3),
    }
    return record_agreement(review=review, decisions=decisions or {}, on=on, by=None, **(values | changed))


def agree_within_a_day(review, on) -> RenewalReview:
    return agree(review, on=on, meeting_on=None, customer_agreed_on=on, supplier_agreed_on=on)


def line(review, city) -> ReviewLine:
    return review.lines.select_related("current_level", "measured_level", "proposed_level", "agreed_level").get(
        site__city=city
    )


def decided(cases) -> dict:
    """The decisions that the three lines which need one must have."""
    return {
        cases["No baseline"].pk: ("VERY_SMALL", "No counts at the start: it stays."),
        cases["Above Large"].pk: ("VERY_LARGE", "Counted again on site, 51 gateway elements."),
        cases["Two switches"].pk: ("SMALL", "Both switches serve one city."),
    }
