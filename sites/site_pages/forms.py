"""Forms of the pages about agreements and sites."""

from datetime import date

from django import forms

from contracts.pages.inputs import DayField


class TermsOnForm(forms.Form):
    """The two dates on which the answer about terms depends. A date left empty is the business date."""

    service_on = DayField(label="Service date", required=False, help_text="The day that is to be priced.")
    known_on = DayField(label="Known on", required=False, help_text="Only documents executed by this day count.")

    def __init__(self, data, *, on: date):
        self.on = on
        super().__init__({name: data.get(name) or on.isoformat() for name in ("service_on", "known_on")})
