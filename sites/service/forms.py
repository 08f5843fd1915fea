"""Forms of the events of a site's service: its end, and days that were recorded wrong."""

from django import forms

from contracts.pages.event_page import EventForm
from contracts.pages.inputs import DayField, LineField
from sites.models import ServiceChange, Site
from sites.refusals import LONGEST_REASON
from sites.service.recording import service_version

Day = ServiceChange.Day


class EndForm(EventForm):
    """The last day in service, and only where a person decided so, an earlier end of the charges."""

    beside = (("last_day", "charged_through"),)

    last_day = DayField(label=Day.LAST.label)
    charged_through = DayField(
        label=Day.CHARGED.label,
        required=False,
        help_text="Leave it empty: the site stays charged to the annual period’s end (Appendix A, note 3). Only a "
        "decision of a person ends charges earlier.",
    )
    reason = LineField(
        max_length=LONGEST_REASON, required=False, help_text="Why charges end early, and who decided it."
    )


class CorrectionForm(EventForm):
    """The days in service of a site as they should be; those of its end only where it is on file and may be changed."""

    beside = ((Day.FIRST, Day.LAST, Day.CHARGED),)

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    in_service_on = DayField(label=Day.FIRST.label)
    removed_on = DayField(label=Day.LAST.label, required=False, help_text="Empty while the site stays in service.")
    charged_through = DayField(
        label=Day.CHARGED.label, required=False, help_text="Empty: to the annual period’s end (Appendix A, note 3)."
    )
    reason = LineField(max_length=LONGEST_REASON, help_text="It stays in the history of the site.")

    def __init__(self, *args, site: Site, may_end: bool, **kwargs):
        stored = {day: getattr(site, day) for day in Day}
        super().__init__(*args, **kwargs | {"initial": stored | {"seen": service_version(site)}})
        if site.removed_on is None or not may_end:
            del self.fields[Day.LAST], self.fields[Day.CHARGED]

    def facts(self):
        days = {day: self.cleaned_data[day] for day in Day if day in self.fields}
        return {"days": days, "reason": self.cleaned_data["reason"], "seen": self.cleaned_data["seen"]}
