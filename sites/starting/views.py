"""The page on which the starting level of a site is proposed from history, and decided."""

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.views.generic import View

from contracts.clock import business_date
from sites.charged import starting_levels
from sites.models import Site, StartingLevelChange
from sites.refusals import CannotRecord
from sites.starting.choosing_comparables import choose_comparables
from sites.starting.forms import ComparisonForm, StartingLevelForm
from sites.starting.queries import Start, start_of
from sites.starting.recording import record_starting_level

DECIDE = "sites.add_chargedlevel"
PRICES = "contracts.view_priceschedule"


class StartingLevel(PermissionRequiredMixin, View):
    """GET shows the comparison and the proposal; POST keeps the comparison, or records the level that a person chose.

    Both forms are for those who may record starting levels; other readers see what they say.
    """

    permission_required = ("sites.view_site", "sites.view_chargedlevel")

    @cached_property
    def start(self) -> Start:
        """What is known about the site by now."""
        site = get_object_or_404(Site.objects.select_related("agreement"), pk=self.kwargs["pk"])
        return start_of(site=site, on=business_date())

    def get(self, request, pk):
        return self.page()

    def post(self, request, pk):
        if not request.user.has_perm(DECIDE):
            raise PermissionDenied("Starting levels are decided by account managers.")
        if self.start.closed:
            messages.error(request, self.start.closed)
            return redirect("sites:starting_level", pk=pk)
        return self.keep_comparison() if "compare" in request.POST else self.record_level()

    def keep_comparison(self):
        """Record the choices that a person changed, with their reasons."""
        form = self.comparison_form(self.request.POST)
        if form.is_valid():
            try:
                start = choose_comparables(
                    site=self.start.site, choices=form.choices(), on=business_date(), by=self.request.user
                )
            except CannotRecord as refusal:
                form.show_refusal(refusal)
            else:
                messages.success(self.request, f"The comparison is kept. {start.proposal.sentence}")
                return redirect("sites:starting_level", pk=self.start.site.pk)
        return self.page(comparison=form)

    def record_level(self):
        """Record the level with the function that records every starting level."""
        site, number = self.start.site, self.start.found.period.number
        form = self.level_form(self.request.POST)
        if form.is_valid():
            try:
                charged = record_starting_level(
                    site=site, period_number=number, on=business_date(), by=self.request.user, **form.cleaned_data
                )
            except CannotRecord as refusal:
                form.show_refusal(refusal)
            else:
                messages.success(self.request, f"{site} starts at {charged.level.name} in annual period {number}.")
                return redirect("sites:site_detail", pk=site.pk)
        return self.page(decision=form)

    def comparison_form(self, data=None) -> ComparisonForm:
        return ComparisonForm(data, start=self.start)

    def level_form(self, data=None) -> StartingLevelForm:
        return StartingLevelForm(
            data,
            levels=starting_levels(schedule=self.start.found.schedule),
            proposed=self.start.proposal.level,
            with_prices=self.request.user.has_perm(PRICES),
        )

    def page(self, comparison: ComparisonForm | None = None, decision: StartingLevelForm | None = None):
        """Compose the page; a form with something wrong in it comes back as it was sent."""
        may_decide = not self.start.closed and self.request.user.has_perm(DECIDE)
        comparison = comparison or self.comparison_form()
        context = {
            "start": self.start,
            "site": self.start.site,
            "may_decide": may_decide,
            "comparison": comparison,
            "rows": comparison.rows(),
            "history": StartingLevelChange.objects.filter(site=self.start.site)
            .select_related("before", "after", "recorded_by")
            .order_by("-pk"),
            "decision": (decision or self.level_form()) if may_decide else None,
        }
        return render(self.request, "sites/site_starting_level.html", context)
