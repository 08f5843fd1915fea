"""Pages on which files come in: one for every kind of file, the list of imports, and each import with its undoing."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core import signing
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import DetailView, TemplateView, View

from contracts.models import Agreement
from contracts.pages.address import OfAgreement
from contracts.pages.downloads import download
from contracts.pages.event_page import EventPage
from contracts.pages.lists import ListPage
from people.answers import AnswersByAddress
from sites.imports.forms import (
    ConfirmForm,
    ExportForm,
    ImportFileForm,
    LayoutForm,
    RenameForm,
    SeenLayoutForm,
    TemplateForm,
    UndoForm,
)
from sites.imports.importing import (
    KINDS,
    Differs,
    Incoming,
    delete_layout,
    import_file,
    keep_layout,
    layout_seen,
    layout_to_begin,
    look_through,
    rename_layout,
    undo_import,
)
from sites.imports.kinds import ImportKind, Scope
from sites.imports.layouts import Layout
from sites.imports.lists import ImportFilter, ImportTable, LayoutFilter, LayoutTable
from sites.imports.pages import MOST_ASKED, MOST_SHOWN, done_sentence, preview_shown
from sites.imports.preview import State
from sites.imports.sheets import counts_sheet, preview_sheet, sheet_bytes, template_sheet
from sites.imports.waiting_files import keep, kept, remove
from sites.models import FileLayout, ImportedFile
from sites.refusals import CannotRecord

SALT = "import"
GONE = "The file that was checked is no longer kept. Choose it again."
CHANGED_SINCE = (
    "What is on file has changed since you looked the file through. Nothing was stored: this is what it would do now."
)


@dataclass(frozen=True)
class Mark:
    """What the address of a preview holds, signed: the file that waits, and what was said of its layout."""

    digest: str
    name: str
    agreement: int
    user: int
    kind: str
    layout: dict
    remember: list

    def text(self) -> str:
        """The mark as the address writes it."""
        return signing.dumps(list(vars(self).values()), salt=SALT, compress=True)

    @classmethod
    def read(cls, text: str) -> "Mark | None":
        """Return the mark of a text, or None where it is none of ours."""
        try:
            return cls(*signing.loads(text, salt=SALT))
        except (signing.BadSignature, TypeError, ValueError):
            return None


class ImportDesk(PermissionRequiredMixin, OfAgreement, View):
    """What every page of an agreement's imports needs."""

    @cached_property
    def kind(self) -> ImportKind:
        if self.kwargs["kind"] not in KINDS:
            raise Http404
        return KINDS[self.kwargs["kind"]]

    @property
    def scope(self) -> Scope:
        return Scope(self.agreement, {self.agreement.pk: self.agreement.as_terms()}, self.on)

    def get_permission_required(self):
        return self.kind.permissions

    def waiting(self) -> tuple[Mark, Incoming] | None:
        """Return the file that the address or the form names, if it still waits, and belongs here and to this user."""
        mark = Mark.read(self.request.POST.get("mark") or self.request.GET.get("mark", ""))
        if mark is None or (mark.agreement, mark.user, mark.kind) != (
            self.agreement.pk,
            self.request.user.pk,
            self.kind.key,
        ):
            return None
        content = kept(mark.digest)
        return None if content is None else (mark, Incoming(content, mark.name, self.agreement, Layout(**mark.layout)))


