"""The printed invoice: text, pages, heads and totals, as a PDF reader finds them."""

import io
import re
from datetime import date
from functools import cache

import pytest
from pypdf import PdfReader

from invoicing.charges.charge import ChargeKey
from invoicing.documents.content import invoice_content
from invoicing.documents.printing import content_html, render_content
from tests import reference
from tests.contracts.printing.printed import font_names, page_numbers, pages, struct_tags
from tests.contracts.printing.test_pdf import PAYLOADS, canary, leaks  # noqa: F401
from tests.invoicing import factories

ROW = re.compile(r"31 Oct 1998")


@cache
def printed(count: int, **values) -> tuple[str, ...]:
    """Return the text of each page of an invoice for so many sites."""
    return tuple(pages(render_content(factories.content(factories.sites(count), **values)).data))


def draft_content(count: int) -> dict:
    invoice, lines, row = factories.draft(factories.sites(count))
    return invoice_content(invoice=invoice, lines=lines, agreement=row)


# ---- the page ----------------------------------------------------------------------------------------------------


def shown(content: dict) -> str:
    """Return the words of the page that is printed."""
    return " ".join(re.sub(r"<[^>]+>", " ", content_html(content)).split())


@pytest.mark.parametrize("place", ["supplier", "customer"])
def test_a_name_of_one_long_word_is_broken_and_covers_nothing(place):
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    content = factories.content(factories.sites(1))
    content[place]["name"] = word

    head = pages(render_content(content).data)[0].split("Charges")[0]

    assert word not in head
    assert word in "".join(head.split())


def test_invoice_says_what_an_accountant_looks_for():
    text = shown(factories.content(factories.sites(12), known_on=date(1998, 11, 2)))
    for wanted in (
        "Lucent Technologies Inc. Global Service Providers Group 283 King George Road Warren, New Jersey 07059",
        "Billed to KMC Telecom Inc. 1545 Route 206, Suite 300 Bedminster, New Jersey 07921",
        "Invoice number INV-00001",
        "Invoice date 2 November 1998",
        "Billing period October 1998",
        "Agreement LNS970602JC of 4 September 1997",
        "Amendment 1 LNM980917MP, effective 1 October 1998",
        "Terms of payment Terms per the Agreement",
        "Currency USD, all amounts",
        "12 Winston-Salem, NC Very Small 1 Oct 1998 – 31 Oct 1998 1 of 12 1 163,000.00 13,583.33",
        "Total USD 162,999.96",
        "Included in the annual price, at no further charge: Traffic Management, Capacity Management and Network "
        "Management (Appendix A, note 1).",
        "How each amount was calculated",
        "Instalments are billed in arrears, after the service. not stated default",
    ):
        assert wanted in text


def test_marks_stand_only_where_they_are_true():
    draft = shown(draft_content(1))
    assert draft.count("DRAFT") == 2  # watermark and mark
    assert "Invoice number none: this is a draft" in draft
    issued = shown(factories.content(factories.sites(1)))
    assert "DRAFT" not in issued
    assert "Demonstration data" in issued
    assert "Demonstration data" not in shown(factories.content(factories.sites(1), is_demonstration=False))


def test_reference_is_printed_only_where_there_is_one():
    row = factories.agreement(customer_reference="PO 4711")
    assert "Your reference PO 4711" in shown(factories.content(factories.sites(1), row=row))
    assert "Your reference" not in shown(factories.content(factories.sites(1)))


def second_period(facts) -> dict:
    billed = {
        ChargeKey.of_site(site.key, 1): reference.billed_instalments(*["INV-00012"] * 12, site_key=site.key)
        for site in facts
    }
    return factories.content(facts, billed=billed, through=date(1999, 10, 31))


def test_provisional_lines_are_marked_and_explained_only_where_there_are_some():
    text = shown(second_period(factories.sites(2)))
    assert text.count("Very Small provisional 1 Oct 1999") == 2
    assert "Remarks Lines 1 and 2: Provisional:" in text
    agreed = shown(second_period(factories.spread(factories.sites(2))))
    assert "provisional" not in agreed.lower()
    assert "Remarks" not in agreed


def test_levels_are_summed_only_where_there_are_several():
    assert "By service level" in shown(second_period(factories.spread(factories.sites(2))))
    assert "By service level" not in shown(factories.content(factories.sites(2)))


def test_part_of_a_month_says_its_days():
    late = reference.site(1, name="Topeka, KS", in_service_on=date(1999, 1, 15))
    text = shown(factories.content([late], through=date(1999, 1, 31)))
    assert "15 Jan 1999 – 31 Jan 1999 4 of 12 17 of 31 days 1 163,000.00 7,448.92" in text
    assert "of 31 days" not in shown(factories.content(factories.sites(1)))


