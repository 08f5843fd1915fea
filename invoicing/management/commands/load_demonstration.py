"""Load the reference agreement, play the demonstration through a day and make one user per role."""

import json
import secrets
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand

from contracts.clock import business_date
from contracts.management.command_arguments import day
from invoicing import roles
from invoicing.demonstration.playing import play
from sites.models import RenewalReview

USERS = {
    "manager": roles.ACCOUNT_MANAGER,
    "finance": roles.FINANCE,
    "entry": roles.DATA_ENTRY,
    "viewer": roles.VIEWER,
    "admin": None,
}


class Command(BaseCommand):
    """For a demonstration on one machine: it sets a new password for every user it names, and prints it."""

    help = "Load the reference agreement, play its demonstration through a day, and make one user per role."

    def add_arguments(self, parser):
        parser.add_argument("--until", type=day, metavar="DATE", help="the last day played (default: today)")

    def handle(self, *args, **options):
        files = Path(settings.BASE_DIR) / "data"
        played = play(
            reference=json.loads((files / "reference.json").read_text(encoding="utf-8")),
            demonstration=json.loads((files / "demonstration.json").read_text(encoding="utf-8")),
            until=options["until"] or business_date(),
        )
        for event in played:
            self.stdout.write(f"{event.on}  {event.what}")
        if RenewalReview.objects.exists():
            call_command("print_reviews", verbosity=0, stdout=StringIO())
        self.stdout.write(f"\nPDFs: {settings.DOCUMENTS_DIR}\n")
        self.stdout.write("\nUser        Password        Role")
        for name, role in USERS.items():
            self.stdout.write(f"{name:<11} {new_password(name, role):<15} {role or 'Administrator of the software'}")


def new_password(name: str, role: str | None) -> str:
    """Make a demonstration user, or give it a new password, and return the password."""
    user, _created = User.objects.get_or_create(username=name)
    password = secrets.token_urlsafe(9)
    user.set_password(password)
    user.is_superuser = role is None
    user.save()
    user.groups.set(Group.objects.filter(name=role))
    return password
