"""What a restored database lacks: what the ledgers or the PDFs know all the same, each with its explanation."""

from django.db import models
from django.db.models import Q

from contracts.fields import PlainCharField, by_person
from contracts.sealing.frozen import FrozenModel
from contracts.sealing.guards import Seal


class LostRecord(FrozenModel):
    """Something that was issued or recorded once and is in the database no more, and how finance explains that.

    `title` is the number of a document, the name of a report, or the entry of a history; `sha256` the digest that the
    ledger keeps of it, empty where it keeps none. Its number or name is never given out again.
    """

    class Explanation(models.TextChoices):
        FILE = "file", "Restored from the file"
        GAP = "gap", "Documented gap"

    title = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=250, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    explanation = models.CharField(max_length=4, choices=Explanation)
    reason = PlainCharField(max_length=200)
    recorded_on = models.DateField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = by_person()

    seal = Seal(None, history=True, correction="What is explained stays explained; put a newer backup back instead.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["title", "sha256"], name="lost_record_once"),
            models.CheckConstraint(
                condition=~Q(explanation="file") | (~Q(file_name="") & ~Q(file_sha256="")),
                name="lost_record_file_is_there",
                violation_error_message="There is no file from which it is restored.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="lost_record_has_reason",
                violation_error_message="Say how it came to be missing.",
            ),
        ]

    def __str__(self):
        return self.title