def test_credit_note_names_what_it_corrects():
    invoice, lines, row = factories.document(factories.sites(2), known_on=date(1998, 11, 2))
    note, taken_back = factories.credit_of(invoice, lines)
    text = shown(invoice_content(invoice=note, lines=taken_back, agreement=row, corrected=[invoice]))
    for wanted in (
        "Credit note CN-00001 Total USD -27,166.66",
        "Credited to KMC Telecom Inc.",
        "Credit note date 2 November 1998",
        "Corrects Invoice INV-00001",
        "Credits Prices: Amendment 1",
        "1 Baton Rouge, LA Very Small 1 Oct 1998 – 31 Oct 1998 1 163,000.00 -13,583.33",
        "This credit note takes back Invoice INV-00001 of 2 November 1998.",
    ):
        assert wanted in text
    assert "Instalment Calc." not in text
    assert "Corrects" not in shown(factories.content(factories.sites(2)))


# ---- pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (12, 2), (200, 7)])
def test_pages_are_numbered(count, expected):
    texts = printed(count)
    assert len(texts) == expected
    assert page_numbers(texts) == [f"Page {number} of {expected}" for number in range(1, expected + 1)]


def test_marks_and_number_stand_on_each_page():
    for text in pages(render_content(draft_content(60)).data):
        assert text.count("DRAFT") >= 2  # watermark and footer
        assert "Demonstration data" in text
        assert "Draft invoice · Page" in text
    for text in printed(60):
        assert "DRAFT" not in text
        assert "Invoice INV-00001 · Page" in text


def test_running_head_begins_on_the_second_page():
    first, *others = printed(60)
    head = "Lucent Technologies Inc. · Invoice INV-00001 · Agreement LNS970602JC · October 1998"
    assert head not in first
    assert len(others) >= 2
    assert all(head in text for text in others)


def test_head_of_the_table_is_repeated_above_its_rows():
    texts = printed(200)
    assert "Instalment Calc." in " ".join(texts[0].split())
    with_rows = [text for text in texts if ROW.search(text)]
    assert len(with_rows) == 6
    assert all("Service level" in text and "Annual price" in text for text in with_rows)


def test_every_line_is_printed_once():
    rows = [len(ROW.findall(text)) for text in printed(200)]
    assert sum(rows) == 200


def test_last_total_of_the_document_is_the_grand_total():
    found = re.findall(r"\bTotal\b[^\d]{0,60}?(-?[\d,]+\.\d\d)", "\n".join(printed(200)))
    assert found == ["2,716,666.00", "2,716,666.00"]


def breaks() -> list[int]:
    """Return the numbers of lines around which a table runs over to its second and third page."""
    rows = [len(ROW.findall(text)) for text in printed(60)]
    return [count for full in (rows[0], rows[0] + rows[1]) for count in range(full - 2, full + 3)]


def test_total_never_stands_alone():
    for count in breaks():
        texts = printed(count)
        last = max(number for number, text in enumerate(texts) if "Total USD" in text)
        assert len(ROW.findall(texts[last])) >= 2, f"{count} lines: a lone total"
        assert sum(len(ROW.findall(text)) for text in texts) == count


def test_breaks_are_where_a_table_runs_over():
    pages_with_rows = [sum(1 for text in printed(count) if ROW.search(text)) for count in breaks()]
    assert set(pages_with_rows[:5]) == {1, 2}
    assert set(pages_with_rows[5:]) == {2, 3}


# ---- the file ----------------------------------------------------------------------------------------------------


def test_file_is_tagged_and_uses_our_fonts_only():
    reader = PdfReader(io.BytesIO(render_content(factories.content(factories.sites(30))).data))
    assert reader.metadata.title == "Invoice INV-00001, Lucent Technologies Inc."
    assert reader.trailer["/Root"]["/Lang"] == "en"
    fonts = font_names(reader)
    assert all(fonts.values())
    assert {re.sub(r"^[A-Z]{6}\+", "", name) for name in fonts} == {"Inter", "Inter-Bold", "Inter-Semi-Bold"}
    tags = struct_tags(reader)
    assert tags.count("H1") == 1
    assert [tags.count(tag) for tag in ("H2", "Caption")] == [3, 1]
    assert {"Table", "THead", "TBody", "TR", "TH", "TD"} <= set(tags)


def test_same_content_gives_same_bytes():
    first, second = (render_content(factories.content(factories.sites(3))) for _ in range(2))
    assert first == second


def test_very_long_names_stay_on_the_sheet():
    row = factories.agreement(customer_reference="Purchase order 4500098765 " * 4)
    row.customer.legal_name = "The International Telecommunications Holding Corporation of the Northeast " * 2
    long_name = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2 + ", New Hampshire"
    texts = pages(render_content(factories.content([reference.site(1, name=long_name)], row=row)).data)
    assert "Llanfairpwll" in texts[0]
    assert "Total USD 13,583.33" in " ".join(texts[0].split())


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_is_printed_as_it_was_typed(canary, name):  # noqa: F811
    payload = canary.payload(name)
    row = factories.agreement(number=payload[:40], customer_reference=payload[:100])
    row.customer.legal_name = row.supplier.division = payload
    row.supplier.address = f"{payload}\n{payload}"
    content = factories.content([reference.site(1, name=payload)], row=row)
    content["remarks"] = [payload]
    content["calculations"][0]["steps"] = [payload]
    data = render_content(content).data
    squeezed = "".join("".join(pages(data)).split())
    assert "".join(payload.split())[:20] in squeezed
    assert not leaks(data)
    assert canary.hits == []
