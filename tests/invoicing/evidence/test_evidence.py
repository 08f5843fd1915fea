"""The evidence pack of an issued document: what is in it, that it adds up, and what a role does not get."""

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from contracts.models import Agreement, ChosenReading
from contracts.printing import stored_files
from contracts.sealing.histories import make_histories_good
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice, InvoiceLine
from invoicing.runs.drafting import draft_invoices
from sites.agreement_files.loading import load_agreement
from sites.counts.counting import Figure, change_counts
from sites.models import CountChange, Site
from sites.service.recording import correct_service
from tests import factories, reference
from tests.invoicing.audit.books_to_damage import damage
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, words
from tests.sites.levels.deciding import decide

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]
COUNTED, ISSUED, LATER = date(1998, 10, 1), date(1998, 12, 31), date(1999, 2, 10)
NAMES = ["explanation.csv", "terms.json", "counts.csv", "changes.csv", "manifest.csv"]


def count(site: Site, quantity: int | None, *, on: date, counted_on: date = COUNTED, reason: str = "") -> None:
    change_counts([Figure(site, counted_on, "GE", quantity, "Letter")], reason=reason, on=on, by=None)


@pytest.fixture
def invoice(agreement) -> Invoice:
    """An invoice of two sites with hostile names, whose counts were corrected before and after it was issued."""
    reno, elko = factories.site(agreement, "=HYPERLINK(1)"), factories.site(agreement, "Elko; <b>")
    factories.counts(elko, COUNTED, reference.counts())
    count(reno, 3, on=COUNTED)
    count(reno, 4, on=date(1998, 11, 5), reason="Counted twice")
    count(reno, 5, on=ISSUED, counted_on=date(1998, 12, 1))
    draft_invoices(through=ISSUED, on=ISSUED, by=None, agreements=[agreement], issue_drafts=True)
    count(reno, 6, on=ISSUED, counted_on=date(1998, 12, 1), reason="Misread")
    count(reno, 9, on=LATER, reason="Spare shelf")
    count(reno, 10, on=LATER, counted_on=date(1998, 12, 30))
    count(reno, 11, on=LATER, counted_on=date(1999, 1, 30))
    count(elko, None, on=LATER, reason="Never counted")
    decide(reno, on=LATER)
    earlier = {"in_service_on": date(1998, 9, 30)}
    correct_service(site=reno, days=earlier, reason="Cut over early", on=LATER, by=None)
    make_histories_good()
    issued = Invoice.objects.issued().latest("pk")
    INVOICE_PDFS.make(issued)
    return issued


def address(invoice: Invoice) -> str:
    return reverse("invoicing:invoice_evidence", args=[invoice.pk])


def pack(client, invoice: Invoice) -> zipfile.ZipFile:
    answer = client.get(address(invoice))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(answer.content))


def rows(file: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read(name).decode("utf-8-sig"))))


def test_it_holds_the_stored_pdf_and_a_manifest_with_the_digest_of_every_file(invoice):
    file = pack(client_of(VIEWER), invoice)
    manifest = rows(file, "manifest.csv")

    assert file.namelist() == [f"{invoice.number_text}.pdf", *NAMES]
    assert {entry.date_time for entry in file.infolist()} == {(1998, 12, 31, 0, 0, 0)}
    assert file.read(f"{invoice.number_text}.pdf") == stored_files.path_of(invoice.pdf.file_name).read_bytes()
    assert [row["File"] for row in manifest] == file.namelist()[:-1]
    for row in manifest:
        data = file.read(row["File"])
        assert (row["Bytes"], row["SHA-256"], row["Remark"]) == (str(len(data)), sha256(data).hexdigest(), "")
    for name, value in {
        "Document": invoice.number_text,
        "Issued on": "1998-12-31",
        "Content SHA-256": invoice.content_sha256,
        "Chain SHA-256": invoice.chain_sha256,
        "Demonstration data": "no",
    }.items():
        assert {row[name] for row in manifest} == {value}
    assert invoice.chain_sha256


