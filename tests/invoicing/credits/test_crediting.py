"""Credits by hand: whole invoices, chosen lines, what is left of them, and charges that are given up."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from contracts.sealing.frozen import SealedRow
from invoicing.audit.auditing import Verification
from invoicing.credits.crediting import CannotCredit, confirm_waiver, credit, creditable_lines, withdraw_waiver
from invoicing.documents import calculation
from invoicing.models import Invoice, InvoiceLine, Waiver
from invoicing.runs.issuing import issue
from sites.models import Site
from tests import factories, reference
from tests.invoicing.billing_cases import DECEMBER, NOVEMBER, OCTOBER, billed, blocks, issue_through, line_amounts, run
from tests.waivers import confirmed

pytestmark = pytest.mark.django_db

LOWER_PRICES = reference.amendment(2, date(1998, 10, 1), schedule=reference.LOWER, signed_on=date(1998, 11, 25))
"""154,850.00 instead of 163,000.00 from the first day, known from 25 November 1998: October costs 12,904.17."""


@pytest.fixture
def october(two_sites) -> Invoice:
    """October's invoice: two lines of 13,583.33."""
    (invoice,) = issue_through(OCTOBER)
    return invoice


def take_back(invoice: Invoice, on: date = NOVEMBER, **options) -> Invoice:
    note = credit(invoice=invoice, reason=options.pop("reason", "Wrong address"), on=on, by=None, **options)
    return confirmed(note, on=on)


def left(invoice: Invoice) -> list[str]:
    return [str(each.left) for each in creditable_lines(invoice=invoice, on=NOVEMBER)]


def refusal(invoice: Invoice, **options) -> CannotCredit:
    """What a credit is refused with; the books stay as they were."""
    before = Invoice.objects.count()
    with pytest.raises(CannotCredit) as refused, transaction.atomic():
        take_back(invoice, **options)
    assert Invoice.objects.count() == before
    return refused.value


# ---- what is taken back ------------------------------------------------------------------------------------------


def test_whole_invoice_is_taken_back_line_by_line_and_the_next_run_bills_it_again(october):
    note = take_back(october)
    assert (note.number_text, note.kind, str(note.total)) == ("CN-00001", "credit-note", "-27166.66")
    assert line_amounts(note) == ["-13583.33", "-13583.33"]
    assert (list(note.corrects.all()), list(october.corrected_by.all())) == ([october], [note])
    assert note.content["remarks"] == [
        "This credit note takes back Invoice INV-00001 of 31 October 1998.",
        "Reason: Wrong address",
    ]

    (again,) = issue_through(OCTOBER, on=NOVEMBER)
    assert (again.number_text, str(again.total)) == ("INV-00002", "27166.66")
    assert {line.kind for line in again.lines.all()} == {"adjustment"}
    assert issue_through(OCTOBER, on=NOVEMBER) == ()


def test_next_adjustment_names_the_credited_invoice_and_its_credit_note_only(agreement, october):
    issue_through(NOVEMBER)
    take_back(october)
    (december,) = issue_through(DECEMBER)
    assert [document.number_text for document in december.corrects.order_by("pk")] == ["INV-00001", "CN-00001"]
    adjustment = december.lines.filter(kind="adjustment").first()
    assert adjustment.shares == [[1, "13583.33"]]
    assert adjustment.steps == [
        "Every site is charged at this level in the first annual period, whatever its counts.",
        "October 1998: Very Small at 163,000.00 a year, 13,583.33 due, 0.00 billed.",
        "13,583.33 due, less 0.00 billed (INV-00001, CN-00001), is 13,583.33.",
    ]


def test_chosen_line_is_taken_back_and_the_other_stands(october):
    note = take_back(october, amounts={2: Decimal("13583.33")})
    credited = october.lines.get(position=2)
    line = note.lines.get()
    assert (line.position, line.credits, str(line.amount), line.shares) == (
        1,
        credited,
        "-13583.33",
        [[1, "-13583.33"]],
    )
    assert line.steps == ["Line 2 of Invoice INV-00001 is taken back."]
    assert left(october) == ["13583.33", "0.00"]


