"""What a person decided about the sites with which a planned site is compared."""

from django.db import models
from django.db.models import F, Q

from contracts.fields import PlainCharField, by_person
from sites.models.sites import Site


class ComparableChoice(models.Model):
    """A site that a person added to the comparables of another one, or left out of them."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="comparable_choices")
    comparable = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    included = models.BooleanField()
    reason = PlainCharField(max_length=200)
    decided_on = models.DateField()
    decided_by = by_person()

    class Meta:
        ordering = ["site", "comparable"]
        constraints = [
            models.UniqueConstraint(fields=["site", "comparable"], name="comparable_once"),
            models.CheckConstraint(condition=~Q(site=F("comparable")), name="comparable_is_another_site"),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="comparable_has_reason",
                violation_error_message="Say why the site is added or left out.",
            ),
        ]

    def __str__(self):
        return f"{self.comparable} {'added to' if self.included else 'left out of'} the comparables of {self.site}"
