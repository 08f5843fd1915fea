"""Forms of crediting: how much of which line, why, and whether the charge is given up for good."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.forms.boundfield import BoundField

from contracts.fields import validate_plain_text
from contracts.money import NOTHING, money_text, plain_text
from contracts.pages.event_page import EventForm
from contracts.pages.inputs import AmountField, LineField
from invoicing.credits.crediting import CreditableLine

WHOLE, LINES = "whole", "lines"
AGAIN, WAIVED = "again", "waived"


def reason_field(**options) -> LineField:
    """One line that says why."""
    return LineField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), **options)


@dataclass(frozen=True)
class LineEntry:
    """One line of the invoice in the form. A line that can be credited only whole has no `amount` to enter."""

    line: CreditableLine
    chosen: BoundField | None
    amount: BoundField | None

    @property
    def gone(self) -> Decimal:
        """What was credited or adjusted of the line before."""
        return self.line.line.amount - self.line.left


class CreditForm(EventForm):
    """What is taken back of an invoice, line by line, and why.

    `amounts` says how much of which line, by position.
    """

    outcome = forms.ChoiceField(
        label="What becomes of the charge",
        widget=forms.RadioSelect,
        choices=[
            (AGAIN, "It is put right and billed again: the next run bills what is still due for the same service"),
            (WAIVED, "It is given up for good: once somebody else confirms the waiver, it is not billed again"),
        ],
        error_messages={"required": "Choose what becomes of the charge.", "invalid_choice": "Choose one of the two."},
    )
    extent = forms.ChoiceField(
        label="What is taken back",
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": "Choose one of the two."},
    )
    reason = reason_field(
        help_text="Printed on the credit note, such as: wrong service level agreed.",
        error_messages={"required": "Give the reason for the credit; it is kept with the credit note."},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, lines: Sequence[CreditableLine], may_waive: bool):
        self.lines = {each.line.position: each for each in lines}
        left = sum((each.left for each in lines), NOTHING)
        super().__init__(data, initial={"seen": plain_text(left)})
        self.left, self.may_waive = left, may_waive
        self.amounts: dict[int, Decimal] = {}
        self.fields["extent"].choices = [
            (WHOLE, f"Everything that is left: {money_text(left)}"),
            (LINES, "The lines selected below, each with its amount"),
        ]
        if not may_waive:
            del self.fields["outcome"]
        for position, each in self.lines.items():
            self._add_line(position, each)

    def _add_line(self, position: int, each: CreditableLine) -> None:
        if not any(each.parts.values()):
            return
        label = f"line {position}, {each.line.site or each.line.description}"
        chosen = forms.BooleanField(
            required=False,
            widget=forms.CheckboxInput(attrs={"aria-label": f"Credit {label}", "data-left": str(each.left)}),
            label=label,
        )
        self.fields[f"take-{position}"] = chosen
        if not only_whole(each):
            attrs = {"inputmode": "decimal", "aria-label": f"Amount to credit of {label}", "autocomplete": "off"}
            self.fields[f"amount-{position}"] = AmountField(
                currency=each.line.invoice.agreement.currency,
                required=False,
                initial=each.left,
                widget=forms.TextInput(attrs=attrs),
                label=label,
            )

    def entries(self) -> Iterator[LineEntry]:
        for position, each in self.lines.items():
            yield LineEntry(each, self._field(f"take-{position}"), self._field(f"amount-{position}"))

    def _field(self, name: str) -> BoundField | None:
        return self[name] if name in self.fields else None

    # ---- cleaning

    def clean(self):
        """Find the amount of each line, and say at each line what cannot be so."""
        super().clean()
        if self.cleaned_data.get("seen", "") not in ("", plain_text(self.left)):
            message = "What is left has changed since this page was opened. Look at it as it is now, then credit."
            self.add_error(None, message)
        selected = [position for position in self.lines if self.cleaned_data.get(f"take-{position}")]
        extent = self.cleaned_data.get("extent") or (LINES if selected else "")
        for position in self.lines:
            self._clean_line(position, extent)
        if extent == WHOLE and selected:
            self.add_error("extent", "Lines are selected below. Choose the selected lines, or deselect them.")
        elif extent == WHOLE:
            self.amounts = {position: each.left for position, each in self.lines.items() if each.left}
        elif not selected and "extent" not in self.errors:
            self.add_error("extent", "Select at least one line, or choose everything that is left.")
        return self.cleaned_data

    def _clean_line(self, position: int, extent: str) -> None:
        each, name = self.lines[position], f"amount-{position}"
        if name in self.errors:
            return
        amount = self.cleaned_data.get(name)
        if not self.cleaned_data.get(f"take-{position}"):
            if amount not in (None, each.left):
                also = " and choose the selected lines" if extent == WHOLE else ""
                self.add_error(name, f"Select the line{also} to credit this amount, or leave {money_text(each.left)}.")
            return
        amount = each.left if amount is None else amount
        if name in self.fields and not amount:
            self.add_error(name, "Enter more than 0, or deselect the line.")
        elif name in self.fields and amount > each.left:
            self.add_error(name, f"Only {money_text(each.left)} of this line is left to credit.")
        else:
            self.amounts[position] = amount

    def facts(self) -> dict:
        """What is credited, as `credit` takes it."""
        waive = self.cleaned_data.get("outcome") == WAIVED
        return {"reason": self.cleaned_data["reason"], "amounts": self.amounts, "waive": waive}


def only_whole(each: CreditableLine) -> bool:
    """Whether a line can be credited only whole: one that gave something back, or both charges and gives back."""
    return any(rest < 0 for rest in each.parts.values())


class WithdrawForm(EventForm):
    reason = reason_field(
        validators=[validate_plain_text],
        help_text="Kept with the waiver.",
        error_messages={"required": "Say why the waiver is withdrawn; the reason is kept with it."},
    )
