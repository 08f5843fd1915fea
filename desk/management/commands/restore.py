"""Restore a backup into an empty place, and verify it."""

from pathlib import Path

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from contracts.management.command_arguments import DeskCommand
from contracts.wording import plural
from desk.backup.archive import CannotBackUp
from desk.backup.backing_up import restore
from invoicing.issued.ledger import make_good


class Command(DeskCommand):
    """Nothing is written before all of the backup is right; then its ledgers are made good and the books verified."""

    help = "Restore a backup into an empty database and empty folders, and verify it."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args, **options):
        try:
            manifest = restore(options["file"])
        except CannotBackUp as refused:
            raise CommandError(str(refused)) from refused
        except OSError as fault:
            raise CommandError(f"It cannot be restored: {fault}.") from fault
        self.stdout.write(f"Restored {plural(len(manifest.files), 'file')} of {manifest.made_at}.")
        if MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes()):
            self.stdout.write("It is of an earlier version. Run migrate, then verify_invoices and verify_reports.")
            return
        self.stdout.write(f"{plural(make_good(), 'line')} added to the ledgers.")
        call_command("verify_invoices", stdout=self.stdout, stderr=self.stderr)
        call_command("verify_reports", stdout=self.stdout, stderr=self.stderr)