class ImportFile(ImportDesk, AnswersByAddress, TemplateView):
    """GET shows what a file that waits would do; POST takes a file, the meaning of its columns, or the confirmation."""

    template_name = "sites/import.html"

    def get(self, request, *args, **kwargs):
        if "mark" not in request.GET:
            return self.show()
        waiting = self.waiting()
        return self.gone() if waiting is None else self.show_preview(*waiting)

    def post(self, request, *args, **kwargs):
        if "mark" not in request.POST:
            return self.take()
        waiting = self.waiting()
        if waiting is None:
            return self.gone()
        return self.confirm(*waiting) if "confirm" in request.POST else self.choose(*waiting)

    def take(self):
        """Hold the file, and go to its preview: nothing is stored of what it says."""
        form = ImportFileForm(self.request.POST, self.request.FILES, kind=self.kind.key)
        if not form.is_valid():
            return self.show(form=form)
        file, kept_layout = form.cleaned_data["file"], form.cleaned_data.get("layout")
        said = Layout(**kept_layout.layout) if kept_layout else Layout()
        layout = layout_to_begin(kind=self.kind, layout=said, agreement=self.agreement, on=self.on).stored()
        user = self.request.user.pk
        return self.go_to(Mark(keep(file.read()), file.name, self.agreement.pk, user, self.kind.key, layout, []))

    def choose(self, mark: Mark, file: Incoming):
        """Take what is said of the layout, keep it where it has a name, and look the file through again."""
        preview = look_through(kind=self.kind, file=file, on=self.on)
        form = self.layout_form(preview, file, data=self.request.POST)
        if form is None:
            return self.go_to(mark)
        if not form.is_valid():
            return self.show_preview(mark, file, layout_form=form)
        layout, remember = form.chosen()
        if name := form.cleaned_data["keep_as"]:
            messages.success(self.request, keep_layout(kind=self.kind, name=name, layout=layout))
        values = vars(mark) | {"layout": layout.stored(), "remember": [*mark.remember, *remember]}
        return self.go_to(Mark(**values))

    def confirm(self, mark: Mark, file: Incoming):
        """Store what was shown, all of it or nothing."""
        form = ConfirmForm(self.request.POST)
        if not form.is_valid():
            return self.show_preview(mark, file, confirm_form=form)
        try:
            imported = import_file(
                kind=self.kind,
                file=file,
                shown=self.request.POST.get("shown", ""),
                remember=mark.remember,
                on=self.on,
                by=self.request.user,
                **form.cleaned_data,
            )
        except Differs:
            messages.warning(self.request, CHANGED_SINCE)
            return self.show_preview(mark, file, confirm_form=form)
        except CannotRecord as refusal:
            form.show_refusal(refusal)
            return self.show_preview(mark, file, confirm_form=form)
        remove(mark.digest)
        if imported.file is None:
            messages.warning(self.request, imported.preview.earlier or "There was nothing to store.")
            return redirect("sites:imports", self.agreement.pk)
        message = [done_sentence(self.kind, imported.preview, mark.name), self.kind.afterwards(self.scope)]
        messages.success(self.request, " ".join(part for part in message if part))
        return redirect("sites:import_detail", imported.file.pk)

    # ---- what is shown

    def show_preview(
        self,
        mark: Mark,
        file: Incoming,
        confirm_form: ConfirmForm | None = None,
        layout_form: LayoutForm | None = None,
    ):
        """Show what a file would do."""
        preview = look_through(kind=self.kind, file=file, on=self.on)
        corrects = bool(preview.cells[State.CHANGED])
        return self.show(
            name=mark.name,
            mark=mark.text(),
            shown=preview_shown(preview, only=self.request.GET.get("state", "")),
            preview=preview,
            bringing=self.kind.counted(preview.bringing),
            confirm_form=(confirm_form or ConfirmForm()).ask_for_reason(corrects),
            corrects_figures=corrects,
            layout_form=layout_form or self.layout_form(preview, file),
        )

    def layout_form(self, preview, file: Incoming, data=None) -> LayoutForm | None:
        """Ask how the file is read, unless it has no headings, or those of another kind of file."""
        if not preview.file_columns or len(preview.unclear) > MOST_ASKED:
            return None
        columns = self.kind.columns(self.scope)
        return LayoutForm(data, kind=self.kind, columns=columns, preview=preview, layout=file.layout)

    def show(self, form: ImportFileForm | None = None, **more):
        return self.render_to_response(
            self.get_context_data(
                form=form or ImportFileForm(kind=self.kind.key),
                kind=self.kind,
                columns=self.kind.columns(self.scope),
                template_form=TemplateForm(auto_id="template-%s"),
                export_form=ExportForm(auto_id="export-%s"),
                kinds=[kind for kind in KINDS.values() if self.request.user.has_perms(kind.permissions)],
                **more,
            )
        )

    def go_to(self, mark: Mark):
        """Go to the preview of a file that waits."""
        return redirect(f"{reverse('sites:import', args=[self.agreement.pk, self.kind.key])}?mark={mark.text()}")

    def gone(self):
        """Ask for the file again."""
        messages.error(self.request, GONE)
        return redirect("sites:import", self.agreement.pk, self.kind.key)


