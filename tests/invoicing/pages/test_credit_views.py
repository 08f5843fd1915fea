"""Crediting on the page: the whole invoice or chosen lines, errors at their line, waivers and who may record them."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from contracts.models import Agreement
from invoicing.credits.crediting import credit, creditable_lines
from invoicing.models import Invoice, Waiver
from invoicing.pages.credit_forms import CreditForm
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from sites.models import Site
from tests import factories
from tests.people import FINANCE, VIEWER, client_of, reader, user_of
from tests.reading import by_heading, links, tables, words
from tests.waivers import confirmed

DECEMBER = date(1998, 12, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(DECEMBER)]
OCTOBER, NOVEMBER = date(1998, 10, 31), date(1998, 11, 30)


@pytest.fixture
def agreement() -> Agreement:
    """The reference agreement with two sites in service from the first day."""
    row = factories.agreement()
    factories.site(row, "Akron", state="OH")
    factories.site(row, "Boise", state="ID")
    return row


@pytest.fixture
def invoice(agreement) -> Invoice:
    """October, issued: two lines of 13,583.33."""
    return issued(agreement, OCTOBER)[0]


def issued(agreement: Agreement, through: date, on: date = DECEMBER) -> list[Invoice]:
    (result,) = draft_invoices(through=through, on=on, by=None, agreements=[agreement])
    return [issue(invoice=draft, on=on, by=None) for draft in result.documents]


def address(invoice: Invoice) -> str:
    return reverse("invoicing:invoice_credit", args=[invoice.pk])


def page_of(invoice: Invoice) -> str:
    return reverse("invoicing:invoice_detail", args=[invoice.pk])


def lines(*, reason: str = "Late start", extent: str = "lines", **amounts: str) -> dict:
    """What is confirmed: `one="500.00"` selects line 1 with an amount; what is not named keeps what it began with."""
    data = {"outcome": "again", "extent": extent, "reason": reason, "confirmed": "yes"}
    data |= {"amount-1": "13,583.33", "amount-2": "13,583.33"}
    for name, amount in amounts.items():
        position = {"one": 1, "two": 2, "three": 3}[name]
        data |= {f"take-{position}": "on", f"amount-{position}": amount}
    return data


WAIVED = {"outcome": "waived"}


def errors(response) -> dict[str, list[str]]:
    """The errors of the form by field."""
    return {name: list(message) for name, message in response.context["form"].errors.items()}


# ---- what the page shows ---------------------------------------------------------------------------------------------


def test_page_shows_what_is_left_of_each_line(invoice):
    credit(invoice=invoice, reason="x", on=DECEMBER, by=None, amounts={1: Decimal("500.00"), 2: Decimal("13583.33")})

    response = client_of(FINANCE).get(address(invoice))

    (rows,) = tables(response)
    assert [row[1:7] for row in rows] == [
        ["Line", "Site and charge", "Days", "Billed", "Credited or adjusted", "Left"],
        ["1", "Akron, OH Very Small", "1 Oct 1998 to 31 Oct 1998", "13,583.33", "500.00", "13,083.33"],
        ["2", "Boise, ID Very Small", "1 Oct 1998 to 31 Oct 1998", "13,583.33", "13,583.33", "0.00"],
    ]
    assert rows[2][7] == "Nothing left"
    page = response.content.decode()
    assert 'name="amount-1" value="13,083.33"' in page
    assert "take-2" not in page
    assert "Left to credit: 13,083.33 USD" in words(response)


def test_every_input_of_a_line_has_a_name_of_its_own(invoice):
    page = client_of(FINANCE).get(address(invoice)).content.decode()

    assert 'aria-label="Credit line 1, Akron, OH"' in page
    assert 'aria-label="Amount to credit of line 1, Akron, OH"' in page


@pytest.mark.parametrize("number", [1, 30])
def test_page_has_a_fixed_number_of_queries(number, django_assert_num_queries):
    row = factories.agreement()
    factories.sites(row, number)
    invoice = issued(row, OCTOBER)[0]
    client = client_of(FINANCE)

    with django_assert_num_queries(9):
        assert client.get(address(invoice)).content.decode().count("Amount to credit of line") == number


def test_nothing_is_chosen_beforehand(invoice):
    page = client_of(FINANCE).get(address(invoice)).content.decode()

    assert page.count('type="radio"') == 4
    assert " checked" not in page


def test_the_credit_note_is_shown_before_it_is_issued_and_then_issued_as_shown(invoice):
    client = client_of(FINANCE)
    data = {name: value for name, value in lines(two="1,500.00").items() if name not in ("confirmed", "extent")}

    shown = client.post(address(invoice), data)
    again = client.get(shown.answered)

    assert (again.status_code, words(again)) == (200, words(shown))
    assert "-1,500.00 USD" in words(shown)
    assert [row["Amount"] for row in by_heading(shown)[:1]] == ["-1,500.00"]
    assert Invoice.objects.count() == 1
    back = client.post(address(invoice), hidden(shown) | {"back": "yes"})
    assert 'name="amount-2" value="1,500.00"' in back.content.decode()
    client.post(address(invoice), hidden(shown) | {"confirmed": "yes"})
    note = Invoice.objects.get(kind="credit-note")
    assert (str(note.total), note.reason) == ("-1500.00", "Late start")
    led_on = client.get(shown.answered)
    assert (led_on.status_code, led_on.headers["Location"]) == (302, address(invoice))


def hidden(response) -> dict[str, str]:
    """What a page carries on to the next one."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.content.decode()))