def test_its_lines_add_up_to_the_document_and_say_why(invoice):
    lines = rows(pack(client_of(VIEWER), invoice), "explanation.csv")

    assert len(lines) == invoice.lines.count() == 2
    assert sum(Decimal(line["Amount"]) for line in lines) == invoice.total
    by_site = {line["Site"]: line for line in lines}
    assert set(by_site) == {"'=HYPERLINK(1)", "Elko; <b>"}  # no formula, and else as it is
    line = by_site["Elko; <b>"]
    row = InvoiceLine.objects.get(invoice=invoice, site__city="Elko; <b>")
    assert (line["First day"], line["Last day"], line["Days"]) == ("1998-12-01", "1998-12-31", "31")
    assert (line["Clause"], line["Calculation"]) == (row.source, " ".join(row.steps))
    assert line["Calculation"].endswith(f"is {row.amount:,}.")
    assert line["Readings"].startswith("The annual price is billed in twelve monthly instalments. A whole month costs")


def test_its_counts_are_those_known_on_the_day_and_its_changes_what_came_later(invoice):
    file = pack(client_of(VIEWER), invoice)
    listed = [tuple(row.values()) for row in rows(file, "counts.csv")]
    reno = [row for row in listed if row[0] == "'=HYPERLINK(1)"]
    counts = {row[:2]: (row[3], row[4], row[6]) for row in listed if row not in reno}
    changes = [(row["What"], row["Before"], row["After"], row["Reason"]) for row in rows(file, "changes.csv")]

    assert [row[1:] for row in reno] == [
        ("GE", "gateway elements", "1998-10-01", "4", "Letter", "1998-11-05", ""),
        ("GE", "gateway elements", "1998-12-01", "6", "Letter", "1998-12-31", ""),
    ]
    elko = {code: ("1998-10-01", str(number), "1998-10-01") for code, number in reference.counts().items()}
    elko["GE"] = ("1998-10-01", elko["GE"][1], "")  # of a figure without an older entry only the quantity is known
    assert counts == {("Elko; <b>", code): said for code, said in elko.items()}
    assert changes == [
        ("GE on 1998-12-01", "5", "6", "Misread"),
        ("GE on 1998-10-01", "4", "9", "Spare shelf"),
        ("GE on 1998-12-30", "", "10", ""),
        ("GE on 1998-10-01", elko["GE"][1], "", "Never counted"),
        ("First day in service", "1998-10-01", "1998-09-30", "Cut over early"),
        ("Level from 1999-01-15, Change Order 7", "", "Medium", "Merged with the exchange next door"),
    ]


def test_a_change_names_its_entry_in_the_ledger_and_one_that_is_not_as_recorded_says_so(invoice):
    first = CountChange.objects.get(after=9)
    client = client_of(VIEWER)
    before = rows(pack(client, invoice), "changes.csv")[1]
    ledger = ISSUED_DOCUMENTS.path.with_name("histories.txt").read_text()

    assert before["Entry"] == f"Count change {first.pk}"
    assert f"recorded sites.countchange%3A{first.pk} " in ledger
    assert before["SHA-256 in the ledger of histories"] in ledger

    path = ISSUED_DOCUMENTS.path.with_name("histories.txt")
    path.write_text("".join(line for line in ledger.splitlines(True) if f"countchange%3A{first.pk} " not in line))
    after = rows(pack(client, invoice), "changes.csv")[1]
    assert after["SHA-256 in the ledger of histories"] == "not as it was recorded, or not recorded yet"


def test_its_terms_load_as_an_agreement_file_and_know_nothing_that_came_later(invoice):
    original = Agreement.objects.with_terms().get(pk=invoice.agreement_id).as_terms()
    for chosen_on, question, choice in ((COUNTED, "proration", "none"), (LATER, "rounding", "last-absorbs")):
        facts = {"chosen_by": "Ann", "chosen_on": chosen_on, "closed_on": chosen_on}
        ChosenReading.objects.create(agreement=invoice.agreement, question=question, choice=choice, **facts)
    factories.amendment(invoice.agreement, reference.amendment(2, date(1999, 10, 1), signed_on=LATER))
    terms = json.loads(pack(client_of(VIEWER), invoice).read("terms.json"))

    assert set(terms) == {"format", "parties", "agreement", "amendments", "readings"}
    assert [amendment["number"] for amendment in terms["amendments"]] == [1]
    assert [reading["question"] for reading in terms["readings"]] == ["proration"]
    terms["agreement"]["number"] = "Copy"
    load_agreement(terms, on=LATER, by=None)
    copy = Agreement.objects.with_terms().get(number="Copy").as_terms()
    assert copy.amendments[0].schedule == original.amendments[0].schedule