class PreviewSheet(ImportDesk):
    """The whole preview of a file that waits, as CSV."""

    def get(self, request, *args, **kwargs):
        waiting = self.waiting()
        if waiting is None:
            raise Http404
        preview = look_through(kind=self.kind, file=waiting[1], on=self.on)
        return sheet_response(preview_sheet(preview), ending="csv", name="preview", on=self.on)


class ImportTemplate(ImportDesk):
    """A file to fill in, with the agreement's columns and sites."""

    def get(self, request, *args, **kwargs):
        form = TemplateForm({"format": "csv"} | request.GET.dict())
        if not form.is_valid():
            return refuse_choice(request, self.agreement, self.kind, form)
        month = form.cleaned_data["month"]
        sheet = template_sheet(kind=self.kind, agreement=self.agreement, month=month, on=self.on)
        ending = form.cleaned_data["format"]
        of_month = f"-{month.span.first_day:%Y-%m}" if month else ""
        name = f"{self.agreement.number}-{self.kind.key}{of_month}-template"
        return sheet_response(sheet, ending=ending, name=name, on=self.on)


class CountTemplate(ImportTemplate):
    @cached_property
    def kind(self) -> ImportKind:
        return KINDS["counts"]


class CountExport(ImportDesk):
    """The counts on file, as a file that can be edited and read back."""

    permission_required = "sites.view_componentcount"
    kind = KINDS["counts"]

    def get_permission_required(self):
        """Reading is enough."""
        return (self.permission_required,)

    def get(self, request, *args, **kwargs):
        form = ExportForm({"format": "csv"} | request.GET.dict())
        if not form.is_valid():
            return refuse_choice(request, self.agreement, self.kind, form)
        asked = form.cleaned_data
        sheet = counts_sheet(agreement=self.agreement, first=asked["first"], last=asked["last"], on=self.on)
        months = "".join(f"-{month.span.first_day:%Y-%m}" for month in (asked["first"], asked["last"]) if month)
        name = f"{self.agreement.number}-counts{months}"
        return sheet_response(sheet, ending=asked["format"], name=name, on=self.on)


def refuse_choice(request, agreement: Agreement, kind: ImportKind, form) -> HttpResponse:
    """Say what is wrong with a choice, on the page where it is made."""
    for field, errors in form.errors.items():
        messages.error(request, f"{form.fields[field].label}: {errors[0]}")
    if request.user.has_perms(kind.permissions):
        return redirect("sites:import", agreement.pk, kind.key)
    return redirect("sites:imports", agreement.pk)


def sheet_response(sheet, *, ending: str, name: str, on) -> HttpResponse:
    """Send a sheet as a file to keep."""
    return download(sheet_bytes(sheet, ending=ending, on=on), name=f"{name}.{ending}")


# ---- imports on file ---------------------------------------------------------------------------------------------


class Imports(ListPage):
    """Every import for an agreement or for all of them, latest first, and the ways to another one."""

    title = "Imports"
    permission_required = "sites.view_importedfile"
    table_class = ImportTable
    filterset_class = ImportFilter
    template_name = "sites/imports.html"

    @cached_property
    def agreement(self) -> Agreement:
        return get_object_or_404(Agreement, pk=self.kwargs["pk"])

    def get_queryset(self):
        here = Q(agreement=self.agreement) | Q(agreement=None)  # a command can import one file for all agreements
        return ImportedFile.objects.filter(here).select_related("imported_by", "undone_by").order_by("-pk")

    def get_context_data(self, **kwargs):
        kinds = [kind for kind in KINDS.values() if self.request.user.has_perms(kind.permissions)]
        return super().get_context_data(agreement=self.agreement, kinds=kinds, **kwargs)


