"""Load the reference agreement, play the demonstration through a day and make one user per role."""

import json
import secrets
from datetime import date
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from contracts.clock import business_date
from contracts.management.command_arguments import DeskCommand, day
from invoicing.demonstration.playing import play
from invoicing.demonstration.strangers import added, is_loaded, taken_names
from invoicing.models import PlayedDemonstration
from people import roles
from sites.models import RenewalReview

USERS = {
    "manager": roles.ACCOUNT_MANAGER,
    "finance": roles.FINANCE,
    "entry": roles.DATA_ENTRY,
    "viewer": roles.VIEWER,
    "admin": None,
}

MOST_NAMED = 3


class Command(DeskCommand):
    """For a demonstration on one machine. Passwords are made and printed once: people on file keep theirs."""

    help = "Load the reference agreement, play its demonstration through a day, and make one user per role."

    def add_arguments(self, parser):
        parser.add_argument("--until", type=day, metavar="DATE", help="the last day played (default: today)")

    def handle(self, *args, **options):
        files = Path(settings.BASE_DIR) / "data"
        reference = json.loads((files / "reference.json").read_text(encoding="utf-8"))
        number = reference["agreement"]["number"]
        found, loaded = added(), is_loaded(number)
        if not loaded and (strange := found + taken_names(frozenset(USERS))):
            raise CommandError(f"The demonstration did not make {some(strange)}: it is loaded into an empty desk only.")
        if loaded and not PlayedDemonstration.objects.exists():
            self.stdout.write("An earlier version loaded the demonstration and kept no account: it is not played on.")
        elif found:
            self.stdout.write(f"People have added or removed {some(found)}: the demonstration is not played on.")
        else:
            self.play(reference, files / "demonstration.json", options["until"] or business_date())
        self.stdout.write(f"\nPDFs: {settings.DOCUMENTS_DIR}\n")
        self.stdout.write("\nUser        Password            Role")
        passwords = {name: new_password(name, role) for name, role in USERS.items()}
        for name, role in USERS.items():
            shown = passwords[name] or "as first printed"
            self.stdout.write(f"{name:<11} {shown:<19} {role or 'Administrator of the software'}")
        if not all(passwords.values()):
            self.stdout.write("A new password, if one is lost: .venv/bin/python manage.py changepassword USER")

    def play(self, reference: dict, file: Path, until: date) -> None:
        demonstration = json.loads(file.read_text(encoding="utf-8"))
        for event in play(reference=reference, demonstration=demonstration, until=until):
            self.stdout.write(f"{event.on}  {event.what}")
        if RenewalReview.objects.exists():
            call_command("print_reviews", verbosity=0, stdout=StringIO())


def some(names: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return " and ".join(filter(None, (", ".join(names[:MOST_NAMED]), *more)))


def new_password(name: str, role: str | None) -> str:
    """Make a user of the demonstration and return the password; empty for one on file, who is left alone."""
    user, created = User.objects.get_or_create(username=name, defaults={"is_superuser": role is None})
    if not created:
        return ""
    password = secrets.token_urlsafe(9)
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=role))
    return password
