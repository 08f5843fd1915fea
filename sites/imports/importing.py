"""Files with rows coming in, of whatever kind: checked first, then stored whole or not at all, and taken back.

What a kind of file means is said by its `ImportKind`; everything else is here, once for all of them.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from contracts.fields import validate_plain_text
from contracts.models import Agreement
from contracts.periods import day_text
from contracts.schedule import Refused
from contracts.sealing.digest import canonical_sha256
from contracts.wording import plural
from sites.imports.columns import Headings
from sites.imports.count_importing import CountImport
from sites.imports.kinds import Compared, ImportKind, Scope
from sites.imports.layouts import PLAIN, Layout
from sites.imports.preview import Errors, Preview, SheetError, State, TooManyErrors, marked
from sites.imports.sheet_rows import lacking_columns
from sites.imports.site_importing import SiteImport
from sites.imports.work_importing import WorkImport
from sites.models import ColumnName, FileLayout, ImportedFile
from sites.refusals import CannotRecord, reason_refusals, text_refusals

KINDS: Mapping[str, ImportKind] = {kind.key: kind for kind in (CountImport(), SiteImport(), WorkImport())}
UNDONE = "Import undone: "
LONGEST_UNDO_REASON = 200 - len(UNDONE)


@dataclass(frozen=True)
class Incoming:
    """A file as somebody sends it: for one agreement or all of them, with what they say of its layout."""

    content: bytes
    name: str
    agreement: Agreement | None = None
    layout: Layout = PLAIN

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, by which the same file is recognized."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Imported:
    """What came of an import: what it did, or would do, and its row; `file` is None where nothing was stored."""

    preview: Preview
    file: ImportedFile | None = None


class Differs(Exception):
    """What the file would do is no longer what was shown: nothing was stored. `preview` is what it would do now."""

    def __init__(self, preview: Preview):
        self.preview = preview
        super().__init__("What is on file has changed since the file was checked.")


# ---- looking through ---------------------------------------------------------------------------------------------


def look_through(*, kind: ImportKind, file: Incoming, on: date) -> Preview:
    """Return everything that a file would do, or that is wrong with it. Nothing is written.

    A file that was imported before, told by its SHA-256, would do nothing: `earlier` says when, as what and by whom.
    """
    return _looked(kind, file, on)[0]


def _looked(kind: ImportKind, file: Incoming, on: date) -> tuple[Preview, list]:
    """Return what a file would do, and the facts that the kind stores for it."""
    earlier = standing_import(kind, file)
    if earlier is not None:
        return Preview(earlier=earlier_sentence(kind, earlier)), []
    stored = Agreement.objects.with_terms()
    chosen = stored.filter(pk=file.agreement.pk) if file.agreement else stored
    scope = Scope(file.agreement, {row.pk: row.as_terms() for row in chosen}, on)
    columns = kind.columns(scope)
    read = kind.read(file.content, columns=columns, layout=file.layout)
    errors = Errors([*read.errors, *_name_errors(file.name)])
    try:
        compared = kind.compare(read.rows, headings=read.headings, scope=scope, errors=errors)
    except TooManyErrors:
        compared = Compared(headings=())
    rows = marked(compared.rows, errors, compared.headings)
    titles = _titles(read.headings)
    preview = Preview(
        file_columns=tuple(zip(read.headings.titles, read.headings.keys, strict=True)),
        lacking=tuple(column.key for column in lacking_columns(columns, read.headings, file.layout)),
        days=read.days,
        asked=tuple(_as_in_file(question, titles) for question in read.asked.values()),
        notes=(
            *file.layout.notes(read.days, titles),
            *kind.reading_notes(compared.facts, scope=scope, layout=file.layout),
            *compared.notes,
        ),
        headings=tuple(titles.get(key, key) for key in compared.headings),
        rows=tuple(rows),
        errors=tuple(_as_in_file(error, titles) for error in sorted(errors, key=lambda error: error.row or 0)),
        unclear=read.headings.unclear,
        left_out=read.headings.left_out,
        chosen=read.headings.chosen,
        warnings=tuple(compared.warnings),
        totals=compared.totals,
        heading_row=read.headings.row,
    )
    return preview, compared.facts


def layout_to_begin(*, kind: ImportKind, layout: Layout, agreement: Agreement, on: date) -> Layout:
    """Return how a file is read until somebody says otherwise: hours are rounded as the agreement's reading says.

    The reading is that of the day of the import; where work of another day is read otherwise, the preview says so. What
    a kept layout rounds stays. The agreement comes from `with_terms()`.
    """
    return layout.read_as(agreement.as_readings(on).minutes) if kind.has_hours else layout


def standing_import(kind: ImportKind, file: Incoming) -> ImportedFile | None:
    """Return the import of the same file, unless it was undone."""
    rows = ImportedFile.objects.filter(kind=kind.key, sha256=file.digest, undone_on=None)
    return rows.select_related("imported_by", "agreement").first()


def earlier_sentence(kind: ImportKind, earlier: ImportedFile) -> str:
    """Say when a file was imported, as what and by whom."""
    message = f"This file was imported on {day_text(earlier.imported_on)} as {earlier.name}"
    by = f" by {earlier.imported_by}" if earlier.imported_by else ""
    return f"{message}{by}, with {kind.counted(earlier.rows)}. Nothing was changed."


def _titles(headings: Headings) -> dict[str, str]:
    return {key: title for key, title in zip(headings.keys, headings.titles, strict=True) if key}


def _as_in_file(error: SheetError, titles: Mapping[str, str]) -> SheetError:
    """Name the column of an error as the file does."""
    title = titles.get(error.column, error.column)
    return SheetError(error.message, error.row, title, error.value)


def _name_errors(name: str) -> list[SheetError]:
    try:
        validate_plain_text(name)
    except ValidationError:
        return [SheetError("The name of the file holds characters that cannot be printed. Rename it.")]
    return []


# ---- storing -----------------------------------------------------------------------------------------------------


@transaction.atomic
def import_file(
    *,
    kind: ImportKind,
    file: Incoming,
    shown: str | None = None,
    reason: str = "",
    remember: Collection[str] = (),
    on: date,
    by: User | None,
    dry_run: bool = False,
) -> Imported:
    """Store a file: all of its rows, or none.

    The same file again, told by its SHA-256, changes nothing, and so does a file whose every cell is on file. `shown`
    is the fingerprint of the preview that was confirmed. `remember` names headings whose chosen columns are kept as the
    agreement's names for them. `dry_run` stores nothing. Raises CannotRecord with every error of every row, for columns
    that nobody knows, and for corrected figures without a reason; Differs where the file would do something else than
    was shown.
    """
    kind.lock(_keys(file))
    preview, facts = _looked(kind, file, on)
    if preview.earlier:
        return Imported(preview)
    if shown is not None and preview.fingerprint != shown:
        raise Differs(preview)
    refused = [*_unclear_errors(preview), *preview.errors]
    if not refused and not dry_run:
        refused = _reason_refusals(preview, reason)
    if refused:
        raise CannotRecord(*refused)
    if dry_run or not preview.bringing:
        return Imported(preview)
    row = ImportedFile(
        agreement=file.agreement,
        kind=kind.key,
        name=file.name[-200:],
        sha256=file.digest,
        rows=preview.bringing,
        reason=reason.strip() if preview.cells[State.CHANGED] else "",
        details=_details(preview) | kind.details(facts),
        imported_on=on,
        imported_by=by,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # somebody has imported the same file for another agreement at this moment
        earlier = standing_import(kind, file)
        if earlier is None:
            raise
        return Imported(Preview(earlier=earlier_sentence(kind, earlier)))
    kind.store(facts, file=row, on=on, by=by)
    _remember(kind, file, preview, remember)
    return Imported(preview, row)


def _keys(file: Incoming) -> list[int]:
    rows = Agreement.objects.filter(pk=file.agreement.pk) if file.agreement else Agreement.objects.all()
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _unclear_errors(preview: Preview) -> list[SheetError]:
    unclear = [SheetError(message, preview.heading_row, title) for title, message in preview.unclear]
    return [*unclear, *preview.asked]


def _reason_refusals(preview: Preview, reason: str) -> list[Refused]:
    number = preview.cells[State.CHANGED]
    if not number:
        return []
    figures = plural(number, "figure on file is", "figures on file are")
    return reason_refusals(reason=reason, why=f"{figures} corrected by this file. Say why.")


def _details(preview: Preview) -> dict:
    stored = {"left_out": list(preview.left_out), "chosen": [list(one) for one in preview.chosen]}
    stored["read"] = list(preview.notes)
    return {name: value for name, value in stored.items() if value}


def _remember(kind: ImportKind, file: Incoming, preview: Preview, remember: Collection[str]) -> None:
    """Keep the columns that a person chose as the agreement's names for components."""
    if file.agreement is None or not kind.remembers_columns:
        return
    fixed = {column.key for column in kind.columns(Scope(None, {}, date.min))}
    for title, key in preview.chosen:
        if title in remember and key not in fixed:
            names = ColumnName.objects
            names.get_or_create(agreement=file.agreement, name=title, defaults={"component_code": key})


