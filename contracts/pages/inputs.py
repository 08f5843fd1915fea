"""Form fields of the pages about what was agreed: each takes a value as a document prints it, and nothing doubtful."""

import re
from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from contracts.fields import HundredthsFormField, validate_plain_text
from contracts.money import CENT, in_units, money_text, unheld, unit_of

_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_PERCENT = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%?", re.ASCII)
LOWEST_PERCENT, HIGHEST_PERCENT = Decimal("-100"), Decimal("900")


class DayInput(forms.DateInput):
    """The browser's own date input: it has a name, needs no script and does not take the calendar's date for ours."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day within the years that contracts speak of."""

    widget = DayInput
    default_validators = [
        MinValueValidator(date(1900, 1, 1), "Enter a day from 1900 on."),
        MaxValueValidator(date(2199, 12, 31), "Enter a day before 2200."),
    ]


class LineField(forms.CharField):
    """One line of text that every document can show."""

    default_validators = [validate_plain_text]


class AmountField(HundredthsFormField):
    """An amount with the places of its currency, typed with or without thousands separators.

    Without a currency it is a number of two decimals, such as hours.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def __init__(self, *, currency: str = "", **kwargs):
        self.currency = currency
        super().__init__(max_digits=14, **kwargs)

    @property
    def unit(self) -> Decimal:
        return unit_of(self.currency) if self.currency else CENT

    def to_python(self, value):
        if isinstance(value, str) and _GROUPED.fullmatch(value.strip()):
            value = value.replace(",", "")
        such = f"Enter an amount such as {money_text(in_units(Decimal(163_000), self.unit))}."
        try:
            amount = super().to_python(value)
        except ValidationError:
            raise ValidationError(such, code="invalid") from None
        if amount is None:
            return None
        if amount < 0:
            raise ValidationError(f"Enter {money_text(0 * self.unit)} or more.", code="negative")
        if amount % self.unit:
            raise ValidationError(unheld(amount, self.currency) if self.currency else such, code="invalid")
        return in_units(amount, self.unit)

    def prepare_value(self, value):
        return money_text(value) if isinstance(value, Decimal) else value


class WholeField(forms.CharField):
    """A whole number from 0, or from `lowest`, to `highest`."""

    widget = forms.TextInput(attrs={"inputmode": "numeric"})

    def __init__(self, *, lowest: int = 0, highest: int, **kwargs):
        self.lowest, self.highest = lowest, highest
        super().__init__(**kwargs)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        number = int(text) if _WHOLE.fullmatch(text) else -1
        if not self.lowest <= number <= self.highest:
            raise ValidationError(f"Enter a whole number from {self.lowest} to {self.highest:,}.", code="invalid")
        return number


class PercentField(forms.CharField):
    """A change in per cent: `-5`, `+2.5` or `5 %`."""

    def clean(self, value):
        text = super().clean(value).strip().replace("−", "-")
        match = _PERCENT.fullmatch(text)
        if match is None:
            raise ValidationError("Enter a change in per cent, such as -5 or 2.5.", code="invalid")
        percent = Decimal(match[1] + match[2])
        if not LOWEST_PERCENT < percent <= HIGHEST_PERCENT:
            raise ValidationError("Enter a change above -100 and up to 900 per cent.", code="invalid")
        return percent
