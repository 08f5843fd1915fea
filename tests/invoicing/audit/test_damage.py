"""Damage done behind the application: each kind is made by SQL with the guards taken out, and found with its number."""

import json

import pytest
from django.db import connection

from contracts.sealing import guards
from invoicing.models import InvoicePdf
from tests.invoicing.audit.books_to_damage import damage, found, line, other_row, set_invoice, set_line

pytestmark = pytest.mark.django_db

BACKUP = "Put it back from a backup."
BROKEN = "the chain breaks here: number, date or content of this document or of one before it were changed."


def other_total(books):
    damage(set_invoice(books, "INV-00001", total=1))


def line_gone(books):
    damage(
        ("DELETE FROM invoicing_invoiceline WHERE invoice_id = %s AND position = 2", books.by_number["INV-00002"].pk)
    )


def inputs_changed(books):
    damage(set_line(books, "INV-00001", 2, inputs=json.dumps({"rule": "blocks", "blocks": 2, "block_price": "1.00"})))


def inputs_without_rule(books):
    damage(set_line(books, "INV-00001", 2, inputs="{}"))


def shares_changed(books):
    damage(set_line(books, "INV-00003", 3, shares='[[1, "-6134.40"], [1, "0.00"]]'))


def shares_unreadable(books):
    damage(set_line(books, "INV-00003", 3, shares='[[1, "much"]]'))


def kind_changed(books):
    damage(set_invoice(books, "CN-00001", kind="invoice"))


def credit_of_another_line(books):
    damage(set_line(books, "CN-00001", 1, credits_id=line(books, "INV-00002", 2).pk))


def credit_of_a_credit(books):
    damage(set_line(books, "CN-00001", 1, credits_id=line(books, "CN-00001", 1).pk))


def credit_of_no_line(books):
    damage(set_line(books, "CN-00001", 1, credits_id=None))


def credit_above_the_line(books):
    damage(
        set_line(
            books,
            "CN-00001",
            1,
            amount=-1_358_334,
            shares='[[1, "-13583.34"]]',
            inputs=json.dumps(line(books, "CN-00001", 1).inputs | {"credited": "13583.34"}),
        )
    )


def link_gone(books):
    damage(("DELETE FROM invoicing_correction WHERE document_id = %s", books.by_number["INV-00003"].pk))


def link_to_a_later_one(books):
    damage(
        (
            "UPDATE invoicing_correction SET corrected_id = %s WHERE document_id = %s",
            books.by_number["INV-00003"].pk,
            books.by_number["CN-00001"].pk,
        )
    )


def prefix_changed(books):
    damage(("UPDATE invoicing_numberseries SET prefix = 'INV/' WHERE code = 'INVOICE'",))


def link_taken_out(books):
    damage(set_invoice(books, "INV-00002", chain_sha256=""))


def counter_raised(books):
    damage(("UPDATE invoicing_numberseries SET last_number = 4 WHERE code = 'INVOICE'",))


def last_date_changed(books):
    damage(("UPDATE invoicing_numberseries SET last_issued_on = NULL WHERE code = 'CREDIT'",))


def not_issued_any_more(books):
    damage(set_invoice(books, "CN-00001", issued_on=None))


def content_of_another_form(books):
    damage(set_invoice(books, "INV-00002", content="[1]"))


def pdf_row_gone(books):
    damage(("DELETE FROM invoicing_invoicepdf WHERE invoice_id = %s", books.by_number["INV-00002"].pk))


