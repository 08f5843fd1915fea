"""Closed annual periods: what was billed in full is not computed again until a fact of it changes.

A run computes what is due from the first annual period on, since any fact can still change: a late level, a retroactive
amendment, a corrected date. Once an annual period is over and its lines add up to what is due, the run notes through
which one that holds, with a digest of every fact it was computed from and of its lines. As long as both are the same,
the next run begins after it; where anything differs, everything is computed as ever. What is noted is derived, and can
be deleted at any time.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date

from django.db.models import Count, Min, OuterRef, Subquery, Sum

from contracts.periods import annual_period, annual_periods
from contracts.readings import Readings
from contracts.sealing.digest import canonical_sha256
from contracts.terms import AgreementTerms, expiration_known
from invoicing.charges.charge import ANNUAL, SiteFacts
from invoicing.charges.due import Due
from invoicing.charges.unbilled import PlannedDocument
from invoicing.models import ClosedPeriods, InvoiceLine, Waiver

# ---- the facts ---------------------------------------------------------------------------------------------------


def facts_sha256(*, terms: AgreementTerms, sites: Iterable[SiteFacts], number: int, known_on: date) -> str:
    """Return the digest of every fact from which the annual charges through an annual period are computed.

    It is another one as soon as the terms as known on a day, the readings, or the days in service, levels or counts of
    a site differ in what can reach these periods. A site that starts after them is no part of it.
    """
    last_day = annual_period(
        number=number, first_period_starts_on=terms.first_period_starts_on, expires_on=None
    ).span.last_day
    served = sorted((site for site in sites if site.in_service_on <= last_day), key=lambda site: site.key)
    facts = {"terms": _terms(terms, known_on), "sites": [_site(site, number, last_day, known_on) for site in served]}
    return canonical_sha256(facts, default=_plain)


def _terms(terms: AgreementTerms, known_on: date) -> list:
    known = [amendment for amendment in terms.amendments if amendment.executed_by(known_on)]
    readings = [_readings(terms.readings), *((day, _readings(later)) for day, later in terms.later_readings)]
    days = (terms.dated_on, terms.first_period_starts_on, terms.original_expires_on)
    return [*days, terms.executed_by(known_on), terms.original_schedule, known, readings]


def _readings(readings: Readings) -> list[tuple[str, str]]:
    return [(chosen.question.key, chosen.choice) for chosen in readings.chosen]


def _site(site: SiteFacts, number: int, last_day: date, known_on: date) -> list:
    agreed = [level for level in site.agreed if level.period_number <= number and level.agreed_on <= known_on]
    dated = [level for level in site.dated if level.period_number <= number and level.recorded_on <= known_on]
    switches = [count for count in site.switch_counts if count[0] <= last_day]
    days = (site.in_service_on, site.removed_on, site.charged_through)
    return [site.key, *days, agreed, dated, switches, [*_counts(site, last_day)]]


def _counts(site: SiteFacts, last_day: date) -> Iterator:
    """The counts that levels follow: those made by a day, and of what was counted later only, the first."""
    ordered = sorted(site.counts, key=lambda count: (count.counted_on, count.component))
    counted = set()
    for count in ordered:
        if count.counted_on <= last_day or count.component not in counted:
            yield count
        counted.add(count.component)


def _plain(value: object) -> object:
    """Write a value that JSON does not know: a plain value by its fields, anything else as its text."""
    if is_dataclass(value):
        return [type(value).__name__, *(getattr(value, field.name) for field in fields(value))]
    return str(value)


# ---- what a run leaves out ---------------------------------------------------------------------------------------


def closed_through(
    *, terms: Mapping[int, AgreementTerms], sites: Mapping[int, Collection[SiteFacts]], known_on: date
) -> dict[int, int]:
    """Return through which annual period each agreement is closed, by key; one that is not is left out.

    One query, and another one where something is closed.
    """
    same = {
        row.agreement_id: row
        for row in ClosedPeriods.objects.filter(agreement__in=terms)
        if row.facts_sha256
        == facts_sha256(
            terms=terms[row.agreement_id],
            sites=sites.get(row.agreement_id, ()),
            number=row.number,
            known_on=known_on,
        )
    }
    lines = _lines(same) if same else {}
    return {key: row.number for key, row in same.items() if lines[key] == (row.lines, row.keys_sum)}


def last_closed() -> Subquery:
    """The number of the period through which the agreement of a line is noted as closed, for a query of lines."""
    return Subquery(ClosedPeriods.objects.filter(agreement=OuterRef("invoice__agreement")).values("number"))


def _lines(agreements: Collection[int]) -> dict[int, tuple[int, int]]:
    """How many issued annual lines agreements have through the period noted for each, and the sum of their keys.

    No line changes or goes once it is issued, so that both tell whether these are the same lines.
    """
    rows = InvoiceLine.objects.filter(
        invoice__agreement__in=agreements,
        invoice__issued_on__isnull=False,
        charge=ANNUAL,
        period_number__lte=last_closed(),
    )
    found = rows.order_by().values_list("invoice__agreement").annotate(Count("pk"), Sum("pk"))
    return dict.fromkeys(agreements, (0, 0)) | {key: (count, total) for key, count, total in found}


# ---- what a run notes --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Closing:
    """What a run has found of one agreement: through which annual period it is closed, by which facts."""

    agreement: int
    number: int
    facts_sha256: str = ""


def last_settled(*, due: Due, documents: Iterable[PlannedDocument]) -> int:
    """Return the number of the last annual period that is over, and through which nothing is left to bill or decide."""
    lines = (line for document in documents for line in (*document.charges, *document.adjustments))
    unsettled = {line.key for line in lines} | due.undecided | due.unpriced
    first_open = min((key.period for key in unsettled if key.is_annual), default=None)
    expires_on, _source = expiration_known(agreement=due.agreement, known_on=due.known_on)
    begun = annual_periods(
        first_period_starts_on=due.agreement.first_period_starts_on, through=due.through, expires_on=expires_on
    )
    over = [period.number for period in begun if period.span.last_day <= due.through]
    return max((number for number in over if first_open is None or number < first_open), default=0)


def closing_of(
    *, key: int, due: Due, documents: Iterable[PlannedDocument], sites: Collection[SiteFacts], before: int | None
) -> Closing | None:
    """Return what a run has to note of an agreement, by key; None where it stays closed through the period `before`.

    Without `before` it is noted in any case.
    """
    number = last_settled(due=due, documents=documents)
    if number == before:
        return None
    sha256 = facts_sha256(terms=due.agreement, sites=sites, number=number, known_on=due.known_on) if number else ""
    return Closing(key, number, sha256)


def note_closed(closings: Sequence[Closing]) -> None:
    """Note through which annual periods agreements are closed; a period with a waiver stays open.

    A waiver can be withdrawn without any line. Five queries at most, for however many agreements.
    """
    if not closings:
        return
    waivers = Waiver.objects.filter(line__charge=ANNUAL, withdrawn_on=None).order_by()
    keys = [closing.agreement for closing in closings]
    waived = dict(
        waivers.filter(line__invoice__agreement__in=keys)
        .values_list("line__invoice__agreement")
        .annotate(Min("line__period_number"))
    )
    noted = [one for one in closings if one.number and one.number < waived.get(one.agreement, one.number + 1)]
    ClosedPeriods.objects.filter(agreement__in=keys).delete()
    rows = [
        ClosedPeriods(agreement_id=one.agreement, number=one.number, facts_sha256=one.facts_sha256) for one in noted
    ]
    ClosedPeriods.objects.bulk_create(rows)
    lines = _lines([row.agreement_id for row in rows]) if rows else {}
    for row in rows:
        row.lines, row.keys_sum = lines[row.agreement_id]
    ClosedPeriods.objects.bulk_update(rows, ["lines", "keys_sum"])
