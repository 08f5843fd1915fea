"""Rows of the database as an agreement file holds them, and back: both ways by the fields of a section."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.apps import apps
from django.db import models

from contracts.fields import amounts_of
from contracts.models import Agreement, ServiceLevel
from sites.agreement_files.agreement_file import stated
from sites.agreement_files.schedule_entry import money
from sites.agreement_files.sections import Fields, Key, Rows
from sites.models import Site


def written(row: models.Model, fields: Fields) -> dict:
    """Return a row as the file holds it; what is empty is left out."""
    return stated(
        **{
            name: written(row, column) if isinstance(column, Mapping) else _plain(name, _value(row, column))
            for name, column in fields.items()
        }
    )


def written_with_parts(row: models.Model, section: Rows) -> dict:
    """Return a row as the file holds it, with the rows of its parts that it brings along."""
    parts = {
        part.name: [written(one, part.fields) for one in getattr(row, part.rows)] for part in section.parts if part.rows
    }
    return {**written(row, section.fields), **stated(**parts)}


def _value(row: models.Model, path: str) -> object:
    for name in path.split("."):
        row = None if row is None else getattr(row, name)
    return row


def _plain(name: str, value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, ServiceLevel):
        amendment = value.schedule.amendment
        return f"{amendment.number if amendment else 0}/{value.code}"
    if isinstance(value, Site):
        return str(value)
    return value.splitlines() if name == "address" else _sorted(value)


def _sorted(value: object) -> object:
    """Sort the keys of frozen evidence: PostgreSQL returns them in an order of its own."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value


def read(model: type[models.Model], fields: Fields, row: Mapping) -> dict[str, object]:
    """Return the values of a row of the file by column; what refers to another row is left to the caller."""
    columns = {column.name: column for column in model._meta.concrete_fields if not column.is_relation}
    values = {}
    for name, value in row.items():
        column = fields.get(name)
        if isinstance(column, Mapping):
            values |= read(model, column, value)
        elif column in columns:
            values[column] = columns[column].to_python("\n".join(value) if isinstance(value, list) else value)
    return values


# ---- facts -------------------------------------------------------------------------------------------------------


def model_of(section: Rows) -> type[models.Model]:
    return apps.get_model("sites", section.model)


def facts_on_file(agreement: Agreement, section: Rows) -> dict[Key, tuple[models.Model, dict]]:
    """Return the facts of a section by key, each as a row and as the file holds it; one query.

    Those that say the same are numbered as they were recorded; the first one carries no number.
    """
    model = model_of(section)
    related = [name for name in ("site", "quotation") if name in section.fields]
    rows = model._base_manager.filter(**{section.of_agreement: agreement}).select_related(*related, *amounts_of(model))
    found: dict[Key, tuple[models.Model, dict]] = {}
    alike: Counter = Counter()
    for row in rows.order_by("pk"):
        if section.is_numbered:
            row.number = None
            key = section.key(written(row, section.fields))
            alike[key] += 1
            row.number = alike[key] if alike[key] > 1 else None
        entry = written(row, section.fields)
        found[section.key(entry)] = (row, entry)
    return found


def exported_facts(agreement: Agreement, section: Rows) -> list[dict]:
    """Return the facts of a section by key, each with the one in whose place it stands; one query."""
    stored = facts_on_file(agreement, section)
    identities = {row.pk: section.identity(entry) for row, entry in stored.values()}
    entries = []
    for _key, (row, entry) in sorted(stored.items(), key=lambda pair: pair[0]):
        replaced = getattr(row, "replaces_id", None)
        entries.append({**entry, "replaces": identities[replaced]} if replaced else entry)
    return entries
