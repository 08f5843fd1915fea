from datetime import date
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from contracts.models import Agreement
from contracts.sealing.frozen import SealedRow
from sites.integration.ordering import (
    attach_quotation,
    cancel_order,
    complete_integration,
    order_integration,
    record_quotation,
)
from sites.integration.prices import Priced, PriceNotStated
from sites.integration.queries import price_of
from sites.models import IntegrationOrder, Quotation, Site
from tests import factories, reference
from tests.sites.refusals import refused

pytestmark = pytest.mark.django_db

ON = date(1999, 11, 15)
DAY = date(1999, 11, 1)


@pytest.fixture
def site(agreement):
    return factories.site(agreement, "Augusta", is_demonstration=True)


def ordered(site, day=DAY, on=ON, by=None, **facts) -> IntegrationOrder:
    return order_integration(site=site, ordered_on=day, on=on, by=by, **facts)


def quoted(site, number="Q-1", **changed) -> Quotation:
    facts = {
        "dated_on": date(1999, 10, 20),
        "price": Decimal("125000.00"),
        "document": ContentFile(b"%PDF-1.7", "q.pdf"),
        "customer_signer": "Ann Example",
        "customer_signed_on": date(1999, 11, 2),
        "supplier_signer": "Bob Example",
        "supplier_signed_on": date(1999, 11, 4),
        "on": ON,
        "by": None,
    }
    return record_quotation(site=site, number=number, **(facts | changed))


def price(order: IntegrationOrder, on=ON):
    site = Site.objects.with_levels().get(pk=order.site_id)
    terms = Agreement.objects.with_terms().get(pk=site.agreement_id).as_terms()
    day = order.completed_on or on
    return price_of(agreement=terms, site=site, quotation=order.quotation, day=day, known_on=on)


# ---- orders


def test_order_is_recorded_with_person_and_day(site, clerk):
    order = ordered(site, reference=" PO-7 ", by=clerk)

    row = IntegrationOrder.objects.get()
    assert (row, row.ordered_on, row.reference, row.duplicate_reason) == (order, DAY, "PO-7", "")
    assert (row.recorded_on, row.recorded_by, row.is_demonstration) == (ON, clerk, True)
    assert (row.completed_on, row.quotation, row.billed_on) == (None, None, None)


def test_a_second_order_needs_its_reason(site):
    ordered(site)

    assert refused(ordered, site) == [
        (
            "reason",
            "System integration of Augusta was ordered on 1 November 1999 already. "
            "Say why it is ordered again, or cancel that order.",
        )
    ]
    second = ordered(site, reason=" Second switch ")
    assert second.duplicate_reason == "Second switch"


def test_a_cancelled_order_is_no_first_one(site):
    cancel_order(order=ordered(site), reason="Postponed", on=ON, by=None)

    assert ordered(site, reason="not needed").duplicate_reason == ""


def test_a_second_order_at_later_prices_names_those_of_the_first(agreement, site):
    ordered(site)
    terms = reference.amendment(2, date(1999, 11, 10), schedule=reference.SCHEDULE)
    factories.amendment(agreement, terms)

    assert refused(ordered, site, date(1999, 11, 12)) == [
        (
            "reason",
            "System integration of Augusta was ordered on 1 November 1999 already, at the prices of Amendment 1 "
            "(LNM980917MP): new prices are no new cutover. Say why it is ordered again, or cancel that order.",
        )
    ]
    assert ordered(site, date(1999, 11, 12), reason="Second switch").duplicate_reason == "Second switch"


@pytest.mark.parametrize(
    ("day", "on", "expected"),
    [
        (
            date(1999, 11, 16),
            ON,
            "The order of 16 November 1999 is after 15 November 1999. Record it on the day it happens.",
        ),
        (
            date(1998, 9, 30),
            ON,
            "The order of 30 September 1998 is before 1 October 1998, when the first annual period begins. "
            "Choose that day or a later one.",
        ),
        (
            date(2000, 10, 1),
            date(2000, 12, 1),
            "The order of 1 October 2000 is after 30 September 2000, when Agreement LNS970602JC expires "
            "(Amendment 1 (LNM980917MP), clause 1). Choose an earlier day, or extend the term.",
        ),
    ],
)
def test_order_refuses_days_outside_the_term_and_to_come(site, day, on, expected):
    assert refused(ordered, site, day, on) == [("ordered_on", expected)]


def test_order_refuses_a_removed_site_and_takes_a_planned_one(agreement):
    gone = factories.site(agreement, "Reno", removed_on=date(1999, 10, 31))
    planned = factories.site(agreement, "Macon", date(2000, 2, 1))

    assert refused(ordered, gone) == [
        (
            "ordered_on",
            "The order of 1 November 1999 is after Reno's last day in service, 31 October 1999. "
            "Correct the day or the site.",
        )
    ]
    assert ordered(planned).site == planned


