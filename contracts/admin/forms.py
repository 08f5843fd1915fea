"""Forms of the admin pages about what was agreed: each asks the pure rule and puts its sentence beside the field."""

from dataclasses import replace
from pathlib import PurePath

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from contracts.admin.base import NamedFormSet
from contracts.models import Agreement, Amendment, ComponentLimit, PriceSchedule
from contracts.schedule import Refused, Schedule, Weight, findings, read_limit
from contracts.terms import amendment_refusals, change_refusals

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


class AmendmentForm(forms.ModelForm):
    """An amendment that is not executed yet."""

    document = ScanField(
        label="Scanned document",
        required=False,
        help_text="PDF, PNG or JPEG of at most 20 MB. It can also be attached later, once, by its own button.",
    )

    class Meta:
        model = Amendment
        fields = (
            "agreement",
            "number",
            "contract_number",
            "effective_on",
            "from_expires_on",
            "expires_on",
            "expiration_clause",
            "document",
        )

    def clean(self):
        """Refuse a number or date out of turn and an extension that starts elsewhere (clauses 1 and 3)."""
        data = super().clean()
        agreement = data.get("agreement") or (self.instance.agreement if self.instance.pk else None)
        number = data.get("number") or self.instance.number
        if agreement is None or number is None:
            return data
        terms = Agreement.objects.with_terms().get(pk=agreement.pk).as_terms()
        refused = change_refusals if self.instance.pk else amendment_refusals
        refusals = refused(
            agreement=terms,
            number=number,
            effective_on=data.get("effective_on"),
            from_expires_on=data.get("from_expires_on"),
            expires_on=data.get("expires_on"),
        )
        for refusal in refusals:
            self.add_error(refusal.place if refusal.place in self.fields else None, refusal.message)
        return data


class PriceScheduleForm(forms.ModelForm):
    """A price schedule that is not executed yet."""

    class Meta:
        model = PriceSchedule
        fields = ("agreement", "amendment", "clause")

    def clean(self):
        """Refuse to attach a schedule to a document that a party has signed already."""
        data = super().clean()
        agreement, amendment = data.get("agreement"), data.get("amendment")
        if amendment is not None and amendment.is_sealed:
            self.add_error(
                "amendment", f"{amendment} is executed. Enter the next amendment and attach the schedule to it."
            )
        elif amendment is not None and amendment.is_closed:
            self.add_error("amendment", amendment.closed_message())
        elif amendment is None and agreement is not None and agreement.is_sealed:
            self.add_error(
                "agreement",
                f"Agreement {agreement} is executed. Attach the schedule to an amendment, or load it from a file.",
            )
        return data


class LimitForm(forms.ModelForm):
    """One cell of the table, typed as the source prints it."""

    stated = forms.CharField(
        label="Limit",
        required=False,
        max_length=40,
        help_text="“up to 15”, “16 to 25” or “1”. Empty: the source leaves the cell blank (not stated).",
    )

    class Meta:
        model = ComponentLimit
        fields = ("component", "printed")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.as_limit().stated:
            self.fields["stated"].initial = str(self.instance.as_limit())

    def clean(self):
        """Read the cell; a cell that is no number is refused until the printed text stands beside the figure."""
        data = super().clean()
        stated, printed = data.get("stated") or "", data.get("printed") or ""
        limit = read_limit(printed or stated, corrected=stated if printed else "", place="Limit")
        if isinstance(limit, Refused):
            self.add_error("stated", limit.message)
            return data
        self.limit = limit
        self.instance.kind, self.instance.lower, self.instance.upper = limit.kind.value, limit.lower, limit.upper
        return data


class LimitFormSet(NamedFormSet):
    """The row of one service level; it must fit between the rows that are on file."""

    def clean(self):
        """Refuse bands that overlap those of another level: one count would be in two rows."""
        super().clean()
        if any(self.errors):
            return
        stored = PriceSchedule.objects.with_table().get(pk=self.instance.schedule_id)
        place = [level.pk for level in stored.level_list].index(self.instance.pk)
        schedule = stored.as_schedule()
        found = findings(self._with_this_row(schedule, place))
        names = {component.name for component in schedule.components}
        refused = [finding for finding in found if finding.weight is Weight.ERROR and finding.place in names]
        if refused:
            raise ValidationError(
                [f"{finding.message} Change the other level first, or correct this one." for finding in refused]
            )

    def _with_this_row(self, schedule: Schedule, place: int) -> Schedule:
        rows = [form for form in self.forms if hasattr(form, "limit") and not self._should_delete_form(form)]
        limits = {form.cleaned_data["component"].code: form.limit for form in rows if "component" in form.cleaned_data}
        levels = list(schedule.levels)
        levels[place] = replace(levels[place], name=self.instance.name, limits=limits)
        return replace(schedule, levels=tuple(levels))
