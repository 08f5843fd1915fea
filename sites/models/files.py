"""Files that were imported: which, by whom, and whether the import was undone."""

from django.db import models
from django.db.models import Q

from contracts.fields import PlainCharField, by_person
from contracts.models import Agreement
from contracts.sealing.frozen import FrozenModel
from contracts.sealing.guards import Seal


class ImportedFile(FrozenModel):
    """A file that was imported: its digest tells when the same file comes again. An import can be undone once."""

    class Kind(models.TextChoices):
        WORK = "work", "Work entries"
        COUNTS = "counts", "Component counts"
        SITES = "sites", "Sites"

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    kind = models.CharField(max_length=20, choices=Kind)
    name = PlainCharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    reason = PlainCharField(max_length=200, blank=True, help_text="Why figures on file were corrected by it.")
    details = models.JSONField(
        default=dict, editable=False, help_text="Columns named or left out by a person, and facts of sites completed."
    )
    imported_on = models.DateField()
    imported_by = by_person()
    undone_on = models.DateField(null=True, blank=True, editable=False)
    undone_by = by_person(editable=False)
    undo_reason = PlainCharField(max_length=200, blank=True, editable=False)

    seal = Seal(
        None,
        history=True,
        columns=("agreement", "kind", "name", "sha256", "rows", "reason", "details", "imported_on", "imported_by"),
        correction="Undo the import, or correct its rows one by one.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sha256"],
                condition=Q(undone_on=None),
                name="imported_file_once",
                violation_error_message="This file was imported before.",
            ),
            models.CheckConstraint(
                condition=Q(undone_on=None, undo_reason="") | (Q(undone_on__isnull=False) & ~Q(undo_reason="")),
                name="imported_file_undone_with_reason",
                violation_error_message="Undoing an import needs its day and a reason.",
            ),
        ]
        permissions = [("undo_import", "Can undo an import as a whole")]

    def __str__(self):
        return self.name


class FileLayout(models.Model):
    """How files of one kind are laid out, kept by name for the next file."""

    kind = models.CharField(max_length=20, choices=ImportedFile.Kind)
    name = PlainCharField(max_length=60)
    layout = models.JSONField(default=dict)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="file_layout_once",
                violation_error_message="This name is taken.",
            )
        ]

    def __str__(self):
        return self.name
