"""`migrate`, which makes the guards of sealed rows anew: that one is missing yet is no reason to refuse."""

from django.core.management.commands.migrate import Command as Migrate

from contracts.management.command_arguments import DeskCommand


class Command(DeskCommand, Migrate):
    """Migrate as Django does, without the checks that look into the database before it is brought up to date."""

    def check(self, *args, databases=None, **kwargs):
        """Run the checks of the code alone; `check --database default` looks into the database afterwards."""
        super().check(*args, **kwargs)
