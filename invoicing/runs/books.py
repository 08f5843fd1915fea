"""What the books say of agreements, as the plain values that `due` and `unbilled` work on.

Every function asks a fixed number of queries, for however many agreements.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from contracts.models import Agreement
from contracts.money import ZERO
from contracts.periods import DaySpan
from contracts.sealing.frozen import FrozenModel
from contracts.terms import AgreementTerms
from invoicing.charges.charge import ONLY_PART, ChargeKey, ChargeKind, SiteFacts
from invoicing.charges.due import Facts
from invoicing.charges.one_off import Order
from invoicing.charges.unbilled import Billed, BilledPart
from invoicing.models import InvoiceLine, Waiver
from sites.models import BlockPurchase, ComponentCount, IntegrationOrder, Site, WorkEntry

Shares = list[list] | None
SUBJECTS = {
    ChargeKind.ANNUAL: "site_id",
    ChargeKind.BLOCK: "block_purchase_id",
    ChargeKind.HOURS: "work_entry_id",
    ChargeKind.INTEGRATION: "integration_order_id",
}


@dataclass(frozen=True)
class Books:
    """Everything on file for one agreement that decides what is due and what is billed.

    `demonstration` are the keys of the sites and, as negative numbers, of the block purchases that are invented,
    reversed ones too: the credit note of a reversed purchase shows it.
    """

    sites: dict[int, SiteFacts] = field(default_factory=dict)
    facts: Facts = Facts()
    billed: dict[ChargeKey, Billed] = field(default_factory=dict)
    demonstration: frozenset[int] = frozenset()

    def is_demonstration(self, *, site_key: int | None, purchase_key: int | None) -> bool:
        """Whether a line for this site or purchase shows demonstration data."""
        return site_key in self.demonstration or (purchase_key is not None and -purchase_key in self.demonstration)


def books_of(*, agreements: Iterable[Agreement], known_on: date) -> dict[int, Books]:
    """Return the books of some agreements by key. The rows come from `with_terms()`.

    Only switch counts made through `known_on` are seen. Hours, integrations and waivers are seen as they stand now: a
    run dated before a reversal would otherwise bill an entry beside the one that replaces it.
    """
    terms = {agreement.pk: agreement.as_terms() for agreement in agreements}
    sites = _sites(terms, known_on)
    purchases = _by_agreement(
        BlockPurchase.objects.filter(agreement__in=list(terms)).order_by("bought_on", "pk"),
        lambda row: row.agreement_id,
    )
    work = _by_agreement(
        WorkEntry.objects.filter(site__agreement__in=list(terms), reversed_on=None)
        .order_by("worked_on", "pk")
        .select_related("site"),
        lambda row: row.site.agreement_id,
    )
    orders = _by_agreement(
        IntegrationOrder.objects.filter(site__agreement__in=list(terms), completed_on__isnull=False, reversed_on=None)
        .order_by("ordered_on", "pk")
        .select_related("site", "quotation"),
        lambda row: row.site.agreement_id,
    )
    lines = billed(agreements=list(terms), known_on=known_on)
    return {
        key: Books(
            {row.pk: _site_facts(row, codes) for row in sites.get(key, ())},
            Facts(
                tuple(row.as_purchase() for row in purchases.get(key, ()) if row.reversed_on is None),
                tuple(row.as_work() for row in work.get(key, ())),
                tuple(_order(row) for row in orders.get(key, ())),
            ),
            lines.get(key, {}),
            frozenset(
                [row.pk for row in sites.get(key, ()) if row.is_demonstration]
                + [-row.pk for row in purchases.get(key, ()) if row.is_demonstration]
            ),
        )
        for key, codes in ((key, switch_codes(terms=of, known_on=known_on)) for key, of in terms.items())
    }


def annual_books(*, agreement: Agreement, site_key: int, known_on: date) -> Books:
    """Return the books of one site's annual charges alone; the agreement comes from `with_terms()`."""
    terms = agreement.as_terms()
    codes = switch_codes(terms=terms, known_on=known_on)
    (site,) = _sites({agreement.pk: terms}, known_on, Site.objects.filter(pk=site_key))[agreement.pk]
    of_site = {"site": site_key, "charge": ChargeKind.ANNUAL}
    lines = billed(agreements=[agreement.pk], known_on=known_on, only=of_site)
    return Books({site.pk: _site_facts(site, codes)}, billed=lines.get(agreement.pk, {}))


def _by_agreement(rows: Iterable, agreement_of) -> dict[int, list]:
    found: dict[int, list] = {}
    for row in rows:
        found.setdefault(agreement_of(row), []).append(row)
    return found


def _sites(
    terms: Mapping[int, AgreementTerms], known_on: date, among: QuerySet[Site] | None = None
) -> dict[int, list[Site]]:
    codes = {code for of in terms.values() for code in switch_codes(terms=of, known_on=known_on)}
    switches = ComponentCount.objects.filter(component_code__in=codes, counted_on__lte=known_on)
    rows = (
        (Site.objects.all() if among is None else among)
        .filter(agreement__in=list(terms))
        .order_by("city", "state", "pk")
        .with_levels()
        .prefetch_related(Prefetch("counts", switches.order_by("counted_on"), to_attr="switch_list"))
    )
    return _by_agreement(rows, lambda row: row.agreement_id)


