"""What depends on one figure: issued monthly reports, renewal reviews, and invoices.

An invoice depends on a figure from which a level was agreed at a review, on one that decides whether a switch is there,
so that the site is charged at all, and on every figure where levels follow the counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.periods import Month, day_text
from invoicing.models import Invoice
from invoicing.what_if.charging_count import ChargingCount, annual_lines, charging_count
from sites.models import ComponentCount, MonthlyReport, ReviewLine, Site

PLACES = (("then", "at the period's start"), ("now", "at the review"), ("latest", "for the measured level"))
"""Where the evidence of a review holds a count, and what it is there for."""


@dataclass(frozen=True)
class CountedFigure:
    """One figure: what a component counts at a site on a day. `stands` is what is on file; None where nothing is."""

    site: Site
    code: str
    name: str
    counted_on: date
    stands: ComponentCount | None

    @property
    def quantity(self) -> int | None:
        return self.stands.quantity if self.stands else None

    def __str__(self) -> str:
        return f"{self.name} at {self.site} on {day_text(self.counted_on)}"


# ---- monthly reports ---------------------------------------------------------------------------------------------


def in_report(content: Mapping, *, site: int, code: str, counted_on: date) -> tuple[int, bool] | None:
    """Return a figure as a report's content has it, and whether it is only compared with; None where it is not there.

    This alone knows the form of the content: a row per site, named by its key, and in it a cell per component with the
    last count and, for the chart and the change since the month before, the last counts of earlier months.
    """
    day = counted_on.isoformat()
    cells = (cell for row in content["rows"] if row["key"] == site for cell in row["cells"] if cell["code"] == code)
    for cell in cells:
        if cell["counted_on"] == day:
            return cell["quantity"], False
        for counted, quantity in cell["past"]:
            if counted == day:
                return quantity, True
    return None


@dataclass(frozen=True)
class DependentReport:
    """An issued report that `shows` the figure, for the month or only `compared` with.

    `superseded_by` is the revision that stands in its place.
    """

    report: MonthlyReport
    shows: int
    compared: bool
    superseded_by: int | None
    quantity: int | None

    @property
    def month(self) -> Month:
        return Month.of(self.report.month)

    @property
    def outdated(self) -> bool:
        """Whether it is the latest of its month and has another figure than the one on file."""
        return self.superseded_by is None and self.shows != self.quantity

    @property
    def where(self) -> str:
        """What the figure is in the report."""
        return "In its chart and its changes" if self.compared else "As the figure of the month"

    @property
    def next_step(self) -> str:
        if self.superseded_by is not None:
            return ""
        if self.compared:
            return f"{self.report} compares with the figure: look whether it needs a revision too."
        return f"{self.report} needs a revision."


def _reports(figure: CountedFigure) -> list[DependentReport]:
    """The reports of the figure's month and later; what they hold is read one after the other."""
    issued = MonthlyReport.objects.filter(
        agreement=figure.site.agreement_id, month__gte=figure.counted_on.replace(day=1)
    )
    latest: dict[date, int] = {}
    found = []
    for report in issued.order_by("month", "-revision").iterator(chunk_size=10):
        last = latest.setdefault(report.month, report.revision)
        stored = in_report(report.content, site=figure.site.pk, code=figure.code, counted_on=figure.counted_on)
        if stored is not None:
            superseded = last if last != report.revision else None
            found.append(DependentReport(report, *stored, superseded, figure.quantity))
    return found


# ---- reviews -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DependentReview:
    """A site in a renewal review whose evidence holds the figure: where it stands there, and as what."""

    line: ReviewLine
    places: tuple[str, ...]
    shows: int
    quantity: int | None

    @property
    def name(self) -> str:
        return f"Renewal review of annual period {self.line.review.period_number}"

    @property
    def agreed_on(self) -> date | None:
        """When both parties agreed to it; None while it is open."""
        return self.line.review.agreed_on

    @property
    def outdated(self) -> bool:
        """Whether it shows another figure than the one on file."""
        return self.shows != self.quantity

    @property
    def next_step(self) -> str:
        which = f"The renewal review of annual period {self.line.review.period_number}"
        if self.agreed_on is None:
            return f"{which} is open: refresh it before it is agreed."
        return f"{which} was agreed on {day_text(self.agreed_on)}: this correction does not change it."


