"""What the books say of agreements, as the plain values that `due` and `unbilled` work on.

Every function asks a fixed number of queries, for however many agreements.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import starmap

from django.db.models import F, Min, Q, QuerySet

from contracts.models import Agreement
from contracts.money import NOTHING, in_currency
from contracts.periods import DaySpan
from contracts.terms import AgreementTerms
from invoicing.charges.charge import ANNUAL, ONLY_PART, ChargeKey, Facts, SiteFacts
from invoicing.charges.kinds import KINDS, charged_once
from invoicing.charges.unbilled import Billed, BilledPart
from invoicing.models import Invoice, InvoiceLine, Waiver
from invoicing.runs.closing import closed_through, last_closed
from sites.charged_days import switch_codes
from sites.counts.count import Count
from sites.models import ComponentCount, Site
from sites.models.facts import ChargedFact


@dataclass(frozen=True)
class Books:
    """Everything on file for one agreement that decides what is due and what is billed.

    `demonstration` are the keys of what is invented, reversed facts too: the credit note of a reversed one shows it.
    `periods` are the annual periods that are looked at, None for all of them. Annual periods that are `closed_through`
    one of them are billed in full and left out.
    """

    sites: dict[int, SiteFacts] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    billed: dict[ChargeKey, Billed] = field(default_factory=dict)
    demonstration: frozenset[ChargeKey] = frozenset()
    periods: frozenset[int] | None = None
    closed_through: int = 0

    def is_demonstration(self, line: InvoiceLine) -> bool:
        """Whether a line shows demonstration data: its site, or what it charges, is invented."""
        shown = {ChargeKey(code, getattr(line, kind.key_column)) for code, kind in KINDS.items()}
        return not shown.isdisjoint(self.demonstration)


def books_of(*, agreements: Iterable[Agreement], known_on: date, whole: bool = False) -> dict[int, Books]:
    """Return the books of some agreements by key. The rows come from `with_terms()`.

    Closed annual periods are left out, unless the books are asked for `whole`.
    Only switch counts made through `known_on` are seen. Hours, integrations and waivers are seen as they stand now: a
    run dated before a reversal would otherwise bill an entry beside the one that replaces it.
    """
    terms = {agreement.pk: agreement.as_terms() for agreement in agreements}
    sites = _sites(terms, known_on)
    codes = {key: switch_codes(terms=of, known_on=known_on) for key, of in terms.items()}
    facts_of = {
        key: {row.pk: _site_facts(row, codes[key], of) for row in sites.get(key, ())} for key, of in terms.items()
    }
    known = {key: found.values() for key, found in facts_of.items()}
    closed = {} if whole else closed_through(terms=terms, sites=known, known_on=known_on)
    happened = {code: _facts(code, list(terms)) for code in charged_once()}
    lines = billed(agreements=list(terms), known_on=known_on, only=_still_open(terms.keys() - closed.keys(), closed))
    found = {}
    for key in terms:
        rows = {ANNUAL: sites.get(key, ())} | {code: facts.get(key, ()) for code, facts in happened.items()}
        found[key] = Books(
            facts_of[key],
            {code: tuple(row.as_fact() for row in rows[code] if row.reversed_on is None) for code in happened},
            lines.get(key, {}),
            frozenset(ChargeKey(code, row.pk) for code, of in rows.items() for row in of if row.is_demonstration),
            closed_through=closed.get(key, 0),
        )
    return found


def _still_open(whole: Collection[int], closed: Collection[int]) -> Q:
    """The lines that are read: all of some agreements, of others those of no closed annual period."""
    if not closed:
        return Q()
    return ~Q(charge=ANNUAL) | Q(invoice__agreement__in=whole) | Q(period_number__gt=last_closed())


def _facts(code: str, agreements: Collection[int]) -> dict[int, list[ChargedFact]]:
    """What is charged once as one kind, reversed or not, by agreement."""
    agreement = "site__agreement" if KINDS[code].has_site else "agreement"
    rows = InvoiceLine.fact_model(code).objects.filter(**{f"{agreement}__in": agreements}).for_books()
    return _by_agreement(rows.annotate(under=F(agreement)), lambda row: row.under)


def annual_books(*, agreement: Agreement, site_key: int, known_on: date) -> Books:
    """Return the books of one site's annual charges alone; the agreement comes from `with_terms()`."""
    terms = agreement.as_terms()
    codes = switch_codes(terms=terms, known_on=known_on)
    (site,) = _sites({agreement.pk: terms}, known_on, Site.objects.filter(pk=site_key))[agreement.pk]
    of_site = Q(site=site_key, charge=ANNUAL)
    lines = billed(agreements=[agreement.pk], known_on=known_on, only=of_site)
    return Books({site.pk: _site_facts(site, codes, terms)}, billed=lines.get(agreement.pk, {}))