KINDS_OF_DAMAGE = [
    (
        other_total,
        [
            "INV-00001: the content says 27166.66 for total, the row 0.01.",
            other_row("INV-00001"),
            "INV-00001: the lines add up to 27,166.66, the document says 0.01.",
        ],
    ),
    (
        line_gone,
        [
            "INV-00002: the content has 2 lines, the books have 1.",
            "INV-00002: the lines add up to 13,583.34, the document says 27,166.68.",
        ],
    ),
    (
        inputs_changed,
        [other_row("INV-00001", 2), "INV-00001: line 2 says 13,583.33, its stored inputs give 2.00."],
    ),
    (
        inputs_without_rule,
        [
            other_row("INV-00001", 2),
            "INV-00001: line 2 cannot be computed again from its stored inputs (KeyError: 'rule').",
        ],
    ),
    (
        shares_changed,
        [
            other_row("INV-00003", 3),
            "INV-00003: line 3 says -6,134.41, its shares add up to -6,134.40.",
            "INV-00003: line 3 names an instalment twice in its shares.",
        ],
    ),
    (shares_unreadable, [other_row("INV-00003", 3), "INV-00003: line 3 has shares that are no amounts."]),
    (
        kind_changed,
        [
            "CN-00001: the content says credit-note for kind, the row invoice.",
            other_row("CN-00001"),
            "CN-00001: an amount of -500.00 makes no invoice.",
            "CN-00001: its number is of a series that has no invoices.",
        ],
    ),
    (
        credit_of_another_line,
        [
            other_row("CN-00001", 1),
            "CN-00001: line 1 takes back instalments that line 2 of INV-00002 did not bill.",
            "CN-00001: line 1 takes back line 2 of INV-00002, which is another charge.",
            "CN-00001: line 1 takes back line 2 of INV-00002; its inputs name 1 of INV-00001.",
            "CN-00001: its lines correct INV-00002, its links name INV-00001.",
        ],
    ),
    (
        credit_of_a_credit,
        [
            other_row("CN-00001", 1),
            "CN-00001: line 1 takes back line 1 of CN-00001, which billed nothing.",
            "CN-00001: line 1 takes back line 1 of CN-00001; its inputs name 1 of INV-00001.",
            "CN-00001: line 1 is of -500.00, and 500.00 of it is taken back.",
            "CN-00001: its lines correct CN-00001, its links name INV-00001.",
        ],
    ),
    (
        credit_of_no_line,
        [
            other_row("CN-00001", 1),
            "CN-00001: line 1 takes back no line.",
            "CN-00001: its lines correct no document, its links name INV-00001.",
        ],
    ),
    (
        credit_above_the_line,
        [
            "CN-00001: line 1 of the content says -500.00 for amount, the row -13583.34.",
            other_row("CN-00001", 1),
            "CN-00001: the lines add up to -13,583.34, the document says -500.00.",
            "INV-00001: line 1 is of 13,583.33, and 13,583.34 of it is taken back.",
        ],
    ),
    (link_gone, ["INV-00003: its lines correct INV-00001, its links name no document."]),
    (
        link_to_a_later_one,
        [
            "CN-00001: its lines correct INV-00001, its links name INV-00003.",
            "CN-00001: corrects INV-00003, which is no earlier document of the same agreement.",
        ],
    ),
    (prefix_changed, [f"INV-0000{number}: its series writes the number INV/0000{number}." for number in (1, 2, 3)]),
    (
        link_taken_out,
        [
            "INV-00002: it has no link in the chain, though the document before it has one.",
            "INV-00002: the document is not the one in the ledger: another chain.",
            f"INV-00003: {BROKEN}",
        ],
    ),
    (counter_raised, ["Series INVOICE: it counts to 4, but its last document is INV-00003."]),
    (last_date_changed, ["Series CREDIT: its last date is no date, but CN-00001 is dated 1 December 1998."]),
    (
        not_issued_any_more,
        [
            "CN-00001: a document is neither a draft nor issued. Compare it with a backup.",
            "Series CREDIT: it counts to 1, but it has no document.",
            "CN-00001: the ledger has it, dated 1998-12-01, but the books do not: it was taken out.",
        ],
    ),
    (
        content_of_another_form,
        ["INV-00002: what is stored cannot be read ('list' object has no attribute 'get'). Compare it with a backup."],
    ),
    (pdf_row_gone, ["INV-00002: it has no PDF. Run manage.py make_pdfs."]),
]


@pytest.mark.parametrize(("make", "expected"), KINDS_OF_DAMAGE, ids=[make.__name__ for make, _ in KINDS_OF_DAMAGE])
def test_damage_is_found_with_its_number(make, expected, books):
    assert found() == []

    make(books)

    assert [text for text in found() if ": note: " not in text] == expected


def test_a_missing_pdf_is_found_and_a_strange_file_is_a_note(books, settings):
    pdf = InvoicePdf.objects.get(invoice__number_text="CN-00001")
    (settings.DOCUMENTS_DIR / pdf.file_name).unlink()
    (settings.DOCUMENTS_DIR / "reviews").mkdir()  # the papers in it are printed anew each time
    (settings.DOCUMENTS_DIR / "holiday.pdf").write_bytes(b"")
    (settings.DOCUMENTS_DIR / ".x.part").write_bytes(b"")

    assert found() == [
        f"CN-00001: its PDF {pdf.file_name} is missing. Run manage.py make_pdfs, or put it back from a backup.",
        "Documents folder: note: .x.part was left unfinished by a crash.",
        "Documents folder: note: holiday.pdf belongs to no document.",
    ]


def test_a_pdf_of_another_size_is_found(books):
    pdf = InvoicePdf.objects.get(invoice__number_text="CN-00001")
    damage(("UPDATE invoicing_invoicepdf SET size = size + 1 WHERE id = %s", pdf.pk))

    assert found() == [f"CN-00001: its PDF {pdf.file_name} is not the one that was stored. {BACKUP}"]


def test_missing_guards_are_found():
    missing = "sealed_invoicing_invoice_update"
    (trigger,) = [trigger for trigger in guards.triggers(connection.vendor) if trigger.name == missing]
    with connection.cursor() as cursor:
        for statement in trigger.drop:
            cursor.execute(statement)

    assert found() == [f"Books: the guard {missing} is missing: sealed rows can be changed. Run manage.py migrate."]
