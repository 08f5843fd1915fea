"""What the paper of a renewal review says of the starting levels of planned sites."""

import io
from datetime import date

import pytest
from pypdf import PdfReader

from sites.models import RenewalReview
from sites.reviews.content import Edition, review_paper
from sites.reviews.printing import review_html, review_pdf
from sites.reviews.reviewing import open_review, refresh_review
from sites.starting.choosing_comparables import choose_comparables
from sites.starting.history import Choice
from sites.starting.recording import record_starting_level
from tests import factories
from tests.people import ACCOUNT_MANAGER, VIEWER, client_of
from tests.reading import tables, words
from tests.reference import SMALLEST
from tests.sites.reviews.cases import REVIEW_ON
from tests.sites.starting.cases import past, planned

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("on_review_day")]
BOTH = (Edition.CUSTOMER, Edition.INTERNAL)


@pytest.fixture
def cases(agreement):
    sites = [planned(agreement), past(agreement, "Fast", 200), past(agreement, "Full", 0), past(agreement, "New", None)]
    sites.append(factories.site(agreement, "Lubbock", date(1999, 8, 15)))
    return {site.city: site for site in sites}


def opened(agreement) -> RenewalReview:
    review = open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None)
    return RenewalReview.objects.with_agreement().get(pk=review.pk)


def leave_full_out(cases) -> None:
    choose_comparables(
        site=cases["Macon"],
        choices={cases["Full"].pk: Choice(False, "Full at once: SECRET REMARK.")},
        on=REVIEW_ON,
        by=None,
    )


def printed(review, edition) -> str:
    pdf = PdfReader(io.BytesIO(review_pdf(review=review, edition=edition, on=REVIEW_ON)))
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


SAYS = (
    "The one site compared reached the limit of its level after 200 days, at most 365: Small "
    "(Appendix A, notes 3 and 4)."
)


def test_review_keeps_what_history_says_of_each_planned_site(agreement, cases):
    leave_full_out(cases)

    (history,) = opened(agreement).evidence["histories"]

    assert (history["site"], history["level"], history["median"], history["sentence"]) == (
        "Macon",
        "Small",
        "200",
        SAYS,
    )
    assert [(used["site"], used["days"]) for used in history["used"]] == [("Fast", 200)]
    assert history["remarks"] == [
        {"site": "Full", "why": "Left out by a person: Full at once: SECRET REMARK."},
        {"site": "Lubbock", "why": "No count has reached the limit of its level."},
        {"site": "New", "why": "No count has reached the limit of its level."},
    ]


def row_of_macon(review) -> dict:
    return next(row for row in review.evidence["planned"] if row["site"] == "Macon")


def test_planned_site_stands_in_the_table_with_the_proposal_and_what_it_rests_on(agreement, cases):
    leave_full_out(cases)

    assert row_of_macon(opened(agreement)) == {
        "site": "Macon",
        "in_service_on": "2000-02-01",
        "level": "Small",
        "price": "198000.00",
        "proposed": True,
        "remark": f"Proposed, a person decides: {SAYS}",
    }


def test_planned_site_whose_level_was_decided_stands_in_the_table_with_that_level(agreement, cases):
    decide(cases["Macon"], "VERY_SMALL")

    row = row_of_macon(opened(agreement))

    assert (row["level"], row["price"], row["proposed"]) == ("Very Small", "163000.00", False)
    assert row["remark"] == "A person decided it on 31 July 1999."


def test_planned_site_without_terms_on_its_first_day_has_no_level(agreement):
    factories.site(agreement, "Macon", date(2000, 10, 2))

    row = row_of_macon(opened(agreement))

    assert (row["level"], row["price"], row["proposed"]) == (None, None, False)
    assert row["remark"].startswith("Agreement LNS970602JC expired on 30 September 2000")


def decide(site, level: str) -> None:
    day = date(1999, 7, 31)
    record_starting_level(site=site, period_number=2, level_code=level, reason="Market", on=day, by=None)


@pytest.mark.parametrize("decided", [False, True])
def test_paper_and_page_say_proposed_until_a_person_decides(agreement, cases, decided):
    leave_full_out(cases)
    if decided:
        decide(cases["Macon"], "SMALL")
    review = opened(agreement)

    paper, page = printed(review, Edition.CUSTOMER), words(client_of(VIEWER).get(f"/reviews/{review.pk}/"))

    assert ("Macon 1 February 2000 Small, proposed 198,000.00" in paper) is not decided
    assert ("Macon 1 Feb 2000 Small Proposed 198,000.00" in page) is not decided
    assert ("A person decided it on 31 July 1999." in paper and "A person decided it on" in page) is decided


