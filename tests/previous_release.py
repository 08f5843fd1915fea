"""The books of the previous release: the demonstration of July 15, 1999, as that release had stored it.

Made once per release, before its migrations change, from a database that `bin/demo --no-serve` has filled:

    DATABASE_URL=sqlite:///var/contract-desk.sqlite3 python -m tests.previous_release

The rows lie in the file by table, with the migrations that made the tables.
"""

import gzip
import json
import sys
from pathlib import Path

FILE = Path(__file__).parent / "data" / "previous_release.json.gz"
APPS = ("contracts", "sites", "invoicing")


def stored_rows() -> dict:
    """Return the file: `migrations` by app, and for each model its `fields` and `rows`."""
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        return json.load(file)


def load(apps) -> dict[str, int]:
    """Store the rows through the models of the previous release; return how many there are of each model."""
    from django.core.management.color import no_style
    from django.db import connection, transaction

    stored = stored_rows()
    models = {label: apps.get_model(label) for label in stored["rows"]}
    with transaction.atomic():  # keys are checked at its end: the order of the tables does not matter
        for label, model in models.items():
            names = stored["fields"][label]
            columns = [model._meta.get_field(name) for name in names]
            model._base_manager.bulk_create(
                model(**{column.attname: column.to_python(value) for column, value in zip(columns, row, strict=True)})
                for row in stored["rows"][label]
            )
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models.values())):
            cursor.execute(statement)
    return {label: len(rows) for label, rows in stored["rows"].items()}


def write() -> None:
    """Write the file from the database of the settings."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    apps = loader.project_state().apps  # plain columns, as a migration knows them
    models = [apps.get_model("auth.User"), *(model for app in APPS for model in apps.get_app_config(app).get_models())]
    stored = {"migrations": dict(sorted(loader.graph.leaf_nodes())), "fields": {}, "rows": {}}
    stored["migrations"] = {app: name for app, name in stored["migrations"].items() if app in APPS}
    for model in models:
        label = model._meta.label
        columns = model._meta.concrete_fields
        stored["fields"][label] = [column.name for column in columns]
        stored["rows"][label] = [
            [_plain(column, row) for column in columns] for row in model._base_manager.order_by("pk").iterator()
        ]
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    FILE.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{sum(map(len, stored['rows'].values()))} rows of {len(models)} tables, {FILE.stat().st_size:,} bytes")


def _plain(column, row):
    value = column.value_from_object(row)
    return value if value is None or isinstance(value, str | int | bool | dict | list) else column.value_to_string(row)


if __name__ == "__main__":
    import django

    django.setup()
    sys.exit(write())
