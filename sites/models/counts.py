"""The history of component counts, figures that nobody could count, and the names that people give to columns."""

from django.db import models
from django.db.models import F, Q

from contracts.fields import PlainCharField, by_person
from contracts.models import Agreement
from contracts.sealing.frozen import FrozenModel
from contracts.sealing.guards import Seal
from sites.models.files import ImportedFile
from sites.models.sites import Site


class CountChange(FrozenModel):
    """One entry in the history of a figure: recorded, corrected with a reason, or withdrawn. Never changed itself.

    `ComponentCount` holds the figure as it stands after the last entry; one that was withdrawn has no row there.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    component_code = models.CharField("component", max_length=40)
    counted_on = models.DateField()
    before = models.PositiveIntegerField(null=True, blank=True)
    after = models.PositiveIntegerField(null=True, blank=True)
    source = PlainCharField(max_length=200, blank=True)
    reason = PlainCharField(max_length=200, blank=True)
    file = models.ForeignKey(ImportedFile, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    recorded_on = models.DateField()
    recorded_at = models.DateTimeField(null=True, auto_now_add=True)
    recorded_by = by_person()

    seal = Seal(None, history=True, correction="Correct the count by a new entry with a reason.")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["site", "counted_on", "component_code"], name="history_of_figure")]
        constraints = [
            models.CheckConstraint(
                condition=Q(before=None, after__isnull=False)
                | Q(before__isnull=False, after=None)
                | (Q(before__isnull=False, after__isnull=False) & ~Q(before=F("after"))),
                name="count_change_changes",
            ),
            models.CheckConstraint(
                condition=Q(before=None) | ~Q(reason=""),
                name="count_correction_has_reason",
                violation_error_message="Say why the figure on file is corrected.",
            ),
        ]

    def __str__(self):
        return f"{self.component_code} at {self.site} on {self.counted_on}: {self.before} → {self.after}"


class MissingCount(models.Model):
    """A figure of a month that nobody can supply, with the reason, so that the report of the month can be issued."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    component_code = models.CharField("component", max_length=40)
    month = models.DateField(help_text="The first day of the month.")
    reason = PlainCharField(max_length=200)
    recorded_on = models.DateField(editable=False)
    recorded_by = by_person(editable=False)

    class Meta:
        ordering = ["month", "site", "component_code"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "component_code", "month"],
                name="missing_count_once",
                violation_error_message="This figure is marked as missing already.",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="missing_count_has_reason"),
        ]

    def __str__(self):
        return f"{self.component_code} at {self.site}, {self.month:%B %Y}: missing"


class ColumnName(models.Model):
    """What a column of a customer's file is called, and the component that it counts."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    name = PlainCharField(max_length=100, help_text="The heading as it stands in the file.")
    component_code = models.CharField("component", max_length=40)

    class Meta:
        ordering = ["agreement", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "name"],
                name="column_name_once",
                violation_error_message="This heading is known for the agreement already.",
            )
        ]

    def __str__(self):
        return f"{self.name} = {self.component_code}"
