"""Pages of one figure: its history with its dependent documents, and its correction."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from contracts.models import Agreement
from contracts.pages.address import Dated
from contracts.pages.event_page import EventPage
from invoicing.count_corrections.dependents import dependents_of
from invoicing.count_corrections.forms import CountCorrectionForm
from invoicing.count_corrections.history import CountHistory, count_history, outcome
from sites.counts.counting import Figure
from sites.counts.recording import Conflict, all_components, record_counts
from sites.counts.unusual import unusual
from sites.models import Site
from sites.refusals import CannotRecord
from sites.reports.lacking import keep_counted


class FigurePage(PermissionRequiredMixin, Dated):
    """A page of one figure: site, component and day stand in its address."""

    permission_required: str | tuple[str, ...] = "sites.view_componentcount"

    @cached_property
    def history(self) -> CountHistory:
        """The figure with its history; an address that names no figure of ours is not found."""
        sites = Site.objects.select_related("agreement__customer")
        site = get_object_or_404(sites, pk=self.kwargs["site"])
        history = count_history(site=site, code=self.kwargs["component"], counted_on=self.kwargs["counted_on"])
        if history is None:
            raise Http404("Nothing was ever recorded there.")
        return history

    @cached_property
    def dependents(self):
        """What depends on the figure, as far as the reader may see it."""
        with_invoices = self.request.user.has_perm("invoicing.view_invoice")
        return dependents_of(self.history.figure, with_invoices=with_invoices, on=self.on)

    def get_context_data(self, **kwargs):
        figure = self.history.figure
        shown = {"figure": figure, "site": figure.site, "history": self.history, "dependents": self.dependents}
        return super().get_context_data(**(kwargs | shown))


class CountHistoryPage(FigurePage, TemplateView):
    """The history of one figure: who, when, from where, before and after, why; and its dependent documents."""

    template_name = "invoicing/count_history.html"


class CountCorrect(FigurePage, EventPage):
    """Correct or withdraw a figure: the form, then its dependent documents and what to do next, then it is written."""

    permission_required = ("sites.view_componentcount", "sites.change_componentcount")
    form_class = CountCorrectionForm
    template_name = "invoicing/count_correct.html"

    def get_form_kwargs(self):
        data = self.request.POST if self.request.method == "POST" else None
        return {"data": data, "figure": self.history.figure}

    def record(self, *, dry_run: bool, **facts) -> None:
        """Record the figure, or find out whether it can be. Raises CannotRecord."""
        figure = self.history.figure
        counted = {"site": figure.site, "counted_on": figure.counted_on, "on": self.on, "by": self.request.user}
        record_counts(dry_run=dry_run, **counted, **facts)
        if not dry_run:
            keep_counted([(figure.site, figure.counted_on)], on=self.on)

    def form_valid(self, form):
        """Show what it means; once that is confirmed, record it. Nothing typed is lost on the way."""
        if "back" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        if "confirmed" in self.request.POST:
            return super().form_valid(form)
        try:
            self.record(dry_run=True, **form.facts())
        except CannotRecord as refusal:
            return self.refused(form, refusal)
        quantity = form.facts()["quantities"].get(self.history.figure.code)
        steps = self.dependents.next_steps(quantity)
        warning = self.warning(quantity)
        context = self.get_context_data(form=form, confirming=True, quantity=quantity, steps=steps, warning=warning)
        return self.render_to_response(context)

    def warning(self, quantity: int | None) -> str:
        """Say what is unusual about a new figure; empty where nothing is."""
        figure = self.history.figure
        terms = Agreement.objects.with_terms().get(pk=figure.site.agreement_id).as_terms()
        components = {(figure.site.agreement_id, one.code): one for one in all_components(terms)}
        wanted = Figure(figure.site, figure.counted_on, figure.code, quantity)
        return "".join(mark.sentence for mark in unusual([wanted], components=components).values())

    def refused(self, form, refusal):
        """Take the figure that somebody else has stored meanwhile as seen: it is shown beside what was typed."""
        form.show_refusal(refusal)
        if isinstance(refusal, Conflict):
            form.now_seen(refusal.conflicts[0].stored)
        return self.form_invalid(form)

    def perform(self, **facts):
        figure = self.history.figure
        quantity = facts["quantities"].get(figure.code)
        steps = self.dependents.next_steps(quantity)  # before anything is written: what the figure on file decides
        self.record(dry_run=False, **facts)
        return " ".join([outcome(figure=figure, quantity=quantity), *steps])

    def back(self):
        figure = self.history.figure
        return reverse("invoicing:count_history", args=[figure.site.pk, figure.code, figure.counted_on])
