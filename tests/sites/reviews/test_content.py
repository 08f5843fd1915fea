import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader

from contracts.periods import DaySpan
from sites.models import RenewalReview
from sites.reviews.content import Edition, review_paper
from sites.reviews.printing import review_file_name, review_html, review_pdf
from sites.reviews.reviewing import open_review
from tests import factories
from tests.reference import SMALLEST
from tests.sites.reviews.cases import LAST_DAY, REVIEW_ON, agree, decided, site

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

INTERNAL_ONLY = (
    "157,000.00",  # foregone at one site
    "192,000.00",  # foregone together
    "2,329,000.00",  # what if
    "536,000.00",  # what if, against the current prices
    "Each single unit",
    "short of eligible",
    "Internal",
    "internal",
    "foregone",
    "Foregone",
    "SECRET REMARK",
)


def paper(review, edition=Edition.INTERNAL, on=REVIEW_ON):
    return review_paper(review=RenewalReview.objects.with_agreement().get(pk=review.pk), edition=edition, on=on)


def agreed(review, cases) -> RenewalReview:
    return agree(review, decisions=decided(cases) | {cases["No baseline"].pk: ("VERY_SMALL", "SECRET REMARK")})


def test_totals_by_level_are_the_sums_of_the_lines(review):
    totals = paper(review).totals

    shown = ("name", "current_sites", "current", "proposed_sites", "proposed")
    assert [tuple(level[key] for key in shown) for level in totals["levels"]] == [
        ("Very Small", 11, Decimal("1793000.00"), 7, Decimal("1141000.00")),
        ("Medium", 0, Decimal("0.00"), 1, Decimal("245000.00")),
        ("Very Large", 0, Decimal("0.00"), 1, Decimal("390000.00")),
        ("To be decided", 0, Decimal("0.00"), 2, Decimal("326000.00")),
    ]
    # 7 x 163,000 + 245,000 + 390,000 + 2 x 163,000, against 11 x 163,000
    assert totals["total"] == {
        "current_sites": 11,
        "current": Decimal("1793000.00"),
        "proposed_sites": 11,
        "proposed": Decimal("2102000.00"),
        "agreed_sites": 0,
        "agreed": Decimal("0.00"),
    }
    assert (totals["difference"], totals["undecided"]) == (Decimal("309000.00"), 2)


def test_internal_part_of_the_paper(review):
    internal = paper(review).internal

    assert [(str(line.site), line.foregone) for line in internal["foregone"]] == [
        ("Large all along", Decimal("157000.00")),
        ("Late change", Decimal("35000.00")),
    ]
    assert internal["foregone_total"] == Decimal("192000.00")
    assert [str(line.site) for line in internal["one_short"]] == ["Late change", "One changed"]
    assert [str(line.site) for line in internal["otherwise_read"]] == [
        "Late change",
        "Mid-period",
        "One changed",
        "Two changed",
    ]
    # Five are measured Very Small, two Small; the one without a measured level counts at its price:
    # 5 x 163,000 + 2 x 198,000 + 245,000 + 320,000 + 390,000 + 163,000
    assert internal["what_if"] == Decimal("2329000.00")
    assert internal["what_if_difference"] == Decimal("536000.00")


def test_row_of_the_paper_says_what_changed_and_where_the_next_limit_is(review):
    row = next(row for row in paper(review).rows if row["site"] == "Two changed")

    assert (row["verdict"], row["changed"]) == ("Eligible", ["gateway elements 10 → 11", "SLC 5 → 6"])
    assert (row["then_on"], row["now_on"]) == ("1998-10-01", "1999-08-01")
    assert [(cell["change"], cell["level"], cell["room"]) for cell in row["cells"][:3]] == [
        ("10 → 11", "Very Small", "11 of 15"),
        ("1", "Very Small", "1 of 1"),
        ("5 → 6", "Very Small", "6 of 8"),
    ]
    assert (row["current_price"], row["proposed_price"], row["difference"]) == (
        Decimal("163000.00"),
        Decimal("163000.00"),
        Decimal("0.00"),
    )


def test_row_shows_the_days_of_counts_that_differ_from_the_others(agreement):
    row = site(agreement, "Uneven", SMALLEST, SMALLEST)
    factories.counts(row, date(1999, 7, 1), {"GE": 12})
    row.counts.filter(component_code="GE", counted_on=REVIEW_ON).delete()
    review = open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None)

    (shown,) = paper(review).rows

    assert [cell["now_on"] for cell in shown["cells"][:2]] == ["1999-07-01", None]


