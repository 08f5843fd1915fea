"""Run the fault checks: python -m tests.faults [--full] [--database URL] [G1 G2 ...] (bin/faults sets everything up).

Each check is followed by its control: the same faults with the protection taken out, which must do damage. Ends with 1
when a check finds damage, or a control finds none.
"""

import argparse
import importlib
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

from tests.faults.scratch import Scratch

GOALS = {
    "G1": "numbers_under_load",
    "G2": "kills",
    "G3": "two_runs",
    "G4": "server_crash",
    "G5": "disk_full",
    "G6": "printers_killed",
    "G7": "attacks",
    "G8": "tampering",
    "G9": "credit_notes",
    "G14": "amendments",
    "G15": "retroactive",
    "G16": "rounding",
    "G17": "limits_of_amounts",
    "G18": "dates",
    "G20": "hostile_files",
    "G21": "imports_killed",
    "G23": "backups_restored",
}


def main() -> int:
    """Run the chosen checks and print a line for each."""
    parser = argparse.ArgumentParser(prog="bin/faults", description=__doc__.split("\n\n")[1])
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=f"of {', '.join(GOALS)}; default: all")
    parser.add_argument("--full", action="store_true", help="full size, as docs/reliability.md states it")
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL", ""), help="a PostgreSQL URL; else SQLite")
    parser.add_argument("--migrated", metavar="FILE", type=Path, help="an SQLite database in which migrations have run")
    parser.add_argument("--json", metavar="FILE", help="write the outcomes to a file as well")
    options = parser.parse_args()
    unknown = [goal for goal in options.goals if goal not in GOALS]
    if unknown:
        parser.error(f"There is no check {', '.join(unknown)}.")
    url = options.database if options.database.startswith("postgres") else "sqlite"
    if not os.environ.get("FAULTS_VERBOSE"):
        logging.disable()  # the product logs what a control does to it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended, what was made removed
    scratch = Scratch(url, migrated=options.migrated)
    results = []
    try:
        scratch.set_up()
        for goal in options.goals or GOALS:
            for control in (False, True):
                results.append(run(goal, scratch, full=options.full, control=control))
                print(line(results[-1]), flush=True)
    finally:
        scratch.remove()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return 0 if all(result["holds"] for result in results) else 1


def run(goal: str, scratch: Scratch, *, full: bool, control: bool) -> dict:
    """Run one check, or its control."""
    module = importlib.import_module(f"tests.faults.{GOALS[goal]}")
    begun = time.monotonic()
    outcome = module.check(scratch, full=full, control=control)
    return {
        "goal": goal,
        "title": module.TITLE,
        "database": scratch.vendor,
        "control": control,
        "holds": bool(outcome.skipped) or (outcome.finds_damage if control else outcome.is_sound),
        "figures": outcome.figures,
        "damage": dict(+outcome.damage),
        "skipped": outcome.skipped,
        "without_damage": outcome.without_damage if control else [],
        "seconds": int(time.monotonic() - begun),
    }


def line(result: dict) -> str:
    """Say what a check or control found."""
    if result["skipped"]:
        message = f"skipped: {result['skipped']}"
    elif result["control"]:
        message = "finds damage" if result["holds"] else "FINDS NOTHING, and is worth nothing"
    else:
        message = "sound" if result["holds"] else "DAMAGE"
    parts = [
        f"{value} {name}" if isinstance(value, int) else f"{name} {value}" for name, value in result["figures"].items()
    ]
    parts += [f"without damage: {name}" for name in result["without_damage"]]
    kinds = [f"{name}: {times}" for name, times in result["damage"].items()]
    parts += kinds[:3] + ([f"and {len(kinds) - 3} kinds more"] if len(kinds) > 3 and result["control"] else kinds[3:])
    what = "control" if result["control"] else result["title"]
    return (
        f"{result['goal']:<4} {result['database']:<10} {what:<32} {message} ({result['seconds']} s): {'; '.join(parts)}"
    )


if __name__ == "__main__":
    sys.exit(main())
