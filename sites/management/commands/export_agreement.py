"""Write an agreement and everything known of it as an agreement file."""

from pathlib import Path

from contracts.management.command_arguments import BadArgument, DeskCommand, agreements
from sites.agreement_files.agreement_file import text
from sites.agreement_files.exporting import export_agreement


class Command(DeskCommand):
    """The file goes to standard output, or into the file named with --output."""

    help = "Write one agreement with all that is on file of it as JSON, in the form that load_agreement reads."

    def add_arguments(self, parser):
        parser.add_argument("number", metavar="NUMBER", help="number of the agreement")
        parser.add_argument("--output", metavar="FILE", help="write this file (default: standard output)")

    def handle(self, *args, **options):
        [agreement] = agreements([options["number"]])
        written = text(export_agreement(agreement))
        if not options["output"]:
            self.stdout.write(written, ending="")
            return
        try:
            Path(options["output"]).write_text(written, encoding="utf-8")
        except OSError as error:
            raise BadArgument(f"{options['output']} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{options['output']}: agreement {agreement}")
