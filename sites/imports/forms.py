"""Forms of the import pages."""

import re

from django import forms
from django.core.exceptions import ValidationError

from contracts.pages.event_page import EventForm
from contracts.pages.inputs import LineField
from contracts.periods import Month
from sites.imports.columns import LEFT_OUT, Column
from sites.imports.importing import LONGEST_UNDO_REASON
from sites.imports.tabular import MOST_BYTES
from sites.refusals import LONGEST_REASON

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

    def clean_file(self):
        """Refuse what is too large to be read, before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(f"The file is larger than {MOST_BYTES:,} bytes. Split it.")
        return file


class ColumnsForm(forms.Form):
    """What the columns hold whose headings nobody knows: one choice each, and whether it is remembered."""

    def __init__(self, *args, unclear, columns: tuple[Column, ...], remembers: bool, **kwargs):
        super().__init__(*args, **kwargs)
        known = [(f"{PREFIX}{column.key}", _labelled(column)) for column in columns]
        choices = [(NOT_CHOSEN, "Choose"), *known, (LEAVE_OUT, "Leave this column out")]
        self.titles = [title for title, _said in unclear]
        for place, (title, message) in enumerate(unclear):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=f"“{title}”", choices=choices, initial=NOT_CHOSEN, help_text=message
            )
            if remembers:
                label = f"Remember “{title}” for this agreement"
                self.fields[f"remember-{place}"] = forms.BooleanField(label=label, required=False)

    def chosen(self) -> tuple[dict[str, str], list[str]]:
        """Return the choices by heading, and the headings to remember."""
        choices, remember = {}, []
        for place, title in enumerate(self.titles):
            value = self.cleaned_data[f"column-{place}"]
            choices[title] = LEFT_OUT if value == LEAVE_OUT else value.removeprefix(PREFIX)
            if choices[title] and self.cleaned_data.get(f"remember-{place}"):
                remember.append(title)
        return choices, remember


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
