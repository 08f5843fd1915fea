"""The history page of a site, its counts as a file, and the sites of an agreement that are about to change level."""

from datetime import timedelta

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.views.generic import DetailView

from contracts.clock import business_date
from contracts.models import Agreement
from contracts.pages.address import KnownParameters
from contracts.pages.downloads import download
from contracts.pages.lists import page_of
from contracts.printing.sheets import Sheet, csv_bytes, workbook
from sites.models import MissingCount, Site
from sites.site_history.outlook import DAYS_SOON, coming_changes
from sites.site_history.pages import SiteHistory, history_sheet, site_history
from sites.site_history.queries import counts_for_outlook
from sites.site_pages.views import SiteView


class SiteHistoryView(SiteView):
    """One site with everything that its history says on the business date."""

    @property
    def sees_charged(self) -> bool:
        """Whether the reader may see what the site is charged."""
        return self.request.user.has_perm("sites.view_chargedlevel")

    def history(self) -> SiteHistory:
        missing = MissingCount.objects.filter(site=self.object, month__lte=self.on)
        return site_history(
            site=self.object,
            agreement=self.object.agreement.as_terms(),
            on=self.on,
            chosen=self.request.GET.get("component", ""),
            charged=self.sees_charged,
            missing={(row.component_code, row.month): row.reason for row in missing},
        )


class SiteHistoryPage(SiteHistoryView):
    """Counts against limits, levels over time, days on which limits were reached, and what is expected."""

    template_name = "sites/site_history.html"

    def get_context_data(self, **kwargs):
        sees_prices = self.sees_charged and self.request.user.has_perm("contracts.view_priceschedule")
        return super().get_context_data(
            history=self.history(), on=self.on, sees_charged=self.sees_charged, sees_prices=sees_prices, **kwargs
        )


class SiteHistoryFile(SiteHistoryView):
    """The counts of all months as a file to keep; `ending` says of which kind."""

    ending: str

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        sheet = history_sheet(site=self.object, history=self.history())
        name = f"{self.object.agreement.number}-counts-{self.object}-through-{self.on:%Y-%m}.{self.ending}"
        return download(self.written(sheet), name=name)

    def written(self, sheet: Sheet) -> bytes:
        raise NotImplementedError


class SiteHistoryCsv(SiteHistoryFile):
    ending = "csv"

    def written(self, sheet: Sheet) -> bytes:
        return csv_bytes(sheet.headings, sheet.rows)


class SiteHistoryXlsx(SiteHistoryFile):
    ending = "xlsx"

    def written(self, sheet: Sheet) -> bytes:
        return workbook([sheet], title=f"Counts at {self.object}", created_on=self.on)


class LevelOutlook(PermissionRequiredMixin, KnownParameters, DetailView):
    """The sites of an agreement that are about to change level, page by page."""

    permission_required = "sites.view_site"
    parameters = ("page",)
    queryset = Agreement.objects.with_terms()
    template_name = "sites/level_outlook.html"

    def get_context_data(self, **kwargs):
        on = business_date()
        in_service = Site.objects.filter(agreement=self.object).in_service(first_day=on, last_day=on)
        sites, counts = list(in_service.order_by("city", "state", "pk")), counts_for_outlook(sites=in_service, on=on)
        changes = coming_changes(sites=sites, counts=counts, agreement=self.object.as_terms(), on=on)
        return super().get_context_data(
            on=on,
            soon_on=on + timedelta(days=DAYS_SOON),
            page_obj=page_of(changes, self.request.GET.get("page")),
            sees_prices=self.request.user.has_perm("contracts.view_priceschedule"),
            is_demonstration=any(site.is_demonstration for site in sites),
            **kwargs,
        )
