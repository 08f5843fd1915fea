"""Forms of the pages about hours: each hands what was typed to one function and puts its refusals at the fields."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from contracts.models import Agreement
from contracts.pages.event_page import EventForm
from contracts.pages.inputs import DayField
from contracts.periods import day_text
from sites.hours.queries import all_services
from sites.hours.recording import entry_version
from sites.models import BlockPurchase, IntegrationOrder, Site, WorkEntry
from sites.refusals import LONGEST_LINE, LONGEST_REASON

_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)


class NumberField(forms.Field):
    """A number in plain digits, with a point if need be; whether there can be so many is for the rule to say."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "short"})

    def __init__(self, *args, example: str, **kwargs):
        self.example = example
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if not _NUMBER.fullmatch(value.strip()):
            raise ValidationError(
                f"“{value}” is no number. Write plain digits, such as {self.example}.", code="invalid"
            )
        return Decimal(value.strip())


class ReasonForm(EventForm):
    reason = forms.CharField(label="Reason", max_length=LONGEST_REASON, help_text="It stays on file.")


class ReplacesField(forms.TypedChoiceField):
    """Whether a new charge takes the place of one that was billed and taken back; it has to be said."""

    NEW = "new"
    widget = forms.RadioSelect

    def __init__(self, *, rows: Iterable[BlockPurchase | IntegrationOrder], what: str, taken_back: str):
        stored = {str(row.pk): row for row in rows}
        choices = [(self.NEW, f"No, it is a new {what} and charged as such")]
        for key, row in stored.items():
            when = f"{taken_back} on {day_text(row.reversed_on)}: {row.reversal_reason}"
            choices.append((key, f"Yes, in place of that of {day_text(row.happened_on)} ({when})"))
        super().__init__(
            label=f"Does it replace the {what} that was {taken_back}?",
            choices=choices,
            coerce=lambda value: stored.get(value),
            empty_value=None,
            help_text="What was waived of a charge is not billed again for its replacement.",
            error_messages={"required": f"Say whether it replaces the {what} that was {taken_back}."},
        )


class BlocksForm(EventForm):
    bought_on = DayField(label="Bought on", help_text="From this day on the hours can be used.")
    blocks = NumberField(label="Blocks", example="1", help_text="Whole blocks, for all sites of the agreement.")
    reference = forms.CharField(
        label="Order reference", required=False, max_length=LONGEST_LINE, help_text="The customer’s order."
    )

    allow_duplicate = forms.BooleanField(label="It is another purchase", required=False)
    once_refused = ("allow_duplicate",)

    def __init__(self, *args, replaceable: Iterable[BlockPurchase], **kwargs):
        super().__init__(*args, **kwargs)
        if replaceable:
            self.fields["replaces"] = ReplacesField(rows=replaceable, what="purchase", taken_back="reversed")


class SiteField(forms.ModelChoiceField):
    def __init__(self, *args, agreement: Agreement, **kwargs):
        super().__init__(
            *args,
            queryset=Site.objects.filter(agreement=agreement).order_by("city", "state", "pk"),
            empty_label="Choose a site",
            error_messages={
                "invalid_choice": f"This is no site of agreement {agreement.number}. Choose one of its sites."
            },
            **kwargs,
        )


class WorkForm(EventForm):
    """Hours done for a site on one day. The service is judged by the rule, which names those that can be charged."""

    beside = (("worked_on", "hours"), ("site", "service"), ("person", "reference"))

    def __init__(self, *args, agreement: Agreement, **kwargs):
        super().__init__(*args, **kwargs)
        services = all_services(agreement.as_terms())
        self.fields["worked_on"] = DayField(label="Date of the work")
        self.fields["site"] = SiteField(label="Site", agreement=agreement)
        self.fields["service"] = forms.CharField(
            label="Service",
            max_length=LONGEST_LINE,
            widget=forms.Select(choices=[("", "Choose a service"), *((name, name) for name in services)]),
        )
        self.fields["hours"] = NumberField(label="Hours", example="7.25", help_text="At most two decimals.")
        self.fields["person"] = forms.CharField(label="Person", max_length=LONGEST_LINE, help_text="Who did the work.")
        self.fields["reference"] = forms.CharField(
            label="Request reference", required=False, max_length=LONGEST_LINE, help_text="The customer’s request."
        )


class NewWorkForm(WorkForm):
    """A new entry; one that is on file word for word has to be confirmed."""

    once_refused = ("allow_duplicate",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["allow_duplicate"] = forms.BooleanField(label="It is another entry", required=False)


class ChangeForm(WorkForm):
    """An entry that is not billed, as it stands; `seen` comes back with it, so that nobody undoes another's change."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, entry: WorkEntry, **kwargs):
        message = {
            name: getattr(entry, name) for name in ("worked_on", "site", "service", "hours", "person", "reference")
        }
        super().__init__(*args, initial={**message, "seen": entry_version(entry)}, **kwargs)
        self.fields["reason"] = forms.CharField(
            label="Why it is changed",
            max_length=LONGEST_REASON,
            help_text="It stays on file with what the entry said before.",
        )


class CorrectionForm(ChangeForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["seen"]
        self.fields["reason"] = forms.CharField(
            label="What was wrong", max_length=LONGEST_REASON, help_text="It stays on file beside the old entry."
        )


class OnForm(forms.Form):
    """The day whose figures are asked for. Left empty it is the business date."""

    on = DayField(label="Figures on", required=False)

    def __init__(self, data, *, on: date):
        super().__init__({"on": data.get("on") or on.isoformat()})
