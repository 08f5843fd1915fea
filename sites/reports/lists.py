"""The list of monthly reports: its columns, and its states as tabs."""

from datetime import date
from functools import cached_property

from django.conf import settings
from django_tables2 import A, Column

from contracts.pages.lists import CellColumn, FileColumn, ListFilter, ListTable, TabFilter
from sites.reports.months import TABS, AgreementMonth, MonthRows, Months

DATE = {"td": {"class": "date"}}


class AgreementReportTable(ListTable):
    """The months of one agreement; rows are `AgreementMonth`."""

    month = CellColumn("Month", "sites/cells/report_month.html", accessor="status__month")
    state = CellColumn("State", "sites/cells/report_state.html")
    lacking = FileColumn("Figures to count", accessor="status__lacking")
    days_late = FileColumn("Days late", accessor="status__days_late")
    due_on = CellColumn("Due", "sites/cells/report_due.html", accessor="status__due_on", attrs=DATE)
    issued_on = CellColumn("Issued", "sites/cells/report_issued.html", attrs=DATE)
    revision = FileColumn("Revision", accessor="status__issued__revision")
    acknowledged_on = CellColumn("Acknowledged", "sites/cells/report_acknowledged.html", attrs=DATE)

    class Meta:
        attrs = {"class": "table report-months"}
        orderable = False

    def value_state(self, record: AgreementMonth) -> str:
        return record.status.state.label

    def value_issued_on(self, record: AgreementMonth) -> date | None:
        return record.status.issued.issued_on if record.status.issued else None

    def value_acknowledged_on(self, record: AgreementMonth) -> date | None:
        return record.status.issued.acknowledged_on if record.status.issued else None


class ReportTable(AgreementReportTable):
    """The months of several agreements."""

    agreement = CellColumn("Agreement", "sites/cells/report_agreement.html")
    customer = Column(accessor=A("agreement__customer"), orderable=False)

    class Meta(AgreementReportTable.Meta):
        sequence = ("month", "agreement", "customer", "...")


class ReportFilter(ListFilter):
    """The months of the agreements, those of a state or all that have begun."""

    state = TabFilter(TABS)

    @cached_property
    def months(self) -> Months:
        """The months of all states."""
        return Months(self.queryset, on=self.on, days_after=settings.REPORT_DUE_DAYS)

    @property
    def qs(self) -> MonthRows:
        """The months to list."""
        return self.months.of_state(self.form.cleaned_data["state"] or None if self.is_valid() else None)

    def tabs(self):
        """Count the months of each state."""
        return self.tabs_of(self.months.counts)
