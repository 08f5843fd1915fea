"""What every billing event needs: the plan of an agreement, its horizon, and its last document."""

from datetime import date

import pytest

from contracts.models import Agreement
from invoicing.runs.plan import (
    CannotBill,
    CannotDraft,
    horizon_of,
    last_documents,
    plan_now,
    refuse_before_last_document,
)
from tests import factories, reference
from tests.invoicing.billing_cases import DECEMBER, NOVEMBER, OCTOBER, issue_through, read, run


@pytest.fixture
def agreement(agreement):
    factories.site(agreement, "Tampa")
    return agreement


def plan(agreement: Agreement, through: date, on: date = NOVEMBER):
    return plan_now(agreement=Agreement.objects.with_terms().get(pk=agreement.pk), through=through, on=on)


def test_plan_says_what_is_due_and_what_is_billed(agreement):
    issue_through(OCTOBER)
    found = plan(agreement, NOVEMBER)
    assert [str(charge.amount) for charge in found.due.charges] == ["13583.33", "13583.34"]
    assert [str(was.amount) for was in found.books.billed.values()] == ["13583.33"]
    assert found.notices == ()


def test_plan_through_a_date_without_terms_is_refused(agreement):
    with pytest.raises(CannotDraft, match="No price schedule on file covers 30 September 1998"):
        plan(agreement, date(1998, 9, 30))


@pytest.mark.parametrize(("applies_from", "refused"), [(None, True), (date(1999, 10, 1), False)])
def test_plan_is_refused_where_a_billed_period_would_be_billed_in_another_frequency(agreement, applies_from, refused):
    issue_through(OCTOBER)
    read(agreement, "frequency", "quarterly", applies_from)
    if not refused:
        assert plan(agreement, NOVEMBER).due.charges
        return
    with pytest.raises(CannotDraft, match="Annual period 1 of Agreement LNS970602JC was billed in 12 instalments"):
        plan(agreement, NOVEMBER)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([OCTOBER, DECEMBER, NOVEMBER], DECEMBER),
        ([date(2000, 9, 30)], date(2000, 9, 30)),
        ([date(2000, 10, 31), OCTOBER], date(2000, 9, 30)),
    ],
)
def test_horizon_is_the_latest_day_within_the_term(days, expected):
    assert horizon_of(terms=reference.AGREEMENT, days=days, on=reference.LATER) == expected


@pytest.mark.parametrize("number", [1, 3])
def test_last_documents_are_found_in_one_query(number, db, django_assert_num_queries):
    rows = [factories.agreement(f"A{position}") for position in range(number)]
    for row in rows:
        factories.site(row, "Tampa")
        run(NOVEMBER, agreements=[row], issue_drafts=True)
        run(DECEMBER, agreements=[row])
    with django_assert_num_queries(1):
        last = last_documents(agreements=rows)
    assert [last[row.pk].first_day for row in rows] == [date(1998, 11, 1)] * number


def test_day_before_the_last_document_is_refused(agreement):
    (last,) = issue_through(OCTOBER, on=NOVEMBER)
    refuse_before_last_document(last=None, on=OCTOBER, refusal=CannotBill)
    refuse_before_last_document(last=last, on=NOVEMBER, refusal=CannotBill)
    with pytest.raises(CannotBill, match="Invoice INV-00001 is dated 30 November 1998. Bill on that day or later."):
        refuse_before_last_document(last=last, on=date(1998, 11, 29), refusal=CannotBill)
