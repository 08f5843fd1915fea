"""Forms of the admin pages about sites: they ask the functions that record facts, and show the sentences they give."""

from django import forms

from contracts.clock import business_date
from contracts.models import Component
from sites.counts.count import NOTHING_BEFORE, unchanged_source
from sites.counts.recording import record_counts
from sites.models import ComponentCount, Site
from sites.refusals import CannotRecord
from sites.reports.lacking import keep_counted

COUNT = ("site", "counted_on", "component_code", "quantity", "source")
"""The facts of a count that somebody types."""


class CountForm(forms.ModelForm):
    """One count; `record_counts` is asked what is wrong with it before it is saved."""

    quantity = forms.IntegerField(
        min_value=0,
        required=False,
        help_text="A whole number, or the box below. A missing count is not zero: enter none.",
    )
    unchanged = forms.BooleanField(
        label="Counted, unchanged",
        required=False,
        help_text="The last count before the day is recorded again, and the source says so.",
    )

    class Meta:
        model = ComponentCount
        fields = COUNT

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "component_code" in self.fields:
            known = dict(Component.objects.order_by("rank", "pk").values_list("code", "name"))
            choices = [("", "---------"), *((code, f"{name} ({code})") for code, name in known.items())]
            self.fields["component_code"] = forms.ChoiceField(label="Component", choices=choices)

    def clean(self):
        """Refuse what cannot be recorded, each sentence at its field."""
        data = super().clean()
        self._read_quantity(data)
        if self.errors:
            return data
        try:
            facts = {name: data[name] for name in COUNT}
            save_count(user=None, dry_run=True, **facts)  # asked only: it is recorded once the whole page is in order
        except CannotRecord as refusal:
            for error in refusal.refused:
                if error.place == "reason":
                    continue  # another figure is on file: that it cannot be added is told below
                place = "component_code" if error.place == facts["component_code"] else error.place
                self.add_error(place if place in self.fields else None, error.message)
        return data

    def _read_quantity(self, data) -> None:
        """Take the figure that was typed, or the last one before the day where it was counted and is unchanged."""
        if self.errors:
            return
        if data["unchanged"] == (data["quantity"] is not None):
            self.add_error("quantity", "Enter the count, or tick that it was counted and is unchanged; one of the two.")
        elif data["unchanged"]:
            counts = ComponentCount.objects.filter(site=data["site"], component_code=data["component_code"])
            before = counts.filter(counted_on__lt=data["counted_on"]).order_by("counted_on").last()
            if before is None:
                self.add_error("unchanged", f"{NOTHING_BEFORE} Enter a whole number.")
            else:
                data |= {"quantity": before.quantity, "source": unchanged_source(data["source"])}


def save_count(*, site: Site, counted_on, component_code: str, quantity: int, source: str, user, dry_run=False) -> None:
    """Record one count on the business date; what is on file is not corrected by it."""
    on = business_date()
    record_counts(
        site=site,
        counted_on=counted_on,
        quantities={component_code: quantity},
        source=source,
        on=on,
        by=user,
        dry_run=dry_run,
    )
    if not dry_run:
        keep_counted([(site, counted_on)], on=on)