def document_books(
    *, invoice: Invoice, agreement: Agreement, known_on: date, billed: Mapping[ChargeKey, Billed] | None = None
) -> Books:
    """Return the books of what one document charges alone: of its sites the annual periods, and of its kinds all.

    What is charged once is looked at whole, as one block of hours is used up before the next one. The agreement comes
    from `with_terms()`; `billed` is what `billed_of` found for the document, where that is known.
    """
    terms, kinds = agreement.as_terms(), set(invoice.lines.values_list("charge", flat=True))
    codes, once = switch_codes(terms=terms, known_on=known_on), kinds - {ANNUAL}
    sites = Site.objects.all() if once else Site.objects.filter(pk__in=_annual_lines(invoice).values("site"))
    facts = {code: _facts(code, [agreement.pk]).get(agreement.pk, ()) for code in charged_once()} if once else {}
    return Books(
        {
            row.pk: _site_facts(row, codes, terms)
            for row in _sites({agreement.pk: terms}, known_on, sites).get(agreement.pk, ())
        },
        {code: tuple(row.as_fact() for row in rows if row.reversed_on is None) for code, rows in facts.items()},
        billed_of(invoice=invoice, known_on=known_on) if billed is None else dict(billed),
        periods=frozenset(_annual_lines(invoice).values_list("period_number", flat=True)),
    )


def billed_of(*, invoice: Invoice, known_on: date) -> dict[ChargeKey, Billed]:
    """Return what issued documents have billed for everything that one document charges, charge by charge."""
    annual = _annual_lines(invoice)
    only = Q(charge=ANNUAL, site__in=annual.values("site"), period_number__in=annual.values("period_number"))
    only |= Q(charge__in=invoice.lines.exclude(charge=ANNUAL).values("charge"))
    return billed(agreements=[invoice.agreement_id], known_on=known_on, only=only).get(invoice.agreement_id, {})


def _annual_lines(invoice: Invoice) -> QuerySet[InvoiceLine]:
    return invoice.lines.filter(charge=ANNUAL).order_by()


def frequencies_billed(*, agreement: Agreement) -> list[tuple[int, int]]:
    """Return in how many instalments annual periods were billed, by number, the one billed first leading; one query."""
    lines = InvoiceLine.objects.filter(invoice__agreement=agreement, invoice__issued_on__isnull=False, charge=ANNUAL)
    rows = lines.filter(instalment_of__isnull=False).order_by().values_list("period_number", "instalment_of")
    return list(rows.annotate(first=Min("pk")).order_by("first").values_list("period_number", "instalment_of"))


def _by_agreement(rows: Iterable, agreement_of) -> dict[int, list]:
    found: dict[int, list] = {}
    for row in rows:
        found.setdefault(agreement_of(row), []).append(row)
    return found


def _sites(
    terms: Mapping[int, AgreementTerms], known_on: date, among: QuerySet[Site] | None = None
) -> dict[int, list[Site]]:
    codes = {code for of in terms.values() for code in switch_codes(terms=of, known_on=known_on)}
    rows = list(
        (Site.objects.all() if among is None else among)
        .filter(agreement__in=list(terms))
        .order_by("city", "state", "pk")
        .with_levels()
    )
    needed = Q(component_code__in=codes)
    if following := [key for key, of in terms.items() if of.follows_counts]:
        needed |= Q(site__agreement__in=following)
    read = ComponentCount.objects.filter(needed, site__in=rows, counted_on__lte=known_on)
    counts = defaultdict(list)
    columns = ("site", "component_code", "counted_on", "quantity")
    for key, code, day, quantity in read.order_by("counted_on").values_list(*columns):
        counts[key].append((code, day, quantity))  # as plain values: there are many
    for row in rows:
        row.charged_counts = counts[row.pk]
    return _by_agreement(rows, lambda row: row.agreement_id)


def _site_facts(site: Site, codes: Collection[str], terms: AgreementTerms) -> SiteFacts:
    return SiteFacts(
        key=site.pk,
        name=str(site),
        in_service_on=site.in_service_on,
        removed_on=site.removed_on,
        charged_through=site.charged_through,
        agreed=site.agreed_levels(),
        dated=site.levels_from_days(),
        switch_counts=tuple((day, quantity) for code, day, quantity in site.charged_counts if code in codes),
        counts=tuple(starmap(Count, site.charged_counts)) if terms.follows_counts else (),
    )


# ---- what was billed ---------------------------------------------------------------------------------------------

_COLUMNS = (
    *("instalment_of", "first_day", "last_day", "description", "source"),
    *("invoice__agreement_id", "invoice__number_text", "invoice__agreement__currency"),
)


def _charge_columns() -> tuple[str, ...]:
    """The columns that say what a line charges, and how much."""
    keys = (kind.key_column for kind in KINDS.values())
    return ("charge", *keys, "period_number", "instalment", "shares", "amount")


