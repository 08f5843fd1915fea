"""Every currency has its own smallest unit (ISO 4217): amounts are entered, billed, printed and filed in it."""

import csv
import io
import json
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse
from pypdf import PdfReader

from contracts.models import Agreement, ServiceLevel
from contracts.money import CURRENCIES, NOTHING, cents, in_currency, money_text, split_cumulatively, unheld, unit_of
from contracts.pages.inputs import AmountField
from invoicing.credits.crediting import CannotCredit, credit
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice, InvoiceLine
from sites.agreement_files.agreement_file import CannotLoad
from sites.agreement_files.exporting import export_agreement
from sites.agreement_files.loading import load_agreement
from sites.models import RenewalReview
from sites.reviews.content import Edition
from sites.reviews.printing import review_pdf
from tests import factories
from tests.full_desk import every_page
from tests.invoicing.billing_cases import issue_through, line_amounts
from tests.people import superuser_client
from tests.reading import by_heading, words
from tests.sites.reviews.cases import REVIEW_ON, every_case, opened

CASES = Path(__file__).parent / "data" / "cases"
MARCH = date(1996, 3, 31)
HOURS = {
    "block_hours": 100,
    "block_price": "500000",
    "hourly_price": "8111",
    "minimum_hours": "1.00",
    "opens_in_month": 1,
}
BILLED = {
    "JPY": ["83333", "83334", "83333"],
    "KRW": ["83333", "83334", "83333"],
    "USD": ["83333.33", "83333.34", "83333.33"],
    "KWD": ["83333.333", "83333.334", "83333.333"],
}


def case(currency: str) -> dict:
    """The case of yen in another currency, with hours beside it."""
    document = json.loads((CASES / "T-JPY.json").read_text(encoding="utf-8"))
    document["agreement"]["currency"] = currency
    document["agreement"]["schedule"] |= {"hours": HOURS, "hour_services": ["Customer Care"]}
    entry = {"date": "1996-03-04", "site": "Osaka, OS", "service": "Customer Care", "hours": "1.33", "person": "Ann"}
    return document | {"work": [entry]}


def loaded(currency: str) -> Agreement:
    load_agreement(case(currency), on=MARCH, by=None)
    return Agreement.objects.get()


# ---- the smallest unit, currency by currency ---------------------------------------------------------------------


@pytest.mark.parametrize("currency", CURRENCIES)
def test_what_is_entered_split_and_printed_has_the_places_of_the_currency(currency):
    unit = unit_of(currency)
    field, places = AmountField(currency=currency), CURRENCIES[currency]
    thirds = split_cumulatively([Fraction(1000, 3)] * 3, unit)

    assert {part.as_tuple().exponent for part in thirds} == {-places}
    assert sum(thirds, NOTHING) == 1000
    assert money_text(field.clean("1,000")) == f"1,000{'.' if places else ''}{'0' * places}"
    assert not unheld(unit, currency)
    with pytest.raises(ValidationError, match=rf"An amount in {currency} has |such as 163,000\.000"):
        field.clean(f"{unit / 10:f}")


def test_rounding_is_half_up_to_the_unit():
    assert str(cents(Decimal("0.5"), unit_of("JPY"))) == "1"
    assert str(cents(Decimal("-2.4995"), unit_of("KWD"))) == "-2.500"
    assert str(in_currency(Decimal("5.00"), "JPY")) == "5"
    assert str(in_currency(Decimal("5.25"), "JPY")) == "5.25"  # what yen cannot hold is not rounded away


