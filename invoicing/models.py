"""What is owed: number series, invoices and credit notes with their lines, and the PDFs made of them."""

from datetime import date, timedelta
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, Q

from contracts.fields import HoursField, MoneyField, PlainCharField, by_person
from contracts.models import Agreement
from contracts.periods import DaySpan, day_text
from contracts.printing.stored_pdf import StoredPdf
from contracts.sealing.frozen import FrozenModel, FrozenQuerySet
from contracts.sealing.guards import Seal
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from invoicing.charges.bounds import waits_for, why_nothing
from invoicing.charges.charge import ANNUAL
from invoicing.charges.kinds import KINDS, charged_once
from sites.models import BlockPurchase, IntegrationOrder, Site, WorkEntry
from sites.models.facts import ChargedFact

CREDIT_INSTEAD = "Correct it by a credit note."


class NumberSeries(models.Model):
    """Numbers of one kind of document: gapless, never reused, their dates never running backwards."""

    code = models.CharField(max_length=10, unique=True)
    prefix = PlainCharField(max_length=20, unique=True, help_text="Printed before the number, such as INV-.")
    digits = models.PositiveSmallIntegerField(default=5)
    last_number = models.PositiveIntegerField(default=0)
    last_issued_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "number series"

    def __str__(self):
        return self.code

    def text(self, number: int) -> str:
        """How a number of the series is printed: `INV-00001`."""
        return f"{self.prefix}{number:0{self.digits}}"


class InvoiceQuerySet(FrozenQuerySet):
    def with_agreement(self):
        return self.select_related("agreement__customer", "agreement__supplier", "pdf").order_by(
            "-first_day", "-number", "-pk"
        )

    def issued(self):
        return self.exclude(issued_on=None)

    def drafts(self):
        return self.filter(issued_on=None)


