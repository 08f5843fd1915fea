"""The level of a site from a day on, as it was decided outside a review. It is sealed once recorded."""

from django.db import models
from django.db.models import F, Q

from contracts.fields import PlainCharField, by_person
from contracts.models import ServiceLevel
from contracts.periods import day_text
from contracts.sealing.frozen import FrozenModel
from contracts.sealing.guards import Seal
from sites.charged import LevelFromDay


class LevelDecision(FrozenModel):
    """A charged level that holds from a day of an annual period to its end, or through a day of it.

    Of several decisions for one day the one recorded last holds; nothing that is recorded changes.
    """

    class Cause(models.TextChoices):
        CHANGE_ORDER = "change-order", "Change order"
        CORRECTION = "correction", "Correction"
        ASSIGNMENT = "assignment", "Assignment"
        AGREEMENT = "agreement", "Agreement of both parties"

    site = models.ForeignKey("sites.Site", on_delete=models.PROTECT, related_name="level_decisions")
    period_number = models.PositiveSmallIntegerField("annual period")
    effective_on = models.DateField("from")
    through = models.DateField(null=True, blank=True)
    level = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=20, choices=Cause)
    document = PlainCharField(max_length=100, help_text="The paper that says so, such as Change Order 7.")
    customer_signer = PlainCharField("agreed for the customer by", max_length=100)
    supplier_signer = PlainCharField("agreed for the supplier by", max_length=100)
    agreed_on = models.DateField(help_text="The day on which both parties had agreed.")
    reason = PlainCharField(max_length=200)
    recorded_on = models.DateField(editable=False)
    recorded_at = models.DateTimeField(null=True, auto_now_add=True)
    recorded_by = by_person(editable=False)

    seal = Seal(None, history=True, correction="Record another level from the same day: the one recorded last holds.")

    class Meta:
        verbose_name = "level from a day"
        verbose_name_plural = "levels from a day"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(through=None) | Q(through__gte=F("effective_on")),
                name="level_decision_ends_after_its_start",
                violation_error_message="The last day lies before the first.",
            ),
            models.CheckConstraint(
                condition=Q(agreed_on__lte=F("recorded_on")),
                name="level_decision_agreed_before_recorded",
                violation_error_message="What both parties agreed cannot lie after the day on which it is recorded.",
            ),
        ]

    def __str__(self):
        return f"{self.site}: {self.level} from {day_text(self.effective_on)}"

    @property
    def sentence(self) -> str:
        """The decision in one sentence: the cause, the document, the days, and who agreed to it for whom."""
        signers = f"{self.customer_signer} for the customer and {self.supplier_signer} for the supplier"
        named = f"{self.get_cause_display()}, {self.document}"
        days = f"from {day_text(self.effective_on)}{f' through {day_text(self.through)}' if self.through else ''}"
        return f"{named}, {days}, agreed on {day_text(self.agreed_on)} by {signers}: {self.reason}."

    def as_level(self) -> LevelFromDay:
        """Make the pure value. The level must be loaded."""
        return LevelFromDay(
            self.period_number, self.effective_on, self.level.code, self.recorded_on, self.through, self.sentence
        )
