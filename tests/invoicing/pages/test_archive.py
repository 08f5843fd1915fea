"""The PDFs of all documents that a list shows, in one file with an index."""

import csv
import io
import zipfile
from datetime import date
from hashlib import sha256

import pytest
from django.urls import reverse

from contracts.printing import stored_files
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice
from invoicing.pages import views
from invoicing.runs.drafting import draft_invoices
from tests import factories
from tests.people import DATA_ENTRY, VIEWER, client_of
from tests.reading import links, words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]
LIST = "/invoices/"
ISSUED = date(1999, 1, 31)


@pytest.fixture
def documents() -> list[Invoice]:
    """Four issued invoices of two agreements, one without its PDF, and two drafts."""
    for number in ("A/1", "=B"):
        agreement = factories.agreement(number)
        factories.site(agreement, "Reno")
        months = {"by": None, "agreements": [agreement]}
        draft_invoices(through=date(1998, 11, 30), on=ISSUED, issue_drafts=True, **months)
        draft_invoices(through=date(1998, 12, 31), on=ISSUED, **months)
    issued = list(Invoice.objects.issued().select_related("agreement").order_by("number"))
    for document in issued[:3]:
        INVOICE_PDFS.make(document)
    return issued


def archive(client, **asked) -> zipfile.ZipFile:
    answer = client.get(LIST, asked | {"export": "zip"})
    assert answer.headers["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.getvalue()))


def index(file: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read("index.csv").decode("utf-8-sig"))))


def test_each_issued_document_is_in_it_as_stored_and_the_index_says_which_is_which(documents):
    file = archive(client_of(VIEWER))
    rows = index(file)

    assert file.namelist() == [
        "INV-00001-A-1-1998-10.pdf",
        "INV-00002-A-1-1998-11.pdf",
        "INV-00003--B-1998-10.pdf",
        "index.csv",
    ]
    assert [row["Number"] for row in rows] == [each.number_text for each in documents]
    assert rows[2]["Agreement"] == "'=B"
    assert [row["Total"] for row in rows] == ["13583.33", "13583.34"] * 2
    for row, document in zip(rows[:3], documents, strict=False):
        stored = stored_files.path_of(INVOICE_PDFS.make(document).file_name).read_bytes()
        assert file.read(row["File"]) == stored
        assert (row["SHA-256"], row["Bytes"]) == (sha256(stored).hexdigest(), str(len(stored)))
    assert (rows[3]["File"], rows[3]["Remark"]) == ("", "Its PDF is not made. Make it on the page of the document.")


def test_filters_choose_and_the_same_documents_give_the_same_bytes(documents):
    client = client_of(VIEWER)
    asked = {"since": "1998-11-01", "export": "zip"}

    assert [row["Number"] for row in index(archive(client, since="1998-11-01"))] == ["INV-00002", "INV-00004"]
    assert client.get(LIST, asked).getvalue() == client.get(LIST, asked).getvalue()
    (link,) = [link for link in links(client.get(LIST, {"since": "1998-11-01"})) if "export=zip" in link]
    assert (
        client.get(f"{LIST}{link}" if link.startswith("?") else link).getvalue() == client.get(LIST, asked).getvalue()
    )


def test_file_that_is_not_the_stored_one_is_left_out_and_named(documents):
    stored_files.path_of(INVOICE_PDFS.make(documents[0]).file_name).write_bytes(b"%PDF other")
    rows = index(archive(client_of(VIEWER)))

    assert rows[0]["File"] == ""
    assert rows[0]["Remark"].endswith("is not the one that was stored. Put it back from a backup.")


def test_nothing_issued_and_too_many_lead_back_with_a_sentence(documents, monkeypatch):
    client = client_of(VIEWER)
    drafts = client.get(LIST, {"state": "draft", "export": "zip"}, follow=True)
    monkeypatch.setattr(views, "MOST_DOCUMENTS", 3)
    many = client.get(LIST, {"export": "zip"}, follow=True)

    assert "No issued document is listed, so there is no PDF to download." in words(drafts)
    assert "A ZIP file holds at most 3 documents, and 4 issued ones are listed." in words(many)


def test_who_may_not_see_invoices_gets_none(documents):
    assert client_of(DATA_ENTRY).get(reverse("invoicing:invoice_list"), {"export": "zip"}).status_code == 403


def test_number_of_queries_does_not_grow_with_the_documents(documents, django_assert_num_queries):
    client = client_of(VIEWER)
    for asked in ({"since": "1998-11-01"}, {}):
        with django_assert_num_queries(6):
            archive(client, **asked)