def keep_layout(*, kind: ImportKind, name: str, layout: Layout) -> str:
    """Keep a layout by name for the next file of a kind, in place of one of the same name; say so."""
    FileLayout.objects.update_or_create(kind=kind.key, name=name, defaults={"layout": layout.stored()})
    return f"Kept as {name}: choose it with the next file."


def kept_layout(*, kind: ImportKind, name: str) -> Layout:
    """Return a layout that was kept. Raises CannotRecord, with the names that are kept, where there is none."""
    kept = {row.name: row.layout for row in FileLayout.objects.filter(kind=kind.key)}
    if name not in kept:
        raise CannotRecord(f"No layout is kept as {name}. Kept: {', '.join(kept) or 'none'}.")
    return Layout(**kept[name])


def layout_seen(layout: FileLayout) -> str:
    """Return what tells whether a kept layout is still what somebody has seen."""
    return canonical_sha256({"name": layout.name, "layout": layout.layout})


@transaction.atomic
def rename_layout(*, layout: FileLayout, name: str, seen: str) -> FileLayout:
    """Give a kept layout another name. Raises CannotRecord for a taken one, and where it is not what was `seen`."""
    layout = _as_seen(layout, seen)
    layout.name = name
    try:
        with transaction.atomic():
            layout.save(update_fields=["name"])
    except IntegrityError:
        message = f"Another layout of such files is kept as {name}. Choose another name."
        raise CannotRecord(Refused("TAKEN", "name", message)) from None
    return layout