def billed(*, agreements: Collection[int], known_on: date, only: Q | None = None) -> dict[int, dict[ChargeKey, Billed]]:
    """Return what issued documents have billed by agreement and charge; of the lines that are `only` asked for.

    Two queries, and more where something was waived that another one can replace.
    """
    lines = (
        InvoiceLine.objects.filter(invoice__agreement__in=agreements, invoice__issued_on__isnull=False)
        .filter(only or Q())
        .order_by("invoice__issued_on", "invoice_id", "position")
        .values(*_charge_columns(), *_COLUMNS)
    )
    waived = _waived(agreements, known_on)
    found: dict[int, dict[ChargeKey, _Ledger]] = {}
    for line in lines.iterator():
        line["amount"] = in_currency(line["amount"], line["invoice__agreement__currency"])
        key = charge_key(line)
        of_agreement = found.setdefault(line["invoice__agreement_id"], {})
        of_agreement.setdefault(key, _Ledger(line)).add(line)
    stored = {
        agreement: {key: ledger.as_billed(waived.get(key, {})) for key, ledger in of_agreement.items()}
        for agreement, of_agreement in found.items()
    }
    for of_agreement in stored.values():
        _hand_on_waivers(of_agreement, waived)
    return stored


def _hand_on_waivers(stored: dict[ChargeKey, Billed], waived: Mapping[ChargeKey, Mapping[int, Decimal]]) -> None:
    """Let what replaces a waived charge be waived too: correcting who did the work does not bill it again."""
    for code in charged_once():
        _hand_on(stored, code, [key.subject for key in waived if key.kind == code and key in stored])


def _hand_on(stored: dict[ChargeKey, Billed], code: str, keys: list[int]) -> None:
    """Add what was waived of a charge to the one in its place, once, and from there on to the one in that one's."""
    facts, replaced = InvoiceLine.fact_model(code).objects, dict[int, int]()
    while keys:
        found = dict(facts.filter(replaces__in=keys).values_list("pk", "replaces"))
        keys = [new for new in found if new not in replaced]
        replaced |= found
    for new in sorted(replaced):  # recorded later than what it replaces, which has been handed its own by then
        was, key = stored[ChargeKey(code, replaced[new])], ChargeKey(code, new)
        part = was.parts[ONLY_PART]
        billed = stored.get(key, replace(was, parts={ONLY_PART: BilledPart(NOTHING, part.documents)}))
        own = billed.parts[ONLY_PART]
        stored[key] = replace(billed, parts={ONLY_PART: replace(own, waived=own.waived + part.waived)})


def charge_key(line: Mapping) -> ChargeKey:
    """Return the charge of a line, given as a mapping of its columns."""
    code = line["charge"]
    return ChargeKey(code, line[KINDS[code].key_column], line["period_number"] if code == ANNUAL else 0)


def line_shares(line: Mapping) -> list[tuple[int, Decimal]]:
    """Return how much of a line's amount belongs to which part of its charge, given its columns."""
    if line["instalment"] is not None:
        return [(line["instalment"], line["amount"])]
    if line["shares"] is None:
        return [(ONLY_PART, line["amount"])]
    return [(number, Decimal(amount)) for number, amount in line["shares"]]


def _waived(agreements: Collection[int], known_on: date) -> dict[ChargeKey, dict[int, Decimal]]:
    """What was waived by charge and part; the credit line that a waiver goes with says how much."""
    standing = Waiver.objects.filter(line__invoice__agreement__in=agreements).standing(known_on=known_on)
    names = _charge_columns()
    rows = standing.values_list("line__invoice__agreement__currency", *(f"line__{name}" for name in names))
    found: dict[ChargeKey, dict[int, Decimal]] = {}
    for currency, *row in rows:
        line = dict(zip(names, row, strict=True))
        line["amount"] = in_currency(line["amount"], currency)
        parts = found.setdefault(charge_key(line), {})
        for number, amount in line_shares(line):
            parts[number] = parts.get(number, NOTHING) - amount
    return found


class _Ledger:
    """The lines of one charge, added up part by part."""

    def __init__(self, line: Mapping):
        self.first = line
        self.amounts: dict[int, Decimal] = {}
        self.documents: dict[int, dict[str, None]] = {}
        self.of: int | None = None
        self.last_day: date = line["last_day"]

    def add(self, line: Mapping) -> None:
        self.of = line["instalment_of"] or self.of
        self.last_day = max(self.last_day, line["last_day"])
        for number, amount in line_shares(line):
            self.amounts[number] = self.amounts.get(number, NOTHING) + amount
            self.documents.setdefault(number, {})[line["invoice__number_text"]] = None

    def as_billed(self, waived: Mapping[int, Decimal]) -> Billed:
        return Billed(
            parts={
                number: BilledPart(amount, tuple(self.documents[number]), waived.get(number, NOTHING))
                for number, amount in self.amounts.items()
            },
            of=self.of,
            site_key=self.first["site_id"],
            period_number=self.first["period_number"],
            description=self.first["description"],
            source=self.first["source"],
            days=DaySpan(self.first["first_day"], self.last_day),
        )
