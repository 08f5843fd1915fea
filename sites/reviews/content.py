"""What the review paper shows, for screen and PDF alike; the customer's edition holds nothing internal to leave out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from contracts.models import Party
from contracts.money import ZERO, money_text
from contracts.periods import DaySpan
from sites.models import RenewalReview, ReviewLine
from sites.review_days import ReviewKind
from sites.reviews.evidence import may_change
from sites.reviews.reviewing import LEVELS, LateChange, late_changes, version


class Edition(StrEnum):
    """Who a paper is for."""

    CUSTOMER = "customer"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Cell:
    """One component at one site: the count then and now, and the level it needs by itself.

    Its dates are given only where they differ from those of the row.
    """

    name: str
    then: int | None
    now: int | None
    then_on: str | None
    now_on: str | None
    latest: int | None
    latest_on: str | None
    changed: bool
    decides: bool
    level: str | None
    upper: int | None
    flag: str | None

    @property
    def room(self) -> str:
        """How far the next limit is: `14 of 15`; in words where the source states no figure."""
        if self.level is None or self.latest is None:
            return ""
        return f"{self.latest} of {self.upper}" if self.upper is not None else f"{self.latest}, no limit stated"

    @property
    def change(self) -> str:
        """`10 → 16`; a count that is missing says so."""
        if self.then is None and self.now is None:
            return f"{self.latest}" if self.latest is not None else "not counted"
        then = "no count" if self.then is None else f"{self.then}"
        now = "no count" if self.now is None else f"{self.now}"
        return f"{then} → {now}" if then != now or self.changed else then


@dataclass(frozen=True)
class Row:
    """One site in the paper."""

    site: str
    site_pk: int
    cells: tuple[Cell, ...]
    then_on: str | None
    now_on: str | None
    changed: tuple[str, ...]
    eligible: bool | None
    verdict: str
    why: str
    measured: str | None
    decided_by: str
    flags: tuple[str, ...]
    current: str | None
    current_price: Decimal | None
    basis: str
    proposed: str | None
    proposed_price: Decimal | None
    proposal: str
    needs_decision: bool
    agreed: str | None
    agreed_price: Decimal | None
    late: str

    @property
    def difference(self) -> Decimal | None:
        """The proposed price less the current one; None without either."""
        return _less(self.proposed_price, self.current_price)

    @property
    def may_be_decided(self) -> bool:
        """Whether the parties may agree another level than the one proposed: not where the price cannot change."""
        return self.needs_decision or self.eligible is not False

    @property
    def agreed_difference(self) -> Decimal | None:
        """The agreed price less the current one; None without either."""
        return _less(self.agreed_price, self.current_price)


def _less(price: Decimal | None, than: Decimal | None) -> Decimal | None:
    return price - than if price is not None and than is not None else None


@dataclass(frozen=True)
class LevelTotal:
    """The sites at one level, and what they pay in a year: now, as proposed and as agreed."""

    name: str
    price: Decimal | None
    current_sites: int
    current: Decimal
    proposed_sites: int
    proposed: Decimal
    agreed_sites: int
    agreed: Decimal


@dataclass(frozen=True)
class Totals:
    """The levels in order and their sums. Sites without a proposal count at the price that goes on meanwhile."""

    levels: tuple[LevelTotal, ...]
    total: LevelTotal
    undecided: int

    @property
    def difference(self) -> Decimal:
        """What the proposals add to a year, or take from it."""
        return self.total.proposed - self.total.current

    @property
    def agreed_difference(self) -> Decimal:
        """What the agreed levels add to a year, or take from it."""
        return self.total.agreed - self.total.current


@dataclass(frozen=True)
class SignatureBlock:
    """One party's agreement: recorded, or still to be signed."""

    side: str
    party: Party
    signer: str
    agreed_on: date | None


@dataclass(frozen=True)
class InternalLine:
    """What only the supplier sees of one site."""

    site: str
    foregone: Decimal
    one_short: str
    measured: str | None
    what_if: Decimal | None
    others: tuple[Mapping, ...]
    decision_reason: str