def test_two_downloads_are_equal_and_the_name_says_what_it_is(invoice):
    client = client_of(FINANCE)
    first, second = client.get(address(invoice)), client.get(address(invoice))

    assert first.content == second.content
    named = f'filename="{invoice.number_text}-{invoice.agreement.number}-1998-12-evidence.zip"'
    assert first.headers["Content-Disposition"] == f"attachment; {named}"


def test_who_sees_no_invoices_gets_none_and_who_sees_no_more_than_them_gets_no_more(invoice):
    narrow = Group.objects.create(name="Narrow")
    narrow.permissions.set(Group.objects.get(name=VIEWER).permissions.filter(codename="view_invoice"))
    person = User.objects.create_user("narrow")
    person.groups.add(narrow)
    client = client_of(ACCOUNT_MANAGER)
    whole = pack(client, invoice)
    client.force_login(person)
    file = pack(client, invoice)
    manifest = {row["File"]: row for row in rows(file, "manifest.csv")}

    assert client_of(DATA_ENTRY).get(address(invoice)).status_code == 403
    assert whole.namelist()[1:] == NAMES
    assert file.namelist()[1:] == ["explanation.csv", "changes.csv", "manifest.csv"]
    for name in ("terms.json", "counts.csv"):
        assert manifest[name]["Remark"] == "Left out: your role does not see it."
        assert manifest[name]["SHA-256"] == ""
    assert manifest["changes.csv"]["Remark"] == (
        "Without counts, days in service, starting levels, levels from a day: your role does not see them."
    )
    assert rows(file, "changes.csv") == []


def test_without_its_pdf_and_before_it_is_issued_there_is_a_sentence(invoice):
    client = client_of(FINANCE)
    stored_files.path_of(invoice.pdf.file_name).unlink()
    lost = client.get(address(invoice))
    draft_invoices(through=date(1999, 1, 31), on=LATER, by=None, agreements=[invoice.agreement])
    draft = Invoice.objects.drafts().latest("pk")
    early = client.get(address(draft))

    assert (lost.status_code, early.status_code) == (404, 404)
    assert f"No evidence of Invoice {invoice.number_text}" in words(lost)
    assert "is missing. Ask an administrator to make it again, or put it back from a backup." in words(lost)
    assert f"{draft} has no evidence before it is issued." in words(early)
    pages = [client.get(reverse("invoicing:invoice_detail", args=[each.pk])) for each in (invoice, draft)]
    assert [address(each) in links(page) for each, page in zip((invoice, draft), pages, strict=True)] == [False, False]


def test_rows_that_are_not_the_sealed_ones_are_no_evidence(invoice):
    damage(("UPDATE invoicing_invoiceline SET source = 'Elsewhere' WHERE invoice_id = %s", invoice.pk))

    refused = client_of(FINANCE).get(address(invoice))

    assert refused.status_code == 404
    assert f"{invoice}: the lines are not those that were issued. Have the invoices verified." in words(refused)


def test_the_page_of_an_issued_document_offers_it(invoice):
    assert address(invoice) in links(client_of(VIEWER).get(reverse("invoicing:invoice_detail", args=[invoice.pk])))


def test_number_of_queries_does_not_grow_with_lines_and_changes(agreement, django_assert_num_queries):
    factories.site(agreement, "Reno")
    for through, more in ((date(1998, 10, 31), ("Elko", "Ely")), (date(1998, 11, 30), ())):
        draft_invoices(through=through, on=through, by=None, agreements=[agreement], issue_drafts=True)
        for site in Site.objects.all():
            count(site, 3 + len(more), on=LATER, counted_on=date(1998, 10, 5), reason="Again")
            count(site, 9, on=LATER, counted_on=date(1998, 10, 5), reason="Again")
        for city in more:
            factories.site(agreement, city)
    client = client_of(VIEWER)
    for invoice in Invoice.objects.issued().order_by("pk"):
        INVOICE_PDFS.make(invoice)
        with django_assert_num_queries(26):
            pack(client, invoice)
