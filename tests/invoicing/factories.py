"""Invoices to print, built from the reference terms without a database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from contracts.models import (
    Agreement,
    Amendment,
    Component,
    ComponentLimit,
    IncludedService,
    Party,
    PriceSchedule,
    ServiceLevel,
)
from contracts.schedule import Schedule
from invoicing.charges.charge import AnyCharge, ChargeKey, SiteFacts
from invoicing.charges.due import due_through
from invoicing.charges.unbilled import Adjustment, Billed, unbilled
from invoicing.documents.calculation import credit_inputs
from invoicing.documents.content import invoice_content
from invoicing.models import Invoice, InvoiceLine
from invoicing.runs import draft_rows
from sites.models import Site
from tests import reference

CITIES = (
    ("Baton Rouge", "LA"),
    ("Brownsville", "TX"),
    ("Corpus Christi", "TX"),
    ("Daytona Beach", "FL"),
    ("Fort Wayne", "IN"),
    ("Greensboro", "NC"),
    ("Huntsville", "AL"),
    ("Madison", "WI"),
    ("Roanoke", "VA"),
    ("Savannah", "GA"),
    ("Toledo", "OH"),
    ("Winston-Salem", "NC"),
)


def agreement(**facts) -> Agreement:
    """Return the reference agreement as an unsaved row that looks as if it came from `with_terms()`."""
    supplier = Party(
        legal_name="Lucent Technologies Inc.",
        division="Global Service Providers Group",
        address="283 King George Road\nWarren, New Jersey 07059",
    )
    customer = Party(legal_name="KMC Telecom Inc.", address="1545 Route 206, Suite 300\nBedminster, New Jersey 07921")
    row = Agreement(
        **{
            "number": reference.AGREEMENT.number,
            "dated_on": reference.AGREEMENT.dated_on,
            "executed_on": reference.AGREEMENT.executed_on,
            "first_period_starts_on": reference.ANCHOR,
            "original_expires_on": reference.AGREEMENT.original_expires_on,
            "supplier": supplier,
            "customer": customer,
            **facts,
        }
    )
    terms = reference.AMENDMENT
    amendment = Amendment(
        agreement=row,
        number=1,
        contract_number=terms.contract_number,
        effective_on=terms.effective_on,
        from_expires_on=row.original_expires_on,
        expires_on=terms.expires_on,
        customer_signer=terms.customer_signature.name,
        customer_signed_on=terms.customer_signature.signed_on,
        supplier_signer=terms.supplier_signature.name,
        supplier_signed_on=terms.supplier_signature.signed_on,
    )
    amendment.schedule_list = [_schedule(row, amendment, terms.schedule)]
    row.chosen_list, row.original_schedules, row.amendment_list = [], [], [amendment]
    return row


def _schedule(row: Agreement, amendment: Amendment, schedule: Schedule) -> PriceSchedule:
    result = PriceSchedule(
        agreement=row,
        amendment=amendment,
        clause=reference.AMENDMENT.schedule_clause,
        review_lead_days=schedule.review.lead_days,
        minimum_changed=schedule.review.minimum_changed,
        opening_level_code=schedule.opening.first_period_level,
        starting_level_code=schedule.opening.starting_level,
    )
    result.component_list = [
        Component(schedule=result, code=c.code, name=c.name, rank=rank, defines_site=c.defines_site)
        for rank, c in enumerate(schedule.components, start=1)
    ]
    by_code = {component.code: component for component in result.component_list}
    result.level_list = []
    for level in schedule.levels:
        row_of_level = ServiceLevel(
            schedule=result, code=level.code, name=level.name, rank=level.rank, annual_price=level.annual_price
        )
        row_of_level.limit_list = [
            ComponentLimit(
                level=row_of_level, component=by_code[code], kind=cell.kind.value, lower=cell.lower, upper=cell.upper
            )
            for code, cell in level.limits.items()
        ]
        result.level_list.append(row_of_level)
    result.hour_service_list = []
    result.included_list = [
        IncludedService(schedule=result, name=service.name, clause=service.clause) for service in schedule.included
    ]
    return result


def sites(count: int) -> list[SiteFacts]:
    """Return sites in service from the first day, the dozen cities over and over."""
    names = []
    for number in range(count):
        city, state = CITIES[number % len(CITIES)]
        names.append(f"{city}{f' {number // len(CITIES) + 1}' if number >= len(CITIES) else ''}, {state}")
    return [reference.site(number, name=name) for number, name in enumerate(names, start=1)]


def spread(facts: Sequence[SiteFacts], *, agreed_on: date = date(1999, 9, 1)) -> list[SiteFacts]:
    """Return the sites with levels agreed for the second annual period, one level after the other."""
    levels = [level.code for level in reference.LEVELS]
    return [
        replace(site, agreed=(reference.agreed(2, levels[number % len(levels)], agreed_on),))
        for number, site in enumerate(facts)
    ]


def document(
    facts: Sequence[SiteFacts],
    *,
    through: date = date(1998, 10, 31),
    billed: dict[ChargeKey, Billed] | None = None,
    row: Agreement | None = None,
    known_on: date = reference.LATER,
    **values,
) -> tuple[Invoice, list[InvoiceLine], Agreement]:
    """Return the last document of a run as unsaved rows, issued unless told otherwise with `number_text=""`."""
    row = row or agreement()
    by_key = {site.key: site for site in facts}
    due = due_through(agreement=row.as_terms(), sites=facts, through=through, known_on=known_on)
    planned = unbilled(due=due, billed=billed or {}, sites=by_key)[-1]
    lines = [charge_line(charge) for charge in planned.charges]
    lines += [adjustment_line(adjustment) for adjustment in planned.adjustments]
    for position, line in enumerate(lines, start=1):
        line.position = position
    kind = Invoice.Kind.CREDIT_NOTE if planned.total < 0 else Invoice.Kind.INVOICE
    invoice = Invoice(
        **{
            "agreement": row,
            "kind": kind,
            "first_day": planned.part.first_day,
            "last_day": planned.part.last_day,
            "through": through,
            "drafted_on": known_on,
            "total": planned.total,
            "is_demonstration": True,
            "number": 1,
            "number_text": "INV-00001" if planned.total >= 0 else "CN-00001",
            "issued_on": known_on,
            **values,
        }
    )
    return invoice, lines, row


def draft(facts: Sequence[SiteFacts], **values) -> tuple[Invoice, list[InvoiceLine], Agreement]:
    """Return the same document before it is issued."""
    return document(facts, **{"number": None, "number_text": "", "issued_on": None, **values})


def content(facts: Sequence[SiteFacts], *, corrected: Sequence[Invoice] = (), **values) -> dict:
    """Return what a document shows."""
    invoice, lines, row = document(facts, **values)
    return invoice_content(invoice=invoice, lines=lines, agreement=row, corrected=corrected)


def _site(facts: SiteFacts) -> Site:
    city, _, state = facts.name.rpartition(", ")
    return Site(pk=facts.key, city=city or facts.name, state=state if city else "", in_service_on=facts.in_service_on)


def charge_line(charge: AnyCharge) -> InvoiceLine:
    """Return the line of a charge with its site."""
    return _at(draft_rows.charge_line(charge), charge.site)


def adjustment_line(adjustment: Adjustment) -> InvoiceLine:
    """Return the line of an adjustment with its site."""
    return _at(draft_rows.adjustment_line(adjustment), adjustment.site)


def _at(line: InvoiceLine, site: SiteFacts | None) -> InvoiceLine:
    line.site = _site(site) if site else None
    return line


def credit_of(original: Invoice, lines: Sequence[InvoiceLine]) -> tuple[Invoice, list[InvoiceLine]]:
    """Return the credit note that takes an invoice back, line by line."""
    note = Invoice(
        agreement=original.agreement,
        kind=Invoice.Kind.CREDIT_NOTE,
        origin=Invoice.Origin.CREDIT,
        first_day=original.first_day,
        last_day=original.last_day,
        through=original.through,
        drafted_on=original.drafted_on,
        total=-original.total,
        reason="Billed to the wrong agreement",
        is_demonstration=original.is_demonstration,
        number=1,
        number_text="CN-00001",
        issued_on=original.issued_on,
    )
    return note, [
        InvoiceLine(
            kind=InvoiceLine.Kind.CREDIT,
            position=line.position,
            site=line.site,
            period_number=line.period_number,
            first_day=line.first_day,
            last_day=line.last_day,
            level_code=line.level_code,
            level_name=line.level_name,
            annual_price=line.annual_price,
            amount=-line.amount,
            source=line.source,
            steps=[f"Line {line.position} of {original} is taken back."],
            inputs=credit_inputs(document=original.number_text, line=line.position, amount=line.amount, of=line.amount),
        )
        for line in lines
    ]
