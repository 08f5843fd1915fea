"""Events of a site: counts made on a date, the level at which it starts, the end of its service."""

from django import forms
from django.utils.functional import cached_property

from contracts.admin import DayField, EventView
from contracts.clock import business_date
from contracts.models import Agreement
from contracts.money import money_text
from contracts.periods import day_text
from contracts.schedule import Component
from contracts.terms import TermsFound
from sites.charged import starting_levels
from sites.counts.count import counts_on
from sites.counts.recording import Recorded, components_on, record_counts
from sites.models import Site
from sites.refusals import CannotRecord
from sites.service import end_service
from sites.starting.queries import closed_on
from sites.starting.recording import record_starting_level

COUNT = "count_"


class Recording(EventView):
    """An event that `sites.counts.recording` may refuse, naming the places of its errors."""

    refusals = (CannotRecord,)

    def show_refusal(self, form: forms.Form, refusal: CannotRecord) -> None:
        """Put each sentence beside the field it concerns."""
        for error in refusal.refused:
            named = [name for name in (error.place, COUNT + error.place) if name in form.fields]
            form.add_error(named[0] if named else None, error.message)


class CountsForm(forms.Form):
    """The counts of one date, a field per component; an empty field is no count."""

    counted_on = DayField(label="Counted on", help_text="A count on file for the same date is corrected.")
    source = forms.CharField(max_length=200, required=False, help_text="Where the figures come from, such as a letter.")
    reason = forms.CharField(max_length=200, required=False, help_text="Only where a figure on file is corrected: why.")

    def __init__(self, *args, components: tuple[Component, ...], last: dict, **kwargs):
        super().__init__(*args, **kwargs)
        for component in components:
            count = last.get(component.code)
            self.fields[COUNT + component.code] = forms.IntegerField(
                label=component.name,
                required=False,
                min_value=0,
                help_text=f"{count.quantity} on {day_text(count.counted_on)}" if count else "Not counted yet",
            )

    @property
    def quantities(self) -> dict[str, int | None]:
        """The figures typed, by component code."""
        typed = self.cleaned_data.items()
        return {name.removeprefix(COUNT): value for name, value in typed if name.startswith(COUNT)}


class RecordCounts(Recording):
    """Record what was counted at a site on one date."""

    slug = "record-counts"
    title = "Record counts"
    button = "Record the counts"
    permission = "sites.add_componentcount"
    form_class = CountsForm

    def get_initial(self) -> dict:
        return {"counted_on": self.on}

    def get_form_kwargs(self) -> dict:
        site = Site.objects.with_counts(through=self.on).get(pk=self.row.pk)
        agreement = Agreement.objects.with_terms().get(pk=site.agreement_id)
        return super().get_form_kwargs() | {
            "components": components_on(terms=agreement.as_terms(), day=self.on, known_on=self.on),
            "last": counts_on(counts=site.count_values(), day=self.on),
        }

    def consequences(self) -> list[str]:
        return ["Each figure typed is recorded for the date. A field left empty is no count: it is not taken for zero."]

    def form_valid(self, form: CountsForm):
        if all(quantity is None for quantity in form.quantities.values()):
            form.add_error(None, "No count is typed. Type at least one figure.")
            return self.form_invalid(form)
        form.cleaned_data["quantities"] = form.quantities
        return super().form_valid(form)

    def perform(self, data: dict) -> str:
        recorded = record_counts(
            site=self.row,
            counted_on=data["counted_on"],
            quantities=data["quantities"],
            source=data["source"],
            reason=data["reason"],
            on=self.on,
            by=self.request.user,
        )
        return f"Counts of {self.row} on {day_text(data['counted_on'])}: {recorded_text(recorded)}."


def recorded_text(recorded: Recorded) -> str:
    """Say what recording counts did."""
    return f"{recorded.added} added, {recorded.corrected} corrected, {recorded.unchanged} on file already"


class EndServiceForm(forms.Form):
    """The last day of a site's service, and only where a person decided so, an earlier end of its charges."""

    last_day = DayField(label="Last day in service")
    charged_through = DayField(
        label="Charged through",
        required=False,
        help_text="Leave empty: the site stays charged to the annual period's end (Appendix A, note 3). "
        "Only a decision of a person ends charges earlier.",
    )
    reason = forms.CharField(max_length=200, required=False, help_text="Why charges end early, and who decided it.")


class EndService(Recording):
    """Record that a site is removed."""

    slug = "end-service"
    title = "End the service"
    button = "Record the end of service"
    permission = "sites.end_service"
    form_class = EndServiceForm
    closed = "The end of this site's service is recorded already. Correct it on the page of the site."

    @classmethod
    def offered(cls, row: Site) -> bool:
        return row.removed_on is None

    def consequences(self) -> list[str]:
        return [
            f"{self.row} is removed after its last day in service. Its counts and levels stay on file.",
            "What was billed beyond the end of its charges is credited by the next invoice run.",
        ]

    def perform(self, data: dict) -> str:
        end_service(site=self.row, on=self.on, by=self.request.user, **data)
        return f"The service of {self.row} ends on {day_text(data['last_day'])}."


class StartingLevelForm(forms.Form):
    """The level at which a later site starts."""

    level_code = forms.ChoiceField(label="Level")
    reason = forms.CharField(max_length=200, help_text="What supports the level: the sites compared, and who decided.")

    def __init__(self, *args, choices: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["level_code"].choices = choices


class RecordStartingLevel(Recording):
    """Record the level at which a site that opened after the first annual period starts."""

    slug = "starting-level"
    title = "Record the starting level"
    button = "Record the level"
    permission = "sites.add_chargedlevel"
    form_class = StartingLevelForm

    @classmethod
    def offered(cls, row: Site) -> bool:
        _found, closed = closed_on(site_key=row.pk, on=business_date())
        return not closed

    @property
    def closed(self) -> str:
        """Why none can be recorded, as the page of the starting level says it."""
        return closed_on(site_key=self.row.pk, on=business_date())[1]

    @cached_property
    def terms(self) -> TermsFound:
        """The terms in force on the site's first day."""
        return closed_on(site_key=self.row.pk, on=self.on)[0]

    def get_form_kwargs(self) -> dict:
        levels = starting_levels(schedule=self.terms.schedule)
        choices = [(level.code, f"{level.name}, {money_text(level.annual_price)} a year") for level in levels]
        return super().get_form_kwargs() | {"choices": choices}

    def consequences(self) -> list[str]:
        return [f"{self.row} is charged at this level in {self.terms.period}."]

    def show_refusal(self, form: forms.Form, refusal: CannotRecord) -> None:
        for error in refusal.refused:
            form.add_error({"level": "level_code", "reason": "reason"}.get(error.place), error.message)

    def perform(self, data: dict) -> str:
        number = self.terms.period.number
        charged = record_starting_level(site=self.row, period_number=number, on=self.on, by=self.request.user, **data)
        return f"{self.row} starts at {charged.level} in annual period {number}."
