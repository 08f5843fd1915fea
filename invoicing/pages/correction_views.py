"""Pages that show what a run would correct of what was billed, before anything is drafted. They only read."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from contracts.clock import business_date
from contracts.pages.address import KnownParameters
from contracts.pages.lists import EvenPages, ListPage, page_of
from invoicing.pages.corrections import NOTHING, CorrectionFilter, CorrectionTable
from invoicing.pages.forms import ThroughForm
from invoicing.what_if.pending import billed_agreements, last_through, pending_corrections, previews


class ShortPages(EvenPages):
    """Pages of few agreements: for each of them the whole plan of a run is computed."""

    most = 10


class CorrectionList(ListPage):
    """The agreements of which something would be corrected, each with the sum."""

    title = "Corrections to be billed"
    permission_required = "invoicing.view_invoice"
    queryset = billed_agreements()
    table_class = CorrectionTable
    filterset_class = CorrectionFilter
    template_name = "invoicing/correction_list.html"
    also_read = ("through",)
    table_pagination = {"paginator_class": ShortPages}

    def get_context_data(self, **kwargs):
        """Say where nothing of a page is to be corrected."""
        context = super().get_context_data(**kwargs)
        table = context["table"]
        table.empty_text = NOTHING.format("under the agreements of this page " if table.page.has_other_pages() else "")
        return context

    def is_invented(self, record) -> bool:
        """Whether some of it is invented."""
        return record.pending.is_demonstration


class CorrectionDetail(PermissionRequiredMixin, KnownParameters, TemplateView):
    """What would be corrected under one agreement: by earlier invoice, and by site, annual period and instalment."""

    permission_required = "invoicing.view_invoice"
    parameters = ("through", "page")
    template_name = "invoicing/correction_detail.html"

    @cached_property
    def agreement(self):
        found = billed_agreements().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404("Nothing was billed under such an agreement.")
        return found

    def get_context_data(self, **kwargs):
        """Compute the preview through a day of the address, by default that of the last run; some sites at a time."""
        agreement, on = self.agreement, business_date()
        form = ThroughForm(self.request.GET, default=last_through(agreements=[agreement]).get(agreement.pk, on))
        pending = preview = None
        if form.is_valid():
            through = form.cleaned_data["through"]
            (pending,) = pending_corrections(agreements=[agreement], through=through, on=on)
            (preview,) = previews(pending=[pending])
        return super().get_context_data(
            agreement=agreement,
            form=form,
            on=on,
            pending=pending,
            preview=preview,
            page_obj=page_of(preview.sites if preview else (), self.request.GET.get("page")),
            **kwargs,
        )