# ---- from the price schedule to the credit note --------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("currency", BILLED)
def test_an_agreement_is_billed_printed_filed_and_credited_in_its_currency(settings, currency):
    settings.BUSINESS_DATE = MARCH
    agreement, places = loaded(currency), CURRENCIES[currency]
    documents = issue_through(MARCH)

    instalments = InvoiceLine.objects.filter(charge="annual").order_by("first_day")
    assert [str(line.amount) for line in instalments] == BILLED[currency]
    hourly = f"{cents(Decimal('10787.63'), unit_of(currency))}"
    assert line_amounts(documents[-1]) == [BILLED[currency][-1], hourly]
    total = Decimal(BILLED[currency][-1]) + Decimal(hourly)
    assert documents[-1].content["total"] == str(total)
    shown = money_text(total)

    call_command("make_pdfs")
    paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(INVOICE_PDFS.read(documents[-1]))).pages)
    assert shown in paper
    client = superuser_client()
    page = client.get(reverse("invoicing:invoice_list"))
    assert by_heading(page)[0]["Total"] == f"{shown} {currency}"
    (row, *_) = csv.DictReader(
        io.StringIO(client.get(page.wsgi_request.path, {"export": "csv"}).content.decode("utf-8-sig"))
    )
    assert row["Total"] == str(total)
    book = openpyxl.load_workbook(io.BytesIO(client.get(page.wsgi_request.path, {"export": "xlsx"}).content))
    (cell,) = [each for each in book.active[2] if each.value == float(total)]
    assert cell.number_format == ("#,##0." + "0" * places).rstrip(".")

    again = export_agreement(Agreement.objects.get())
    price = again["agreement"]["schedule"]["levels"][0]["annual_price"]
    assert price == str(Decimal(1_000_000).quantize(unit_of(currency)))
    with pytest.raises(CannotCredit, match=f"An amount in {currency} has "):
        credit(invoice=documents[0], reason="Late", on=MARCH, by=None, amounts={1: unit_of(currency) / 10})
    note = credit(invoice=documents[0], reason="Late", on=MARCH, by=None, amounts={1: unit_of(currency)})
    assert str(note.total) == str(-unit_of(currency))
    call_command("make_pdfs")
    call_command("verify_invoices")
    assert agreement.currency == documents[0].content["currency"]


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["JPY", "KWD"])
@pytest.mark.parametrize("sites", [every_case, lambda agreement: None], ids=["sites", "no sites"])
def test_a_review_is_shown_and_printed_in_the_currency_of_its_agreement(settings, currency, sites):
    settings.BUSINESS_DATE = REVIEW_ON
    agreement = factories.agreement(currency=currency)
    sites(agreement)
    review = RenewalReview.objects.with_agreement().get(pk=opened(agreement).pk)
    page = superuser_client().get(reverse("sites:review_detail", args=[review.pk]))
    texts = {"page": words(page)}
    for edition in Edition:
        paper = PdfReader(io.BytesIO(review_pdf(review=review, edition=edition, on=REVIEW_ON)))
        texts[edition] = " ".join(each.extract_text() for each in paper.pages)

    for where, text in texts.items():
        amounts = re.findall(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\b0\.\d+", text)
        places = {amount: len(amount.partition(".")[2]) for amount in amounts}
        assert set(places.values()) <= {CURRENCIES[currency]}, (where, places)
    assert "A year, if every site went to its measured level" in texts["page"]


def test_what_a_currency_cannot_hold_is_refused_in_a_file(db):
    document = case("JPY")
    document["agreement"]["schedule"]["levels"][0]["annual_price"] = "1000000.50"

    with pytest.raises(CannotLoad) as refused:
        load_agreement(document, on=MARCH, by=None)

    assert str(refused.value) == (
        "agreement.schedule.levels[0].annual_price: An amount in JPY has no decimals: 1000000.50 is none."
    )


def test_a_file_does_not_change_the_currency_of_a_draft_on_file(db):
    document = case("USD")
    document["agreement"]["schedule"]["levels"][0]["annual_price"] = "1000000.50"
    del document["agreement"]["executed_on"], document["sites"], document["work"]
    load_agreement(document, on=MARCH, by=None)
    again = {**document, "agreement": {**document["agreement"], "currency": "JPY"}}

    with pytest.raises(CannotLoad) as refused:
        load_agreement(again, on=MARCH, by=None)

    places = {problem.place for problem in refused.value.problems}
    assert places >= {"agreement.schedule.levels[0].annual_price", "agreement.currency"}
    assert "An amount in JPY has no decimals: 1000000.50 is none." in str(refused.value)
    assert Agreement.objects.get().currency == "USD"


def test_a_currency_that_nobody_pays_in_is_refused(db):
    with pytest.raises(CannotLoad, match=r"agreement\.currency: XAU is no currency of ISO 4217"):
        load_agreement(case("XAU"), on=MARCH, by=None)
    with pytest.raises(ValidationError):
        Agreement._meta.get_field("currency").clean("XAU", None)


def test_what_a_currency_cannot_hold_is_never_stored(db):
    loaded("JPY")
    level = ServiceLevel.objects.get()
    level.annual_price = Decimal("0.50")

    with pytest.raises(ValidationError, match="An amount in JPY has no decimals"):
        level.full_clean()
    with pytest.raises(ValueError, match="An amount in JPY has no decimals"):
        ServiceLevel._meta.get_field("annual_price").pre_save(level, add=False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("currency", "other_places"),
    [("JPY", r"\d\d,\d{3}\.\d"), ("KWD", r"\d\d,\d{3}\.\d\d(?!\d)")],
)
def test_every_page_writes_amounts_in_the_currency_of_the_agreement(settings, tmp_path, currency, other_places):
    pages = every_page(settings, tmp_path, currency=currency)
    client, wrong = superuser_client(), {}
    for name, arguments in pages.items():
        page = client.get(reverse(name, args=arguments))
        if page.headers["Content-Type"].startswith("text/html"):
            zero = "|0E" if name == "sites:hours" else r"|0E|(?<![\d.,])0\.00(?! h|\d)"  # hours have two places
            wrong[name] = re.findall(rf".{{0,40}}(?:{other_places}{zero}).{{0,20}}", words(page))

    wrong = {name: found for name, found in wrong.items() if found}
    assert wrong == {}, wrong
    assert Invoice.objects.issued().exists()
