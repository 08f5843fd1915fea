"""Monthly reports (Appendix A, note 4) as they were issued, their PDFs, and that the customer has them."""

from django.db import models
from django.db.models import Q

from contracts.fields import PlainCharField, by_person
from contracts.models import Agreement
from contracts.printing.stored_pdf import StoredPdf
from contracts.sealing.forgetting import Ground
from contracts.sealing.frozen import FrozenModel, FrozenQuerySet
from contracts.sealing.guards import Seal
from contracts.sealing.histories import unrecorded

SITE = ("site", "agreement")
REVISE_INSTEAD = "Correct the counts and issue a revision instead."


class MonthlyReportQuerySet(FrozenQuerySet):
    def with_agreement(self):
        return self.select_related("agreement__customer").order_by("agreement__number", "-month", "-revision")


class MonthlyReport(FrozenModel):
    """One issued report of an agreement and a month: revision 0 is the first, each later one corrects those before.

    There are no drafts: until it is issued a report is computed from the counts. Sealed from its insertion.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    month = models.DateField(help_text="The first day of the month.")
    revision = models.PositiveSmallIntegerField()
    reason = PlainCharField(max_length=200, blank=True, help_text="Why it was revised.")
    issued_on = models.DateField()
    issued_by = by_person()
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    is_demonstration = models.BooleanField("demonstration data", default=False)

    objects = MonthlyReportQuerySet.as_manager()
    seal = Seal(None, history=True, correction=REVISE_INSTEAD)

    class Meta:
        ordering = ["agreement", "month", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "month", "revision"],
                name="monthly_report_once_per_revision",
                violation_error_message="This revision of the report is issued already.",
            ),
            models.CheckConstraint(
                condition=Q(revision=0, reason="") | (Q(revision__gt=0) & ~Q(reason="")),
                name="monthly_report_revision_has_reason",
            ),
        ]
        permissions = [
            ("issue_report", "Can issue a monthly report and its revisions"),
            ("acknowledge_report", "Can record that the customer acknowledged a monthly report"),
        ]

    def __str__(self):
        revised = f", revision {self.revision}" if self.revision else ""
        return f"Monthly report {self.month:%B %Y}{revised}"


class ReportPdf(StoredPdf):
    """The one PDF of an issued report, kept as a file and served as stored for ever."""

    report = models.OneToOneField(MonthlyReport, on_delete=models.PROTECT, related_name="pdf")

    seal = Seal(None, history=True, correction=REVISE_INSTEAD)

    def is_known(self) -> bool:
        """Tell whether its file is in the folder of documents, or its line in the ledger of histories there."""
        return self.has_file or not unrecorded([self])


class ReportAcknowledgment(FrozenModel):
    """That the customer has a report: who said so, and when."""

    report = models.OneToOneField(MonthlyReport, on_delete=models.PROTECT, related_name="acknowledgment")
    acknowledged_by = PlainCharField("acknowledged by", max_length=100, help_text="The customer's person.")
    acknowledged_on = models.DateField("acknowledged on")
    remark = PlainCharField(max_length=200, blank=True)
    recorded_on = models.DateField(editable=False)
    recorded_by = by_person(editable=False)

    seal = Seal(None, history=True, correction=REVISE_INSTEAD)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.report}: acknowledged by {self.acknowledged_by} on {self.acknowledged_on}"


class LackingFigures(models.Model):
    """How many figures of an open month are neither counted nor marked as missing, by its last day.

    Kept so that a list of all agreements reads them instead of their counts. A row whose grounds change is gone with
    them; what has no row is computed.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    month = models.DateField(help_text="The first day of the month.")
    figures = models.PositiveIntegerField()

    rests_on = (
        Ground("sites.ComponentCount", ("site", "counted_on", "component_code"), via=SITE, month="counted_on"),
        Ground("sites.MissingCount", ("site", "month", "component_code"), via=SITE, month="month"),
        Ground("sites.MonthlyReport", ("agreement", "month"), month="month"),
        Ground("sites.Site", ("agreement", "in_service_on", "removed_on"), since="in_service_on"),
        Ground("contracts.Agreement", ("first_period_starts_on", "original_expires_on", "executed_on"), via=()),
        Ground("contracts.Amendment", ("agreement", "number", "effective_on", "expires_on", "executed_on")),
        Ground("contracts.PriceSchedule", ("agreement", "amendment")),
        Ground("contracts.Component", ("schedule", "code"), via=("schedule", "agreement")),
    )

    class Meta:
        ordering = ["agreement", "month"]
        constraints = [models.UniqueConstraint(fields=["agreement", "month"], name="lacking_figures_once")]

    def __str__(self):
        return f"{self.agreement}, {self.month:%B %Y}: {self.figures} lacking"
