"""Issuing: the number, what is frozen and sealed with it, and what is refused."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from contracts.sealing.digest import canonical_sha256
from contracts.sealing.frozen import SealedRow
from invoicing.credits.crediting import credit
from invoicing.issued.numbering import CannotNumber
from invoicing.models import Correction, Invoice, InvoiceLine, InvoicePdf, NumberSeries
from invoicing.runs.issuing import CannotIssue, issue
from tests import factories
from tests.invoicing.billing_cases import (
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    billed,
    blocks,
    issue_through,
    line_amounts,
    order,
    read,
    run,
    work,
)

pytestmark = pytest.mark.django_db


def test_issuing_numbers_freezes_and_seals(agreement, finance):
    factories.sites(agreement, 1)
    run(OCTOBER)
    issued = issue(invoice=Invoice.objects.get(), on=date(1998, 11, 2), by=finance)
    issued.refresh_from_db()
    assert (issued.number, issued.number_text, issued.issued_on, issued.issued_by) == (
        1,
        "INV-00001",
        date(1998, 11, 2),
        finance,
    )
    assert issued.content_sha256 == canonical_sha256(issued.content)
    assert issued.is_sealed
    with pytest.raises(SealedRow, match="Correct it by a credit note."):
        issued.save()


def test_drafts_of_a_run_are_issued_oldest_first(agreement):
    factories.sites(agreement, 1)
    documents = issue_through(DECEMBER)
    assert [(document.number_text, document.first_day.month) for document in documents] == [
        ("INV-00001", 10),
        ("INV-00002", 11),
        ("INV-00003", 12),
    ]


def test_draft_whose_facts_changed_is_not_issued_and_gives_its_number_back(agreement):
    site, _ = factories.sites(agreement, 2)
    run(OCTOBER)
    site.in_service_on = date(1998, 10, 15)
    site.save()
    with pytest.raises(CannotIssue, match="has changed since. Run the invoices again"), transaction.atomic():
        issue(invoice=Invoice.objects.get(), on=NOVEMBER, by=None)
    run(OCTOBER, on=NOVEMBER)
    assert issue(invoice=Invoice.objects.get(), on=NOVEMBER, by=None).number == 1


def test_document_is_issued_once(agreement):
    factories.sites(agreement, 1)
    issue_through(OCTOBER)
    with (
        pytest.raises(CannotIssue, match="Invoice INV-00001 is issued already: dated 31 October 1998."),
        transaction.atomic(),
    ):
        issue(invoice=Invoice.objects.get(), on=NOVEMBER, by=None)
    assert NumberSeries.objects.get().last_number == 1


def test_draft_that_a_run_replaced_is_not_issued(agreement):
    factories.sites(agreement, 1)
    run(OCTOBER)
    stale = Invoice.objects.get()
    Invoice.objects.all().delete()
    with pytest.raises(CannotIssue, match="replaced by a later run"), transaction.atomic():
        issue(invoice=stale, on=NOVEMBER, by=None)


def test_service_in_arrears_is_not_issued_before_it_is_over(agreement):
    factories.sites(agreement, 1)
    run(NOVEMBER, on=date(1998, 11, 15))
    with pytest.raises(CannotIssue, match="is not over on 15 November 1998"), transaction.atomic():
        issue(invoice=Invoice.objects.get(first_day=date(1998, 11, 1)), on=date(1998, 11, 15), by=None)


def test_dates_of_a_series_never_run_backwards(agreement):
    factories.sites(agreement, 1)
    issue_through(OCTOBER, on=date(1998, 12, 5))
    factories.site(factories.agreement("LNS-2"), "Tampa")
    run(OCTOBER, on=date(1998, 12, 4))
    with pytest.raises(CannotNumber, match="INV-00001 is dated 5 December 1998"), transaction.atomic():
        issue(invoice=Invoice.objects.drafts().get(), on=date(1998, 12, 4), by=None)


def test_failing_pdf_does_not_take_the_invoice_back(agreement, settings, django_capture_on_commit_callbacks):
    factories.sites(agreement, 1)
    settings.DOCUMENTS_DIR.symlink_to("nowhere")  # a folder that is away, so that nothing can be written
    with django_capture_on_commit_callbacks(execute=True):
        issue_through(OCTOBER)
    assert Invoice.objects.get().number_text == "INV-00001"
    assert InvoicePdf.objects.count() == 0


# ---- whether a draft is still what a run would make --------------------------------------------------------------


def test_draft_with_adjustments_stays_current_when_another_draft_of_the_same_site_and_period_is_issued_first(agreement):
    site = factories.site(agreement, "Tampa")
    issue_through(OCTOBER)
    site.in_service_on = date(1998, 10, 16)
    site.save()
    run(DECEMBER)
    november, december = Invoice.objects.drafts().order_by("first_day")
    issue(invoice=december, on=DECEMBER, by=None)
    issued = issue(invoice=november, on=DECEMBER, by=None)
    # 16 of 31 days of October are 7,010.75, 13,583.33 were billed: the adjustment corrects October's invoice alone.
    assert line_amounts(issued) == ["13583.34", "-6572.58"]
    assert [document.number_text for document in issued.corrects.all()] == ["INV-00001"]
    # 2 16/31 months: 163,000 / 12 x 2.51612... = 34,177.42
    assert (billed(site), issue_through(DECEMBER)) == (Decimal("34177.42"), ())


def test_draft_that_credits_what_is_not_due_any_more_stays_current_when_another_one_is_issued_first(agreement):
    site = factories.site(agreement, "Tampa")
    issue_through(OCTOBER)
    site.in_service_on = date(1998, 11, 1)
    site.save()
    run(DECEMBER)
    november, december = Invoice.objects.drafts().order_by("first_day")
    issue(invoice=december, on=DECEMBER, by=None)
    issued = issue(invoice=november, on=DECEMBER, by=None)
    assert line_amounts(issued) == ["13583.33", "-13583.33"]
    credited = issued.lines.get(kind="adjustment")
    assert (credited.first_day, credited.last_day) == (date(1998, 10, 1), OCTOBER)


def test_draft_is_refused_once_the_work_on_it_is_reversed(agreement):
    site = factories.site(agreement, "Tampa")
    done = work(site, date(1999, 7, 8), "2.00")
    run(date(1999, 7, 31))
    type(done).objects.filter(pk=done.pk).update(reversed_on=date(1999, 8, 1), reversal_reason="Entered twice")
    july = Invoice.objects.get(first_day=date(1999, 7, 1))
    with pytest.raises(CannotIssue, match="has changed since. Run the invoices again"), transaction.atomic():
        issue(invoice=july, on=date(1999, 8, 1), by=None)
    run(date(1999, 7, 31), on=date(1999, 8, 1))
    assert line_amounts(Invoice.objects.get(first_day=date(1999, 7, 1))) == ["13583.33"]


def test_draft_stays_current_when_work_is_recorded_after_it(agreement):
    site = factories.site(agreement, "Tampa")
    issue_through(date(1999, 6, 30))
    run(date(1999, 7, 31))
    late = work(site, date(1999, 7, 8), "2.00")
    july = issue(invoice=Invoice.objects.drafts().get(), on=date(1999, 8, 1), by=None)
    assert line_amounts(july) == ["13583.33"]
    (own,) = issue_through(date(1999, 7, 31), on=date(1999, 8, 2))
    assert [(line.work_entry, str(line.amount)) for line in own.lines.all()] == [(late, "162.00")]


@pytest.mark.parametrize(("applies_from", "issues"), [(None, True), (date(1998, 11, 1), False)])
def test_service_is_issued_in_advance_where_the_annual_period_began_so(agreement, applies_from, issues):
    """A reading from 1 November changes nothing for the annual period that began on 1 October."""
    factories.sites(agreement, 1)
    read(agreement, "timing", "in-advance", applies_from)
    run(NOVEMBER, on=date(1998, 11, 15))
    november = Invoice.objects.get(first_day=date(1998, 11, 1))
    if issues:
        assert issue(invoice=november, on=date(1998, 11, 15), by=None).is_issued
        return
    with (
        pytest.raises(CannotIssue, match="billed in arrears and is not over on 15 November 1998"),
        transaction.atomic(),
    ):
        issue(invoice=november, on=date(1998, 11, 15), by=None)


# ---- what was billed is closed -----------------------------------------------------------------------------------


@pytest.fixture
def facts(agreement):
    """A purchase, a work entry and an order, of which July's invoice bills all three."""
    site = factories.site(agreement, "Tampa")
    return (
        blocks(agreement, date(1999, 7, 20)),
        work(site, date(1999, 7, 8), "2.00"),
        order(site, date(1999, 7, 12)),
    )


