"""What the pages of the monthly reports show, composed from what is on file and from what was issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from contracts.models import Agreement
from contracts.periods import Month
from sites.models import MonthlyReport, Site
from sites.reports.charts import SiteChart, site_charts
from sites.reports.content import Gap, figures_sha256, gaps, report_content, without_charged_levels
from sites.reports.differences import Difference, differences
from sites.reports.monthly_report import MonthlyFigures
from sites.reports.open_months import open_months
from sites.reports.queries import figures_of
from sites.reports.state import IssuedReport, MonthStatus, month_status

# ---- one month ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SiteToCount:
    """A site with figures to be counted or marked, by name, and what has to be counted for the first time, if any."""

    key: int
    site: str
    components: str
    first_count: str


@dataclass(frozen=True)
class MonthPage:
    """The report of one month: `report` is the issued one that is shown, `latest` the last one, None until then.

    `content` is what is shown. `live` is the report as the counts on file make it now; `changes` says what differs from
    the latest one issued.
    """

    status: MonthStatus
    report: MonthlyReport | None
    latest: MonthlyReport | None
    revisions: tuple[MonthlyReport, ...]
    content: dict
    live: dict
    changes: tuple[Difference, ...]
    changed: bool

    @property
    def month(self) -> Month:
        return self.status.month

    @cached_property
    def marked(self) -> tuple[Gap, ...]:
        """The figures that are marked as missing in what is shown."""
        return tuple(gap for gap in gaps(self.content) if gap.reason)

    @cached_property
    def live_marked(self) -> tuple[Gap, ...]:
        """The figures that are marked as missing now."""
        return tuple(gap for gap in gaps(self.live) if gap.reason)

    @cached_property
    def lacking(self) -> tuple[Gap, ...]:
        """The figures that are still to be counted or marked."""
        return tuple(gap for gap in gaps(self.live) if not gap.reason)

    @cached_property
    def to_count(self) -> tuple[SiteToCount, ...]:
        """The sites with figures that are still to be counted or marked, each once."""
        first = {row["key"]: row["first_count"] for row in self.live["rows"]}
        names: dict[tuple[int, str], list[str]] = {}
        for gap in self.lacking:
            names.setdefault((gap.key, gap.site), []).extend(gap.names)
        return tuple(SiteToCount(key, site, ", ".join(of), first[key]) for (key, site), of in names.items())

    @property
    def awaits_first_count(self) -> bool:
        """Whether a first count is among what is still to be counted or marked."""
        return any(one.first_count for one in self.to_count)

    @cached_property
    def first_counts(self) -> list[dict]:
        """The sites of the month that wait for a first count now; until it is issued, those it does not wait for."""
        named = () if self.report else {one.key for one in self.to_count}
        return [row for row in self.live["rows"] if row["first_count"] and row["key"] not in named]

    def charts(self, rows: Sequence[dict]) -> tuple[SiteChart, ...]:
        """The charts of some of its sites, those of one page."""
        return site_charts(self.content | {"rows": rows})

    @cached_property
    def live_sha256(self) -> str:
        """What tells whether the figures have changed since they were seen."""
        return figures_sha256(self.live)

    @property
    def acknowledgment(self):
        """The acknowledgment of the report shown, or None."""
        return getattr(self.report, "acknowledgment", None)

    @property
    def may_issue(self) -> bool:
        """Whether the first report, or a revision, can be issued now."""
        if not self.live["rows"] or self.live["lacking"] or self.live["preliminary"]:
            return False
        return self.latest is None or self.changed

    @property
    def may_mark(self) -> bool:
        """Whether there are figures to mark as missing, or marks to take back."""
        return bool(self.lacking or self.live_marked)

    @property
    def may_acknowledge(self) -> bool:
        """Whether the latest report waits for the customer's acknowledgment."""
        return self.latest is not None and not hasattr(self.latest, "acknowledgment")

    @property
    def is_latest(self) -> bool:
        """Whether the latest report is shown, or none is issued."""
        return self.report is self.latest


def month_page(
    *, agreement: Agreement, month: Month, revision: int | None = None, charged: bool = True, on: date, days_after: int
) -> MonthPage | None:
    """Return the page of a month, with the revision asked for, else the latest; None where there is no such report.

    What is shown says at which level a site is charged only where `charged`. The agreement is from `with_terms()`.
    The number of queries does not depend on that of the sites.
    """
    rows = MonthlyReport.objects.filter(agreement=agreement, month=month.span.first_day)
    reports = list(rows.select_related("issued_by", "pdf", "acknowledgment__recorded_by").order_by("-revision"))
    report = next((row for row in reports if revision in (None, row.revision)), None)
    if (not reports and not _is_due(agreement, month, on)) or (revision is not None and report is None):
        return None
    figures = figures_of(agreement=agreement, month=month, on=on)
    keys = [row.key for row in figures.rows]
    live = report_content(
        agreement=agreement,
        figures=figures,
        days_after=days_after,
        demonstration=Site.objects.filter(pk__in=keys, is_demonstration=True).exists(),
    )
    latest = reports[0] if reports else None
    shown = (lambda content: content) if charged else without_charged_levels
    return MonthPage(
        status=month_status(month=month, on=on, days_after=days_after, **_how_far(reports, figures)),
        report=report,
        latest=latest,
        revisions=tuple(reports),
        content=shown(report.content if report else live),
        live=live,
        changes=tuple(differences(old=shown(latest.content), new=shown(live))) if latest else (),
        changed=latest is not None and figures_sha256(latest.content) != figures_sha256(live),
    )


def _is_due(agreement: Agreement, month: Month, on: date) -> bool:
    """Whether a month has begun for which a report is due."""
    found = open_months(Agreement.objects.filter(pk=agreement.pk), on=on)
    return month.span.first_day <= on and any(each.holds(month.number) for each in found)


def _how_far(reports: Sequence[MonthlyReport], figures: MonthlyFigures) -> dict:
    if not reports:
        return {"lacking": len(figures.lacking)}
    acknowledgment = getattr(reports[0], "acknowledgment", None)
    acknowledged_on = acknowledgment.acknowledged_on if acknowledgment else None
    return {"issued": IssuedReport(reports[-1].issued_on, reports[0].revision, reports[0].issued_on, acknowledged_on)}
