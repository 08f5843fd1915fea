"""Agreements written as agreement files: everything on file of one agreement, always in the same order."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db.models import Prefetch, prefetch_related_objects

from contracts.models import Agreement, Amendment, ChosenReading, Party, PriceSchedule, WithdrawnSignature
from contracts.readings import QUESTIONS
from sites.agreement_files.agreement_file import FORMAT, stated
from sites.agreement_files.rows import exported_facts, written, written_with_parts
from sites.agreement_files.schedule_entry import entry_of
from sites.agreement_files.sections import (
    AGREEMENT,
    AMENDMENTS,
    BOUNDS,
    FACTS,
    LEVELS,
    PARTIES,
    READINGS,
    REVIEWS,
    SECTIONS,
    SITES,
)
from sites.models import ChargedLevel, ComponentCount, LevelDecision, RenewalReview, ReviewLine, Site


def export_agreement(agreement: Agreement) -> dict:
    """Return everything on file of an agreement as a document that loads to the same rows again.

    The order never changes, and what is empty is left out. Who recorded a row and when, the file that it came from and
    whether it is billed belong to this database and are not exported; neither are documents, such as a scan. The number
    of queries does not depend on the number of rows.
    """
    agreement = Agreement.objects.with_terms().get(pk=agreement.pk)
    document = {
        **_terms(agreement, agreement.amendment_list, agreement.chosen_list),
        "sites": list(_sites(agreement)),
        "reviews": [written_with_parts(review, REVIEWS) for review in _reviews(agreement)],
        **{section.name: exported_facts(agreement, section) for section in FACTS},
    }
    marked = [row for section in SECTIONS if "demonstration" in section.fields for row in document[section.name]]
    demonstration = bool(marked) and all("demonstration" in row for row in marked)
    if demonstration:
        for row in marked:
            del row["demonstration"]
    return {"format": FORMAT, **stated(demonstration=demonstration, **document)}


def export_terms(agreement: Agreement, *, known_on: date) -> dict:
    """Return what was agreed, as it was known on a day, as a document that loads: no site and nothing that happened.

    Left out are amendments that were not executed by that day and readings that were chosen later; the parties are as
    they are on file. The agreement comes from `with_terms()`; the number of queries is fixed.
    """
    amendments = [row for row in agreement.amendment_list if row.executed_on and row.executed_on <= known_on]
    readings = [row for row in agreement.chosen_list if (row.closed_on or row.chosen_on) <= known_on]
    return {"format": FORMAT, **stated(**_terms(agreement, amendments, readings))}


def _terms(agreement: Agreement, amendments: Sequence[Amendment], readings: Iterable[ChosenReading]) -> dict:
    return {
        "parties": export_parties([agreement.supplier_id, agreement.customer_id]),
        "agreement": written(agreement, AGREEMENT.fields)
        | _bounds(agreement)
        | _schedule(agreement.original_schedules),
        "amendments": list(_amendments(amendments)),
        "readings": list(_readings(readings)),
    }


def export_parties(keys: Iterable[int] | None = None) -> list[dict]:
    """Return the parties of these keys, or all, by name."""
    parties = Party.objects.prefetch_related(Prefetch("aliases", to_attr="alias_list"))
    if keys is not None:
        parties = parties.filter(pk__in=list(keys))
    for party in parties:
        party.alias_list.sort(key=lambda alias: alias.name)
    return [written_with_parts(party, PARTIES) for party in sorted(parties, key=lambda party: party.legal_name)]


def _bounds(agreement: Agreement) -> dict:
    """State each bound that an agreement does not have: left out, it would come back as that of a new one."""
    return {name: None for name in BOUNDS if getattr(agreement, name) is None}


def _schedule(schedules: Sequence[PriceSchedule]) -> dict:
    return {"schedule": entry_of(schedules[0].as_schedule())} if schedules else {}


def _amendments(rows: Sequence[Amendment]) -> Iterator[dict]:
    withdrawn = Prefetch("withdrawn_signatures", WithdrawnSignature.objects.order_by("pk"), to_attr="withdrawn_list")
    prefetch_related_objects(rows, withdrawn)
    for amendment in rows:
        yield written_with_parts(amendment, AMENDMENTS) | _schedule(amendment.schedule_list)


def _readings(rows: Iterable[ChosenReading]) -> Iterator[dict]:
    """Every reading by question and first day; of several from one day the last one, which is the one that applies."""
    order = list(QUESTIONS)
    applied = {(row.question, row.applies_from): row for row in rows}.values()
    for row in sorted(applied, key=lambda row: order.index(row.question)):
        yield written(row, READINGS.fields)


def _sites(agreement: Agreement) -> Iterator[dict]:
    levels = ChargedLevel.objects.select_related("level__schedule__amendment", "review_line__review")
    decided = LevelDecision.objects.select_related("level__schedule__amendment")
    sites = Site.objects.filter(agreement=agreement).prefetch_related(
        Prefetch("charged_levels", levels.order_by("period_number"), to_attr="level_list"),
        Prefetch("level_decisions", decided.order_by("pk"), to_attr="decision_list"),
        Prefetch("counts", ComponentCount.objects.order_by("pk"), to_attr="count_list"),
    )
    order = _component_order(agreement)
    for site in sorted(sites, key=lambda site: (site.city, site.state)):
        yield written_with_parts(site, SITES) | stated(counts=list(_counts(site.count_list, order)))


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
        yield stated(date=day.isoformat(), source=source) | {code: quantities[code] for code in (*known, *others)}


def _reviews(agreement: Agreement) -> Iterable[RenewalReview]:
    levels = [f"{name}__schedule__amendment" for name in LEVELS]
    lines = ReviewLine.objects.select_related("site", "review__agreement", *levels)
    reviews = RenewalReview.objects.filter(agreement=agreement).order_by("period_number", "-kind")
    for review in reviews.prefetch_related(Prefetch("lines", lines, to_attr="line_list")):
        review.line_list.sort(key=lambda line: (line.site.city, line.site.state))
        yield review
