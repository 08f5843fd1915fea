"""The page on which a work file is looked through, and then imported."""

from django.contrib import messages
from django.core import signing
from django.shortcuts import redirect

from sites.held_files import held, hold, release
from sites.hour_prices import hours_text
from sites.hours_event_views import HoursEvent
from sites.hours_forms import WorkFileForm
from sites.recording import CannotRecord
from sites.work_importing import import_work

MOST_SHOWN = 500
SALT = "work-file"
GONE = "The file that was looked through is no longer kept. Choose it again."


class ImportWork(HoursEvent):
    """POST of a file looks through it and shows every error, or what it would add; POST of its mark imports it."""

    permission_required = "sites.enter_work"
    template_name = "sites/hours_import.html"
    form_class = WorkFileForm

    def post(self, request, *args, **kwargs):
        """Look through a file, or import the one that was looked through."""
        return self.confirm(request.POST["mark"]) if "mark" in request.POST else super().post(request, *args, **kwargs)

    def form_valid(self, form):
        """Look through the file: nothing is stored of what it says."""
        file = form.cleaned_data["file"]
        content = file.read()
        shown = {"file_name": file.name}
        try:
            imported = self.take_in(content, file.name, dry_run=True)
        except CannotRecord as refusal:
            shown |= {"errors": refusal.errors[:MOST_SHOWN], "error_count": len(refusal.errors)}
        else:
            shown["preview"] = imported
            if not imported.earlier:
                kept = [hold(content), file.name, self.agreement.pk, self.request.user.pk]
                shown["mark"] = signing.dumps(kept, salt=SALT)
        return self.render_to_response(self.get_context_data(form=form, **shown))

    def confirm(self, mark: str):
        """Import what was looked through before, all of it or nothing."""
        try:
            digest, name, agreement, user = signing.loads(mark, salt=SALT)
        except signing.BadSignature:
            digest = name = agreement = user = None
        content = held(digest) if (agreement, user) == (self.agreement.pk, self.request.user.pk) else None
        if content is None:
            messages.error(self.request, GONE)
            return redirect("sites:hours_import", self.agreement.pk)
        try:
            imported = self.take_in(content, name, dry_run=False)
        except CannotRecord as refusal:
            form = self.form_class()
            shown = {"errors": refusal.errors[:MOST_SHOWN], "error_count": len(refusal.errors), "file_name": name}
            return self.render_to_response(self.get_context_data(form=form, **shown))
        release(digest)
        if imported.earlier:
            messages.warning(self.request, imported.told_earlier)
        else:
            said = f"{name}: {imported.entries_text} with {hours_text(imported.hours)} added."
            waiting = self.position().waiting
            waits = f" {hours_text(waiting)} of work wait for a block." if waiting else ""
            messages.success(self.request, f"{said}{waits}")
        return redirect("sites:hours", self.agreement.pk)

    def take_in(self, content: bytes, name: str, *, dry_run: bool):
        """Import the file for the agreement of the page."""
        return import_work(
            content=content, name=name, agreement=self.agreement, on=self.on, by=self.request.user, dry_run=dry_run
        )
