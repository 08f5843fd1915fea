"""Every letter that is accepted is printed, with our own fonts alone; any other one is refused by its name."""

import copy
import io
import json
import re
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
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from contracts.fields import PlainCharField, PlainTextField, validate_plain_text
from contracts.models import Agreement, Party
from contracts.printing.letters import missing_in, missing_letter
from contracts.printing.pdf import PdfGivenUp, Printer, render_pdf
from contracts.printing.worker import FOLDER, LETTERS
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice
from sites.agreement_files.agreement_file import CannotLoad, place_of
from sites.agreement_files.loading import load_agreement
from sites.models import Site
from tests.contracts.printing.letters_of_fonts import letters
from tests.contracts.printing.placed import placed
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


def letters_by_code(pdf: bytes, font: str) -> set[tuple[int, str]]:
    """The codes of the glyphs of a font, each with its letter."""
    return {
        (int(code, 16), bytes.fromhex(letter.decode()).decode("utf-16-be"))
        for page in PdfReader(io.BytesIO(pdf)).pages
        for each in page["/Resources"]["/Font"].values()
        if each.get_object()["/BaseFont"].partition("+")[2] == font
        for code, letter in re.findall(
            rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>", each.get_object()["/ToUnicode"].get_data()
        )
    }


def page(text: str) -> str:
    return f'<html lang="en"><head><title>Name</title></head><body><p>{text}</p></body></html>'


def printed(text: str) -> bytes:
    return render_pdf(html=page(text), identifier="name", created_on=date(1999, 1, 1))


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


def test_a_letter_that_no_font_has_is_not_printed_whatever_fonts_the_machine_has():
    with pytest.raises(PdfGivenUp, match="No font of the documents has “ᚠ”"):
        printed("ᚠ")


def test_fonts_of_the_machine_and_of_its_user_change_nothing(tmp_path, monkeypatch, capfd):
    """A font that calls itself as ours do, and one for every letter, lie where fontconfig looks for fonts by itself."""
    names = "".join(NAMES)
    before = printed(names)
    for folder in (tmp_path / ".fonts", tmp_path / ".local/share/fonts", tmp_path / "machine"):
        folder.mkdir(parents=True)
        for font in (FOLDER / "fonts").glob("*-Bold.woff2"):
            other = TTFont(font)
            for record in other["name"].names:
                if record.nameID in (1, 4, 16):
                    record.string = "Inter"
            other["OS/2"].usWeightClass, other.flavor = 400, None
            other.save(folder / f"{font.stem}.ttf")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".local/share"))
    everything = tmp_path / "fonts.conf"
    everything.write_text(f"<fontconfig><dir>{tmp_path}</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(everything))
    monkeypatch.setenv("FONTCONFIG_SYSROOT", str(tmp_path))
    printer = Printer()

    order = {"html": page(names), "identifier": "name", "created_on": "1999-01-01", "language": "en", "title": None}
    data = printer.print(order).data
    printer.stop()

    assert data == before
    assert "annot load" not in capfd.readouterr().err  # it was told its own configuration, and found it


HEBREW, ARABIC = "חברת בזק", "دار السماء"


@pytest.mark.django_db
def test_names_from_right_to_left_stand_so_on_an_invoice_and_amounts_from_left_to_right():
    facts = (CASES / "F-GLYPH.json").read_text(encoding="utf-8")
    facts = facts.replace("株式会社見本", HEBREW).replace("大阪", ARABIC)
    load_agreement(json.loads(facts), on=JANUARY, by=None)
    (result,) = run(JANUARY, issue_drafts=True)
    (invoice,) = result.documents
    INVOICE_PDFS.make(invoice)
    data = INVOICE_PDFS.read(invoice)

    shown = [run.text for run in placed(data)]

    assert any(HEBREW[::-1] in text for text in shown)  # read from the left, the last letter comes first
    assert not any(HEBREW in text for text in shown)
    assert any(ARABIC[::-1] in text for text in shown)
    assert any(f"{invoice.total:,.2f}" in text for text in shown)
    forms = {code for code, letter in letters_by_code(data, "Noto-Sans-Arabic") if letter == "ا"}
    assert len(forms) > 1  # one after a letter that joins, another one at the beginning of a word


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


@pytest.mark.parametrize("written", ["Café &quot;😀&quot;, Reno", "Café &quot;&#x1F600;&quot;, Reno"])
def test_no_page_is_printed_with_a_letter_that_no_font_has(written):
    message = (
        'No font of the documents has “😀” (GRINNING FACE, U+1F600), in “Café "😀", Reno”. Correct it where it was '
        "entered, then print again."
    )
    with pytest.raises(PdfGivenUp) as refused:
        printed(f'1,000.00 <b title="Reno">{written}</b>')
    assert str(refused.value) == message


def test_frozen_content_is_searched_to_the_end():
    assert missing_in({"lines": [{"site": "Reno"}, {"site": "ᚠ"}], "count": 3}) == (
        "No font of the documents has “ᚠ” (RUNIC LETTER FEHU FEOH FE F, U+16A0), in “ᚠ”."
    )
    assert missing_in({"lines": [{"site": "Reno\nWaco"}]}) == ""
