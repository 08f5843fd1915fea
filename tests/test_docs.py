"""What the documents name exists: files, functions and headings."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
FOLDERS = "people|contracts|sites|invoicing|config|templates|static|tests|docs|data|bin|bench"
NAMED = re.compile(rf"`((?:{FOLDERS})/[\w./-]+)(?:: (\w+))?")


def defined(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def missing(text: str) -> list[str]:
    """Return the files, functions and headings that a page names and that are not there."""
    named = NAMED.findall(text)
    headings = {re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in re.findall(r"^#+ (.+)$", text, re.M)}
    return [
        *(path for path, _ in named if not (ROOT / path).exists()),
        *(
            f"{path}: {name}"
            for path, name in named
            if name and (ROOT / path).exists() and name not in defined(ROOT / path)
        ),
        *(link for link in re.findall(r"\]\(#([\w-]+)\)", text) if link not in headings),
    ]


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page):
    assert missing((ROOT / page).read_text(encoding="utf-8")) == []


def test_what_is_missing_is_found():
    text = "`sites/nowhere.py`, `contracts/money.py: rounded(...)`, `contracts/money.py: cents(...)`, [x](#nowhere)"
    assert missing(text) == ["sites/nowhere.py", "contracts/money.py: rounded", "nowhere"]
