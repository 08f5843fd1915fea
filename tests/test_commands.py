"""Every command of the desk with every bad argument: one sentence, exit code 2, no traceback."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command, get_commands, load_command_class

from contracts.management.command_arguments import day
from contracts.models import Party
from invoicing.management.commands import load_demonstration
from invoicing.models import Invoice, PlayedDemonstration
from sites.models import Site
from tests import factories

pytestmark = pytest.mark.django_db

APPS = ("people", "contracts", "sites", "invoicing")
COMMANDS = sorted(name for name, app in get_commands().items() if app in APPS)
OF_DJANGO = {"version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks"}
DAYS = ["1998-13-01", "1999-02-30", "19990101", "0001-01-01", "9999-12-31", "2200-01-01", "tomorrow", ""]
FILES = ["/nowhere/at/all.csv", "/", "\udce9.csv"]


def bad_arguments() -> list[tuple[str, ...]]:
    """Each command with a value that each of its arguments cannot take, with one nobody knows, and with bytes."""
    found = []
    for name in COMMANDS:
        found += [(name, "--frobnicate"), (name, "one", "two", "three")]
        if name == "migrate":
            continue
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        actions = [action for action in parser._actions if action.dest not in OF_DJANGO | {"help"}]
        given = [part for action in actions if action.required for part in (*action.option_strings[:1], "1999-06-30")]
        found += [(name,)] if given else []
        for action in actions:
            values = DAYS if action.type is day else FILES if action.metavar in ("FILE", "FOLDER") else []
            values = values or (
                [] if action.nargs == 0 or action.metavar is None and not action.choices else ["x", "\udce9"]
            )
            for value in values:
                bad = (*action.option_strings[:1], value)
                found.append((name, *bad) if action.required else (name, *given, *bad))
    found += [("import_counts", __file__, *bad) for bad in (("--all", "x"), ("--all", "=x"), ("--as", "nobody"))]
    return [*found, ("migrate", "nowhere"), ("migrate", "contracts", "9999")]


@pytest.mark.parametrize("arguments", bad_arguments(), ids=ascii)
def test_a_bad_argument_is_one_sentence_and_exit_code_2(arguments, capsys):
    name, *rest = arguments
    with pytest.raises(SystemExit) as ended:
        load_command_class(get_commands()[name], name).run_from_argv(["manage.py", name, *rest])

    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (2, "", 1), said.err
    assert said.err.endswith(".\n")
    assert not said.err.startswith("BadArgument")


def test_every_command_is_tried():
    assert {"draft_invoices", "load_demonstration", "verify_invoices", "import_work", "migrate"} <= set(COMMANDS)
    assert {name for name, *_ in bad_arguments()} == set(COMMANDS)


# ---- the demonstration -------------------------------------------------------------------------------------------

UNTIL = date(1998, 11, 1)


def load(capsys) -> str:
    call_command("load_demonstration", until=UNTIL)
    return capsys.readouterr().out


@pytest.mark.parametrize("stranger", ["agreement", "party", "person"])
def test_the_demonstration_is_loaded_into_an_empty_desk_only(stranger):
    if stranger == "person":
        User.objects.create_user("finance", password="of a person")
    elif stranger == "party":
        Party.objects.create(legal_name="Somebody Inc.")
    else:
        factories.agreement()

    with pytest.raises(CommandError, match="The demonstration did not make .*: it is loaded into an empty desk only."):
        load_demonstration.Command().execute(until=UNTIL, skip_checks=True, no_color=True, force_color=False)

    assert not Site.objects.exists()
    assert all(user.check_password("of a person") for user in User.objects.all())


@pytest.mark.business_date(UNTIL)
def test_a_second_time_keeps_passwords_and_is_not_played_into_what_people_added(capsys):
    first = load(capsys)
    passwords = dict(User.objects.values_list("username", "password"))
    invoices = Invoice.objects.count()
    again = load(capsys)
    site = Site.objects.first()
    factories.site(site.agreement, "Elsewhere")
    added = load(capsys)
    PlayedDemonstration.objects.all().delete()
    of_an_earlier_version = load(capsys)

    assert "as first printed" not in first
    assert again.count("as first printed") == len(passwords) == 5
    assert dict(User.objects.values_list("username", "password")) == passwords
    assert "People have added or removed the site Elsewhere: the demonstration is not played on." in added
    assert "kept no account: it is not played on." in of_an_earlier_version
    assert Invoice.objects.count() == invoices > 0
