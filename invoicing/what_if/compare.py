"""What changes between two amounts, each the same way everywhere: before, after, and the difference.

`compare` sets what is due by one view of the facts against what is due by another one, and both against what was
billed. An amendment, a count and a reading each say only what they change, and what follows in words.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from contracts.money import NOTHING
from contracts.terms import NotInForce
from invoicing.charges.charge import AnyCharge, ChargeKey, SiteFacts
from invoicing.charges.due import Due
from invoicing.charges.unbilled import Billed, BilledPart, compared

Place = tuple[ChargeKey, int]
"""A charge and the number of a part of it."""


@dataclass(frozen=True)
class Amounts:
    """An amount before a change and after it."""

    before: Decimal = NOTHING
    after: Decimal = NOTHING

    @property
    def difference(self) -> Decimal:
        """What the change adds; negative where it takes away."""
        return self.after - self.before

    @classmethod
    def total(cls, amounts: Iterable["Amounts"]) -> "Amounts":
        amounts = tuple(amounts)
        return cls(sum((each.before for each in amounts), NOTHING), sum((each.after for each in amounts), NOTHING))


@dataclass(frozen=True)
class Group:
    """Rows that have something in common; each row has `amounts`, and so has the group: their sum."""

    of: Any = None
    rows: tuple = ()

    @cached_property
    def amounts(self) -> Amounts:
        return Amounts.total(row.amounts for row in self.rows)


def grouped(rows: Iterable, *, by: Callable[[Any], Hashable], of: Callable[[Any], Any] | None = None) -> list[Group]:
    """Return rows by a key, in the order in which the keys appear first.

    A group is `of` what that says of its first row, or of the key itself.
    """
    found: dict[Hashable, list] = {}
    for row in rows:
        found.setdefault(by(row), []).append(row)
    return [Group(of(rows[0]) if of else key, tuple(rows)) for key, rows in found.items()]


@dataclass(frozen=True)
class DuePart:
    """One part of a charge, as it falls due before and after; None where it does not."""

    before: AnyCharge | None
    after: AnyCharge | None

    @property
    def charge(self) -> AnyCharge:
        """The charge as it is after the change, or was before where nothing is left of it."""
        return self.after or self.before

    @property
    def amounts(self) -> Amounts:
        nothing = 0 * self.charge.amount
        return Amounts(*(charge.amount if charge else nothing for charge in (self.before, self.after)))


@dataclass(frozen=True)
class StandingPart:
    """One part of a charge that was billed, and what is due for it by now.

    `amounts` heed waivers, as a run does. What cannot be compared with what is due stands as it was billed.
    """

    key: ChargeKey
    site: SiteFacts | None
    charge: Billed
    billed: BilledPart
    amounts: Amounts


@dataclass(frozen=True)
class Difference:
    """What a change makes of what falls due, and of what was billed."""

    due: tuple[DuePart, ...] = ()
    billed: tuple[StandingPart, ...] = ()
    never_billed: tuple[DuePart, ...] = ()

    @property
    def totals(self) -> list[Group]:
        """What falls due by annual period."""
        found = grouped(self.due, by=lambda part: part.charge.period.number, of=lambda part: part.charge.period)
        return sorted(found, key=lambda group: group.of.number)

    @property
    def changed(self) -> tuple[StandingPart, ...]:
        """Of what was billed, that for which another amount is due."""
        return tuple(part for part in self.billed if part.amounts.difference)

    @property
    def documents(self) -> tuple[str, ...]:
        """The numbers of the documents in which that was billed."""
        return documents_of(self.changed)

    @property
    def corrections(self) -> Amounts:
        """What a run bills of what was billed before, or credits."""
        due, billed = Amounts.total(part.amounts for part in self.billed), billed_amount(self.billed)
        return Amounts(due.before - billed, due.after - billed)

    @property
    def to_bill(self) -> Amounts:
        """What a run bills or credits in all."""
        return Amounts.total([self.corrections, *(part.amounts for part in self.never_billed)])


def documents_of(parts: Iterable[StandingPart]) -> tuple[str, ...]:
    """Return the numbers of the documents that have billed some parts, each once."""
    return tuple(dict.fromkeys(number for part in parts for number in part.billed.documents))


def billed_amount(parts: Iterable[StandingPart]) -> Decimal:
    """Return what was billed of some parts."""
    return sum((part.billed.amount for part in parts), NOTHING)


def falling_due(*, before: Iterable[AnyCharge], after: Iterable[AnyCharge], through: date) -> Amounts:
    """Return what of some charges falls due through a day."""
    sums = (sum((each.amount for each in charges if each.due_on <= through), NOTHING) for charges in (before, after))
    return Amounts(*sums)


def compare(
    *,
    before: Due | NotInForce,
    after: Due,
    billed: Mapping[ChargeKey, Billed],
    sites: Mapping[int, SiteFacts],
) -> Difference:
    """Return what is due before and after a change, part by part, and what was billed with what is due for it.

    Where nothing was in force before, nothing fell due, and what was billed stands for what was due. Parts are in the
    order in which they fall due after the change, what was billed in the order of `compared`.
    """
    was, now = _by_part(before), _by_part(after)
    due = {place: DuePart(was.get(place), now.get(place)) for place in {**now, **was}}
    return Difference(
        due=tuple(due.values()),
        billed=tuple(_standing_parts(before, after, billed, sites)),
        never_billed=tuple(part for (key, number), part in due.items() if number not in _parts_billed(billed, key)),
    )


def _by_part(due: Due | NotInForce) -> dict[Place, AnyCharge]:
    return {} if isinstance(due, NotInForce) else {(charge.key, charge.part): charge for charge in due.charges}


def _parts_billed(billed: Mapping[ChargeKey, Billed], key: ChargeKey) -> Collection[int]:
    return billed[key].parts if key in billed else ()


def _standing_parts(
    before: Due | NotInForce, after: Due, billed: Mapping[ChargeKey, Billed], sites: Mapping[int, SiteFacts]
) -> Iterator[StandingPart]:
    was, now = (_standing(due, billed, sites) for due in (before, after))
    for key, number in {**now, **was}:
        charge = billed[key]
        part = charge.parts[number]
        amounts = Amounts(*(due.get((key, number), part.amount) for due in (was, now)))
        yield StandingPart(key, sites.get(charge.site_key), charge, part, amounts)


def _standing(
    due: Due | NotInForce, billed: Mapping[ChargeKey, Billed], sites: Mapping[int, SiteFacts]
) -> dict[Place, Decimal]:
    """What is due for each part that was billed and can be compared."""
    if isinstance(due, NotInForce):
        return {}
    rows = compared(due=due, billed=billed, sites=sites)
    return {(key, part.number): part.due for key, _was, parts in rows for part in parts}
