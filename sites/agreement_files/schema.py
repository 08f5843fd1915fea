"""The published form of agreement files, `agreement_file.schema.json`, and where a file departs from it."""

import json
import re
from collections.abc import Iterator, Sequence, Set
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from sites.agreement_files.agreement_file import Problem, place_of, shown
from sites.agreement_files.sections import SECTIONS

SCHEMA_FILE = Path(__file__).with_name("agreement_file.schema.json")
MOST_BYTES = 50_000_000


# ---- reading -----------------------------------------------------------------------------------------------------


def read(content: bytes) -> tuple[object, tuple[Problem, ...]]:
    """Return what a file holds, or None and why it cannot be read; the form of it is checked when it is loaded."""
    if len(content) > MOST_BYTES:
        return None, (Problem("file", f"It is larger than {MOST_BYTES:,} bytes. Split its counts over several files."),)
    try:
        document = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_without_repeats, parse_constant=_refused_constant
        )
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return None, (Problem(f"line {line}", "The file is not UTF-8 text. Save it as UTF-8."),)
    except json.JSONDecodeError as error:
        return None, (Problem(f"line {error.lineno}, column {error.colno}", f"This is no JSON: {error.msg}."),)
    except RecursionError:
        return None, (Problem("file", "It is nested too deeply."),)
    except ValueError as error:
        return None, (Problem("file", str(error)),)
    return document, ()


def _without_repeats(pairs: Sequence[tuple[str, object]]) -> dict:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _value in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"The key {shown(repeated)} appears twice in one object. Keep one of them.")
    return result


def _refused_constant(name: str) -> None:
    raise ValueError(f"{name} is no number. Write whole numbers, and money as text.")


# ---- the published form --------------------------------------------------------------------------------------------


def schema() -> dict:
    """Return the published JSON Schema of agreement files."""
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


@cache
def _validator() -> Draft202012Validator:
    strict = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _checker, value: isinstance(value, int) and not isinstance(value, bool)
    )
    return extend(Draft202012Validator, type_checker=strict)(schema(), format_checker=FormatChecker(["date"]))


def form_problems(document: object) -> tuple[Problem, ...]:
    """Return everything in which a document departs from the published form, each with its place."""
    found = [problem for error in _validator().iter_errors(document) for problem in _problems(error)]
    return tuple(dict.fromkeys(found))


def sound_parts(document: object) -> dict:
    """Return what of a document has the published form, so that it can be checked on; rows keep their places.

    A value that departs from the form is left out, a row that does is left empty.
    """
    bad = {path for error in _validator().iter_errors(document) for path in _bad_paths(error)}
    if () in bad or not isinstance(document, dict):
        return {}
    for section in SECTIONS:  # a row whose optional part of the key is bad has no key at all
        wrong = {path[:2] for path in bad if path[0] == section.name and path[-1] in section.optional}
        bad |= {(*path, section.needed[0]) for path in wrong}
    return _sound(document, (), bad, {path[:length] for path in bad for length in range(len(path))})


def _bad_paths(error: ValidationError) -> Iterator[tuple[str | int, ...]]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = [*error.schema.get("properties", {})]
        patterns = list(error.schema.get("patternProperties", {}))
        for key in error.instance:
            if key not in known and not any(re.search(pattern, key) for pattern in patterns):
                yield (*path, key)
    elif error.validator not in ("required", "dependentRequired", "minProperties"):
        yield path


def _sound(value: object, path: tuple[str | int, ...], bad: Set[tuple], on_the_way: Set[tuple]) -> object:
    if path not in on_the_way:
        return value
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if (*path, key) not in bad}
        return {key: _sound(inner, (*path, key), bad, on_the_way) for key, inner in kept.items()}
    return [
        {} if (*path, index) in bad else _sound(inner, (*path, index), bad, on_the_way)
        for index, inner in enumerate(value)
    ]


def _problems(error: ValidationError) -> Iterator[Problem]:
    path, value, rule = list(error.absolute_path), error.instance, error.validator_value
    known = [*error.schema.get("properties", {}), *error.schema.get("patternProperties", {})]
    match error.validator:
        case "required":
            for key in rule:
                if key not in value:
                    yield Problem(place_of([*path, key]), "This is missing.")
        case "dependentRequired":
            for key, needed in rule.items():
                for name in needed:
                    if key in value and name not in value:
                        yield Problem(place_of([*path, name]), f"This is missing; {key} needs it.")
        case "additionalProperties":
            patterns = list(error.schema.get("patternProperties", {}))
            for key in value:
                if key not in known and not any(re.search(pattern, key) for pattern in patterns):
                    names = ", ".join(name for name in known if name not in patterns)
                    yield Problem(place_of([*path, key]), f"Unknown key. Known here: {names}.")
        case "minProperties":
            yield Problem(place_of(path), "There is nothing in it but the date. Leave it out, or add figures.")
        case "type":
            words = " or ".join(_TYPES[name] for name in ([rule] if isinstance(rule, str) else rule))
            yield Problem(place_of(path), f"{shown(value)} is not {words}.")
        case "enum" | "const":
            choices = rule if error.validator == "enum" else [rule]
            yield Problem(place_of(path), f"{shown(value)} is not {' or '.join(shown(choice) for choice in choices)}.")
        case _:
            wanted = error.schema.get("description") or f"{error.validator} {rule}"
            yield Problem(place_of(path), f"{shown(value)} does not fit. Wanted: {wanted}")


_TYPES = {
    "object": "an object in braces",
    "array": "a list in brackets",
    "string": "text in quotes",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
