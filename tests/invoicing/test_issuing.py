"""Drafting, issuing and crediting: what reaches the books, and what is refused."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from contracts.frozen import SealedRow
from contracts.models import ChosenReading
from invoicing import issuing, reasons
from invoicing.documents import content_sha256
from invoicing.issuing import CannotCredit, CannotIssue, credit, draft_invoices, issue
from invoicing.models import Correction, Invoice, InvoiceLine, InvoicePdf, NumberSeries
from invoicing.numbering import CannotNumber
from tests import factories, reference

pytestmark = pytest.mark.django_db

OCTOBER, NOVEMBER, DECEMBER = date(1998, 10, 31), date(1998, 11, 30), date(1998, 12, 31)


@pytest.fixture
def agreement():
    return factories.agreement()


def run(through, on=None, *, issue_drafts=False, agreements=None, dry_run=False):
    on = on or max(through, date(1998, 10, 31))
    return draft_invoices(
        through=through, on=on, by=None, issue_drafts=issue_drafts, agreements=agreements, dry_run=dry_run
    )


def totals():
    return [str(invoice.total) for invoice in Invoice.objects.order_by("first_day", "pk")]


def line_amounts(invoice):
    return [str(line.amount) for line in invoice.lines.order_by("position")]


# ---- drafts ------------------------------------------------------------------------------------------------------


def test_october_for_twelve_sites_is_twelve_lines_of_13583_33(agreement):
    factories.sites(agreement, 12)
    run(OCTOBER)
    draft = Invoice.objects.get()
    assert line_amounts(draft) == ["13583.33"] * 12
    assert draft.total == Decimal("162999.96")
    assert (draft.kind, draft.first_day, draft.last_day) == ("invoice", date(1998, 10, 1), date(1998, 10, 31))


def test_twelve_months_of_twelve_sites_sum_to_1956000(agreement):
    sites = factories.sites(agreement, 12)
    run(date(1999, 9, 30), on=date(1999, 10, 1))
    assert Invoice.objects.count() == 12
    per_site = [sum(line.amount for line in InvoiceLine.objects.filter(site=site)) for site in sites]
    assert per_site == [Decimal("163000.00")] * 12
    assert sum(invoice.total for invoice in Invoice.objects.all()) == Decimal("1956000.00")


def test_the_second_period_at_all_five_levels_sums_to_the_annual_prices(agreement):
    sites = factories.sites(agreement, 12)
    codes = [level.code for level in reference.LEVELS]
    expected = {}
    for position, site in enumerate(sites):
        level = reference.LEVELS[position % 5]
        factories.charged_level(site, 2, codes[position % 5], date(1999, 9, 1))
        expected[site.pk] = level.annual_price
    run(date(1999, 9, 30), on=date(1999, 10, 1), issue_drafts=True)
    run(date(2000, 9, 30), on=date(2000, 10, 1), issue_drafts=True)
    second = InvoiceLine.objects.filter(period_number=2)
    assert {pk: sum(line.amount for line in second.filter(site_id=pk)) for pk in expected} == expected
    # 12 sites over 5 levels: Very Small and Small three times each, the others twice.
    assert sum(line.amount for line in second) == 3 * (163000 + 198000) + 2 * (245000 + 320000 + 390000)


def test_a_line_says_why(agreement):
    factories.site(agreement, "Tampa", date(1999, 1, 15))
    run(date(1999, 1, 31))
    line = InvoiceLine.objects.get()
    assert (line.first_day, line.last_day) == (date(1999, 1, 15), date(1999, 1, 31))
    assert (line.level_name, line.annual_price, line.amount) == ("Very Small", Decimal("163000.00"), Decimal("7448.92"))
    assert (line.instalment, line.instalment_of, line.provisional) == (4, 12, False)
    assert line.source == "Amendment 1 (LNM980917MP), Appendix A, table"
    assert any("17 of 31 days" in step for step in line.steps)
    assert line.steps[-1].endswith("is 7,448.92.")
    assert reasons.recompute(line.inputs) == line.amount


def test_a_second_run_bills_nothing_and_leaves_the_drafts_as_they_are(agreement):
    factories.sites(agreement, 2)
    run(DECEMBER)
    before = list(Invoice.objects.order_by("pk").values_list("pk", "total"))
    (result,) = run(DECEMBER)
    assert list(Invoice.objects.order_by("pk").values_list("pk", "total")) == before
    assert len(result.documents) == 3
    run(DECEMBER, issue_drafts=True)
    (result,) = run(DECEMBER, on=date(1999, 1, 5))
    assert result.documents == ()
    assert result.refusal == ""
    assert Invoice.objects.count() == 3


def test_a_draft_is_made_anew_when_its_facts_have_changed(agreement):
    site, _ = factories.sites(agreement, 2)
    run(NOVEMBER)
    october = Invoice.objects.get(first_day=date(1998, 10, 1))
    site.in_service_on = date(1998, 11, 1)
    site.save()
    run(NOVEMBER)
    assert not Invoice.objects.filter(pk=october.pk).exists()
    assert totals() == ["13583.33", "27166.67"]


def test_a_shorter_run_keeps_the_later_drafts(agreement):
    factories.sites(agreement, 1)
    run(DECEMBER)
    (result,) = run(OCTOBER, on=DECEMBER)
    assert [str(document.total) for document in result.documents] == ["13583.33"]
    assert totals() == ["13583.33", "13583.34", "13583.33"]


def test_a_dry_run_writes_nothing(agreement):
    factories.sites(agreement, 3)
    (result,) = run(NOVEMBER, dry_run=True)
    assert [str(document.total) for document in result.documents] == ["40749.99", "40750.02"]
    assert (Invoice.objects.count(), NumberSeries.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("through", "on", "sentence"),
    [
        (date(1998, 9, 30), date(1998, 11, 1), "No price schedule on file covers 30 September 1998"),
        (OCTOBER, date(1998, 10, 19), "Amendment 1 (LNM980917MP) was executed on 20 October 1998 only."),
        (date(2000, 10, 31), date(2000, 11, 1), "expired on 30 September 2000"),
    ],
)
def test_a_date_that_cannot_be_billed_is_refused_with_its_sentence(agreement, through, on, sentence):
    factories.sites(agreement, 1)
    (result,) = run(through, on)
    assert sentence in result.refusal
    assert Invoice.objects.count() == 0


def test_an_expired_date_names_the_last_day_that_can_be_billed(agreement):
    (result,) = run(date(2000, 10, 31), date(2000, 11, 1))
    assert result.refusal.endswith("Run through 30 September 2000 to bill what is due until then.")


def test_an_agreement_without_a_signature_is_refused_and_the_others_complete(agreement):
    unsigned = reference.amendment(1, reference.ANCHOR, supplier_signature=None, schedule=reference.SCHEDULE)
    other = factories.agreement("ZNS970602", amendments=(unsigned,))
    factories.sites(agreement, 1)
    factories.sites(other, 1)
    first, second = run(OCTOBER)
    assert (first.agreement, len(first.documents), first.refusal) == (agreement, 1, "")
    assert second.agreement == other
    assert "is not executed: the signature of the supplier is missing" in second.refusal
    assert [invoice.agreement for invoice in Invoice.objects.all()] == [agreement]


def test_an_unexpected_failure_is_listed_with_its_cause_and_the_others_complete(agreement):
    broken = factories.agreement("ANS970602")
    factories.sites(agreement, 1)
    factories.sites(broken, 1)
    ChosenReading.objects.create(
        agreement=broken, question="frequency", choice="weekly", chosen_by="nobody", chosen_on=OCTOBER
    )
    failed, fine = run(OCTOBER)
    assert failed.refusal.startswith("The run met an unexpected fault (ValueError: 'weekly'")
    assert (fine.refusal, len(fine.documents)) == ("", 1)


def test_another_frequency_after_something_was_billed_is_refused(agreement):
    factories.sites(agreement, 1)
    run(OCTOBER, issue_drafts=True)
    ChosenReading.objects.create(
        agreement=agreement, question="frequency", choice="quarterly", chosen_by="finance", chosen_on=OCTOBER
    )
    (result,) = run(DECEMBER)
    assert "was billed in 12 instalments a year so far" in result.refusal


def test_a_site_of_the_demonstration_marks_its_document(agreement):
    factories.site(agreement, "Tampa", is_demonstration=True)
    factories.site(factories.agreement("ZNS2"), "Tampa")
    run(OCTOBER)
    marks = dict(Invoice.objects.values_list("agreement__number", "is_demonstration"))
    assert marks == {"LNS970602JC": True, "ZNS2": False}


# ---- late levels -------------------------------------------------------------------------------------------------


def test_a_late_level_is_billed_as_one_adjustment_line(agreement):
    site = factories.site(agreement, "Tampa")
    run(date(1999, 9, 30), on=date(1999, 10, 1), issue_drafts=True)
    run(date(1999, 11, 30), on=date(1999, 12, 1), issue_drafts=True)
    lines = InvoiceLine.objects.filter(period_number=2).order_by("first_day")
    assert [(str(line.amount), line.provisional) for line in lines] == [("13583.33", True), ("13583.34", True)]

    factories.charged_level(site, 2, "MEDIUM", date(1999, 12, 10))
    run(date(1999, 12, 31), on=date(2000, 1, 1), issue_drafts=True)
    december = Invoice.objects.get(first_day=date(1999, 12, 1))
    # December at Medium: 245,000 x 3/12 - 245,000 x 2/12 = 61,250.00 - 40,833.33. October and November at Medium are
    # due with 40,833.33; 13,583.33 + 13,583.34 = 27,166.67 were billed.
    assert line_amounts(december) == ["20416.67", "13666.66"]
    adjustment = december.lines.get(kind="adjustment")
    assert (adjustment.first_day, adjustment.last_day) == (date(1999, 10, 1), date(1999, 11, 30))
    assert adjustment.steps[-1] == "40,833.33 due, less 27,166.67 billed (INV-00013, INV-00014), is 13,666.66."
    assert [str(invoice) for invoice in december.corrects.order_by("pk")] == ["Invoice INV-00013", "Invoice INV-00014"]
    assert reasons.recompute(adjustment.inputs) == Decimal("13666.66")


def test_a_lower_late_level_makes_a_credit_note_with_its_own_number(agreement):
    site = factories.site(agreement, "Tampa")
    factories.charged_level(site, 2, "LARGE", date(1999, 9, 1))
    run(date(1999, 9, 30), on=date(1999, 10, 1), issue_drafts=True)
    run(date(1999, 12, 31), on=date(2000, 1, 1), issue_drafts=True)
    site.charged_levels.all().delete()
    factories.charged_level(site, 2, "MEDIUM", date(2000, 1, 10))
    (result,) = run(date(1999, 12, 31), on=date(2000, 1, 15), issue_drafts=True)
    (note,) = result.documents
    # Three months of Large, 80,000.00, were billed; three months of Medium, 61,250.00, are due.
    assert (note.kind, note.number_text, note.total) == ("credit-note", "CN-00001", Decimal("-18750.00"))
    assert (note.first_day, note.last_day) == (date(1999, 12, 1), date(1999, 12, 31))


def test_a_level_agreed_after_the_run_is_not_known_to_it(agreement):
    site = factories.site(agreement, "Tampa")
    factories.charged_level(site, 2, "MEDIUM", date(1999, 12, 10))
    run(date(1999, 10, 31), on=date(1999, 11, 1))
    line = InvoiceLine.objects.get(period_number=2)
    assert (line.level_code, line.provisional, str(line.amount)) == ("VERY_SMALL", True, "13583.33")


# ---- issuing -----------------------------------------------------------------------------------------------------


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
    assert issued.content_sha256 == content_sha256(issued.content)
    assert issued.is_sealed
    with pytest.raises(SealedRow, match="Correct it by a credit note."):
        issued.save()


def test_drafts_of_a_run_are_issued_oldest_first(agreement):
    factories.sites(agreement, 1)
    (result,) = run(DECEMBER, issue_drafts=True)
    assert [(document.number_text, document.first_day.month) for document in result.documents] == [
        ("INV-00001", 10),
        ("INV-00002", 11),
        ("INV-00003", 12),
    ]


def test_a_draft_whose_facts_changed_is_not_issued_and_gives_its_number_back(agreement):
    site, _ = factories.sites(agreement, 2)
    run(OCTOBER)
    site.in_service_on = date(1998, 10, 15)
    site.save()
    with pytest.raises(CannotIssue, match="has changed since. Run the invoices again"), transaction.atomic():
        issue(invoice=Invoice.objects.get(), on=NOVEMBER, by=None)
    run(OCTOBER, on=NOVEMBER)
    assert issue(invoice=Invoice.objects.get(), on=NOVEMBER, by=None).number == 1


def test_a_document_is_issued_once(agreement):
    factories.sites(agreement, 1)
    run(OCTOBER, issue_drafts=True)
    with (
        pytest.raises(CannotIssue, match="Invoice INV-00001 is issued already, on 31 October 1998."),
        transaction.atomic(),
    ):
        issue(invoice=Invoice.objects.get(), on=NOVEMBER, by=None)
    assert NumberSeries.objects.get().last_number == 1


def test_a_draft_that_a_run_replaced_is_not_issued(agreement):
    factories.sites(agreement, 1)
    run(OCTOBER)
    stale = Invoice.objects.get()
    Invoice.objects.all().delete()
    with pytest.raises(CannotIssue, match="replaced by a later run"), transaction.atomic():
        issue(invoice=stale, on=NOVEMBER, by=None)


def test_service_in_arrears_is_not_issued_before_it_is_over(agreement):
    factories.sites(agreement, 1)
    draft_invoices(through=NOVEMBER, on=date(1998, 11, 15), by=None)
    with pytest.raises(CannotIssue, match="is not over on 15 November 1998"), transaction.atomic():
        issue(invoice=Invoice.objects.get(first_day=date(1998, 11, 1)), on=date(1998, 11, 15), by=None)


def test_dates_of_a_series_never_run_backwards(agreement):
    factories.sites(agreement, 1)
    run(OCTOBER, on=date(1998, 12, 5), issue_drafts=True)
    run(NOVEMBER, on=date(1998, 12, 5))
    with pytest.raises(CannotNumber, match="INV-00001 is dated 5 December 1998"), transaction.atomic():
        issue(invoice=Invoice.objects.drafts().get(), on=date(1998, 12, 4), by=None)


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
        run(OCTOBER, issue_drafts=True)
    with django_capture_on_commit_callbacks(execute=True):
        credit(invoice=Invoice.objects.get(), reason="Wrong address", on=NOVEMBER, by=None)
    assert (InvoicePdf.objects.count(), Correction.objects.count()) == (2, 1)
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_lines_cannot_be_added_to_an_issued_document(agreement):
    site = factories.site(agreement, "Tampa")
    run(OCTOBER, issue_drafts=True)
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


# ---- crediting ---------------------------------------------------------------------------------------------------


def test_credit_takes_an_invoice_back_line_by_line_and_the_next_run_bills_it_again(agreement):
    factories.sites(agreement, 2)
    run(OCTOBER, issue_drafts=True)
    original = Invoice.objects.get()
    note = credit(invoice=original, reason="Wrong address", on=NOVEMBER, by=None)
    assert (note.number_text, note.kind, note.total) == ("CN-00001", "credit-note", Decimal("-27166.66"))
    assert line_amounts(note) == ["-13583.33", "-13583.33"]
    assert (list(note.corrects.all()), list(original.corrected_by.all())) == ([original], [note])

    (result,) = run(OCTOBER, on=NOVEMBER, issue_drafts=True)
    (again,) = result.documents
    assert (again.number_text, again.total) == ("INV-00002", Decimal("27166.66"))
    assert {line.kind for line in again.lines.all()} == {"adjustment"}
    assert run(OCTOBER, on=NOVEMBER)[0].documents == ()


def test_what_cannot_be_credited_is_refused(agreement):
    factories.sites(agreement, 1)
    run(OCTOBER)
    with pytest.raises(CannotCredit, match="A draft is not credited."), transaction.atomic():
        credit(invoice=Invoice.objects.get(), reason="x", on=NOVEMBER, by=None)
    run(OCTOBER, issue_drafts=True)
    with pytest.raises(CannotCredit, match="Give the reason"), transaction.atomic():
        credit(invoice=Invoice.objects.get(), reason="  ", on=NOVEMBER, by=None)
    note = credit(invoice=Invoice.objects.get(), reason="x", on=NOVEMBER, by=None)
    with pytest.raises(CannotCredit, match="is credited already, by Credit note CN-00001"), transaction.atomic():
        credit(invoice=Invoice.objects.get(kind="invoice"), reason="x", on=NOVEMBER, by=None)
    with pytest.raises(CannotCredit, match="is a credit note"), transaction.atomic():
        credit(invoice=note, reason="x", on=NOVEMBER, by=None)


# ---- the same number of queries for one site and for thirty -------------------------------------------------------


@pytest.mark.parametrize("number", [1, 30])
def test_drafting_costs_the_same_queries_for_any_number_of_sites(agreement, django_assert_num_queries, number):
    factories.sites(agreement, number)
    with django_assert_num_queries(DRAFTING_QUERIES):
        run(OCTOBER, agreements=[agreement])


@pytest.mark.parametrize("number", [1, 30])
def test_issuing_costs_the_same_queries_for_any_number_of_sites(agreement, django_assert_num_queries, number):
    factories.sites(agreement, number)
    run(OCTOBER)
    draft = Invoice.objects.get()
    with django_assert_num_queries(ISSUING_QUERIES):
        issue(invoice=draft, on=NOVEMBER, by=None)


DRAFTING_QUERIES = 22
ISSUING_QUERIES = 34


def test_a_failing_pdf_does_not_take_the_invoice_back(agreement, settings, django_capture_on_commit_callbacks):
    factories.sites(agreement, 1)
    settings.DOCUMENTS_DIR.parent.joinpath("documents").write_text("a file where the folder should be")
    with django_capture_on_commit_callbacks(execute=True):
        run(OCTOBER, issue_drafts=True)
    assert Invoice.objects.get().number_text == "INV-00001"
    assert InvoicePdf.objects.count() == 0


def test_every_line_of_an_issued_document_can_be_computed_again(agreement):
    sites = factories.sites(agreement, 3)
    factories.charged_level(sites[0], 2, "SMALL", date(1999, 12, 1))
    for month in range(1, 7):
        run(date(2000, month, 28) if month > 1 else date(1999, 11, 30), on=date(2000, month, 28), issue_drafts=True)
    lines = list(InvoiceLine.objects.all())
    assert len(lines) > 40
    assert [reasons.recompute(line.inputs) for line in lines] == [line.amount for line in lines]


def test_only_the_named_agreements_are_billed(agreement):
    other = factories.agreement("LNS-OTHER")
    factories.sites(agreement, 1)
    factories.sites(other, 1)
    assert [result.agreement for result in run(OCTOBER, agreements=[other])] == [other]
    assert issuing.Invoice.objects.get().agreement == other
