"""Rows for tests: the reference agreement and its sites, made through the ORM from the plain values of `reference`."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile

from contracts.models import (
    Agreement,
    Amendment,
    Component,
    ComponentLimit,
    HourService,
    IncludedService,
    Party,
    PriceSchedule,
    ServiceLevel,
)
from contracts.schedule import Schedule
from contracts.terms import AmendmentTerms
from sites.models import ChargedLevel, ComponentCount, Quotation, Site, WorkEntry
from tests import reference


def agreement(
    number: str = "LNS970602JC",
    *,
    amendments: tuple[AmendmentTerms, ...] = (reference.AMENDMENT,),
    **fields,
) -> Agreement:
    """The reference agreement, executed, with its amendments as far as they are signed."""
    supplier, _ = Party.objects.get_or_create(
        legal_name="Lucent Technologies Inc.", defaults={"address": "283 King George Road\nWarren, New Jersey 07059"}
    )
    customer, _ = Party.objects.get_or_create(
        legal_name="KMC Telecom Inc.", defaults={"address": "1545 Route 206, Suite 300\nBedminster, New Jersey 07921"}
    )
    row = Agreement.objects.create(
        number=number,
        dated_on=reference.AGREEMENT.dated_on,
        executed_on=reference.AGREEMENT.executed_on,
        supplier=supplier,
        customer=customer,
        original_expires_on=reference.AGREEMENT.original_expires_on,
        first_period_starts_on=reference.ANCHOR,
        **fields,
    )
    for terms in amendments:
        amendment(row, terms)
    return row


def amendment(agreement: Agreement, terms: AmendmentTerms) -> Amendment:
    """An amendment with its price schedule, sealed when both parties have signed."""
    customer, supplier = terms.customer_signature, terms.supplier_signature
    row = Amendment.objects.create(
        agreement=agreement,
        number=terms.number,
        contract_number=terms.contract_number,
        effective_on=terms.effective_on,
        from_expires_on=agreement.original_expires_on if terms.expires_on else None,
        expires_on=terms.expires_on,
        expiration_clause=terms.expiration_clause,
    )
    if terms.schedule is not None:
        attached = schedule(agreement, row, terms.schedule, clause=terms.schedule_clause)
        PriceSchedule.objects.filter(pk=attached.pk).update(executed_on=terms.executed_on)
    Amendment.objects.filter(pk=row.pk).update(
        customer_signer=customer.name if customer else "",
        customer_signed_on=customer.signed_on if customer else None,
        supplier_signer=supplier.name if supplier else "",
        supplier_signed_on=supplier.signed_on if supplier else None,
        executed_on=terms.executed_on,
    )
    row.refresh_from_db()
    return row


def schedule(agreement: Agreement, amendment: Amendment | None, value: Schedule, *, clause: str) -> PriceSchedule:
    """A price schedule with its whole table, not sealed yet."""
    row = PriceSchedule.objects.create(
        agreement=agreement,
        amendment=amendment,
        clause=clause,
        block_hours=value.hours.block_hours,
        block_price=value.hours.block_price,
        hourly_price=value.hours.hourly_price,
        minimum_hours=value.hours.minimum_hours,
        hourly_opens_after_blocks=value.hours.opens_after_blocks,
        hourly_opens_in_month=value.hours.opens_in_month,
        review_lead_days=value.review.lead_days if value.review else None,
        minimum_changed=value.review.minimum_changed if value.review else 1,
        review_clause=value.review.clause if value.review else "",
        opening_level_code=value.opening.first_period_level or "",
        starting_level_code=value.opening.starting_level or "",
        opening_clause=value.opening.clause,
        integration_clause=value.integration_clause,
        hours_clause=value.hours_clause,
    )
    columns = Component.objects.bulk_create(
        Component(schedule=row, code=part.code, name=part.name, rank=rank, defines_site=part.defines_site)
        for rank, part in enumerate(value.components, start=1)
    )
    levels = ServiceLevel.objects.bulk_create(
        ServiceLevel(
            schedule=row,
            code=level.code,
            name=level.name,
            rank=level.rank,
            annual_price=level.annual_price,
            integration_price=level.integration_price,
        )
        for level in value.levels
    )
    ComponentLimit.objects.bulk_create(
        ComponentLimit(
            level=stored,
            component=column,
            kind=level.limit(column.code).kind.value,
            lower=level.limit(column.code).lower,
            upper=level.limit(column.code).upper,
            printed=level.limit(column.code).printed,
        )
        for stored, level in zip(levels, value.levels, strict=True)
        for column in columns
    )
    IncludedService.objects.bulk_create(
        IncludedService(schedule=row, name=service.name, clause=service.clause) for service in value.included
    )
    HourService.objects.bulk_create(HourService(schedule=row, name=name) for name in value.hour_services)
    return row


def site(agreement: Agreement, city: str, in_service_on: date = reference.ANCHOR, **fields) -> Site:
    """A site, in service from the first day of the first annual period unless told otherwise."""
    return Site.objects.create(agreement=agreement, city=city, in_service_on=in_service_on, **fields)


def sites(agreement: Agreement, number: int) -> list[Site]:
    """So many sites in service from the first day."""
    return [site(agreement, f"City {position:04}") for position in range(1, number + 1)]


def counts(site: Site, counted_on: date, quantities: Mapping[str, int]) -> None:
    """The counts of one site on one date."""
    ComponentCount.objects.bulk_create(
        ComponentCount(site=site, component_code=code, counted_on=counted_on, quantity=quantity, recorded_on=counted_on)
        for code, quantity in quantities.items()
    )


def charged_level(site: Site, period_number: int, code: str, agreed_on: date, **fields) -> ChargedLevel:
    """A level that both parties agreed for a site and annual period."""
    level = ServiceLevel.objects.filter(schedule__agreement=site.agreement, code=code).order_by("-pk").first()
    return ChargedLevel.objects.create(
        site=site, period_number=period_number, level=level, agreed_on=agreed_on, **fields
    )


def team_work(site: Site, worked_on: date, hours: int, **fields) -> list[WorkEntry]:
    """So many hours on one day, by as many people as it takes at eight hours each."""
    shares = [8] * (hours // 8) + [hours % 8] * bool(hours % 8)
    values = {"site": site, "worked_on": worked_on, "service": "Customer Care", "recorded_on": worked_on} | fields
    return WorkEntry.objects.bulk_create(
        WorkEntry(hours=Decimal(share), person=f"Technician {number}", **values)
        for number, share in enumerate(shares, start=1)
    )


def quotation(site: Site, number: str, price: str, executed_on: date) -> Quotation:
    """A quotation that both parties signed on one day."""
    return Quotation.objects.create(
        site=site,
        number=number,
        dated_on=executed_on,
        price=Decimal(price),
        document=SimpleUploadedFile(f"{number}.pdf", b"%PDF-1.4"),
        customer_signer="Michael Sternberg",
        customer_signed_on=executed_on,
        supplier_signer="W.H. Pittman",
        supplier_signed_on=executed_on,
        executed_on=executed_on,
        recorded_on=executed_on,
    )
