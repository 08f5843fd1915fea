"""The form in which both parties' agreement to a renewal review is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from contracts.pages.event_page import EventForm
from contracts.pages.inputs import DayField, LineField
from contracts.refusal import Refusal
from sites.reviews.content import Paper
from sites.reviews.reviewing import REFRESHED, Decisions


@dataclass(frozen=True)
class DecisionRow:
    """One site in the form: what the paper says of it, and the fields for another level where it can have one."""

    row: dict
    level: forms.BoundField | None
    reason: forms.BoundField | None

    @property
    def wrong(self) -> bool:
        """Whether something is wrong with what was decided here."""
        return bool(self.level and (self.level.errors or self.reason.errors))


class AgreementForm(EventForm):
    """Both parties' names and dates, and one level and reason per site that can have another level than proposed."""

    meeting_on = DayField(
        label="Meeting date", required=False, help_text="Leave it empty if the parties agreed without a meeting."
    )
    customer_signer = LineField(label="Agreed for the customer by", max_length=100)
    customer_agreed_on = DayField(label="Customer’s date")
    supplier_signer = LineField(label="Agreed for the supplier by", max_length=100)
    supplier_agreed_on = DayField(label="Supplier’s date")
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, paper: Paper, **kwargs):
        kwargs["initial"] = {"seen": paper.version}
        super().__init__(*args, **kwargs)
        self.paper = paper
        for row in paper.rows if paper.settles_prices else ():
            if row["may_be_decided"]:
                self._add_decision(row, paper.choices)

    def _add_decision(self, row: Mapping, levels: Mapping[str, str]) -> None:
        as_proposed = (
            f"As proposed: {row['proposed']}" if row["proposed"] and not row["needs_decision"] else "Choose a level"
        )
        self.fields[f"level_{row['site_pk']}"] = forms.ChoiceField(
            label=f"Level of {row['site']}", choices=[("", as_proposed), *levels.items()], required=False
        )
        self.fields[f"reason_{row['site_pk']}"] = LineField(
            label=f"Reason for {row['site']}", max_length=200, required=False, strip=True
        )

    def clean(self):
        """Refuse what was typed beside an older paper: the proposals may be others now."""
        if self.cleaned_data.get("seen") != self.paper.version:
            self.add_error(None, REFRESHED)

    def decision_rows(self) -> list[DecisionRow]:
        """The sites in the paper's order, each with its fields."""
        return [
            DecisionRow(
                row,
                self[f"level_{row['site_pk']}"] if f"level_{row['site_pk']}" in self.fields else None,
                self[f"reason_{row['site_pk']}"] if f"reason_{row['site_pk']}" in self.fields else None,
            )
            for row in self.paper.rows
        ]

    def facts(self) -> dict:
        """Both parties' names and dates, and what was decided. The form must be valid."""
        levels = [name for name in self.fields if name.startswith(("level_", "reason_"))]
        parties = {name: value for name, value in self.cleaned_data.items() if name not in levels}
        return parties | {"decisions": self.decisions()}

    def decisions(self) -> Decisions:
        """What was decided otherwise than proposed, or needs a decision and has one. The form must be valid."""
        decided = {}
        for row in self.paper.rows:
            code = self.cleaned_data.get(f"level_{row['site_pk']}", "")
            reason = self.cleaned_data.get(f"reason_{row['site_pk']}", "")
            if code or reason and not row["needs_decision"]:
                decided[row["site_pk"]] = (code or None, reason)
        return decided

    def show_refusal(self, refusal: Refusal) -> None:
        """Put each sentence at the field it concerns, and above the form that nothing was recorded."""
        super().show_refusal(refusal)
        if set(self.errors) - {NON_FIELD_ERRORS}:
            self.add_error(None, "Nothing was recorded. See the remarks at the fields below.")
