"""How long a run holds others up: it computes before it locks, and sees what they stored meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.models import Invoice
from sites.models import Site
from tests import factories
from tests.invoicing.billing_cases import OCTOBER, line_amounts, run

sqlite_alone = pytest.mark.skipif(connection.vendor != "sqlite", reason="Only SQLite has one lock for everybody")
pytestmark = pytest.mark.django_db(transaction=True)


def asked(act) -> list[str]:
    """The first word of every statement of an act."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return [query["sql"].split(None, 1)[0] for query in queries]


def store(act) -> None:
    """Let somebody else store something, over a connection of their own."""

    def stored():
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as colleague:
        colleague.submit(stored).result()


def test_a_preview_locks_nothing_and_writes_nothing():
    factories.sites(factories.agreement(), 2)

    statements = set(asked(lambda: run(OCTOBER, dry_run=True)))

    assert statements - {"DECLARE"} == {"SELECT"}  # PostgreSQL reads what is long by a cursor


@sqlite_alone
def test_a_run_has_computed_everything_before_it_locks():
    factories.sites(factories.agreement(), 2)

    statements = asked(lambda: run(OCTOBER))

    within = statements[statements.index("BEGIN") :]
    assert statements.count("BEGIN") == 1
    assert within == ["BEGIN", "PRAGMA", "INSERT", "INSERT", "COMMIT"]


@sqlite_alone
@pytest.mark.parametrize("agreements", [1, 3])
def test_what_somebody_stores_while_a_run_computes_is_in_its_drafts(agreements):
    for number in range(agreements):
        site = factories.site(factories.agreement(f"A{number}"), "Augusta")
    interrupted = []

    def interrupt(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if "sites_componentcount" in sql and not interrupted:
            interrupted.append(sql)
            store(lambda: Site.objects.filter(pk=site.pk).update(in_service_on=date(1998, 10, 16)))
        return answer

    with connection.execute_wrapper(interrupt):
        results = run(OCTOBER)

    assert interrupted
    assert [result.refusal for result in results] == [""] * agreements
    amounts = [line_amounts(draft) for draft in Invoice.objects.order_by("agreement__number")]
    assert amounts == [["13583.33"]] * (agreements - 1) + [["7010.75"]]
