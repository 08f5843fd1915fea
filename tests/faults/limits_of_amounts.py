"""G17: amounts from one cent to 99,999,999,999.99 are stored and added up exactly; beyond, the field says no."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F, Sum

from contracts.amendments.amending import CannotAmend, draft_amendment, enter_schedule
from contracts.models import Agreement, PriceSchedule, ServiceLevel
from contracts.money import LARGEST
from contracts.printing import pdf
from invoicing.models import Invoice, InvoiceLine
from invoicing.runs.drafting import draft_invoices
from tests import factories, reference
from tests.faults import cases
from tests.faults.numbers_under_load import FastPrinter
from tests.faults.outcome import Outcome
from tests.faults.scratch import Scratch
from tests.faults.workers import apart

TITLE = "amounts at their limits"
CENT = Decimal("0.01")
EDGES = [
    Decimal(text)
    for text in ("0.00", "0.01", "0.10", "0.99", "1.00", "999.99", "13583.33", "2147483647.99", "9999999999.99")
] + [LARGEST - 3 * CENT, LARGEST]
BEYOND = ("100000000000.00", "99999999999.995", "0.001", "-0.01", "1e12", "NaN", "Infinity", "-100000000000")
TYPED = ("1e3", "1_000", "\u0661\u0662\u0663", "\uff11\uff12", "1,000.00", "0x10", "NaN", "12.3456", "100000000000")


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Store amounts and read them, look for them, add to them and sum them in SQL; then try what is beyond."""
    amounts = 20_000 if full else 600
    scratch.fresh()
    outcome = Outcome({"amounts": amounts})
    outcome.damage += Counter(apart(lambda: (altered_floats if control else altered)(some(amounts))))
    if not control:
        outcome.damage += Counter(apart(let_in))
        outcome.damage += Counter(apart(billed_at_the_limit))
        outcome.figures["refused"] = 2 * len(BEYOND) - 2 + len(TYPED)
    return outcome


def some(number: int) -> list[Decimal]:
    """Return the edges, and random amounts of any length."""
    rng = random.Random(17)
    rest = [Decimal(rng.randrange(1, 10 ** rng.randrange(1, 14))).scaleb(-2) for _ in range(number - len(EDGES))]
    return [min(amount, LARGEST - 3 * CENT) for amount in EDGES[:-1] + rest] + EDGES[-1:]


def altered(amounts: list[Decimal]) -> Counter[str]:
    """Store amounts as prices; count those that come back otherwise."""
    schedule = open_schedule("FAULT-STORED")
    ServiceLevel.objects.bulk_create(
        ServiceLevel(
            schedule=schedule, code=f"N{rank}", name="x", rank=rank, annual_price=amount, integration_price=CENT
        )
        for rank, amount in enumerate(amounts, start=1)
    )
    levels = ServiceLevel.objects.filter(schedule=schedule)
    found = Counter({"amounts altered": _differing(levels, amounts)})
    found["amounts not found again"] = sum(
        not levels.filter(rank=rank, annual_price=amount).exists() for rank, amount in enumerate(amounts[:300], start=1)
    )
    found["sum altered"] = levels.aggregate(total=Sum("annual_price"))["total"] != sum(amounts)
    for _time in range(3):
        levels.exclude(annual_price=LARGEST).update(annual_price=F("annual_price") + F("integration_price"))
    more = [amount if amount == LARGEST else amount + 3 * CENT for amount in amounts]
    found["amounts altered by adding"] = _differing(levels, more)
    return +found


