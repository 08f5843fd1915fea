"""What a record said when its form was opened: an older tab never takes back what somebody has saved since.

A change form carries the values that it shows, signed. When it is sent, they are compared with what is on file, under
a lock on the row. What differs is named, with who changed it, and nothing is saved.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass, field
from functools import partial

from django import forms
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.text import Truncator

from contracts.periods import day_text

OPENED = "opened"
LONGEST = 120
KEEP = "What you typed is kept: compare it with what is on file now, and save again."
UNKNOWN = "This form does not say which version of the record it shows. Compare it with what is on file and save again."
PAST_CHANGING = "Not saved: {} can no longer be changed. Its page says since when, and what to do."
DELETE_AGAIN = "It is not deleted. Look at what is on file now, and delete it again."

Plain = str | list[str]


@dataclass(frozen=True)
class Version:
    """A record as its form shows it: the form, those of its rows by formset and key, and the last entry of its log."""

    record: models.Model
    form: forms.ModelForm
    rows: Mapping[str, Mapping[str, forms.ModelForm]]
    last_entry: int

    def values(self) -> dict[str, dict[str, dict[str, Plain]]]:
        """Every value by formset (that of the record itself has no name), key of the row and field."""
        rows = {prefix: {key: _values(form) for key, form in stored.items()} for prefix, stored in self.rows.items()}
        return {"": {"": _values(self.form)}, **rows}

    def signed(self) -> str:
        content = {"entry": self.last_entry, "values": self.values()}
        return signing.dumps(content, salt=_salt(self.record), compress=True)

    def forms(self, prefix: str) -> Mapping[str, forms.ModelForm]:
        """The forms of a formset by key; of the record itself for the empty prefix."""
        return self.rows.get(prefix, {}) if prefix else {"": self.form}


@dataclass
class Meanwhile:
    """What has changed since a form was opened: sentences about the record, and those that belong beside a field."""

    sentences: list[str] = field(default_factory=list)
    beside: dict[str, str] = field(default_factory=dict)
    opened: Mapping = field(default_factory=dict)


class OlderTab:
    """A form that was opened before somebody else saved the record: it is refused and says what has changed."""

    meanwhile: Meanwhile

    def clean(self):
        """Refuse it, beside whatever else is wrong with it."""
        data = super().clean()
        for name, sentence in self.meanwhile.beside.items():
            self.add_error(name, sentence)
        self.add_error(None, [*self.meanwhile.sentences, KEEP])
        return data


class CarriesVersion:
    """An admin page whose forms, and whose question before a deletion, carry the version that was opened."""

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        meanwhile = getattr(request, "meanwhile", None)
        return type(form.__name__, (OlderTab, form), {"meanwhile": meanwhile}) if obj and meanwhile else form

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None and self.has_change_permission(request, obj):
            context[OPENED] = (getattr(request, "on_file", None) or self._version(request, obj)).signed()
        return super().render_change_form(request, context, add, change, form_url, obj)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        page = partial(super().changeform_view, request, object_id, form_url, extra_context)
        if request.method != "POST" or object_id is None:
            return page()
        with transaction.atomic():
            row = self._locked(request, object_id)
            if row is not None and OPENED in request.POST and self._is_past_changing(request, row):
                messages.error(request, PAST_CHANGING.format(row))
                return HttpResponseRedirect(request.get_full_path())
            if row is not None and self.has_change_permission(request, row):
                request.on_file = self._version(request, row)
                request.meanwhile = changed_since(request.on_file, request.POST.get(OPENED, ""))
                if request.meanwhile:
                    request.POST = request.POST.copy()
                    _take_over(request.on_file, request)
            return page()

    def delete_view(self, request, object_id, extra_context=None):
        page: Callable[..., HttpResponse] = partial(super().delete_view, request, object_id)
        with transaction.atomic() if request.method == "POST" else nullcontext():
            row = self._locked(request, object_id)
            if row is None or not self.has_delete_permission(request, row):
                return page(extra_context)
            now = self._version(request, row)
            meanwhile = changed_since(now, request.POST.get(OPENED, "")) if request.method == "POST" else None
            if meanwhile:
                messages.error(request, " ".join([*meanwhile.sentences, *meanwhile.beside.values(), DELETE_AGAIN]))
                return HttpResponseRedirect(request.get_full_path())
            return page({**(extra_context or {}), OPENED: now.signed()})

    def _locked(self, request: HttpRequest, object_id: str) -> models.Model | None:
        """Find the row; lock it first where it is written, so that of two people who save at once the second waits."""
        row = self.get_object(request, unquote(object_id))
        if row is None or request.method != "POST":
            return row
        list(self.model._base_manager.select_for_update(no_key=True).filter(pk=row.pk).values_list("pk"))
        return self.get_object(request, unquote(object_id))

    def _is_past_changing(self, request: HttpRequest, row: models.Model) -> bool:
        """Whether a row was sealed or closed since its form was opened."""
        return self.has_change_permission(request) and not self.has_change_permission(request, row)

    def _version(self, request: HttpRequest, row: models.Model) -> Version:
        """The record as it is on file now."""
        look = copy(request)
        look.method, look.meanwhile = "GET", None
        fields = flatten_fieldsets(self.get_fieldsets(look, row))
        form = self.get_form(look, row, change=True, fields=fields)(instance=row)
        formsets, inlines = self._create_formsets(look, row, change=True)
        kept = [one for one, inline in zip(formsets, inlines, strict=True) if inline.has_change_permission(look, row)]
        rows = {one.prefix: {str(part.instance.pk): part for part in one.initial_forms} for one in kept}
        return Version(row, form, rows, _log_of(row).values_list("pk", flat=True).first() or 0)


def was_and_is(form: forms.ModelForm) -> list[str]:
    """Say of each field that a form changes what it was and what it is: `Roles from Viewer to Finance`."""
    found = []
    for name in form.changed_data:
        typed = form.fields[name]
        sides = _plain(form[name]), _plain_value(typed.prepare_value(form.cleaned_data.get(name)))
        before, after = (_text(typed, side) for side in sides)
        long = isinstance(sides[0], list) and max(len(before), len(after)) >= LONGEST
        change = f", which {_change(typed, *sides)}" if long else f" from {before} to {after}"
        found.append(f"{typed.label or name}{change}")
    return found


def changed_since(now: Version, opened: str) -> Meanwhile | None:
    """Return what has changed since a form was opened; None where that is nothing."""
    try:
        content = signing.loads(opened, salt=_salt(now.record))
    except signing.BadSignature:
        return Meanwhile([UNKNOWN])
    before, after = content["values"], now.values()
    if before == after:
        return None
    meanwhile = Meanwhile([_who(now.record, content["entry"])], opened=before)
    for prefix, key, name in _differing(before, after):
        was, becomes = (side.get(prefix, {}).get(key) for side in (before, after))
        form = now.forms(prefix).get(key)
        if form is None or was is None:
            meanwhile.sentences.append(f"A row was {'added' if was is None else 'removed'}: {_row(form, was)}.")
            continue
        sentence = _change(form.fields[name], was.get(name, ""), becomes[name])
        if prefix:
            meanwhile.sentences.append(f"{form.instance}: {form.fields[name].label} {sentence}.")
        else:
            meanwhile.beside[name] = f"{form.fields[name].label} {sentence}."
    return meanwhile


def _differing(before: Mapping, after: Mapping) -> Iterable[tuple[str, str, str]]:
    """Yield the place of each value that differs; a row that was added or removed once, without a field."""
    for prefix in after:
        old, new = before.get(prefix, {}), after[prefix]
        for key in {**old, **new}:
            if key not in old or key not in new:
                yield prefix, key, ""
                continue
            yield from ((prefix, key, name) for name in new[key] if old[key].get(name) != new[key][name])


def _take_over(now: Version, request: HttpRequest) -> None:
    """Put what is on file now into the fields that a person has left as they were opened."""
    opened = request.meanwhile.opened
    for prefix, key, name in _differing(opened, now.values()) if opened else ():
        form = now.forms(prefix).get(key)
        place = _place(request.POST, prefix, key, form)
        if form is None or place is None or not name:
            continue
        html_name, typed = f"{place}{name}", form.fields[name]
        sent = typed.widget.value_from_datadict(request.POST, request.FILES, html_name)
        if _same(typed, sent, opened[prefix][key].get(name, "")):
            _put(request.POST, html_name, typed, _plain(form[name]))


def _place(post: QueryDict, prefix: str, key: str, form: forms.ModelForm | None) -> str | None:
    """What the names of a row's inputs begin with in what was sent; None for a row that was not sent."""
    if not prefix or form is None:
        return ""
    pk = form.instance._meta.pk.name
    total = post.get(f"{prefix}-INITIAL_FORMS", "0")
    sent = range(int(total) if total.isdecimal() else 0)
    return next((f"{prefix}-{number}-" for number in sent if post.get(f"{prefix}-{number}-{pk}") == key), None)


