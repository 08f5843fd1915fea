"""Hours and integration written as parts of an agreement file, always in the same order."""

from collections.abc import Iterable, Mapping

from contracts.models import Agreement
from sites.agreement_files.agreement_file import FACTS, FactKey
from sites.agreement_files.stated import stated
from sites.models import BlockPurchase, IntegrationOrder, Quotation, WorkEntry


def export_facts(agreement: Agreement) -> dict[str, list[dict]]:
    """Return the purchases, work entries, quotations and orders of an agreement; four queries.

    Who recorded a row, the file that it came from and whether it is billed belong to this database and are not
    exported; neither is the document of a quotation.
    """
    return {
        "blocks": _in_order("blocks", _linked(_numbered("blocks", _blocks(agreement)))),
        "work": _in_order("work", _linked(_numbered("work", _work(agreement)))),
        "quotations": sorted(_quotations(agreement), key=lambda row: row["number"]),
        "orders": _in_order("orders", _linked(_numbered("orders", _orders(agreement)))),
    }


def _taken_back(row: BlockPurchase | WorkEntry | IntegrationOrder) -> dict:
    return stated(on=row.reversed_on, reason=row.reversal_reason)


def _blocks(agreement: Agreement) -> Iterable[dict]:
    for row in BlockPurchase.objects.filter(agreement=agreement).order_by("pk"):
        yield stated(
            pk=row.pk,
            bought_on=row.bought_on,
            blocks=row.blocks,
            reference=row.reference,
            replaces_pk=row.replaces_id,
            reversed=_taken_back(row),
            demonstration=row.is_demonstration,
        )


def _work(agreement: Agreement) -> Iterable[dict]:
    for row in WorkEntry.objects.filter(site__agreement=agreement).select_related("site").order_by("pk"):
        yield stated(
            pk=row.pk,
            date=row.worked_on,
            site=str(row.site),
            service=row.service,
            hours=row.hours,
            person=row.person,
            reference=row.reference,
            replaces_pk=row.replaces_id,
            reversed=_taken_back(row),
            demonstration=row.is_demonstration,
        )


def _quotations(agreement: Agreement) -> Iterable[dict]:
    for row in Quotation.objects.filter(site__agreement=agreement).select_related("site").order_by("pk"):
        yield stated(
            number=row.number,
            site=str(row.site),
            dated_on=row.dated_on,
            price=row.price,
            customer=stated(name=row.customer_signer, signed_on=row.customer_signed_on),
            supplier=stated(name=row.supplier_signer, signed_on=row.supplier_signed_on),
        )


def _orders(agreement: Agreement) -> Iterable[dict]:
    rows = IntegrationOrder.objects.filter(site__agreement=agreement).select_related("site", "quotation")
    for row in rows.order_by("pk"):
        yield stated(
            pk=row.pk,
            ordered_on=row.ordered_on,
            site=str(row.site),
            reference=row.reference,
            duplicate_reason=row.duplicate_reason,
            replaces_pk=row.replaces_id,
            quotation=row.quotation.number if row.quotation else None,
            completed_on=row.completed_on,
            reversed=_taken_back(row),
            demonstration=row.is_demonstration,
        )


def _numbered(section: str, rows: Iterable[dict]) -> list[dict]:
    """Number the rows that say the same, in the order in which they were recorded; the first one carries no number."""
    key, seen, numbered = FACTS[section][1], {}, []
    for row in rows:
        message: FactKey = key(row)[:-1]
        seen[message] = number = seen.get(message, 0) + 1
        numbered.append(_with_number(row, number))
    return numbered


_AFTER = {"reference", "person", "site", "blocks", "hours", "bought_on", "ordered_on", "date", "service", "pk"}


def _with_number(row: dict, number: int) -> dict:
    """Put the number after what tells the row, before what happened to it."""
    if number == 1:
        return row
    message = {name: value for name, value in row.items() if name in _AFTER}
    return {**message, "number": number, **{name: value for name, value in row.items() if name not in _AFTER}}


def _linked(rows: list[dict]) -> list[dict]:
    """Name the row in whose place another one stands by what tells it from others."""
    by_key = {row["pk"]: row for row in rows}
    for row in rows:
        if "replaces_pk" in row:
            row["replaces"] = _reference(by_key[row.pop("replaces_pk")])
    return rows


def _reference(row: Mapping) -> dict:
    names = ("bought_on", "ordered_on", "date", "site", "service", "person", "reference", "number")
    return {name: row[name] for name in names if name in row}


def _in_order(section: str, rows: Iterable[dict]) -> list[dict]:
    key = FACTS[section][1]
    ordered = sorted(rows, key=key)
    return [{name: value for name, value in row.items() if name != "pk"} for row in ordered]
