"""The fault checks in small: sound books, and a control that finds damage, on scratch databases of their own.

Full size: bin/faults --full. What each check does stands in docs/reliability.md.
"""

import json
import os

import pytest
from django.db import connection

from tests.faults.__main__ import GOALS, line
from tests.processes import copied, python

TOGETHER = (
    # Goals that share a process and a template, so that each set takes about as long as the others.
    ("G1", "G2", "G7", "G15"),
    ("G4", "G5", "G8", "G16", "G17"),
    ("G3", "G6", "G9", "G14", "G18"),
    ("G20", "G21", "G23"),
)


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("goals", TOGETHER, ids="-".join)
def test_books_stay_sound_and_every_control_finds_damage(goals, tmp_path):
    outcomes = tmp_path / "outcomes.json"
    if connection.vendor == "sqlite":
        books = ("--database", "sqlite", "--migrated", copied(tmp_path / "migrated.sqlite3"))
    else:
        books = ("--database", os.environ["DATABASE_URL"])

    checks = python(dict(os.environ), "-m", "tests.faults", *goals, "--json", outcomes, *books)
    said = "".join(checks.communicate(timeout=900))

    assert outcomes.exists(), said
    results = json.loads(outcomes.read_text())
    assert [line(result) for result in results if not result["holds"]] == []
    assert [(result["goal"], result["control"]) for result in results] == [
        (goal, control) for goal in goals for control in (False, True)
    ]
    for result in results:
        if result["skipped"]:
            print(line(result))  # shown with -rP
    assert checks.returncode == 0


def test_every_goal_is_checked_once():
    assert sorted(goal for goals in TOGETHER for goal in goals) == sorted(GOALS)
