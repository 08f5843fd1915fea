"""Forms of the admin pages about sites: they ask the functions that record facts, and show the sentences they give."""

from django import forms

from contracts.clock import business_date
from contracts.models import Component
from sites.counts.recording import record_counts
from sites.models import ComponentCount, Site
from sites.refusals import CannotRecord


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
