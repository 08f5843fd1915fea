"""Pages about agreements, their sites and what was counted there."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.views.generic import DetailView

from contracts.clock import business_date
from contracts.models import Agreement
from contracts.pages import agreement as contract_pages
from contracts.pages.address import Dated, KnownParameters
from contracts.pages.lists import ListPage, page_of
from contracts.terms import terms_on
from sites.counts.counting import withdrawn_figures
from sites.counts.first_counts import first_counts_due
from sites.models import RenewalReview, ServiceChange, Site
from sites.site_pages import pages
from sites.site_pages.filters import SiteFilter
from sites.site_pages.forms import TermsOnForm
from sites.site_pages.tables import SiteTable
from sites.starting.queries import closed_because


class SiteList(ListPage):
    """All sites, with their charged and measured level on the business date."""

    title = "Sites"
    permission_required = "sites.view_site"
    table_class = SiteTable
    filterset_class = SiteFilter

    def get_queryset(self):
        return Site.objects.with_agreement_terms().with_levels().with_latest_counts(on=self.on)

    def get_table_kwargs(self):
        """Add why a person should look at each site where the list is asked for those."""
        kwargs = super().get_table_kwargs()
        if self.filterset.data.get("look_at"):
            return kwargs | {"look_at": self.filterset.remarks}
        return kwargs | {"exclude": [*kwargs["exclude"], "look_at"]}


class AgreementDetail(PermissionRequiredMixin, KnownParameters, DetailView):
    """One agreement: its terms on a date of choice, prices, amendments, readings, periods, and a page of its sites."""

    permission_required = "contracts.view_agreement"
    parameters = ("service_on", "known_on", "page")
    queryset = Agreement.objects.with_terms()
    template_name = "sites/agreement_detail.html"

    def get_context_data(self, **kwargs):
        agreement, on = self.object, business_date()
        terms = agreement.as_terms()
        form = TermsOnForm(self.request.GET, on=on)
        dates = form.cleaned_data if form.is_valid() else {"service_on": on, "known_on": on}
        outcome = terms_on(agreement=terms, **dates)
        shown = contract_pages.terms_shown(agreement=terms, outcome=outcome)
        rows = Site.objects.filter(agreement=agreement).order_by("city", "state", "pk")
        with_levels = rows.with_levels()
        if terms.follows_counts:
            with_levels = with_levels.with_counts(through=dates["known_on"])
        sites, page = list(rows), page_of(with_levels, self.request.GET.get("page"))
        reviews = list(RenewalReview.objects.filter(agreement=agreement).order_by("period_number"))
        return super().get_context_data(
            form=form,
            dates=dates,
            terms=terms,
            shown=shown,
            prices=contract_pages.price_table(shown.found.schedule) if shown.found else None,
            amendments=contract_pages.amendments_shown(
                agreement=terms, customer=str(agreement.customer), supplier=str(agreement.supplier), known_on=on
            ),
            readings=contract_pages.readings_shown(terms, on=on),
            periods=pages.agreement_periods(agreement=terms, reviews=reviews, on=on),
            sites=pages.agreement_sites(sites=page.object_list, agreement=terms, outcome=outcome),
            page_obj=page,
            first_counts=first_counts_due(sites=sites, terms={agreement.pk: terms}, on=on),
            is_demonstration=any(site.is_demonstration for site in sites),
            **kwargs,
        )


class SiteView(PermissionRequiredMixin, Dated, DetailView):
    """A page of one site, with its terms, levels and the counts made through the business date."""

    permission_required = "sites.view_site"

    def get_queryset(self):
        return Site.objects.with_agreement_terms().with_levels().with_counts(through=self.on)


class SiteDetail(SiteView):
    """One site: its counts over time, and the level charged and measured in each annual period."""

    template_name = "sites/site_detail.html"

    def get_context_data(self, **kwargs):
        terms = self.object.agreement.as_terms()
        page = pages.site_page(site=self.object, agreement=terms, on=self.on)
        found = terms_on(agreement=terms, service_on=self.object.in_service_on, known_on=self.on)
        recorded = any(row.is_starting for row in self.object.charged_level_list)
        starts_here = recorded or not closed_because(site=self.object, found=found)
        withdrawn = withdrawn_figures(sites=[self.object])
        changes = ServiceChange.objects.filter(site=self.object).select_related("recorded_by").order_by("-pk")
        return super().get_context_data(
            page=page, terms=terms, starts_here=starts_here, withdrawn=withdrawn, history=changes, **kwargs
        )
