from decimal import Decimal

import pytest

from invoicing.charges.creditable import left_of_line, spread_credit


def shares(**amounts: str) -> dict[int, Decimal]:
    """Amounts by part: shares(p1="13583.33")."""
    return {int(part[1:]): Decimal(amount) for part, amount in amounts.items()}


@pytest.mark.parametrize(
    ("line", "credited", "billed", "left"),
    [
        # Nothing was taken of it, and it stands.
        (shares(p1="13583.33"), [], shares(p1="13583.33"), shares(p1="13583.33")),
        # 1,000.00 and 583.33 were taken of it.
        (
            shares(p1="13583.33"),
            [shares(p1="-1000.00"), shares(p1="-583.33")],
            shares(p1="12000.00"),
            shares(p1="12000.00"),
        ),
        # A run has lowered the charge by 679.16 meanwhile: no more than still stands.
        (shares(p1="13583.33"), [], shares(p1="12904.17"), shares(p1="12904.17")),
        # A run has raised it: the line is never more than itself.
        (shares(p1="13583.33"), [], shares(p1="20416.67"), shares(p1="13583.33")),
        # The charge was taken back elsewhere, or less than nothing is billed for it.
        (shares(p1="13583.33"), [], shares(p1="0.00"), shares(p1="0.00")),
        (shares(p1="13583.33"), [], shares(p1="-10.00"), shares(p1="0.00")),
        (shares(p1="13583.33"), [], {}, shares(p1="0.00")),
        # An adjustment of two instalments, one of which was lowered again.
        (
            shares(p4="679.16", p5="679.18"),
            [],
            shares(p4="13583.33", p5="500.00"),
            shares(p4="679.16", p5="500.00"),
        ),
        # What gave something back can be taken back whole, whatever stands.
        (shares(p4="-679.16"), [], shares(p4="0.00"), shares(p4="-679.16")),
        (shares(p4="-679.16"), [shares(p4="679.16")], shares(p4="13583.33"), shares(p4="0.00")),
        # What both charges and gives back, while all of it stands: 13,583.33 moved from the first month to the third.
        (
            shares(p1="-13583.33", p3="20000.00"),
            [],
            shares(p1="0.00", p3="20000.00"),
            shares(p1="-13583.33", p3="20000.00"),
        ),
        # Something of it was lowered: 10,000.00 - 13,583.33 would be of the other sign than the line.
        (shares(p1="-13583.33", p3="20000.00"), [], shares(p1="0.00", p3="10000.00"), shares(p1="0.00", p3="0.00")),
        # 0.00 - 13,583.33 would be more than the line, which is of -10,000.00.
        (shares(p1="-13583.33", p3="3583.33"), [], shares(p1="0.00", p3="0.00"), shares(p1="0.00", p3="0.00")),
        # It was taken back whole.
        (
            shares(p1="-13583.33", p3="20000.00"),
            [shares(p1="13583.33", p3="-20000.00")],
            shares(p1="13583.33", p3="20000.00"),
            shares(p1="0.00", p3="0.00"),
        ),
    ],
)
def test_no_more_is_left_of_a_line_than_itself_and_than_what_is_billed(line, credited, billed, left):
    assert left_of_line(shares=line, credited=credited, billed=billed) == left


@pytest.mark.parametrize(
    ("amount", "left", "spread"),
    [
        ("13583.33", shares(p1="13583.33"), shares(p1="13583.33")),
        ("100.00", shares(p1="13583.33"), shares(p1="100.00")),
        # The earliest parts first.
        ("700.00", shares(p4="679.16", p5="679.18"), shares(p4="679.16", p5="20.84")),
        ("679.16", shares(p5="679.18", p4="679.16"), shares(p4="679.16")),
        # The whole leaves out what is nothing, and takes back what was given.
        ("679.18", shares(p4="0.00", p5="679.18"), shares(p5="679.18")),
        ("-679.16", shares(p4="-679.16"), shares(p4="-679.16")),
        ("100.00", shares(p4="-579.16", p5="679.16"), shares(p4="-579.16", p5="679.16")),
    ],
)
def test_credit_is_spread_over_the_earliest_parts_that_are_left(amount, left, spread):
    assert spread_credit(amount=Decimal(amount), left=left) == spread


@pytest.mark.parametrize(
    ("amount", "left"),
    [
        ("679.19", shares(p5="679.18")),  # more than is left
        ("0.00", shares(p5="679.18")),
        ("-1.00", shares(p5="679.18")),
        ("50.00", shares(p4="-579.16", p5="679.16")),  # part of what both charges and gives back
        ("-1.00", shares(p4="-679.16")),  # part of what gave something back
    ],
)
def test_credit_that_cannot_be_spread_is_refused(amount, left):
    with pytest.raises(ValueError, match=rf"{amount} cannot be taken of "):
        spread_credit(amount=Decimal(amount), left=left)
