"""Monthly reports leave: issued, revised after a correction, acknowledged; and figures that nobody can supply (note 4).

An issued report is frozen. Its PDF is made right after, outside the transaction; what a crash leaves without one is
made good by `make_report_pdfs`.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction

from contracts.locking import lock_agreements
from contracts.models import Agreement
from contracts.periods import Month, day_text
from contracts.printing.letters import missing_in
from contracts.printing.stored_files import another_folder
from contracts.printing.stored_pdf import unknown_title
from contracts.refusal import Refusal
from contracts.schedule import Refused
from contracts.sealing.digest import canonical_sha256
from contracts.wording import listed, plural
from sites.counts.recording import components_on
from sites.models import ComponentCount, CountChange, MissingCount, MonthlyReport, ReportAcknowledgment, Site
from sites.refusals import later_refusals, reason_refusals, text_refusals
from sites.reports.content import figures_sha256, report_content
from sites.reports.differences import Difference, differences
from sites.reports.lacking import keep_months
from sites.reports.lost import explained_of_month, lost_of_month
from sites.reports.monthly_report import MonthlyFigures
from sites.reports.printing import REPORT_PDFS
from sites.reports.queries import figures_of

logger = logging.getLogger(__name__)

CHANGED = "Figures have changed since this page was opened. Look at them as they are now, then issue the report."


class CannotReport(Refusal):
    """A report cannot be issued, revised or acknowledged, or a figure not be marked.

    `lacking` names the figures that stand in the way of issuing.
    """

    def __init__(self, *refused: Refused, lacking: Iterable[str] = ()):
        self.lacking = tuple(lacking)
        super().__init__(*refused)


# ---- issuing -----------------------------------------------------------------------------------------------------


def issue_report(
    *, agreement: Agreement, month: Month, days_after: int, seen: str | None = None, on: date, by: User | None
) -> MonthlyReport:
    """Issue the report of a month: its content is frozen, and its PDF made right after (note 4).

    `seen` is the `figures_sha256` of what the person saw. Raises CannotReport while the month is not over, while a
    figure is neither counted in the month nor marked as missing, where the report is issued already, where no site is
    in service, where figures have changed since they were seen, where the PDFs know a report of the month that the
    database does not, and where their folder is missing or another one. After one that was explained it is the next
    revision.
    """
    with ExitStack() as until_printed, transaction.atomic():
        agreement = _lock(agreement)
        latest = _latest(agreement, month)
        if latest is not None:
            by_whom = f" by {latest.issued_by}" if latest.issued_by else ""
            message = f"The report of {month} was issued on {day_text(latest.issued_on)}{by_whom} already."
            pdf = REPORT_PDFS.state_of(latest).value
            message = f"{message} {pdf} Issue a revision where its figures have changed."
            raise CannotReport(Refused("ISSUED", "", message))
        figures = _reportable(agreement, month, on)
        _refuse_lost(agreement, month, issued=None)
        explained = explained_of_month(agreement, month)
        revision = max(explained, default=-1) + 1
        content = report_content(
            agreement=agreement,
            figures=figures,
            days_after=days_after,
            demonstration=_only_demonstration(figures),
            issued_on=on,
            revision=revision,
            reason=explained[revision - 1].reason if explained else "",
        )
        _refuse_unseen(content, seen)
        return _freeze(agreement, month, content, on, by, until_printed)


def revise_report(
    *,
    agreement: Agreement,
    month: Month,
    days_after: int,
    reason: str,
    seen: str | None = None,
    on: date,
    by: User | None,
) -> MonthlyReport:
    """Issue the next revision of a month's report; it lists what differs from the one before, figure by figure.

    Raises CannotReport as `issue_report` does, without a reason, where nothing has changed, and before there is a
    first report.
    """
    with ExitStack() as until_printed, transaction.atomic():
        agreement = _lock(agreement)
        latest = _latest(agreement, month)
        if latest is None:
            message = f"The report of {month} is not issued yet. Issue it first."
            raise CannotReport(Refused("NOT_ISSUED", "", message))
        faults = reason_refusals(reason=reason, why="Say why the report is revised.")
        if faults:
            raise CannotReport(*faults)
        figures = _reportable(agreement, month, on)
        _refuse_lost(agreement, month, issued=latest.revision)
        content = report_content(
            agreement=agreement,
            figures=figures,
            days_after=days_after,
            demonstration=_only_demonstration(figures),
            issued_on=on,
            revision=max(latest.revision, *explained_of_month(agreement, month), 0) + 1,
            reason=reason.strip(),
        )
        if figures_sha256(content) == figures_sha256(latest.content):
            message = f"{latest} of {day_text(latest.issued_on)} holds the same figures. There is nothing to revise."
            raise CannotReport(Refused("UNCHANGED", "", message))
        _refuse_unseen(content, seen)
        found = with_corrections(differences(old=latest.content, new=content), since=latest)
        content["differences"] = [one.as_content() for one in found]
        return _freeze(agreement, month, content, on, by, until_printed)


def _lock(agreement: Agreement) -> Agreement:
    """Lock the agreement, and its sites against whoever records counts; return it with its terms."""
    lock_agreements([agreement.pk], no_key=True)
    list(Site.objects.select_for_update(no_key=True).filter(agreement=agreement.pk).order_by("pk").values_list("pk"))
    return Agreement.objects.with_terms().get(pk=agreement.pk)


def _latest(agreement: Agreement, month: Month) -> MonthlyReport | None:
    rows = MonthlyReport.objects.filter(agreement=agreement, month=month.span.first_day)
    return rows.select_related("issued_by").order_by("-revision").first()


def _reportable(agreement: Agreement, month: Month, on: date) -> MonthlyFigures:
    """The figures of a month that is over and lacks nothing."""
    if on <= month.span.last_day:
        message = f"{month} is not over: its report can be issued from {day_text(month.following().span.first_day)}."
        raise CannotReport(Refused("NOT_OVER", "", message))
    figures = figures_of(agreement=agreement, month=month, on=on)
    if not figures.rows:
        raise CannotReport(Refused("NO_SITE", "", f"No site is in service in {month}: there is nothing to report."))
    lacking = [f"{row.name}: {figure.component.name}" for row, figure in figures.lacking]
    if lacking:
        some = plural(len(lacking), "figure has", "figures have")
        message = f"{some} no count in {month}. Count them, or mark each as missing with a reason."
        raise CannotReport(Refused("LACKING", "", message), lacking=lacking)
    return figures


def _only_demonstration(figures: MonthlyFigures) -> bool:
    keys = [row.key for row in figures.rows]
    return Site.objects.filter(pk__in=keys, is_demonstration=True).exists()


def _refuse_lost(agreement: Agreement, month: Month, *, issued: int | None) -> None:
    try:
        lost, unknown = lost_of_month(agreement, month, issued=issued), unknown_title()
    except OSError as fault:
        message = (
            f"The PDFs cannot be read ({fault.strerror}): nobody knows what was issued before. Make them readable."
        )
        raise CannotReport(Refused("UNREADABLE", "", message)) from None
    if unknown:
        message = another_folder(unknown=unknown, unsure=f"a report of {month} was issued")
        raise CannotReport(Refused("ANOTHER_FOLDER", "", message))
    if lost:
        message = (
            f"{listed(lost)} {'is' if len(lost) == 1 else 'are'} among the PDFs, and the database does not know "
            f"{'it' if len(lost) == 1 else 'them'}: it was restored from an older backup. Put a newer backup back, or "
            "let finance explain this under Invoices > Missing documents."
        )
        raise CannotReport(Refused("LOST", "", message))


def _refuse_unseen(content: Mapping, seen: str | None) -> None:
    if seen is not None and seen != figures_sha256(content):
        raise CannotReport(Refused("CHANGED", "", CHANGED))


def _freeze(
    agreement: Agreement, month: Month, content: dict, on: date, by: User | None, until_printed: ExitStack
) -> MonthlyReport:
    if message := missing_in(content):
        raise CannotReport(f"{message} Correct it where it was entered, then issue the report.")
    report = MonthlyReport.objects.create(
        agreement=agreement,
        month=month.span.first_day,
        revision=content["revision"],
        reason=content["reason"],
        issued_on=on,
        issued_by=by,
        content=content,
        content_sha256=canonical_sha256(content),
        is_demonstration=content["demonstration"],
    )
    until_printed.enter_context(REPORT_PDFS.ordered(report))
    transaction.on_commit(partial(_print_issued, report))  # nothing slow while others wait
    return report


def _print_issued(report: MonthlyReport) -> None:
    """Make its PDF; a failure is logged and made good by `make_report_pdfs`: it is issued anyway."""
    try:
        REPORT_PDFS.make(report)
    except Exception:
        logger.exception("%s is issued, but its PDF could not be made; run manage.py make_report_pdfs", report)


def with_corrections(found: list[Difference], *, since: MonthlyReport) -> list[Difference]:
    """Add to each difference the last entry in the history of its counts that was made since a report was issued."""
    keys = {one.site_key for one in found if one.days}
    changes = CountChange.objects.filter(site__in=keys, recorded_on__gte=since.issued_on).order_by("pk")
    by_figure = {
        (row.site_id, row.component_code, row.counted_on.isoformat()): row
        for row in changes.select_related("recorded_by")
    }
    return [_with_correction(one, by_figure) for one in found]


def _with_correction(one: Difference, changes: Mapping[tuple, CountChange]) -> Difference:
    created = [row for day in one.days if (row := changes.get((one.site_key, one.code, day))) is not None]
    if not created:
        return one
    last = max(created, key=lambda row: row.pk)
    by = (last.recorded_by.get_full_name() or last.recorded_by.get_username()) if last.recorded_by else ""
    return replace(one, by=by, on=last.recorded_on.isoformat(), reason=last.reason)


# ---- missing figures ---------------------------------------------------------------------------------------------


@transaction.atomic
def mark_missing(
    *,
    agreement: Agreement,
    month: Month,
    figures: Collection[tuple[int, str]],
    reason: str,
    on: date,
    by: User | None,
) -> list[MissingCount]:
    """Mark figures of a month, each by its site's key and component, as missing with a reason; the report prints it.

    A figure that is marked already gets the new reason. Raises CannotReport, naming site and component, for one that is
    counted in the month, that the schedule does not have, whose site is not in service then, for a month that has not
    begun, and without a reason.
    """
    agreement = _lock(agreement)
    sites = {site.pk: site for site in Site.objects.filter(agreement=agreement).order_by("pk")}
    figures = list(dict.fromkeys(figures))
    faults = reason_refusals(reason=reason, why="Say why the figures are missing: the report prints it.")
    if not figures:
        faults.append(Refused("NOTHING", "figures", "Choose at least one figure."))
    if month.span.first_day > on:
        faults.append(Refused("NOT_BEGUN", "figures", f"{month} has not begun: nothing can be missing yet."))
    faults += _marking_faults(agreement, sites, month, figures, on)
    if faults:
        raise CannotReport(*faults)
    first_day = month.span.first_day
    for key, code in figures:
        MissingCount.objects.filter(site_id=key, month=first_day, component_code=code).delete()
    marks = MissingCount.objects.bulk_create(
        MissingCount(
            site=sites[key],
            component_code=code,
            month=first_day,
            reason=reason.strip(),
            recorded_on=on,
            recorded_by=by,
        )
        for key, code in figures
    )
    keep_months(agreements=[agreement.pk], months=[month], on=on)
    return marks


def _marking_faults(
    agreement: Agreement, sites: Mapping[int, Site], month: Month, figures: Collection[tuple[int, str]], on: date
) -> list[Refused]:
    span = month.span
    known = components_on(terms=agreement.as_terms(), day=max(min(span.last_day, on), span.first_day), known_on=on)
    names = {part.code: part.name for part in known}
    keys = {key for key, _code in figures}
    rows = ComponentCount.objects.filter(site__in=keys, counted_on__range=(span.first_day, max(on, span.first_day)))
    counted = set(rows.filter(counted_on__lte=span.last_day).values_list("site_id", "component_code"))
    faults = []
    for key, code in figures:
        site = sites.get(key)
        if site is None or span.overlap(site.in_service_on, site.removed_on) is None:
            message = f"{site or 'A site chosen'} is not in service in {month} under this agreement."
        elif code not in names:
            message = f"{code} is no component of the price schedule in force."
        elif (key, code) in counted:
            message = f"{names[code]} is counted at {site} in {month}: it is not missing. Correct the count instead."
        else:
            continue
        faults.append(Refused("NOT_MISSING", "figures", message))
    return faults


@transaction.atomic
def unmark_missing(
    *, agreement: Agreement, month: Month, figures: Collection[tuple[int, str]], on: date, by: User | None
) -> int:
    """Take marks back and return how many there were; reports that were issued with them stay as they are."""
    agreement = _lock(agreement)
    taken = 0
    for key, code in figures:
        rows = MissingCount.objects.filter(
            site=key, site__agreement=agreement, month=month.span.first_day, component_code=code
        )
        taken += rows.delete()[0]
    keep_months(agreements=[agreement.pk], months=[month], on=on)
    return taken


# ---- acknowledgment ----------------------------------------------------------------------------------------------


@transaction.atomic
def acknowledge(
    *,
    report: MonthlyReport,
    acknowledged_by: str,
    acknowledged_on: date,
    remark: str = "",
    on: date,
    by: User | None,
) -> ReportAcknowledgment:
    """Record that the customer has a report: who said so, and when.

    Raises CannotReport for a day before the report was issued or after `on`, without a name, for a report that a later
    revision has replaced, and where it is recorded already.
    """
    report = MonthlyReport.objects.select_for_update(no_key=True).get(pk=report.pk)
    faults = [
        *_acknowledging_faults(report),
        *text_refusals(place="acknowledged_by", what="the name", text=acknowledged_by),
        *text_refusals(place="remark", what="the remark", text=remark),
        *later_refusals(
            place="acknowledged_on", what="The acknowledgment of", day=acknowledged_on, on=on, then="Record it then."
        ),
    ]
    if not acknowledged_by.strip():
        faults.append(Refused("NO_NAME", "acknowledged_by", "Say who acknowledged the report for the customer."))
    if acknowledged_on < report.issued_on:
        message = f"The report was issued on {day_text(report.issued_on)}; it cannot be acknowledged before that."
        faults.append(Refused("BEFORE_ISSUE", "acknowledged_on", message))
    if faults:
        raise CannotReport(*faults)
    return ReportAcknowledgment.objects.create(
        report=report,
        acknowledged_by=acknowledged_by.strip(),
        acknowledged_on=acknowledged_on,
        remark=remark.strip(),
        recorded_on=on,
        recorded_by=by,
    )


def _acknowledging_faults(report: MonthlyReport) -> list[Refused]:
    stored = ReportAcknowledgment.objects.filter(report=report).first()
    if stored is not None:
        message = f"{stored.acknowledged_by} acknowledged this report on {day_text(stored.acknowledged_on)} already."
        return [Refused("ACKNOWLEDGED", "", message)]
    later = MonthlyReport.objects.filter(
        agreement=report.agreement_id, month=report.month, revision__gt=report.revision
    ).order_by("-revision")
    if (newest := later.first()) is not None:
        return [Refused("REPLACED", "", f"{newest} has replaced this report. Record the acknowledgment of that one.")]
    return []
