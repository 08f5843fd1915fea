"""Forms of the pages about invoices."""

from datetime import date
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from contracts.models import Agreement
from contracts.pages.event_page import EventForm
from contracts.pages.filters import agreements_named, suggesting
from contracts.pages.inputs import DayField
from contracts.periods import ONE_DAY

EVERY = "all"
LONGEST_KEY = 18
"""Digits of the longest key that every database holds."""


class LookedAtForm(EventForm):
    looked_at = forms.BooleanField(
        label="I have looked at it, and it is right",
        error_messages={"required": "Look at the document below, and confirm that it is right."},
    )


class RunForm(forms.Form):
    """The day and the agreements of a run: all of them, or those that were found by number or party.

    It offers only those that were found, so that its page is no longer with a thousand agreements on file.
    """

    through = DayField(label="Bill through", help_text="Everything due through this day and not billed yet is drafted.")
    agreements = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one agreement.",
            "invalid_choice": "One of the agreements is not on file any more. Choose again.",
        },
    )
    only = forms.CharField(
        label="Only these agreements",
        required=False,
        widget=suggesting(**{"data-adds": "agreements"}),
        help_text="Instead of all. Name one after the other, or several with commas between them.",
    )

    def __init__(self, data=None, *, on: date, begin: QueryDict | None = None):
        """Begin with what the address says; else with the month before the business date, for every agreement."""
        begin = begin or QueryDict()
        initial = {"through": begin.get("through") or on.replace(day=1) - ONE_DAY}
        self._unclear: list[str] = []
        if data is not None:
            data, self._unclear = _ticked(data)
        super().__init__(data, label_suffix="", initial=initial)
        asked = begin.getlist("agreement") if data is None else data.getlist("agreements")
        keys = [key for key in asked if key.isascii() and key.isdecimal() and len(key) <= LONGEST_KEY]
        on_file = Agreement.objects.with_parties()
        self._chosen = {str(agreement.pk): agreement for agreement in on_file.filter(pk__in=keys)}
        agreements = self.fields["agreements"]
        every = (EVERY, f"All agreements ({Agreement.objects.count():,})")
        agreements.choices = [every, *((pk, f"{row.number}, {row.customer}") for pk, row in self._chosen.items())]
        agreements.initial = list(self._chosen) or [EVERY]
        agreements.required = not self._unclear

    def clean_agreements(self) -> list[Agreement]:
        """Return the agreements chosen, by number."""
        every = EVERY in self.cleaned_data["agreements"]
        return list(Agreement.objects.with_parties() if every else self._chosen.values())

    def clean(self):
        """Refuse what names no single agreement; what was named is ticked by now."""
        del self.cleaned_data["only"]
        for sentence in self._unclear:
            self.add_error("only", sentence)


def _ticked(data: QueryDict) -> tuple[QueryDict, list[str]]:
    """Return what was sent as if what was named had been ticked, and a sentence for each text that names no agreement.

    Whoever names agreements means those, whether or not the box of all is ticked.
    """
    data = data.copy()
    found, unclear = agreements_named(data.getlist("only"))
    named = [key for key in data.getlist("agreements") if key != EVERY] + [str(row.pk) for row in found]
    if named or unclear:
        data.setlist("agreements", list(dict.fromkeys(named)))
    data["only"] = ", ".join(unclear)
    return data, list(unclear.values())


def preview_address(form: RunForm) -> str:
    """Return the parameters of the address that previews what the form asks for; it names no agreement for all."""
    chosen = [agreement.pk for agreement in form.cleaned_data["agreements"]]
    if len(chosen) == Agreement.objects.count():
        chosen = []
    asked = {"preview": 1, "through": form.cleaned_data["through"].isoformat(), "agreement": chosen}
    return urlencode(asked, doseq=True)


def preview_data(asked: QueryDict) -> QueryDict:
    """Return what an address previews, as the form takes it."""
    data = asked.copy()
    data.setlist("agreements", asked.getlist("agreement") or [EVERY])
    return data


class ThroughForm(forms.Form):
    through = DayField(label="As a run through", required=False)

    def __init__(self, data, *, default: date):
        """Take the day of the address, or the default where it names none."""
        super().__init__({"through": data.get("through") or default.isoformat()}, label_suffix="")
