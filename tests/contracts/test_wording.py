from decimal import Decimal

import pytest

from contracts.wording import cut, listed, plural, signed


@pytest.mark.parametrize(
    ("texts", "expected"),
    [([], ""), (["Small"], "Small"), (["Small", "Large"], "Small and Large"), (("a", "b", "c"), "a, b and c")],
)
def test_listed(texts, expected):
    assert listed(texts) == expected


@pytest.mark.parametrize(
    ("number", "words", "expected"),
    [
        (0, ["site"], "0 sites"),
        (1, ["site"], "1 site"),
        (1200, ["site"], "1,200 sites"),
        (1, ["entry", "entries"], "1 entry"),
        (2, ["entry", "entries"], "2 entries"),
        (2, ["draft was", "drafts were"], "2 drafts were"),
    ],
)
def test_plural(number, words, expected):
    assert plural(number, *words) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (3, "+3"),
        (-1200, "−1,200"),
        (0, "0"),
        (Decimal("82000.00"), "+82,000.00"),
        (Decimal("-25.1"), "−25.1"),
        (Decimal("-0.0"), "0.0"),
    ],
)
def test_signed(number, expected):
    assert signed(number) == expected


@pytest.mark.parametrize(("text", "expected"), [("1234567890", "1234567890"), ("12345678901", "1234567...")])
def test_cut(text, expected):
    assert cut(text, 10) == expected
