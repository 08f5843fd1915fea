"""The command that verifies issued documents: one line per finding, one agreement, JSON."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from invoicing.audit.auditing import Verification
from invoicing.issued.ledger import make_good
from invoicing.models import Invoice
from tests import factories
from tests.invoicing.audit.books_to_damage import damage, found, issued_through, other_row, set_invoice, set_line, store

pytestmark = pytest.mark.django_db

BROKEN = "the chain breaks here: number, date or content of this document or of one before it were changed."


def test_one_agreement_is_verified_by_itself(books):
    other = factories.agreement("OTHER")
    factories.sites(other, 1)
    (document,) = issued_through(other, date(1998, 10, 31), date(1999, 2, 1))
    store(document)
    make_good()
    damage(set_line(books, "INV-00001", 1, amount=1), set_invoice(books, "INV-00003", chain_sha256="0" * 64))

    theirs, ours = Verification(agreement=other), Verification(agreement=books.agreement)
    findings = {one.place for one in ours.findings()}

    assert [one.text for one in theirs.findings()] == [f"INV-00004: {BROKEN}"]  # it hangs on the one before it
    assert (theirs.documents, theirs.heads) == (1, [])
    assert (ours.documents, findings) == (4, {"INV-00001", "INV-00003"})


def test_command_says_that_all_is_well(books):
    message = StringIO()

    call_command("verify_invoices", stdout=message)

    link = Invoice.objects.get(number_text="INV-00003").chain_sha256
    assert message.getvalue().splitlines() == [
        "4 documents with 8 lines and 4 PDFs: all as they were issued.",
        f"Series CREDIT ends with CN-00001 of 1998-12-01; chain {books.by_number['CN-00001'].chain_sha256}",
        f"Series INVOICE ends with INV-00003 of 1999-01-01; chain {link}",
    ]


def test_command_prints_a_line_per_finding_and_ends_with_1(books):
    damage(set_line(books, "INV-00001", 2, inputs="{}"))
    message = StringIO()

    with pytest.raises(CommandError, match=r"^2 findings in 4 documents. Each is listed above.$") as failed:
        call_command("verify_invoices", stdout=message)

    assert failed.value.returncode == 1
    assert message.getvalue().splitlines()[:2] == [
        other_row("INV-00001", 2),
        "INV-00001: line 2 cannot be computed again from its stored inputs (KeyError: 'rule').",
    ]


def test_command_speaks_json(books, settings):
    (settings.DOCUMENTS_DIR / "strange.txt").write_text("")
    damage(set_line(books, "INV-00001", 2, inputs="{}"))
    message = StringIO()

    with pytest.raises(CommandError):
        call_command("verify_invoices", format="json", stdout=message)

    answer = json.loads(message.getvalue())
    assert (answer["documents"], answer["lines"], answer["pdfs"]) == (4, 8, 4)
    assert answer["findings"] == [
        {"place": "INV-00001", "message": other_row("INV-00001", 2).removeprefix("INV-00001: ")},
        {
            "place": "INV-00001",
            "message": "line 2 cannot be computed again from its stored inputs (KeyError: 'rule').",
        },
    ]
    assert answer["notes"] == [{"place": "Documents folder", "message": "strange.txt belongs to no document."}]
    assert [series["last"] for series in answer["series"]] == ["CN-00001", "INV-00003"]


def test_command_reads_one_agreement_and_refuses_an_unknown_one(books):
    message = StringIO()

    call_command("verify_invoices", agreement=books.agreement.number, stdout=message)

    assert message.getvalue() == "4 documents with 8 lines and 4 PDFs: all as they were issued.\n"
    with pytest.raises(CommandError, match="Not on file: agreement ZZ"):
        call_command("verify_invoices", agreement="ZZ")


def test_verifying_writes_nothing(books, settings):
    files = {path.name: path.read_bytes() for path in settings.DOCUMENTS_DIR.iterdir()}
    statements = set()

    def note(execute, sql, params, many, context):
        statements.add(sql.split()[0].upper())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        list(Verification().findings())

    assert statements == {"SELECT"}
    assert {path.name: path.read_bytes() for path in settings.DOCUMENTS_DIR.iterdir()} == files


def test_numbers_left_out_are_found(books):
    damage(("UPDATE invoicing_numberseries SET last_number = 5 WHERE code = 'INVOICE'",))
    issued_through(books.agreement, date(1999, 1, 31), date(1999, 2, 1))

    assert "INV-00006: numbers 4 to 5 are missing before it." in found()
