"""The register of waivers, and how one is withdrawn."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from contracts.models import Agreement
from invoicing.credits.crediting import credit, withdraw_waiver
from invoicing.models import Invoice, Waiver
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from tests import event_pages, factories
from tests.people import ACCOUNT_MANAGER, FINANCE, VIEWER, client_of
from tests.reading import by_heading, links, words
from tests.waivers import credit_and_waive

OCTOBER, DECEMBER = date(1998, 10, 31), date(1998, 12, 1)

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(DECEMBER)]
WAIVERS = reverse("invoicing:waiver_list")


def waived(number: str = "LNS970602JC", amount: str = "500.00", sites: int = 1) -> tuple[Agreement, list[Waiver]]:
    """An agreement billed for October, some of each line credited and waived."""
    agreement = factories.agreement(number)
    factories.sites(agreement, sites)
    (result,) = draft_invoices(through=OCTOBER, on=DECEMBER, by=None, agreements=[agreement])
    invoice = issue(invoice=result.documents[0], on=DECEMBER, by=None)
    amounts = {line.position: Decimal(amount) for line in invoice.lines.all()}
    note = credit_and_waive(invoice=invoice, reason="Late start", on=DECEMBER, by=None, amounts=amounts)
    return agreement, list(Waiver.objects.filter(line__invoice=note).order_by("pk"))


def withdrawal(waiver: Waiver) -> str:
    return reverse("invoicing:waiver_withdraw", args=[waiver.pk])


# ---- the register ----------------------------------------------------------------------------------------------------


def test_register_names_what_who_why_and_both_documents():
    _agreement, (waiver,) = waived()

    response = client_of(FINANCE).get(WAIVERS)

    assert by_heading(response) == [
        {
            "Proposed on": "1 Dec 1998",
            "What is waived": "City 0001 Very Small, 1 Oct 1998 to 31 Oct 1998",
            "Agreement": "LNS970602JC",
            "Amount": "500.00 USD",
            "Credit note": "CN-00001 of INV-00001, line 1",
            "Proposed by": "—",
            "Decided by": "J. Doe",
            "Reason": "Late start",
            "State": "Standing Withdraw… the waiver of 500.00, City 0001",
        }
    ]
    documents = Invoice.objects.order_by("pk")
    assert {reverse("invoicing:invoice_detail", args=[row.pk]) for row in documents} <= set(links(response))
    assert withdrawal(waiver) in links(response)


@pytest.mark.parametrize(("role", "offered"), [(FINANCE, True), (ACCOUNT_MANAGER, True), (VIEWER, False)])
def test_withdrawing_is_offered_to_those_who_may(role, offered):
    _agreement, (waiver,) = waived()

    assert (withdrawal(waiver) in links(client_of(role).get(WAIVERS))) is offered


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"500.00 USD", "20.00 USD"}),
        ({"state": "standing"}, {"20.00 USD"}),
        ({"state": "withdrawn"}, {"500.00 USD"}),
        ({"agreement": "B"}, {"20.00 USD"}),
        ({"agreement": "B", "state": "withdrawn"}, set()),
    ],
)
def test_filters_by_agreement_and_state(asked, found):
    _a, (withdrawn,) = waived("A")
    b, _standing = waived("B", "20.00")
    withdraw_waiver(waiver=withdrawn, reason="Decided again", on=DECEMBER, by=None)
    asked = {name: b.number if value == "B" else value for name, value in asked.items()}

    response = client_of(VIEWER).get(WAIVERS, asked)

    assert {row["Amount"] for row in by_heading(response)} == found
    assert ("No waived charge matches all the filters above." in words(response)) is (not found)
    if found == {"500.00 USD"}:
        assert by_heading(response)[0]["State"] == "Withdrawn 1 Dec 1998 Decided again"


def test_empty_register_teaches():
    seen = words(client_of(VIEWER).get(WAIVERS))

    assert "No charge has been waived. What is credited is due again" in seen
    assert "A waiver is proposed when an invoice is credited" in seen


@pytest.mark.parametrize("number", [1, 20])
def test_register_has_a_fixed_number_of_queries(number, django_assert_num_queries):
    waived(sites=number)
    client = client_of(VIEWER)

    with django_assert_num_queries(7):
        assert client.get(WAIVERS).content.decode().count("state-good") == number


# ---- confirming ------------------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(finance) -> Waiver:
    """A waiver that somebody of finance has proposed."""
    agreement = factories.agreement()
    factories.sites(agreement, 1)
    (result,) = draft_invoices(through=OCTOBER, on=DECEMBER, by=None, agreements=[agreement])
    invoice = issue(invoice=result.documents[0], on=DECEMBER, by=None)
    amounts = {1: Decimal("500.00")}
    note = credit(invoice=invoice, reason="Late start", on=DECEMBER, by=finance, amounts=amounts, waive=True)
    return Waiver.objects.get(line__invoice=note)


def confirmation(waiver: Waiver) -> str:
    return reverse("invoicing:waiver_confirm", args=[waiver.pk])


def test_another_user_who_may_waive_confirms_it(proposed, finance, client):
    client.force_login(finance)
    manager = client_of(ACCOUNT_MANAGER)
    assert by_heading(client.get(WAIVERS))[0]["State"].startswith("To be confirmed Withdraw…")
    assert confirmation(proposed) in links(manager.get(WAIVERS))
    document = reverse("invoicing:invoice_detail", args=[proposed.line.invoice_id])
    assert confirmation(proposed) in links(manager.get(document))
    assert event_pages.led_back(client, confirmation(proposed), stored=lambda: Waiver.objects.get().decided_by) == (
        "You have proposed this waiver. Somebody else who may waive charges signs in and confirms it."
    )
    assert "500.00 USD of line 1" in words(manager.get(confirmation(proposed)))

    done = manager.post(confirmation(proposed), follow=True)

    proposed.refresh_from_db()
    assert (proposed.confirmed_by.username, proposed.decided_on) == ("account-manager", DECEMBER)
    assert "The waiver of 500.00 is confirmed. It is waived: the next run does not bill it again." in words(done)


def test_nobody_else_confirms_it(proposed):
    client = client_of(VIEWER)

    assert client.get(confirmation(proposed)).status_code == client.post(confirmation(proposed)).status_code == 403
    assert confirmation(proposed) not in links(client.get(WAIVERS))


# ---- withdrawing -----------------------------------------------------------------------------------------------------


def test_page_says_what_is_withdrawn_and_what_follows():
    _agreement, (waiver,) = waived()

    seen = words(client_of(ACCOUNT_MANAGER).get(withdrawal(waiver)))

    assert "Charge 500.00 USD of line 1 of Invoice INV-00001 : City 0001, Very Small" in seen.replace("1:", "1 :")
    assert "Proposed on 1 December 1998 Decided by J. Doe on 1 December 1998 Reason Late start" in seen
    assert "The charge falls due again, and the next run bills what is due for it." in seen


def test_withdrawing_makes_the_charge_due_again():
    agreement, (waiver,) = waived()

    response = client_of(ACCOUNT_MANAGER).post(withdrawal(waiver), {"reason": "Decided again"}, follow=True)

    waiver.refresh_from_db()
    assert (waiver.withdrawn_on, waiver.withdrawn_by.username) == (DECEMBER, "account-manager")
    assert waiver.withdrawal_reason == "Decided again"
    assert "The waiver of 500.00 is withdrawn. The next run bills 500.00 of it again" in words(response)
    assert "Withdrawn 1 Dec 1998 Decided again" in words(response)
    (result,) = draft_invoices(through=OCTOBER, on=DECEMBER, by=None, agreements=[agreement])
    assert [str(document.total) for document in result.documents] == ["500.00"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("  ", "Say why the waiver is withdrawn; the reason is kept with it."),
        ("a\u202eb", "cannot be printed"),
        ("x" * 201, "at most 200 characters"),
    ],
)
def test_a_reason_is_needed_at_its_field(reason, said):
    _agreement, (waiver,) = waived()

    response = client_of(FINANCE).post(withdrawal(waiver), {"reason": reason})

    assert said in response.context["form"].errors["reason"][0]
    assert said in words(response)
    assert Waiver.objects.get().stands


def test_a_second_withdrawal_is_refused():
    _agreement, (waiver,) = waived()
    withdraw_waiver(waiver=waiver, reason="Decided again", on=DECEMBER, by=None)
    stored = Waiver.objects.values_list("withdrawal_reason", flat=True)

    assert event_pages.led_back(client_of(FINANCE), withdrawal(waiver), stored=lambda: list(stored.all())) == (
        "The waiver was withdrawn on 1 December 1998 already: Decided again"
    )
    assert Waiver.objects.get().withdrawal_reason == "Decided again"
