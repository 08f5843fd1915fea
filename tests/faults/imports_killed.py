"""G21: imports are killed at every step, sent twice, and sent by two at once: all rows of a file, or none, and once."""

import random
from collections import Counter
from contextlib import suppress
from datetime import date

from django.contrib.auth.models import User

from contracts.models import Agreement
from sites.imports import importing
from sites.imports.importing import KINDS, Incoming, import_file, look_through, undo_import
from sites.imports.kinds import ImportKind
from sites.models import ComponentCount, CountChange, ImportedFile, Site, WorkEntry
from tests import factories
from tests.faults import taking_out
from tests.faults.killing import KillPoints
from tests.faults.outcome import Outcome, failures
from tests.faults.scratch import Scratch
from tests.faults.workers import apart, at_once, in_process

TITLE = "imports killed, twice, at once"
ON = date(1999, 7, 15)
NUMBER = 30
ROWS = range(1, NUMBER + 1)
FILES = {
    "counts": "site,date,GE,SLC,SM\n" + "".join(f"City {row:04},1999-06-30,{row},{row + 1},1\n" for row in ROWS),
    "work": "date,site,service,hours,person\n"
    + "".join(f"1999-06-30,City {row:04},Customer Care,1.25,Person {row}\n" for row in ROWS),
    "sites": "city,state,in service from\n" + "".join(f"Town {row:04},NV,1999-02-01\n" for row in ROWS),
}


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Kill imports and undoings; then send each file twice, and by two at once."""
    wanted = (60 if control else 200) if full else (6 if control else 12)
    races = (10 if control else 30) if full else 2
    scratch.fresh()
    apart(prepare)
    scratch.save("prepared")
    before = apart(state)
    outcome = Outcome({"kill points": 0, "killed": 0, "sent twice": 0, "at once": 0})
    rng = random.Random(21)
    for key in FILES:
        scratch.fresh("prepared")
        steps, writes = apart(lambda key=key: run(key, KillPoints(), control=control))
        after = apart(state)
        for point in _points(rng, steps, writes, wanted // 3, control):
            scratch.fresh("prepared")
            outcome.figures["kill points"] += 1
            ended = in_process(lambda key=key, point=point: run(key, KillPoints(point), control=control))
            outcome.figures["killed"] += ended.killed
            lies = apart(state)
            outcome.add(Counter({"killed: neither all rows nor none": lies not in (before, after)}))
            again = in_process(lambda key=key: run(key, control=control))
            outcome.add(Counter({f"sent again: {again.error[:60]}": bool(again.error)}))
            outcome.add(Counter({"sent again: another result": apart(state) != after}))
        outcome.damage += _undone(scratch, rng, key, before, after, wanted // 6, outcome, control)
        outcome.damage += _twice(scratch, key, before, after, races, outcome, control)
    return outcome


def _points(rng, steps: int, writes: list[int], wanted: int, control: bool) -> list[tuple[int, bool]]:
    """Choose steps to be killed at; in the control, those right after a row was written, where damage begins."""
    if control:
        return [(step, True) for step in rng.sample(writes[:-1], min(wanted, len(writes) - 1))]
    every = [(step, after) for step in range(1, steps + 1) for after in (False, True)]
    return rng.sample(every, min(wanted, len(every)))


def _undone(scratch, rng, key: str, before: dict, after: dict, wanted: int, outcome: Outcome, control: bool) -> Counter:
    """Kill undoings: the import stands whole, or it is undone whole."""
    damage: Counter[str] = Counter()
    scratch.fresh("prepared")
    apart(lambda: run(key))
    scratch.save(f"imported {key}")
    steps, writes = apart(lambda: undo(KillPoints(), control=control))
    taken_back = apart(state)
    damage["undone: not what was before"] += _books(taken_back) != _books(before)
    for point in _points(rng, steps, writes, wanted, control):
        scratch.fresh(f"imported {key}")
        outcome.figures["kill points"] += 1
        ended = in_process(lambda point=point: undo(KillPoints(point), control=control))
        outcome.figures["killed"] += ended.killed
        damage["undoing killed: neither undone nor whole"] += apart(state) not in (after, taken_back)
    return damage


def _twice(scratch, key: str, before: dict, after: dict, races: int, outcome: Outcome, control: bool) -> Counter:
    """Send a file twice, one after the other, and then by two at once."""
    damage: Counter[str] = Counter()
    scratch.fresh("prepared")
    if control:
        apart(lambda: taking_out.constraints(ImportedFile, "imported_file_once"))
        scratch.save(f"open {key}")
    for act in (lambda: run(key, control=control), lambda: run(key, control=control)):
        damage += failures([in_process(act)])
    outcome.figures["sent twice"] += 1
    damage["sent twice: not as once"] += apart(state) != after
    for _race in range(races):
        scratch.fresh(f"open {key}" if control else "prepared")
        damage += failures(at_once([lambda: run(key, control=control)] * 2))
        outcome.figures["at once"] += 1
        damage["at once: not as once"] += apart(state) != after
    return damage


def prepare() -> None:
    """An agreement with sites, each with a figure on file, which the file of counts corrects but for one."""
    agreement = factories.agreement("FAULT-IMPORTS")
    User.objects.create_user("clerk")
    factories.sites(agreement, NUMBER)
    text = "site,date,GE\n" + "".join(f"City {row:04},1999-06-30,1\n" for row in ROWS)
    file = Incoming(text.encode(), "before.csv", agreement)
    import_file(kind=KINDS["counts"], file=file, on=ON, by=None)


def run(key: str, points: KillPoints | None = None, *, control: bool = False) -> tuple[int, list[int]]:
    """Look a file through and confirm what was shown; return how many steps that took, and those that write a row."""
    if control:
        taking_out.locks()
        importing.standing_import = lambda kind, file: None
    agreement = Agreement.objects.with_terms().get()
    kind: ImportKind = KINDS[key]
    file = Incoming(FILES[key].encode(), f"{key}.csv", agreement)
    shown = look_through(kind=kind, file=file, on=ON).fingerprint
    if points is not None:
        points.install()
    with suppress(importing.Differs):  # the other one was first, and what was shown is on file by now
        import_file(kind=kind, file=file, shown=shown, reason="Counted again", on=ON, by=User.objects.get())
    return (points.steps, points.write_steps) if points is not None else (0, [])


def undo(points: KillPoints, *, control: bool = False) -> tuple[int, list[int]]:
    """Take the last import back."""
    if control:
        taking_out.locks()
    file = ImportedFile.objects.order_by("pk").last()
    points.install()
    undo_import(file=file, reason="Not wanted", on=ON, by=None)
    return points.steps, points.write_steps


def state() -> dict:
    """What lies in the books, without the keys of rows."""
    return {
        "files": sorted(map(list, ImportedFile.objects.values_list("kind", "sha256", "rows", "undo_reason"))),
        "figures": sorted(map(str, ComponentCount.objects.values_list("site__city", "component_code", "quantity"))),
        "changes": sorted(
            map(str, CountChange.objects.values_list("site__city", "component_code", "before", "after", "reason"))
        ),
        "work": sorted(map(str, WorkEntry.objects.values_list("site__city", "person", "reversal_reason"))),
        "sites": sorted(Site.objects.values_list("city", flat=True)),
    }


def _books(state: dict) -> tuple:
    """What counts of the books, without their history: figures, sites, and work that stands."""
    standing = [work for work in state["work"] if "Import undone" not in work]
    return state["figures"], state["sites"], standing
