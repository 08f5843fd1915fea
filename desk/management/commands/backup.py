"""Write a backup while people work."""

from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import CommandError

from contracts.management.command_arguments import BadArgument, DeskCommand
from contracts.wording import plural
from desk.backup.archive import CannotBackUp
from desk.backup.backing_up import back_up, keep_latest, named


class Command(DeskCommand):
    """One file with all of it; exit code 1 where a PDF that the database knows is not in its folder."""

    help = "Write database, PDFs, ledgers and uploads into one file, while people work."

    def add_arguments(self, parser):
        parser.add_argument("target", type=Path, metavar="FILE", help="a file that is not there yet, or a folder")
        parser.add_argument("--keep", type=int, metavar="N", help="in a folder: remove all backups but the latest N")

    def handle(self, *args, **options):
        target, keep = options["target"], options["keep"]
        into_folder = target.is_dir()
        if keep is not None and (keep < 1 or not into_folder):
            raise BadArgument("--keep needs a number from 1, and a folder to keep so many backups in.")
        path = target / named(datetime.now(UTC)) if into_folder else target
        if path.exists():
            raise BadArgument(f"{path} is there already. Name another file, or a folder.")
        try:
            manifest = back_up(path)
        except OSError as fault:
            raise CommandError(f"{path} cannot be written: {fault.strerror or fault}.") from fault
        except CannotBackUp as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{path}: {plural(len(manifest.files), 'file')}, {path.stat().st_size:,} bytes.")
        for removed in keep_latest(target, keep) if keep else ():
            self.stdout.write(f"{removed}: removed.")
        if manifest.missing:
            raise CommandError(
                f"The folder of documents lacks {plural(len(manifest.missing), 'PDF')} that the database knows, first "
                f"{manifest.missing[0]}. Run make_pdfs and make_report_pdfs, and back up again."
            )
