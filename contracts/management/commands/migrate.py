"""`migrate`, which makes the guards of sealed rows anew: that one is missing yet is no reason to refuse."""

from django.core.management import CommandError
from django.core.management.commands.migrate import Command as Migrate

from contracts.management.command_arguments import BadArgument, DeskCommand


class Command(DeskCommand, Migrate):
    """Migrate as Django does, without the checks that look into the database before it is brought up to date."""

    def check(self, *args, databases=None, **kwargs):
        """Run the checks of the code alone; `check --database default` looks into the database afterwards."""
        super().check(*args, **kwargs)

    def handle(self, *args, **options):
        """Migrate; an app or a migration that is not there is a bad argument."""
        try:
            return super().handle(*args, **options)
        except CommandError as refused:
            raise BadArgument(str(refused)) if options["app_label"] else refused from None
