"""Which agreements are looked at for reviews to open: every one that has some, and on a large desk few others."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from contracts.models import Agreement
from sites.models import RenewalReview
from sites.reviews.reviewing import open_due_reviews, record_agreement
from sites.reviews.unopened import agreements_to_look_at, unopened_reviews
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, client_of
from tests.reading import links, words

pytestmark = pytest.mark.django_db
MAY, AUGUST = date(1999, 5, 1), date(1999, 8, 1)
LATER = replace(reference.amendment(2, date(1999, 9, 1)), expires_on=date(2003, 9, 30))
UNSIGNED = replace(LATER, customer_signature=None)
NO_REVIEW = replace(reference.AMENDMENT, schedule=replace(reference.SCHEDULE, review=None))


@pytest.fixture
def agreements() -> list[Agreement]:
    """Agreements that end, go on, would by an unsigned amendment, or have no review."""
    terms = {
        "ends": (reference.AMENDMENT,),
        "goes on": (reference.AMENDMENT, LATER),
        "would go on": (reference.AMENDMENT, UNSIGNED),
        "no review": (NO_REVIEW,),
    }
    return [factories.agreement(number, amendments=of) for number, of in terms.items()]


def named(on: date, due_by: date) -> set[int]:
    """The agreements that have a review to open, all of them read."""
    keys = Agreement.objects.values_list("pk", flat=True)
    return {each.agreement.pk for each in unopened_reviews(keys=keys, on=on, due_by=due_by)}


def test_no_agreement_with_a_review_to_open_is_left_out(agreements):
    for years in range(5):
        for day in (MAY, AUGUST - timedelta(days=1), AUGUST, date(1999, 9, 30)):
            on = day.replace(year=day.year + years)
            for ahead in (timedelta(0), timedelta(days=90)):
                assert set(agreements_to_look_at(on=on, due_by=on + ahead)) == named(on, on + ahead), (on, ahead)
            open_due_reviews(on=on, by=None)
        for review in RenewalReview.objects.filter(agreed_on=None):
            signed = {
                "customer_signer": "A",
                "customer_agreed_on": on,
                "supplier_signer": "B",
                "supplier_agreed_on": on,
            }
            record_agreement(review=review, meeting_on=None, decisions={}, on=on, by=None, **signed)


def test_page_lists_the_reviews_to_open_of_some_agreements_at_a_time(settings):
    settings.BUSINESS_DATE = AUGUST
    for number in range(30):
        factories.agreement(f"A-{number:02}")
    client, path = client_of(ACCOUNT_MANAGER), reverse("sites:review_list")

    first, second = client.get(path), client.get(path, {"open": "2", "kind": "price-review"})

    shown = [{name for name in ("A-24", "A-25") if name in words(page)} for page in (first, second)]
    assert shown == [{"A-24"}, {"A-25"}]
    assert "Page 1 of 2" in words(first)
    assert "?kind=price-review&open=1" in links(second)
