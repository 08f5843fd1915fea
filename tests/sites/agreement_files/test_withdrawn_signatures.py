"""Withdrawn signatures in agreement files: written, loaded, and refused where they contradict what is on file."""

from datetime import date

import pytest

from contracts.amendments.amending import withdraw_signature
from contracts.models import WithdrawnSignature
from tests.sites.agreement_files.files import exported, load, refused, second_amendment

pytestmark = pytest.mark.django_db
WITHDRAWN = {
    "side": "customer",
    "name": "J. Doe",
    "title": "Vice President",
    "signed_on": "2000-05-30",
    "withdrawn_on": "2000-06-05",
    "reason": "A price was wrong",
}


def with_withdrawn(*rows: dict) -> dict:
    """The exported agreement, its second amendment with some withdrawn signatures."""
    document = exported()
    document["amendments"][1]["withdrawn_signatures"] = list(rows)
    return document


def test_what_was_withdrawn_is_written_and_comes_back(agreement):
    draft = second_amendment(agreement, signed=False)
    withdraw_signature(amendment=draft, side="customer", reason="A price was wrong", on=date(2000, 6, 5), by=None)

    document = exported()

    assert [amendment.get("withdrawn_signatures") for amendment in document["amendments"]] == [
        None,
        [
            {
                "side": "customer",
                "name": "A",
                "signed_on": "2000-06-01",
                "withdrawn_on": "2000-06-05",
                "reason": "A price was wrong",
            }
        ],
    ]
    assert load(document).changed is False
    assert WithdrawnSignature.objects.count() == 1


def test_they_are_loaded_once_and_two_alike_are_two(agreement):
    second_amendment(agreement, signed=False)

    assert load(with_withdrawn(WITHDRAWN)).changed
    assert load(with_withdrawn(WITHDRAWN, WITHDRAWN)).changed
    assert not load(with_withdrawn(WITHDRAWN, WITHDRAWN)).changed

    row = WithdrawnSignature.objects.first()
    assert (row.name, row.side, row.signed_on, row.reason) == (
        "J. Doe",
        "customer",
        date(2000, 5, 30),
        "A price was wrong",
    )
    assert WithdrawnSignature.objects.count() == 2


def test_an_executed_amendment_takes_no_more_of_them(agreement):
    second_amendment(agreement, signed=True)

    assert refused(with_withdrawn(WITHDRAWN)) == [
        'amendments[1].withdrawn_signatures[0]: The file says "J. Doe", but nothing is on file. Correct the file; '
        "nothing on file is replaced."
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"withdrawn_on": "2000-05-29"},
            "amendment 2: J. Doe signed on 30 May 2000, which is after the withdrawal of 29 May 2000. Correct one of "
            "the dates.",
        ),
        (
            {"withdrawn_on": "2001-01-01"},
            "amendments[1].withdrawn_signatures[0].withdrawn_on: 2001-01-01 is after 2000-12-01. Load what has "
            "happened by then, and the rest when it has.",
        ),
        (
            {"side": "broker"},
            'amendments[1].withdrawn_signatures[0].side: "broker" is not "customer" or "supplier".',
        ),
    ],
)
def test_what_cannot_have_happened_is_refused(agreement, changed, expected):
    second_amendment(agreement, signed=False)

    assert refused(with_withdrawn(WITHDRAWN | changed)) == [expected]