# ---- whole and part --------------------------------------------------------------------------------------------------


def test_everything_that_is_left_is_credited_whole(invoice):
    credit(invoice=invoice, reason="x", on=DECEMBER, by=None, amounts={1: Decimal("500.00")})

    response = client_of(FINANCE).post(
        address(invoice), lines(extent="whole", reason="Wrong order") | {"amount-1": "13,083.33"}, follow=True
    )

    note = Invoice.objects.get(number_text="CN-00002")
    assert [(line.credits.position, str(line.amount)) for line in note.lines.order_by("position")] == [
        (1, "-13083.33"),
        (2, "-13583.33"),
    ]
    assert (
        "Credit note CN-00002 takes back 26,666.66 of Invoice INV-00001. "
        "The next run bills 27,166.66 of it again: what is due and was not waived." in words(response)
    )


def test_chosen_lines_are_credited_with_their_amounts(invoice):
    response = client_of(FINANCE).post(address(invoice), lines(two="1,500.00"), follow=True)

    note = Invoice.objects.get(kind="credit-note")
    (line,) = note.lines.all()
    assert (line.credits.position, str(line.amount), note.reason) == (2, "-1500.00", "Late start")
    assert note.issued_by.username == "finance"
    assert response.redirect_chain == [(page_of(note), 302)]
    assert "Credit note CN-00001 takes back 1,500.00 of Invoice INV-00001." in words(response)
    assert "The next run bills 1,500.00 of it again" in words(response)


def test_a_ticked_line_without_an_amount_is_credited_with_what_is_left(invoice):
    client_of(FINANCE).post(address(invoice), lines(one=""))

    assert str(Invoice.objects.get(kind="credit-note").total) == "-13583.33"


def test_the_invoice_shows_what_stands_after_a_credit(invoice):
    client = client_of(FINANCE)
    client.post(address(invoice), lines(one="500.00"))

    rows = tables(client.get(page_of(invoice)))[0]

    assert [row[-1] for row in rows[1:]] == ["13,583.33 13,083.33 stands", "13,583.33", "27,166.66"]


def test_a_line_that_gave_something_back_is_credited_whole_or_not_at_all(agreement):
    issued(agreement, OCTOBER)
    Site.objects.filter(city="Boise").update(in_service_on=date(1998, 10, 15))
    (second,) = issued(agreement, NOVEMBER)
    client = client_of(FINANCE)

    page = client.get(address(second))
    client.post(address(second), lines(one="13,583.34", two="13,583.34", three=""))

    assert tables(page)[0][3][7] == "Only whole: -6,134.41"
    assert "amount-3" not in page.content.decode()
    assert str(Invoice.objects.get(kind="credit-note").total) == "-21032.27"


