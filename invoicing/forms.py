"""Forms of the pages about invoices."""

from datetime import date

from django import forms

from contracts.fields import validate_plain_text
from contracts.models import Agreement
from contracts.periods import ONE_DAY
from sites.forms import PlainDateField


class RunForm(forms.Form):
    """Through which date to bill, and which agreements."""

    through = PlainDateField(
        label="Bill through", help_text="Everything due through this day and not billed yet is drafted."
    )
    agreements = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one agreement.",
            "invalid_choice": "One of the agreements is not on file any more. Choose again.",
        },
    )

    def __init__(self, data=None, *, on: date):
        """Begin with the month before the business date, for every agreement."""
        super().__init__(data, label_suffix="", initial={"through": on.replace(day=1) - ONE_DAY})
        self._on_file = {str(agreement.pk): agreement for agreement in Agreement.objects.with_parties()}
        agreements = self.fields["agreements"]
        agreements.choices = [(pk, f"{row.number}, {row.customer}") for pk, row in self._on_file.items()]
        agreements.initial = list(self._on_file)

    def clean_agreements(self) -> list[Agreement]:
        """Return the agreements chosen, by number."""
        chosen = self.cleaned_data["agreements"]
        return [agreement for pk, agreement in self._on_file.items() if pk in chosen]


class CreditForm(forms.Form):
    """Why a document is taken back."""

    reason = forms.CharField(
        max_length=200,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Printed on the credit note, such as: wrong service level agreed.",
        error_messages={"required": "Give the reason for the credit; it is kept with the credit note."},
    )