@dataclass(frozen=True)
class Internal:
    """The internal edition's own part: revenue foregone, sites one component short, and what if all were measured."""

    lines: tuple[InternalLine, ...]
    what_if: Decimal
    what_if_difference: Decimal

    @property
    def foregone(self) -> tuple[InternalLine, ...]:
        """Sites whose price stays below that of their measured level."""
        return tuple(line for line in self.lines if line.foregone)

    @property
    def foregone_total(self) -> Decimal:
        """What those sites forego together in a year."""
        return sum((line.foregone for line in self.lines), ZERO)

    @property
    def one_short(self) -> tuple[InternalLine, ...]:
        """Sites that one more change makes eligible."""
        return tuple(line for line in self.lines if line.one_short)

    @property
    def otherwise_read(self) -> tuple[InternalLine, ...]:
        """Sites about which another reading of the clause decides differently."""
        return tuple(line for line in self.lines if line.others)

    @property
    def remarks(self) -> tuple[InternalLine, ...]:
        """Sites whose level was decided with a reason."""
        return tuple(line for line in self.lines if line.decision_reason)


@dataclass(frozen=True)
class Paper:
    """The paper of one renewal review. `internal` is None in the customer's edition."""

    review: RenewalReview
    edition: Edition
    on: date
    version: str
    title: str
    components: tuple[str, ...]
    rows: tuple[Row, ...]
    totals: Totals
    blocks: tuple[SignatureBlock, ...]
    readings: tuple[Mapping, ...]
    planned: tuple[Mapping, ...]
    histories: tuple[Mapping, ...]
    leaving: tuple[Mapping, ...]
    flags: tuple[str, ...]
    rests_on: Mapping
    internal: Internal | None

    @property
    def settles_prices(self) -> bool:
        """Whether there is a next annual period whose prices the paper settles."""
        return self.review.kind == ReviewKind.PRICE_REVIEW

    @property
    def is_internal(self) -> bool:
        """Whether this is the supplier's own edition."""
        return self.edition is Edition.INTERNAL

    @property
    def is_agreed(self) -> bool:
        """Whether both parties' agreement is recorded."""
        return self.review.agreed_on is not None

    @property
    def period(self) -> DaySpan:
        """The annual period under review."""
        return DaySpan(self.review.first_day, self.review.last_day)

    @property
    def next_period(self) -> DaySpan | None:
        """The annual period whose prices are settled."""
        first, last = self.rests_on.get("next_first_day"), self.rests_on.get("next_last_day")
        return DaySpan(date.fromisoformat(first), date.fromisoformat(last)) if first else None

    @property
    def choices(self) -> dict[str, str]:
        """The levels that can be agreed, by code, each with its annual price."""
        return {
            level["code"]: f"{level['name']}, {money_text(Decimal(level['price']))}"
            for level in self.rests_on.get("levels", ())
        }

    @property
    def days_late(self) -> int:
        """Days by which the review was opened after its due date; 0 when it was not."""
        return max((self.review.opened_on - self.review.due_on).days, 0)

    @property
    def to_decide(self) -> tuple[Row, ...]:
        """Sites for which a person must decide."""
        return tuple(row for row in self.rows if row.needs_decision)

    @property
    def late(self) -> tuple[Row, ...]:
        """Sites whose test comes out differently on the period's last day."""
        return tuple(row for row in self.rows if row.late)

    @property
    def hours(self) -> tuple[tuple[str, str], ...]:
        """The position of prepaid hours at the cut-off, line by line; none where nothing was bought or worked."""
        return tuple((label, text) for label, text in self.rests_on.get("hours", ()))


