"""Forms of the pages about invoices."""

from datetime import date
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from contracts.models import Agreement
from contracts.pages.event_page import EventForm
from contracts.pages.inputs import DayField
from contracts.periods import ONE_DAY


class LookedAtForm(EventForm):
    looked_at = forms.BooleanField(
        label="I have looked at it, and it is right",
        error_messages={"required": "Look at the document below, and confirm that it is right."},
    )


class RunForm(forms.Form):
    through = DayField(label="Bill through", help_text="Everything due through this day and not billed yet is drafted.")
    agreements = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one agreement.",
            "invalid_choice": "One of the agreements is not on file any more. Choose again.",
        },
    )

    def __init__(self, data=None, *, on: date, begin: QueryDict | None = None):
        """Begin with what the address says; else with the month before the business date, for every agreement."""
        begin = begin or QueryDict()
        initial = {"through": begin.get("through") or on.replace(day=1) - ONE_DAY}
        super().__init__(data, label_suffix="", initial=initial)
        self._on_file = {str(agreement.pk): agreement for agreement in Agreement.objects.with_parties()}
        agreements = self.fields["agreements"]
        agreements.choices = [(pk, f"{row.number}, {row.customer}") for pk, row in self._on_file.items()]
        chosen = begin.getlist("agreement")
        agreements.initial = [pk for pk in self._on_file if pk in chosen] or list(self._on_file)

    def clean_agreements(self) -> list[Agreement]:
        """Return the agreements chosen, by number."""
        chosen = self.cleaned_data["agreements"]
        return [agreement for pk, agreement in self._on_file.items() if pk in chosen]


def preview_address(form: RunForm) -> str:
    """Return the parameters of the address that previews what the form asks for; it names no agreement for all."""
    chosen = form.data.getlist("agreements")
    if len(form.cleaned_data["agreements"]) == len(form.fields["agreements"].choices):
        chosen = []
    asked = {"preview": 1, "through": form.cleaned_data["through"].isoformat(), "agreement": chosen}
    return urlencode(asked, doseq=True)


def preview_data(asked: QueryDict) -> QueryDict:
    """Return what an address previews, as the form takes it."""
    data = asked.copy()
    every = Agreement.objects.order_by("pk").values_list("pk", flat=True)
    data.setlist("agreements", asked.getlist("agreement") or [str(key) for key in every])
    return data


class ThroughForm(forms.Form):
    through = DayField(label="As a run through", required=False)

    def __init__(self, data, *, default: date):
        """Take the day of the address, or the default where it names none."""
        super().__init__({"through": data.get("through") or default.isoformat()}, label_suffix="")
