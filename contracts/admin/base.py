"""What every admin page shares: sealed rows are shown and not changed, amounts are readable, every input has a name."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten, flatten_fieldsets
from django.contrib.admin.widgets import AdminTextareaWidget, AutocompleteSelect
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from contracts.admin.opened import CarriesVersion, was_and_is
from contracts.admin.shell import InShell, may_view
from contracts.fields import HundredthsField
from contracts.money import money_text
from contracts.pages.inputs import DayField, DayInput
from contracts.periods import day_text
from contracts.sealing.frozen import FrozenModel, SealedRow
from contracts.sealing.guards import CLOSED, MESSAGE

INPUTS = {
    models.DateField: {"form_class": DayField, "widget": DayInput},
    models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})},
}


NOTHING = "–"
LONGEST_KEY = 18
CALENDAR = {"year": (1900, 2199), "month": (1, 12), "day": (1, 31)}
_DAY = re.compile(r"(19|20|21)[0-9]{2}-", re.ASCII)


@lru_cache
def amount(name: str, description: str) -> Callable[[models.Model], str]:
    """Return a column that shows an amount of money as a reader expects it: `163,000.00`."""

    @admin.display(description=description, ordering=name)
    def money(row):
        value = getattr(row, name)
        return NOTHING if value is None else money_text(value)

    return money


@lru_cache
def named(name: str, description: str) -> Callable[[models.Model], str]:
    """Return a column that names another row, without a link to a page that the reader may not open."""

    @admin.display(description=description, ordering=name)
    def column(row):
        value = getattr(row, name)
        return NOTHING if value is None else str(value)

    return column


def readable(model: type[models.Model], names: Iterable) -> list:
    """Return field names with every amount replaced by its readable column."""
    fields = {field.name: field for field in model._meta.fields if isinstance(field, HundredthsField)}
    return [amount(name, str(fields[name].verbose_name)) if name in fields else name for name in names]


class NamedInputs:
    """A form of an inline: its inputs stand in a table without labels, so each carries its own name."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        row = f" of {self.instance}" if self.instance.pk else ", new row"
        for name, field in self.fields.items():
            _name_input(field, f"{field.label or name}{row}")


class NamedFormSet(forms.BaseInlineFormSet):
    """A formset whose delete boxes say what they delete, and that draws no row that was not sent."""

    def total_form_count(self):
        """Return how many rows a form has: those on file and those sent, however many it says that it sends."""
        total = super().total_form_count()
        if not self.is_bound:
            return total
        row = re.compile(rf"{re.escape(self.prefix)}-([0-9]{{1,4}})-")
        sent = {int(found[1]) + 1 for name in self.data if (found := row.match(name))}
        return min(total, max({len(self.get_queryset()), *sent}))

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if forms.formsets.DELETION_FIELD_NAME in form.fields:
            what = form.instance if form.instance.pk else "new row"
            _name_input(form.fields[forms.formsets.DELETION_FIELD_NAME], f"Delete {what}")


def _name_input(field: forms.Field, name: str) -> None:
    widget = getattr(field.widget, "widget", field.widget)
    if not widget.is_hidden:
        widget.attrs.setdefault("aria-label", name[:1].upper() + name[1:])


class KeySelect(AutocompleteSelect):
    """The input of a reference to one of many rows: drawn again with what was sent, it looks up nothing but a key."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [key for key in value if _is_key(str(key))], attr)


class SuggestsRows:
    """A form whose `autocomplete_fields` suggest rows while a person types."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KeySelect(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def sealed(row: models.Model | None) -> bool:
    """Whether a row (None while one is added) is sealed."""
    return isinstance(row, FrozenModel) and row.is_sealed


def is_locked(row: models.Model | None) -> bool:
    """Whether nothing about a row may change: it is sealed, or closed with the signed document it hangs on."""
    return sealed(row) or (isinstance(row, FrozenModel) and row.is_closed and bool(row.closing.via))