def test_part_of_a_line_is_taken_back_and_the_rest_is_left(october):
    note = take_back(october, amounts={1: Decimal("1000.00")})
    line = note.lines.get()
    assert line.steps == ["1,000.00 of the 13,583.33 of line 1 of Invoice INV-00001 is taken back."]
    assert calculation.recompute(line.inputs) == line.amount == Decimal("-1000.00")
    assert left(october) == ["12583.33", "13583.33"]
    rest = take_back(october)
    assert line_amounts(rest) == ["-12583.33", "-13583.33"]


def test_charge_that_falls_due_once_is_taken_back_in_part_and_billed_again(two_sites):
    bought = blocks(two_sites, date(1998, 10, 5))
    (invoice,) = issue_through(OCTOBER)
    note = take_back(invoice, amounts={3: Decimal("21500.00")})
    assert [(line.charge, line.block_purchase, line.shares) for line in note.lines.all()] == [("block", bought, None)]
    (november,) = issue_through(NOVEMBER)
    again = november.lines.get(kind="adjustment")
    assert (again.charge, str(again.amount)) == ("block", "21500.00")
    assert again.steps == [
        "1 block of 1,500 prepaid hours of 5 October 1998: 121,500.00 due, 100,000.00 billed.",
        "121,500.00 due, less 100,000.00 billed (INV-00001, CN-00001), is 21,500.00.",
    ]
    assert calculation.recompute(again.inputs) == again.amount


def test_invoice_with_an_adjustment_is_taken_back_whole_but_not_a_line_that_gives_back_by_itself(agreement, october):
    factories.amendment(agreement, LOWER_PRICES)
    (november,) = issue_through(NOVEMBER)
    # November costs 12,904.16 (25,808.33 less 12,904.17), October is lowered by 679.16.
    assert line_amounts(november) == ["12904.16", "12904.16", "-679.16", "-679.16"]
    refused = refusal(november, amounts={3: Decimal("-679.16")})
    assert str(refused) == "Nothing is taken back so. Choose at least one line and the amount to credit."
    assert line_amounts(take_back(november)) == ["-12904.16", "-12904.16", "679.16", "679.16"]
    (december,) = issue_through(DECEMBER)
    assert line_amounts(december)[2:] == ["12225.00", "12225.00"]  # 12,904.16 for November, -679.16 for October


# ---- what is refused ---------------------------------------------------------------------------------------------


def test_what_is_no_issued_invoice_is_refused(two_sites):
    run(OCTOBER)
    draft = Invoice.objects.get()
    assert str(refusal(draft)) == "A draft is not credited. Correct the facts and run the invoices again."
    (invoice,) = issue_through(OCTOBER)
    note = take_back(invoice)
    assert str(refusal(note)) == (
        "Credit note CN-00001 takes another document back. Run the invoices to bill what is due."
    )


def test_credit_without_a_reason_is_refused(october):
    assert str(refusal(october, reason="  ")) == "Give the reason for the credit; it is kept with the credit note."


def test_second_credit_of_the_whole_is_refused_and_takes_no_number(october):
    take_back(october)
    assert str(refusal(october)) == "Invoice INV-00001 is credited already: nothing is left of it to take back."
    (again,) = issue_through(OCTOBER, on=NOVEMBER)
    assert take_back(again).number_text == "CN-00002"


