"""Hours bought in blocks and hours worked (Provisioning/Translations and Customer Care)."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q, Value

from contracts.fields import HoursField, PlainCharField, by_person
from contracts.models import Agreement
from contracts.sealing.frozen import FrozenModel
from contracts.sealing.guards import Seal
from contracts.wording import plural
from sites.hours.entries import Purchase, Work
from sites.models.facts import REVERSE, ChargedFact, ChargedFactQuerySet, reversal_constraint
from sites.models.files import ImportedFile
from sites.models.sites import Site

MOST_BLOCKS = 1000
MOST_HOURS = 24
"""Hours of one work entry: it tells the work of one day."""


class BlockPurchase(ChargedFact):
    """Blocks of prepaid hours bought on one day, for all sites of the agreement. Sealed once they are billed."""

    dated_by = "bought_on"

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    bought_on = models.DateField("bought on")
    blocks = models.PositiveIntegerField(validators=[MinValueValidator(1)], help_text="Whole blocks.")
    reference = PlainCharField("order reference", max_length=100, blank=True, help_text="The customer's order.")

    objects = ChargedFactQuerySet.as_manager()
    seal = Seal(
        "billed_on",
        columns=("agreement", "bought_on", "blocks", "reference", "replaces", "billed_on"),
        correction=REVERSE,
    )

    class Meta:
        ordering = ["agreement", "bought_on", "pk"]
        verbose_name = "block purchase"
        constraints = [
            models.CheckConstraint(
                condition=Q(blocks__range=(1, MOST_BLOCKS)),
                name="block_purchase_whole_blocks",
                violation_error_message=f"Buy whole blocks, from 1 to {MOST_BLOCKS} at a time.",
            ),
            reversal_constraint("block_purchase"),
        ]
        permissions = [
            ("buy_blocks", "Can record that blocks of hours are bought"),
            ("reverse_hours", "Can reverse a work entry or a purchase of blocks"),
        ]

    def __str__(self):
        return f"{plural(self.blocks, 'block')} bought on {self.bought_on}"

    def as_fact(self) -> Purchase:
        return Purchase(self.pk, self.bought_on, self.blocks)


class WorkEntry(ChargedFact):
    """Hours done for a site on one day. Sealed once it is billed by the hour; a correcting entry replaces it then."""

    dated_by = "worked_on"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    worked_on = models.DateField("date of the work")
    service = PlainCharField(max_length=100, help_text="Such as Customer Care: one that the price schedule charges.")
    hours = HoursField(help_text="At most two decimals, such as 7.25.")
    person = PlainCharField(max_length=100, help_text="Who did the work.")
    reference = PlainCharField("request reference", max_length=100, blank=True, help_text="The customer's request.")
    file = models.ForeignKey(
        ImportedFile, on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )

    objects = ChargedFactQuerySet.as_manager()
    seal = Seal(
        "billed_on",
        columns=("site", "worked_on", "service", "hours", "person", "reference", "replaces", "file", "billed_on"),
        correction=REVERSE,
    )

    class Meta:
        ordering = ["site", "worked_on", "pk"]
        verbose_name_plural = "work entries"
        indexes = [models.Index(fields=["person", "worked_on"], name="work_of_person_and_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(hours__gte=Value(1, models.BigIntegerField()))
                & Q(hours__lte=Value(MOST_HOURS * 100, models.BigIntegerField())),
                name="work_hours_of_one_day",
                violation_error_message=f"Enter the hours of one day: more than 0, at most {MOST_HOURS}.",
            ),
            reversal_constraint("work"),
        ]
        permissions = [("enter_work", "Can enter work and import work files")]

    def __str__(self):
        return f"{self.hours} h of {self.service} on {self.worked_on}, {self.site}"

    def as_fact(self) -> Work:
        return Work(self.pk, self.worked_on, self.hours, self.site_id, self.service, self.person, self.reference)

    def as_said(self) -> dict[str, str]:
        """What the entry says, in the words that its history keeps. The row must come with its site."""
        return {
            "site": str(self.site),
            "worked_on": self.worked_on.isoformat(),
            "service": self.service,
            "hours": f"{self.hours:.2f}",
            "person": self.person,
            "reference": self.reference,
        }


class WorkChange(FrozenModel):
    """One change of a work entry that was not billed: what it said before and after, who changed it, when and why.

    Never changed itself. `WorkEntry` holds what stands after the last one.
    """

    entry = models.ForeignKey(WorkEntry, on_delete=models.PROTECT, related_name="changes")
    before = models.JSONField()
    after = models.JSONField()
    reason = PlainCharField(max_length=200)
    changed_on = models.DateField()
    changed_at = models.DateTimeField(auto_now_add=True)
    changed_by = by_person()

    seal = Seal(None, history=True, correction="Change the entry again, with a reason.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="work_change_has_reason",
                violation_error_message="Say why the entry is changed.",
            )
        ]

    def __str__(self):
        return f"Change of {self.entry}"
