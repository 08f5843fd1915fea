"""The record pages lead to the events of agreements, amendments and price tables, for those who may do them now."""

from datetime import date

import pytest
from django.urls import reverse

from contracts.models import Agreement, Amendment
from tests import factories, reference
from tests.contracts.admin.admin_pages import ADMIN, open_amendment
from tests.people import VIEWER, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]


SIGNED = {"customer_signer": "Ann", "customer_signed_on": date(1999, 7, 1)}


@pytest.fixture
def amendment() -> Amendment:
    return open_amendment(factories.agreement())


def buttons(client, name: str, row) -> dict[str, str]:
    """The buttons of a record's page: what they say, and where they lead."""
    context = client.get(f"{ADMIN}/{name}/{row.pk}/change/").context
    return dict((*context["events"], *context["removals"]))


def page(name: str, *args) -> str:
    return reverse(f"contracts:{name}", args=args)


def test_a_draft_leads_to_its_signatures_its_price_table_and_its_end(manager, amendment):
    of = (amendment.agreement_id, 2)
    assert buttons(manager, "amendment", amendment) == {
        "Record the customer’s signature": page("amendment_sign", *of, "customer"),
        "Record the supplier’s signature": page("amendment_sign", *of, "supplier"),
        "Copy the schedule in force": page("amendment_copy_schedule", *of),
        "Discard the amendment": page("amendment_discard", *of),
    }

    Amendment.objects.filter(pk=amendment.pk).update(**SIGNED)
    assert list(buttons(manager, "amendment", amendment)) == ["Record the supplier’s signature"]
    assert buttons(client_of(VIEWER), "amendment", amendment) == {}


def test_an_executed_amendment_leads_to_its_scan_while_it_has_none(manager, amendment):
    executed = amendment.agreement.amendments.get(number=1)
    address = page("amendment_attach_scan", executed.agreement_id, 1)
    assert buttons(manager, "amendment", executed) == {"Attach the scanned document": address}

    Amendment.objects.filter(pk=executed.pk).update(document="scan.pdf")
    assert buttons(manager, "amendment", executed) == {}


def test_an_agreement_leads_to_its_execution_and_its_own_price_table_until_then(manager, amendment):
    signed = amendment.agreement
    row = Agreement.objects.create(
        number="A-1",
        dated_on=date(1997, 9, 4),
        supplier=signed.supplier,
        customer=signed.customer,
        first_period_starts_on=reference.ANCHOR,
    )
    table = factories.schedule(row, None, reference.SCHEDULE, clause="Appendix A")

    assert buttons(manager, "agreement", row) == {
        "Record that the agreement is signed": page("agreement_execute", row.pk),
        "Enter or change its own price table": page("agreement_schedule", row.pk),
    }
    assert buttons(manager, "priceschedule", table) == {
        "Change the price table": page("agreement_schedule", row.pk),
        "Take the price table off": page("agreement_discard_schedule", row.pk),
    }
    assert buttons(manager, "agreement", signed) == {}


def test_a_price_table_leads_to_the_form_of_its_amendment_until_a_party_signs(manager, amendment):
    table = factories.schedule(amendment.agreement, amendment, reference.SCHEDULE, clause="Appendix A")
    of = (amendment.agreement_id, 2)
    assert buttons(manager, "priceschedule", table) == {
        "Change the price table": page("amendment_schedule", *of),
        "Take the price table off": page("amendment_discard_schedule", *of),
    }

    Amendment.objects.filter(pk=amendment.pk).update(**SIGNED)
    assert buttons(manager, "priceschedule", table) == {}


def test_what_has_its_own_event_is_not_deleted_past_it(manager, amendment):
    assert manager.post(f"{ADMIN}/amendment/{amendment.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Amendment.objects.count() == 2
