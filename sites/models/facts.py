"""What every fact that is charged once has in common: it can be reversed and replaced, and is sealed once billed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from contracts.fields import PlainCharField, by_person
from contracts.sealing.frozen import FrozenModel, FrozenQuerySet

REVERSE = "Reverse it with a reason, and record what is right."


def reversal_constraint(model: str) -> models.CheckConstraint:
    """A reversal has its day and its reason, or there is none."""
    return models.CheckConstraint(
        condition=Q(reversed_on=None, reversal_reason="") | (Q(reversed_on__isnull=False) & ~Q(reversal_reason="")),
        name=f"{model}_reversal_has_reason",
        violation_error_message="A reversal needs its day and its reason.",
    )


class ChargedFactQuerySet(FrozenQuerySet):
    def in_order(self):
        return self.order_by(self.model.dated_by, "pk")

    def standing(self, *, known_on):
        """Facts that no one has reversed by a day, oldest first."""
        return self.filter(Q(reversed_on=None) | Q(reversed_on__gt=known_on)).in_order()

    def replaceable(self):
        """Facts that were billed, by themselves or in another's place, and taken back; none stands in their place."""
        was_billed = Q(billed_on__isnull=False) | Q(replaces__isnull=False)
        return self.filter(was_billed, reversed_on__isnull=False, replaced_by=None).in_order()

    def for_books(self):
        """Everything that can be charged, reversed or not, oldest first, with what `as_fact()` asks."""
        return self.in_order()


class ChargedFact(FrozenModel):
    """Something that happened and is charged once: to a site, or to the agreement where it belongs to none.

    A subclass names the field of its day in `dated_by`, and makes the value that its charge is computed from in
    `as_fact()`. It has a key to a site or to an agreement.
    """

    dated_by: ClassVar[str]

    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="replaced_by", null=True, blank=True, editable=False
    )
    recorded_on = models.DateField(editable=False)
    recorded_by = by_person(editable=False)
    reversed_on = models.DateField(null=True, blank=True, editable=False)
    reversed_by = by_person(editable=False)
    reversal_reason = PlainCharField(max_length=200, blank=True, editable=False)
    billed_on = models.DateField(null=True, blank=True, editable=False)
    is_demonstration = models.BooleanField("demonstration data", default=False)

    class Meta:
        abstract = True

    @property
    def happened_on(self):
        return getattr(self, self.dated_by)
