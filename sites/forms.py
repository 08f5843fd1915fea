"""Forms of the pages about agreements and sites."""

from datetime import date

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


class PlainDateField(forms.DateField):
    """A day within the years that contracts speak of, typed or picked."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [
        MinValueValidator(EARLIEST, "Choose a day from 1900 on."),
        MaxValueValidator(LATEST, "Choose a day before 2200."),
    ]


class TermsOnForm(forms.Form):
    """The two dates on which the answer about terms depends. A date left empty is the business date."""

    service_on = PlainDateField(label="Service date", required=False, help_text="The day that is to be priced.")
    known_on = PlainDateField(label="Known on", required=False, help_text="Only documents executed by this day count.")

    def __init__(self, data, *, on: date):
        self.on = on
        super().__init__({name: data.get(name) or on.isoformat() for name in ("service_on", "known_on")})
