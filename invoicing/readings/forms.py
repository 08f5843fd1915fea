"""The form in which another reading of an unclear clause is chosen."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms

from contracts.fields import validate_plain_text
from contracts.pages.event_page import EventForm
from contracts.pages.inputs import DayField, LineField
from invoicing.readings.pages import Alternative, RegisterEntry


@dataclass(frozen=True)
class Option:
    """One reading to choose: its radio button and what it would change."""

    radio: forms.boundfield.BoundWidget
    alternative: Alternative


class ReadingForm(EventForm):
    choice = forms.ChoiceField(
        label="Read the clause so",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose one of the readings.",
            "invalid_choice": "The clause is already read this way, or has no such reading. Choose another one.",
        },
    )
    applies_from = DayField(label="Applies from", error_messages={"required": "Say from which day on."})
    clause = LineField(
        max_length=100, required=False, help_text="The clause that is unclear, such as Appendix A, note 3; or “silent”."
    )
    chosen_by = LineField(
        label="Chosen by",
        max_length=100,
        help_text="The person who decided it.",
        error_messages={"required": "Name the person who chose the reading."},
    )
    chosen_on = DayField(label="Chosen on", error_messages={"required": "Say when it was chosen."})
    reason = forms.CharField(
        max_length=500,
        validators=[validate_plain_text],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept in the register; not printed on documents.",
        error_messages={"required": "Say why the clause is read differently."},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, entry: RegisterEntry, **kwargs):
        super().__init__(*args, **kwargs)
        self.entry = entry
        self.fields["choice"].choices = [(one.effect.choice.value, one.sentence) for one in entry.options]
        days = "The first day of an annual period." if entry.decides_amounts else "Any day within the term."
        self.fields["applies_from"].help_text = days

    def options(self) -> Iterator[Option]:
        for radio, alternative in zip(self["choice"], self.entry.options, strict=True):
            yield Option(radio, alternative)
