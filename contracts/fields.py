"""Model fields for money, hours and people, and the check that every text passes before it can reach a document."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator, MaxValueValidator
from django.db import models

from contracts.money import LARGEST
from contracts.parties.names import JOINERS, shows_nothing

LONGEST_TEXT = 2000
MOST_MARKS = 3
_MONEY = re.compile(r"-?[0-9]{1,11}(\.[0-9]{1,2})?", re.ASCII)


class HundredthsFormField(forms.DecimalField):
    """A number typed with at most two decimals and ASCII digits only: no thousands separator, no exponent."""

    def to_python(self, value):
        if isinstance(value, str) and value.strip() and not _MONEY.fullmatch(value.strip()):
            raise ValidationError("Enter a number such as 163000.00, without thousands separators.", code="invalid")
        return super().to_python(value)


class HundredthsField(models.BigIntegerField):
    """Whole hundredths in the database, Decimal in Python: exact on every database, in sums too.

    SQLite keeps a DecimalField as REAL, and its sums drift. Migrations see a plain BigIntegerField.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.validators = [*super().validators, DecimalValidator(13, 2), MaxValueValidator(LARGEST)]

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, "django.db.models.BigIntegerField", args, kwargs

    def from_db_value(self, value, expression, connection):
        return None if value is None else Decimal(value).scaleb(-2)

    def to_python(self, value):
        if value is None:
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValidationError(f"“{value}” is not a number.", code="invalid", params={"value": value})
        return number

    def get_prep_value(self, value):
        if value is None:
            return None
        hundredths = Decimal(str(value)) * 100
        if hundredths != hundredths.to_integral_value():
            raise ValueError(f"{self.name}: {value} has more than two decimals; round it with cents() first.")
        return int(hundredths)

    def value_to_string(self, obj):
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs):
        return models.Field.formfield(
            self, **{"form_class": HundredthsFormField, "max_digits": 13, "decimal_places": 2, **kwargs}
        )


class MoneyField(HundredthsField):
    """An amount of money, as whole cents in the database."""


class HoursField(HundredthsField):
    """A number of hours, as whole hundredths in the database."""


def validate_plain_text(text: str) -> None:
    """Refuse text that no document can show: control and invisible characters, too many marks on one letter."""
    if len(text) > LONGEST_TEXT:
        raise ValidationError(f"At most {LONGEST_TEXT} characters; this has {len(text)}.", code="too_long")
    marks = 0
    for position, character in enumerate(text, start=1):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MOST_MARKS:
            raise ValidationError(f"Too many marks on one letter at character {position}.", code="marks")
        hidden = shows_nothing(character) and character not in JOINERS
        if hidden or (category in ("Cc", "Cs", "Co") and character not in "\n\r\t"):
            raise ValidationError(
                f"Character {position} cannot be printed (U+{ord(character):04X}). Type the text again without it.",
                code="control",
            )


class PlainCharField(models.CharField):
    """One line of text that every document can show. Migrations see a plain CharField."""

    default_validators = [validate_plain_text]

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class PlainTextField(models.TextField):
    """Lines of text that every document can show. Migrations see a plain TextField."""

    default_validators = [validate_plain_text]

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class ChoiceCharField(models.CharField):
    """One of several words. Migrations see a plain CharField: rewording the sentence of a choice changes no table."""

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, "django.db.models.CharField", args, kwargs


def by_person(**options) -> models.ForeignKey:
    """Return a key to the person who did something; empty where a command did it."""
    options = {"on_delete": models.PROTECT, "related_name": "+", "null": True, "blank": True} | options
    return models.ForeignKey(settings.AUTH_USER_MODEL, **options)
