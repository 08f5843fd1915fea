"""What pages name of a long list, and how many more there are."""

import pytest

from contracts.templatetags.first_of import first_of


@pytest.mark.parametrize(
    ("rows", "most", "shown", "more"),
    [
        (0, None, 0, ""),
        (10, None, 10, ""),
        (11, None, 10, "1 more"),
        (100, 100, 10, "90 or more"),
        (99, 100, 10, "89 more"),
    ],
)
def test_the_first_ten_and_how_many_more(rows, most, shown, more):
    named = first_of(range(rows), most=most)

    assert (list(named.shown), named.more) == (list(range(shown)), more)


def test_another_number_is_named_where_it_is_asked_for():
    assert first_of("abcdefg", 5) == ("abcde", "2 more")