def _put(post: QueryDict, name: str, typed: forms.Field, value: Plain) -> None:
    if isinstance(typed, forms.BooleanField):
        post.setlist(name, ["on"] if value == str(True) else [])
    else:
        post.setlist(name, value if isinstance(value, list) else [value])


def _same(typed: forms.Field, sent: object, opened: Plain) -> bool:
    """Whether what was sent is what the form was opened with."""
    try:
        return _plain_value(typed.to_python(sent)) == _plain_value(typed.to_python(opened))
    except ValidationError:
        return False


def _values(form: forms.ModelForm) -> dict[str, Plain]:
    """The values that a person can change with a form, as text."""
    shown = (name for name, one in form.fields.items() if not one.disabled and not one.widget.is_hidden)
    return {name: _plain(form[name]) for name in shown if name != forms.formsets.DELETION_FIELD_NAME}


def _plain(bound: forms.BoundField) -> Plain:
    return _plain_value(bound.field.prepare_value(bound.initial))


def _plain_value(value: object) -> Plain:
    if isinstance(value, (list, tuple, set, models.QuerySet)):
        return sorted(_plain_value(one) for one in value)
    if isinstance(value, models.Model):
        return str(value.pk)
    return "" if value is None else str(value)


def _change(typed: forms.Field, before: Plain, after: Plain) -> str:
    """Say what a field was and what it is now; of several values only those that came and went."""
    if isinstance(before, list) or isinstance(after, list):
        gone, new = ([one for one in side if one not in other] for side, other in ((before, after), (after, before)))
        parts = [f"has gained {_text(typed, new)}"] if new else []
        return " and ".join([*parts, *([f"has lost {_text(typed, gone)}"] if gone else [])])
    return f"was {_text(typed, before)} when you opened it, and is {_text(typed, after)} now"


