"""Forms of the admin pages about sites: they ask the functions that record facts, and show the sentences they give."""

from django import forms

from contracts.clock import business_date
from contracts.models import Component
from contracts.periods import day_text
from sites.charged import starting_levels
from sites.counts.recording import record_counts
from sites.models import ChargedLevel, ComponentCount, Site
from sites.refusals import CannotRecord


class SiteForm(forms.ModelForm):
    """A site; its facts must fit the counts that are on file."""

    class Meta:
        model = Site
        fields = ("agreement", "city", "state", "clli", "population", "in_service_on", "is_demonstration")

    def clean_in_service_on(self):
        """Refuse a first day after a count that is on file."""
        day = self.cleaned_data["in_service_on"]
        earliest = self.instance.counts.order_by("counted_on").first() if self.instance.pk else None
        if earliest is not None and earliest.counted_on < day:
            raise forms.ValidationError(
                f"There is a count of {day_text(earliest.counted_on)}, before this day. Correct one of the two."
            )
        return day


class CountForm(forms.ModelForm):
    """One count; `record_counts` is asked what is wrong with it before it is saved."""

    quantity = forms.IntegerField(min_value=0, help_text="A whole number. A missing count is not zero: enter none.")

    class Meta:
        model = ComponentCount
        fields = ("site", "counted_on", "component_code", "quantity", "source")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "component_code" in self.fields:
            known = dict(Component.objects.order_by("rank", "pk").values_list("code", "name"))
            choices = [("", "---------"), *((code, f"{name} ({code})") for code, name in known.items())]
            self.fields["component_code"] = forms.ChoiceField(label="Component", choices=choices)

    def clean(self):
        """Refuse what cannot be recorded, each sentence at its field."""
        data = super().clean()
        if self.errors:
            return data
        try:
            facts = {name: data[name] for name in self.Meta.fields}
            save_count(user=None, dry_run=True, **facts)  # asked only: it is recorded once the whole page is in order
        except CannotRecord as refusal:
            for error in refusal.refused:
                if error.place == "reason":
                    continue  # another figure is on file: that it cannot be added is told below
                place = "component_code" if error.place == facts["component_code"] else error.place
                self.add_error(place if place in self.fields else None, error.message)
        return data


def save_count(*, site: Site, counted_on, component_code: str, quantity: int, source: str, user, dry_run=False) -> None:
    """Record one count on the business date; what is on file is not corrected by it."""
    record_counts(
        site=site,
        counted_on=counted_on,
        quantities={component_code: quantity},
        source=source,
        on=business_date(),
        by=user,
        dry_run=dry_run,
    )


class StartingLevelCorrection(forms.ModelForm):
    """A correction of the level at which a site started: the starting level of its schedule, or the one above it."""

    class Meta:
        model = ChargedLevel
        fields = ("level", "agreed_on", "reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "level" in self.fields and self.instance.pk:
            schedule = type(self.instance.level.schedule).objects.with_table().get(pk=self.instance.level.schedule_id)
            codes = [level.code for level in starting_levels(schedule=schedule.as_schedule())]
            levels = self.fields["level"].queryset.filter(schedule=schedule, code__in=codes)
            self.fields["level"].queryset = levels.order_by("rank")
