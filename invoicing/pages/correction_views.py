"""Pages that show what a run would correct of what was billed, before anything is drafted. They only read."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.paginator import Paginator
from django.http import Http404
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from contracts.pages.address import Dated
from invoicing.models import Invoice
from invoicing.pages.forms import ThroughForm
from invoicing.what_if.pending import billed_agreements, last_through, pending_corrections, previews

AGREEMENTS_A_PAGE = 50
SITES_A_PAGE = 50


class CorrectionPage(PermissionRequiredMixin, Dated, TemplateView):
    """A page that looks for corrections through a day of the address, by default that of the last run."""

    permission_required = "invoicing.view_invoice"

    @cached_property
    def form(self) -> ThroughForm:
        return ThroughForm(self.request.GET, default=self.default_through())

    def pending(self, agreements):
        """What would be corrected, or nothing where the day cannot be read."""
        if not self.form.is_valid():
            return []
        return pending_corrections(agreements=agreements, through=self.form.cleaned_data["through"], on=self.on)

    def page_of(self, rows, number):
        """One page of rows; an odd number in the address is the first or the last one."""
        return Paginator(rows, number).get_page(self.request.GET.get("page"))


class CorrectionList(CorrectionPage):
    """The agreements of which something would be corrected, each with the sum."""

    template_name = "invoicing/correction_list.html"

    def default_through(self):
        """The latest day through which any run has billed."""
        run = Invoice.objects.filter(origin=Invoice.Origin.RUN).order_by("-through").values_list("through", flat=True)
        return run.first() or self.on

    def get_context_data(self, **kwargs):
        """Look through some agreements at a time, in a fixed number of queries."""
        page = self.page_of(billed_agreements(), AGREEMENTS_A_PAGE)
        pending = self.pending(list(page))
        shown = [
            (each, preview)
            for each, preview in zip(pending, previews(pending=pending), strict=True)
            if each.refusal or preview.parts
        ]
        invented = any(each.is_demonstration for each, _preview in shown)
        return super().get_context_data(
            form=self.form, on=self.on, page_obj=page, rows=shown, is_demonstration=invented, **kwargs
        )


class CorrectionDetail(CorrectionPage):
    """What would be corrected under one agreement: by earlier invoice, and by site, annual period and instalment."""

    template_name = "invoicing/correction_detail.html"

    @cached_property
    def agreement(self):
        found = billed_agreements().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404("Nothing was billed under such an agreement.")
        return found

    def default_through(self):
        return last_through(agreements=[self.agreement]).get(self.agreement.pk, self.on)

    def get_context_data(self, **kwargs):
        pending = self.pending([self.agreement])
        preview = previews(pending=pending)[0] if pending else None
        return super().get_context_data(
            agreement=self.agreement,
            form=self.form,
            on=self.on,
            pending=pending[0] if pending else None,
            preview=preview,
            page_obj=self.page_of(preview.sites if preview else (), SITES_A_PAGE),
            **kwargs,
        )
