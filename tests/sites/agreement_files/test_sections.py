"""The table of sections says what the published form says, and names columns that there are."""

from collections.abc import Mapping

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from sites.agreement_files.schema import schema
from sites.agreement_files.sections import AGREEMENT, CHARGED_LEVELS, FACTS, LINES, SECTIONS, WITHDRAWN, Rows

FORMS = {
    **{"parties": "party", "amendments": "amendment", "readings": "reading", "sites": "site", "reviews": "review"},
    **{"quotations": "quotation", "orders": "order", "lines": "reviewLine"},
    "withdrawn_signatures": "withdrawnSignature",
}
"""Definitions of the published form whose name is not that of their section."""
MODELS = {
    **{"parties": "contracts.Party", "agreement": "contracts.Agreement", "amendments": "contracts.Amendment"},
    **{"readings": "contracts.ChosenReading", "sites": "sites.Site", "reviews": "sites.RenewalReview"},
    **{"lines": "sites.ReviewLine", "charged_levels": "sites.ChargedLevel"},
    **{"withdrawn_signatures": "contracts.WithdrawnSignature"},
    **{section.name: f"sites.{section.model}" for section in FACTS},
}
ROWS = pytest.mark.parametrize(
    "rows", [*SECTIONS, AGREEMENT, CHARGED_LEVELS, LINES, WITHDRAWN], ids=lambda rows: rows.name
)


@ROWS
def test_table_and_published_form_name_the_same_fields(rows: Rows):
    definitions = schema()["$defs"]
    if rows is CHARGED_LEVELS:
        form = definitions["site"]["properties"]["charged_levels"]["items"]
    else:
        form = definitions[FORMS.get(rows.name, rows.name)]

    named = {*rows.fields, *(part.name for part in rows.parts)} | ({"replaces"} if rows.is_numbered else set())
    assert named == set(form["properties"])
    assert {*rows.may_fill, *rows.until_sealed, *rows.sealed_by, *rows.later} <= named


@ROWS
def test_every_field_has_its_column(rows: Rows):
    def columns(fields: Mapping) -> list[str]:
        return [one for held in fields.values() for one in (columns(held) if isinstance(held, Mapping) else [held])]

    model, missing = apps.get_model(MODELS[rows.name]), []
    for column in columns(rows.fields):
        try:
            model._meta.get_field(column.split(".")[0])
        except FieldDoesNotExist:
            missing.append(column)

    assert missing == (["number"] if rows.is_numbered else [])
