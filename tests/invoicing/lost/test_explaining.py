"""A database that is older than the ledger and the PDFs gives no number out again, until each one is explained."""

import sys
from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse

from contracts.models import LostRecord
from contracts.printing.stored_files import file_names, stored_name
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from contracts.sealing.ledger_lines import ISSUED
from invoicing.audit.auditing import Verification
from invoicing.credits.crediting import credit
from invoicing.issued.ledger import anchor_issued, make_good
from invoicing.issued.numbering import CannotNumber
from invoicing.lost.explaining import CHANGED, CannotExplain, explain
from invoicing.lost.queries import lost_now
from invoicing.models import Invoice, NumberSeries
from invoicing.runs.drafting import draft_invoices
from tests import factories
from tests.event_pages import led_back
from tests.invoicing.audit.books_to_damage import issued_through, store
from tests.people import ACCOUNT_MANAGER, FINANCE, VIEWER, client_of
from tests.reading import words

pytestmark = pytest.mark.django_db

DECEMBER, JANUARY = date(1998, 12, 1), date(1999, 1, 4)
FILE, GAP = "file", "gap"
ALL = {"INV-00002": (GAP, "Never sent"), "INV-00003": (FILE, "Sent on 4 January"), "CN-00001": (GAP, "Never sent")}
EXPLAIN = reverse("invoicing:lost_explain")


@pytest.fixture
def restored(agreement):
    """The books after one invoice, beside the ledger and the PDFs of three invoices and a credit note."""
    factories.sites(agreement, 1)
    (first,) = issued_through(agreement, date(1998, 10, 31), DECEMBER)
    with transaction.atomic():
        second, third = issued_through(agreement, date(1998, 12, 31), JANUARY)
        note = credit(invoice=third, reason="Late", on=JANUARY, by=None)
        for document in (second, third, note):
            anchor_issued(document)
        store(third)
        transaction.set_rollback(True)
    store(first)
    draft_invoices(through=date(1998, 11, 30), on=JANUARY, by=None, agreements=[agreement])
    assert [lost.title for lost in lost_now()] == ["INV-00002", "INV-00003", "CN-00001"]
    return agreement


def findings() -> list[str]:
    return [one.text for one in Verification().findings() if not one.is_note and "no PDF" not in one.message]


def refusal_of(issuing) -> str:
    with pytest.raises(CannotNumber) as refused, transaction.atomic():
        issuing()
    return str(refused.value)


def test_no_number_is_taken_that_the_ledger_knows(restored):
    (result,) = draft_invoices(
        through=date(1998, 11, 30), on=JANUARY, by=None, agreements=[restored], issue_drafts=True
    )
    first = Invoice.objects.issued().get()

    assert result.refusal == (
        "INV-00002 to INV-00003: given out before, as the ledger or the PDFs say, but not in the database, which was "
        "restored from an older backup. Put a newer backup back, or let finance explain what is missing under "
        "Invoices > Missing documents."
    )
    assert refusal_of(lambda: credit(invoice=first, reason="Late", on=JANUARY, by=None)).startswith("CN-00001: given")
    assert NumberSeries.objects.get(code="INVOICE").last_number == 1


def test_the_pdfs_alone_are_enough(restored):
    ISSUED_DOCUMENTS.path.unlink()
    make_good()  # the database knows INV-00001 alone
    draft = Invoice.objects.drafts().get()

    assert refusal_of(lambda: issued_through(restored, draft.last_day, JANUARY)).startswith("INV-00002 to INV-00003")


def test_numbers_go_on_after_those_that_are_explained(restored, finance):
    explain(explanations=ALL, on=JANUARY, by=finance)
    (issued,) = issued_through(restored, date(1998, 11, 30), JANUARY)

    assert (issued.number_text, lost_now()) == ("INV-00004", [])
    assert [(row.title, row.explanation, row.recorded_by) for row in LostRecord.objects.all()] == [
        ("INV-00002", GAP, finance),
        ("INV-00003", FILE, finance),
        ("CN-00001", GAP, finance),
    ]


def test_verification_knows_what_is_explained_and_what_is_not(restored, finance):
    missing = "the ledger has it, dated 1999-01-04, but the books do not: it was taken out."
    assert findings()[-3:] == [f"{number}: {missing}" for number in ("CN-00001", "INV-00002", "INV-00003")]

    explain(explanations=ALL, on=JANUARY, by=finance)
    (issued,) = issued_through(restored, date(1998, 11, 30), JANUARY)
    make_good()
    store(issued)
    notes = [one.text for one in Verification().findings() if one.is_note]

    assert findings() == []
    assert "INV-00003: note: restored from the file, recorded on 1999-01-04 by finance: Sent on 4 January" in notes


def test_the_file_of_what_was_restored_must_stay(restored, finance):
    explain(explanations=ALL, on=JANUARY, by=finance)
    row = LostRecord.objects.get(title="INV-00003")
    (ISSUED_DOCUMENTS.path.parent / row.file_name).write_bytes(b"%PDF-1.7 of somebody else")

    assert f"INV-00003: its PDF {row.file_name} is missing or is not the one that was explained." in findings()


