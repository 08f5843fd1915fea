"""The reference agreement as plain values, for tests that need no database (Amendment 1 and its Appendix A)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from hypothesis import settings

from contracts.money import hundredths, instalment
from contracts.periods import AnnualPeriod, DaySpan, annual_period
from contracts.readings import QUESTIONS, Chosen, Readings
from contracts.schedule import (
    Component,
    HourPrices,
    IncludedService,
    Level,
    Limit,
    OpeningRule,
    ReviewRule,
    Schedule,
    read_limit,
)
from contracts.terms import AgreementTerms, AmendmentTerms, Signature
from invoicing.charges.charge import Charge, ChargeKey, SiteFacts
from invoicing.charges.unbilled import NOTHING_BILLED, Billed, BilledPart, PlannedDocument
from sites.charged import AgreedLevel

ANCHOR = date(1998, 10, 1)
EXPIRES_ON = date(2000, 9, 30)
LATER = date(2002, 1, 1)
"""A day on which everything about the reference term is known."""

bounded = settings(derandomize=True, max_examples=150, deadline=None, database=None)
"""The profile of every property test: the same bounded set of examples on every machine."""

COMPONENTS = (
    Component("GE", "gateway elements"),
    Component("5ESS", "5ESS", defines_site=True),
    Component("SLC", "SLC"),
    Component("SM", "SM"),
    Component("DACS2", "DACS II"),
    Component("DACS4", "DACS IV"),
)


def limits(*cells: str) -> dict[str, Limit]:
    """Read a row of the table as it is printed, one cell per component."""
    return {
        component.code: read_limit(cell, corrected="up to 15" if cell == "up to l5" else "")
        for component, cell in zip(COMPONENTS, cells, strict=True)
    }


INTEGRATION = Decimal("100000.00")
LEVELS = (
    Level(
        "VERY_SMALL",
        "Very Small",
        1,
        Decimal("163000.00"),
        limits("up to 15", "1", "up to 8", "1", "1", "1"),
        INTEGRATION,
    ),
    Level("SMALL", "Small", 2, Decimal("198000.00"), limits("16 to 25", "1", "up to l5", "1", "1", "1"), INTEGRATION),
    Level("MEDIUM", "Medium", 3, Decimal("245000.00"), limits("26 to 35", "1", "up to 20", "2", "1", "1")),
    Level("LARGE", "Large", 4, Decimal("320000.00"), limits("36 to 50", "1", "up to 25", "3", "1", "1")),
    Level("VERY_LARGE", "Very Large", 5, Decimal("390000.00"), limits("", "1", "", "", "", "")),
)
VERY_SMALL, SMALL, MEDIUM, LARGE, VERY_LARGE = LEVELS

SCHEDULE = Schedule(
    components=COMPONENTS,
    levels=LEVELS,
    review=ReviewRule(lead_days=60, minimum_changed=2, clause="Appendix A, note 3"),
    opening=OpeningRule("VERY_SMALL", "VERY_SMALL", "Appendix A, notes 3 and 4"),
    hours=HourPrices(
        block_hours=1500,
        block_price=Decimal("121500.00"),
        hourly_price=Decimal("81.00"),
        minimum_hours=Decimal("1.00"),
        opens_after_blocks=10,
        opens_in_month=10,
    ),
    included=tuple(
        IncludedService(name, "Appendix A, note 1")
        for name in ("Traffic Management", "Capacity Management", "Network Management")
    ),
    hour_services=("Provisioning/Translations", "Customer Care"),
    prices_clause="Appendix A, table",
    integration_clause="Appendix A, note 5",
    hours_clause="Appendix A, hours",
)

LOWER = replace(
    SCHEDULE,
    levels=tuple(replace(level, annual_price=hundredths(level.annual_price * Decimal("0.95"))) for level in LEVELS),
)
"""The same with every price 5 % lower: 154,850.00 a year for Very Small."""

SIGNED_BY_CUSTOMER = Signature("Michael Sternberg", "President", date(1998, 10, 1))
SIGNED_BY_SUPPLIER = Signature("W.H. Pittman", "Director, National Account", date(1998, 10, 20))
AMENDMENT = AmendmentTerms(
    number=1,
    contract_number="LNM980917MP",
    effective_on=ANCHOR,
    customer_signature=SIGNED_BY_CUSTOMER,
    supplier_signature=SIGNED_BY_SUPPLIER,
    expires_on=EXPIRES_ON,
    expiration_clause="clause 1",
    schedule=SCHEDULE,
    schedule_clause="Appendix A, table",
)
AGREEMENT = AgreementTerms(
    number="LNS970602JC",
    dated_on=date(1997, 9, 4),
    executed_on=date(1997, 9, 4),
    first_period_starts_on=ANCHOR,
    original_expires_on=date(2000, 7, 22),
    amendments=(AMENDMENT,),
)

SMALLEST = {"GE": 10, "5ESS": 1, "SLC": 5, "SM": 1, "DACS2": 1, "DACS4": 1}
"""A configuration that fits the Very Small row."""


def counts(**changed: int | None) -> dict[str, int | None]:
    """Return the smallest configuration with some quantities changed; the switch is called `switches` here."""
    if "switches" in changed:
        changed["5ESS"] = changed.pop("switches")
    return SMALLEST | changed


def period(number: int, *, expires_on: date | None = EXPIRES_ON) -> AnnualPeriod:
    """Return an annual period of the reference agreement."""
    found = annual_period(number=number, first_period_starts_on=ANCHOR, expires_on=expires_on)
    assert isinstance(found, AnnualPeriod)
    return found


def readings(**choices: StrEnum) -> Readings:
    """Return the default readings with some of them chosen otherwise: readings(timing=Timing.IN_ADVANCE)."""
    keys = {name: name.replace("_", "-") for name in choices}
    return Readings.of({keys[name]: Chosen(QUESTIONS[keys[name]], choice) for name, choice in choices.items()})


def agreement(*further: AmendmentTerms, **choices: StrEnum) -> AgreementTerms:
    """Return the reference agreement with further amendments and other readings."""
    return replace(AGREEMENT, amendments=(AMENDMENT, *further), readings=readings(**choices))


def amendment(number: int, effective_on: date, **values) -> AmendmentTerms:
    """Return a later amendment, signed by both parties on its effective date unless told otherwise."""
    signed = Signature("A. Signer", "President", values.pop("signed_on", effective_on))
    signatures = {"customer_signature": signed, "supplier_signature": signed}
    return AmendmentTerms(number, f"LNM-{number}", effective_on, **(signatures | values))


def site(key: int = 1, **facts) -> SiteFacts:
    """Return a site in service from the first day of the first annual period unless told otherwise."""
    return SiteFacts(key, facts.pop("name", f"Site {key}"), facts.pop("in_service_on", ANCHOR), **facts)


def agreed(period_number: int, level_code: str, agreed_on: date, **facts) -> AgreedLevel:
    """Return a level that both parties agreed."""
    return AgreedLevel(period_number, level_code, agreed_on, **facts)


def amounts(charges: tuple[Charge, ...]) -> list[str]:
    """Return the amounts of charges as text, in order."""
    return [str(charge.amount) for charge in charges]


def with_documents(
    billed: Mapping[ChargeKey, Billed], documents: tuple[PlannedDocument, ...], *, names: tuple[str, ...] = ()
) -> dict[ChargeKey, Billed]:
    """Return what has been billed once these documents are issued, as the books would say it."""
    result = dict(billed)
    for number, document in enumerate(documents):
        name = names[number] if names else f"D{len(billed)}-{number + 1}"
        for charge in document.charges:
            was = result.get(charge.key, NOTHING_BILLED)
            assert charge.part not in was.parts, "A charge is billed once."
            result[charge.key] = replace(
                _added(was, charge.part, charge.amount, name),
                of=charge.instalment.of if isinstance(charge, Charge) else None,
                site_key=charge.site.key if charge.site else None,
                period_number=charge.period.number,
                description="" if isinstance(charge, Charge) else charge.description,
                source=charge.source,
                days=charge.instalment.service if isinstance(charge, Charge) else DaySpan(charge.due_on, charge.due_on),
            )
        for adjustment in document.adjustments:
            for part in adjustment.parts:
                result[adjustment.key] = _added(result[adjustment.key], part.number, part.amount, name)
    return result


def _added(was: Billed, part: int, amount: Decimal, document: str) -> Billed:
    stored = was.parts.get(part, BilledPart())
    documents = stored.documents if document in stored.documents else (*stored.documents, document)
    return replace(was, parts={**was.parts, part: replace(stored, amount=stored.amount + amount, documents=documents)})


def billed_instalments(
    *documents: str, first: int = 1, annual_price: str = "163000.00", site_key: int = 1, period_number: int = 1
) -> Billed:
    """Return the books of instalments billed in twelfths of an annual price, each in the document named for it."""
    parts = {
        number: BilledPart(instalment(total=Decimal(annual_price), number=number, of=12), (document,))
        for number, document in enumerate(documents, start=first)
    }
    return Billed(parts, of=12, site_key=site_key, period_number=period_number)
