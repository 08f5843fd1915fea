"""Parties, agreements and their amendments, and how unclear clauses are read."""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from contracts import readings, terms
from contracts.fields import ChoiceCharField, CurrencyField, PlainCharField, PlainTextField, amount_unheld, by_person
from contracts.models.schedules import NEXT_AMENDMENT, SIGNATURES, PriceSchedule
from contracts.periods import day_text
from contracts.sealing.frozen import FrozenModel, FrozenQuerySet
from contracts.sealing.guards import Closing, Seal


class Party(models.Model):
    """An organization that signs agreements."""

    legal_name = PlainCharField(max_length=200, unique=True, help_text="As printed beside the signature.")
    division = PlainCharField(max_length=200, blank=True, help_text="The unit through which it acts, if any.")
    state_of_incorporation = PlainCharField(max_length=100, blank=True)
    address = PlainTextField(max_length=500, help_text="As it stands on documents, one line per line.")

    class Meta:
        ordering = ["legal_name"]
        verbose_name_plural = "parties"

    def __str__(self):
        return self.legal_name

    def spellings(self) -> list[str]:
        """Return its name and its aliases."""
        return [self.legal_name, *(alias.name for alias in self.aliases.all())]

    def as_content(self) -> dict:
        """Return the party as frozen content keeps it: name, division, and the lines of its address."""
        address = [line.strip() for line in self.address.splitlines() if line.strip()]
        return {"name": self.legal_name, "division": self.division, "address": address}


