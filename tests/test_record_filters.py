"""Lists of records cost the same for ten rows and for a million: their filters, and the plans of their queries."""

import re
from datetime import date
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from invoicing.models import Invoice
from sites.models import ComponentCount
from tests import factories
from tests.people import superuser_client

pytestmark = pytest.mark.django_db

COUNTS = "/admin/sites/componentcount/"


def shown(client: Client, address: str) -> list[str]:
    """The cities of a list of counts."""
    return [count.site.city for count in client.get(address).context["cl"].result_list]


def when(client: Client, address: str) -> list[tuple[str, str]]:
    """What a list of counts leads to by date: addresses and titles."""
    page = client.get(address).content.decode()
    (nav,) = re.findall(r'<nav class="when".*?</nav>', page, re.DOTALL) or [""]
    return re.findall(r'<a href="([^"]*)">([^<]*)</a>', nav)


@pytest.fixture
def records() -> Client:
    """A client that may see every record."""
    return superuser_client()


@pytest.fixture
def _counts():
    for number, city, day in (("A-1", "Augusta", date(1998, 10, 1)), ("A-12", "Boston", date(2001, 2, 28))):
        factories.counts(factories.site(factories.agreement(number), city), day, {"GE": 9})


@pytest.mark.parametrize(
    ("typed", "cities"),
    [
        ("A-1", ["Augusta"]),
        ("a-12", ["Boston"]),
        ("A-", ["Boston", "Augusta"]),
        ("nobody", []),
        ("", ["Boston", "Augusta"]),
    ],
)
@pytest.mark.usefixtures("_counts")
def test_records_are_filtered_by_the_agreement_that_is_typed(records, typed, cities):
    assert shown(records, f"{COUNTS}?agreement={typed}") == cities


@pytest.mark.usefixtures("_counts")
def test_what_else_is_chosen_stays_beside_the_agreement(records):
    page = records.get(f"{COUNTS}?agreement=A-1&component_code=GE&p=2&q=aug").content.decode()

    (form,) = re.findall(r'<form[^>]*aria-label="Filter by agreement">.*?</form>', page, re.DOTALL)
    assert 'name="agreement" value="A-1"' in form
    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form) == [("component_code", "GE"), ("q", "aug")]


@pytest.mark.parametrize(
    ("words", "cities"),
    [
        ("augus", ["Augusta"]),
        ("GE", ["Boston", "Augusta"]),
        ("bost ge", ["Boston"]),
        ("augusta boston", []),
        ('"augus ta"', []),
        ("letter", ["Augusta"]),
        ("augusta letter", ["Augusta"]),
        ("boston letter", []),
    ],
)
@pytest.mark.usefixtures("_counts")
def test_counts_are_searched_by_their_sites_first(records, words, cities):
    ComponentCount.objects.filter(site__city="Augusta").update(source="Letter from the customer")

    with CaptureQueriesContext(connection) as queries:
        assert shown(records, f"{COUNTS}?{urlencode({'q': words})}") == cities

    counted = [query["sql"] for query in queries if 'FROM "sites_componentcount"' in query["sql"]]
    assert not any('"sites_site"."city" LIKE' in sql or '"sites_site"."city"::text' in sql for sql in counted)


@pytest.mark.usefixtures("_counts")
def test_counts_that_are_not_searched_are_listed_without_looking_for_sites(records):
    with CaptureQueriesContext(connection) as queries:
        assert shown(records, COUNTS) == shown(records, f"{COUNTS}?q=+") == ["Boston", "Augusta"]

    assert not any("IN (SELECT" in query["sql"] for query in queries)


@pytest.mark.usefixtures("_counts")
def test_dates_lead_from_years_to_months_to_days(records):
    assert [title for _link, title in when(records, COUNTS)] == ["1998", "1999", "2000", "2001"]
    in_year = when(records, f"{COUNTS}?counted_on__year=2001")
    assert [title for _link, title in in_year][:3] == ["← All dates", "January", "February"]
    in_month = when(records, COUNTS + in_year[2][0].replace("&amp;", "&"))
    assert [title for _link, title in in_month][-1] == "28"
    assert len(in_month) == 29
    last = COUNTS + in_month[-1][0].replace("&amp;", "&")
    assert shown(records, last) == ["Boston"]
    assert [title for _link, title in when(records, last)] == ["← February 2001"]


def test_no_filter_of_records_reads_the_records_to_offer_choices():
    dear = (admin.RelatedOnlyFieldListFilter, admin.AllValuesFieldListFilter)
    used = [
        (model, one)
        for model, model_admin in admin.site._registry.items()
        for one in model_admin.list_filter
        if isinstance(one, tuple) and issubclass(one[1], dear)
    ]

    assert used == []
    assert not any(model_admin.show_full_result_count for model_admin in admin.site._registry.values())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is on file: here nothing is")
@pytest.mark.parametrize(
    ("page", "model"),
    [("admin:sites_componentcount_changelist", ComponentCount), ("admin:invoicing_invoice_changelist", Invoice)],
)
def test_long_lists_are_read_in_the_order_of_an_index(page, model, rf, django_user_model):
    request = rf.get(reverse(page))
    request.user = django_user_model.objects.create_superuser("all")

    plan = admin.site._registry[model].get_changelist_instance(request).queryset[:50].explain()

    assert "latest_first" in plan
    assert "TEMP B-TREE" not in plan