@pytest.mark.parametrize(
    ("explanations", "sentence"),
    [
        ({}, CHANGED),
        (dict(list(ALL.items())[:2]), CHANGED),
        (ALL | {"INV-00009": (GAP, "Never sent")}, CHANGED),
        (ALL | {"INV-00002": ("", "Never sent")}, "Say how INV-00002 is explained."),
        (ALL | {"INV-00002": (GAP, " ")}, "Say how INV-00002 came to be missing."),
    ],
)
def test_each_is_explained_with_its_reason(restored, explanations, sentence):
    with pytest.raises(CannotExplain) as refused:
        explain(explanations=explanations, on=JANUARY, by=None)

    assert (str(refused.value), LostRecord.objects.count()) == (sentence, 0)


def test_what_has_no_file_cannot_be_restored_from_one(restored):
    for path in ISSUED_DOCUMENTS.path.parent.glob("INV-00003.*"):
        path.unlink()
    with pytest.raises(CannotExplain, match="There is no PDF of INV-00003"):
        explain(explanations=ALL, on=JANUARY, by=None)


def test_page_explains_and_shows_the_pdfs(restored, settings):
    settings.BUSINESS_DATE = JANUARY
    client = client_of(FINANCE)
    listed = client.get(reverse("invoicing:lost_list"))
    page = client.get(EXPLAIN)
    typed = {"howall": GAP, "reasonall": "Never sent", "how-INV-00003": FILE, "reason-INV-00003": "Sent"}
    refused = client.post(EXPLAIN, typed | {"reasonall": ""})
    client.post(EXPLAIN, typed)
    pdf = client.get(reverse("invoicing:lost_file", args=["INV-00003"]))

    assert "It does not know INV-00002, INV-00003, CN-00001: nothing of the same series" in words(listed)
    assert "Issued on 4 January 1999, as the ledger says." in words(page)
    assert "Say how CN-00001 came to be missing." in words(refused)
    assert pdf.content.startswith(b"%PDF")
    assert sorted(LostRecord.objects.values_list("title", "explanation", "reason")) == [
        ("CN-00001", GAP, "Never sent"),
        ("INV-00002", GAP, "Never sent"),
        ("INV-00003", FILE, "Sent"),
    ]
    client.get(reverse("invoicing:lost_list"))  # shows what was done
    assert "Nothing is missing" in led_back(client, EXPLAIN, stored=LostRecord.objects.count)


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, VIEWER])
def test_only_finance_explains(restored, role):
    client = client_of(role)

    assert client.get(EXPLAIN).status_code == client.post(EXPLAIN, {}).status_code == 403
    assert "Explain…" not in words(client.get(reverse("invoicing:lost_list")))


def test_number_that_nobody_knows_between_two_that_are_known_is_missing_too(agreement, settings):
    factories.sites(agreement, 1)
    issued_through(agreement, date(1998, 10, 31), DECEMBER)
    settings.DOCUMENTS_DIR.mkdir()
    (settings.DOCUMENTS_DIR / stored_name("INV-00003", "3" * 64)).write_bytes(b"%PDF-1.7")

    assert [(lost.title, lost.known_from) for lost in lost_now()] == [
        ("INV-00002", "Neither the ledger nor a PDF says what it was"),
        ("INV-00003", "Known from its PDF alone"),
    ]


def calls_of(work) -> int:
    """How many functions of Python some work calls."""
    calls = 0

    def count(frame, event, _argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_a_long_ledger_is_not_read_line_by_line_where_nothing_is_missing(agreement):
    factories.sites(agreement, 1)
    issued_through(agreement, date(1998, 10, 31), DECEMBER)
    make_good()
    (entry, *_more) = list(ISSUED_DOCUMENTS.path.read_text().splitlines())
    lost_now()
    few = calls_of(lost_now)

    ISSUED_DOCUMENTS.path.write_text(f"{entry}\n" * 5000)

    assert (lost_now(), calls_of(lost_now) < few + 100) == ([], True)


def test_only_the_lines_and_files_of_lost_numbers_are_read(restored):
    """However many others there are, and whatever is no line at all."""
    ledger = ISSUED_DOCUMENTS.read(of=["INV-00003", "CN-00001"])

    assert {number for _event, number in ledger.entries} == {"INV-00003", "CN-00001"}
    assert ledger.entries[ISSUED, "INV-00003"] == ISSUED_DOCUMENTS.read().entries[ISSUED, "INV-00003"]
    assert list(file_names(of={"INV-00003"})) == ["INV-00003"]
    assert list(file_names(of=())) == []
    assert [bool(lost.file_name) for lost in lost_now()] == [False, True, False]


def test_files_that_cannot_be_read_refuse_the_number(agreement, settings):
    factories.sites(agreement, 1)
    settings.DOCUMENTS_DIR.write_text("a file where the folder should be")

    refused = refusal_of(lambda: issued_through(agreement, date(1998, 10, 31), DECEMBER))

    assert refused.startswith("The ledger and the PDFs cannot be read (Not a directory)")
