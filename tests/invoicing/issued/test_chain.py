"""The chain of documents and the lines of the ledger, as plain values."""

from datetime import date

import pytest

from contracts.sealing.ledger_lines import ISSUED, PRINTED, Ledger, LedgerEntry, entry_of
from invoicing.issued.chain import chain_sha256

ONE, TWO = "1" * 64, "2" * 64
DAY = date(1998, 12, 1)


def link(**changed) -> str:
    return chain_sha256(**{"before": "", "number": "INV-00001", "issued_on": DAY, "content_sha256": ONE} | changed)


def test_link_is_the_digest_of_four_values_in_one_form():
    # printf '["","INV-00001","1998-12-01","%s"]' 1111... | sha256sum
    assert link() == "facbddc690ef7bcbdc3d66bfe12a2e7bf23ff9bbbbcd90130ef62ce0fb919cb4"


@pytest.mark.parametrize(
    "changed",
    [
        {"before": ONE},
        {"number": "INV-00002"},
        {"issued_on": date(1998, 12, 2)},
        {"content_sha256": TWO},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_link_depends_on_each_value(changed):
    assert link(**changed) != link()


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (LedgerEntry(ISSUED, "INV-00001", DAY, ONE, TWO), f"issued INV-00001 1998-12-01 {ONE} {TWO}"),
        (LedgerEntry(ISSUED, "INV-00001", DAY, ONE), f"issued INV-00001 1998-12-01 {ONE} -"),
        (LedgerEntry(PRINTED, "CN 1/99", DAY, ONE), f"printed CN%201%2F99 1998-12-01 {ONE} -"),
        (LedgerEntry(PRINTED, "INV-00001", DAY, ONE, backfilled=True), f"printed INV-00001 1998-12-01 {ONE} - later"),
    ],
)
def test_line_is_written_and_read_again(entry, text):
    assert entry.text == text
    assert entry_of(text) == entry


@pytest.mark.parametrize(
    "text",
    [
        "",
        "issued INV-00001",
        f"issued INV-00001 1998-12-01 {ONE}",
        f"issued INV-00001 1998-12-01 {ONE[:40]} -",
        f"issued INV-00001 1998-12-01 {ONE} {TWO[:63]}",
        f"issued INV-00001 1998-13-01 {ONE} {TWO}",
        f"deleted INV-00001 1998-12-01 {ONE} {TWO}",
        f"issued INV-00001 1998-12-01 {ONE} {TWO} sooner",
    ],
)
def test_what_is_no_line_is_not_read(text):
    assert entry_of(text) is None


def test_ledger_keeps_each_different_saying_once():
    first, other = LedgerEntry(ISSUED, "INV-00001", DAY, ONE, TWO), LedgerEntry(ISSUED, "INV-00001", DAY, TWO, TWO)
    late = LedgerEntry(PRINTED, "INV-00001", DAY, ONE, backfilled=True)

    ledger = Ledger.of([first.text, first.text, "torn", other.text, late.text])

    assert ledger.entries == {
        (ISSUED, "INV-00001"): dict.fromkeys([("1998-12-01", ONE, TWO), ("1998-12-01", TWO, TWO)]),
        (PRINTED, "INV-00001"): {("1998-12-01", ONE, ""): None},
    }
    assert (ledger.backfilled, ledger.unreadable) == (1, [3])
    assert ledger.holds(LedgerEntry(ISSUED, "INV-00001", DAY, "0" * 64))
    assert not ledger.holds(LedgerEntry(ISSUED, "INV-00002", DAY, ONE))
