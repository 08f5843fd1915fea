"""What the review paper shows, for screen and PDF alike; the customer's edition holds nothing internal to leave out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.core.paginator import Page, Paginator

from contracts.money import NOTHING, in_currency, money_text
from contracts.pages.lists import page_of
from contracts.periods import DaySpan
from contracts.schedule import NOT_STATED
from sites.models import RenewalReview, ReviewLine, Site
from sites.review_days import ReviewKind
from sites.reviews.evidence import may_change
from sites.reviews.reviewing import LEVELS, late_changes, version

PAID = ("current", "proposed", "agreed")
"""The three levels of a site that have a price: now, as proposed and as agreed."""


class Edition(StrEnum):
    """Who a paper is for."""

    CUSTOMER = "customer"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Paper:
    """The paper of one renewal review. `rests_on` is its stored evidence; `rows` show a site each, of `page_obj` only.

    `to_decide` are the sites for which a person must decide, `late` those whose test comes out differently on the
    period's last day; these, as all sums, are of every page.

    `totals` has the `levels` in order, their `total`, and how many sites are `undecided`, which count at the price that
    goes on meanwhile. `internal` is None in the customer's edition.
    """

    review: RenewalReview
    edition: Edition
    version: str
    components: tuple[str, ...]
    page_obj: Page = field(compare=False)
    rows: tuple[dict, ...]
    to_decide: tuple[Site, ...]
    late: tuple[Site, ...]
    totals: dict
    blocks: tuple[dict, ...]
    histories: tuple[dict, ...]
    rests_on: Mapping
    internal: dict | None

    @property
    def title(self) -> str:
        return "Renewal review" if self.settles_prices else "Term check"

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
        return self.review.agreed_on is not None

    @property
    def period(self) -> DaySpan:
        return DaySpan(self.review.first_day, self.review.last_day)

    @property
    def next_period(self) -> DaySpan | None:
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


def review_paper(*, review: RenewalReview, edition: Edition, on: date, page: str | None = None) -> Paper:
    """Compose the paper of a review from its stored evidence, as it reads on a day (note 3).

    The review must come from `with_agreement()`. The number of queries does not depend on that of the sites. `page` is
    the page of sites that an address asks for; without it the paper shows all of them.
    """
    rows = review.lines.select_related("site").prefetch_related(*LEVELS)  # each level once, however many sites have it
    lines = list(rows.order_by("site__city", "site__state", "pk"))
    late = late_changes(review=review, lines=lines, on=on)
    evidence, page_obj = review.evidence, page_of(lines, page) if page else Paginator(lines, len(lines) or 1).page(1)
    nothing = in_currency(NOTHING, review.agreement.currency)
    return Paper(
        review=review,
        edition=edition,
        version=version(review=review, lines=lines),
        components=_component_names(evidence, lines),
        page_obj=page_obj,
        rows=tuple(_row(line, late.get(line.site_id, "")) for line in page_obj),
        to_decide=tuple(line.site for line in lines if _needs_decision(line)),
        late=tuple(line.site for line in lines if line.site_id in late),
        totals=_totals(evidence, lines, nothing),
        blocks=_blocks(review),
        histories=_histories(evidence, edition),
        rests_on=evidence,
        internal=_internal(lines, nothing) if edition is Edition.INTERNAL else None,
    )


def _component_names(evidence: Mapping, lines: Sequence[ReviewLine]) -> tuple[str, ...]:
    named = evidence.get("components") or (lines[0].evidence.get("components", ()) if lines else ())
    return tuple(part["name"] for part in named)


# ---- rows --------------------------------------------------------------------------------------------------------


def _row(line: ReviewLine, late: str) -> dict:
    """One site. Another level than the proposed one may be agreed, unless the price cannot change."""
    evidence = line.evidence
    parts = evidence.get("components", ())
    days = {key: _one_day(parts, key) for key in ("then_on", "now_on")}
    levels = {name: getattr(line, f"{name}_level") for name in (*PAID, "measured")}
    needs_decision = _needs_decision(line)
    return {
        "site": str(line.site),
        "site_pk": line.site_id,
        "cells": [_cell(part, days) for part in parts],
        **days,
        "changed": [_change(part) for part in evidence.get("changed", ())],
        "eligible": line.eligible,
        "verdict": may_change(line.eligible),
        "why": evidence.get("why", ""),
        "decided_by": _decided_by(evidence),
        "flags": [flag["sentence"] for flag in evidence.get("flags", ())],
        **{name: level.name if level else None for name, level in levels.items()},
        **{f"{name}_price": getattr(line, f"{name}_price") for name in PAID},
        "difference": _less(line.proposed_price, line.current_price),
        "agreed_difference": _less(line.agreed_price, line.current_price),
        "proposal": evidence.get("proposal", ""),
        "needs_decision": needs_decision,
        "may_be_decided": needs_decision or line.eligible is not False,
        "late": late,
    }


def _needs_decision(line: ReviewLine) -> bool:
    return line.needs_decision and line.agreed_level is None


def _less(price: Decimal | None, than: Decimal | None) -> Decimal | None:
    return price - than if price is not None and than is not None else None


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


def _cell(part: Mapping, days: Mapping[str, str | None]) -> dict:
    """One component at one site; its days are given only where they differ from those of the row."""
    is_compared = part["now"] is not None or part["then"] is not None
    own = {key: part[key] if part[key] != day else None for key, day in days.items()}
    return {
        **part,
        **own,
        "latest_on": None if is_compared else part["latest_on"],
        "change": _compared(part),
        "room": _room(part),
    }


def _compared(part: Mapping) -> str:
    """`10 → 16`; a count that is missing says so."""
    if part["then"] is None and part["now"] is None:
        return f"{part['latest']}" if part["latest"] is not None else "not counted"
    then, now = ("no count" if part[when] is None else f"{part[when]}" for when in ("then", "now"))
    return f"{then} → {now}" if then != now or part["changed"] else then


def _room(part: Mapping) -> str:
    """How far the next limit is: `14 of 15`; in words where it has no end, or the source states none."""
    if part["level"] is None or part["latest"] is None:
        return ""
    if part.get("upper") is not None:
        return f"{part['latest']} of {part['upper']}"
    limit = part.get("limit") or str(NOT_STATED)
    return f"{part['latest']}, {'no limit stated' if limit == str(NOT_STATED) else limit}"


# ---- totals ------------------------------------------------------------------------------------------------------


def _totals(evidence: Mapping, lines: Sequence[ReviewLine], nothing: Decimal) -> dict:
    """Sum up by level, in the order of the price table; a level that only the present table has comes first."""
    table = {level["name"]: Decimal(level["price"]) for level in evidence.get("levels", ())}
    present = dict.fromkeys(line.current_level.name for line in lines if line.current_level)
    names = [*(name for name in present if name not in table), *table]
    rows = [_level_total(name, table.get(name), lines, nothing) for name in names]
    undecided = [line for line in lines if line.proposed_level is None and line.needs_decision]
    if undecided or any(line.current_level is None for line in lines):
        without = {"current_sites": sum(line.current_level is None for line in lines)}
        goes_on = {"proposed_sites": len(undecided), "proposed": sum((_fallback(line) for line in undecided), nothing)}
        rows.append(_level_total("To be decided", None, (), nothing) | without | goes_on)
    shown = [row for row in rows if any(row[f"{name}_sites"] for name in PAID)]
    total = {key: sum((row[key] for row in shown), nothing) for key in PAID}
    total |= {key: sum(row[key] for row in shown) for key in (f"{name}_sites" for name in PAID)}
    return {
        "levels": shown,
        "total": total,
        "undecided": len(undecided),
        "difference": total["proposed"] - total["current"],
        "agreed_difference": total["agreed"] - total["current"],
    }


def _level_total(name: str, price: Decimal | None, lines: Sequence[ReviewLine], nothing: Decimal) -> dict:
    """The sites at one level, and what they pay in a year: now, as proposed and as agreed."""
    found = {"name": name, "price": price}
    for which in PAID:
        at_level = [line for line in lines if (level := getattr(line, f"{which}_level")) and level.name == name]
        prices = [getattr(line, f"{which}_price") for line in at_level]
        found |= {f"{which}_sites": len(prices), which: sum(prices, nothing)}
    return found


def _fallback(line: ReviewLine) -> Decimal:
    """The price that goes on in the next period until the parties agree."""
    price = line.evidence.get("fallback_price")
    return Decimal(price) if price else line.current_price or NOTHING


def _histories(evidence: Mapping, edition: Edition) -> tuple[dict, ...]:
    """What history proposes for each planned site; why other sites are used or not is for the internal edition."""
    internal = edition is Edition.INTERNAL
    return tuple(
        {name: value for name, value in history.items() if internal or name != "remarks"}
        for history in evidence.get("histories", ())
    )


# ---- both parties, and the supplier alone --------------------------------------------------------------------------


def _blocks(review: RenewalReview) -> tuple[dict, ...]:
    """Each party's agreement: recorded, or still to be signed."""
    return tuple(
        {
            "side": side.capitalize(),
            "party": getattr(review.agreement, side),
            "signer": getattr(review, f"{side}_signer"),
            "agreed_on": getattr(review, f"{side}_agreed_on"),
        }
        for side in ("customer", "supplier")
    )


def _internal(lines: Sequence[ReviewLine], nothing: Decimal) -> dict:
    """What only the supplier sees: revenue foregone, sites one component short, and what if all paid as measured."""
    what_if = sum(
        (line.measured_level.annual_price if line.measured_level else _fallback(line) for line in lines), nothing
    )
    return {
        "what_if": what_if,
        "what_if_difference": what_if - sum((line.current_price or nothing for line in lines), nothing),
        "foregone": [line for line in lines if line.foregone],
        "foregone_total": sum((line.foregone for line in lines), nothing),
        "one_short": [line for line in lines if line.evidence.get("one_short")],
        "otherwise_read": [line for line in lines if line.evidence.get("other_readings")],
        "remarks": [line for line in lines if line.decision_reason],
    }
