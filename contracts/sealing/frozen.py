"""Sealed rows: the base model and queryset that refuse to change them. `guards` holds the triggers behind both."""

from collections.abc import Iterable

from django.db import models

from contracts.sealing.guards import CLOSED, MESSAGE, Closing, Seal
from contracts.sealing.histories import anchor
from contracts.sealing.ledger_lines import CHANGED, RECORDED


class SealedRow(Exception):
    """A sealed or closed row was about to be changed or deleted; the message names it and the way to correct it."""


def _sealed(seal: Seal) -> models.Q:
    if seal.field is None:
        return models.Q()
    return models.Q(**{"__".join((*seal.via, seal.field)) + "__isnull": False})


def _closed(model: type[models.Model]) -> models.Q:
    """Rows whose values are closed by a signature, and that are not sealed yet."""
    closing, holder = model.closing, model
    for name in closing.via:
        holder = holder._meta.get_field(name).related_model
    found = models.Q()
    for name in closing.fields:
        found |= models.Q(**{"__".join((*closing.via, name)) + "__isnull": False})
    return found & models.Q(**{"__".join((*closing.via, holder.seal.field)) + "__isnull": True})


class FrozenQuerySet(models.QuerySet):
    """A queryset that refuses to update or delete sealed rows, or to add rows to a sealed parent."""

    def update(self, **kwargs):
        """Update the rows; raises SealedRow, and changes nothing, when one of them is sealed or closed."""
        seal, names = self.model.seal, _column_names(self.model, kwargs)
        if names - set(seal.once) and (not seal.columns or names & set(seal.columns)):
            self._refuse_sealed()
        elif names & set(seal.once):
            self._refuse_sealed(without=[name for name in seal.once if name in names])
        if self.model.closing is not None and not names <= set(self.model.closing.leaves):
            self._refuse_closed()
        keys = list(self.order_by().values_list("pk", flat=True)) if seal.history else ()
        updated = super().update(**kwargs)
        if keys:
            anchor(self.model, keys, CHANGED, using=self.db)
        return updated

    def delete(self):
        """Delete the rows; raises SealedRow, and deletes nothing, when one of them is sealed or closed."""
        self._refuse_sealed()
        if self.model.closing is not None:
            self._refuse_closed()
        return super().delete()

    def bulk_create(self, objs, *args, **kwargs):
        """Add rows; raises SealedRow when one belongs to a sealed or closed parent."""
        objs = list(objs)
        for row in objs:
            row.refuse_sealed_parent()
        created = super().bulk_create(objs, *args, **kwargs)
        if self.model.seal.history and created:
            anchor(self.model, [row.pk for row in created], RECORDED, using=self.db)
        return created

    def _refuse_sealed(self, *, without: Iterable[str] = ()):
        """Refuse when a row is sealed; rows whose columns `without` are empty may still be given them."""
        rows = self.model._base_manager.using(self.db)
        if without:
            given = models.Q()
            for name in without:
                empty = {f"{name}__isnull": True} if self.model._meta.get_field(name).null else {name: ""}
                given |= ~models.Q(**empty)
            rows = rows.filter(given)
        sealed = rows.filter(pk__in=self.order_by().values("pk")).filter(_sealed(self.model.seal)).first()
        if sealed is not None:
            raise SealedRow(sealed.sealed_message())

    def _refuse_closed(self):
        rows = self.model._base_manager.using(self.db).filter(pk__in=self.order_by().values("pk"))
        closed = rows.filter(_closed(self.model)).first()
        if closed is not None:
            raise SealedRow(closed.closed_message())


def _column_names(model: type[models.Model], kwargs: Iterable[str]) -> set[str]:
    return {model._meta.get_field(name).name for name in kwargs}