@pytest.mark.parametrize(
    ("amounts", "line", "message"),
    [
        ({2: "13583.34"}, 2, "Only 13,583.33 of line 2 is left to credit, not 13,583.34."),
        ({1: "0.01"}, 1, "Nothing is left of line 1 to credit, not 0.01."),
        ({2: "-1.00"}, 2, "Only 13,583.33 of line 2 is left to credit, not -1.00."),
        ({7: "1.00"}, 7, "Invoice INV-00001 has no line 7. Choose among its lines."),
        ({2: "0.005"}, 2, "An amount in USD has at most 2 decimals: 0.005 is none."),
        ({2: "0.00"}, None, "Nothing is taken back so. Choose at least one line and the amount to credit."),
        ({}, None, "Nothing is taken back so. Choose at least one line and the amount to credit."),
    ],
)
def test_more_than_is_left_is_refused_and_the_line_is_named(october, amounts, line, message):
    take_back(october, amounts={1: Decimal("13583.33")})
    refused = refusal(october, amounts={position: Decimal(amount) for position, amount in amounts.items()})
    assert (str(refused), refused.refused[0].place) == (message, f"amount-{line}" if line else "")


def test_no_more_than_is_still_billed_is_left_after_a_run_has_lowered_a_charge(agreement, october):
    factories.amendment(agreement, LOWER_PRICES)
    issue_through(OCTOBER, on=NOVEMBER)
    assert left(october) == ["12904.17", "12904.17"]
    refused = refusal(october, amounts={1: Decimal("13583.33")})
    assert str(refused) == "Only 12,904.17 of line 1 is left to credit, not 13,583.33."
    assert line_amounts(take_back(october)) == ["-12904.17", "-12904.17"]


def test_credit_note_is_not_dated_before_the_last_document(october):
    assert "is dated 31 October 1998" in str(refusal(october, on=date(1998, 10, 30)))


# ---- waivers -----------------------------------------------------------------------------------------------------


def test_waived_charge_is_not_billed_again(agreement, october):
    take_back(october, waive=True, reason="Outage in October")
    assert [(each.decided_by, each.decided_on, each.reason) for each in Waiver.objects.all()] == [
        ("J. Doe", NOVEMBER, "Outage in October")
    ] * 2
    assert issue_through(OCTOBER, on=NOVEMBER) == ()
    assert [line_amounts(document) for document in issue_through(NOVEMBER)] == [["13583.34", "13583.34"]]


def test_only_the_waived_part_is_not_billed_again(october):
    site = october.lines.get(position=1).site
    take_back(october, amounts={1: Decimal("1000.00")}, waive=True)
    take_back(october, amounts={1: Decimal("2000.00")})
    (again,) = issue_through(OCTOBER, on=NOVEMBER)
    assert line_amounts(again) == ["2000.00"]
    assert again.lines.get().steps[1:] == [
        "October 1998: Very Small at 163,000.00 a year, 13,583.33 due, 10,583.33 billed.",
        "1,000.00 of it was waived.",
        "12,583.33 due, less 10,583.33 billed (INV-00001, CN-00001, CN-00002), is 2,000.00.",
    ]
    assert calculation.recompute(again.lines.get().inputs) == Decimal("2000.00")
    assert billed(site) == Decimal("12583.33")


def test_withdrawn_waiver_lets_the_charge_fall_due_again(october, finance):
    take_back(october, amounts={1: Decimal("1000.00")}, waive=True)
    waiver = withdraw_waiver(waiver=Waiver.objects.get(), reason="Decided by nobody", on=NOVEMBER, by=finance)
    assert (waiver.withdrawn_on, waiver.withdrawn_by, waiver.withdrawal_reason) == (
        NOVEMBER,
        finance,
        "Decided by nobody",
    )
    assert [line_amounts(document) for document in issue_through(OCTOBER, on=NOVEMBER)] == [["1000.00"]]


@pytest.mark.parametrize(
    ("waived", "expected"),
    [
        ("1000.00", [["-679.16"]]),  # 12,583.33 stand billed, less than the new 12,904.17: the other site is credited
        ("13583.33", [["-679.16"]]),  # nothing is due any more, and nothing less than nothing; the other site is
    ],
)
def test_lower_price_after_a_waiver_credits_only_what_stands_above_it(agreement, october, waived, expected):
    take_back(october, on=date(1998, 11, 20), amounts={1: Decimal(waived)}, waive=True)
    factories.amendment(agreement, LOWER_PRICES)
    assert [line_amounts(document) for document in issue_through(OCTOBER, on=NOVEMBER)] == expected


