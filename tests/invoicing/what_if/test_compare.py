"""What is due before and after a change, and what was billed: plain values only."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from contracts.periods import AnnualPeriod
from contracts.terms import NotOnFile
from invoicing.charges.charge import ChargeKey
from invoicing.charges.due import due_through
from invoicing.what_if.compare import Amounts, compare, falling_due
from tests import reference

OCTOBER, NOVEMBER = date(1998, 10, 31), date(1998, 11, 30)
AKRON, BOISE = reference.site(1, name="Akron"), reference.site(2, name="Boise")
SITES = {1: AKRON, 2: BOISE}
BILLED = {ChargeKey.of_site(1, 1): reference.billed_instalments("INV-1", "INV-2")}


def due(*sites):
    return due_through(agreement=reference.AGREEMENT, sites=sites, through=NOVEMBER, known_on=reference.LATER)


def amounts(before: str, after: str) -> Amounts:
    return Amounts(Decimal(before), Decimal(after))


def test_parts_that_fall_due_before_after_or_both_are_compared():
    late = replace(AKRON, in_service_on=date(1998, 11, 1))

    found = compare(before=due(AKRON), after=due(late, BOISE), billed=BILLED, sites=SITES)

    # Akron: October falls away, November is 13,583.33 instead of 13,583.34. Boise: both months are new.
    assert [(part.charge.site.name, part.charge.part, part.amounts) for part in found.due] == [
        ("Akron", 2, amounts("13583.34", "13583.33")),
        ("Boise", 1, amounts("0.00", "13583.33")),
        ("Boise", 2, amounts("0.00", "13583.34")),
        ("Akron", 1, amounts("13583.33", "0.00")),
    ]
    (total,) = found.totals
    assert (isinstance(total.of, AnnualPeriod), total.amounts) == (True, amounts("27166.67", "40750.00"))


def test_what_a_run_bills_is_what_is_due_less_what_was_billed():
    found = compare(before=due(AKRON, BOISE), after=due(AKRON), billed=BILLED, sites=SITES)

    assert (found.corrections, found.changed, found.documents) == (amounts("0.00", "0.00"), (), ())
    assert found.to_bill == amounts("27166.67", "0.00")  # Boise was never billed


def test_documents_are_those_that_billed_what_is_due_differently():
    late = replace(AKRON, in_service_on=date(1998, 11, 1))

    assert compare(before=due(AKRON), after=due(AKRON), billed=BILLED, sites=SITES).documents == ()
    assert compare(before=due(AKRON), after=due(late), billed=BILLED, sites=SITES).documents == ("INV-1", "INV-2")


def test_where_nothing_was_in_force_what_was_billed_stands():
    nothing = NotOnFile(NOVEMBER, reference.LATER, "No price schedule is on file.")

    found = compare(before=nothing, after=due(AKRON), billed=BILLED, sites=SITES)

    assert (found.totals[0].amounts, found.changed) == (amounts("0.00", "27166.67"), ())


def test_what_was_waived_is_not_due_again():
    key = ChargeKey.of_site(1, 1)
    october = replace(BILLED[key].parts[1], amount=Decimal("0.00"), waived=Decimal("13583.33"))
    waived = {key: replace(BILLED[key], parts={**BILLED[key].parts, 1: october})}

    assert compare(before=due(), after=due(AKRON), billed=waived, sites=SITES).corrections == amounts(
        "-13583.34", "0.00"
    )


def test_amounts_fall_due_through_a_day():
    charges = {"before": due(AKRON).charges, "after": due(AKRON, BOISE).charges}

    assert falling_due(**charges, through=OCTOBER) == amounts("13583.33", "27166.66")
    assert falling_due(**charges, through=NOVEMBER).difference == Decimal("27166.67")
