"""Books of the previous release are brought to this one: what was issued says the same, to the cent and the byte."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from contracts.sealing import guards
from invoicing.models import Invoice, InvoiceLine, InvoicePdf
from invoicing.runs.drafting import draft_invoices
from sites.models import MonthlyReport
from tests import previous_release


def migrate(targets):
    """Migrate to some migrations; return the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.fixture
def upgraded(transactional_db) -> dict[str, int]:
    """The previous release's rows on the tables of this one; how many rows it had of each model."""
    guards.drop_triggers()
    try:
        return previous_release.load(migrate(list(previous_release.stored_rows()["migrations"].items())))
    finally:
        migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
        guards.create_triggers()


def column(label: str, name: str) -> list:
    """What the previous release had stored in one column."""
    stored = previous_release.stored_rows()
    place = stored["fields"][label].index(name)
    return [row[place] for row in stored["rows"][label]]


@pytest.mark.django_db(transaction=True)
def test_what_the_previous_release_issued_says_the_same_and_the_next_run_goes_on(upgraded):
    assert Invoice.objects.count() == upgraded["invoicing.Invoice"] > 0
    amounts = InvoiceLine.objects.order_by("pk").values_list("amount", flat=True)
    assert [int(amount * 100) for amount in amounts] == column("invoicing.InvoiceLine", "amount")
    call_command("make_pdfs")  # prints every document again from what was frozen: another byte would be refused
    call_command("make_report_pdfs")
    call_command("verify_invoices")
    call_command("verify_reports")
    call_command("check", databases=["default"], fail_level="WARNING")

    assert sorted(InvoicePdf.objects.values_list("sha256", flat=True)) == sorted(
        column("invoicing.InvoicePdf", "sha256")
    )
    assert MonthlyReport.objects.count() == upgraded["sites.MonthlyReport"] > 0

    last = Invoice.objects.get(number_text="INV-00009")
    (again,) = draft_invoices(through=last.last_day, on=last.issued_on, by=None)
    (following,) = draft_invoices(through=date(1999, 7, 31), on=date(1999, 7, 31), by=None, issue_drafts=True)
    assert again.documents == ()
    assert [invoice.number_text for invoice in following.documents] == ["INV-00010"]
