"""The reference agreement with a site for every outcome of a review, and its review of the first annual period."""

import pytest

from sites.models import RenewalReview, Site
from tests.sites.reviews.cases import REVIEW_ON, every_case, opened


@pytest.fixture
def cases(agreement) -> dict[str, Site]:
    return every_case(agreement)


@pytest.fixture
def review(agreement, cases) -> RenewalReview:
    return opened(agreement)


@pytest.fixture
def on_review_day(settings) -> None:
    """Pages are opened on the day on which the review is due."""
    settings.BUSINESS_DATE = REVIEW_ON