def test_component_without_any_count_says_so(agreement):
    site(agreement, "Never counted", None, None)
    review = open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None)

    (shown,) = paper(review).rows

    assert {cell["change"] for cell in shown["cells"]} == {"not counted"}
    assert [shown[key] for key in ("then_on", "now_on", "measured")] == [None] * 3
    assert shown["verdict"] == "Undetermined"


def test_paper_opened_late_says_by_how_many_days(agreement, cases):
    review = open_review(agreement=agreement, period_number=1, on=date(1999, 8, 20), by=None)

    assert paper(review).days_late == 19
    assert "19 days late" in review_html(paper=paper(review))
    assert "Sunday, 1 August 1999" in review_html(paper=paper(review))


def test_late_change_is_marked_from_the_last_day_on(review):
    assert paper(review, on=date(1999, 9, 29)).late == ()
    assert "Late change.</b>" not in review_html(paper=paper(review))

    late = paper(review, on=LAST_DAY)

    assert [str(site) for site in late.late] == ["Late change"]
    assert "<b>Late change.</b> With counts through 30 September 1999" in review_html(paper=late)


def test_agreed_paper_shows_agreed_levels_and_both_signers(review, cases):
    agreed(review, cases)

    shown = paper(review, Edition.CUSTOMER)

    assert shown.totals["total"]["agreed"] == Decimal("2137000.00")  # 8 x 163,000 + 198,000 + 245,000 + 390,000
    assert shown.totals["agreed_difference"] == Decimal("344000.00")
    assert shown.to_decide == ()
    html = review_html(paper=shown)
    assert "Agreed by Michael Sternberg on 2 August 1999" in html
    assert "Agreed by W.H. Pittman on 3 August 1999" in html
    assert "Signature" not in html


def test_customer_edition_holds_nothing_internal(review, cases):
    agreed(review, cases)

    customer, internal = (
        review_html(paper=paper(review, edition, on=LAST_DAY)) for edition in (Edition.CUSTOMER, Edition.INTERNAL)
    )

    assert paper(review, Edition.CUSTOMER).internal is None
    assert [text for text in INTERNAL_ONLY if text in customer] == []
    assert [text for text in INTERNAL_ONLY if text not in internal] == []


def pdf_text(data: bytes) -> str:
    """The words of a PDF, as a reader finds them."""
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_customer_pdf_holds_nothing_internal(review, cases):
    agreed(review, cases)
    row = RenewalReview.objects.with_agreement().get()

    customer = pdf_text(review_pdf(review=row, edition=Edition.CUSTOMER, on=LAST_DAY))
    internal = pdf_text(review_pdf(review=row, edition=Edition.INTERNAL, on=LAST_DAY))

    assert [text for text in INTERNAL_ONLY if text in customer] == []
    assert "SECRET REMARK" in internal
    assert "2,329,000.00" in internal
    for text in ("Renewal review", "Three changed", "245,000.00", "Page 1 of", "2,137,000.00", "Late change"):
        assert text in customer


def test_term_check_says_that_there_is_no_next_price(agreement, cases):
    check = open_review(agreement=agreement, period_number=2, on=date(2000, 8, 1), by=None)
    shown = paper(check)

    assert (shown.title, shown.settles_prices, shown.next_period) == ("Term check", False, None)
    html = review_html(paper=shown)
    assert "expires on 30 September 2000 (Amendment 1 (LNM980917MP), clause 1)" in html
    assert "Proposed" not in html
    assert "Tuesday, 1 August 2000" in html


def test_paper_of_a_sealed_review_does_not_follow_later_facts(agreement, review, cases):
    agreed(review, cases)
    before = paper(review, Edition.CUSTOMER)
    site(agreement, "Opened later", SMALLEST, None, in_service_on=date(2000, 3, 1))

    after = paper(review, Edition.CUSTOMER)

    assert replace(after, review=before.review) == before
    assert after.next_period == DaySpan(date(1999, 10, 1), date(2000, 9, 30))


def test_file_name_tells_the_edition(review):
    row = RenewalReview.objects.with_agreement().get()

    assert review_file_name(review=row, edition=Edition.CUSTOMER) == ("price-review-LNS970602JC-period-1-customer.pdf")


@pytest.mark.parametrize("number", [1, 30])
def test_paper_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    for position in range(number):
        site(agreement, f"City {position:04}", SMALLEST, SMALLEST | {"GE": 16, "SLC": 9})
    review = open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None)
    row = RenewalReview.objects.with_agreement().get(pk=review.pk)

    with django_assert_num_queries(6):
        review_html(paper=review_paper(review=row, edition=Edition.INTERNAL, on=REVIEW_ON))
    with django_assert_num_queries(18):
        review_html(paper=review_paper(review=row, edition=Edition.INTERNAL, on=LAST_DAY))
