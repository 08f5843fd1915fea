"""The forms of the page on which the starting level of a site is decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from django import forms

from contracts.pages.event_page import EventForm
from contracts.pages.inputs import LineField
from contracts.schedule import Level
from sites.levels.forms import level_text
from sites.starting.choosing_comparables import LONGEST_REASON
from sites.starting.history import Choice
from sites.starting.queries import Compared, Start


@dataclass(frozen=True)
class ComparedRow:
    """One other site on the page: what is known of it, and the fields to add it or leave it out where it can be."""

    compared: Compared
    used: forms.BoundField | None
    reason: forms.BoundField | None

    @property
    def wrong(self) -> bool:
        """Whether something is wrong with what was chosen here."""
        return bool(self.used and (self.used.errors or self.reason.errors))


class ComparisonForm(EventForm):
    """A check box and a reason for each site that may be added to the comparison or left out of it.

    What the page showed comes back with it: only what a person changed is recorded, so that two people who look at the
    same page do not undo each other's choices.
    """

    def __init__(self, *args, start: Start, **kwargs):
        super().__init__(*args, **kwargs)
        self.start = start
        for one in start.compared:
            if one.judged.by_rule.may_be_chosen:
                self._add_choice(one)

    def _add_choice(self, one: Compared) -> None:
        used, reason = names(one)
        self.fields[used] = forms.BooleanField(
            label=f"Use {one.site}",
            required=False,
            initial=one.judged.standing.is_used,
            show_hidden_initial=True,
        )
        self.fields[reason] = LineField(
            label=f"Reason for {one.site}",
            required=False,
            max_length=LONGEST_REASON,
            initial=one.choice.reason if one.choice else "",
            show_hidden_initial=True,
        )

    def clean(self):
        """Refuse a reason without a choice: its check box was forgotten."""
        for one in self.start.compared:
            used, reason = names(one)
            typed = self.cleaned_data.get(reason) and reason in self.changed_data and used not in self.changed_data
            if typed and self.cleaned_data[used] is one.judged.by_rule.is_used:
                action = "Deselect" if self.cleaned_data[used] else "Select"
                self.add_error(reason, f"A reason goes with a choice. {action} {one.site}, or clear the reason.")

    def rows(self) -> list[ComparedRow]:
        return [
            ComparedRow(one, *((self[name] for name in names(one)) if names(one)[0] in self.fields else (None, None)))
            for one in self.start.compared
        ]

    def facts(self) -> dict[str, dict[int, Choice]]:
        """What a person changed, by the key of the other site. The form must be valid."""
        choices = {
            one.site.pk: Choice(*(self.cleaned_data[name] for name in names(one)))
            for one in self.start.compared
            if set(names(one)) & set(self.changed_data)
        }
        return {"choices": choices}


def names(one: Compared) -> tuple[str, str]:
    """Return the names of the two fields of a site."""
    return f"used_{one.site.pk}", f"reason_{one.site.pk}"


class StartingLevelForm(EventForm):
    places: ClassVar = {"level": "level_code"}
    level_code = forms.ChoiceField(label="Level", widget=forms.RadioSelect)
    reason = LineField(
        label="Reason", max_length=200, help_text="What supports the level: the sites compared, and who decided."
    )

    def __init__(self, *args, levels: Iterable[Level], proposed: Level | None, with_prices: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["level_code"] = proposed.code if proposed else None
        self.fields["level_code"].choices = [(level.code, level_text(level, with_prices)) for level in levels]


class WithdrawLevelForm(EventForm):
    """Why a starting level is taken back; `seen` is the one that was on record when the page was opened."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = LineField(max_length=LONGEST_REASON, help_text="It stays in the history of the starting level.")


class AnotherLevelForm(WithdrawLevelForm):
    places = {"level": "level_code"}
    field_order = ("level_code", "reason")

    level_code = forms.ChoiceField(label="Level", widget=forms.RadioSelect)

    def __init__(self, *args, levels: Iterable[Level], with_prices: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["level_code"].choices = [(level.code, level_text(level, with_prices)) for level in levels]
