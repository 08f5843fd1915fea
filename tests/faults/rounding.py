"""G16: one rounding rule, half up to cents; what is split adds up; every way to add amounts comes to the same cent."""

import io
import random
import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.db.models import Sum
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from contracts import money
from contracts.models import Agreement
from invoicing.documents.content import invoice_content
from invoicing.documents.printing import draft_pdf
from invoicing.models import Invoice, InvoiceLine
from sites.models import Site
from tests.faults import cases, printing_workers
from tests.faults.outcome import Outcome
from tests.faults.scratch import Scratch
from tests.faults.workers import apart

TITLE = "rounding and adding up"
CENTS = st.integers(min_value=1, max_value=9_999_999_999_999)
PRICES = CENTS.map(lambda cents: Decimal(cents).scaleb(-2))
SHARES = st.lists(st.fractions(min_value=0, max_value=400_000, max_denominator=372), min_size=1, max_size=12)
# Half a cent, and a hair below and above it, is where rules differ.
HALVES = st.builds(
    lambda whole, hair: Fraction(2 * whole + 1, 200) + Fraction(hair, 10**9),
    st.integers(min_value=-(10**13), max_value=10**13),
    st.sampled_from((-1, 0, 0, 1)),
)
TOTAL = re.compile(r"Total USD ([-\u2212]?[\d,]+\.\d\d)")


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Round, split and add up random amounts, and compare each with its definition."""
    examples = 100_000 if full else 600
    outcome = Outcome({"examples": examples})
    outcome.part("rules", apart(lambda: rounded_wrongly(examples, control), seconds=3600))
    printing_workers.warm()
    scratch.fresh()
    documents, printed = (400, 40) if full else (6, 2)
    ended = printing_workers.in_process_with_worker(lambda: sums_that_differ(documents, printed, control))
    if ended.error:
        raise RuntimeError(ended.error)
    outcome.figures |= {"documents added up": documents, "of them printed": printed}
    outcome.part("sums", ended.value)
    return outcome


def rounded_wrongly(examples: int, control: bool) -> Counter[str]:
    """Try each rule on its share of the examples; return the rules that did not hold."""
    if control:
        round_carelessly()
    rules = {
        "half up": (HALVES, half_up),
        "instalments": (st.tuples(PRICES, st.sampled_from((1, 2, 3, 4, 6, 12))), instalments),
        "cumulative split": (SHARES, cumulative),
        "last carries": (SHARES, last_carries),
    }
    return Counter(name for name, rule in rules.items() if not holds(*rule, examples=examples // len(rules)))


def holds(examples_of, rule, *, examples: int) -> bool:
    """Whether a rule holds for so many examples."""

    @settings(max_examples=examples, database=None, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(examples_of)
    def every(example):
        assert rule(example)

    try:
        every()
    except AssertionError:
        return False
    return True


def half_up(amount: Fraction) -> bool:
    """The half goes away from zero."""
    whole = (abs(amount) * 100 + Fraction(1, 2)).__floor__()
    return money.cents(amount, money.CENT) == Decimal(whole if amount >= 0 else -whole).scaleb(-2)


def instalments(case: tuple[Decimal, int]) -> bool:
    """Instalments add up to the price, and none is a cent or more away from an equal part."""
    price, of = case
    parts = [money.instalment(total=price, number=number, of=of) for number in range(1, of + 1)]
    return sum(parts) == price and all(abs(Fraction(part) - Fraction(price) / of) <= Fraction(1, 100) for part in parts)


def cumulative(shares: list[Fraction]) -> bool:
    """After each part, what was split so far is what was owed so far, rounded once."""
    so_far, exact = Decimal(0), Fraction(0)
    for part, share in zip(money.split_cumulatively(shares, money.CENT), shares, strict=True):
        so_far, exact = so_far + part, exact + share
        if abs(Fraction(so_far) - exact) > Fraction(1, 200):
            return False
    return True


def last_carries(shares: list[Fraction]) -> bool:
    """The parts add up to the whole, rounded once."""
    return sum(money.split_last_absorbs(shares, money.CENT)) == money.cents(sum(shares), money.CENT)


def round_carelessly() -> None:
    """Round as many programs do: as floats, the half to the even cent, and each part by itself."""
    money.cents = lambda amount, unit: Decimal(str(round(float(amount), 2))).quantize(unit, rounding=ROUND_HALF_UP)
    money.split_cumulatively = lambda shares, unit: tuple(money.cents(share, unit) for share in shares)


# ---- adding up ---------------------------------------------------------------------------------------------------


def sums_that_differ(documents: int, printed: int, control: bool) -> Counter[str]:
    """Add up documents of random lines in Python and SQL, and read what they say and print; return what differs."""
    (agreement,) = cases.agreements(1)
    agreement = Agreement.objects.with_terms().get(pk=agreement.pk)
    site = Site.objects.get()
    rng = random.Random(16)
    found: Counter[str] = Counter()
    for number in range(documents):
        amounts = [Decimal(rng.randrange(-(10**9), 10 ** rng.randrange(1, 12))).scaleb(-2) for _ in range(12)]
        exact = sum(amounts)
        draft = store(agreement, site, amounts)
        lines = list(draft.lines.select_related("site").order_by("position"))
        content = invoice_content(invoice=draft, lines=lines, agreement=agreement)
        by_level = sum(Decimal(level["amount"]) for level in content["by_level"])
        stored = draft.lines.aggregate(total=Sum("amount"))["total"]
        if control:
            stored = Decimal(str(sum(float(amount) for amount in amounts)))
        found["SQL sum"] += stored != exact
        found["sum of the content"] += (Decimal(content["total"]), by_level) != (exact, exact)
        found["sum of all lines"] += InvoiceLine.objects.aggregate(total=Sum("amount"))["total"] != exact
        if number < printed:
            found["printed total"] += printed_total(draft) != exact
        draft.delete()
    return +found


def store(agreement: Agreement, site: Site, amounts: list[Decimal]) -> Invoice:
    """Store a draft with these lines."""
    total = sum(amounts)
    draft = Invoice.objects.create(
        agreement=agreement,
        kind=Invoice.Kind.INVOICE if total >= 0 else Invoice.Kind.CREDIT_NOTE,
        first_day=site.in_service_on,
        last_day=cases.TERM_ENDS,
        through=cases.TERM_ENDS,
        drafted_on=cases.AFTERWARDS,
        total=total,
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=draft,
            position=position,
            kind=InvoiceLine.Kind.ADJUSTMENT,
            site=site,
            period_number=1,
            first_day=site.in_service_on,
            last_day=cases.TERM_ENDS,
            amount=amount,
            shares=[[1, str(amount)]],
            source="Appendix A",
            steps=["A random amount."],
            inputs={"documents": ["INV-00001"]},
        )
        for position, amount in enumerate(amounts, start=1)
    )
    return draft


def printed_total(draft: Invoice) -> Decimal:
    """Read the total out of the PDF."""
    reader = PdfReader(io.BytesIO(draft_pdf(invoice=draft)))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    return Decimal(TOTAL.findall(text)[-1].replace(",", "").replace("\u2212", "-"))
