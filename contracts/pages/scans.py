"""The scanned document of an amendment or a quotation: which files are taken."""

from pathlib import PurePath

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

LARGEST_SCAN = 20 * 1024 * 1024
SCANS = {".pdf": b"%PDF-", ".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}
"""The kinds of scanned documents by the ending of the name, each with the bytes such a file begins with."""


class ScanInput(AdminFileWidget):
    """A file input that names the stored scan without an address: scans leave through their own page only."""

    template_name = "admin/widgets/scan_input.html"


class ScanField(forms.FileField):
    """A scanned document: PDF, PNG or JPEG by its name and by its first bytes, and not too large."""

    widget = ScanInput

    def clean(self, data, initial=None):
        """Refuse any other file before it is stored."""
        file = super().clean(data, initial)
        if isinstance(file, UploadedFile):
            self._refuse_other(file)
        return file

    def _refuse_other(self, file: UploadedFile) -> None:
        ending = PurePath(file.name).suffix.lower()
        if ending not in SCANS:
            raise ValidationError(
                f"“{file.name}” is no PDF, PNG or JPEG file. Choose the scan in one of these formats."
            )
        if file.size > LARGEST_SCAN:
            raise ValidationError(f"“{file.name}” is larger than 20 MB. Scan it at a lower resolution.")
        begins = SCANS[ending]
        file.seek(0)
        if file.read(len(begins)) != begins:
            raise ValidationError(
                f"“{file.name}” does not hold what its ending {ending} says. Scan the document again."
            )
        file.seek(0)