def test_waiver_counts_once_another_user_has_confirmed_it(october, finance, django_user_model):
    note = credit(invoice=october, reason="Outage", on=NOVEMBER, by=finance, waive=True)
    first, second = Waiver.objects.filter(line__invoice=note).order_by("pk")
    other = django_user_model.objects.create_user("roe", first_name="R.", last_name="Roe")
    with pytest.raises(CannotCredit, match="You have proposed this waiver. Somebody else"), transaction.atomic():
        confirm_waiver(waiver=first, on=NOVEMBER, by=finance)

    confirm_waiver(waiver=first, on=NOVEMBER, by=other)

    with pytest.raises(CannotCredit, match="was confirmed on 30 November 1998 by R. Roe already"), transaction.atomic():
        confirm_waiver(waiver=first, on=NOVEMBER, by=other)
    assert [line_amounts(document) for document in issue_through(OCTOBER, on=NOVEMBER)] == [["13583.33"]]
    assert [(row.stands, row.is_proposed) for row in Waiver.objects.order_by("pk")] == [(True, False), (False, True)]
    withdraw_waiver(waiver=second, reason="Not meant", on=NOVEMBER, by=finance)
    with pytest.raises(CannotCredit, match="was withdrawn on 30 November 1998 already"), transaction.atomic():
        confirm_waiver(waiver=second, on=NOVEMBER, by=other)


def test_database_refuses_the_confirmation_of_the_one_who_proposed(october, finance):
    credit(invoice=october, reason="Outage", on=NOVEMBER, by=finance, waive=True)
    decided = {"decided_by": "Finance", "decided_on": NOVEMBER, "confirmed_by": finance}
    with pytest.raises(IntegrityError, match="waiver_confirmed_by_another"), transaction.atomic():
        Waiver.objects.update(**decided)


def test_waiver_is_withdrawn_once_and_with_a_reason(october):
    take_back(october, amounts={1: Decimal("1000.00")}, waive=True)
    waiver = Waiver.objects.get()
    with pytest.raises(CannotCredit, match="Say why the waiver is withdrawn"), transaction.atomic():
        withdraw_waiver(waiver=waiver, reason=" ", on=NOVEMBER, by=None)
    withdraw_waiver(waiver=waiver, reason="Decided by nobody", on=NOVEMBER, by=None)
    with pytest.raises(CannotCredit, match="was withdrawn on 30 November 1998 already"), transaction.atomic():
        withdraw_waiver(waiver=waiver, reason="Again", on=DECEMBER, by=None)


def test_decision_is_sealed_with_its_credit_note(october):
    take_back(october, amounts={1: Decimal("1000.00")}, waive=True)
    waiver = Waiver.objects.get()
    waiver.decided_by = "Somebody else"
    with pytest.raises(SealedRow, match="Withdraw it with a reason"):
        waiver.save()
    with pytest.raises(SealedRow):
        waiver.delete()
    for statement in ("UPDATE invoicing_waiver SET reason = 'x'", "DELETE FROM invoicing_waiver"):
        with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# ---- queries -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 30])
def test_crediting_costs_the_same_queries_for_any_number_of_lines(django_assert_num_queries, number):
    factories.sites(factories.agreement(), number)
    (invoice,) = issue_through(OCTOBER)
    with django_assert_num_queries(CREDITING_QUERIES):
        take_back(invoice)
    assert InvoiceLine.objects.filter(kind="credit").count() == number


CREDITING_QUERIES = 36


