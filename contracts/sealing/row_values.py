"""The values of a row as a digest takes them: amounts in whole hundredths, other rows by their keys."""

from collections.abc import Iterable
from functools import lru_cache

from django.db import models


def row_values(row: models.Model, columns: Iterable[str]) -> dict[str, object]:
    """Return what some columns of a row hold, by name; raises FieldDoesNotExist for one that is no more."""
    fields = _fields(type(row), tuple(columns))
    return {name: field.get_prep_value(getattr(row, field.attname)) for name, field in fields}


@lru_cache
def _fields(model: type[models.Model], columns: tuple[str, ...]) -> tuple[tuple[str, models.Field], ...]:
    return tuple((name, model._meta.get_field(name)) for name in columns)