def _text(typed: forms.Field, value: Plain) -> str:
    """A value as a reader knows it."""
    if value in ("", []):
        return "empty"
    if isinstance(typed, forms.BooleanField):
        return "selected" if value == str(True) else "not selected"
    if isinstance(typed, forms.ChoiceField):
        wanted = set(value if isinstance(value, list) else [value])
        found = [str(label) for key, label in typed.choices if str(key) in wanted]
        return Truncator(", ".join(found) or "another one").chars(LONGEST)
    if isinstance(typed, forms.DateField):
        return day_text(typed.to_python(value))
    return f"“{Truncator(value).chars(LONGEST)}”"


def _row(form: forms.ModelForm | None, was: Mapping[str, Plain] | None) -> str:
    if form is not None:
        return str(form.instance)
    return Truncator(", ".join(value for value in was.values() if value and isinstance(value, str))).chars(LONGEST)


def _who(record: models.Model, last_entry: int) -> str:
    """Say who has changed a record since an entry of its log, and when."""
    entries = list(_log_of(record).filter(pk__gt=last_entry).select_related("user").order_by("pk"))
    if not entries:
        return f"Not saved: {record} was changed after you opened it."
    by = dict.fromkeys(one.user.get_full_name() or one.user.get_username() for one in entries)
    when = timezone.localtime(entries[-1].action_time)
    on = f"on {day_text(when.date())} at {when:%H:%M}"
    return f"Not saved: {' and '.join(by)} changed {record} {on}, after you opened it."


def _log_of(record: models.Model) -> models.QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(type(record))
    return LogEntry.objects.filter(content_type=kind, object_id=str(record.pk)).order_by("-pk")


def _salt(record: models.Model) -> str:
    return f"{OPENED}:{record._meta.label_lower}:{record.pk}"