# ---- what is wrong stands at its place -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (lines(one="13,583.34"), {"amount-1": ["Only 13,583.33 of this line is left to credit."]}),
        (lines(one="0.00"), {"amount-1": ["Enter more than 0, or deselect the line."]}),
        (lines(one="-1.00"), {"amount-1": ["Enter 0.00 or more."]}),
        (lines(one="1.005"), {"amount-1": ["An amount in USD has at most 2 decimals: 1.005 is none."]}),
        (lines(two="much"), {"amount-2": ["Enter an amount such as 163,000.00."]}),
        (lines(), {"extent": ["Select at least one line, or choose everything that is left."]}),
        (
            lines(extent="whole", one="500.00"),
            {"extent": ["Lines are selected below. Choose the selected lines, or deselect them."]},
        ),
        (
            lines(two="1.00") | {"amount-1": "500.00"},
            {"amount-1": ["Select the line to credit this amount, or leave 13,583.33."]},
        ),
        (
            lines(extent="whole") | {"amount-1": "500.00"},
            {
                "amount-1": [
                    "Select the line and choose the selected lines to credit this amount, or leave 13,583.33.",
                ]
            },
        ),
        (lines(extent="both", one="1.00"), {"extent": ["Choose one of the two."]}),
        (
            lines(reason=" ", one="1.00"),
            {"reason": ["Give the reason for the credit; it is kept with the credit note."]},
        ),
        (
            lines(reason="a\u202eb", one="1.00"),
            {"reason": ["Character 2 cannot be printed (U+202E). Type the text again without it."]},
        ),
        (
            lines(one="1.00") | {"seen": "99.00"},
            {"__all__": ["What is left has changed since this page was opened. Look at it as it is now, then credit."]},
        ),
        (lines(one="1.00") | {"outcome": ""}, {"outcome": ["Choose what becomes of the charge."]}),
        (
            lines() | {"extent": ""},
            {"extent": ["Select at least one line, or choose everything that is left."]},
        ),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_credited(data, expected, invoice):
    response = client_of(FINANCE).post(address(invoice), data)

    assert errors(response) == expected
    for message in expected.values():
        assert message[0] in words(response)
    assert Invoice.objects.count() == 1
    assert data["reason"] in response.content.decode()  # what was typed is kept


def test_an_amount_with_an_error_is_marked_and_kept(invoice):
    page = client_of(FINANCE).post(address(invoice), lines(one="13,583.34")).content.decode()

    assert 'name="amount-1" value="13,583.34"' in page
    assert page.count('class="amount field-wrong"') == 1
    assert 'aria-invalid="true"' in page


def test_less_left_than_the_form_saw_is_refused_at_the_line(invoice):
    """Somebody else credits between the check of the form and the lock."""
    seen = creditable_lines(invoice=invoice, on=DECEMBER)
    credit(invoice=invoice, reason="x", on=DECEMBER, by=None, amounts={1: Decimal("13583.33")})
    form = CreditForm(lines(one="500.00"), lines=seen, may_waive=False)
    assert form.is_valid()

    with pytest.raises(Exception, match="Nothing is left of line 1") as refused:
        credit(invoice=invoice, reason="y", on=DECEMBER, by=None, amounts=form.amounts)
    form.show_refusal(refused.value)

    assert list(form.errors) == ["amount-1"]


def test_a_date_before_the_last_number_is_said_on_the_page(invoice, settings):
    settings.BUSINESS_DATE = date(1998, 11, 1)

    response = client_of(FINANCE).post(address(invoice), lines(one="1.00"))

    assert "is dated 1 December 1998" in errors(response)["__all__"][0]
    assert Invoice.objects.count() == 1


# ---- waivers ---------------------------------------------------------------------------------------------------------


def test_a_waiver_is_proposed_and_once_it_is_confirmed_the_next_run_bills_nothing_of_it(agreement, invoice):
    client = client_of(FINANCE)

    response = client.post(address(invoice), lines(one="500.00") | WAIVED, follow=True)

    waiver = Waiver.objects.get()
    assert (waiver.is_proposed, waiver.stands, waiver.reason) == (True, False, "Late start")
    assert (waiver.recorded_on, waiver.recorded_by.username, str(waiver.amount)) == (DECEMBER, "finance", "500.00")
    assert "That changes once somebody else who may waive charges confirms the waiver" in words(response)
    (result,) = draft_invoices(through=OCTOBER, on=DECEMBER, by=None, agreements=[agreement])
    assert [str(document.total) for document in result.documents] == ["500.00"]
    confirmed(waiver.line.invoice, on=DECEMBER)
    (result,) = draft_invoices(through=OCTOBER, on=DECEMBER, by=None, agreements=[agreement])
    assert result.documents == ()


