"""Every letter that is accepted is printed, with our own fonts alone; any other one is refused by its name."""

import copy
import io
import json
from collections.abc import Iterator
from datetime import date
from functools import reduce
from operator import getitem

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from pypdf import PdfReader

from contracts.fields import PlainCharField, PlainTextField, validate_plain_text
from contracts.models import Agreement, Party
from contracts.printing.letters import missing_in, missing_letter
from contracts.printing.pdf import render_pdf
from contracts.printing.worker import LETTERS
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice
from sites.agreement_files.agreement_file import CannotLoad, place_of
from sites.agreement_files.loading import load_agreement
from sites.models import Site
from tests.contracts.printing.letters_of_fonts import letters
from tests.invoicing.audit.books_to_damage import damage, undone
from tests.invoicing.billing_cases import JANUARY, blocks, order, run, work
from tests.sites.agreement_files.files import reference
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
OF_ONE_FORM = ("date", "_on", "_price", "_hours", "code", "_level", "currency")
"""How the names end of what an agreement file takes in one form only, and says so: days, amounts, hours and codes."""
SITE = {"city": "Reno", "state": "NV", "in_service_on": "1998-10-01"}
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


@pytest.fixture
def reference_books() -> Agreement:
    """The reference agreement with a site, work, blocks and an integration, of which nothing is billed yet."""
    document = reference()
    document["agreement"]["customer_reference"] = "PO 7"
    load_agreement(document | {"sites": [{**SITE}]}, on=JANUARY, by=None)
    agreement, site = Agreement.objects.get(), Site.objects.get()
    for purchase in (blocks(agreement, JANUARY), order(site, JANUARY, duplicate_reason="A second switch")):
        type(purchase).objects.filter(pk=purchase.pk).update(reference="PO 8")
    work(site, JANUARY, "1.00")
    return agreement


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


RUNE = "\N{RUNIC LETTER FEHU FEOH FE F}"
NAMED = f"No font of the documents has “{RUNE}” (RUNIC LETTER FEHU FEOH FE F, U+16A0)"
NO_LETTERS = {
    "invoicing.NumberSeries.code": "printed nowhere: numbers begin with the prefix",
    "sites.ComponentCount.component_code": "one of several",
}


@pytest.mark.django_db
def test_every_text_of_the_forms_of_records_refuses_such_a_letter(rf):
    request = rf.get("/")
    request.user = User.objects.create_superuser("root")
    taken, tried = set(), set()
    for model, page in admin.site._registry.items():
        if model._meta.app_label in OUR_APPS and page.has_add_permission(request):
            inner = {each.model: each.get_formset(request).form for each in page.get_inline_instances(request)}
            for of, form in {model: page.get_form(request), **inner}.items():
                texts = [name for name, field in form.base_fields.items() if isinstance(field, forms.CharField)]
                errors = form(dict.fromkeys(texts, RUNE)).errors
                tried |= {f"{of._meta.label}.{name}" for name in texts}
                taken |= {f"{of._meta.label}.{name}" for name in texts if NAMED not in " ".join(errors.get(name, ()))}

    assert taken == set(NO_LETTERS)
    assert tried >= {"contracts.Party.legal_name", "contracts.Party.address", "sites.Site.city"}


def texts_in(value: object, way: tuple = ()) -> Iterator[tuple]:
    """Yield the way to each text of an agreement file."""
    if isinstance(value, str):
        yield way
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts_in(inner, (*way, key))


@pytest.mark.django_db
def test_every_text_of_an_agreement_file_refuses_such_a_letter():
    counted = [{"date": "1998-10-01", "source": "letter", "GE": 1}]
    document, taken = {**reference(), "sites": [{**SITE, "counts": counted}]}, []
    for way in texts_in(document):
        bad, place = copy.deepcopy(document), place_of(list(way))
        reduce(getitem, way[:-1], bad)[way[-1]] += RUNE
        with pytest.raises(CannotLoad) as refused:
            load_agreement(bad, on=JANUARY, by=None)
        sentences = [problem.message for problem in refused.value.problems if problem.place == place]
        if not any(sentence.startswith(NAMED) for sentence in sentences):
            taken += [] if sentences and str(way[-1]).endswith(OF_ONE_FORM) else [place]

    assert taken == []


ON_PAPER = {
    *(f"contracts.Party.{name}" for name in ("legal_name", "division", "address")),
    *(f"contracts.Agreement.{name}" for name in ("number", "customer_reference")),
    "contracts.Amendment.contract_number",
    *(f"contracts.PriceSchedule.{name}" for name in ("clause", "hours_clause", "integration_clause")),
    *(f"contracts.{name}" for name in ("ServiceLevel.name", "IncludedService.name", "IncludedService.clause")),
    *(f"contracts.ChosenReading.{name}" for name in ("clause", "chosen_by")),
    *(f"sites.Site.{name}" for name in ("city", "state")),
    "sites.IntegrationOrder.duplicate_reason",
}
"""Texts that an invoice prints."""


@pytest.mark.django_db
def test_no_number_is_taken_for_any_text_of_a_document_with_such_a_letter(reference_books):
    """Whatever column somebody writes it into behind the forms, it is refused, or is no text of the document."""
    refused = set()
    for model in apps.get_models():
        columns = (field for field in model._meta.local_fields if isinstance(field, PlainCharField | PlainTextField))
        for field in columns if model._base_manager.exists() else ():
            with undone():
                table, column = model._meta.db_table, field.column
                damage((f"UPDATE {table} SET {column} = {column} || '{RUNE}' WHERE {column} <> ''",))
                (result,) = run(JANUARY, issue_drafts=True)
                if result.refusal:
                    assert NAMED in result.refusal, field
                    refused.add(f"{model._meta.label}.{field.name}")
                printed = [invoice.content for invoice in Invoice.objects.issued()]
                assert RUNE not in json.dumps(printed, ensure_ascii=False), field

    assert refused == ON_PAPER


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
