"""PDFs of what is not issued: printed once, kept until they would read differently, and shown as being made."""

import fcntl
import threading
from datetime import date

import pytest
from django.conf import settings
from django.urls import reverse

from contracts.printing import pdf
from contracts.printing.papers import BeingMade, is_being_printed, printed_once, printing, why_unprinted
from contracts.printing.pdf import PdfGivenUp, PdfUnavailable
from sites.models import Site
from tests.full_desk import every_page
from tests.people import superuser_client
from tests.reading import words

pytestmark = pytest.mark.django_db
PAPERS = ("invoicing:invoice_pdf", "sites:review_pdf", "sites:report_pdf")


@pytest.fixture
def addresses(settings, tmp_path) -> dict[str, str]:
    """A draft, a review and a month of which no report is issued."""
    arguments = every_page(settings, tmp_path)
    arguments["invoicing:invoice_pdf"] = arguments["invoicing:invoice_issue"]
    arguments["sites:report_pdf"] = arguments["sites:report_issue"]
    return {name: reverse(name, args=arguments[name]) for name in PAPERS}


def kept() -> list:
    return sorted(settings.PAPERS_DIR.glob("*.pdf"))


def test_paper_is_printed_once_until_it_reads_differently(addresses, settings):
    client = superuser_client()

    first = {name: client.get(address).content for name, address in addresses.items()}
    for path in kept():
        path.write_bytes(b"%PDF kept " + path.name.encode())
    again = {client.get(address).content.split()[1] for address in addresses.values()}
    settings.BUSINESS_DATE = date(1999, 8, 6)  # a review reads as of its day, and a draft does not
    Site.objects.filter(city="Reno").update(city="Sparks")
    later = {name: client.get(address).content for name, address in addresses.items()}

    assert all(data.startswith(b"%PDF-1.7") for data in first.values())
    assert again == {b"kept"}
    assert all(data.startswith(b"%PDF-1.7") for data in later.values())
    assert len(kept()) == len(PAPERS)


def test_no_paper_is_printed_with_a_letter_that_no_font_has(addresses):
    Site.objects.update(city="Reno ᚠ")
    client = superuser_client()

    refused = {name: words(client.get(address, follow=True)) for name, address in addresses.items()}

    named = "No font of the documents has “ᚠ” (RUNIC LETTER FEHU FEOH FE F, U+16A0), in “"
    assert {name for name, page in refused.items() if named in page and "Reno ᚠ" in page} == set(PAPERS), refused
    assert kept() == []


def test_who_comes_while_it_is_printed_sees_that_it_is_being_made(addresses, settings):
    client = superuser_client()
    for address in addresses.values():
        client.get(address)
    locks = []
    for path in kept():
        path.unlink()
        locks.append((settings.PAPERS_DIR / f"{path.name.split('.')[0]}.lock").open("w"))
    for lock in locks:
        fcntl.flock(lock, fcntl.LOCK_EX)

    waiting = [client.get(address) for address in addresses.values()]
    for lock in locks:
        lock.close()
    made = [client.get(address) for address in addresses.values()]

    assert [(page.status_code, page.headers["Refresh"]) for page in waiting] == [(202, "3")] * 3
    assert all("This page opens it as soon as it is there." in words(page) for page in waiting)
    assert [page.headers["Content-Type"] for page in made] == ["application/pdf"] * 3


def test_what_a_killed_process_was_printing_is_not_being_printed(settings):
    settings.PAPERS_DIR.mkdir()
    lock = settings.PAPERS_DIR / "invoice-1.lock"
    lock.touch()
    assert not is_being_printed("invoice-1")
    with printing("invoice-1"):
        assert is_being_printed("invoice-1")
        with pytest.raises(BeingMade), printing("invoice-1"):
            pass
    assert not lock.exists()


def test_who_waits_goes_on_when_the_one_before_is_done():
    order = []

    def second():
        with printing("invoice-1", waits=True):
            order.append("second")

    with printing("invoice-1"):
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join()

    assert order == ["first", "second"]


def test_reader_is_not_told_what_to_install():
    assert why_unprinted(PdfGivenUp("The document is too long.")) == "The document is too long."
    assert why_unprinted(PdfUnavailable("On Debian: apt-get install libpango")) == (
        "No PDF can be made at the moment. Ask an administrator: the log says why."
    )


def asked_until_answered(html: str) -> tuple[int, bytes | str]:
    """Ask for a paper without waiting until it is there, or its fault is told; return how often it was being made."""
    being_made = 0
    while True:
        try:
            paper = {"name": "review-1", "identifier": "1", "created_on": date(1999, 8, 1)}
            return being_made, printed_once(html=f'<html lang="en"><title>Review</title>{html}', **paper, wait=0)
        except BeingMade:
            being_made += 1
            with printing("review-1", waits=True):
                pass
        except PdfGivenUp as fault:
            return being_made, str(fault)


def test_who_asks_for_a_long_paper_waits_no_longer_than_said_and_it_is_printed_behind():
    being_made, printed = asked_until_answered("<p>Reno")
    assert being_made
    assert [path.read_bytes() for path in kept()] == [printed]
    assert asked_until_answered("<p>Reno") == (0, printed)


def test_fault_that_nobody_waited_for_is_told_once_and_the_paper_tried_again(monkeypatch):
    monkeypatch.setattr(pdf, "_printer", pdf.Printer(memory=300 * 1024**2))
    answers = [asked_until_answered('<table><tr><td colspan="3000000">Reno') for _ in range(2)]
    pdf._printer.stop()

    assert all(being_made for being_made, _told in answers)
    assert {told for _being_made, told in answers} == {
        "No PDF could be made: the document needs more than 302 MB of memory. Look for a very long or odd text in it."
    }
    assert kept() == []