def test_issuing_marks_what_is_billed_once_as_billed_and_seals_it(facts):
    run(date(1999, 7, 31))
    assert [type(row).objects.get().billed_on for row in facts] == [None] * 3
    issue_through(date(1999, 7, 31), on=date(1999, 8, 2))
    for row in facts:
        row.refresh_from_db()
        assert row.billed_on == date(1999, 8, 2)
        assert row.is_sealed
        row.reference = "Another one"
        with pytest.raises(SealedRow, match="Reverse it with a reason"):
            row.save()
        with pytest.raises(SealedRow, match="Reverse it with a reason"):
            row.delete()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sites_blockpurchase SET blocks = 3",
        "UPDATE sites_workentry SET hours = 300",
        "UPDATE sites_integrationorder SET completed_on = '1999-07-13'",
        "UPDATE sites_workentry SET billed_on = NULL",
        "DELETE FROM sites_workentry",
    ],
)
def test_sql_against_what_is_billed_is_refused_by_the_database(facts, statement):
    issue_through(date(1999, 7, 31), on=date(1999, 8, 2))
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_is_billed_keeps_its_first_day_of_billing_when_it_is_corrected(facts):
    issue_through(date(1999, 7, 31), on=date(1999, 8, 2))
    done = facts[1]
    type(done).objects.filter(pk=done.pk).update(reversed_on=date(1999, 8, 5), reversal_reason="Entered twice")
    (note,) = issue_through(date(1999, 7, 31), on=date(1999, 8, 6))
    assert (note.kind, str(note.total)) == ("credit-note", "-162.00")
    done.refresh_from_db()
    assert done.billed_on == date(1999, 8, 2)


