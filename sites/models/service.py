"""The history of the days in service of a site, and of the level at which it starts. Neither is ever changed itself."""

from django.db import models
from django.db.models import F, Q

from contracts.fields import PlainCharField, by_person
from contracts.models import ServiceLevel
from contracts.sealing.frozen import FrozenModel
from contracts.sealing.guards import Seal
from sites.models.sites import Site


class SiteChange(FrozenModel):
    """One entry in the history of a fact of a site: recorded, changed with a reason, or withdrawn with one."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    reason = PlainCharField(max_length=200, blank=True)
    recorded_on = models.DateField()
    recorded_at = models.DateTimeField(null=True, auto_now_add=True)
    recorded_by = by_person()

    class Meta:
        abstract = True
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(before=None, after__isnull=False)
                | Q(before__isnull=False, after=None)
                | (Q(before__isnull=False, after__isnull=False) & ~Q(before=F("after"))),
                name="%(class)s_changes",
            ),
            models.CheckConstraint(
                condition=Q(before=None) | ~Q(reason=""),
                name="%(class)s_has_reason",
                violation_error_message="Say why what is on file changes.",
            ),
        ]


class ServiceChange(SiteChange):
    """Another first or last day in service, or another end of the charges. `Site` holds the days as they stand."""

    class Day(models.TextChoices):
        FIRST = "in_service_on", "First day in service"
        LAST = "removed_on", "Last day in service"
        CHARGED = "charged_through", "Charged through"

    day = models.CharField(max_length=20, choices=Day)
    before = models.DateField(null=True, blank=True)
    after = models.DateField(null=True, blank=True)

    seal = Seal(None, history=True, correction="Correct the days in service by a new entry with a reason.")

    class Meta(SiteChange.Meta):
        pass

    def __str__(self):
        return f"{self.get_day_display()} of {self.site}: {self.before} → {self.after}"


class StartingLevelChange(SiteChange):
    """A starting level that was recorded, changed or withdrawn. `ChargedLevel` holds it as it stands."""

    period_number = models.PositiveSmallIntegerField("annual period")
    before = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    after = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    seal = Seal(None, history=True, correction="Change the starting level by a new entry with a reason.")

    class Meta(SiteChange.Meta):
        pass

    def __str__(self):
        return f"Starting level of {self.site}: {self.before} → {self.after}"