class KeptLayouts(ListPage):
    """The layouts that are kept by name for the next file, of every kind of file."""

    title = "Kept layouts of files"
    permission_required = "sites.view_importedfile"
    table_class = LayoutTable
    filterset_class = LayoutFilter
    template_name = "sites/layouts.html"
    queryset = FileLayout.objects.order_by("kind", "name")

    def get_context_data(self, **kwargs):
        kinds = {kind.key for kind in KINDS.values() if self.request.user.has_perms(kind.permissions)}
        agreement = get_object_or_404(Agreement, pk=self.kwargs["pk"])
        return super().get_context_data(agreement=agreement, may_change=kinds, **kwargs)


class LayoutEvent(OfAgreement, EventPage):
    """An event of a kept layout, for who may import such files; it carries the layout as it was shown."""

    crumbs = "sites/parts/layout_crumbs.html"

    @cached_property
    def kept(self) -> FileLayout | None:
        return FileLayout.objects.filter(pk=self.kwargs["layout"]).first()

    def has_permission(self):
        kinds = [KINDS[self.kept.kind]] if self.kept else KINDS.values()
        return any(self.request.user.has_perms(kind.permissions) for kind in kinds)

    def refusal(self):
        return "" if self.kept else "This layout is no longer kept: somebody has deleted it."

    def get_initial(self):
        return {"name": self.kept.name, "seen": layout_seen(self.kept)}

    def about(self):
        chosen = " ".join(Layout(**self.kept.layout).choices())
        return [("Layout", self.kept.name), ("Files of", self.kept.get_kind_display()), ("What was chosen", chosen)]

    def back(self):
        return reverse("sites:import_layouts", args=[self.agreement.pk])


class RenameLayout(LayoutEvent):
    form_class = RenameForm
    title, button = "Rename a kept layout", "Rename it"

    def consequences(self):
        return ["Whoever chooses it finds it by the new name; a command that reads files by it needs the new name."]

    def perform(self, *, name, seen):
        return f"{self.kept.name} is kept as {rename_layout(layout=self.kept, name=name, seen=seen).name} now."


class DeleteLayout(LayoutEvent):
    form_class = SeenLayoutForm
    title, button, danger = "Delete a kept layout", "Delete it", True

    def consequences(self):
        return ["Nobody can choose it with a file any more. What was imported by it stays as it is."]

    def perform(self, *, seen):
        delete_layout(layout=self.kept, seen=seen)
        return f"{self.kept.name} is no longer kept."


class ImportDetail(PermissionRequiredMixin, DetailView):
    """One import: what it brought, what was decided about its columns, and whether it was undone."""

    permission_required = "sites.view_importedfile"
    queryset = ImportedFile.objects.select_related("agreement", "imported_by", "undone_by")
    template_name = "sites/import_detail.html"
    context_object_name = "file"

    def get_context_data(self, **kwargs):
        kind = KINDS[self.object.kind]
        brought = kind.brought(self.object, most=MOST_SHOWN)
        return super().get_context_data(
            kind=kind,
            counted=kind.counted(self.object.rows),
            brought=brought,
            more=brought.number - len(brought.rows),
            month=kind.month(self.object) if self.object.agreement_id else None,
            **kwargs,
        )


class ImportUndo(EventPage, ImportDetail):
    """Take an import back as a whole: GET shows what would happen and what stands against it, POST does it."""

    permission_required = "sites.undo_import"
    template_name = "sites/import_undo.html"
    form_class = UndoForm

    @cached_property
    def object(self) -> ImportedFile:
        return self.get_object()

    def get_context_data(self, **kwargs):
        undoing = KINDS[self.object.kind].undoing(self.object) if self.object.undone_on is None else None
        return super().get_context_data(undoing=undoing, **kwargs)

    def perform(self, *, reason):
        undo_import(file=self.object, on=self.on, by=self.request.user, reason=reason)
        return f"{self.object.name}: the import is undone. The file can be imported again."

    def back(self):
        return reverse("sites:import_detail", args=[self.object.pk])
