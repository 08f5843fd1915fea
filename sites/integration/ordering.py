"""System integration (turnover/cutover): orders, quotations for sizes without a price, completion and cancellation.

An order is a fact and is recorded whether or not its price is stated; without a price nothing is billed for it. The
cutover may be complete before the site's first day in service: it is what turns the site over to service.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.files import File
from django.db import transaction

from contracts.locking import locked_agreement
from contracts.models import Agreement
from contracts.money import LARGEST, in_currency, money_text, unheld
from contracts.periods import day_text
from contracts.schedule import Refused
from contracts.terms import AgreementTerms, NotInForce, terms_on
from sites.hours.recording import replacement_refusals
from sites.integration.prices import PlacedOrder, placement
from sites.models import IntegrationOrder, Quotation, Site
from sites.refusals import CannotRecord, later_refusals, reason_refusals, text_refusals
from sites.site_refusals import before_order, integration_day_refusals


@transaction.atomic
def order_integration(
    *,
    site: Site,
    ordered_on: date,
    reference: str = "",
    reason: str = "",
    quotation: Quotation | None = None,
    replaces: IntegrationOrder | None = None,
    on: date,
    by: User | None,
) -> IntegrationOrder:
    """Record that the customer ordered the integration of a site; a planned site can be ordered (note 5).

    An order that `replaces` a billed one that was cancelled takes over what was waived of it; any other is a new
    charge. Raises CannotRecord, naming the field, for a day outside the term, after `on` or after the site's removal,
    for the quotation of another site, for an order that cannot be replaced, and for a second order without the `reason`
    that confirms it. The reason is kept with a second order only.
    """
    agreement, site = _locked(site)
    terms = agreement.as_terms()
    standing = IntegrationOrder.objects.filter(site=site, reversed_on=None).values_list("ordered_on", flat=True)
    order = _placed(terms, site, ordered_on, on)
    placed = placement(
        order=order,
        standing=[_placed(terms, site, day, on) for day in standing.order_by("pk")],
        reason=reason,
    )
    faults = [
        *_day_faults(terms, site, ordered_on, on, place="ordered_on", what="The order of"),
        *text_refusals(place="reference", what="the order reference", text=reference),
        *_quotation_faults(site, quotation),
        *replacement_refusals(replaces, among=IntegrationOrder.objects.filter(site=site).replaceable()),
    ]
    if placed.needs_confirmation:
        earlier = placed.duplicate_of
        message = f"System integration of {site} was ordered on {day_text(earlier.ordered_on)} already."
        if earlier.schedule != order.schedule:
            message = f"{message[:-1]}, at the prices of {earlier.schedule}: new prices are no new cutover."
        faults.append(Refused("DUPLICATE", "reason", f"{message} Say why it is ordered again, or cancel that order."))
    elif placed.is_duplicate:
        faults += reason_refusals(reason=reason, why="")
    if faults:
        raise CannotRecord(*faults)
    return IntegrationOrder.objects.create(
        site=site,
        ordered_on=ordered_on,
        reference=reference.strip(),
        duplicate_reason=placed.reason if placed.is_duplicate else "",
        quotation=quotation,
        replaces=replaces,
        recorded_on=on,
        recorded_by=by,
        is_demonstration=site.is_demonstration,
    )


@transaction.atomic
def record_quotation(
    *,
    site: Site,
    number: str,
    dated_on: date,
    price: Decimal,
    document: File,
    customer_signer: str,
    customer_signed_on: date,
    supplier_signer: str,
    supplier_signed_on: date,
    on: date,
    by: User | None,
) -> Quotation:
    """Record a quotation of one site's integration that both parties have signed, with its document (note 5).

    It is executed on the later of the two dates. Raises CannotRecord, naming the field, for a number on file, a price
    that is none, a missing name or document, and a date after `on`.
    """
    _agreement, site = _locked(site)
    quotation = Quotation(
        site=site,
        number=number.strip(),
        dated_on=dated_on,
        price=price,
        document=document,
        customer_signer=customer_signer.strip(),
        customer_signed_on=customer_signed_on,
        supplier_signer=supplier_signer.strip(),
        supplier_signed_on=supplier_signed_on,
        executed_on=max(customer_signed_on, supplier_signed_on),
        recorded_on=on,
        recorded_by=by,
    )
    faults = list(_paper_faults(quotation, on))
    if faults:
        raise CannotRecord(*faults)
    quotation.save()
    return quotation


@transaction.atomic
def attach_document(*, quotation: Quotation, document: File, on: date, by: User | None) -> Quotation:
    """Attach the signed document to a quotation that came on file without it; from then on it gives its price (note 5).

    Raises CannotRecord when a document is attached already: the one on file stays.
    """
    _locked(quotation.site)
    quotation = Quotation.objects.select_for_update().get(pk=quotation.pk)
    _refuse(why_documented(quotation))
    quotation.document = document
    quotation.save(update_fields=["document"])
    return quotation


@transaction.atomic
def attach_quotation(*, order: IntegrationOrder, quotation: Quotation, on: date, by: User | None) -> IntegrationOrder:
    """Let a quotation give an order its price where the schedule states none.

    An order that is billed takes one too, and once: a level that was agreed late can leave it without a price, and the
    next run bills or credits the difference. Raises CannotRecord for the quotation of another site, for an order that
    is cancelled, and for a billed one that has a quotation.
    """
    _agreement, order = _locked_order(order)
    _refuse(why_cancelled(order) or why_quoted(order))
    faults = _quotation_faults(order.site, quotation)
    if faults:
        raise CannotRecord(*faults)
    order.quotation = quotation
    order.save(update_fields=["quotation"])
    return order


@transaction.atomic
def complete_integration(*, order: IntegrationOrder, completed_on: date, on: date, by: User | None) -> IntegrationOrder:
    """Record that the cutover of an ordered site is complete: it is charged then, once (note 5).

    The day may lie before the site's first day in service, since the cutover turns the site over to service. Raises
    CannotRecord, naming the field, for an order that is complete or cancelled, and for a day before the order, after
    `on`, outside the term or after the site's removal.
    """
    agreement, order = _locked_order(order)
    _refuse(why_cancelled(order) or why_complete(order))
    faults = _day_faults(
        agreement.as_terms(), order.site, completed_on, on, place="completed_on", what="The cutover of"
    )
    faults += before_order(ordered_on=order.ordered_on, completed_on=completed_on)
    if faults:
        raise CannotRecord(*faults)
    order.completed_on, order.completed_by = completed_on, by
    order.save(update_fields=["completed_on", "completed_by"])
    return order


@transaction.atomic
def cancel_order(*, order: IntegrationOrder, reason: str, on: date, by: User | None) -> IntegrationOrder:
    """Cancel an order, also one that was completed by mistake or billed; it stays on file with the reason.

    What was billed for it is credited by the next run. Raises CannotRecord without a reason and for one that is
    cancelled already.
    """
    _agreement, order = _locked_order(order)
    _refuse(why_cancelled(order))
    faults = reason_refusals(reason=reason, why="Say why the order is cancelled.")
    if faults:
        raise CannotRecord(*faults)
    order.reversed_on, order.reversed_by, order.reversal_reason = on, by, reason.strip()
    order.save(update_fields=["reversed_on", "reversed_by", "reversal_reason"])
    return order


# ---- checks ------------------------------------------------------------------------------------------------------


def _locked(site: Site) -> tuple[Agreement, Site]:
    agreement = locked_agreement(site.agreement_id)
    return agreement, Site.objects.get(pk=site.pk)


def _placed(terms: AgreementTerms, site: Site, day: date, on: date) -> PlacedOrder:
    """An order with the document whose price schedule is in force on its day, as known now."""
    found = terms_on(agreement=terms, service_on=day, known_on=on)
    schedule = "" if isinstance(found, NotInForce) else found.schedule_source.document
    return PlacedOrder(site.pk, schedule, day)


def _locked_order(order: IntegrationOrder) -> tuple[Agreement, IntegrationOrder]:
    key = Site.objects.values_list("agreement", flat=True).get(pk=order.site_id)
    agreement = locked_agreement(key)
    IntegrationOrder.objects.select_for_update().get(pk=order.pk)
    return agreement, IntegrationOrder.objects.select_related("site").get(pk=order.pk)


def _refuse(message: str) -> None:
    if message:
        raise CannotRecord(message)


def why_cancelled(order: IntegrationOrder) -> str:
    """Say why an order takes no further event: it is cancelled. Empty for one that stands."""
    if order.reversed_on is None:
        return ""
    message = f"The order was cancelled on {day_text(order.reversed_on)}: {order.reversal_reason}."
    return f"{message} Enter another order instead."


def why_quoted(order: IntegrationOrder) -> str:
    """Say why an order takes no quotation: it was billed with one. Empty for any other."""
    if order.billed_on is None or order.quotation_id is None:
        return ""
    billed = f"The order was billed on {day_text(order.billed_on)} with its quotation, which stays as it is."
    return f"{billed} Cancel the order with the reason, and order it again."


def why_documented(quotation: Quotation) -> str:
    """Say why no document can be attached: there is one. Empty before."""
    return f"{quotation} has its signed document. The one on file stays." if quotation.document else ""


def why_complete(order: IntegrationOrder) -> str:
    """Say why no cutover can be recorded: it is complete. Empty before."""
    if order.completed_on is None:
        return ""
    message = f"The cutover was completed on {day_text(order.completed_on)}. If that is wrong, cancel the order"
    return f"{message} with the reason, and order it again."


def _day_faults(terms: AgreementTerms, site: Site, day: date, on: date, *, place: str, what: str) -> list[Refused]:
    return [
        *later_refusals(place=place, what=what, day=day, on=on, then="Record it on the day it happens."),
        *integration_day_refusals(
            agreement=terms,
            name=str(site),
            removed_on=site.removed_on,
            day=day,
            known_on=on,
            place=place,
            what=what,
        ),
    ]


def _quotation_faults(site: Site, quotation: Quotation | None) -> list[Refused]:
    if quotation is None or quotation.site_id == site.pk:
        return []
    return [Refused("OTHER_SITE", "quotation", f"{quotation} is for another site. Choose one of {site}.")]


def _paper_faults(quotation: Quotation, on: date) -> Iterator[Refused]:
    yield from text_refusals(
        place="number", what="the number of the quotation", text=quotation.number, needed=True, longest=40
    )
    if Quotation.objects.filter(number=quotation.number).exists():
        message = f"Quotation {quotation.number} is on file. Attach that one, or check the number."
        yield Refused("NUMBER_ON_FILE", "number", message)
    currency = quotation.site.agreement.currency
    if not 0 < quotation.price <= LARGEST or unheld(quotation.price, currency):
        example = money_text(in_currency(Decimal(125_000), currency))
        message = f"{quotation.price} is no price. Enter the amount that the quotation states, such as {example}."
        yield Refused("NO_PRICE", "price", message)
    if not quotation.document:
        yield Refused("NO_DOCUMENT", "document", "Add the document that both parties signed.")
    for side in ("customer", "supplier"):
        signer, signed_on = getattr(quotation, f"{side}_signer"), getattr(quotation, f"{side}_signed_on")
        yield from text_refusals(
            place=f"{side}_signer", what=f"the person who signed for the {side}", text=signer, needed=True
        )
        yield from later_refusals(
            place=f"{side}_signed_on",
            what=f"The signature of the {side} on",
            day=signed_on,
            on=on,
            then="Record the quotation once both have signed.",
        )
    yield from later_refusals(
        place="dated_on", what="The date", day=quotation.dated_on, on=on, then="Enter the date printed on it."
    )
