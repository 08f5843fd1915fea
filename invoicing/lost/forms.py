"""The form in which finance explains what a restored database lacks."""

from collections.abc import Sequence

from django import forms

from contracts.models import LostRecord
from contracts.pages.event_page import EventForm
from contracts.pages.inputs import LineField
from invoicing.lost.queries import Lost
from sites.refusals import LONGEST_REASON

ALL = "all that are left empty below"


class ExplainForm(EventForm):
    """How each lost document is explained, and why; what stands at the top holds for those that are left empty."""

    def __init__(self, *args, lost: Sequence[Lost], **kwargs):
        super().__init__(*args, **kwargs)
        self.lost = lost
        if len(lost) > 1:
            self._add("all", ALL, file=True)
        for one in lost:
            self._add(f"-{one.title}", one.title, file=bool(one.file_name), help_text=f"{one.known_from}.")
        self.beside = tuple((name, name.replace("how", "reason", 1)) for name in self.fields if name.startswith("how"))

    def _add(self, key: str, label: str, *, file: bool, help_text: str = "") -> None:
        kinds = [kind for kind in LostRecord.Explanation if file or kind != LostRecord.Explanation.FILE]
        choices = [("", "Choose"), *((kind.value, kind.label) for kind in kinds)]
        self.fields[f"how{key}"] = forms.ChoiceField(label=label, choices=choices, required=False, help_text=help_text)
        reason = LineField(label=f"Reason for {label}", max_length=LONGEST_REASON, required=False)
        reason.widget.attrs["autocomplete"] = "off"
        self.fields[f"reason{key}"] = reason

    def facts(self) -> dict:
        """Return the explanation of each, by its title."""
        typed = self.cleaned_data
        return {
            "explanations": {
                one.title: tuple(
                    typed[f"{name}-{one.title}"] or typed.get(f"{name}all", "") for name in ("how", "reason")
                )
                for one in self.lost
            }
        }
