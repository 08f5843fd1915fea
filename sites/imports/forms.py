"""Forms of the import pages."""

import re
from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError

from contracts.pages.event_page import EventForm
from contracts.pages.inputs import LineField
from contracts.periods import Month
from contracts.readings import MINUTE_STEPS
from sites.imports.columns import LEFT_OUT, Column, unknown_column
from sites.imports.importing import LONGEST_UNDO_REASON
from sites.imports.kinds import ImportKind
from sites.imports.layouts import DayOrder, Layout, Rounding
from sites.imports.preview import Preview
from sites.imports.tabular import MOST_BYTES
from sites.models import FileLayout
from sites.refusals import LONGEST_REASON

LONGEST_VALUE = 200
LONGEST_NAME = 60
NOT_CHOSEN, LEAVE_OUT, PREFIX = "", "leave-out", "column:"
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
ENDINGS = (("csv", "CSV"), ("xlsx", "XLSX"))


class ImportFileForm(forms.Form):
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        max_length=200,
        help_text="CSV (UTF-8) or XLSX with one sheet, the headings in the first row. Or drop it onto the page.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx", "data-drop": ""}),
    )
    layout = forms.ModelChoiceField(
        FileLayout.objects.none(), label="Read it as", required=False, empty_label="its headings say"
    )

    def __init__(self, *args, kind: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["layout"].queryset = kept = FileLayout.objects.filter(kind=kind)
        if not kept:
            del self.fields["layout"]

    def clean_file(self):
        """Refuse what is too large to be read, before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(f"The file is larger than {MOST_BYTES:,} bytes. Split it.")
        return file


class SettingField(forms.ChoiceField):
    """A choice that is always made: where nothing is sent, it is the first one."""

    def clean(self, value):
        return super().clean(value) if value else ""


class LayoutForm(forms.Form):
    """How a file is read: what each column holds, one value for all rows, the order of days, rounding."""

    use_required_attribute = False
    others_left_out = forms.BooleanField(label="Leave out every column for which nothing is chosen", required=False)
    day_order = SettingField(label="Days are written")
    decimal_comma = SettingField(
        label="The decimal mark is", choices=[("", "a point: 7.25"), ("comma", "a comma: 7,25")]
    )
    rounding = SettingField(
        label="Hours are rounded", choices=[("", "not at all"), *((one.value, one.title) for one in Rounding)]
    )
    step = SettingField(label="Where they are rounded, to", choices=list(MINUTE_STEPS.items()))
    keep_as = LineField(
        label="Keep these choices as",
        max_length=LONGEST_NAME,
        required=False,
        help_text="A name, such as that of the tool that wrote the file: choose it with the next file.",
    )

    def __init__(self, *args, kind: ImportKind, columns: Sequence[Column], preview: Preview, layout: Layout, **kwargs):
        super().__init__(*args, **kwargs)
        self.layout = layout
        self.titles = [title for title, _key in preview.file_columns]
        self.unclear = dict(preview.unclear)
        self.initial |= vars(layout) | {"decimal_comma": "comma" if layout.decimal_comma else ""}
        known = [(f"{PREFIX}{column.key}", _labelled(column)) for column in columns]
        choices = [(NOT_CHOSEN, "Choose"), *known, (LEAVE_OUT, "Leave this column out")]
        for place, (title, key) in enumerate(preview.file_columns):
            self.fields[f"column-{place}"] = SettingField(
                label=f"“{title}”",
                choices=choices,
                initial=NOT_CHOSEN if key is None else f"{PREFIX}{key}" if key else LEAVE_OUT,
                help_text=self.unclear.get(title, "").removeprefix(unknown_column(columns)),
            )
            if kind.remembers_columns and title in self.unclear:
                label = f"Remember “{title}” for this agreement"
                self.fields[f"remember-{place}"] = forms.BooleanField(label=label, required=False)
        for column in columns:
            if column.key in preview.lacking or column.key in layout.values:
                self.fields[f"value-{column.key}"] = LineField(
                    label=f"{column.title.capitalize()} in all rows",
                    initial=layout.values.get(column.key, ""),
                    required=False,
                    max_length=LONGEST_VALUE,
                )
        orders = [(order.value, f"{order.title}: {preview.days.examples(order)}") for order in DayOrder]
        self.fields["day_order"].choices = [("", "year-month-day"), *orders]
        asks_day_order = bool(preview.days.texts or layout.day_order)
        unasked = {
            "others_left_out": not self.unclear and not layout.others_left_out,
            "day_order": not asks_day_order,
            **dict.fromkeys(("decimal_comma", "rounding", "step"), not kind.has_hours),
        }
        for name, is_unasked in unasked.items():
            if is_unasked:
                del self.fields[name]

    def clean(self):
        """Ask for every column that nobody knows."""
        found = super().clean()
        for place, title in enumerate(self.titles):
            if title in self.unclear and not found.get(f"column-{place}") and not found.get("others_left_out"):
                self.add_error(f"column-{place}", "Choose what this column holds, or leave it out.")
        return found

    def fields_asked(self) -> list[forms.BoundField]:
        """The fields about what is not known, in the order in which they are asked."""
        known = {f"column-{place}" for place, title in enumerate(self.titles) if title not in self.unclear}
        last = ("others_left_out", "day_order", "decimal_comma", "rounding", "step", "keep_as")
        names = [name for name in self.fields if name not in known and name not in last]
        return [self[name] for name in (*names, *last) if name in self.fields]

    def fields_known(self) -> list[forms.BoundField]:
        """The fields about columns that are known."""
        asked = {field.name for field in self.fields_asked()}
        return [self[name] for name in self.fields if name not in asked]

    def chosen(self) -> tuple[Layout, list[str]]:
        """Return the layout that was chosen, and the headings to remember."""
        given, columns, remember = self.cleaned_data, dict(self.layout.columns), []
        for place, title in enumerate(self.titles):
            name = f"column-{place}"
            if name in self.changed_data and given[name]:
                columns[title] = LEFT_OUT if given[name] == LEAVE_OUT else given[name].removeprefix(PREFIX)
            if columns.get(title) and given.get(f"remember-{place}"):
                remember.append(title)
        values = {name.removeprefix("value-"): given[name] for name in self.fields if name.startswith("value-")}
        layout = Layout(
            columns=columns,
            others_left_out=given.get("others_left_out", False),
            values={key: value for key, value in values.items() if value},
            day_order=given.get("day_order", ""),
            decimal_comma=bool(given.get("decimal_comma")),
            rounding=given.get("rounding", ""),
            step=int(given.get("step") or 1),
        )
        return layout, remember


def _labelled(column: Column) -> str:
    name = next((name for name in column.names if name.casefold() != column.title.casefold()), "")
    return f"{column.title} ({name})" if name else column.title


class ConfirmForm(EventForm):
    """The confirmation of a preview; figures on file are corrected only with a reason."""

    reason = LineField(
        label="Why figures on file are corrected",
        max_length=LONGEST_REASON,
        required=False,
        help_text="It is kept in the history of each corrected figure.",
    )

    def ask_for_reason(self, asked: bool) -> "ConfirmForm":
        """Mark the reason as one that is needed; whether it is there is judged with the file."""
        self.fields["reason"].required = asked
        return self


class SeenLayoutForm(EventForm):
    """A kept layout as the page shows it."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)


class RenameForm(SeenLayoutForm):
    name = LineField(label="Name", max_length=LONGEST_NAME)


class UndoForm(EventForm):
    reason = LineField(label="Reason", max_length=LONGEST_UNDO_REASON, help_text="It stays on file.")


class MonthField(forms.CharField):
    """A month: 1999-07."""

    widget = forms.DateInput(attrs={"type": "month", "placeholder": "1999-07"}, format="%Y-%m")

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        match = _MONTH.fullmatch(text)
        if match is None or not 1900 <= int(match[1]) <= 2199:
            raise ValidationError("Write a month as year-month, such as 1999-07.", code="invalid")
        return Month(int(match[1]), int(match[2]))


class TemplateForm(forms.Form):
    month = MonthField(label="Month", required=False, help_text="Fills in the date: the month's last day.")
    format = forms.ChoiceField(label="Format", choices=ENDINGS, initial="xlsx")


class ExportForm(forms.Form):
    first = MonthField(label="From month", required=False)
    last = MonthField(label="Through month", required=False)
    format = forms.ChoiceField(label="Format", choices=ENDINGS, initial="xlsx")

    def clean(self):
        """Refuse months in the wrong order."""
        found = super().clean()
        first, last = found.get("first"), found.get("last")
        if first and last and last.span.last_day < first.span.first_day:
            self.add_error("last", f"{last} is before {first}. Swap them.")
        return found
