"""The form of a level that is charged from a day on."""

from collections.abc import Iterable

from django import forms

from contracts.money import money_text
from contracts.pages.event_page import EventForm
from contracts.pages.inputs import DayField, LineField
from contracts.schedule import Level
from sites.models import LevelDecision
from sites.refusals import LONGEST_LINE, LONGEST_REASON


class LevelDecisionForm(EventForm):
    """Which level is charged from which day on, and who agreed to it by which document."""

    beside = (
        ("effective_on", "through"),
        ("level_code",),
        ("cause", "document"),
        ("customer_signer", "supplier_signer", "agreed_on"),
    )

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    effective_on = DayField(label="From", help_text="The first day at this level.")
    through = DayField(label="Through", required=False, help_text="Empty: to the end of the annual period.")
    level_code = forms.ChoiceField(label="Level", widget=forms.RadioSelect)
    cause = forms.ChoiceField(label="Because of", choices=LevelDecision.Cause.choices)
    document = LineField(max_length=LONGEST_LINE, help_text="The paper that says so, such as Change Order 7.")
    customer_signer = LineField(label="Agreed for the customer by", max_length=LONGEST_LINE)
    supplier_signer = LineField(label="Agreed for the supplier by", max_length=LONGEST_LINE)
    agreed_on = DayField(label="Agreed on", help_text="The later of the two days.")
    reason = LineField(max_length=LONGEST_REASON, help_text="Why the level changes on this day. Invoices print it.")

    def __init__(self, *args, levels: Iterable[Level], with_prices: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["level_code"].choices = [(level.code, level_text(level, with_prices)) for level in levels]


def level_text(level: Level, with_prices: bool) -> str:
    """Return how a level is offered: its name, with its annual price for those who may see prices."""
    return f"{level.name}, {money_text(level.annual_price)} a year" if with_prices else level.name
