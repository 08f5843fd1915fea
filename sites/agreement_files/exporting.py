"""Agreements written as agreement files: everything on file of one agreement, always in the same order."""

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Prefetch, prefetch_related_objects

from contracts.models import Agreement, Amendment, Party, WithdrawnSignature
from contracts.readings import QUESTIONS
from sites.agreement_files.agreement_file import FACTS, FORMAT, site_key
from sites.agreement_files.fact_exporting import export_facts
from sites.agreement_files.schedule_entry import entry_of
from sites.agreement_files.stated import stated
from sites.models import ChargedLevel, ComponentCount, RenewalReview, ReviewLine, Site


def export_agreement(agreement: Agreement) -> dict:
    """Return everything on file of an agreement as a document that loads to the same rows again.

    The order never changes, and what is empty is left out. Who recorded a row, and when, belongs to this database and
    is not exported; neither is a scanned document. The number of queries does not depend on the number of sites.
    """
    agreement = Agreement.objects.with_terms().get(pk=agreement.pk)
    withdrawn = Prefetch("withdrawn_signatures", WithdrawnSignature.objects.order_by("pk"), to_attr="withdrawn_list")
    prefetch_related_objects(agreement.amendment_list, withdrawn)
    sites = _sites(agreement)
    reviews = _reviews(agreement)
    facts = export_facts(agreement)
    rows = [*sites, *reviews, *(row for section in FACTS for row in facts[section])]
    demonstration = bool(rows) and all("demonstration" in row for row in rows)
    if demonstration:
        for row in rows:
            del row["demonstration"]
    sections = {
        "demonstration": demonstration,
        "parties": export_parties([agreement.supplier_id, agreement.customer_id]),
        "agreement": _agreement(agreement),
        "amendments": [_amendment(amendment) for amendment in agreement.amendment_list],
        "readings": _readings(agreement),
        "sites": sites,
        "reviews": reviews,
        **facts,
    }
    return {"format": FORMAT, **{key: value for key, value in sections.items() if value}}


def export_parties(keys: Iterable[int] | None = None) -> list[dict]:
    """Return the parties of these keys, or all, by name."""
    parties = Party.objects.prefetch_related("aliases")
    if keys is not None:
        parties = parties.filter(pk__in=list(keys))
    return sorted((_party(party) for party in parties), key=lambda party: party["legal_name"])


def _party(party: Party) -> dict:
    return stated(
        legal_name=party.legal_name,
        division=party.division,
        state_of_incorporation=party.state_of_incorporation,
        address=party.address.splitlines(),
        aliases=sorted(
            (stated(name=alias.name, remark=alias.remark) for alias in party.aliases.all()),
            key=lambda alias: alias["name"],
        ),
    )


def _agreement(agreement: Agreement) -> dict:
    return stated(
        number=agreement.number,
        title=agreement.title,
        dated_on=agreement.dated_on,
        supplier=agreement.supplier.legal_name,
        customer=agreement.customer.legal_name,
        currency=agreement.currency,
        first_period_starts_on=agreement.first_period_starts_on,
        original_expires_on=agreement.original_expires_on,
        executed_on=agreement.executed_on,
        net_days=agreement.net_days,
        customer_reference=agreement.customer_reference,
        schedule=entry_of(agreement.original_schedules[0].as_schedule()) if agreement.original_schedules else None,
    )


def _amendment(amendment: Amendment) -> dict:
    return stated(
        number=amendment.number,
        contract_number=amendment.contract_number,
        effective_on=amendment.effective_on,
        from_expires_on=amendment.from_expires_on,
        expires_on=amendment.expires_on,
        expiration_clause=amendment.expiration_clause,
        customer_signature=stated(
            name=amendment.customer_signer,
            title=amendment.customer_signer_title,
            signed_on=amendment.customer_signed_on,
        ),
        supplier_signature=stated(
            name=amendment.supplier_signer,
            title=amendment.supplier_signer_title,
            signed_on=amendment.supplier_signed_on,
        ),
        withdrawn_signatures=[
            stated(
                side=row.side,
                name=row.name,
                title=row.title,
                signed_on=row.signed_on,
                withdrawn_on=row.withdrawn_on,
                reason=row.reason,
            )
            for row in amendment.withdrawn_list
        ],
        schedule=entry_of(amendment.schedule_list[0].as_schedule()) if amendment.schedule_list else None,
    )


def _readings(agreement: Agreement) -> list[dict]:
    """Every reading by question and first day; of several from one day the last one, which is the one that applies."""
    order = list(QUESTIONS)
    applied = {(row.question, row.applies_from): row for row in agreement.chosen_list}.values()
    return [
        stated(
            question=row.question,
            choice=row.choice,
            applies_from=row.applies_from,
            clause=row.clause,
            chosen_by=row.chosen_by,
            chosen_on=row.chosen_on,
            remark=row.remark,
        )
        for row in sorted(applied, key=lambda row: order.index(row.question))
    ]