def review_paper(*, review: RenewalReview, edition: Edition, on: date) -> Paper:
    """Compose the paper of a review from its stored evidence, as it reads on a day (note 3).

    The review must come from `with_agreement()`. The number of queries does not depend on that of the sites.
    """
    lines = list(review.lines.select_related("site", *LEVELS).order_by("site__city", "site__state", "pk"))
    late = late_changes(review=review, lines=lines, on=on)
    evidence = review.evidence
    return Paper(
        review=review,
        edition=edition,
        on=on,
        version=version(review=review, lines=lines),
        title="Renewal review" if review.kind == ReviewKind.PRICE_REVIEW else "Term check",
        components=_component_names(evidence, lines),
        rows=tuple(_row(line, late.get(line.site_id)) for line in lines),
        totals=_totals(evidence, lines),
        blocks=_blocks(review),
        readings=tuple(evidence.get("readings", ())),
        planned=tuple(evidence.get("planned", ())),
        histories=_histories(evidence, edition),
        leaving=tuple(evidence.get("leaving", ())),
        flags=tuple(dict.fromkeys(flag["sentence"] for line in lines for flag in line.evidence.get("flags", ()))),
        rests_on=evidence,
        internal=_internal(lines) if edition is Edition.INTERNAL else None,
    )


def _component_names(evidence: Mapping, lines: Sequence[ReviewLine]) -> tuple[str, ...]:
    named = evidence.get("components") or (lines[0].evidence.get("components", ()) if lines else ())
    return tuple(part["name"] for part in named)


# ---- rows --------------------------------------------------------------------------------------------------------


def _row(line: ReviewLine, late: LateChange | None) -> Row:
    evidence = line.evidence
    parts = evidence.get("components", ())
    then_on, now_on = _one_day(parts, "then_on"), _one_day(parts, "now_on")
    return Row(
        site=str(line.site),
        site_pk=line.site_id,
        cells=tuple(_cell(part, then_on, now_on) for part in parts),
        then_on=then_on,
        now_on=now_on,
        changed=tuple(_change(part) for part in evidence.get("changed", ())),
        eligible=line.eligible,
        verdict=may_change(line.eligible),
        why=evidence.get("why", ""),
        measured=line.measured_level.name if line.measured_level else None,
        decided_by=_decided_by(evidence),
        flags=tuple(flag["sentence"] for flag in evidence.get("flags", ())),
        current=line.current_level.name if line.current_level else None,
        current_price=line.current_price,
        basis=(evidence.get("basis") or {}).get("sentence", ""),
        proposed=line.proposed_level.name if line.proposed_level else None,
        proposed_price=line.proposed_price,
        proposal=evidence.get("proposal", ""),
        needs_decision=line.needs_decision and line.agreed_level is None,
        agreed=line.agreed_level.name if line.agreed_level else None,
        agreed_price=line.agreed_price,
        late=late.sentence if late else "",
    )


def _decided_by(evidence: Mapping) -> str:
    """The components that decide the level; where all of them do, the one that is closest to its limit."""
    deciding = evidence.get("deciding", ())
    return evidence.get("nearest", "") if len(deciding) == len(evidence.get("components", ())) else ", ".join(deciding)


def _change(part: Mapping) -> str:
    if part["from"] == part["to"]:
        return f"{part['name']} changed and is back at {part['to']}"
    return f"{part['name']} {part['from']} → {part['to']}"


def _one_day(parts: Sequence[Mapping], key: str) -> str | None:
    """The day on which most of the counts were made."""
    days = [part[key] for part in parts if part[key]]
    return max(sorted(set(days)), key=days.count, default=None)


def _cell(part: Mapping, then_on: str | None, now_on: str | None) -> Cell:
    compared = {"then_on": then_on, "now_on": now_on}
    own = {key: part[key] if part[key] != day else None for key, day in compared.items()}
    return Cell(
        name=part["name"],
        then=part["then"],
        now=part["now"],
        latest=part["latest"],
        latest_on=part["latest_on"] if part["now"] is None and part["then"] is None else None,
        changed=part["changed"],
        decides=part["decides"],
        level=part["level"],
        upper=part.get("upper"),
        flag=part["flag"],
        **own,
    )


# ---- totals ------------------------------------------------------------------------------------------------------


