"""The form that corrects or withdraws one figure."""

from django import forms
from django.utils.datastructures import MultiValueDict

from contracts.pages.event_page import EventForm
from contracts.pages.inputs import LineField, WholeField
from invoicing.count_corrections.dependents import CountedFigure
from sites.counts.recording import MOST_QUANTITY

NONE = "none"
"""What the form keeps as seen where no figure was on file."""


class CountCorrectionForm(EventForm):
    """What the figure is to be from now on, or that it is withdrawn; and why.

    `seen` keeps the figure that the person had before their eyes, so that nobody overwrites one they have not seen.
    """

    quantity = WholeField(
        label="New figure",
        error_messages={"required": "Enter what was counted, or select the withdrawal below."},
        highest=MOST_QUANTITY,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"}),
    )
    withdraw = forms.BooleanField(
        label="Withdraw the figure: nothing was counted",
        required=False,
        help_text="It stays in the history. From then on the component counts as not counted on the day.",
    )
    reason = LineField(
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Kept with both figures.",
        error_messages={"required": "Say why the figure on file is corrected; it is kept with both figures."},
    )
    source = LineField(
        max_length=200,
        required=False,
        help_text="Where the new figure comes from, such as a letter.",
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, figure: CountedFigure):
        self.figure, self.places = figure, {figure.code: "quantity"}
        super().__init__(data, initial={"seen": seen_text(figure.quantity)})
        if figure.stands is None:
            del self.fields["withdraw"]
            self.fields["quantity"].label = "Figure"
            self.fields["quantity"].error_messages["required"] = "Type what was counted."
            self.fields["reason"].required = False
            self.fields["reason"].help_text = "Only where somebody else has stored a figure meanwhile."

    def clean(self):
        """Take a new figure or the withdrawal, and not both."""
        data = super().clean()
        quantity, withdrawn = data.get("quantity"), data.get("withdraw", False)
        if withdrawn and self.has_error("quantity", code="required"):
            del self.errors["quantity"]
        elif withdrawn and quantity is not None:
            message = "A figure that is withdrawn has no new one. Leave this empty, or deselect the withdrawal."
            self.add_error("quantity", message)
        elif quantity is not None and quantity == self.figure.quantity and data.get("seen") == str(quantity):
            self.add_error("quantity", f"{quantity} is the figure on file. Type another one.")
        return data

    def facts(self) -> dict:
        """What is to be recorded, as `record_counts` takes it."""
        code, seen = self.figure.code, self.cleaned_data["seen"]
        withdrawn = self.cleaned_data.get("withdraw", False)
        return {
            "quantities": {} if withdrawn else {code: self.cleaned_data["quantity"]},
            "withdrawn": [code] if withdrawn else [],
            "seen": {code: int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else None},
            "source": "" if withdrawn else self.cleaned_data["source"],
            "reason": self.cleaned_data["reason"],
        }

    def now_seen(self, quantity: int | None) -> None:
        """Take the figure that is on file by now as seen: it is shown beside what was typed."""
        data = MultiValueDict({name: self.data.getlist(name) for name in self.data})
        data["seen"] = seen_text(quantity)
        self.data = data


def seen_text(quantity: int | None) -> str:
    """Return what the form keeps of the figure on file."""
    return NONE if quantity is None else str(quantity)