def test_order_refuses_text_that_cannot_be_kept_and_another_sites_quotation(agreement, site):
    other = quoted(factories.site(agreement, "Reno"))

    assert refused(ordered, site, reference="x" * 101, quotation=other) == [
        ("reference", "At most 100 characters; the order reference has 101. Shorten it."),
        ("quotation", "Quotation Q-1 is for another site. Choose one of Augusta."),
    ]


# ---- quotations


def test_quotation_is_executed_on_the_later_signature(site, clerk):
    quotation = quoted(site, by=clerk)

    assert (quotation.executed_on, quotation.price) == (date(1999, 11, 4), Decimal("125000.00"))
    assert (quotation.recorded_on, quotation.recorded_by) == (ON, clerk)
    assert quotation.document.read() == b"%PDF-1.7"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"number": " "}, [("number", "Name the number of the quotation.")]),
        (
            {"price": Decimal(0)},
            [("price", "0.00 is no price. Enter the amount that the quotation states, such as 125,000.00.")],
        ),
        (
            {"price": Decimal("-5")},
            [("price", "-5.00 is no price. Enter the amount that the quotation states, such as 125,000.00.")],
        ),
        (
            {"price": Decimal("5.005")},
            [("price", "5.005 is no price. Enter the amount that the quotation states, such as 125,000.00.")],
        ),
        ({"document": None}, [("document", "Add the document that both parties signed.")]),
        ({"customer_signer": ""}, [("customer_signer", "Name the person who signed for the customer.")]),
        (
            {"supplier_signed_on": date(1999, 11, 16)},
            [
                (
                    "supplier_signed_on",
                    "The signature of the supplier on 16 November 1999 is after 15 November 1999. "
                    "Record the quotation once both have signed.",
                )
            ],
        ),
        (
            {"dated_on": date(1999, 11, 16)},
            [
                (
                    "dated_on",
                    "The date 16 November 1999 is after 15 November 1999. Enter the date printed on it.",
                )
            ],
        ),
    ],
)
def test_quotation_refuses_naming_the_field(site, changed, expected):
    assert refused(quoted, site, **changed) == expected


def test_quotation_number_is_used_once(site):
    quoted(site)

    assert refused(quoted, site) == [("number", "Quotation Q-1 is on file. Attach that one, or check the number.")]


def test_quotation_prices_a_size_that_the_schedule_does_not(agreement, site):
    factories.charged_level(site, 2, "MEDIUM", date(1999, 10, 1))
    order = ordered(site)
    assert isinstance(price(order), PriceNotStated)

    order = attach_quotation(order=order, quotation=quoted(site), on=ON, by=None)

    assert price(order) == Priced(Decimal("125000.00"), "Quotation Q-1")
    assert IntegrationOrder.objects.get().quotation.number == "Q-1"


def test_quotation_changes_nothing_where_the_schedule_has_a_price(site):
    order = attach_quotation(order=ordered(site), quotation=quoted(site), on=ON, by=None)

    assert price(order) == Priced(Decimal("100000.00"), "Appendix A, note 5")


def test_attaching_is_refused_for_another_site_and_for_what_is_over(agreement, site):
    order, quotation = ordered(site), quoted(site)
    elsewhere = quoted(factories.site(agreement, "Reno"), "Q-2")
    assert refused(attach_quotation, order=order, quotation=elsewhere, on=ON, by=None) == [
        ("quotation", "Quotation Q-2 is for another site. Choose one of Augusta.")
    ]
    cancel_order(order=order, reason="Postponed", on=ON, by=None)
    assert refused(attach_quotation, order=order, quotation=quotation, on=ON, by=None) == [
        ("", "The order was cancelled on 15 November 1999: Postponed. Enter another order instead.")
    ]


def test_a_billed_order_takes_a_quotation_once(site):
    order, other = ordered(site), quoted(site, "Q-2")
    IntegrationOrder.objects.update(billed_on=ON)

    order = attach_quotation(order=order, quotation=quoted(site), on=ON, by=None)

    assert order.quotation.number == "Q-1"
    assert refused(attach_quotation, order=order, quotation=other, on=ON, by=None) == [
        (
            "",
            "The order was billed on 15 November 1999 with its quotation, which stays as it is. "
            "Cancel the order with the reason, and order it again.",
        )
    ]


@pytest.mark.parametrize("changed", [{"quotation": None}, {"quotation": "Q-2"}, {"reference": "PO-9"}])
def test_the_quotation_of_a_billed_order_is_sealed_in_programs_and_in_the_database(site, changed):
    first, other = quoted(site), quoted(site, "Q-2")
    order = attach_quotation(order=ordered(site), quotation=first, on=ON, by=None)
    IntegrationOrder.objects.update(billed_on=ON)
    values = {name: other if value == "Q-2" else value for name, value in changed.items()}

    with pytest.raises(SealedRow):
        IntegrationOrder.objects.filter(pk=order.pk).update(**values)
    for name, value in values.items():
        setattr(order, name, value)
    with pytest.raises(SealedRow):
        order.save()
    with pytest.raises(IntegrityError, match="is sealed and cannot be changed"), transaction.atomic():
        QuerySet(IntegrationOrder).filter(pk=order.pk).update(**values)