class RecordInline(SuggestsRows, admin.TabularInline):
    """Rows within their parent's page; sealed with it. `obj` is the parent here."""

    extra = 0
    classes = ("plain",)
    formset = NamedFormSet
    empty_value_display = NOTHING
    formfield_overrides = INPUTS

    def sealed_with(self, parent: models.Model | None) -> bool:
        """Whether the rows are sealed or closed because their parent is."""
        return issubclass(self.model, FrozenModel) and is_locked(parent)

    def has_add_permission(self, request, obj):
        return not self.sealed_with(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return not self.sealed_with(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return not self.sealed_with(obj) and super().has_delete_permission(request, obj)

    def get_formset(self, request, obj=None, **kwargs):
        form = type(f"Named{self.form.__name__}", (NamedInputs, self.form), {})
        return super().get_formset(request, obj, **({"form": form} | kwargs))

    def get_fields(self, request, obj=None):
        names = super().get_fields(request, obj)
        return names if self.has_change_permission(request, obj) else readable(self.model, names)

    def get_readonly_fields(self, request, obj=None):
        names = [*super().get_readonly_fields(request, obj)]
        if self.fields and not self.has_change_permission(request, obj):
            names += [name for name in readable(self.model, self.fields) if callable(name)]
        return names


class ReadOnlyInline(RecordInline):
    """Rows that are only looked at within their parent's page."""

    can_delete = False

    def has_add_permission(self, request, obj):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@dataclass(frozen=True)
class EventLink:
    """A button on a record's page that leads to the page of an event, for those who may do it while it can happen."""

    title: str
    page: str
    permission: str
    offered: Callable[[models.Model], bool] = lambda row: True
    address: Callable[[models.Model], tuple] = lambda row: (row.pk,)
    removes: bool = False

    def shown(self, user, row: models.Model) -> bool:
        return user.has_perm(self.permission) and self.offered(row)

    def button(self, row: models.Model) -> tuple[str, str]:
        return self.title, reverse(self.page, args=self.address(row))


class RecordAdmin(SuggestsRows, CarriesVersion, InShell):
    """Base of every admin page: native dates, no bulk actions, buttons that lead to events, a sentence on sealed rows.

    `refusals` are the exceptions of the -ing modules that the page shows as a message.
    """

    formfield_overrides = INPUTS
    actions = None
    empty_value_display = NOTHING
    list_per_page = 50
    show_full_result_count = False
    events: ClassVar[tuple[EventLink, ...]] = ()
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    sealed_by = "Executed"

    def has_change_permission(self, request, obj=None):
        """Refuse to change sealed or closed rows, unless their seal leaves some columns free."""
        return not (is_locked(obj) and not obj.seal.columns) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        """Refuse to delete sealed or closed rows, and those that have an event of their own for it."""
        by_event = any(event.removes for event in self.events)
        return not by_event and not is_locked(obj) and super().has_delete_permission(request, obj)

    def get_inlines(self, request, obj):
        """Leave rows that are only looked at off the form of a record that is being added: there are none."""
        inlines = super().get_inlines(request, obj)
        return inlines if obj is not None else [row for row in inlines if not issubclass(row, ReadOnlyInline)]

    def get_readonly_fields(self, request, obj=None):
        names = [*super().get_readonly_fields(request, obj)]
        if sealed(obj):
            names += [name for name in obj.seal.columns if name not in names]
        if not self.has_change_permission(request, obj):
            fields = flatten_fieldsets(self.fieldsets) if self.fieldsets else flatten(self.fields or ())
            names += [name for name in self._shown(request, fields) if callable(name)]
        return names

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [(title, options | {"fields": self._lines(request, options["fields"])}) for title, options in fieldsets]

    def _lines(self, request: HttpRequest, lines: Iterable) -> list:
        """Return the lines of a fieldset as a reader sees them."""
        return [self._shown(request, [line] if isinstance(line, str) or callable(line) else line) for line in lines]

    def _shown(self, request: HttpRequest, names: Iterable) -> list:
        """Return field names as a reader sees them: readable amounts, and links only to pages that can be opened."""
        others = {field.name: field for field in self.opts.fields if field.is_relation}
        closed = {name for name, field in others.items() if not may_view(request.user, field.related_model)}
        plain = [named(name, str(others[name].verbose_name)) if name in closed else name for name in names]
        return readable(self.model, plain)

    def get_object(self, request, object_id, from_field=None):
        """Find the row by its key where the address names an empty field to find it by."""
        return super().get_object(request, object_id, from_field or None)

    def lookup_allowed(self, lookup, value, request):
        """Take from the address only what the filters beside the list say, and no day that no calendar has."""
        field, _, comparison = lookup.rpartition("__")
        if comparison in CALENDAR:
            lowest, highest = CALENDAR[comparison]
            return _is_key(value) and lowest <= int(value) <= highest
        if comparison in ("gte", "lt"):
            return bool(_DAY.match(value))
        known = not field or comparison in ("exact", "isnull")
        return known and _fits(value) and super().lookup_allowed(lookup, value, request)

    def get_changeform_initial_data(self, request):
        """Take proposals from the address, but no key that is no number."""
        initial = super().get_changeform_initial_data(request)
        keys = {field.name for field in self.opts.fields if field.is_relation}
        return {name: value for name, value in initial.items() if name not in keys or _is_key(value)}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Offer beside a reference to add what it needs; changing and deleting it stay on its own form."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        wrapper = getattr(field, "widget", None)
        left_out = ("can_change_related", "can_delete_related", "can_view_related")
        for icon in (*left_out, "can_add_related") if db_field.many_to_many else left_out:
            if hasattr(wrapper, icon):
                setattr(wrapper, icon, False)
        return field

    def construct_change_message(self, request, form, formsets, add=False):
        """Write into the history what each field was and what it is."""
        entries = super().construct_change_message(request, form, formsets, add)
        for entry in entries:
            if "changed" in entry and "name" not in entry["changed"]:
                entry["changed"]["fields"] = was_and_is(form)
        return entries

    def seal_note(self, obj: models.Model) -> str:
        """Say on the page of a sealed row since when it is sealed and how it is corrected, and why a row is closed."""
        if isinstance(obj, FrozenModel) and obj.is_closed:
            return obj.closed_message()
        if not sealed(obj) or obj.seal.field is None:
            return ""
        row = obj
        for name in obj.seal.via:
            row = getattr(row, name)
        what = "What the parties signed" if obj.seal.columns else "Everything on this page"
        return f"{self.sealed_by} on {day_text(getattr(row, obj.seal.field))}. {what} is sealed. {obj.seal.correction}"

    def page_context(self, request: HttpRequest, obj: models.Model) -> dict:
        """Give the change page of a row what its template shows beside the form."""
        return {}

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None and change:
            offered = [event for event in self.events if event.shown(request.user, obj)]
            context["events"] = [event.button(obj) for event in offered if not event.removes]
            context["removals"] = [event.button(obj) for event in offered if event.removes]
            context["seal_note"] = self.seal_note(obj)
            context.update(self.page_context(request, obj))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Answer a form. No record has the button that saves a copy: Django would look for the row of a new one."""
        if "_saveasnew" in request.POST:
            request.POST = request.POST.copy()
            del request.POST["_saveasnew"]
        page = partial(super().changeform_view, request, object_id, form_url, extra_context)
        return self._or_message(request, page)

    def delete_view(self, request, object_id, extra_context=None):
        return self._or_message(request, partial(super().delete_view, request, object_id, extra_context))

    def changelist_view(self, request, extra_context=None):
        return self._or_message(request, partial(super().changelist_view, request, extra_context))

    def _or_message(self, request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
        """Answer the request; a row that was sealed meanwhile, or an event refused, is a message and no error page."""
        try:
            return answer()
        except (SealedRow, *self.refusals) as refusal:
            text = str(refusal)
        except IntegrityError as refusal:
            message = next((message for message in (MESSAGE, CLOSED) if message in str(refusal)), None)
            if message is None:
                raise
            text = f"A row that this changes {message}. Open it again to see it as it is now."
        messages.error(request, text)
        return HttpResponseRedirect(request.get_full_path())


def _fits(value: str) -> bool:
    """Whether a value is no number, or one that a database can compare with its own."""
    with suppress(ValueError):
        return abs(int(value)) <= models.BigIntegerField.MAX_BIGINT
    return True


def _is_key(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= LONGEST_KEY


class ReadOnlyAdmin(RecordAdmin):
    """Rows that are only looked at; they are written by events."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
