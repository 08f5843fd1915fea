"""Bringing a database up to date that lacks a guard which the code knows by now."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from contracts.sealing.guards import drop_triggers, guards_are_present, present


@pytest.mark.django_db(transaction=True)
def test_migrate_makes_missing_guards_instead_of_refusing():
    before = present("default")
    drop_triggers("default")
    with pytest.raises(SystemCheckError, match="The database lacks the guards"):
        call_command("check", databases=["default"])

    call_command("migrate", verbosity=0, skip_checks=False)

    assert present("default") == before
    assert guards_are_present(databases=[connection.alias]) == []
