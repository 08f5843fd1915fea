"""One invoice with annual charges, blocks, hourly work, an integration and an adjustment: on the page and printed."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from invoicing.credits.crediting import credit
from invoicing.documents.printing import INVOICE_PDFS, content_html
from invoicing.models import Invoice
from sites.models import Site
from tests import factories
from tests.contracts.printing.printed import pages
from tests.invoicing.audit.books_to_damage import damage
from tests.invoicing.billing_cases import blocks, issue_through, order, work
from tests.people import VIEWER, client_of
from tests.reading import tables, words

JUNE, JULY, AUGUST = date(1999, 6, 30), date(1999, 7, 31), date(1999, 8, 2)

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.business_date(AUGUST)]
CLAUSE = "Amendment 1 (LNM980917MP), Appendix A"


def mixed(entries: int = 1) -> Invoice:
    """July of two sites: by the hour, since the tenth month had begun and no block was bought before the 28th."""
    agreement = factories.agreement()
    akron = factories.site(agreement, "Akron", state="OH")
    boise = factories.site(agreement, "Boise", state="ID")
    issue_through(JUNE, AUGUST)
    for position in range(entries):
        day = date(1999, 7, 2) + timedelta(days=position % 25)
        work(akron, day, "7.25", reference=f"REQ-{position + 1}", person=f"Person {position}")
    blocks(agreement, date(1999, 7, 28), 2)
    order(boise, date(1999, 7, 20))
    Site.objects.filter(pk=boise.pk).update(in_service_on=date(1998, 10, 15))
    (invoice,) = issue_through(JULY, AUGUST)
    return invoice


def test_page_shows_each_kind_of_charge_in_its_own_words():
    invoice = mixed()

    rows = tables(client_of(VIEWER).get(reverse("invoicing:invoice_detail", args=[invoice.pk])))[0]

    assert rows[0] == ["Line", "Site", "What is charged", "Price", "Days", "Instalment", "Amount"]
    shown = [[row[1].split(" Why")[0], *row[2:]] for row in rows[1:-1]]
    service = "1 Jul 1999 to 31 Jul 1999"
    assert shown == [
        ["Akron, OH", "Very Small", "163,000.00 a year", service, "10 of 12", "13,583.33"],
        ["Boise, ID", "Very Small", "163,000.00 a year", service, "10 of 12", "13,583.33"],
        ["Akron, OH", "Customer Care, REQ-1", "81.00 × 7.25 h", "2 Jul 1999", "–", "587.25"],
        ["Boise, ID", "System integration (turnover/cutover)", "–", "20 Jul 1999", "–", "100,000.00"],
        ["All sites", "2 blocks of 1,500 prepaid hours", "121,500.00 × 2 blocks", "28 Jul 1999", "–", "243,000.00"],
        [
            "Boise, ID Adjustment, annual period 1",
            "Very Small",
            "163,000.00 a year",
            "15 Oct 1998 to 31 Oct 1998",
            "–",
            "-6,134.41",
        ],
    ]
    assert rows[-1] == ["Total USD", "364,619.50"]


def test_every_line_of_it_is_explained_and_computed_again():
    invoice = mixed()

    seen = words(client_of(VIEWER).get(reverse("invoicing:invoice_detail", args=[invoice.pk])))

    assert seen.count("Computed again now: the same") == 6
    assert (
        "Hours worked 7.25 h Prepaid in blocks 0.00 h By the hour 7.25 h Least that is charged 1.00 h Charged 7.25 h "
        "Price of an hour 81.00 Hourly prices open the month was reached from which they are open"
    ) in seen
    assert "Blocks 2 Price of a block 121,500.00" in seen
    assert f"Clause {CLAUSE}, note 5 Result 100,000.00" in seen
    assert "13,583.33 billed in INV-00001" in seen


def test_a_line_that_gives_another_amount_now_says_so():
    invoice = mixed()
    damage(("UPDATE invoicing_invoiceline SET amount = 10 WHERE invoice_id = %s AND position = 1", invoice.pk))
    damage(("UPDATE invoicing_invoiceline SET inputs = '{}' WHERE invoice_id = %s AND position = 2", invoice.pk))

    seen = words(client_of(VIEWER).get(reverse("invoicing:invoice_detail", args=[invoice.pk])))

    assert "Result 0.01 Computed again now: 13,583.33" in seen
    assert seen.count("Cannot be computed again from what is stored") == 1
    assert seen.count("Computed again now: the same") == 4


def test_printed_lines_name_their_instalment_under_the_days():
    html = content_html(mixed().content)

    assert '<table class="grid lines mixed">' in html
    assert html.count('<span class="sub">instalment 10 of 12</span>') == 2
    assert '<th scope="col" class="instalment">' not in html
    assert '<th scope="row" colspan="5">Total USD</th>' in html


def test_an_invoice_of_instalments_alone_keeps_its_column():
    mixed()

    html = content_html(Invoice.objects.get(number_text="INV-00001").content)

    assert '<table class="grid lines">' in html
    assert html.count('<th scope="col" class="instalment">Instalment</th>') == 1
    assert '<th scope="row" colspan="6">Total USD</th>' in html


def test_a_long_one_repeats_its_heading_on_every_sheet_of_lines():
    invoice = mixed(entries=60)
    INVOICE_PDFS.make(invoice)

    texts = [" ".join(text.split()) for text in pages(INVOICE_PDFS.read(invoice))]

    # 60 entries of 7.25 h at 81.00 are 35,235.00; with 27,166.66, 100,000.00, 243,000.00 and -6,134.41:
    assert sum("Line Site What is charged Days Calc. Price Amount" in text for text in texts) == 4
    assert sum("Total USD 399,267.25" in text for text in texts) == 2  # in the head of the first sheet and at the end
    assert sum("Customer Care, REQ-60" in text for text in texts) == 1


def test_credit_note_and_invoice_name_each_other_on_page_and_paper():
    invoice = mixed()
    note = credit(
        invoice=invoice,
        reason="Ordered by mistake",
        on=AUGUST,
        by=None,
        amounts={5: invoice.lines.get(position=5).amount},
    )
    INVOICE_PDFS.make(note)

    (sheet, *_rest) = [" ".join(text.split()) for text in pages(INVOICE_PDFS.read(note))]
    on_note = words(client_of(VIEWER).get(reverse("invoicing:invoice_detail", args=[note.pk])))

    assert "Corrects Invoice INV-00010" in sheet
    assert "All sites 2 blocks of 1,500 prepaid hours 28 Jul 1999" in sheet
    assert f"This credit note takes back {invoice} of 2 August 1999." in sheet
    assert "Corrects Invoice INV-00010 July 1999" in on_note
    assert "Line taken back line 5 of INV-00010 Its amount 243,000.00 Taken back 243,000.00" in on_note
