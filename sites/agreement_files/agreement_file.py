"""Agreement files: one agreement in JSON, how it is written for people, and the problems that a file can have."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.wording import cut

FORMAT = 1
WIDTH = 130

Document = Mapping[str, object]


@dataclass(frozen=True)
class Problem:
    """Something that keeps a file from being loaded: its place in the file and a sentence."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class CannotLoad(Exception):
    """A file was refused whole. `problems` holds every problem with its place in the file."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def place_of(path: Sequence[str | int]) -> str:
    """Write a place as a reader looks for it: `amendments[0].schedule.levels[1].limits.GE`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:60]}" for step in path)
    return steps.removeprefix(".") or "file"


def shown(value: object) -> str:
    """Show a value of the file in a message, cut short where it is long."""
    return cut(json.dumps(value, ensure_ascii=False), 80)


# ---- writing -----------------------------------------------------------------------------------------------------


def text(document: Document) -> str:
    """Write a document for people: two spaces deep, and on one line whatever fits on a line."""
    return f"{_written(document, '', 0)}\n"


def _written(value: object, indent: str, before: int) -> str:
    line = json.dumps(value, ensure_ascii=False)
    deeper = f"{indent}  "
    if not value or not isinstance(value, dict | list) or (indent and before + len(line) < WIDTH):
        return line
    if isinstance(value, dict):
        labels = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value]
        parts = [
            label + _written(inner, deeper, len(deeper + label))
            for label, inner in zip(labels, value.values(), strict=True)
        ]
    else:
        parts = [_written(inner, deeper, len(deeper)) for inner in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{closing}"


def day_of(text: str | None) -> date | None:
    """Read a date of a file; None stays None."""
    return None if text is None else date.fromisoformat(text)


def stated(**values: object) -> dict:
    """Return the values without those that are empty; False is empty but where it says something: not eligible."""
    return {
        key: value
        for key, value in values.items()
        if value not in (None, "", [], {}) and (value is not False or key == "eligible")
    }
