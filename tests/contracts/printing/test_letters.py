"""Every letter that is accepted is printed, with our own fonts alone; any other one is refused by its name."""

import io
import json
from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from pypdf import PdfReader

from contracts.fields import validate_plain_text
from contracts.models import Party
from contracts.printing.letters import missing_in, missing_letter
from contracts.printing.pdf import render_pdf
from contracts.printing.worker import LETTERS
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice
from sites.agreement_files.loading import load_agreement
from tests.contracts.printing.letters_of_fonts import letters
from tests.invoicing.billing_cases import JANUARY, run
from tests.test_cases import CASES

NAMES = {
    "株式会社見本 東京都千代田区": "Droid-Sans-Fallback",
    "주식회사 서울전자": "Droid-Sans-Fallback",
    "中国移动通信集团有限公司": "Droid-Sans-Fallback",
    "บริษัท ไทยเทเลคอม จำกัด": "Noto-Sans-Thai",
    "भारतीय दूरसंचार निगम क्षेत्र": "Noto-Sans-Devanagari",
    "شركة الاتصالات (المحدودة)": "Noto-Sans-Arabic",
    "חברת בזק (ישראל) בע״מ": "Noto-Sans-Hebrew",
    "Ελλάς, Россия, Việt Nam, Łódź": "",
}
OUR_APPS = ("contracts", "sites", "invoicing")
NO_TEXT_OF_PEOPLE = {
    "contracts.LostRecord.title": "names a record by what it says of itself",
    "invoicing.Invoice.number_text": "made of the series and a number",
    "invoicing.InvoiceLine.level_name": "copied from the price schedule",
    "invoicing.InvoiceLine.description": "composed of texts that were checked",
    "invoicing.InvoiceLine.source": "composed of texts that were checked",
}


def fonts_of(pdf: bytes) -> set[str]:
    """The fonts that a PDF embeds, without the mark of the subset."""
    return {
        font.get_object()["/BaseFont"].partition("+")[2]
        for page in PdfReader(io.BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].values()
    }


def printed(text: str) -> bytes:
    html = f'<html lang="en"><head><title>Name</title></head><body><p>{text}</p></body></html>'
    return render_pdf(html=html, identifier="name", created_on=date(1999, 1, 1))


def test_the_list_of_letters_is_that_of_the_fonts():
    assert json.loads(LETTERS.read_text()) == letters()


@pytest.mark.parametrize(("name", "font"), NAMES.items())
def test_a_name_is_accepted_and_printed_with_our_fonts_alone(name, font):
    validate_plain_text(name)

    assert fonts_of(printed(name)) - {"Inter"} == {font} - {""}


def test_letters_beyond_inter_leave_other_documents_as_they_are():
    before = printed("Springfield")
    printed("大阪")

    assert printed("Springfield") == before


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Alder 😀 Inc.", "“😀” (GRINNING FACE, U+1F600)"),
        ("ᚠ", "“ᚠ” (RUNIC LETTER FEHU FEOH FE F, U+16A0)"),
    ],
)
def test_a_letter_that_no_font_has_is_refused_by_its_name(text, letter):
    assert missing_letter(text) == letter
    with pytest.raises(ValidationError) as refused:
        validate_plain_text(text)
    assert refused.value.messages == [f"No font of the documents has {letter}. Type the text again without it."]


def test_every_column_of_text_refuses_such_a_letter():
    """All but choices, codes, digests, names of our own files, and what is made of texts that were checked."""
    texts = (models.CharField, models.TextField)
    unchecked = set()
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if model._meta.app_label not in OUR_APPS or not isinstance(field, texts) or field.choices:
                continue
            name = f"{model._meta.label}.{field.name}"
            if field.name.endswith(("sha256", "code", "file_name")) or name in NO_TEXT_OF_PEOPLE:
                continue
            try:
                field.run_validators("😀")
            except ValidationError:
                continue
            unchecked.add(name)

    assert unchecked == set(), sorted(unchecked)


@pytest.mark.django_db
def test_an_agreement_in_japanese_is_billed_and_printed():
    load_agreement(json.loads((CASES / "F-GLYPH.json").read_text(encoding="utf-8")), on=JANUARY, by=None)

    (result,) = run(JANUARY, issue_drafts=True)

    (invoice,) = result.documents
    INVOICE_PDFS.make(invoice)
    pdf = INVOICE_PDFS.read(invoice)
    assert fonts_of(pdf) <= {
        "Inter",
        "Inter-Semi-Bold",
        "Inter-Bold",
        "Droid-Sans-Fallback",
        "Droid-Sans-Fallback-Bold",
    }
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert all(name in text for name in ("株式会社見本", "東京都千代田区1-1-1", "大阪"))


@pytest.mark.django_db
def test_no_number_is_taken_for_a_document_with_such_a_letter():
    load_agreement(json.loads((CASES / "F-GLYPH.json").read_text(encoding="utf-8")), on=JANUARY, by=None)
    Party.objects.filter(legal_name="株式会社見本").update(address="1 First 😀 Street")

    (result,) = run(JANUARY, issue_drafts=True)

    assert result.refusal == (
        "No font of the documents has “😀” (GRINNING FACE, U+1F600), in “1 First 😀 Street”. Correct it where it was "
        "entered, then issue the document."
    )
    assert not Invoice.objects.issued().exists()


def test_frozen_content_is_searched_to_the_end():
    assert missing_in({"lines": [{"site": "Reno"}, {"site": "ᚠ"}], "count": 3}) == (
        "No font of the documents has “ᚠ” (RUNIC LETTER FEHU FEOH FE F, U+16A0), in “ᚠ”."
    )
    assert missing_in({"lines": [{"site": "Reno\nWaco"}]}) == ""
