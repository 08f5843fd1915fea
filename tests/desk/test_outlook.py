"""Today on small desks: what is coming, what an empty desk says, and what the page asks the database."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.models import Agreement
from invoicing.runs.drafting import draft_invoices
from sites.models import Site
from tests import factories
from tests.people import FINANCE, VIEWER, client_of, reader, superuser_client, user_of
from tests.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 6, 3))]
HOME = "/"


def test_coming_are_reviews_within_sixty_days_and_ends_within_ninety(agreement):
    factories.site(agreement, "Reno")
    assert [event.day for event in client_of(FINANCE).get(HOME).context["coming"]] == [date(1999, 8, 1)]
    parties = {"supplier": agreement.supplier, "customer": agreement.customer}
    days = {"dated_on": date(1998, 1, 1), "first_period_starts_on": date(1998, 9, 1)}
    for number, last in (("B-1", date(1999, 9, 1)), ("B-2", date(1999, 9, 2))):
        Agreement.objects.create(number=number, original_expires_on=last, **days, **parties)
    ends = client_of(FINANCE, username="again").get(HOME).context["coming"]
    assert [(event.day, event.what) for event in ends][1:] == [(date(1999, 9, 1), "B-1 ends")]


def test_number_of_queries_does_not_grow_with_what_waits(agreement):
    client = superuser_client()
    numbers = []
    for cities in (("Akron", "Boise"), [f"City {number}" for number in range(9)]):
        for city in cities:
            factories.counts(factories.site(agreement, city), date(1998, 10, 31), {"5ESS": 0})
            factories.site(agreement, f"New {city}", date(1999, 6, 1))
        with CaptureQueriesContext(connection) as queries:
            client.get(HOME)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] < 85


def test_an_empty_desk_and_a_person_without_a_role_are_told_so():
    assert "Nothing waits for you." in words(client_of(FINANCE).get(HOME))
    nobody = user_of(VIEWER)
    nobody.groups.clear()
    assert "You have no role yet" in words(reader(nobody).get(HOME))


def test_the_page_says_that_sites_are_invented_where_only_their_documents_are_named(agreement):
    factories.site(agreement, "Reno", is_demonstration=True)
    client = superuser_client()
    months = {"through": date(1999, 5, 31), "on": date(1999, 6, 3), "by": None, "agreements": [agreement]}
    draft_invoices(**months, issue_drafts=True)

    assert "Demonstration data: some of what is named below is invented." in words(client.get(HOME))
    Site.objects.update(is_demonstration=False)
    assert "Demonstration data" not in words(client.get(HOME))