@transaction.atomic
def delete_layout(*, layout: FileLayout, seen: str) -> None:
    """Keep a layout no longer. Raises CannotRecord where it is no longer what was `seen`."""
    _as_seen(layout, seen).delete()


def _as_seen(layout: FileLayout, seen: str) -> FileLayout:
    stored = FileLayout.objects.select_for_update().filter(pk=layout.pk).first()
    if stored is None or layout_seen(stored) != seen:
        message = "Somebody has changed this layout since the page was opened. Open it again to see it as it is now."
        raise CannotRecord(Refused("CHANGED", "", message))
    return stored


# ---- taking back -------------------------------------------------------------------------------------------------


@transaction.atomic
def undo_import(*, file: ImportedFile, reason: str, on: date, by: User | None) -> ImportedFile:
    """Take back everything that an import stored; the same file can be imported again then.

    Raises CannotRecord without a reason, for an import that is undone already, and where something stands against it:
    what was issued, agreed or billed on it, and what somebody has changed since.
    """
    kind = KINDS[file.kind]
    keys = [file.agreement_id] if file.agreement_id else Agreement.objects.order_by("pk").values_list("pk", flat=True)
    kind.lock(list(keys))
    file = ImportedFile.objects.select_for_update(of=("self",), no_key=True).get(pk=file.pk)
    if file.undone_on is not None:
        message = f"This import was undone on {day_text(file.undone_on)}: {file.undo_reason}."
        raise CannotRecord(Refused("UNDONE", "", message))
    refused = reason_refusals(reason=reason, why="Say why the import is undone.")
    refused += text_refusals(place="reason", what="the reason", text=reason, longest=LONGEST_UNDO_REASON)
    refused += [Refused("RESTS", "", message) for message in kind.undoing(file).obstacles]
    if refused:
        raise CannotRecord(*dict.fromkeys(refused))
    file.undone_on, file.undone_by, file.undo_reason = on, by, reason.strip()
    kind.take_back(file, reason=f"{UNDONE}{file.undo_reason}", on=on, by=by)
    file.save(update_fields=["undone_on", "undone_by", "undo_reason"])
    return file