def test_a_charge_first_billed_on_a_credit_note_of_a_run_can_be_taken_back(two_sites):
    sites = list(Site.objects.filter(agreement=two_sites).order_by("pk"))
    issue_through(date(1998, 12, 31), on=date(1999, 1, 4))
    Site.objects.filter(pk=sites[0].pk).update(in_service_on=date(1999, 1, 1))
    (held,) = issue_through(date(1999, 1, 31), on=date(1999, 2, 1))
    note = issue(invoice=held, on=date(1999, 2, 1), by=None, looked_at=True)
    assert (note.kind, [str(line.amount) for line in note.lines.all()]) == (
        "credit-note",
        ["13583.33", "13583.33", "-40750.00"],
    )

    taken = take_back(note, on=date(1999, 2, 2), amounts={1: Decimal("13583.33")})

    assert line_amounts(taken) == ["-13583.33"]
    assert (
        str(refusal(note, on=date(1999, 2, 2), amounts={3: Decimal("-1.00")}))
        == "Nothing is left of line 3 to credit, not -1.00."
    )


def test_line_of_a_credit_note_that_gives_back_in_all_is_not_credited_and_the_books_stay_sound():
    row = factories.agreement()
    site = factories.sites(row, 1)[0]
    issue_through(date(1998, 12, 31), on=date(1999, 1, 4))
    december = Invoice.objects.get(first_day=date(1998, 12, 1))
    take_back(december, on=date(1999, 1, 4))
    Site.objects.filter(pk=site.pk).update(in_service_on=date(1998, 12, 1))
    (held,) = issue_through(date(1998, 12, 31), on=date(1999, 1, 5))
    note = issue(invoice=held, on=date(1999, 1, 5), by=None, looked_at=True)
    # October and November are given back, December is charged again: -13,583.33 - 13,583.34 + 13,583.33.
    assert note.lines.get().shares == [[1, "-13583.33"], [2, "-13583.34"], [3, "13583.33"]]
    assert note.kind == "credit-note"

    message = (
        f"{note} charges nothing that could be taken back. Where it gave back too much, correct the facts and run the "
        "invoices: the next run bills what is due."
    )
    assert str(refusal(note, on=date(1999, 1, 6))) == message
    assert str(refusal(note, on=date(1999, 1, 6), amounts={1: Decimal("13583.33")})) == message
    assert [str(each.left) for each in creditable_lines(invoice=note, on=date(1999, 1, 6))] == ["0.00"]


def test_line_that_both_charges_and_gives_back_is_credited_whole_and_no_more_once_it_was_lowered():
    row = factories.agreement()
    site = factories.sites(row, 1)[0]
    october, *_later = issue_through(date(1998, 12, 31), on=date(1999, 1, 4))
    for document in (*_later, october):
        take_back(document, on=date(1999, 1, 4))
    issue_through(date(1998, 10, 31), on=date(1999, 1, 5))
    Site.objects.filter(pk=site.pk).update(in_service_on=date(1998, 11, 1))
    (mixed,) = issue_through(date(1998, 12, 31), on=date(1999, 1, 6))
    # October is given back, November and December are charged: the first of them at 13,583.33.
    assert [(line.kind, line.shares) for line in mixed.lines.all()] == [
        ("adjustment", [[1, "-13583.33"], [2, "13583.33"], [3, "13583.34"]])
    ]
    assert str(refusal(mixed, on=date(1999, 1, 6), amounts={1: Decimal("100.00")})) == (
        "Line 1 both charges and gives back: credit it whole, 13,583.34, or not at all."
    )
    Site.objects.filter(pk=site.pk).update(in_service_on=date(1998, 12, 1))
    issue_through(date(1998, 12, 31), on=date(1999, 1, 7))

    assert [str(each.left) for each in creditable_lines(invoice=mixed, on=date(1999, 1, 7))] == ["0.00"]
    assert str(refusal(mixed, on=date(1999, 1, 7))) == (
        f"{mixed} is credited already: nothing is left of it to take back."
    )
    assert [finding.text for finding in Verification().findings() if "taken back" in finding.text] == []


def test_text_and_amounts_no_column_holds_are_refused(october):
    assert refusal(october, reason="x" * 201).refused[0].place == "reason"
    assert refusal(october, amounts={1: Decimal("NaN")}).refused[0].place == "amount-1"
