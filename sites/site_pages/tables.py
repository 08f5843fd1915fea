"""Columns of the site list."""

from django_tables2 import A, Column, DateColumn

from contracts.pages.lists import CARD_FIRST, CellColumn, FileColumn, ListTable
from sites.models import Site
from sites.site_pages.pages import ServiceState, SiteRow, site_row


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
    service = CellColumn("Service", "sites/cells/service.html", attrs=CARD_FIRST)
    removed_on = FileColumn("In service through")
    charged = CellColumn("Charged level", "sites/cells/charged.html", attrs=CARD_FIRST)
    provisional = FileColumn("Charged level is")
    measured = CellColumn("Measured level", "sites/cells/measured.html")
    remarks = FileColumn("Remarks on the measured level")
    look_at = Column("What to look at", empty_values=(), orderable=False, attrs={"td": {"class": "clause"}})

    column_permissions = {
        "charged": "sites.view_chargedlevel",
        "provisional": "sites.view_chargedlevel",
        "agreement": "contracts.view_agreement",
    }

    def __init__(self, *args, look_at=None, **kwargs):
        self._terms, self._look_at = {}, look_at
        super().__init__(*args, **kwargs)

    def prepare(self, record: Site) -> SiteRow:
        """What the terms and counts say on the business date; the terms of an agreement are read once."""
        if record.agreement_id not in self._terms:
            self._terms[record.agreement_id] = record.agreement.as_terms()
        return site_row(site=record, agreement=self._terms[record.agreement_id], on=self.on)

    def render_look_at(self, record) -> str:
        return " ".join(self._look_at[record.pk])

    def value_service(self, record) -> str:
        return self.row_of(record).state.value

    def value_charged(self, record) -> str | None:
        row = self.row_of(record)
        if row.charged:
            return row.charged.name
        return "Not decided" if row.in_force and row.state is ServiceState.IN_SERVICE else None

    def value_provisional(self, record) -> str | None:
        charged = self.row_of(record).charged
        return "Provisional" if charged and charged.charged.provisional else None

    def value_measured(self, record) -> str | None:
        measured = self.row_of(record).measured
        if measured is None:
            return None
        return measured.level.name if measured.level else "No level"

    def value_remarks(self, record) -> str | None:
        measured = self.row_of(record).measured
        return " ".join(flag.sentence for flag in measured.flags) or None if measured else None
