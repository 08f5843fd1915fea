"""Events of a site's service: its end, and another first or last day than the one on file."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from contracts.pages.event_page import EventPage
from contracts.periods import day_text
from sites.models import ServiceChange, Site
from sites.service.forms import CorrectionForm, EndForm
from sites.service.recording import correct_service, end_service

END = "sites.end_service"
BILLED = "What was billed beyond that is credited by the next invoice run, and what is missing is billed."


class SiteEvent(EventPage):
    """An event of one site; it shows the history of what it changes, and leads to what the next run makes of it."""

    template_name = "sites/site_event.html"
    crumbs = "sites/parts/site_crumbs.html"

    @cached_property
    def site(self) -> Site:
        return get_object_or_404(Site.objects.select_related("agreement__customer"), pk=self.kwargs["pk"])

    def history(self):
        """Return the entries in the history of what the event changes, the last one first."""
        return ServiceChange.objects.filter(site=self.site).select_related("recorded_by").order_by("-pk")

    def demonstration(self):
        invented = "Demonstration data: this site and its counts are invented."
        return invented if self.site.is_demonstration else ""

    def subject(self):
        return self.site

    def back(self):
        return reverse("sites:site_detail", args=[self.site.pk])

    def get_context_data(self, **kwargs):
        return super().get_context_data(site=self.site, history=list(self.history()), **kwargs)


class EndService(SiteEvent):
    permission_required = END
    form_class = EndForm
    title, button = "End the service", "Record the end of service"

    def refusal(self):
        if self.site.removed_on is None:
            return ""
        return f"The service of {self.site} ended on {day_text(self.site.removed_on)}. Correct that day instead."

    def about(self):
        return [("Site", str(self.site)), ("In service from", day_text(self.site.in_service_on))]

    def consequences(self):
        return [
            f"{self.site} is removed after its last day in service. Its counts and levels stay on file.",
            "It stays charged to the annual period’s end, unless a person decided that charges end earlier.",
            "What was billed beyond the end of its charges is credited by the next invoice run.",
        ]

    def perform(self, **facts):
        ended = end_service(site=self.site, on=self.on, by=self.request.user, **facts)
        return f"The service of {ended} ends on {day_text(ended.removed_on)}."


class CorrectService(SiteEvent):
    permission_required = "sites.change_site"
    form_class = CorrectionForm
    title, button = "Correct the days in service", "Record the correction"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"site": self.site, "may_end": self.request.user.has_perm(END)}

    def consequences(self):
        return [
            f"{self.site} is charged by the corrected days. {BILLED}",
            "The days as they were stay in the history of the site, with your reason.",
        ]

    def perform(self, **facts):
        correct_service(site=self.site, on=self.on, by=self.request.user, **facts)
        return f"The days in service of {self.site} are corrected."
