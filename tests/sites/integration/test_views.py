"""Pages of a site's system integration: prices, events with their refusals at the fields, and who may do what."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sites.integration.ordering import attach_quotation, complete_integration, order_integration, record_quotation
from sites.models import IntegrationOrder, Quotation
from tests import event_pages, factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, words
from tests.sites.refusals import stored

ON = date(1999, 11, 15)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]
NOT_STATED = (
    "The price schedule states no price for system integration at a Medium site (Appendix A, note 5). "
    "Attach a quotation with its own price that both parties have signed."
)


@pytest.fixture
def site(agreement):
    return factories.site(agreement, "Augusta", is_demonstration=True)


@pytest.fixture
def medium(agreement):
    site = factories.site(agreement, "Reno")
    factories.charged_level(site, 2, "MEDIUM", date(1999, 10, 1))
    return site


@pytest.fixture
def client():
    return client_of(ACCOUNT_MANAGER)


def address(name: str, key: int) -> str:
    return reverse(f"sites:{name}", args=[key])


def ordered(site, day=date(1999, 11, 1), **facts) -> IntegrationOrder:
    return order_integration(site=site, ordered_on=day, on=ON, by=None, **facts)


def quoted(site, number="Q-1") -> Quotation:
    return record_quotation(
        site=site,
        number=number,
        dated_on=date(1999, 10, 20),
        price=Decimal("125000.00"),
        document=ContentFile(b"%PDF-1.7", "q.pdf"),
        customer_signer="Ann",
        customer_signed_on=date(1999, 11, 2),
        supplier_signer="Bob",
        supplier_signed_on=date(1999, 11, 4),
        on=ON,
        by=None,
    )


faults = partial(event_pages.faults, stored=stored)
led_back = partial(event_pages.led_back, stored=stored)


# ---- the page


def test_page_shows_the_price_or_that_none_is_stated(site, medium, client):
    priced, unpriced = (words(client.get(address("integration", one.pk))) for one in (site, medium))

    assert "Price of a cutover on 15 November 1999 100,000.00 Appendix A, note 5" in priced
    assert "Demonstration data: this site and its orders are invented." in priced
    assert f"Price not stated {NOT_STATED}" in unpriced
    assert "Demonstration data" not in unpriced
    assert "No system integration is ordered for this site. Order it" in unpriced


def test_page_shows_orders_with_state_price_and_the_way_out(medium, client):
    first = ordered(medium, reference="PO-7")
    url = address("integration", medium.pk)
    assert (
        f"1 Nov 1999 PO-7 Ordered Not yet Price not stated {NOT_STATED} Cutover complete… Record a quotation… Cancel…"
        in words(client.get(url))
    )
    quotation = quoted(medium)
    assert address("integration_attach", first.pk) in links(client.get(url))
    attach_quotation(order=first, quotation=quotation, on=ON, by=None)
    complete_integration(order=first, completed_on=date(1999, 11, 10), on=ON, by=None)
    second = ordered(medium, reason="Second switch")
    client.post(address("integration_cancel", second.pk), {"reason": "Postponed"})
    IntegrationOrder.objects.filter(pk=first.pk).update(billed_on=ON)

    shown = words(client.get(url))

    assert "1 Nov 1999 PO-7 Billed 15 Nov 1999 10 Nov 1999 125,000.00 Quotation Q-1 Cancel…" in shown
    assert "Second order: Second switch Cancelled 15 Nov 1999: Postponed Not yet" in shown
    assert "Q-1 20 Oct 1999 4 Nov 1999 Ann and Bob 125,000.00 Download" in shown


def test_an_order_that_stands_leaves_ordering_again_as_the_lesser_step(site, client):
    url = address("integration", site.pk)
    assert "Order it again" not in words(client.get(url))
    order = ordered(site)
    assert "Order it again" in words(client.get(url))
    client.post(address("integration_cancel", order.pk), {"reason": "Postponed"})
    assert "Order it again" not in words(client.get(url))


def test_completing_and_cancelling_say_what_will_happen(site, medium, client):
    priced, unpriced = ordered(site), ordered(medium)

    shown = {
        (event, order.pk): words(client.get(address(f"integration_{event}", order.pk)))
        for event in ("complete", "cancel", "attach")
        for order in (priced, unpriced)
    }

    charged, waits = "The next invoice run charges it once", "Nothing is charged until a signed quotation is attached"
    unbilled = "The order no longer counts and stays on file with your reason. Nothing was billed for it."
    message = {key: (charged in text, waits in text, unbilled in text) for key, text in shown.items()}
    assert message == {
        ("complete", priced.pk): (True, False, False),
        ("complete", unpriced.pk): (False, True, False),
        ("cancel", priced.pk): (False, False, True),
        ("cancel", unpriced.pk): (False, False, True),
        ("attach", priced.pk): (False, False, False),
        ("attach", unpriced.pk): (False, False, False),
    }


def test_attaching_leads_back_while_no_quotation_is_on_file(medium, client):
    url = address("integration_attach", ordered(medium).pk)
    assert led_back(client, url) == "No quotation is on file for Reno. Record a quotation first."
    quoted(medium)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_the_same_number_of_queries(site, number, client, django_assert_num_queries):
    for position in range(number):
        quotation = quoted(site, f"Q-{position}")
        ordered(site, reason=f"Reason {position}", quotation=quotation)

    with django_assert_num_queries(PAGE):
        client.get(address("integration", site.pk))


PAGE = 20


def test_site_page_links_to_it_for_those_who_may_see_it(site):
    link = address("integration", site.pk)

    assert link in links(client_of(VIEWER).get(address("site_detail", site.pk)))
    assert link not in links(client_of(DATA_ENTRY).get(address("site_detail", site.pk)))


def test_events_are_offered_to_those_who_may(medium):
    ordered(medium)

    assert not [
        link for link in links(client_of(VIEWER).get(address("integration", medium.pk))) if "/complete/" in link
    ]
    assert "Cancel…" not in words(client_of(FINANCE).get(address("integration", medium.pk)))


# ---- ordering


def test_ordering(site, client):
    response = client.post(
        address("integration_order", site.pk), {"ordered_on": "1999-11-01", "reference": "PO-7"}, follow=True
    )

    assert "System integration of Augusta is ordered on 1 November 1999." in words(response)
    order = IntegrationOrder.objects.get()
    assert (order.ordered_on, order.reference, order.recorded_by.username) == (
        date(1999, 11, 1),
        "PO-7",
        "account-manager",
    )


def test_a_second_order_asks_for_its_reason(site, client):
    url = address("integration_order", site.pk)
    assert "reason" not in client.get(url).context["form"].fields
    ordered(site)

    assert "System integration of Augusta is ordered on 1 November 1999 already." in words(client.get(url))
    assert faults(client, url, {"ordered_on": "1999-11-02"}) == {
        "reason": [
            "System integration of Augusta was ordered on 1 November 1999 already. "
            "Say why it is ordered again, or cancel that order."
        ]
    }
    client.post(url, {"ordered_on": "1999-11-02", "reason": "Second switch"})
    assert IntegrationOrder.objects.get(ordered_on=date(1999, 11, 2)).duplicate_reason == "Second switch"


def test_ordering_with_a_quotation(medium, client):
    quotation = quoted(medium)
    url = address("integration_order", medium.pk)
    other = quoted(factories.site(medium.agreement, "Waco"), "Q-2")

    assert faults(client, url, {"ordered_on": "1999-11-05", "quotation": other.pk}) == {
        "quotation": ["This is no quotation for Reno. Record it first."]
    }
    client.post(url, {"ordered_on": "1999-11-05", "quotation": quotation.pk})
    assert IntegrationOrder.objects.get().quotation == quotation


# ---- quotations


def typed(**changed) -> dict:
    return {
        "number": "Q-7",
        "dated_on": "1999-10-20",
        "price": "125,000.00",
        "document": SimpleUploadedFile("q.pdf", b"%PDF-1.7 signed"),
        "customer_signer": "Ann",
        "customer_signed_on": "1999-11-02",
        "supplier_signer": "Bob",
        "supplier_signed_on": "1999-11-04",
    } | changed


def test_recording_a_quotation_and_reading_it_back(medium, client):
    response = client.post(address("integration_quote", medium.pk), typed(), follow=True)

    assert "Quotation Q-7 is recorded, executed on 4 November 1999." in words(response)
    quotation = Quotation.objects.get()
    assert (quotation.price, quotation.recorded_by.username) == (Decimal("125000.00"), "account-manager")
    file = client.get(address("quotation_file", quotation.pk))
    assert b"".join(file.streaming_content) == b"%PDF-1.7 signed"
    assert file["Content-Disposition"] == 'attachment; filename="LNS970602JC-quotation-Q-7.pdf"'
    quotation.document.storage.delete(quotation.document.name)
    assert client.get(address("quotation_file", quotation.pk)).status_code == 404


def test_a_quotation_where_the_schedule_has_a_price_is_told_so(site, client):
    shown = words(client.get(address("integration_quote", site.pk)))

    assert "The price schedule states a price for this site: 100,000.00 (Appendix A, note 5)." in shown


def test_recording_a_quotation_is_refused_at_the_fields(medium, client):
    url, required = address("integration_quote", medium.pk), ["This field is required."]
    program, renamed = SimpleUploadedFile("q.exe", b"MZ"), SimpleUploadedFile("q.pdf", b"MZ")

    assert faults(client, url, typed(price="many", document=program, customer_signer="")) == {
        "price": ["Enter an amount such as 163,000.00."],
        "document": ["“q.exe” is no PDF, PNG or JPEG file. Choose the scan in one of these formats."],
        "customer_signer": required,
    }
    assert faults(client, url, typed(document=renamed)) == {
        "document": ["“q.pdf” does not hold what its ending .pdf says. Scan the document again."]
    }
    price = "0.00 is no price. Enter the amount that the quotation states, such as 125,000.00."
    assert faults(client, url, typed(price="0")) == {"price": [price]}


def test_attaching_a_quotation(medium, client):
    order, quotation = ordered(medium), quoted(medium)
    url = address("integration_attach", order.pk)
    assert faults(client, url, {}) == {"quotation": ["This field is required."]}

    response = client.post(url, {"quotation": quotation.pk}, follow=True)

    assert "Quotation Q-1 is attached to the order of 1 November 1999." in words(response)
    assert "125,000.00 Quotation Q-1" in words(response)
    IntegrationOrder.objects.update(billed_on=ON)
    assert led_back(client, url) == (
        "The order was billed on 15 November 1999 with its quotation, which stays as it is. "
        "Cancel the order with the reason, and order it again."
    )


def test_a_billed_order_without_a_price_offers_its_quotation(medium, client):
    order, quotation = ordered(medium), quoted(medium)
    IntegrationOrder.objects.update(completed_on=date(1999, 11, 10), billed_on=ON)
    offered = address("integration_attach", order.pk)

    assert offered in links(client.get(address("integration", medium.pk)))
    response = client.post(offered, {"quotation": quotation.pk}, follow=True)
    assert offered not in links(response)
    assert "The next invoice run bills or credits the difference." in words(response)


# ---- in place of another one


def test_ordering_again_asks_whose_place_it_takes(site, client):
    first, url = ordered(site), address("integration_order", site.pk)
    assert "replaces" not in client.get(url).context["form"].fields
    IntegrationOrder.objects.update(billed_on=ON)
    client.post(address("integration_cancel", first.pk), {"reason": "Wrong day"})
    facts = {"ordered_on": "1999-11-02"}

    assert "Yes, in place of that of 1 November 1999 (cancelled on 15 November 1999: Wrong day)" in words(
        client.get(url)
    )
    assert faults(client, url, facts) == {"replaces": ["Say whether it replaces the order that was cancelled."]}
    shown = words(client.post(url, facts | {"replaces": first.pk}, follow=True))

    assert IntegrationOrder.objects.get(reversed_on=None).replaces == first
    assert "In place of the order of 1 Nov 1999" in shown
    assert "replaces" not in client.get(url).context["form"].fields


def test_ordering_anew_is_a_new_charge(site, client):
    first, url = ordered(site), address("integration_order", site.pk)
    IntegrationOrder.objects.update(billed_on=ON)
    client.post(address("integration_cancel", first.pk), {"reason": "Wrong day"})

    client.post(url, {"ordered_on": "1999-11-02", "replaces": "new"})

    assert IntegrationOrder.objects.get(reversed_on=None).replaces is None


# ---- completion and cancellation


def test_completing(site, client):
    order = ordered(site)
    url = address("integration_complete", order.pk)
    assert faults(client, url, {"completed_on": "1999-10-31"}) == {
        "completed_on": [
            "The cutover of 31 October 1999 is before its order of 1 November 1999. Correct one of the two."
        ]
    }

    response = client.post(url, {"completed_on": "1999-11-10"}, follow=True)

    assert "The cutover of Augusta is complete on 10 November 1999." in words(response)
    assert "10 Nov 1999 recorded by account-manager 100,000.00" in words(response)
    assert led_back(client, url).startswith("The cutover was completed on 10 November 1999.")


def test_cancelling_what_was_completed_by_mistake(site, client):
    order = ordered(site)
    complete_integration(order=order, completed_on=date(1999, 11, 10), on=ON, by=None)
    IntegrationOrder.objects.update(billed_on=ON)
    url = address("integration_cancel", order.pk)
    shown = words(client.get(url))
    assert "Once the order is cancelled the next invoice run credits it" in shown
    assert faults(client, url, {"reason": " "}) == {"reason": ["This field is required."]}

    response = client.post(url, {"reason": "Wrong site"}, follow=True)

    assert "The order of 1 November 1999 is cancelled." in words(response)
    assert IntegrationOrder.objects.get().reversal_reason == "Wrong site"
    assert led_back(client, url) == (
        "The order was cancelled on 15 November 1999: Wrong site. Enter another order instead."
    )
