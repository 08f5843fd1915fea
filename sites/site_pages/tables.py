"""Columns of the site list."""

from django_tables2 import A, Column, DateColumn

from contracts.pages.lists import CellColumn, ListTable
from sites.models import Site
from sites.site_pages.pages import SiteRow, site_row


class SiteTable(ListTable):
    """Sites with their charged and measured level.

    Rows come from `with_agreement_terms()`, `with_levels()` and `with_latest_counts()`.
    """

    city = Column(linkify=("sites:site_detail", {"pk": A("pk")}), order_by=("city", "state", "pk"))
    state = Column(order_by=("state", "city", "pk"), default="")
    agreement = Column(
        linkify=("sites:agreement_detail", {"pk": A("agreement_id")}), order_by=("agreement__number", "city", "pk")
    )
    in_service_on = DateColumn(verbose_name="In service from", order_by=("in_service_on", "pk"))
    service = CellColumn("Service", "sites/cells/service.html")
    charged = CellColumn("Charged level", "sites/cells/charged.html")
    measured = CellColumn("Measured level", "sites/cells/measured.html")

    column_permissions = {"charged": "sites.view_chargedlevel", "agreement": "contracts.view_agreement"}

    def __init__(self, *args, **kwargs):
        self._terms = {}
        super().__init__(*args, **kwargs)

    def prepare(self, record: Site) -> SiteRow:
        """What the terms and counts say on the business date; the terms of an agreement are read once."""
        if record.agreement_id not in self._terms:
            self._terms[record.agreement_id] = record.agreement.as_terms()
        return site_row(site=record, agreement=self._terms[record.agreement_id], on=self.on)
