from decimal import Decimal
from fractions import Fraction

import pytest

from contracts.money import CENT, cents, changed_by, instalment, money_text, split_cumulatively, split_last_absorbs


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        (Decimal("0"), "0.00"),
        (Decimal("1.004"), "1.00"),
        (Decimal("1.005"), "1.01"),  # half up, not to the even cent
        (Decimal("1.015"), "1.02"),
        (Decimal("1.0049999"), "1.00"),
        (Decimal("-1.005"), "-1.01"),  # away from zero
        (Decimal("-0.004"), "0.00"),  # nothing is never minus nothing
        (Decimal("-0.00"), "0.00"),
        (Decimal("99999999999.995"), "100000000000.00"),
        (163000, "163000.00"),
        (Fraction(163000, 12), "13583.33"),  # 13583.3333...
        (Fraction(320000, 12), "26666.67"),  # 26666.6666...
        (Fraction(1, 200), "0.01"),  # exactly half a cent
        (Fraction(-1, 200), "-0.01"),
        (Fraction(-1, 300), "0.00"),
        (Fraction(163000 * 183, 365), "81723.29"),  # 81723.2876...
    ],
)
def test_cents_rounds_half_up(amount, rounded):
    assert str(cents(amount, CENT)) == rounded


@pytest.mark.parametrize(
    ("total", "of", "expected"),
    [
        ("163000.00", 4, ["40750.00", "40750.00", "40750.00", "40750.00"]),
        # 100 / 3 = 33.333..; through 2 it is 66.666.., rounded 66.67: the second instalment is 66.67 - 33.33
        ("100.00", 3, ["33.33", "33.34", "33.33"]),
        ("0.01", 2, ["0.01", "0.00"]),  # half a cent, rounded up, then nothing is left
        ("-100.00", 3, ["-33.33", "-33.34", "-33.33"]),
        ("245000.00", 1, ["245000.00"]),
    ],
)
def test_instalments_add_up_to_the_total(total, of, expected):
    amounts = [instalment(total=Decimal(total), number=number, of=of) for number in range(1, of + 1)]

    assert [str(amount) for amount in amounts] == expected
    assert sum(amounts) == Decimal(total)


@pytest.mark.parametrize("number", [0, 13, -1])
def test_instalment_refuses_a_number_outside(number):
    with pytest.raises(ValueError, match=rf"^There is no instalment {number} of 12\.$"):
        instalment(total=Decimal("163000.00"), number=number, of=12)


THIRDS = [Fraction(100, 3)] * 3


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([], []),
        (THIRDS, ["33.33", "33.34", "33.33"]),  # 33.33, 66.67 - 33.33, 100.00 - 66.67
        ([Fraction(1, 200)] * 3, ["0.01", "0.00", "0.01"]),  # 0.005, 0.010, 0.015 -> 0.01, 0.01, 0.02
        ([Fraction(17, 31) * 13583, Fraction(0)], ["7448.74", "0.00"]),  # 7448.7419...
    ],
)
def test_split_cumulatively_rounds_what_is_due_through_each(shares, expected):
    assert [str(amount) for amount in split_cumulatively(shares, CENT)] == expected


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([], []),
        ([Fraction(100, 3)], ["33.33"]),
        (THIRDS, ["33.33", "33.33", "33.34"]),  # the last is 100.00 - 2 x 33.33
        ([Fraction(1, 200)] * 3, ["0.01", "0.01", "0.00"]),  # the sum 0.015 is 0.02; 0.02 - 2 x 0.01
    ],
)
def test_split_last_absorbs_leaves_the_difference_to_the_last(shares, expected):
    assert [str(amount) for amount in split_last_absorbs(shares, CENT)] == expected


@pytest.mark.parametrize(
    ("amount", "printed"),
    [
        ("0E+3", "0.00"),
        ("-0.00", "0.00"),
        ("163000.00", "163,000.00"),
        ("-18750.00", "-18,750.00"),
        ("1956000", "1,956,000"),
        ("1956000.005", "1,956,000.005"),
    ],
)
def test_money_text_separates_thousands(amount, printed):
    assert money_text(Decimal(amount)) == printed


@pytest.mark.parametrize(
    ("amount", "percent", "expected"),
    [
        ("163000.00", "-5", "154850.00"),
        ("121500.00", "-5", "115425.00"),
        ("81.00", "2.5", "83.03"),  # 83.025, half up
        ("100.00", "33.3333", "133.33"),
        ("0.00", "900", "0.00"),
        ("99999999999.99", "0", "99999999999.99"),
    ],
)
def test_changed_by_rounds_half_up_to_cents(amount, percent, expected):
    assert changed_by(amount=Decimal(amount), percent=Decimal(percent)) == Decimal(expected)
