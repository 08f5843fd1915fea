"""The hours position in the renewal review: kept with the paper at its cut-off, on screen and in print."""

from datetime import date

import pytest
from django.urls import reverse

from contracts.models import Agreement
from sites.agreement_files.exporting import export_agreement
from sites.models import RenewalReview
from sites.reviews.content import Edition, review_paper
from sites.reviews.printing import review_pdf
from sites.reviews.reviewing import open_review, refresh_review
from tests import factories
from tests.contracts.printing.printed import pages
from tests.people import VIEWER, client_of
from tests.reading import words
from tests.reference import SMALLEST
from tests.sites.hours.rows import bought, team, worked

ON = date(1999, 8, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]
LINES = (
    ("Position on", "1 August 1999"),
    ("Prepaid hours left", "1,400.00 h"),
    ("Blocks", "4 blocks bought; 3 of 10 blocks completed"),
    (
        "Hourly prices",
        "Hourly prices are open from 1 July 1999 to 30 September 1999: the tenth month of the annual period has begun.",
    ),
)


@pytest.fixture
def site():
    site = factories.site(factories.agreement(), "Augusta")
    factories.counts(site, date(1998, 10, 1), SMALLEST)
    return site


def opened(site, on=ON) -> RenewalReview:
    return open_review(agreement=site.agreement, period_number=1, on=on, by=None)


def hours(review) -> tuple:
    review = RenewalReview.objects.with_agreement().get(pk=review.pk)
    shown = review_paper(review=review, edition=Edition.CUSTOMER, on=ON)
    return tuple(map(tuple, shown.rests_on.get("hours", ())))


def buy_and_work(site) -> None:
    bought(site.agreement, date(1998, 11, 2), 4, on=ON)
    team(site, date(1999, 2, 1), 4600)


def test_paper_keeps_the_position_at_its_cut_off(site):
    buy_and_work(site)

    review = opened(site)

    assert hours(review) == LINES
    worked(site, date(1999, 8, 1), "24.00", on=ON)
    assert hours(review) == LINES
    refresh_review(review=review, on=ON, by=None)
    assert hours(review)[1] == ("Prepaid hours left", "1,376.00 h")


def test_work_that_waits_stands_in_the_paper(site):
    worked(site, date(1999, 2, 1), "12.50", on=ON)

    assert hours(opened(site))[-1] == ("Work that needs a block", "12.50 h")


def test_what_is_bought_after_the_cut_off_is_not_in_the_paper(site):
    bought(site.agreement, date(1999, 8, 1), on=ON)

    review = open_review(agreement=site.agreement, period_number=1, on=ON, by=None, cut_off_on=date(1999, 7, 31))

    assert hours(review) == ()


def test_screen_and_print_show_it(site):
    buy_and_work(site)
    review = opened(site)

    screen = words(client_of(VIEWER).get(reverse("sites:review_detail", args=[review.pk])))
    assert "Hours Position on: 1 August 1999 Prepaid hours left: 1,400.00 h Blocks: 4 blocks bought" in screen
    review = RenewalReview.objects.with_agreement().get(pk=review.pk)
    printed = " ".join(" ".join(pages(review_pdf(review=review, edition=Edition.CUSTOMER, on=ON))).split())
    assert "Prepaid hours left 1,400.00 h" in printed
    assert "4 blocks bought; 3 of 10 blocks completed" in printed


@pytest.mark.parametrize("kept", [True, False])
def test_paper_without_hours_or_from_before_they_were_kept_says_so(site, kept):
    review = opened(site)
    if not kept:
        evidence = {key: value for key, value in review.evidence.items() if key != "hours"}
        RenewalReview.objects.update(evidence=evidence)
    client = client_of(VIEWER)

    assert hours(review) == ()
    message = "No hour blocks are recorded."
    assert message in words(client.get(reverse("sites:review_detail", args=[review.pk])))
    review = RenewalReview.objects.with_agreement().get(pk=review.pk)
    assert message in " ".join(pages(review_pdf(review=review, edition=Edition.CUSTOMER, on=ON)))


def test_position_is_exported_with_its_paper(site):
    buy_and_work(site)
    opened(site)

    [review] = export_agreement(Agreement.objects.get())["reviews"]

    assert review["evidence"]["hours"] == [list(line) for line in LINES]