class PartyAlias(models.Model):
    """Another spelling of a party's name, such as a misprint in a document."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="aliases")
    name = PlainCharField(max_length=200, unique=True)
    remark = PlainCharField(max_length=200, blank=True, help_text="Where it is spelled so.")

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "party aliases"

    def __str__(self):
        return self.name


class AgreementQuerySet(FrozenQuerySet):
    def with_parties(self):
        return self.select_related("supplier", "customer").order_by("number")

    def with_expiration(self, *, known_on: date):
        """Add `expiration`, the last day of each term as `terms.expiration_known` says it: enough for lists."""
        setting = Amendment.objects.filter(
            agreement=OuterRef("pk"), expires_on__isnull=False, executed_on__lte=known_on
        )
        last = Subquery(setting.order_by("-number").values("expires_on")[:1])
        original = F("original_expires_on")
        bound = When(executed_on__lte=known_on, then=Coalesce(last, original))
        return self.annotate(expiration=Case(bound, default=original))

    def with_terms(self, *, priced: bool = True):
        """Bring everything along that `as_terms()` reads, in a fixed number of queries.

        Unless `priced`, the schedules say what is counted and when it is reviewed, but
        name no level and no service: enough for lists.
        """
        schedules = PriceSchedule.objects.with_table(priced=priced)
        return self.with_parties().prefetch_related(
            models.Prefetch(
                "chosen_readings",
                ChosenReading.objects.in_order().select_related("recorded_by"),
                to_attr="chosen_list",
            ),
            models.Prefetch("schedules", schedules.filter(amendment=None), to_attr="original_schedules"),
            models.Prefetch(
                "amendments",
                Amendment.objects.order_by("number").prefetch_related(
                    models.Prefetch("schedules", schedules, to_attr="schedule_list")
                ),
                to_attr="amendment_list",
            ),
        )


class Agreement(FrozenModel):
    """A services agreement between a supplier and a customer."""

    number = PlainCharField(max_length=40, unique=True, help_text="As printed on the signed agreement.")
    title = PlainCharField(max_length=200, default="Services Agreement")
    dated_on = models.DateField(help_text="The date of the agreement.")
    executed_on = models.DateField(
        "executed on",
        null=True,
        blank=True,
        editable=False,
        help_text="Once both parties have signed, the agreement's own terms are sealed.",
    )
    supplier = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="supplied_agreements")
    customer = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="bought_agreements")
    currency = CurrencyField(default="USD")
    original_expires_on = models.DateField(
        "original expiration", null=True, blank=True, help_text="Before any amendment. Empty: no end was agreed."
    )
    first_period_starts_on = models.DateField(
        "first annual period starts on", help_text="Annual periods are numbered from this day."
    )
    net_days = models.PositiveSmallIntegerField(
        "days to pay",
        null=True,
        blank=True,
        help_text="Leave empty while the agreement does not say: documents then refer to its terms.",
    )
    customer_reference = PlainCharField(
        max_length=100, blank=True, help_text="The customer's own number for this agreement, printed on documents."
    )

    held_above_percent = models.PositiveSmallIntegerField(
        "hold drafts above",
        default=150,
        null=True,
        blank=True,
        validators=[MinValueValidator(100)],
        help_text="Per cent of the document before, without a new site, level, order or purchase: somebody looks at "
        "such a draft before it is issued. Empty: no draft is held for its amount.",
    )
    held_above_times = models.PositiveSmallIntegerField(
        "hold hours above",
        default=10,
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Times the price of an hour in a block: somebody looks at a draft that bills an hour at more. Empty: "
        "no draft is held for the price of its hours.",
    )

    objects = AgreementQuerySet.as_manager()
    seal = Seal(
        "executed_on",
        columns=(
            "number",
            "dated_on",
            "executed_on",
            "supplier",
            "customer",
            "currency",
            "original_expires_on",
            "first_period_starts_on",
        ),
        correction=NEXT_AMENDMENT,
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(supplier=F("customer")),
                name="agreement_between_two_parties",
                violation_error_message="Supplier and customer are the same party. Choose two.",
            ),
            models.CheckConstraint(
                condition=Q(original_expires_on=None) | Q(original_expires_on__gt=F("dated_on")),
                name="agreement_expires_after_its_date",
                violation_error_message="The original expiration must lie after the date of the agreement.",
            ),
        ]
        permissions = [("execute_agreement", "Can record that an agreement or amendment is signed")]

    def __str__(self):
        return self.number

    def clean(self):
        """Refuse a date after an amendment on file takes effect, and a currency that cannot hold what is entered."""
        later = self.amendments.filter(effective_on__lt=self.dated_on) if self.pk and self.dated_on else ()
        for amendment in later:
            message = f"{amendment} takes effect on {day_text(amendment.effective_on)}, before this date. Correct one."
            raise ValidationError({"dated_on": message})
        stored = Agreement.objects.filter(pk=self.pk).exclude(currency=self.currency)
        if stored.exists() and (message := amount_unheld(self, self.currency)):
            raise ValidationError({"currency": f"{message} Change it first, or keep the currency."})

    def as_terms(self) -> terms.AgreementTerms:
        """Make the pure value of the agreement. The row must come from `with_terms()`."""
        original = self.original_schedules[0] if self.original_schedules else None
        return terms.AgreementTerms(
            number=self.number,
            dated_on=self.dated_on,
            first_period_starts_on=self.first_period_starts_on,
            original_expires_on=self.original_expires_on,
            executed_on=self.executed_on,
            amendments=tuple(amendment.as_terms() for amendment in self.amendment_list),
            original_schedule=original.as_schedule() if original else None,
            original_schedule_clause=original.clause if original else "",
            readings=self.as_readings(),
            later_readings=tuple((day, self.as_readings(day)) for day in self._reading_days()),
        )

    def as_readings(self, day=None) -> readings.Readings:
        """Make the pure value of the readings that apply on a day, completed by the defaults; of the first one if None.

        The row must come from `with_terms()`.
        """
        rows = [row for row in self.chosen_list if row.applies_from is None or day and row.applies_from <= day]
        return readings.Readings.of({row.question: row.as_chosen() for row in rows})

    def _reading_days(self) -> list:
        return sorted({row.applies_from for row in self.chosen_list if row.applies_from is not None})


# The nulls are named: a check that comes to NULL would pass.
EXECUTED = Q(
    executed_on__isnull=False,
    customer_signed_on__isnull=False,
    supplier_signed_on__isnull=False,
    customer_signed_on__lte=F("executed_on"),
    supplier_signed_on__lte=F("executed_on"),
)


class Amendment(FrozenModel):
    """A numbered change to one agreement. It is executed, and then sealed, once both parties have signed."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="amendments")
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    contract_number = PlainCharField(max_length=40, blank=True, help_text="The amendment's own contract number.")
    effective_on = models.DateField("effective on")
    from_expires_on = models.DateField(
        "extends from", null=True, blank=True, help_text="The expiration that the amendment says it changes."
    )
    expires_on = models.DateField("new expiration", null=True, blank=True)
    expiration_clause = PlainCharField(max_length=100, blank=True, help_text="Where the new expiration stands.")
    customer_signer = PlainCharField("signed for the customer by", max_length=100, blank=True)
    customer_signer_title = PlainCharField(max_length=100, blank=True)
    customer_signed_on = models.DateField(null=True, blank=True)
    supplier_signer = PlainCharField("signed for the supplier by", max_length=100, blank=True)
    supplier_signer_title = PlainCharField(max_length=100, blank=True)
    supplier_signed_on = models.DateField(null=True, blank=True)
    executed_on = models.DateField("executed on", null=True, blank=True, editable=False)
    document = models.FileField("scanned document", upload_to="amendments/", blank=True)

    seal = Seal("executed_on", once=("document",), correction=NEXT_AMENDMENT)
    closing = Closing(
        SIGNATURES,
        leaves=(
            "customer_signer",
            "customer_signer_title",
            "customer_signed_on",
            "supplier_signer",
            "supplier_signer_title",
            "supplier_signed_on",
            "executed_on",
            "document",
        ),
    )

    class Meta:
        ordering = ["agreement", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "number"],
                name="amendment_number_once",
                violation_error_message="The agreement already has an amendment of this number.",
            ),
            models.CheckConstraint(
                condition=Q(expires_on=None, from_expires_on=None) | Q(expires_on__isnull=False),
                name="amendment_extends_to_a_date",
                violation_error_message="Give the new expiration as well as the one it extends from.",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{side}_signer": "", f"{side}_signed_on": None})
                    | (~Q(**{f"{side}_signer": ""}) & Q(**{f"{side}_signed_on__isnull": False})),
                    name=f"amendment_{side}_name_and_date",
                    violation_error_message=f"Give both the name and the date of the {side}'s signature, or neither.",
                )
                for side in ("customer", "supplier")
            ),
            models.CheckConstraint(
                condition=Q(executed_on=None) & (Q(customer_signed_on=None) | Q(supplier_signed_on=None))
                | EXECUTED & (Q(executed_on=F("customer_signed_on")) | Q(executed_on=F("supplier_signed_on"))),
                name="amendment_executed_by_both",
                violation_error_message="An amendment is executed on the day of the later signature, once both parties "
                "have signed.",
            ),
        ]

    def __str__(self):
        return (
            f"Amendment {self.number} ({self.contract_number})" if self.contract_number else f"Amendment {self.number}"
        )

    def as_terms(self) -> terms.AmendmentTerms:
        """Make the pure value of the amendment. The row must come from `Agreement.objects.with_terms()`."""
        attached = self.schedule_list[0] if self.schedule_list else None
        return terms.AmendmentTerms(
            number=self.number,
            contract_number=self.contract_number,
            effective_on=self.effective_on,
            customer_signature=_signature(self.customer_signer, self.customer_signer_title, self.customer_signed_on),
            supplier_signature=_signature(self.supplier_signer, self.supplier_signer_title, self.supplier_signed_on),
            expires_on=self.expires_on,
            expiration_clause=self.expiration_clause,
            schedule=attached.as_schedule() if attached else None,
            schedule_clause=attached.clause if attached else "",
        )