class Invoice(FrozenModel):
    """An invoice or credit note. A draft has no number; an issued document is sealed with all it shows."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT_NOTE = "credit-note", "Credit note"

    class Origin(models.TextChoices):
        RUN = "run", "Invoice run"
        CREDIT = "credit", "Credit of an issued document"

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.RUN)
    first_day = models.DateField(help_text="First day of the billing period.")
    last_day = models.DateField(help_text="Last day of the billing period.")
    through = models.DateField(help_text="The date through which the run billed.")
    issue_from = models.DateField(
        null=True, blank=True, help_text="The day on which all that a draft bills has fallen due; empty for any day."
    )
    held_because = models.JSONField(default=list, help_text="Why a person looks at the draft before it is issued.")
    drafted_on = models.DateField()
    drafted_by = by_person()
    total = MoneyField(of="agreement")
    reason = PlainCharField(max_length=200, blank=True, help_text="Why the document was credited.")
    corrects = models.ManyToManyField(
        "self",
        symmetrical=False,
        through="Correction",
        through_fields=("document", "corrected"),
        related_name="corrected_by",
    )
    is_demonstration = models.BooleanField("demonstration data", default=False)

    series = models.ForeignKey(NumberSeries, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    number = models.PositiveIntegerField(null=True, blank=True)
    number_text = models.CharField("number", max_length=40, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    issued_by = by_person()
    due_on = models.DateField(null=True, blank=True, help_text="To be paid by this day; empty where none is stated.")
    content = models.JSONField(null=True, blank=True, help_text="Everything the document shows, frozen at issue.")
    content_sha256 = models.CharField(max_length=64, blank=True)
    chain_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="The digest of this document and of all before it."
    )

    objects = InvoiceQuerySet.as_manager()
    seal = Seal("issued_on", correction=CREDIT_INSTEAD)

    class Meta:
        ordering = ["-first_day", "-pk"]
        indexes = [
            models.Index(fields=["-first_day", "-number", "-id"], name="invoices_latest_first"),
            models.Index(fields=["issued_on"], name="invoices_by_state"),
            models.Index(fields=["origin", "-through"], name="invoices_last_run"),
            models.Index(fields=["agreement", "issued_on"], name="invoices_of_agreement"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="invoice_number_once"),
            models.UniqueConstraint(
                fields=["number_text"], condition=~Q(number_text=""), name="invoice_printed_number_once"
            ),
            models.CheckConstraint(
                condition=Q(issued_on=None, number=None, series=None, number_text="", content=None, content_sha256="")
                | (
                    Q(issued_on__isnull=False, number__gte=1, series__isnull=False, content__isnull=False)
                    & ~Q(number_text="")
                    & ~Q(content_sha256="")
                ),
                name="invoice_numbered_when_issued",
                violation_error_message="A number, a date and the frozen content come together, at issue.",
            ),
            models.CheckConstraint(
                condition=Q(chain_sha256="") | Q(issued_on__isnull=False), name="invoice_chained_when_issued"
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", total__gte=0) | Q(kind="credit-note", total__lte=0),
                name="invoice_kind_fits_total",
                violation_error_message="A negative total makes a credit note, any other an invoice.",
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="invoice_period_in_order"),
        ]
        permissions = [
            ("draft_invoice", "Can run invoices"),
            ("issue_invoice", "Can issue invoices and credit notes"),
            ("credit_invoice", "Can credit an issued document"),
        ]

    def __str__(self):
        return (
            f"{self.get_kind_display()} {self.number_text}"
            if self.number_text
            else f"Draft {self.get_kind_display().lower()}"
        )

    @property
    def is_issued(self) -> bool:
        return self.issued_on is not None

    @property
    def days(self) -> DaySpan:
        """The billing period."""
        return DaySpan(self.first_day, self.last_day)

    def due_date(self) -> date | None:
        """Return the day by which it is to be paid: so many days after its own date as the agreement states.

        None for a draft, a credit note, and an agreement that states no days.
        """
        days = self.agreement.net_days
        if self.issued_on is None or days is None or self.kind != self.Kind.INVOICE:
            return None
        return self.issued_on + timedelta(days=days)

    def waits(self, on: date) -> str:
        """Say that a draft waits for its day, as seen on a day; empty where it can be issued, or is."""
        return "" if self.is_issued else waits_for(days=self.days, issue_from=self.issue_from, on=on)

    @property
    def why_nothing(self) -> str:
        """Why it comes to 0.00; empty where it does not."""
        return why_nothing(self.total)


def charge_constraints() -> list[models.BaseConstraint]:
    """Each fact is charged once; a line has the key of its kind and no other, but for the site beside it."""
    kinds = charged_once()
    columns = [kind.column for kind in kinds.values()]
    annual = Q(charge=ANNUAL, site__isnull=False, **dict.fromkeys(columns)) & (
        Q(kind="instalment") | Q(kind__in=["adjustment", "credit"], shares__isnull=False)
    )
    once = [
        Q(
            charge=code,
            **({"site__isnull": False} if kind.has_site else {"site": None}),
            **{f"{kind.column}__isnull": False},
            **{column: None for column in columns if column != kind.column},
        )
        for code, kind in kinds.items()
    ]
    return [
        *(
            models.UniqueConstraint(
                fields=[column],
                condition=Q(kind="charge"),
                name=f"invoice_line_{column}_once",
                violation_error_message="This charge is billed already.",
            )
            for column in columns
        ),
        models.CheckConstraint(
            condition=annual | ~Q(kind="instalment") & reduce(or_, once), name="invoice_line_names_its_charge"
        ),
    ]


class InvoiceLine(FrozenModel):
    """One line with its reasons: a charge that falls due, an adjustment of what was billed before, or a credited line.

    `charge` and the keys beside it say what is charged; for the annual charge `shares` says how the amount of an
    adjustment or credit is spread over the instalments. The sum of all issued lines of a charge is what was billed.
    """

    class Kind(models.TextChoices):
        INSTALMENT = "instalment", "Instalment"
        CHARGE = "charge", "Charge"
        ADJUSTMENT = "adjustment", "Adjustment"
        CREDIT = "credit", "Credit"

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    charge = models.CharField(
        max_length=12, choices=[(code, kind.label) for code, kind in KINDS.items()], default=ANNUAL
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    block_purchase = models.ForeignKey(BlockPurchase, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    work_entry = models.ForeignKey(WorkEntry, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    integration_order = models.ForeignKey(
        IntegrationOrder, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    period_number = models.PositiveSmallIntegerField()
    instalment = models.PositiveSmallIntegerField(null=True)
    instalment_of = models.PositiveSmallIntegerField(null=True)
    first_day = models.DateField(help_text="First day of service.")
    last_day = models.DateField(help_text="Last day of service.")
    level_code = models.CharField(max_length=40, blank=True)
    level_name = models.CharField(max_length=100, blank=True)
    annual_price = MoneyField(of="invoice.agreement", null=True)
    description = models.CharField(max_length=300, blank=True, help_text="What is charged, where it is no level.")
    quantity = HoursField(null=True, help_text="Blocks or hours.")
    unit_price = MoneyField(of="invoice.agreement", null=True)
    provisional = models.BooleanField(default=False)
    amount = MoneyField(of="invoice.agreement")
    shares = models.JSONField(null=True, help_text="The amount by instalment, where it belongs to others than its own.")
    credits = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="credited_by", null=True, blank=True, editable=False
    )
    source = models.CharField(max_length=300, help_text="Document and clause of the price.")
    steps = models.JSONField(help_text="The calculation, one sentence each.")
    inputs = models.JSONField(help_text="What the amount is computed from again.")

    seal = Seal("issued_on", via=("invoice",), correction=CREDIT_INSTEAD)

    class Meta:
        ordering = ["invoice", "position"]
        indexes = [models.Index(fields=["invoice", "charge", "period_number"], name="lines_by_annual_period")]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_position_once"),
            models.UniqueConstraint(
                fields=["site", "period_number", "instalment"],
                condition=Q(kind="instalment"),
                name="invoice_line_instalment_once",
                violation_error_message="This instalment is billed already.",
            ),
            models.CheckConstraint(
                condition=Q(kind="instalment", instalment__isnull=False, instalment_of__isnull=False)
                | (~Q(kind="instalment") & Q(instalment=None, instalment_of=None)),
                name="invoice_line_instalment_numbered",
            ),
            *charge_constraints(),
            models.CheckConstraint(
                condition=Q(kind="credit", credits__isnull=False) | (~Q(kind="credit") & Q(credits=None)),
                name="invoice_line_credits_a_line",
            ),
        ]

    def __str__(self):
        return f"{self.site or self.get_charge_display()}, {self.get_kind_display().lower()}, {self.amount}"

    @classmethod
    def fact_model(cls, code: str) -> type[ChargedFact]:
        return cls._meta.get_field(KINDS[code].column).related_model


class WaiverQuerySet(FrozenQuerySet):
    def with_documents(self):
        """Bring the credit line along, the line that it took back, and both their documents; newest first."""
        lines = ("line__site", "line__invoice__agreement", "line__credits__invoice", "recorded_by", "withdrawn_by")
        contents = ("line__invoice__content", "line__credits__invoice__content")
        return self.select_related(*lines).defer(*contents).order_by("-recorded_on", "-pk")

    def standing(self, *, known_on):
        """Waivers that were confirmed and that no one has withdrawn by a day."""
        confirmed = self.filter(decided_on__lte=known_on)
        return confirmed.filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=known_on)).order_by("pk")


class Waiver(FrozenModel):
    """The decision that a credited amount shall not be billed again: who proposed and who confirmed it, when and why.

    It is kept beside the credit line that it goes with, and counts once another user than the one who proposed it has
    confirmed it. A waiver that was withdrawn lets the charge fall due again. Of those from before users confirmed them
    only the name of the person is known.
    """

    line = models.OneToOneField(InvoiceLine, on_delete=models.PROTECT, related_name="waiver")
    decided_by = PlainCharField("decided by", max_length=200, blank=True)
    decided_on = models.DateField("decided on", null=True, blank=True)
    confirmed_by = by_person()
    reason = PlainCharField(max_length=200)
    recorded_on = models.DateField()
    recorded_by = by_person()
    withdrawn_on = models.DateField(null=True, blank=True)
    withdrawn_by = by_person()
    withdrawal_reason = PlainCharField(max_length=200, blank=True)

    objects = WaiverQuerySet.as_manager()
    seal = Seal(
        "recorded_on",
        history=True,
        columns=("line", "reason", "recorded_on", "recorded_by"),
        once=("decided_by", "decided_on", "confirmed_by"),
        correction="Withdraw it with a reason.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_on=None, withdrawal_reason="")
                | (Q(withdrawn_on__isnull=False) & ~Q(withdrawal_reason="")),
                name="waiver_withdrawal_has_reason",
                violation_error_message="A withdrawal needs its day and its reason.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="waiver_has_reason", violation_error_message="Say why it is waived."
            ),
            models.CheckConstraint(
                condition=Q(decided_on=None, decided_by="", confirmed_by=None)
                | (Q(decided_on__isnull=False) & ~Q(decided_by="")),
                name="waiver_decided_by_somebody",
                violation_error_message="A waiver is confirmed on a day, by a person.",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(recorded_by=None) | ~Q(confirmed_by=F("recorded_by")),
                name="waiver_confirmed_by_another",
                violation_error_message="Somebody other than the one who proposed the waiver confirms it.",
            ),
        ]
        permissions = [("waive_charge", "Can propose that a charge is waived, and confirm what others propose")]

    def __str__(self):
        return f"Waiver of {self.line}"

    @property
    def amount(self):
        """What is waived: what the credit line took back."""
        return -self.line.amount

    @property
    def is_proposed(self) -> bool:
        """Whether nobody has confirmed or withdrawn it yet."""
        return self.decided_on is None and self.withdrawn_on is None

    @property
    def stands(self) -> bool:
        return self.decided_on is not None and self.withdrawn_on is None


class Correction(FrozenModel):
    """The link from a document to an issued one whose amounts it adjusts or takes back."""

    document = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="corrections")
    corrected = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="+")

    seal = Seal("issued_on", via=("document",), correction=CREDIT_INSTEAD)

    class Meta:
        ordering = ["document", "corrected"]
        constraints = [
            models.UniqueConstraint(fields=["document", "corrected"], name="correction_once"),
            models.CheckConstraint(condition=~Q(document=F("corrected")), name="correction_of_another"),
        ]

    def __str__(self):
        return f"{self.document} corrects {self.corrected}"


class ClosedPeriods(models.Model):
    """Through which annual period an agreement is billed in full: what a run need not compute again.

    It is derived from the facts and lines that its digest and its sums name, and holds as long as these are the same.
    """

    agreement = models.OneToOneField(Agreement, on_delete=models.PROTECT, primary_key=True, related_name="+")
    number = models.PositiveSmallIntegerField("closed through annual period")
    facts_sha256 = models.CharField(max_length=64)
    lines = models.PositiveIntegerField(default=0)
    keys_sum = models.PositiveBigIntegerField(default=0)

    def __str__(self):
        return f"{self.agreement}: closed through annual period {self.number}"


class InvoiceRun(models.Model):
    """A run that somebody started on the page: who, when, through which day, and what it did then."""

    through = models.DateField(help_text="The date through which the run billed.")
    run_on = models.DateField()
    run_by = by_person()
    results = models.JSONField(help_text="What it did for each agreement.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"Run through {day_text(self.through)}"


class PlayedDemonstration(models.Model):
    """That the demonstration was played on this desk, and how many rows of each model there were then."""

    rows = models.JSONField(help_text="By model: the number of rows and the highest key.")

    def __str__(self):
        return f"Demonstration, {len(self.rows)} models counted"


class InvoicePdf(StoredPdf):
    """The one PDF of an issued document, kept as a file and served as stored for ever."""

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="pdf")

    seal = Seal(None, correction=CREDIT_INSTEAD)

    def is_known(self) -> bool:
        """Tell whether the ledger of issued documents has its line, or that of its document.

        The line of the document is there before the PDF is stored, and its own is added after: a crash in between
        leaves the first one only.
        """
        return ISSUED_DOCUMENTS.knows(self.sha256) or ISSUED_DOCUMENTS.knows(self.invoice.content_sha256)