class FrozenModel(models.Model):
    """A model whose rows cannot be changed or deleted once they are sealed, nor their values once they are closed."""

    seal: Seal
    closing: Closing | None = None
    objects = FrozenQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, **kwargs):
        """Save the row; raises SealedRow when it is sealed or closed in the database, or would join such a parent."""
        if self._state.adding:
            self.refuse_sealed_parent()
        elif self._sealed_columns(kwargs.get("update_fields")):
            stored = type(self)._base_manager.filter(pk=self.pk).filter(_sealed(self.seal)).first()
            if stored is not None and self._differs(stored, kwargs.get("update_fields")):
                raise SealedRow(stored.sealed_message())
            if stored is None and self.seal.joins:
                self._refuse_moving()
        if not self._state.adding and self.closing is not None:
            self._refuse_closed_values(kwargs.get("update_fields"))
        event = RECORDED if self._state.adding else CHANGED
        super().save(**kwargs)
        if self.seal.history:
            anchor(type(self), [self.pk], event, using=self._state.db)

    def delete(self, **kwargs):
        """Delete the row; raises SealedRow when it is sealed or closed."""
        stored = type(self)._base_manager.filter(pk=self.pk)
        if stored.filter(_sealed(self.seal)).exists():
            raise SealedRow(self.sealed_message())
        if self.closing is not None and stored.filter(_closed(type(self))).exists():
            raise SealedRow(self.closed_message())
        return super().delete(**kwargs)

    @property
    def is_sealed(self) -> bool:
        """Whether the row, as it was loaded, is sealed."""
        return self.seal.field is None or self._sealed_on() is not None

    @property
    def is_closed(self) -> bool:
        """Whether a signature has closed the row's values, as it was loaded; a sealed row is more than closed."""
        if self.closing is None:
            return False
        holder = _follow(self, self.closing.via)
        signed = holder is not None and any(getattr(holder, name) is not None for name in self.closing.fields)
        return signed and not holder.is_sealed

    def sealed_message(self) -> str:
        """The sentence a person reads when the row refuses to change."""
        return f"{self._named()} {MESSAGE}. {self.seal.correction}"

    def closed_message(self) -> str:
        """The sentence a person reads when the row's values are closed by a signature."""
        return f"{self._named()} {CLOSED}. {self.closing.correction}"

    def _named(self) -> str:
        noun, name = str(self._meta.verbose_name).capitalize(), str(self)
        return name if name.lower().startswith(noun.lower()) else f"{noun} {name}"

    def refuse_sealed_parent(self):
        """Raise SealedRow when the row would be added to a sealed or closed parent."""
        if self.seal.via and self._sealed_on() is not None:
            raise SealedRow(self.sealed_message())
        if self.closing is not None and self.closing.via and self.is_closed:
            raise SealedRow(self.closed_message())
        joins = self.seal.joins and not (self.seal.joins_sealed and self.is_sealed)
        joined = getattr(self, self.seal.joins) if joins else None
        if joined is not None and joined.is_sealed:
            raise SealedRow(joined.sealed_message())

    def _refuse_closed_values(self, update_fields: Iterable[str] | None):
        """Raise SealedRow when the row is closed in the database and would be given other values."""
        names = {field.name for field in self._meta.concrete_fields} - set(self.closing.leaves)
        names &= names if update_fields is None else set(update_fields)
        stored = type(self)._base_manager.filter(pk=self.pk).filter(_closed(type(self))).first() if names else None
        fields = [self._meta.get_field(name).attname for name in names]
        if stored is not None and any(getattr(self, name) != getattr(stored, name) for name in fields):
            raise SealedRow(stored.closed_message())

    def _sealed_on(self) -> object:
        """What the seal's field holds, on this row or the one it hangs on; None where it hangs on none."""
        row = _follow(self, self.seal.via)
        return None if row is None else getattr(row, self.seal.field)

    def _refuse_moving(self):
        """Raise SealedRow when the row would move to a sealed parent."""
        key = self._meta.get_field(self.seal.joins).attname
        stored = type(self)._base_manager.filter(pk=self.pk).values_list(key, flat=True).first()
        if stored != getattr(self, key):
            self.refuse_sealed_parent()

    def _sealed_columns(self, update_fields: Iterable[str] | None) -> set[str]:
        guarded = set(self.seal.columns) or {field.name for field in self._meta.concrete_fields}
        guarded |= set(self.seal.once)
        return guarded if update_fields is None else guarded & set(update_fields)

    def _differs(self, stored: models.Model, update_fields: Iterable[str] | None) -> bool:
        if not self.seal.columns and not self.seal.once:
            return True
        names = {self._meta.get_field(name).attname for name in self._sealed_columns(update_fields)}
        once = {self._meta.get_field(name).attname for name in self.seal.once}
        names -= {name for name in once if not getattr(stored, name)}
        return any(getattr(self, name) != getattr(stored, name) for name in names)


def _follow(row: models.Model, via: Iterable[str]) -> models.Model | None:
    """Follow foreign keys from a row; None where one of them is empty."""
    for name in via:
        row = getattr(row, name)
        if row is None:
            return None
    return row
