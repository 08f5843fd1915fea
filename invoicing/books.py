"""What the books say of one agreement, as the plain values that `due` and `unbilled` work on."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch

from contracts.models import Agreement
from contracts.money import ZERO
from contracts.terms import AgreementTerms
from invoicing.due import ChargeKey, SiteFacts
from invoicing.models import InvoiceLine
from invoicing.unbilled import Billed
from sites.models import ComponentCount, Site


def site_facts(*, agreement: Agreement, terms: AgreementTerms, known_on: date) -> dict[int, SiteFacts]:
    """Return what is known of every site of an agreement by its key, in the order of documents; three queries.

    Only switch counts made through `known_on` are seen.
    """
    switches = ComponentCount.objects.filter(component_code__in=_switch_codes(terms), counted_on__lte=known_on)
    rows = (
        Site.objects.filter(agreement=agreement)
        .order_by("city", "state", "pk")
        .with_levels()
        .prefetch_related(Prefetch("counts", switches.order_by("counted_on"), to_attr="switch_list"))
    )
    return {row.pk: _facts(row) for row in rows}


def _switch_codes(terms: AgreementTerms) -> set[str]:
    schedules = [terms.original_schedule, *(amendment.schedule for amendment in terms.amendments)]
    return {schedule.switch.code for schedule in schedules if schedule is not None and schedule.switch is not None}


def _facts(site: Site) -> SiteFacts:
    return SiteFacts(
        key=site.pk,
        name=str(site),
        in_service_on=site.in_service_on,
        removed_on=site.removed_on,
        charged_through=site.charged_through,
        agreed=site.agreed_levels(),
        switch_counts=tuple((count.counted_on, count.quantity) for count in site.switch_list),
    )


def billed(*, agreement: Agreement) -> dict[ChargeKey, Billed]:
    """Return what issued documents have billed per site and annual period; one query."""
    lines = (
        InvoiceLine.objects.filter(invoice__agreement=agreement, invoice__issued_on__isnull=False)
        .order_by("invoice__issued_on", "invoice_id", "position")
        .values_list("site_id", "period_number", "instalment", "amount", "invoice__number_text")
    )
    return _by_key(lines)


def _by_key(lines: Iterable[tuple[int, int, int | None, Decimal, str]]) -> dict[ChargeKey, Billed]:
    instalments: dict[ChargeKey, set[int]] = {}
    amounts: dict[ChargeKey, Decimal] = {}
    documents: dict[ChargeKey, dict[str, None]] = {}
    for site_key, period_number, instalment, amount, number_text in lines:
        key = (site_key, period_number)
        amounts[key] = amounts.get(key, ZERO) + amount
        documents.setdefault(key, {})[number_text] = None
        if instalment is not None:
            instalments.setdefault(key, set()).add(instalment)
    return {
        key: Billed(frozenset(instalments.get(key, ())), amount, tuple(documents[key]))
        for key, amount in amounts.items()
    }


def other_frequency(*, agreement: Agreement, parts: int) -> int | None:
    """Return into how many instalments an annual price was billed so far, where that is not `parts`; one query."""
    lines = InvoiceLine.objects.filter(invoice__agreement=agreement, invoice__issued_on__isnull=False)
    return (
        lines.exclude(instalment_of=None).exclude(instalment_of=parts).values_list("instalment_of", flat=True).first()
    )
