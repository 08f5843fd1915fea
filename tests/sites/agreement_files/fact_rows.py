"""Facts of hours and integration as files hold them, and as rows in every state that they can have."""

from datetime import date
from decimal import Decimal

from django.core.files.base import ContentFile

from contracts.models import Agreement
from sites.hours.recording import correct_work, reverse_blocks, reverse_work
from sites.integration.ordering import (
    attach_quotation,
    cancel_order,
    complete_integration,
    order_integration,
    record_quotation,
)
from sites.models import Site
from tests.sites.agreement_files.files import refused, small
from tests.sites.hours.rows import CARE, PROVISIONING, bought, worked
from tests.sites.refusals import stored

ON = date(2000, 12, 1)
DAY = date(1999, 7, 12)


def with_facts(**sections) -> dict:
    """The reference agreement with sites at Reno and Waco, and facts of them."""
    return {**small({"city": "Reno"}, {"city": "Waco"}), **sections}


def entry(**said) -> dict:
    values = {"date": "1999-07-12", "site": "Reno", "service": CARE, "hours": "7.25", "person": "Ann Example"}
    return {**values, **said}


def without_hours(**said) -> dict:
    """What tells a work entry from others."""
    return {name: value for name, value in entry(**said).items() if name != "hours"}


def quotation(**said) -> dict:
    values = {
        **{"number": "Q-1", "site": "Reno", "dated_on": "1999-10-20", "price": "125000.00"},
        **{
            "customer": {"name": "Ann", "signed_on": "1999-11-02"},
            "supplier": {"name": "Bob", "signed_on": "1999-11-04"},
        },
    }
    return {**values, **said}


def purchase(day: str = "1999-01-04", blocks: int = 1, **said) -> dict:
    return {"bought_on": day, "blocks": blocks, **said}


def order(day: str = "1999-11-01", **said) -> dict:
    return {"ordered_on": day, "site": "Reno", **said}


def reversed_on(day: str, reason: str = "Wrong") -> dict:
    return {"reversed": {"on": day, "reason": reason}}


def refused_facts(**sections) -> list[str]:
    """The problems of a file with facts, which must be refused and store nothing."""
    before = stored()
    problems = refused(with_facts(**sections))
    assert stored() == before
    return problems


def every_fact(agreement: Agreement, reno: Site) -> None:
    """Purchases, work, quotations and orders in every state that they can have."""
    bought(agreement, date(1999, 1, 4), 2, reference="PO-1")
    bought(agreement, date(1999, 1, 4), 1, reference="PO-1")
    wrong = bought(agreement, date(1999, 2, 1))
    reverse_blocks(purchase=wrong, reason="Ordered twice", on=date(1999, 7, 15), by=None)
    for hours in ("1.00", "1.00", "2.50"):
        worked(reno, DAY, hours)
    first = worked(reno, DAY, "3.00", reference="REQ-1")
    message = {"site": reno, "worked_on": date(1999, 7, 1), "service": PROVISIONING, "person": "Bob", "reference": ""}
    second = correct_work(
        entry=first, reason="Misread", hours=Decimal("3.50"), on=date(1999, 7, 14), by=None, **message
    )
    correct_work(
        entry=second,
        reason="Again",
        hours=Decimal("4.50"),
        on=date(1999, 7, 15),
        by=None,
        **(message | {"person": "Abe"}),
    )
    reverse_work(entry=worked(reno, date(1999, 7, 2)), reason="Never done", on=date(1999, 7, 15), by=None)
    quotation = record_quotation(
        site=reno,
        number="Q-1",
        dated_on=date(1999, 10, 20),
        price=Decimal("125000.00"),
        document=ContentFile(b"%PDF", "q.pdf"),
        customer_signer="Ann",
        customer_signed_on=date(1999, 11, 2),
        supplier_signer="Bob",
        supplier_signed_on=date(1999, 11, 4),
        on=ON,
        by=None,
    )
    order = order_integration(site=reno, ordered_on=date(1999, 11, 1), reference="PO-7", on=ON, by=None)
    attach_quotation(order=order, quotation=quotation, on=ON, by=None)
    complete_integration(order=order, completed_on=date(1999, 11, 10), on=ON, by=None)
    again = order_integration(site=reno, ordered_on=date(1999, 12, 1), reason="Second switch", on=ON, by=None)
    cancel_order(order=again, reason="Postponed", on=ON, by=None)