def _reviews(figure: CountedFigure) -> list[DependentReview]:
    lines = (
        ReviewLine.objects.filter(site=figure.site)
        .select_related("review", "charged_level__level")
        .defer("review__evidence")
        .order_by("review__period_number", "pk")
    )
    day = figure.counted_on.isoformat()
    found = []
    for line in lines:
        part = next((one for one in line.evidence["components"] if one["code"] == figure.code), None)
        stored = [(which, message) for which, message in PLACES if part and part[f"{which}_on"] == day]
        if stored:
            message = tuple(message for _which, message in stored)
            found.append(DependentReview(line, message, part[stored[0][0]], figure.quantity))
    return found


# ---- invoices ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DependentInvoice:
    """An issued document that charges the site a level agreed at a review that depends on the figure.

    `by_count` says that it charges the site for days on which this figure decides what it is charged.
    """

    invoice: Invoice
    level: str
    period_number: int
    by_count: bool = False

    @property
    def where(self) -> str:
        if self.by_count:
            return f"Charges the site in annual period {self.period_number} by what is counted"
        return f"Charges {self.level} in annual period {self.period_number}, as agreed at the review"

    @property
    def state(self) -> str:
        """What a correction of the figure makes of it."""
        return "Stays as issued; the next run bills or credits the difference" if self.by_count else "Stays as issued"


def _charging(count: ChargingCount) -> list[DependentInvoice]:
    """The issued documents that charge the site for days which the figure decides, each once."""
    found: dict[int, DependentInvoice] = {}
    for line in count.lines():
        found.setdefault(line.invoice_id, DependentInvoice(line.invoice, line.level_name, line.period_number, True))
    return list(found.values())


def _invoices(figure: CountedFigure, reviews: Sequence[DependentReview]) -> list[DependentInvoice]:
    """The issued documents, each once; a line at the previous level depends on no review."""
    levels = [one.line.charged_level for one in reviews if hasattr(one.line, "charged_level")]
    agreed = {(level.period_number, level.level.code) for level in levels}
    lines = annual_lines(site=figure.site.pk).filter(
        period_number__in=sorted({number for number, _code in agreed}), provisional=False
    )
    found: dict[int, DependentInvoice] = {}
    for line in lines:
        if (line.period_number, line.level_code) in agreed:
            found.setdefault(line.invoice_id, DependentInvoice(line.invoice, line.level_name, line.period_number))
    return list(found.values())


# ---- all of it ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dependents:
    """Everything that depends on a figure; `invoices` is None for those who do not see what is owed.

    `charging` is there where the figure decides what the site is charged.
    """

    reports: tuple[DependentReport, ...]
    reviews: tuple[DependentReview, ...]
    invoices: tuple[DependentInvoice, ...] | None
    charging: ChargingCount | None = None

    def next_steps(self, becomes: int | None) -> list[str]:
        """What follows once the figure becomes another one, or None; what holds that one already asks nothing."""
        stored = [one for one in (*self.reports, *self.reviews) if one.shows != becomes]
        steps = [one.next_step for one in stored if one.next_step]
        agreed = [one.invoice.number_text for one in self.invoices or () if not one.by_count]
        if agreed:
            verb, it = ("charges", "it") if len(agreed) == 1 else ("charge", "them")
            steps.append(f"{', '.join(agreed)} {verb} the level agreed there: this correction does not change {it}.")
        return [*steps, *self._next_run(becomes)]

    def _next_run(self, becomes: int | None) -> list[str]:
        if self.charging is None:
            return []
        effect = self.charging.effect(becomes=becomes)
        message = effect.sentence(currency=self.charging.currency)
        if message and self.invoices is None:
            return ["The site is charged by what is counted: the next run bills or credits what changes."]
        return [message] if message else []

    @property
    def nothing(self) -> bool:
        return not (self.reports or self.reviews or self.invoices)


def dependents_of(figure: CountedFigure, *, with_invoices: bool, on: date) -> Dependents:
    """Return what depends on a figure as known on a day, with a fixed number of queries however much that is."""
    reviews = _reviews(figure)
    charging = charging_count(
        site=figure.site, code=figure.code, counted_on=figure.counted_on, stands=figure.quantity, on=on
    )
    invoices = None
    if with_invoices:
        by_count = _charging(charging) if charging else []
        charged = {one.invoice.pk for one in by_count}
        agreed = [one for one in _invoices(figure, reviews) if one.invoice.pk not in charged]
        invoices = (*by_count, *agreed)
    return Dependents(tuple(_reports(figure)), tuple(reviews), invoices, charging)
