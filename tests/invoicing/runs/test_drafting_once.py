"""Runs: on which document a charge stands that falls due once, and how what was billed for it is corrected."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.documents import calculation
from invoicing.models import Invoice, InvoiceLine
from tests import factories, reference
from tests.invoicing.billing_cases import (
    FEBRUARY,
    JANUARY,
    MARCH,
    NOVEMBER,
    OCTOBER,
    blocks,
    issue_through,
    line_amounts,
    order,
    read,
    run,
    work,
)

pytestmark = pytest.mark.django_db


# ---- where a charge that falls due once goes ---------------------------------------------------------------------


def placed() -> list[tuple[str, str, list[str]]]:
    """Days and amounts of the lines of every draft, in the order of the billing periods."""
    drafts = Invoice.objects.drafts().order_by("first_day", "last_day")
    return [(str(draft.first_day), str(draft.last_day), line_amounts(draft)) for draft in drafts]


def test_what_falls_due_once_follows_the_instalments_of_its_month(agreement):
    site = factories.site(agreement, "Tampa")
    order(site, date(1998, 11, 20))
    blocks(agreement, date(1998, 11, 5), 2)
    run(NOVEMBER)
    assert placed() == [
        ("1998-10-01", "1998-10-31", ["13583.33"]),
        ("1998-11-01", "1998-11-30", ["13583.34", "243000.00", "100000.00"]),
    ]
    lines = InvoiceLine.objects.filter(kind="charge").order_by("position")
    assert [(line.charge, line.description, str(line.first_day)) for line in lines] == [
        ("block", "2 blocks of 1,500 prepaid hours", "1998-11-05"),
        ("integration", "System integration (turnover/cutover)", "1998-11-20"),
    ]
    assert [(line.quantity, line.unit_price) for line in lines] == [
        (Decimal("2.00"), Decimal("121500.00")),
        (None,) * 2,
    ]
    assert [calculation.recompute(line.inputs) for line in lines] == [line.amount for line in lines]


def test_a_second_integration_is_billed_with_the_reason_that_confirmed_it(agreement):
    site = factories.site(agreement, "Tampa")
    order(site, date(1999, 2, 1))
    order(site, date(1999, 2, 20), duplicate_reason="Moved to another building")
    documents = issue_through(FEBRUARY)

    first, second = [line for document in documents for line in document.lines.filter(charge="integration")]
    assert [line.steps[1].startswith("Once per site: 100,000.00") for line in (first, second)] == [True, False]
    assert second.steps[1] == (
        "Ordered once more for the same site, confirmed with the reason: Moved to another building."
    )
    assert [calculation.recompute(line.inputs) for line in (first, second)] == [first.amount, second.amount]


@pytest.mark.parametrize("timing", ["in-arrears", "in-advance"])
def test_work_within_a_quarter_is_billed_on_a_document_of_its_month(agreement, timing):
    """The quarter from January falls due on 31 March in arrears, and fell due on 1 January in advance."""
    read(agreement, "frequency", "quarterly")
    read(agreement, "timing", timing)
    site = factories.site(agreement, "Tampa")
    blocks(agreement, date(1999, 2, 10))
    issue_through(JANUARY)
    run(FEBRUARY)
    assert placed() == [("1999-02-01", "1999-02-28", ["121500.00"])]
    assert Invoice.objects.issued().count() == (1 if timing == "in-arrears" else 2)
    order(site, date(1999, 2, 20))
    run(FEBRUARY)
    assert placed() == [("1999-02-01", "1999-02-28", ["121500.00", "100000.00"])]


def test_work_within_a_quarter_goes_on_the_document_of_the_quarter_where_that_falls_due_later(agreement):
    read(agreement, "frequency", "quarterly")
    factories.site(agreement, "Tampa")
    issue_through(JANUARY)
    blocks(agreement, date(1999, 2, 10))
    run(MARCH)
    assert placed() == [("1999-01-01", "1999-03-31", ["40750.00", "121500.00"])]


def test_what_happened_after_a_month_was_billed_in_advance_stands_by_itself(agreement):
    read(agreement, "timing", "in-advance")
    factories.site(agreement, "Tampa")
    issue_through(date(1999, 2, 1))
    blocks(agreement, date(1999, 2, 10))
    run(FEBRUARY)
    assert placed() == [("1999-02-01", "1999-02-28", ["121500.00"])]
    run(date(1999, 3, 1))  # falls due on 1 March, after the purchase
    assert placed() == [("1999-03-01", "1999-03-31", ["13583.33", "121500.00"])]


def test_run_through_mid_month_bills_what_happened_and_a_later_run_moves_it_to_the_month(agreement):
    factories.site(agreement, "Tampa")
    issue_through(JANUARY)
    blocks(agreement, date(1999, 2, 10))
    order(Invoice.objects.first().lines.get().site, date(1999, 2, 20))
    run(date(1999, 2, 15))
    assert placed() == [("1999-02-01", "1999-02-28", ["121500.00"])]
    run(FEBRUARY)
    assert placed() == [("1999-02-01", "1999-02-28", ["13583.34", "121500.00", "100000.00"])]


@pytest.mark.parametrize("through", [NOVEMBER, date(1998, 12, 1)])
def test_a_draft_that_goes_further_keeps_nothing_back_that_is_due_now(agreement, through):
    factories.site(agreement, "Tampa")
    issue_through(OCTOBER)
    blocks(agreement, date(1998, 11, 3))
    blocks(agreement, date(1998, 11, 20), 2)
    run(through, date(1998, 12, 1))

    (document,) = issue_through(date(1998, 11, 10), date(1998, 12, 1))

    assert line_amounts(document) == ["121500.00"]
    assert placed() == [("1998-11-01", "1998-11-30", ["13583.34", "243000.00"])]
    (document,) = issue_through(NOVEMBER, date(1998, 12, 1))
    assert line_amounts(document) == ["13583.34", "243000.00"]


def test_an_instalment_due_in_advance_does_not_wait_for_what_happens_later_in_its_month(agreement):
    read(agreement, "timing", "in-advance")
    factories.site(agreement, "Tampa")
    blocks(agreement, date(1998, 10, 20))
    run(OCTOBER, OCTOBER)

    (document,) = issue_through(date(1998, 10, 10), OCTOBER)

    assert line_amounts(document) == ["13583.33"]
    assert placed() == [("1998-10-01", "1998-10-31", ["121500.00"])]


def test_what_was_issued_in_mid_month_is_not_billed_again_with_the_month(agreement):
    factories.site(agreement, "Tampa")
    issue_through(JANUARY)
    blocks(agreement, date(1999, 2, 10))
    (own,) = issue_through(date(1999, 2, 15))
    assert (own.first_day, own.last_day, line_amounts(own)) == (date(1999, 2, 1), date(1999, 2, 28), ["121500.00"])
    assert [line_amounts(document) for document in issue_through(FEBRUARY)] == [["13583.34"]]


def test_what_is_recorded_late_goes_on_the_first_document_that_falls_due_afterwards(agreement):
    site = factories.site(agreement, "Tampa")
    issue_through(date(1999, 7, 31))
    work(site, date(1999, 7, 8), "1.25")
    run(date(1999, 9, 30))
    # 1.25 h x 81.00 = 101.25, on the invoice of August
    assert placed() == [
        ("1999-08-01", "1999-08-31", ["13583.34", "101.25"]),
        ("1999-09-01", "1999-09-30", ["13583.33"]),
    ]


def test_hours_that_wait_for_a_block_are_a_notice_and_no_line(agreement):
    site = factories.site(agreement, "Tampa")
    work(site, date(1998, 10, 15), "7.50")
    work(site, date(1998, 11, 15), "0.50")
    (result,) = run(OCTOBER)
    assert result.notices == (
        "7.50 h worked through 31 October 1998 wait for a block of hours: nothing is billed for them. "
        "Buy a block to cover them.",
    )
    assert placed() == [("1998-10-01", "1998-10-31", ["13583.33"])]


# ---- corrections of what fell due once ---------------------------------------------------------------------------


def test_reversed_purchase_is_credited_and_the_credit_says_what_it_takes_back(agreement):
    factories.site(agreement, "Tampa")
    bought = blocks(agreement, date(1998, 10, 5), 2)
    issue_through(OCTOBER)
    type(bought).objects.filter(pk=bought.pk).update(reversed_on=NOVEMBER, reversal_reason="Not ordered")
    (november,) = issue_through(NOVEMBER)
    line = november.lines.get(kind="adjustment")
    assert (line.charge, line.block_purchase, str(line.amount)) == ("block", bought, "-243000.00")
    assert (line.description, line.source) == (
        "2 blocks of 1,500 prepaid hours",
        "Amendment 1 (LNM980917MP), Appendix A, hours",
    )
    assert line.steps == [
        "Nothing is due any more for 2 blocks of 1,500 prepaid hours: the purchase was reversed.",
        "0.00 due, less 243,000.00 billed (INV-00001), is -243,000.00.",
    ]
    assert [document.number_text for document in november.corrects.all()] == ["INV-00001"]
    assert (november.kind, str(november.total)) == ("credit-note", "-229416.66")
    assert issue_through(NOVEMBER) == ()


def test_work_that_a_late_block_covers_after_all_is_credited(agreement):
    site = factories.site(agreement, "Tampa")
    work(site, date(1999, 7, 8), "10.00")
    issue_through(date(1999, 7, 31))
    blocks(agreement, date(1999, 7, 1))  # entered late: it was bought before the work
    (august,) = issue_through(date(1999, 8, 31))
    assert [(line.charge, line.kind, str(line.amount)) for line in august.lines.order_by("position")] == [
        ("annual", "instalment", "13583.34"),
        ("block", "charge", "121500.00"),
        ("hours", "adjustment", "-810.00"),
    ]


def test_purchase_beyond_a_shortened_term_is_credited_once_it_is_reversed(agreement):
    factories.site(agreement, "Tampa")
    bought = blocks(agreement, date(2000, 8, 5))
    issue_through(date(2000, 9, 30))
    shorter = reference.amendment(
        2, date(2000, 7, 1), expires_on=date(2000, 7, 22), signed_on=date(2000, 10, 1), expiration_clause="clause 1"
    )
    factories.amendment(agreement, shorter)
    type(bought).objects.filter(pk=bought.pk).update(reversed_on=date(2000, 10, 2), reversal_reason="Term shortened")
    (note,) = issue_through(date(2000, 7, 22), on=date(2000, 10, 2))
    assert line_amounts(note) == ["-31110.22", "-121500.00"]
    assert (note.first_day, note.last_day) == (date(2000, 8, 1), date(2000, 8, 31))