def _sites(agreement: Agreement) -> list[dict]:
    order = _component_order(agreement)
    counts: dict[int, list[ComponentCount]] = {}
    for count in ComponentCount.objects.filter(site__agreement=agreement).order_by("pk"):
        counts.setdefault(count.site_id, []).append(count)
    levels: dict[int, list[ChargedLevel]] = {}
    recorded = ChargedLevel.objects.filter(site__agreement=agreement).order_by("period_number")
    for row in recorded.select_related("level__schedule__amendment", "review_line__review"):
        levels.setdefault(row.site_id, []).append(row)
    sites = [
        stated(
            city=site.city,
            state=site.state,
            clli=site.clli,
            population=site.population,
            in_service_on=site.in_service_on,
            removed_on=site.removed_on,
            charged_through=site.charged_through,
            charge_end_reason=site.charge_end_reason,
            demonstration=site.is_demonstration,
            charged_levels=[_charged_level(row) for row in levels.get(site.pk, [])],
            counts=list(_counts(counts.get(site.pk, []), order)),
        )
        for site in Site.objects.filter(agreement=agreement)
    ]
    return sorted(sites, key=site_key)


def _charged_level(row: ChargedLevel) -> dict:
    return stated(
        period=row.period_number,
        level=row.level,
        agreed_on=row.agreed_on,
        starting=row.is_starting,
        review=row.review_line.review.period_number if row.review_line else None,
        reason=row.reason,
    )


def _component_order(agreement: Agreement) -> list[str]:
    """Component codes in the order of the price tables, the agreement's own first."""
    schedules = [*agreement.original_schedules, *(row for one in agreement.amendment_list for row in one.schedule_list)]
    return list(dict.fromkeys(part.code for row in schedules for part in row.component_list))


def _counts(rows: Iterable[ComponentCount], order: list[str]) -> Iterator[dict]:
    """One entry per date and source, its components in the order of the price table."""
    entries: dict[tuple[date, str], dict[str, int]] = {}
    for row in rows:
        entries.setdefault((row.counted_on, row.source), {})[row.component_code] = row.quantity
    for (day, source), quantities in sorted(entries.items()):
        known = [code for code in order if code in quantities]
        others = sorted(set(quantities) - set(order))
        yield {**stated(date=day, source=source), **{code: quantities[code] for code in (*known, *others)}}


def _reviews(agreement: Agreement) -> list[dict]:
    lines: dict[int, list[ReviewLine]] = {}
    rows = ReviewLine.objects.filter(review__agreement=agreement).select_related(
        "site",
        *(f"{name}__schedule__amendment" for name in LINE_LEVELS),
    )
    for line in sorted(rows, key=lambda row: (row.site.city, row.site.state)):
        lines.setdefault(line.review_id, []).append(line)
    reviews = RenewalReview.objects.filter(agreement=agreement).order_by("period_number", "-kind")
    return [_review(review, lines.get(review.pk, [])) for review in reviews]


LINE_LEVELS = ("current_level", "measured_level", "proposed_level", "agreed_level")


def _review(review: RenewalReview, lines: Iterable[ReviewLine]) -> dict:
    return stated(
        period=review.period_number,
        kind=review.kind,
        first_day=review.first_day,
        last_day=review.last_day,
        due_on=review.due_on,
        opened_on=review.opened_on,
        cut_off_on=review.cut_off_on,
        meeting_on=review.meeting_on,
        customer=stated(name=review.customer_signer, agreed_on=review.customer_agreed_on),
        supplier=stated(name=review.supplier_signer, agreed_on=review.supplier_agreed_on),
        demonstration=review.is_demonstration,
        evidence=_sorted(review.evidence),
        lines=[_line(line) for line in lines],
    )


def _line(line: ReviewLine) -> dict:
    eligible = {} if line.eligible is None else {"eligible": line.eligible}
    return {
        **stated(
            site=str(line.site),
            current_level=line.current_level,
            current_price=line.current_price,
            measured_level=line.measured_level,
        ),
        **eligible,
        **stated(
            proposed_level=line.proposed_level,
            proposed_price=line.proposed_price,
            needs_decision=line.needs_decision,
            foregone=line.foregone,
            agreed_level=line.agreed_level,
            agreed_price=line.agreed_price,
            decision_reason=line.decision_reason,
            evidence=_sorted(line.evidence),
        ),
    }


def _sorted(value: object) -> object:
    """Sort the keys of frozen evidence: PostgreSQL returns them in an order of its own."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value
