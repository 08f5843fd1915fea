"""The monthly reports of a demonstration: counts that are read wrongly at first, reports issued and acknowledged."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from django.conf import settings

from contracts.models import Agreement
from contracts.periods import Month
from sites.agreement_files.sections import site_name
from sites.counts.recording import record_counts
from sites.models import ComponentCount, MissingCount, MonthlyReport, Site
from sites.reports.reporting import acknowledge, issue_report, mark_missing, revise_report


def report_days(demonstration: Mapping) -> set[date]:
    """Return the days on which a count is corrected, or a report issued or acknowledged."""
    plans = (*_corrections(demonstration), *_reports(demonstration))
    return {_day(plan) for plan in plans} | {
        _day(plan["acknowledged"]) for plan in _reports(demonstration) if "acknowledged" in plan
    }


def _corrections(demonstration: Mapping) -> Sequence[Mapping]:
    return demonstration.get("plan", {}).get("corrections", [])


def _reports(demonstration: Mapping) -> Sequence[Mapping]:
    return demonstration.get("plan", {}).get("reports", [])


def _day(plan: Mapping) -> date:
    return date.fromisoformat(plan["on"])


# ---- counts that were read wrongly at first ----------------------------------------------------------------------


def as_read(agreement: Agreement, facts: Mapping, demonstration: Mapping, day: date) -> dict:
    """Return facts with the counts that are corrected later as they were read at first."""
    wrong = {
        (plan["site"], plan["date"], plan["component"]): plan["first"]
        for plan in _corrections(demonstration)
        if _day(plan) > day and not _is_corrected(agreement, demonstration, plan)
    }
    sites = [
        site | {"counts": [_read(site, row, wrong) for row in site["counts"]]} if "counts" in site else site
        for site in facts.get("sites", [])
    ]
    return {**facts, "sites": sites} if wrong and sites else dict(facts)


def _read(site: Mapping, row: Mapping, wrong: Mapping[tuple, int]) -> dict:
    return {name: wrong.get((site_name(site), row["date"], name), value) for name, value in row.items()}


def _right(demonstration: Mapping, plan: Mapping) -> int:
    site = next(site for site in demonstration["sites"] if site_name(site) == plan["site"])
    return next(row[plan["component"]] for row in site["counts"] if row["date"] == plan["date"])


def _filed(agreement: Agreement, plan: Mapping) -> ComponentCount | None:
    rows = ComponentCount.objects.filter(
        site__agreement=agreement, counted_on=date.fromisoformat(plan["date"]), component_code=plan["component"]
    )
    return next((row for row in rows.select_related("site") if str(row.site) == plan["site"]), None)


def _is_corrected(agreement: Agreement, demonstration: Mapping, plan: Mapping) -> bool:
    row = _filed(agreement, plan)
    return row is not None and row.quantity == _right(demonstration, plan)


def correct_counts(*, agreement: Agreement, demonstration: Mapping, day: date, by) -> None:
    for plan in _corrections(demonstration):
        row = _filed(agreement, plan)
        if _day(plan) == day and row is not None:
            record_counts(
                site=row.site,
                counted_on=row.counted_on,
                quantities={row.component_code: _right(demonstration, plan)},
                source=row.source,
                reason=plan["reason"],
                on=day,
                by=by,
            )


# ---- reports -----------------------------------------------------------------------------------------------------


def report_on(*, agreement: Agreement, demonstration: Mapping, day: date, by) -> Iterator[str]:
    """Issue, revise and acknowledge the reports whose day it is, and say so; what is done already stays as it is."""
    for plan in _reports(demonstration):
        month = Month.of(date.fromisoformat(f"{plan['month']}-01"))
        rows = MonthlyReport.objects.filter(agreement=agreement, month=month.span.first_day)
        if _day(plan) == day and not rows.filter(reason=plan.get("reason", "")).exists():
            yield f"{_issue(agreement, plan, month, day, by)}: issued"
        message = plan.get("acknowledged")
        report = rows.filter(reason=plan.get("reason", ""), acknowledgment=None).first()
        if message is not None and _day(message) == day and report is not None:
            acknowledge(report=report, acknowledged_by=message["by"], acknowledged_on=day, on=day, by=by)
            yield f"{report}: acknowledged by {message['by']}"


def _issue(agreement: Agreement, plan: Mapping, month: Month, day: date, by) -> MonthlyReport:
    keys = {str(site): site.pk for site in Site.objects.filter(agreement=agreement)}
    for gap in plan.get("missing", []):
        figure = (keys[gap["site"]], gap["component"])
        if not MissingCount.objects.filter(site=figure[0], component_code=figure[1], month=month.span.first_day):
            mark_missing(agreement=agreement, month=month, figures=[figure], reason=gap["reason"], on=day, by=by)
    event = {"agreement": agreement, "month": month, "days_after": settings.REPORT_DUE_DAYS, "on": day, "by": by}
    return revise_report(reason=plan["reason"], **event) if "reason" in plan else issue_report(**event)
