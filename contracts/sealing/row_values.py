"""The values of a row as a digest takes them: amounts in whole hundredths, other rows by their keys."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from django.db import models


def row_values(row: models.Model, columns: Iterable[str]) -> dict[str, object]:
    """Return what some columns of a row hold, by name; raises FieldDoesNotExist for one that is no more."""
    written = _written(type(row), tuple(columns))
    return {name: write(getattr(row, attname)) for name, attname, write in written}


@lru_cache
def _written(model: type[models.Model], columns: tuple[str, ...]) -> tuple[tuple[str, str, Callable], ...]:
    """Columns with their attributes, and how a digest writes the value of each."""
    fields = [(name, model._meta.get_field(name)) for name in columns]
    return tuple((name, f.attname, getattr(f, "digest_value", f.get_prep_value)) for name, f in fields)