def test_counts_made_after_the_cut_off_come_in_with_a_refresh(agreement, cases):
    review = opened(agreement)
    factories.counts(cases["New"], date(1999, 8, 5), SMALLEST | {"SLC": 8})

    refreshed = refresh_review(review=review, on=date(1999, 8, 10), by=None)

    assert [used["site"] for used in review.evidence["histories"][0]["used"]] == ["Fast", "Full"]
    assert [used["site"] for used in refreshed.evidence["histories"][0]["used"]] == ["Fast", "Full", "New"]
    earlier = refresh_review(review=review, on=date(1999, 8, 10), by=None, cut_off_on=date(1999, 8, 4))
    assert [used["site"] for used in earlier.evidence["histories"][0]["used"]] == ["Fast", "Full"]


@pytest.mark.parametrize("edition", BOTH)
def test_paper_prints_the_proposal_with_the_sites_compared(agreement, cases, edition):
    leave_full_out(cases)

    text = printed(opened(agreement), edition)

    assert f"Macon: what history proposes {SAYS}" in text
    assert "Fast 50,000 0.0 % 1 October 1998 Very Small 19 April 1999 gateway elements 200" in text
    assert "Lubbock: what history proposes" not in text
    assert ("SECRET REMARK" in text) is (edition is Edition.INTERNAL)
    assert ("New: No count has reached the limit of its level." in text) is (edition is Edition.INTERNAL)


def test_customer_edition_does_not_hold_the_remarks_at_all(agreement, cases):
    review = opened(agreement)
    stored = {
        edition: review_paper(review=review, edition=edition, on=REVIEW_ON).histories[0].keys() for edition in BOTH
    }

    assert stored[Edition.INTERNAL] - stored[Edition.CUSTOMER] == {"remarks"}


def test_site_that_was_full_at_its_first_count_says_so(agreement, cases):
    assert "1 October 1998 or earlier gateway elements 0" in printed(opened(agreement), Edition.CUSTOMER)


@pytest.mark.parametrize(("role", "remarks"), [(VIEWER, False), (ACCOUNT_MANAGER, True)])
def test_page_shows_the_same(agreement, cases, role, remarks):
    leave_full_out(cases)

    response = client_of(role).get(f"/reviews/{opened(agreement).pk}/")

    assert f"Macon: what history proposes {SAYS}" in words(response)
    head = [
        "Comparable site",
        "Population",
        "Difference",
        "In service from",
        "Started at",
        "Limit reached",
        "By",
        "Days",
    ]
    rows = [["Fast", "50,000", "0.0 %", "1 Oct 1998", "Very Small", "19 Apr 1999", "gateway elements", "200"]]
    assert [head, *rows] in tables(response)
    assert ("Full: Left out by a person: Full at once: SECRET REMARK." in words(response)) is remarks


def test_paper_without_a_comparable_site_has_no_table(agreement):
    planned(agreement)
    review = opened(agreement)

    text = printed(review, Edition.CUSTOMER)

    assert "Insufficient history: 0 comparable sites, 1 needed. A site then starts at Very Small" in text
    assert "Comparable site" not in text


def test_review_without_a_planned_site_has_no_history(agreement):
    past(agreement, "Fast", 200)
    review = opened(agreement)

    assert review.evidence["histories"] == []
    assert "what history proposes" not in printed(review, Edition.INTERNAL)


@pytest.mark.parametrize("edition", BOTH)
def test_paper_from_before_histories_were_kept_still_prints(agreement, cases, edition):
    review = opened(agreement)
    del review.evidence["histories"]
    review.save()

    html = review_html(paper=review_paper(review=review, edition=edition, on=REVIEW_ON))

    assert "Starting levels of sites that open after the review" in html
    assert "what history proposes" not in html
    page = client_of(ACCOUNT_MANAGER).get(f"/reviews/{review.pk}/")
    assert (page.status_code, "what history proposes" in words(page)) == (200, False)


@pytest.mark.parametrize("number", [1, 3])
def test_opening_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    for position in range(number):
        planned(agreement, f"City {position}")
        past(agreement, f"Past {position}", 100)

    with django_assert_num_queries(OPENING):
        open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None)


OPENING = 38
