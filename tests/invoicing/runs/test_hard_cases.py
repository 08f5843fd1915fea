"""Sequences of events in which an invoice is easily lost, doubled, held back or dated wrongly."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from invoicing.credits.crediting import CannotCredit, credit
from invoicing.models import Invoice, InvoicePdf, NumberSeries
from invoicing.runs.issuing import issue
from invoicing.runs.plan import CannotBill
from tests import factories, reference
from tests.invoicing import billing_cases
from tests.invoicing.billing_cases import billed

pytestmark = pytest.mark.django_db

SHORT = replace(reference.AMENDMENT, expires_on=None, expiration_clause="")
"""Amendment 1 without its extension: the term ends on 2000-07-22, in mid-month."""


def run(through, on, *, issue_drafts=True, **chosen):
    return billing_cases.run(through, on, issue_drafts=issue_drafts, **chosen)


# ---- the end of a term -------------------------------------------------------------------------------------------


def test_level_agreed_after_a_term_that_ends_in_mid_month_is_billed():
    agreement = factories.agreement(amendments=(SHORT,))
    site = factories.site(agreement, "Tampa")
    run(date(2000, 7, 22), date(2000, 7, 22))
    factories.charged_level(site, 2, "MEDIUM", date(2000, 8, 10))
    (result,) = run(date(2000, 7, 22), date(2000, 8, 15))
    # 9 22/31 months: 245,000 / 12 x 9.70967... = 198,239.25 due, 163,000 / 12 x 9.70967... = 131,889.78 billed.
    (document,) = result.documents
    assert (str(document.total), document.number_text, document.last_day) == (
        "66349.47",
        "INV-00023",
        date(2000, 7, 22),
    )


def test_shortened_term_is_credited_and_says_which_document_ends_it(agreement):
    factories.site(agreement, "Tampa")
    run(date(2000, 9, 30), date(2000, 9, 30))
    factories.amendment(
        agreement,
        reference.amendment(
            2, date(2000, 7, 1), expires_on=date(2000, 7, 22), signed_on=date(2000, 10, 1), expiration_clause="clause 1"
        ),
    )
    (result,) = run(date(2000, 7, 22), date(2000, 10, 2))
    (note,) = result.documents
    # 163,000.00 were billed, 131,889.78 are due through 22 July.
    assert (note.kind, str(note.total)) == ("credit-note", "-31110.22")
    assert run(date(2000, 7, 22), date(2000, 10, 3))[0].documents == ()


def test_shortened_term_credits_what_was_billed_in_advance_beyond_it_and_names_those_invoices_only(agreement):
    billing_cases.read(agreement, "timing", "in-advance")
    site = factories.site(agreement, "Tampa")
    run(date(2000, 9, 1), date(2000, 9, 1))
    shorter = reference.amendment(2, date(2000, 7, 1), expires_on=date(2000, 7, 22), signed_on=date(2000, 9, 5))
    factories.amendment(agreement, shorter)
    (result,) = run(date(2000, 7, 22), date(2000, 9, 6))
    (note,) = result.documents
    # July is due with 9,639.78 instead of 13,583.33, August and September are not due any more.
    assert str(note.total) == "-31110.22"
    assert note.lines.get().shares == [[10, "-3943.55"], [11, "-13583.34"], [12, "-13583.33"]]
    assert [document.number_text for document in note.corrects.order_by("number")] == [
        *("INV-00022", "INV-00023", "INV-00024")
    ]
    assert billed(site) == Decimal("163000.00") + Decimal("131889.78")


def test_drafts_beyond_a_shortened_term_are_dropped(agreement):
    factories.site(agreement, "Tampa")
    run(date(2000, 9, 30), date(2000, 7, 1), issue_drafts=False)
    factories.amendment(agreement, reference.amendment(2, date(2000, 7, 1), expires_on=date(2000, 7, 22)))
    (result,) = run(date(2000, 7, 22), date(2000, 7, 22), issue_drafts=False)
    assert result.refusal == ""
    assert Invoice.objects.order_by("-last_day").first().last_day == date(2000, 7, 22)


# ---- dates -------------------------------------------------------------------------------------------------------


def test_run_dated_before_an_issued_document_is_refused_and_takes_nothing_back(agreement):
    site = factories.site(agreement, "Tampa")
    factories.charged_level(site, 2, "MEDIUM", date(1999, 12, 10))
    run(date(1999, 11, 30), date(2000, 1, 1))
    before = billed(site)
    (result,) = run(date(1999, 11, 30), date(1999, 12, 5))
    assert result.refusal == "Invoice INV-00014 is dated 1 January 2000. Bill on that day or later."
    assert billed(site) == before


def test_credit_note_is_not_dated_before_its_invoice(agreement):
    factories.site(agreement, "Tampa")
    run(date(1998, 10, 31), date(1998, 12, 5))
    with pytest.raises(CannotCredit, match="is dated 5 December 1998"), transaction.atomic():
        credit(invoice=Invoice.objects.get(), reason="x", on=date(1998, 11, 1), by=None)


def test_date_still_to_come_is_refused_by_the_command(settings):
    settings.BUSINESS_DATE = date(1998, 11, 2)
    factories.site(factories.agreement(), "Tampa")
    with pytest.raises(CommandError, match="2150-01-01 is still to come. The last date for documents is today"):
        call_command("draft_invoices", "--through", "1998-10-31", "--issue", "--on", "2150-01-01")
    assert NumberSeries.objects.count() == 0


# ---- adjustments beside drafts -----------------------------------------------------------------------------------


def test_credit_does_not_wait_for_the_draft_of_a_later_period(agreement):
    site = factories.site(agreement, "Tampa")
    run(date(1998, 11, 30), date(1998, 12, 1))
    run(date(1998, 12, 31), date(1998, 12, 2), issue_drafts=False)
    site.in_service_on = date(1998, 11, 1)
    site.save()
    (result,) = run(date(1998, 11, 30), date(1998, 12, 3))
    # October is not due any more: 13,583.33 less; November moves from 13,583.34 to 13,583.33.
    assert [(document.kind, str(document.total)) for document in result.documents] == [("credit-note", "-13583.34")]
    assert [str(draft.total) for draft in Invoice.objects.drafts()] == ["13583.34"]


# ---- identity ----------------------------------------------------------------------------------------------------


def test_two_series_cannot_print_the_same_numbers():
    NumberSeries.objects.create(code="INVOICE", prefix="DOC-")
    with pytest.raises(IntegrityError), transaction.atomic():
        NumberSeries.objects.create(code="CREDIT", prefix="DOC-")


def test_run_skips_what_another_run_has_issued_meanwhile(agreement):
    factories.site(agreement, "Tampa")
    overtaken = []

    def other_run(execute, sql, params, many, context):
        """Issue the first draft as soon as the run under test begins to issue it."""
        if not overtaken and "invoicing_numberseries" in sql:
            overtaken.append(True)
            issue(invoice=Invoice.objects.earliest("first_day"), on=date(1998, 12, 1), by=None)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(other_run):
        (result,) = run(date(1998, 11, 30), date(1998, 12, 1))
    assert (result.refusal, [document.number_text for document in result.documents]) == ("", ["INV-00002"])
    assert Invoice.objects.issued().count() == 2


def test_next_run_makes_good_a_missing_pdf(agreement, settings, django_capture_on_commit_callbacks):
    factories.site(agreement, "Tampa")
    run(date(1998, 10, 31), date(1998, 10, 31))  # as if the machine had stopped before the PDF was made
    assert InvoicePdf.objects.count() == 0
    with django_capture_on_commit_callbacks(execute=True):
        run(date(1998, 11, 30), date(1998, 11, 30))
    assert InvoicePdf.objects.count() == 2


def test_refusal_leaves_no_gap_in_the_numbers(agreement):
    factories.site(agreement, "Tampa")
    run(date(1998, 11, 30), date(1998, 11, 30), issue_drafts=False)
    november, october = Invoice.objects.order_by("-first_day")
    with pytest.raises(CannotBill), transaction.atomic():
        issue(invoice=november, on=date(1998, 11, 15), by=None)
    assert issue(invoice=october, on=date(1998, 11, 15), by=None).number == 1
