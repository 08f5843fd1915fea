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
    agreements = forms.ModelMultipleChoiceField(
        queryset=Agreement.objects.with_parties(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one agreement."},
    )

    def __init__(self, data=None, *, on: date):
        """Begin with the month before the business date, for every agreement."""
        super().__init__(data, initial={"through": on.replace(day=1) - ONE_DAY})
        agreements = self.fields["agreements"]
        agreements.label_from_instance = lambda agreement: f"{agreement.number}, {agreement.customer}"
        if data is None:
            agreements.initial = list(agreements.queryset)


class CreditForm(forms.Form):
    """Why a document is taken back."""

    reason = forms.CharField(
        max_length=200,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Printed on the credit note, such as: wrong service level agreed.",
        error_messages={"required": "Give the reason for the credit; it is kept with the credit note."},
    )