def switch_codes(*, terms: AgreementTerms, known_on: date) -> set[str]:
    """Return the codes of the components that define a site, of every schedule known on a day."""
    executed = [amendment for amendment in terms.amendments if amendment.executed_by(known_on)]
    schedules = [terms.original_schedule, *(amendment.schedule for amendment in executed)]
    return {schedule.switch.code for schedule in schedules if schedule is not None and schedule.switch is not None}


def _site_facts(site: Site, codes: Collection[str]) -> SiteFacts:
    return SiteFacts(
        key=site.pk,
        name=str(site),
        in_service_on=site.in_service_on,
        removed_on=site.removed_on,
        charged_through=site.charged_through,
        agreed=site.agreed_levels(),
        switch_counts=tuple(
            (count.counted_on, count.quantity) for count in site.switch_list if count.component_code in codes
        ),
    )


def _order(row: IntegrationOrder) -> Order:
    quoted = row.quotation.as_quoted() if row.quotation else None
    return Order(row.pk, row.site_id, row.completed_on, quoted, row.duplicate_reason)


# ---- what was billed ---------------------------------------------------------------------------------------------

_COLUMNS = (
    *("charge", *SUBJECTS.values(), "period_number", "instalment", "instalment_of", "shares", "amount"),
    *("first_day", "last_day", "description", "source", "invoice__agreement_id", "invoice__number_text"),
)


def billed(
    *, agreements: Collection[int], known_on: date, only: Mapping | None = None
) -> dict[int, dict[ChargeKey, Billed]]:
    """Return what issued documents have billed by agreement and charge; of the lines with some columns `only`.

    Two queries, and more where something was waived that another one can replace.
    """
    lines = (
        InvoiceLine.objects.filter(invoice__agreement__in=agreements, invoice__issued_on__isnull=False)
        .filter(**(only or {}))
        .order_by("invoice__issued_on", "invoice_id", "position")
        .values(*_COLUMNS)
    )
    waived = _waived(agreements, known_on)
    found: dict[int, dict[ChargeKey, _Ledger]] = {}
    for line in lines.iterator():
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


_REPLACED = {
    ChargeKind.BLOCK: BlockPurchase,
    ChargeKind.HOURS: WorkEntry,
    ChargeKind.INTEGRATION: IntegrationOrder,
}
"""What can take the place of another of its kind."""


def _hand_on_waivers(stored: dict[ChargeKey, Billed], waived: Mapping[ChargeKey, Mapping[int, Decimal]]) -> None:
    """Let what replaces a waived charge be waived too: correcting who did the work does not bill it again."""
    for kind, model in _REPLACED.items():
        _hand_on(stored, kind, model, [key.subject for key in waived if key.kind is kind and key in stored])


def _hand_on(stored: dict[ChargeKey, Billed], kind: ChargeKind, model: type[FrozenModel], keys: list[int]) -> None:
    """Add what was waived of a charge to the one in its place, once, and from there on to the one in that one's."""
    replaced: dict[int, int] = {}
    while keys:
        found = dict(model.objects.filter(replaces__in=keys).values_list("pk", "replaces"))
        keys = [new for new in found if new not in replaced]
        replaced |= found
    for new in sorted(replaced):  # recorded later than what it replaces, which has been handed its own by then
        was, key = stored[ChargeKey(kind, replaced[new])], ChargeKey(kind, new)
        part = was.parts[ONLY_PART]
        billed = stored.get(key, replace(was, parts={ONLY_PART: BilledPart(ZERO, part.documents)}))
        own = billed.parts[ONLY_PART]
        stored[key] = replace(billed, parts={ONLY_PART: replace(own, waived=own.waived + part.waived)})


def charge_key(line: Mapping) -> ChargeKey:
    """Return the charge of a line, given as a mapping of its columns."""
    kind = ChargeKind(line["charge"])
    return ChargeKey(kind, line[SUBJECTS[kind]], line["period_number"] if kind is ChargeKind.ANNUAL else 0)


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
    names = ("charge", *SUBJECTS.values(), "period_number", "instalment", "shares", "amount")
    rows = standing.values_list(*(f"line__{name}" for name in names))
    found: dict[ChargeKey, dict[int, Decimal]] = {}
    for row in rows:
        line = dict(zip(names, row, strict=True))
        parts = found.setdefault(charge_key(line), {})
        for number, amount in line_shares(line):
            parts[number] = parts.get(number, ZERO) - amount
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
            self.amounts[number] = self.amounts.get(number, ZERO) + amount
            self.documents.setdefault(number, {})[line["invoice__number_text"]] = None

    def as_billed(self, waived: Mapping[int, Decimal]) -> Billed:
        return Billed(
            parts={
                number: BilledPart(amount, tuple(self.documents[number]), waived.get(number, ZERO))
                for number, amount in self.amounts.items()
            },
            of=self.of,
            site_key=self.first["site_id"],
            period_number=self.first["period_number"],
            description=self.first["description"],
            source=self.first["source"],
            days=DaySpan(self.first["first_day"], self.last_day),
        )
