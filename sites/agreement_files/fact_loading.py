"""The hours and the integration of an agreement file, written in a fixed number of queries once they are checked."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User

from contracts.models import Agreement
from contracts.money import ZERO
from contracts.periods import day_text
from contracts.sealing.frozen import FrozenModel
from sites.agreement_files.agreement_file import Document, Problem, block_key, day_of, order_key, work_key
from sites.hours.people import person_key
from sites.hours.prices import hours_text
from sites.hours.queries import PersonDay, hours_on_file
from sites.hours.refusals import MOST_HOURS
from sites.models import BlockPurchase, IntegrationOrder, Quotation, Site, WorkEntry

BATCH = 1000


def day_problems(document: Document, stored: Document) -> Iterator[Problem]:
    """Yield the new entries of a file with which a person's day gets more than 24 hours, under all agreements.

    Reversed entries do not count, nor those on file that the file reverses. One query.
    """
    on_file = {work_key(row): row for row in stored.get("work", [])}
    new: dict[PersonDay, list[tuple[str, Decimal]]] = {}
    freed: dict[PersonDay, Decimal] = {}
    for index, row in enumerate(document.get("work", [])):
        day, earlier = (person_key(row["person"]), day_of(row["date"])), on_file.get(work_key(row))
        if earlier is None and "reversed" not in row and Decimal(row["hours"]) <= MOST_HOURS:
            new.setdefault(day, []).append((f"work[{index}].hours", Decimal(row["hours"])))
        elif earlier is not None and "reversed" in row and "reversed" not in earlier:
            freed[day] = freed.get(day, ZERO) + Decimal(earlier["hours"])
    filed = hours_on_file(days={day for _person, day in new}) if new else {}
    for day, rows in new.items():
        total = filed.get(day, ZERO) - freed.get(day, ZERO)
        for place, hours in rows:
            total += hours
            if total > MOST_HOURS:
                message = (
                    f"With this entry the person would have {hours_text(total)} on {day_text(day[1])}; a day has 24."
                )
                yield Problem(place, f"{message} Correct the day, the person or the hours.")


def quotation_problems(document: Document, agreement: Agreement | None) -> Iterator[Problem]:
    """Yield the quotations whose number is on file for another agreement. One query."""
    numbers = {row["number"]: index for index, row in enumerate(document.get("quotations", []))}
    if not numbers:
        return
    others = Quotation.objects.filter(number__in=list(numbers)).exclude(site__agreement=agreement)
    for number in others.order_by("number").values_list("number", flat=True):
        message = f"Quotation {number} is on file for another agreement. Check the number."
        yield Problem(f"quotations[{numbers[number]}].number", message)


class FactWriting:
    """Writes the facts that a file adds, and what happened since to those on file."""

    def __init__(self, agreement: Agreement, sites: Iterable[Site], *, on: date, by: User | None):
        self.agreement, self.on, self.by = agreement, on, by
        self.sites = {str(site): site for site in sites}
        self.recorded = {"recorded_on": on, "recorded_by": by}
        self.refused: list[Problem] = []

    def write(self, additions: Document) -> list[Problem]:
        """Write the rows of every section, and return why some of them cannot be."""
        self._blocks(additions.get("blocks", []))
        self._work(additions.get("work", []))
        self._quotations(additions.get("quotations", []))
        self._orders(additions.get("orders", []))
        return self.refused

    def _blocks(self, rows: list[Mapping]) -> None:
        if not rows:
            return
        stored = _by_key(BlockPurchase.objects.filter(agreement=self.agreement), _block_said)
        new, changed = {}, []
        for row in rows:
            purchase = stored.get(block_key(row))
            if purchase is not None:
                changed.append(self._take_back(purchase, row))
                continue
            purchase = BlockPurchase(
                agreement=self.agreement,
                bought_on=day_of(row["bought_on"]),
                blocks=row["blocks"],
                reference=row.get("reference", ""),
                is_demonstration=row.get("demonstration", False),
                **self.recorded,
            )
            new[block_key(row)] = self._take_back(purchase, row)
        BlockPurchase.objects.bulk_create(new.values(), batch_size=BATCH)
        BlockPurchase.objects.bulk_update(changed, TAKEN_BACK, batch_size=BATCH)
        _link(BlockPurchase, rows, new, stored, block_key)

    def _work(self, rows: list[Mapping]) -> None:
        if not rows:
            return
        filed = WorkEntry.objects.filter(site__agreement=self.agreement).select_related("site")
        stored = _by_key(filed, _work_said)
        new, changed = {}, []
        for row in rows:
            entry = stored.get(work_key(row))
            if entry is not None:
                changed.append(self._take_back(entry, row))
                continue
            entry = WorkEntry(
                site=self.sites[row["site"]],
                worked_on=day_of(row["date"]),
                service=row["service"],
                hours=Decimal(row["hours"]),
                person=row["person"],
                reference=row.get("reference", ""),
                is_demonstration=row.get("demonstration", False),
                **self.recorded,
            )
            new[work_key(row)] = self._take_back(entry, row)
        WorkEntry.objects.bulk_create(new.values(), batch_size=BATCH)
        WorkEntry.objects.bulk_update(changed, TAKEN_BACK, batch_size=BATCH)
        _link(WorkEntry, rows, new, stored, work_key)

    def _quotations(self, rows: list[Mapping]) -> None:
        Quotation.objects.bulk_create(self._quotation(row) for row in rows)

    def _quotation(self, row: Mapping) -> Quotation:
        signed = {side: day_of(row[side]["signed_on"]) for side in ("customer", "supplier")}
        return Quotation(
            site=self.sites[row["site"]],
            number=row["number"],
            dated_on=day_of(row["dated_on"]),
            price=Decimal(row["price"]),
            customer_signer=row["customer"]["name"],
            customer_signed_on=signed["customer"],
            supplier_signer=row["supplier"]["name"],
            supplier_signed_on=signed["supplier"],
            executed_on=max(signed.values()),
            **self.recorded,
        )

    def _orders(self, rows: list[Mapping]) -> None:
        if not rows:
            return
        quotations = {row.number: row for row in Quotation.objects.filter(site__agreement=self.agreement)}
        filed = IntegrationOrder.objects.filter(site__agreement=self.agreement).select_related("site")
        stored = _by_key(filed, _order_said)
        new, changed, quoted, completed = {}, [], [], []
        for row in rows:
            order = stored.get(order_key(row))
            if order is None:
                new[order_key(row)] = order = self._order(row)
            else:
                changed.append(order)
                quoted += [order] if "quotation" in row and order.quotation_id is None else []
                completed += [order] if "completed_on" in row and order.completed_on is None else []
            if "quotation" in row:
                order.quotation = quotations[row["quotation"]]
            if "completed_on" in row and order.completed_on is None:
                order.completed_on, order.completed_by = day_of(row["completed_on"]), self.by
            self._take_back(order, row)
        IntegrationOrder.objects.bulk_update(quoted, ["quotation"], batch_size=BATCH)
        IntegrationOrder.objects.bulk_update(completed, ["completed_on", "completed_by"], batch_size=BATCH)
        IntegrationOrder.objects.bulk_update(changed, TAKEN_BACK, batch_size=BATCH)
        IntegrationOrder.objects.bulk_create(new.values(), batch_size=BATCH)
        _link(IntegrationOrder, rows, new, stored, order_key)

    def _order(self, row: Mapping) -> IntegrationOrder:
        return IntegrationOrder(
            site=self.sites[row["site"]],
            ordered_on=day_of(row["ordered_on"]),
            reference=row.get("reference", ""),
            duplicate_reason=row.get("duplicate_reason", ""),
            is_demonstration=row.get("demonstration", False),
            **self.recorded,
        )

    def _take_back(self, fact: BlockPurchase | WorkEntry | IntegrationOrder, row: Mapping):
        if "reversed" in row and fact.reversed_on is None:
            fact.reversed_on, fact.reversed_by = day_of(row["reversed"]["on"]), self.by
            fact.reversal_reason = row["reversed"]["reason"]
        return fact


def _link(model: type[FrozenModel], rows: list[Mapping], new: Mapping, stored: Mapping, key: Callable) -> None:
    """Say of new rows in whose place they stand, in the file or on file."""
    replacing = []
    for row in rows:
        if "replaces" in row and key(row) in new:
            fact, wanted = new[key(row)], key(row["replaces"])
            fact.replaces = new.get(wanted) or stored[wanted]
            replacing.append(fact)
    model.objects.bulk_update(replacing, ["replaces"], batch_size=BATCH)


TAKEN_BACK = ("reversed_on", "reversed_by", "reversal_reason")


def _block_said(row: BlockPurchase) -> tuple:
    return row.bought_on.isoformat(), row.reference


def _work_said(row: WorkEntry) -> tuple:
    return row.worked_on.isoformat(), str(row.site), row.service, row.person, row.reference


def _order_said(row: IntegrationOrder) -> tuple:
    return row.ordered_on.isoformat(), str(row.site), row.reference


def _by_key(rows, message) -> dict:
    """The rows on file by the key that a file gives them: those alike are numbered as they were recorded."""
    seen: dict = {}
    found = {}
    for row in rows.order_by("pk"):
        seen[message(row)] = number = seen.get(message(row), 0) + 1
        found[(*message(row), number)] = row
    return found