def _signature(name, title, signed_on) -> terms.Signature | None:
    return terms.Signature(name, title, signed_on) if signed_on else None


class WithdrawnSignature(FrozenModel):
    """A signature that was taken back before the amendment was executed, and why. It stays on file for ever."""

    amendment = models.ForeignKey(Amendment, on_delete=models.PROTECT, related_name="withdrawn_signatures")
    side = models.CharField(max_length=10, choices=[("customer", "customer"), ("supplier", "supplier")])
    name = PlainCharField(max_length=100)
    title = PlainCharField(max_length=100, blank=True)
    signed_on = models.DateField()
    reason = PlainCharField(max_length=200)
    withdrawn_on = models.DateField()
    withdrawn_by = by_person()

    seal = Seal(
        None,
        history=True,
        correction="Who signed and who took it back stays on file; record the signature that is right.",
    )

    class Meta:
        ordering = ["amendment", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="withdrawn_signature_has_reason",
                violation_error_message="Say why the signature is withdrawn.",
            )
        ]

    def __str__(self):
        return f"Signature of {self.name} on {self.amendment}"


class ChosenReadingQuerySet(FrozenQuerySet):
    def in_order(self):
        """By question and the day from which they apply; of two from one day the one recorded later comes last."""
        return self.order_by("question", F("applies_from").asc(nulls_first=True), "pk")


class ChosenReading(FrozenModel):
    """How one unclear or silent clause of an agreement is read, from which day on, and who chose it.

    The readings of an executed agreement are closed: another reading is a further row, which applies from its own day.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="chosen_readings")
    question = ChoiceCharField(
        max_length=20, choices=[(question.key, question.title) for question in readings.QUESTIONS.values()]
    )
    choice = ChoiceCharField(
        max_length=30,
        choices=[
            (question.title, [(choice.value, question.sentence(choice)) for choice in question.offered])
            for question in readings.QUESTIONS.values()
        ],
    )
    applies_from = models.DateField(
        "applies from", null=True, blank=True, help_text="Empty: from the first day of the agreement."
    )
    clause = PlainCharField(max_length=100, blank=True, help_text="The clause that is unclear, or “silent”.")
    chosen_by = PlainCharField(max_length=100)
    chosen_on = models.DateField()
    remark = PlainTextField(max_length=500, blank=True)
    closed_on = models.DateField(null=True, blank=True, editable=False)
    recorded_by = by_person(editable=False)
    recorded_at = models.DateTimeField(null=True, auto_now_add=True)

    objects = ChosenReadingQuerySet.as_manager()
    seal = Seal(
        "closed_on",
        joins="agreement",
        joins_sealed=True,
        correction="Choose another reading that applies from a later day.",
    )

    class Meta:
        ordering = ["agreement", "question", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "question"],
                condition=Q(applies_from=None),
                name="reading_once",
                violation_error_message="The agreement already has a reading of this question.",
            )
        ]
        permissions = [("change_reading", "Can choose another reading of an unclear clause")]

    def __str__(self):
        return readings.QUESTIONS[self.question].title

    def clean(self):
        """Refuse a choice that does not answer the question."""
        question = readings.QUESTIONS.get(self.question)
        if question and self.choice not in [choice.value for choice in question.offered]:
            raise ValidationError({"choice": f"This does not answer “{question.title}” Choose one of its sentences."})

    def as_chosen(self) -> readings.Chosen:
        question = readings.QUESTIONS[self.question]
        return readings.Chosen(
            question, question.choices(self.choice), self.clause, self.chosen_by, self.chosen_on.isoformat()
        )