def _totals(evidence: Mapping, lines: Sequence[ReviewLine]) -> Totals:
    """Sum up by level, in the order of the price table; a level that only the present table has comes first."""
    table = {level["name"]: Decimal(level["price"]) for level in evidence.get("levels", ())}
    present = dict.fromkeys(line.current_level.name for line in lines if line.current_level)
    names = [*(name for name in present if name not in table), *table]
    rows = [_level_total(name, table.get(name), lines) for name in names]
    undecided = [line for line in lines if line.proposed_level is None and line.needs_decision]
    if undecided or any(line.current_level is None for line in lines):
        rows.append(_without_level(lines, undecided))
    shown = tuple(row for row in rows if row.current_sites or row.proposed_sites or row.agreed_sites)
    return Totals(shown, _sum_of(shown), len(undecided))


def _level_total(name: str, price: Decimal | None, lines: Sequence[ReviewLine]) -> LevelTotal:
    now = [line.current_price for line in lines if line.current_level and line.current_level.name == name]
    then = [line.proposed_price for line in lines if line.proposed_level and line.proposed_level.name == name]
    agreed = [line.agreed_price for line in lines if line.agreed_level and line.agreed_level.name == name]
    return LevelTotal(name, price, len(now), sum(now, ZERO), len(then), sum(then, ZERO), len(agreed), sum(agreed, ZERO))


def _without_level(lines: Sequence[ReviewLine], undecided: Sequence[ReviewLine]) -> LevelTotal:
    goes_on = sum((_fallback(line) or ZERO for line in undecided), ZERO)
    without = sum(1 for line in lines if line.current_level is None)
    return LevelTotal("To be decided", None, without, ZERO, len(undecided), goes_on, 0, ZERO)


def _fallback(line: ReviewLine) -> Decimal | None:
    """The price that goes on in the next period until the parties agree."""
    price = line.evidence.get("fallback_price")
    return Decimal(price) if price else line.current_price


def _sum_of(rows: Sequence[LevelTotal]) -> LevelTotal:
    return LevelTotal(
        "Total",
        None,
        sum(row.current_sites for row in rows),
        sum((row.current for row in rows), ZERO),
        sum(row.proposed_sites for row in rows),
        sum((row.proposed for row in rows), ZERO),
        sum(row.agreed_sites for row in rows),
        sum((row.agreed for row in rows), ZERO),
    )


def _histories(evidence: Mapping, edition: Edition) -> tuple[Mapping, ...]:
    """What history proposes for each planned site; why other sites are used or not is for the internal edition."""
    internal = edition is Edition.INTERNAL
    return tuple(
        {name: value for name, value in history.items() if internal or name != "remarks"}
        for history in evidence.get("histories", ())
    )


# ---- both parties, and the supplier alone --------------------------------------------------------------------------


def _blocks(review: RenewalReview) -> tuple[SignatureBlock, ...]:
    agreement = review.agreement
    return (
        SignatureBlock("Customer", agreement.customer, review.customer_signer, review.customer_agreed_on),
        SignatureBlock("Supplier", agreement.supplier, review.supplier_signer, review.supplier_agreed_on),
    )


def _internal(lines: Sequence[ReviewLine]) -> Internal:
    what_if = sum((_at_measured_level(line) or ZERO for line in lines), ZERO)
    now = sum((line.current_price or ZERO for line in lines), ZERO)
    return Internal(tuple(_internal_line(line) for line in lines), what_if, what_if - now)


def _at_measured_level(line: ReviewLine) -> Decimal | None:
    return line.measured_level.annual_price if line.measured_level else _fallback(line)


def _internal_line(line: ReviewLine) -> InternalLine:
    evidence = line.evidence
    return InternalLine(
        site=str(line.site),
        foregone=line.foregone,
        one_short=evidence.get("why", "") if evidence.get("one_short") else "",
        measured=line.measured_level.name if line.measured_level else None,
        what_if=_at_measured_level(line),
        others=tuple(
            other | {"verdict": may_change(other["eligible"])} for other in evidence.get("other_readings", ())
        ),
        decision_reason=line.decision_reason,
    )
