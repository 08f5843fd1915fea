"""What the commands that import a file have in common: one line with the result, or one per error."""

from dataclasses import replace
from pathlib import Path

from django.core.management.base import CommandError

from contracts.clock import business_date
from contracts.management.command_arguments import BadArgument, DeskCommand, agreements
from contracts.models import Agreement
from contracts.readings import MINUTE_STEPS
from contracts.wording import plural
from sites.imports.columns import LEFT_OUT
from sites.imports.importing import KINDS, Imported, Incoming, import_file, keep_layout, kept_layout, layout_to_begin
from sites.imports.kinds import ImportKind
from sites.imports.layouts import DayOrder, Layout, Rounding
from sites.imports.preview import SheetError, State
from sites.refusals import CannotRecord

NOT_AT_ALL = "none"


class ImportCommand(DeskCommand):
    """Reads the file and its arguments; exit code 1 when the file was refused."""

    kind: str

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="CSV or XLSX file")
        parser.add_argument("--agreement", metavar="NUMBER", help="only sites of this agreement (default: all sites)")
        parser.add_argument("--dry-run", action="store_true", help="check the file and write nothing")
        parser.add_argument(
            "--column",
            metavar="HEADING=COLUMN",
            action="append",
            default=[],
            help="what a column holds whose heading is not known; nothing after the sign leaves it out",
        )
        parser.add_argument("--others-left-out", action="store_true", help="leave out every column that is not known")
        parser.add_argument(
            "--all",
            metavar="COLUMN=VALUE",
            action="append",
            default=[],
            help="one value for all rows, where the file has no such column: service=Customer Care",
        )
        orders = [order.value for order in DayOrder]
        parser.add_argument("--day-order", choices=orders, help="days such as 7/10/1999: day or month first")
        if KINDS[self.kind].has_hours:
            parser.add_argument("--decimal-comma", action="store_true", help="hours are written 7,25")
            parser.add_argument(
                "--rounding",
                choices=[*(one.value for one in Rounding), NOT_AT_ALL],
                help="round hours (default: as the agreement's reading says)",
            )
            parser.add_argument(
                "--step",
                type=int,
                choices=list(MINUTE_STEPS),
                help="hundredths of an hour to which --rounding, or what --as kept, rounds them (default: 1)",
            )
        parser.add_argument("--as", dest="kept", metavar="NAME", help="read it as was kept by this name")
        parser.add_argument("--keep-as", metavar="NAME", help="keep how the file is read by a name, once it is in")
        parser.add_argument("--reason", default="", help="why figures on file are corrected, where the file does so")

    def handle(self, *args, **options):
        path, kind = Path(options["file"]), KINDS[self.kind]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BadArgument(f"{path} cannot be read: {error.strerror}.") from None
        agreement = agreements([options["agreement"]])[0] if options["agreement"] else None
        layout = _layout(kind, options)
        if kind.has_hours and not options["rounding"]:
            layout = _as_read(kind, layout, agreement)
        try:
            imported = import_file(
                kind=kind,
                file=Incoming(content, path.name, agreement, layout),
                reason=options["reason"],
                dry_run=options["dry_run"],
                on=business_date(),
                by=None,
            )
        except CannotRecord as refusal:
            for error in refusal.refused:
                self.stderr.write(str(error) if isinstance(error, SheetError) else error.message)
            raise CommandError(
                f"{path} was not imported: {plural(len(refusal.refused), 'error')}. Correct the file, import it again.",
                returncode=1,
            ) from None
        self.stdout.write(summary(kind, imported, dry_run=options["dry_run"]))
        if options["keep_as"] and not options["dry_run"]:
            self.stdout.write(keep_layout(kind=kind, name=options["keep_as"], layout=layout))


def _layout(kind: ImportKind, options: dict) -> Layout:
    """Return how the file is read: as was kept by a name, and beyond it as the arguments say."""
    try:
        kept = kept_layout(kind=kind, name=options["kept"]) if options["kept"] else Layout()
    except CannotRecord as refusal:
        raise BadArgument(str(refusal)) from None
    said = {name: options.get(name) for name in ("others_left_out", "day_order", "decimal_comma", "rounding", "step")}
    values = {key: value for key, value in map(_value, options["all"])}
    layout = replace(
        kept,
        columns={**kept.columns, **_choices(options["column"])},
        values={**kept.values, **values},
        **{name: "" if value == NOT_AT_ALL else value for name, value in said.items() if value},
    )
    if said["step"] and not layout.rounding:
        raise BadArgument(
            f"--step {said['step']} rounds nothing by itself. Add --rounding nearest or up, or leave it out."
        )
    return layout


def _as_read(kind: ImportKind, layout: Layout, agreement: Agreement | None) -> Layout:
    """Return the layout rounded as the agreement's reading says; for all agreements none of them may round."""
    on, on_file = business_date(), Agreement.objects.with_terms(priced=False)
    if agreement is not None:
        return layout_to_begin(kind=kind, layout=layout, agreement=on_file.get(pk=agreement.pk), on=on)
    rounds = [row.number for row in on_file if row.as_readings(on).minutes.step]
    if rounds and not layout.rounding:
        raise BadArgument(
            f"The reading of agreement {rounds[0]} rounds the time of work entries. Import its work with --agreement, "
            "or say --rounding nearest, up or none for all."
        )
    return layout


def _value(given: str) -> tuple[str, str]:
    key, sign, value = given.partition("=")
    if not (sign and key.strip() and value.strip()):
        raise BadArgument(f"{given}: write COLUMN=VALUE, such as service=Customer Care.")
    return key.strip(), value.strip()


def _choices(given: list[str]) -> dict[str, str]:
    choices = {}
    for one in given:
        heading, sign, column = one.rpartition("=")
        if not sign:
            raise BadArgument(f"{one}: write HEADING=COLUMN, or HEADING= to leave the column out.")
        choices[heading] = column or LEFT_OUT
    return choices


def summary(kind: ImportKind, imported: Imported, *, dry_run: bool) -> str:
    """What the import did, in one line."""
    preview = imported.preview
    if preview.earlier:
        return preview.earlier
    cells, would = preview.cells, "would be " if dry_run else ""
    amount = f" with {preview.totals.total[-1]}" if preview.totals is not None else ""
    parts = [f"{kind.counted(preview.bringing)}{amount} {would}added"]
    if kind.key == KINDS["counts"].key:
        parts = [f"{plural(cells[State.NEW], 'count')} {would}added"]
        parts += [f"{cells[State.CHANGED]:,} {would}corrected"] if cells[State.CHANGED] else []
        parts.append(f"{cells[State.UNCHANGED]:,} already on file")
    left_out = [f"Left out: {', '.join(preview.left_out)}."] if preview.left_out else []
    return " ".join((f"{', '.join(parts)}.", *left_out, *preview.notes, *preview.warnings))
