"""System integration: orders for one site each, and quotations for sizes that the schedule does not price."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from contracts.fields import MoneyField, PlainCharField, by_person
from contracts.sealing.frozen import FrozenModel
from contracts.sealing.guards import Seal
from sites.integration.prices import CompletedOrder, Quoted
from sites.models.facts import REVERSE, ChargedFact, ChargedFactQuerySet, reversal_constraint
from sites.models.sites import Site


class Quotation(FrozenModel):
    """A quotation of one site's system integration with its own price; it counts once both parties have signed it."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    number = PlainCharField(max_length=40, unique=True, help_text="As printed on the quotation.")
    dated_on = models.DateField("dated")
    price = MoneyField(of="site.agreement", validators=[MinValueValidator(0)])
    document = models.FileField("quotation document", upload_to="quotations/")
    customer_signer = PlainCharField("signed for the customer by", max_length=100)
    customer_signed_on = models.DateField()
    supplier_signer = PlainCharField("signed for the supplier by", max_length=100)
    supplier_signed_on = models.DateField()
    executed_on = models.DateField(help_text="The later of the two dates.")
    recorded_on = models.DateField(editable=False)
    recorded_by = by_person(editable=False)

    seal = Seal(None, history=True, once=("document",), correction="Record the quotation that replaces it.")

    class Meta:
        ordering = ["site", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=0),
                name="quotation_price_not_negative",
                violation_error_message="A price is not negative.",
            ),
            models.CheckConstraint(
                condition=Q(customer_signed_on__lte=F("executed_on"), supplier_signed_on__lte=F("executed_on"))
                & (Q(executed_on=F("customer_signed_on")) | Q(executed_on=F("supplier_signed_on"))),
                name="quotation_executed_by_both",
                violation_error_message="A quotation is executed on the day of the later signature.",
            ),
        ]

    def __str__(self):
        return f"Quotation {self.number}"

    def as_quoted(self) -> Quoted:
        return Quoted(self.number, self.price, self.executed_on, bool(self.document))


class IntegrationOrderQuerySet(ChargedFactQuerySet):
    def for_books(self):
        """Orders whose cutover is complete, with their quotations."""
        return super().for_books().filter(completed_on__isnull=False).select_related("quotation__site__agreement")


class IntegrationOrder(ChargedFact):
    """An order of one site's system integration (turnover/cutover), charged once when the cutover is complete."""

    dated_by = "ordered_on"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    ordered_on = models.DateField("ordered on")
    reference = PlainCharField("order reference", max_length=100, blank=True)
    duplicate_reason = PlainCharField(
        "reason for a second order", max_length=200, blank=True, help_text="Why a site is integrated once more."
    )
    quotation = models.ForeignKey(Quotation, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    completed_on = models.DateField("cutover completed on", null=True, blank=True)
    completed_by = by_person(editable=False)
    reversed_on = models.DateField("cancelled on", null=True, blank=True, editable=False)
    reversal_reason = PlainCharField("reason for the cancellation", max_length=200, blank=True, editable=False)

    objects = IntegrationOrderQuerySet.as_manager()
    seal = Seal(
        "billed_on",
        columns=("site", "ordered_on", "reference", "duplicate_reason", "completed_on", "replaces", "billed_on"),
        once=("quotation",),
        correction=REVERSE,
    )

    class Meta:
        ordering = ["site", "ordered_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(duplicate_reason="", reversed_on=None),
                name="integration_once_per_site",
                violation_error_message="System integration is ordered for this site already. "
                "A second order needs the reason why.",
            ),
            models.CheckConstraint(
                condition=Q(completed_on=None) | Q(completed_on__gte=F("ordered_on")),
                name="integration_completed_after_order",
                violation_error_message="The cutover cannot be completed before it is ordered.",
            ),
            reversal_constraint("integration"),
        ]
        permissions = [
            ("order_integration", "Can order and cancel system integration"),
            ("complete_integration", "Can record that a cutover is complete"),
        ]

    def __str__(self):
        return f"System integration of {self.site}, ordered on {self.ordered_on}"

    def as_fact(self) -> CompletedOrder:
        """Make the pure value of an order whose cutover is complete."""
        quoted = self.quotation.as_quoted() if self.quotation else None
        return CompletedOrder(self.pk, self.site_id, self.completed_on, quoted, self.duplicate_reason)