# ---- sealed documents --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoicing_invoice SET total = 1",
        "UPDATE invoicing_invoice SET issued_on = NULL, number = NULL",
        "DELETE FROM invoicing_invoice",
        "UPDATE invoicing_invoiceline SET amount = 1",
        "DELETE FROM invoicing_invoiceline",
        "UPDATE invoicing_correction SET corrected_id = corrected_id",
        "DELETE FROM invoicing_correction",
        "UPDATE invoicing_invoicepdf SET sha256 = ''",
        "DELETE FROM invoicing_invoicepdf",
    ],
)
def test_sql_against_issued_documents_is_refused_by_the_database(
    agreement, django_capture_on_commit_callbacks, statement
):
    factories.sites(agreement, 1)
    with django_capture_on_commit_callbacks(execute=True):
        issue_through(OCTOBER)
    with django_capture_on_commit_callbacks(execute=True):
        credit(invoice=Invoice.objects.get(), reason="Wrong address", on=NOVEMBER, by=None)
    assert (InvoicePdf.objects.count(), Correction.objects.count()) == (2, 1)
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_lines_cannot_be_added_to_an_issued_document(agreement):
    site = factories.site(agreement, "Tampa")
    issue_through(OCTOBER)
    line = InvoiceLine.objects.get()
    line.pk, line.position, line.instalment = None, 2, 2
    line._state.adding = True
    with pytest.raises(SealedRow):
        line.save()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO invoicing_invoiceline (invoice_id, position, kind, site_id, period_number, first_day, "
            "last_day, level_code, level_name, provisional, amount, source, steps, inputs) "
            "VALUES (%s, 9, 'credit', %s, 1, '1998-10-01', '1998-10-31', '', '', %s, 1, '', '[]', '{}')",
            [Invoice.objects.get().pk, site.pk, False],
        )


# ---- the same number of queries for one site and for thirty ------------------------------------------------------


@pytest.mark.parametrize("number", [1, 30])
def test_issuing_costs_the_same_queries_for_any_number_of_sites(agreement, django_assert_num_queries, number):
    factories.sites(agreement, number)
    run(OCTOBER)
    draft = Invoice.objects.get()
    with django_assert_num_queries(ISSUING_QUERIES):
        issue(invoice=draft, on=NOVEMBER, by=None)


ISSUING_QUERIES = 41


@pytest.mark.parametrize("number", [1, 30])
def test_the_number_is_locked_while_the_document_is_frozen_and_no_longer(agreement, number):
    factories.sites(agreement, number)
    run(OCTOBER)
    with CaptureQueriesContext(connection) as asked:
        issue(invoice=Invoice.objects.get(), on=NOVEMBER, by=None)
    message = [query["sql"] for query in asked]
    taken = next(place for place, sql in enumerate(message) if sql.startswith("UPDATE") and "RETURNING" in sql)
    assert len(message) - taken == UNDER_THE_NUMBER


UNDER_THE_NUMBER = 10