def altered_floats(amounts: list[Decimal]) -> Counter[str]:
    """Do the same with a column of floating point, as SQLite keeps decimals."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE faults_amount (rank integer, amount double precision)")
        rows = [(rank, float(amount)) for rank, amount in enumerate(amounts, start=1)]
        cursor.executemany("INSERT INTO faults_amount VALUES (%s, %s)", rows)
        for _time in range(3):
            cursor.execute("UPDATE faults_amount SET amount = amount + 0.01")
        cursor.execute("SELECT amount FROM faults_amount ORDER BY rank")
        stored = [Decimal(repr(amount)) for (amount,) in cursor.fetchall()]
        cursor.execute("SELECT sum(amount) FROM faults_amount")
        total = Decimal(repr(cursor.fetchone()[0]))
    more = [amount + 3 * CENT for amount in amounts]
    return +Counter(
        {
            "amounts altered by adding": sum(a != b for a, b in zip(stored, more, strict=True)),
            "sum altered": total != sum(more),
        }
    )


def open_schedule(number: str) -> PriceSchedule:
    """Return the price schedule of an amendment that nobody has signed, under an agreement of this number."""
    agreement = factories.agreement(number)
    terms = reference.amendment(2, date(1999, 1, 1), customer_signature=None, supplier_signature=None)
    amendment = factories.amendment(agreement, terms)
    return factories.schedule(agreement, amendment, replace(reference.SCHEDULE, levels=()), clause="Appendix B")


def _differing(levels, amounts: list[Decimal]) -> int:
    stored = levels.order_by("rank").values_list("annual_price", flat=True)
    return sum(on_file != amount for on_file, amount in zip(stored, amounts, strict=True))


# ---- beyond ------------------------------------------------------------------------------------------------------


def let_in() -> Counter[str]:
    """Try amounts that no field takes; count those that were let in, or refused without naming the field."""
    schedule = open_schedule("FAULT-BEYOND")
    agreement = schedule.agreement
    found: Counter[str] = Counter()
    for text in BEYOND:
        level = ServiceLevel(schedule=schedule, code="X", name="x", rank=1, annual_price=Decimal(text))
        found[f"let in by the row: {text}"] += "annual_price" not in _refused_by(level.full_clean)
        if Decimal(text).is_finite():  # what is no number ends at the form or the file
            found[f"let in by the event: {text}"] += not _refused_by_event(agreement, Decimal(text))
    field = ServiceLevel._meta.get_field("annual_price").formfield()
    for text in TYPED:
        found[f"let in by the form: {text}"] += not _refused_by(lambda text=text: field.clean(text))
    return +found


def _refused_by(act) -> dict:
    """Return the refusals by field; none where there was none."""
    try:
        act()
    except ValidationError as refused:
        return refused.message_dict if hasattr(refused, "error_dict") else {"": refused.messages}
    return {}


def _refused_by_event(agreement: Agreement, price: Decimal) -> bool:
    """Whether entering a schedule with this price is refused in words that name the level."""
    number = 1 + agreement.amendments.count()
    amendment = draft_amendment(
        agreement=agreement,
        number=number,
        contract_number="",
        effective_on=date(1999, 1, 1),
        from_expires_on=None,
        expires_on=None,
        on=date(1999, 1, 1),
        by=None,
    )
    levels = (replace(reference.VERY_SMALL, annual_price=price), *reference.LEVELS[1:])
    try:
        enter_schedule(
            agreement=agreement,
            amendment=amendment,
            schedule=replace(reference.SCHEDULE, levels=levels),
            on=date(1999, 1, 1),
            by=None,
        )
    except CannotAmend as refused:
        return any(refusal.place == "Very Small, annual_price" for refusal in refused.refused)
    return False


def billed_at_the_limit() -> Counter[str]:
    """Bill a year at the highest and one at the lowest price: twelve instalments add up to each, to the cent."""
    pdf._printer = FastPrinter()
    found: Counter[str] = Counter()
    for number, price in enumerate((LARGEST, CENT), start=2):
        level = replace(reference.VERY_SMALL, annual_price=price)
        schedule = replace(reference.SCHEDULE, levels=(level,))
        terms = replace(reference.AMENDMENT, schedule=schedule)
        agreement = factories.agreement(f"FAULT-{number:05}", amendments=(terms,))
        factories.sites(agreement, 1)
        (result,) = draft_invoices(
            through=date(1999, 9, 30), on=cases.AFTERWARDS, by=None, agreements=[agreement], issue_drafts=True
        )
        lines = InvoiceLine.objects.filter(invoice__in=result.documents)
        found[f"year at {price} refused: {result.refusal[:80]}"] += bool(result.refusal)
        found[f"year at {price} adds up otherwise"] += sum(line.amount for line in lines) != price
        found[f"year at {price} adds up otherwise in SQL"] += (
            Invoice.objects.filter(agreement=agreement).aggregate(total=Sum("total"))["total"] != price
        )
    return +found
