"""Runs: the drafts that they leave, what they refuse, and what one agreement costs the others."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.schedule import OpeningRule
from invoicing.documents import calculation
from invoicing.models import Invoice, InvoiceLine, NumberSeries
from tests import factories, reference
from tests.invoicing.billing_cases import (
    DECEMBER,
    FEBRUARY,
    JANUARY,
    MARCH,
    NOVEMBER,
    OCTOBER,
    blocks,
    issue_through,
    line_amounts,
    read,
    run,
    totals,
)

pytestmark = pytest.mark.django_db


# ---- the annual charge -------------------------------------------------------------------------------------------


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


def test_second_period_at_all_five_levels_sums_to_the_annual_prices(agreement):
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


def test_line_says_why(agreement):
    factories.site(agreement, "Tampa", date(1999, 1, 15))
    run(JANUARY)
    line = InvoiceLine.objects.get()
    assert (line.first_day, line.last_day) == (date(1999, 1, 15), date(1999, 1, 31))
    assert (line.level_name, line.annual_price, line.amount) == ("Very Small", Decimal("163000.00"), Decimal("7448.92"))
    assert (line.instalment, line.instalment_of, line.provisional) == (4, 12, False)
    assert line.source == "Amendment 1 (LNM980917MP), Appendix A, table"
    assert any("17 of 31 days" in step for step in line.steps)
    assert line.steps[-1].endswith("is 7,448.92.")
    assert calculation.recompute(line.inputs) == line.amount


def test_every_line_of_two_years_can_be_computed_again_from_what_is_stored(agreement):
    sites = factories.sites(agreement, 3)
    factories.charged_level(sites[0], 2, "SMALL", date(1999, 12, 1))
    for month in range(1, 7):
        run(date(2000, month, 28) if month > 1 else date(1999, 11, 30), on=date(2000, month, 28), issue_drafts=True)
    lines = list(InvoiceLine.objects.all())
    assert len(lines) > 40
    assert [calculation.recompute(line.inputs) for line in lines] == [line.amount for line in lines]


# ---- drafts of an earlier run ------------------------------------------------------------------------------------


def test_second_run_bills_nothing_and_leaves_the_drafts_as_they_are(agreement):
    factories.sites(agreement, 2)
    run(DECEMBER)
    before = list(Invoice.objects.order_by("pk").values_list("pk", "total"))
    (result,) = run(DECEMBER)
    assert list(Invoice.objects.order_by("pk").values_list("pk", "total")) == before
    assert len(result.documents) == 3
    issue_through(DECEMBER)
    assert issue_through(DECEMBER, on=date(1999, 1, 5)) == ()
    assert Invoice.objects.count() == 3


def test_draft_is_made_anew_when_its_facts_have_changed(agreement):
    site, _ = factories.sites(agreement, 2)
    run(NOVEMBER)
    october = Invoice.objects.get(first_day=date(1998, 10, 1))
    site.in_service_on = date(1998, 11, 1)
    site.save()
    run(NOVEMBER)
    assert not Invoice.objects.filter(pk=october.pk).exists()
    assert totals() == ["13583.33", "27166.67"]


def test_shorter_run_keeps_the_later_drafts(agreement):
    factories.sites(agreement, 1)
    run(DECEMBER)
    (result,) = run(OCTOBER, on=DECEMBER)
    assert [str(document.total) for document in result.documents] == ["13583.33"]
    assert totals() == ["13583.33", "13583.34", "13583.33"]


def test_dry_run_writes_nothing(agreement):
    factories.sites(agreement, 3)
    (result,) = run(NOVEMBER, dry_run=True)
    assert [str(document.total) for document in result.documents] == ["40749.99", "40750.02"]
    assert (Invoice.objects.count(), NumberSeries.objects.count()) == (0, 0)


# ---- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("through", "on", "sentence"),
    [
        (date(1998, 9, 30), date(1998, 11, 1), "No price schedule on file covers 30 September 1998"),
        (OCTOBER, date(1998, 10, 19), "Amendment 1 (LNM980917MP) was executed on 20 October 1998 only."),
        (date(2000, 10, 31), date(2000, 11, 1), "expired on 30 September 2000"),
    ],
)
def test_date_that_cannot_be_billed_is_refused_with_its_sentence(agreement, through, on, sentence):
    factories.sites(agreement, 1)
    (result,) = run(through, on)
    assert sentence in result.refusal
    assert Invoice.objects.count() == 0


def test_expired_date_names_the_last_day_that_can_be_billed_and_what_is_left(agreement):
    factories.sites(agreement, 1)
    (result,) = run(date(2000, 10, 31), date(2000, 11, 1))
    assert result.refusal.endswith(
        "Run through 30 September 2000 to bill what is due until then. That is 24 documents, 326,000.00 USD in all."
    )


def test_nothing_is_said_of_an_agreement_that_is_billed_to_its_end(agreement, capsys):
    factories.sites(agreement, 1)
    issue_through(date(2000, 9, 30), date(2000, 10, 1))
    (result,) = run(date(2000, 10, 31), date(2000, 11, 1))
    assert (result.documents, result.refusal, result.notices, result.nothing_to_bill) == ((), "", (), False)
    call_command("draft_invoices", through=date(2000, 10, 31), on=date(2000, 11, 1))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("through", [date(1998, 11, 30), date(1999, 2, 28), date(1999, 9, 30), date(2000, 10, 31)])
def test_credit_of_a_retroactive_end_is_shown_whatever_the_day_of_the_run(through, agreement):
    """Billed through February 1999; an amendment of March ends the agreement on 31 December 1998."""
    factories.sites(agreement, 1)
    issue_through(FEBRUARY)
    ended = reference.amendment(2, date(1998, 12, 31), expires_on=DECEMBER, signed_on=date(1999, 3, 1))
    factories.amendment(agreement, ended)
    (result,) = run(through, max(through, MARCH))
    shown = result.refusal or str([str(document.total) for document in result.documents])
    assert shown.endswith("That is 1 document, -27,166.67 USD in all.") or shown == "['-27166.67']"


def test_nothing_to_bill_is_not_said_while_a_level_is_undecided():
    bare = replace(reference.SCHEDULE, opening=OpeningRule(None, None))
    other = factories.agreement("ZZ", amendments=(replace(reference.AMENDMENT, schedule=bare),))
    factories.sites(other, 1)
    (result,) = run(OCTOBER, agreements=[other])
    assert (result.documents, result.refusal, len(result.notices)) == ((), "", 1)
    assert not result.nothing_to_bill


def test_frequency_of_an_annual_period_cannot_change_once_something_of_it_was_billed(agreement):
    factories.sites(agreement, 1)
    issue_through(OCTOBER)
    read(agreement, "frequency", "quarterly")
    (result,) = run(DECEMBER)
    assert result.refusal == (
        "Annual period 1 of Agreement LNS970602JC was billed in 12 instalments so far, and the frequency of a period "
        "cannot change any more. Set the reading of the frequency back."
    )
    assert Invoice.objects.count() == 1


def test_frequency_may_change_from_an_annual_period_on_of_which_nothing_was_billed(agreement):
    factories.sites(agreement, 1)
    issue_through(date(1999, 9, 30))
    read(agreement, "frequency", "quarterly", date(1999, 10, 1))
    (first, second) = issue_through(date(2000, 3, 31))
    assert [(str(each.total), each.lines.get().instalment_of) for each in (first, second)] == [("40750.00", 4)] * 2
    assert (first.first_day, first.last_day) == (date(1999, 10, 1), date(1999, 12, 31))


def test_agreement_without_a_signature_is_refused_and_the_others_complete(agreement):
    unsigned = reference.amendment(1, reference.ANCHOR, supplier_signature=None, schedule=reference.SCHEDULE)
    other = factories.agreement("ZNS970602", amendments=(unsigned,))
    factories.sites(agreement, 1)
    factories.sites(other, 1)
    first, second = run(OCTOBER)
    assert (first.agreement, len(first.documents), first.refusal) == (agreement, 1, "")
    assert second.agreement == other
    assert "is not executed: the signature of the supplier is missing" in second.refusal
    assert [invoice.agreement for invoice in Invoice.objects.all()] == [agreement]


def test_only_the_named_agreements_are_billed(agreement):
    other = factories.agreement("LNS-OTHER")
    factories.sites(agreement, 1)
    factories.sites(other, 1)
    assert [result.agreement for result in run(OCTOBER, agreements=[other])] == [other]
    assert Invoice.objects.get().agreement == other


def test_site_of_the_demonstration_marks_its_document(agreement):
    factories.site(agreement, "Tampa", is_demonstration=True)
    factories.site(factories.agreement("ZNS2"), "Tampa")
    run(OCTOBER)
    marks = dict(Invoice.objects.values_list("agreement__number", "is_demonstration"))
    assert marks == {"LNS970602JC": True, "ZNS2": False}


def test_purchase_of_the_demonstration_marks_its_document(agreement):
    factories.site(agreement, "Tampa")
    other = factories.agreement("ZNS2")
    blocks(agreement, date(1998, 10, 5), is_demonstration=True)
    blocks(other, date(1998, 10, 5))
    run(OCTOBER)
    marks = dict(Invoice.objects.values_list("agreement__number", "is_demonstration"))
    assert marks == {"LNS970602JC": True, "ZNS2": False}


# ---- late levels -------------------------------------------------------------------------------------------------


def test_late_level_is_billed_as_one_adjustment_line(agreement):
    site = factories.site(agreement, "Tampa")
    issue_through(date(1999, 9, 30), on=date(1999, 10, 1))
    issue_through(date(1999, 11, 30), on=date(1999, 12, 1))
    lines = InvoiceLine.objects.filter(period_number=2).order_by("first_day")
    assert [(str(line.amount), line.provisional) for line in lines] == [("13583.33", True), ("13583.34", True)]

    factories.charged_level(site, 2, "MEDIUM", date(1999, 12, 10))
    (december,) = issue_through(date(1999, 12, 31), on=date(2000, 1, 1))
    # December at Medium: 245,000 x 3/12 - 245,000 x 2/12 = 61,250.00 - 40,833.33. October and November at Medium are
    # due with 40,833.33; 13,583.33 + 13,583.34 = 27,166.67 were billed.
    assert line_amounts(december) == ["20416.67", "13666.66"]
    adjustment = december.lines.get(kind="adjustment")
    assert (adjustment.first_day, adjustment.last_day) == (date(1999, 10, 1), date(1999, 11, 30))
    assert adjustment.shares == [[1, "6833.34"], [2, "6833.32"]]
    assert adjustment.steps[-1] == "40,833.33 due, less 27,166.67 billed (INV-00013, INV-00014), is 13,666.66."
    assert [str(invoice) for invoice in december.corrects.order_by("pk")] == ["Invoice INV-00013", "Invoice INV-00014"]
    assert calculation.recompute(adjustment.inputs) == Decimal("13666.66")


def test_lower_late_level_makes_a_credit_note_with_its_own_number(agreement):
    site = factories.site(agreement, "Tampa")
    factories.charged_level(site, 2, "LARGE", date(1999, 9, 1))
    issue_through(date(1999, 9, 30), on=date(1999, 10, 1))
    issue_through(date(1999, 12, 31), on=date(2000, 1, 1))
    site.charged_levels.all().delete()
    factories.charged_level(site, 2, "MEDIUM", date(2000, 1, 10))
    (note,) = issue_through(date(1999, 12, 31), on=date(2000, 1, 15))
    # Three months of Large, 80,000.00, were billed; three months of Medium, 61,250.00, are due.
    assert (note.kind, note.number_text, note.total) == ("credit-note", "CN-00001", Decimal("-18750.00"))
    assert (note.first_day, note.last_day) == (date(1999, 12, 1), date(1999, 12, 31))


def test_level_agreed_after_the_run_is_not_known_to_it(agreement):
    site = factories.site(agreement, "Tampa")
    factories.charged_level(site, 2, "MEDIUM", date(1999, 12, 10))
    run(date(1999, 10, 31), on=date(1999, 11, 1))
    line = InvoiceLine.objects.get(period_number=2)
    assert (line.level_code, line.provisional, str(line.amount)) == ("VERY_SMALL", True, "13583.33")


# ---- many agreements ---------------------------------------------------------------------------------------------

RUN_QUERIES = 26
"""Of one chunk, however many agreements and sites, besides the rows that are written."""


def agreements_with_sites(number: int, sites: int = 1) -> list:
    rows = [factories.agreement(f"A{position:03}") for position in range(number)]
    for row in rows:
        factories.sites(row, sites)
    return rows


@pytest.mark.parametrize(("agreements", "sites"), [(1, 1), (1, 30), (3, 2), (50, 2)])
def test_drafting_asks_the_same_queries_for_any_number_of_agreements_and_sites(agreements, sites):
    rows = agreements_with_sites(agreements, sites)
    with CaptureQueriesContext(connection) as first:
        run(OCTOBER, agreements=rows)
    with CaptureQueriesContext(connection) as second:
        run(OCTOBER, agreements=rows)
    inserts = [query for query in first if query["sql"].startswith("INSERT")]
    assert len(first) - len(inserts) == RUN_QUERIES
    assert len(second) == RUN_QUERIES + 2  # drafts are on file now: their lines and their links
    assert Invoice.objects.count() == agreements
    if connection.vendor == "postgresql":  # SQLite takes 999 values at a time
        assert len(inserts) == 2


def test_a_second_chunk_begins_after_fifty_agreements():
    rows = agreements_with_sites(51)
    results = run(OCTOBER, agreements=rows)
    assert [result.agreement for result in results] == rows
    assert {len(result.documents) for result in results} == {1}
    with CaptureQueriesContext(connection) as queries:
        run(OCTOBER, agreements=rows)
    assert len(queries) == 2 * (RUN_QUERIES + 2)


def test_unexpected_failure_is_listed_with_its_cause_and_the_others_of_the_chunk_complete(caplog):
    first, broken, last = agreements_with_sites(3)
    read(broken, "frequency", "weekly")
    results = run(OCTOBER)
    assert [result.agreement for result in results] == [first, broken, last]
    assert [len(result.documents) for result in results] == [1, 0, 1]
    assert results[1].refusal.startswith("The run met an unexpected fault (ValueError: 'weekly'")
    assert "The run failed for agreement A001" in caplog.text
    assert set(Invoice.objects.values_list("agreement", flat=True)) == {first.pk, last.pk}


def test_error_of_the_database_in_a_chunk_leaves_the_others_to_be_drafted_one_by_one(caplog):
    first, broken, last = agreements_with_sites(3)
    run(OCTOBER, agreements=[broken])
    Invoice.objects.update(origin=Invoice.Origin.CREDIT)  # a draft that no run replaces, with the same instalment
    results = run(OCTOBER)
    assert [len(result.documents) for result in results] == [1, 0, 1]
    assert results[1].refusal.startswith("The run met an unexpected fault (IntegrityError: ")
    assert "The run failed for agreement A001" in caplog.text
    assert totals() == ["13583.33"] * 3