def test_invoice_and_credit_note_name_the_waiver(invoice):
    client = client_of(FINANCE)
    client.post(address(invoice), lines(one="500.00") | WAIVED)
    note = Invoice.objects.get(kind="credit-note")
    withdraw = reverse("invoicing:waiver_withdraw", args=[Waiver.objects.get().pk])
    proposed = words(client.get(page_of(note)))
    confirmed(note, on=DECEMBER)

    on_invoice, on_note = client.get(page_of(invoice)), client.get(page_of(note))

    assert "proposed by finance on 1 Dec 1998, Late start To be confirmed Withdraw…" in proposed
    message = "decided by J. Doe on 1 Dec 1998, Late start Withdraw…"
    assert f"Waived 500.00 of line 1, by CN-00001: {message}" in words(on_invoice)
    assert f"Waived 500.00 of line 1 of INV-00001: {message}" in words(on_note)
    assert withdraw in links(on_invoice)
    assert withdraw not in links(client_of(VIEWER).get(page_of(invoice)))


def client_with(*permissions: str) -> Client:
    """Somebody of the viewers with further permissions."""
    user = user_of(VIEWER)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return reader(user)


def test_who_may_not_waive_is_not_asked_and_cannot_slip_it_in(invoice):
    client = client_with("credit_invoice")

    page, slipped = client.get(address(invoice)), client.post(address(invoice), lines(one="500.00") | WAIVED)

    assert "given up" not in words(page)
    assert (page.status_code, slipped.status_code) == (200, 403)
    assert Invoice.objects.count() == 1


# ---- in a browser ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_sum_runs_along_and_what_becomes_of_the_charge_is_chosen_by_a_person(browser_page, sign_in, invoice):
    sign_in(user_of(FINANCE))
    browser_page.goto(address(invoice))
    credited = browser_page.locator(".credit-sum output")
    akron, boise = (browser_page.get_by_label(f"Credit line {line}") for line in ("1, Akron", "2, Boise"))
    whole, some = browser_page.get_by_label("Everything that is left"), browser_page.get_by_label("The lines selected")
    outcome = browser_page.locator('input[name="outcome"]')

    entries = browser_page.locator("main form :is(input:not([type=hidden]), textarea)")
    assert [entries.nth(place).get_attribute("name") for place in (0, 1)] == ["outcome", "outcome"]
    expect(browser_page.locator("input:checked")).to_have_count(0)
    expect(credited).to_have_text("0.00")

    akron.check()
    expect(some).to_be_checked()
    expect(credited).to_have_text("13,583.33")
    browser_page.get_by_label("Amount to credit of line 2, Boise").fill("1,000.50")
    expect(boise).to_be_checked()
    expect(credited).to_have_text("14,583.83")
    whole.check()
    expect(akron).not_to_be_checked()
    expect(boise).not_to_be_checked()
    expect(credited).to_have_text("27,166.66")
    akron.check()
    expect(whole).not_to_be_checked()
    expect(credited).to_have_text("13,583.33")

    browser_page.get_by_label("Amount to credit of line 2, Boise").fill("")
    boise.uncheck()
    browser_page.get_by_label("Reason").fill("Late start")
    browser_page.get_by_role("button", name="Show the credit note").click()
    expect(browser_page.get_by_text("Choose what becomes of the charge.")).to_be_visible()
    expect(browser_page.locator('input[name="outcome"]:checked')).to_have_count(0)
    expect(akron).to_be_checked()
    expect(credited).to_have_text("13,583.33")
    outcome.first.check()
    browser_page.get_by_role("button", name="Show the credit note").click()
    expect(browser_page.get_by_text("The credit note below is issued as it stands: -13,583.33 USD.")).to_be_visible()
    assert not Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE).exists()