# ---- in place of another one


def test_an_order_takes_the_place_of_a_billed_one_that_was_cancelled(site):
    first = ordered(site)
    IntegrationOrder.objects.update(billed_on=ON)
    cancel_order(order=first, reason="Wrong day", on=ON, by=None)

    second = ordered(site, replaces=first)

    assert IntegrationOrder.objects.get(pk=second.pk).replaces == first
    sentence = f"{first} cannot be replaced: it is still valid, was never billed, or has already been replaced."
    message = ("replaces", f"{sentence} Record a new charge, or choose again.")
    assert refused(ordered, site, reason="Once more", replaces=first) == [message]
    cancel_order(order=second, reason="Wrong again", on=ON, by=None)
    assert ordered(site, replaces=second).replaces == second  # never billed itself, but in place of one that was


@pytest.mark.parametrize("state", ["standing", "never billed", "other site"])
def test_only_a_billed_and_cancelled_order_of_the_site_is_replaced(agreement, site, state):
    first = ordered(factories.site(agreement, "Reno") if state == "other site" else site)
    if state != "never billed":
        IntegrationOrder.objects.update(billed_on=ON)
    if state != "standing":
        cancel_order(order=first, reason="Wrong day", on=ON, by=None)

    ((place, message),) = refused(ordered, site, reason="Once more", replaces=first)

    assert (place, message.split(":")[0]) == ("replaces", f"{first} cannot be replaced")


# ---- completion and cancellation


def test_completion_records_day_and_person(site, clerk):
    order = complete_integration(order=ordered(site), completed_on=date(1999, 11, 10), on=ON, by=clerk)

    assert (order.completed_on, order.completed_by) == (date(1999, 11, 10), clerk)
    assert price(order) == Priced(Decimal("100000.00"), "Appendix A, note 5")


def test_cutover_may_be_complete_before_the_first_day_in_service(agreement):
    planned = factories.site(agreement, "Macon", date(1999, 11, 20))

    order = complete_integration(order=ordered(planned), completed_on=date(1999, 11, 15), on=ON, by=None)

    assert price(order) == Priced(Decimal("100000.00"), "Appendix A, note 5")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (
            date(1999, 11, 16),
            "The cutover of 16 November 1999 is after 15 November 1999. Record it on the day it happens.",
        ),
        (
            date(1999, 10, 31),
            "The cutover of 31 October 1999 is before its order of 1 November 1999. Correct one of the two.",
        ),
    ],
)
def test_completion_refuses_days_before_the_order_and_to_come(site, day, expected):
    assert refused(complete_integration, order=ordered(site), completed_on=day, on=ON, by=None) == [
        ("completed_on", expected)
    ]


def test_completion_refuses_a_day_after_the_expiration(site):
    order = ordered(site)

    [(place, message)] = refused(
        complete_integration, order=order, completed_on=date(2000, 10, 1), on=date(2000, 12, 1), by=None
    )

    assert place == "completed_on"
    assert message.startswith("The cutover of 1 October 2000 is after 30 September 2000, when Agreement")


def test_completion_happens_once(site):
    order = complete_integration(order=ordered(site), completed_on=date(1999, 11, 10), on=ON, by=None)

    assert refused(complete_integration, order=order, completed_on=date(1999, 11, 11), on=ON, by=None) == [
        (
            "",
            "The cutover was completed on 10 November 1999. If that is wrong, cancel the order with the reason, "
            "and order it again.",
        )
    ]


def test_an_order_completed_by_mistake_or_billed_is_cancelled_with_its_reason(site, clerk):
    order = complete_integration(order=ordered(site), completed_on=date(1999, 11, 10), on=ON, by=None)
    IntegrationOrder.objects.update(billed_on=ON)

    cancel_order(order=order, reason=" Wrong site ", on=ON, by=clerk)

    row = IntegrationOrder.objects.get()
    assert (row.reversed_on, row.reversed_by, row.reversal_reason) == (ON, clerk, "Wrong site")
    assert row.completed_on == date(1999, 11, 10)


def test_cancellation_refuses_no_reason_and_a_second_time(site):
    order = ordered(site)
    assert refused(cancel_order, order=order, reason=" ", on=ON, by=None) == [
        ("reason", "Say why the order is cancelled.")
    ]
    cancel_order(order=order, reason="Postponed", on=ON, by=None)
    message = "The order was cancelled on 15 November 1999: Postponed. Enter another order instead."
    assert refused(cancel_order, order=order, reason="x", on=ON, by=None) == [("", message)]
    assert refused(complete_integration, order=order, completed_on=DAY, on=ON, by=None) == [("", message)]


def test_a_day_without_terms_has_no_price(agreement, site):
    order = ordered(site)
    IntegrationOrder.objects.update(completed_on=date(2000, 10, 1))
    order.refresh_from_db()

    found = price(order, on=date(2000, 12, 1))

    assert isinstance(found, PriceNotStated)
    assert found.message.startswith("Agreement LNS970602JC expired on 30 September 2000")
