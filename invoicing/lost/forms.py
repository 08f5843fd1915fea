"""The form in which finance explains what a restored database lacks."""

from collections import Counter
from collections.abc import Sequence

from django import forms

from contracts.models import LostRecord
from contracts.pages.event_page import EventForm
from contracts.pages.inputs import LineField
from contracts.sealing.histories import name_of
from contracts.wording import listed, plural
from invoicing.lost.explaining import ENTRIES
from invoicing.lost.queries import Lost
from sites.refusals import LONGEST_REASON

ALL = "all that are left empty below"


class ExplainForm(EventForm):
    """How each lost document is explained, and why; what stands at the top holds for those that are left empty."""

    def __init__(self, *args, lost: Sequence[Lost], **kwargs):
        super().__init__(*args, **kwargs)
        self.lost = lost
        documents, entries = [one for one in lost if not one.is_entry], [one for one in lost if one.is_entry]
        if len(documents) > 1:
            self._add("all", ALL, file=True)
        for one in documents:
            self._add(f"-{one.title}", one.title, file=bool(one.file_name), help_text=f"{one.known_from}.")
        if entries:
            label = plural(len(entries), "entry of a history", "entries of histories")
            self._add(f"-{ENTRIES}", label, file=False, help_text=f"{listed(_kinds(entries))}, as the ledger says.")
        self.beside = tuple((name, name.replace("how", "reason", 1)) for name in self.fields if name.startswith("how"))

    def _add(self, key: str, label: str, *, file: bool, help_text: str = "") -> None:
        kinds = [kind for kind in LostRecord.Explanation if file or kind != LostRecord.Explanation.FILE]
        choices = [("", "Choose"), *((kind.value, kind.label) for kind in kinds)]
        self.fields[f"how{key}"] = forms.ChoiceField(label=label, choices=choices, required=False, help_text=help_text)
        reason = LineField(label=f"Reason for {label}", max_length=LONGEST_REASON, required=False)
        reason.widget.attrs["autocomplete"] = "off"
        self.fields[f"reason{key}"] = reason

    def facts(self) -> dict:
        """Return the explanation of each, by its key."""
        explained = {one.key: (self._typed("how", one), self._typed("reason", one)) for one in self.lost}
        return {"explanations": explained}

    def _typed(self, name: str, lost: Lost) -> str:
        own = self.cleaned_data[f"{name}-{ENTRIES if lost.is_entry else lost.title}"]
        return own or self.cleaned_data.get(f"{name}all", "")


def _kinds(entries: Sequence[Lost]) -> list[str]:
    """How many of what kind: `Count change: 12`."""
    counted = Counter(name_of(one.title).rpartition(" ")[0] for one in entries)
    return [f"{name}: {number}" for name, number in sorted(counted.items())]
