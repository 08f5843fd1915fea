"""Model fields for money, hours and people, and the check that every text passes before it can reach a document."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from django import forms
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator, MaxValueValidator
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from contracts.money import CENT, CURRENCIES, LARGEST, MOST_PLACES, in_currency, in_units, unheld
from contracts.parties.names import hides
from contracts.printing.letters import missing_letter

LONGEST_TEXT = 2000
MOST_MARKS = 3
_NUMBER = re.compile(r"-?[0-9]{1,11}(\.[0-9]{1,3})?", re.ASCII)


class HundredthsFormField(forms.DecimalField):
    """A number typed in ASCII digits only: no thousands separator, no exponent."""

    def to_python(self, value):
        if isinstance(value, str) and value.strip() and not _NUMBER.fullmatch(value.strip()):
            raise ValidationError("Enter a number such as 163000.00, without thousands separators.", code="invalid")
        return super().to_python(value)


class HundredthsField(models.BigIntegerField):
    """Whole hundredths in the database, Decimal in Python: exact on every database, in sums too.

    SQLite keeps a DecimalField as REAL, and its sums drift. Migrations see a plain BigIntegerField.
    """

    places = 2

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.validators = [
            *super().validators,
            DecimalValidator(11 + self.places, self.places),
            MaxValueValidator(LARGEST),
        ]

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, "django.db.models.BigIntegerField", args, kwargs

    def from_db_value(self, value, expression, connection):
        return None if value is None else Decimal(value).scaleb(-self.places)

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
        stored = Decimal(str(value)).scaleb(self.places)
        if stored != stored.to_integral_value():
            raise ValueError(f"{self.name}: {value} has more than {self.places} decimals; round it first.")
        return int(stored)

    def value_to_string(self, obj):
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs):
        return models.Field.formfield(
            self,
            **{
                "form_class": HundredthsFormField,
                "max_digits": 11 + self.places,
                "decimal_places": self.places,
                **kwargs,
            },
        )


class CurrencyField(models.CharField):
    """A currency of ISO 4217. Migrations see a plain CharField: a currency that is added changes no table."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 3, "choices": [(code, code) for code in sorted(CURRENCIES)], **kwargs})

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, "django.db.models.CharField", args, kwargs


class AmountOfRow(DeferredAttribute):
    """An amount of a row, read with the places of its currency."""

    def __get__(self, instance, cls=None):
        if instance is None:
            return self
        value = instance.__dict__.get(self.field.attname, self)
        if value is self:
            value = super().__get__(instance, cls)
        currency = self.field.currency_of(instance) if isinstance(value, Decimal) else ""
        return in_currency(value, currency) if currency else value

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class MoneyField(HundredthsField):
    """An amount of money, as whole thousandths in the database, and in Python with the places of its currency.

    `of` leads from the row to its agreement, which has the currency: whoever reads amounts brings that along.
    """

    places = MOST_PLACES
    descriptor_class = AmountOfRow

    def __init__(self, *args, of: str = "", **kwargs):
        self.of = of.split(".") if of else []
        super().__init__(*args, **kwargs)

    def currency_of(self, row: models.Model) -> str:
        """Return the currency of a row; empty for one that belongs to no agreement yet."""
        if not self.of:
            return ""
        for name in self.of:
            key = row._meta.get_field(name)
            if getattr(row, key.attname) is None and not key.is_cached(row):
                return ""
            row = getattr(row, name)
        return row.currency if row.currency in CURRENCIES else ""

    def from_db_value(self, value, expression, connection):
        return None if value is None else in_units(super().from_db_value(value, expression, connection), CENT)

    def validate(self, value, model_instance):
        super().validate(value, model_instance)
        if value is not None and (message := self._unheld(value, model_instance)):
            raise ValidationError(message, code="places")

    def pre_save(self, model_instance, add):
        value = super().pre_save(model_instance, add)
        if isinstance(value, Decimal) and (message := self._unheld(value, model_instance)):
            raise ValueError(f"{self.name}: {message}")
        return value

    def _unheld(self, value: Decimal, row: models.Model) -> str:
        currency = self.currency_of(row)
        return unheld(value, currency) if currency else ""

    def digest_value(self, value):
        """Return an amount as digests have it: whole hundredths, or its text where it has more places."""
        stored = self.get_prep_value(value)
        if stored is None or stored % 10:
            return stored and f"{value:f}"
        return stored // 10


def amount_unheld(agreement: models.Model, currency: str) -> str:
    """Name the first amount entered under an agreement that a currency cannot hold, and say so; empty without one."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, MoneyField) and field.of:
                rows = model._base_manager.filter(**{"__".join(field.of): agreement, f"{field.name}__isnull": False})
                for row in rows.select_related("__".join(field.of)).order_by("pk"):
                    if message := unheld(getattr(row, field.name), currency):
                        above = [str(getattr(row, name)) for name in field.of[:-1]]
                        return f"{field.verbose_name.capitalize()} of {', '.join([str(row), *above])}: {message}"
    return ""


def amounts_of(model: type[models.Model]) -> set[str]:
    """Return what a query must bring along for the amounts of a model: the ways to their agreement."""
    return {"__".join(field.of) for field in model._meta.concrete_fields if isinstance(field, MoneyField)}


class HoursField(HundredthsField):
    """A number of hours, as whole hundredths in the database."""


def validate_plain_text(text: str) -> None:
    """Refuse text that no document can show: invisible characters, letters that no font has, too many marks on one."""
    if len(text) > LONGEST_TEXT:
        raise ValidationError(f"At most {LONGEST_TEXT} characters; this has {len(text)}.", code="too_long")
    marks = 0
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MOST_MARKS:
            raise ValidationError(f"Too many marks on one letter at character {place + 1}.", code="marks")
        if hides(text, place) or (category in ("Cc", "Cs", "Co") and character not in "\n\r\t"):
            raise ValidationError(
                f"Character {place + 1} cannot be printed (U+{ord(character):04X}). Type the text again without it.",
                code="control",
            )
    if missing := missing_letter(text):
        raise ValidationError(f"No font of the documents has {missing}. Type the text again without it.", code="letter")


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
