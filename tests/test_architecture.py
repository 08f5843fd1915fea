"""Who may import whom, and what no file may hold. Each check is shown a breach, so that its silence means something.

A new pure module is added to PURE. What a check finds is repaired where it stands: an import that a check refuses is a
function in the wrong module.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from django.apps import apps as registry
from django.db import models
from django.test.utils import isolate_apps

from invoicing.charges.kinds import charged_once
from invoicing.models import InvoiceLine

ROOT = Path(__file__).resolve().parent.parent
APPS = ("people", "contracts", "sites", "invoicing", "desk")  # from the lowest to the highest
FOLDERS = (*APPS, "config")

# Modules that compute and never write: the standard library and one another is all they import.
PURE = {
    "contracts.money",
    "contracts.periods",
    "contracts.wording",
    "contracts.parties.names",
    "contracts.readings",
    "contracts.fixed_readings",
    "contracts.schedule",
    "contracts.refusal",
    "contracts.levels",
    "contracts.terms",
    "contracts.amendments.reading_choice",
    "contracts.sealing.digest",
    "contracts.sealing.ledger_lines",
    "contracts.comparison",
    "sites.charts.svg",
    "sites.charts.plot",
    "sites.charts.steps",
    "sites.charts.levels",
    "sites.charts.limit_lines",
    "sites.charts.limits",
    "sites.counts.count",
    "sites.billing_parts",
    "sites.charged",
    "sites.charged_days",
    "sites.review_days",
    "sites.service.remarks",
    "sites.reviews.review",
    "sites.reviews.evidence",
    "sites.hours.ledger",
    "sites.hours.refusals",
    "sites.hours.entries",
    "sites.hours.prices",
    "sites.starting.history",
    "sites.site_history.trend",
    "sites.integration.prices",
    "sites.reports.calendar",
    "sites.reports.monthly_report",
    "sites.reports.state",
    "sites.reports.differences",
    "sites.reports.charts",
    "sites.month_path",
    "desk.search.reading",
    "sites.counts.jumps",
    "sites.month_grid.entry",
    "sites.agreement_files.agreement_file",
    "sites.agreement_files.checks",
    "sites.agreement_files.level_entry",
    "sites.agreement_files.fact_entry",
    "sites.agreement_files.terms_entry",
    "sites.agreement_files.sections",
    "sites.agreement_files.known",
    "sites.site_refusals",
    "sites.imports.columns",
    "sites.imports.layouts",
    "sites.imports.preview",
    "sites.agreement_files.comparison",
    "sites.agreement_files.schedule_entry",
    "sites.agreement_files.reading_entry",
    "invoicing.charges.due",
    "invoicing.charges.bounds",
    "invoicing.charges.charge",
    "invoicing.charges.instalments",
    "invoicing.charges.hours",
    "invoicing.charges.integration",
    "invoicing.charges.annual",
    "invoicing.charges.kinds",
    "invoicing.charges.creditable",
    "invoicing.what_if.amendment_effect",
    "invoicing.what_if.compare",
    "invoicing.charges.causes",
    "invoicing.charges.unbilled",
    "invoicing.issued.chain",
    "invoicing.documents.explanations",
    "invoicing.what_if.preview",
    "invoicing.audit.checks",
    "invoicing.documents.calculation",
    "invoicing.readings.effects",
}
NAMELESS = {"utils", "helpers", "common", "core", "services", "managers", "tools", "basis"}
NAMES_PERMISSIONS = "people.roles"  # the one table of what each role may do in every app
PDF_MODULE = "contracts/printing/worker.py"
MOST_LINES = 500
MOST_MODULES = 15
KNOW_KINDS = {
    "invoicing.charges.kinds": "the table",
    "invoicing.charges.hours": "blocks and hours",
    "invoicing.charges.integration": "system integration",
    "invoicing.models": "the key of a line to what is charged",
    "invoicing.readings.effects": "what a reading of hours would change",
}
"""The modules that know how a kind of charge is made, and what of it: at most six, so that a new kind touches few."""

OF_ALL_SUBJECTS = {"models", "admin", "management", "migrations"}  # models hand their rows on as values of any folder

FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)

SENDS_FILES = "contracts.pages.downloads"

Breaches = Iterator[tuple[int, str]]
"""Line and sentence of each breach."""


def app_of(path: str) -> str:
    return path.split("/")[0]


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every module imported, at whatever depth, with its line; `from contracts import money` is contracts.money."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            named = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in named if node.module in FOLDERS or is_module(name)]
            yield from ((node.lineno, name) for name in modules or [node.module])


def is_module(name: str) -> bool:
    """Whether a dotted name is a file of ours."""
    return (ROOT / name.replace(".", "/")).with_suffix(".py").exists()


def pure_module_imports_more(path: str, tree: ast.Module, text: str) -> Breaches:
    if module_of(path) not in PURE:
        return
    for line, name in imports(tree):
        if name not in PURE and name.split(".")[0] not in sys.stdlib_module_names:
            yield line, f"the pure module imports {name}"


def app_imports_upward(path: str, tree: ast.Module, text: str) -> Breaches:
    if app_of(path) not in APPS:
        return
    higher = APPS[APPS.index(app_of(path)) + 1 :]
    for line, name in imports(tree):
        if name.split(".")[0] in (*higher, "config", "tests"):
            yield line, f"{app_of(path)} imports {name}"


def import_is_not_at_the_top(path: str, tree: ast.Module, text: str) -> Breaches:
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for line, name in imports(function):
                if path != PDF_MODULE or name.split(".")[0] != "weasyprint":
                    yield line, f"{function.name}() imports {name}"


def import_is_relative(path: str, tree: ast.Module, text: str) -> Breaches:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, f"relative import of {'.' * node.level}{node.module or ''}"


def weasyprint_is_imported(path: str, tree: ast.Module, text: str) -> Breaches:
    """Only worker.py may, and only inside its functions: counts are entered on a machine that cannot print."""
    allowed = set()
    if path == PDF_MODULE:
        functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        allowed = {line for function in functions for line, _ in imports(function)}
    for line, name in imports(tree):
        if name.split(".")[0] == "weasyprint" and line not in allowed:
            yield line, f"imports {name}"


def name_says_nothing(path: str, tree: ast.Module, text: str) -> Breaches:
    for part in path.removesuffix(".py").split("/"):
        if part in NAMELESS:
            yield 1, f"{part} is no name: what does it hold?"


def amount_is_not_decimal(path: str, tree: ast.Module, text: str) -> Breaches:
    if app_of(path) not in APPS:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in ("float", "round"):
            yield node.lineno, f"{node.func.id}() near an amount"
        named = [keyword.arg for keyword in node.keywords]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "quantize" and "rounding" not in named:
            yield node.lineno, "quantize() without rounding="


def file_is_long(path: str, tree: ast.Module, text: str) -> Breaches:
    count = text.count("\n")
    if count > MOST_LINES and "/migrations/" not in path:
        yield count, f"{count} lines, more than {MOST_LINES}"


def text_names_a_higher_model(path: str, tree: ast.Module, text: str) -> Breaches:
    if app_of(path) not in APPS or module_of(path) == NAMES_PERMISSIONS:
        return
    higher = APPS[APPS.index(app_of(path)) + 1 :]
    if not higher:
        return
    reference = re.compile(rf"({'|'.join(higher)})\.\w+")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and reference.fullmatch(node.value):
            yield node.lineno, f"names {node.value}"


def kind_of_charge_is_treated_apart(path: str, tree: ast.Module, text: str) -> Breaches:
    """What differs from kind to kind is a column of the table: nobody else asks which kind a charge is."""
    if app_of(path) != "invoicing" or module_of(path) in KNOW_KINDS or "/migrations/" in path:
        return
    kinds = charged_once()
    columns = {name for kind in kinds.values() for name in (kind.column, kind.key_column)}
    models = {InvoiceLine.fact_model(code).__name__ for code in kinds}
    named = {*columns, *models, *(code.upper() for code in kinds)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Compare, ast.Dict, ast.match_case, ast.Call)):
            values = ast.iter_child_nodes(node)
            if isinstance(node, (ast.Compare, ast.match_case)):
                values = ast.walk(node.pattern if isinstance(node, ast.match_case) else node)
            for value in values:
                if isinstance(value, ast.Constant) and value.value in {*kinds, *columns}:
                    yield value.lineno, f"treats {value.value!r} apart"
        elif isinstance(node, (ast.Name, ast.Attribute, ast.keyword)):
            name = {ast.Name: "id", ast.Attribute: "attr", ast.keyword: "arg"}[type(node)]
            if getattr(node, name) in named:
                yield node.lineno, f"names {getattr(node, name)}"


SPEAKS_TO_A_SHELL = re.compile(
    r".*/(management|audit)/.*|config/settings.py|contracts/sealing/.*|contracts/printing/worker.py"
    r"|sites/reports/verifying.py|desk/backup/.*"
)
NAMES_A_COMMAND = re.compile(r"manage\.py|apt-get|pip install")


def people_are_told_to_run_a_command(path: str, tree: ast.Module, text: str) -> Breaches:
    """A sentence may reach a page, unless it is logged or its module speaks to who has a shell."""
    logged = {
        id(node)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("logger.")
        for node in ast.walk(call)
    }
    if SPEAKS_TO_A_SHELL.fullmatch(path):
        return
    for node in ast.walk(tree):
        text_of = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if NAMES_A_COMMAND.search(text_of) and id(node) not in logged:
            yield node.lineno, f"tells people: {node.value.strip()}"


def file_is_sent_past_the_downloads(path: str, tree: ast.Module, text: str) -> Breaches:
    """One function names every file that is sent: a name written by hand is wrong in some script."""
    if app_of(path) not in APPS or module_of(path) == SENDS_FILES:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"Content-Disposition|FileResponse", line):
            yield number, f"sends a file past {SENDS_FILES}"


CHECKS = (
    pure_module_imports_more,
    app_imports_upward,
    import_is_not_at_the_top,
    import_is_relative,
    weasyprint_is_imported,
    name_says_nothing,
    amount_is_not_decimal,
    file_is_long,
    text_names_a_higher_model,
    kind_of_charge_is_treated_apart,
    people_are_told_to_run_a_command,
    file_is_sent_past_the_downloads,
)


def test_no_template_tells_people_to_run_a_command():
    named = re.compile(rf"{NAMES_A_COMMAND.pattern}|make_\w*pdfs")
    found = [path for path in (ROOT / "templates").rglob("*.html") if named.search(path.read_text(encoding="utf-8"))]

    assert found == []


def breaches(check: Callable, path: str, text: str) -> list[str]:
    return [f"{path}:{line}: {message}" for line, message in check(path, ast.parse(text), text)]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_no_file_breaks_a_rule(check):
    found = [breach for path in FILES for breach in breaches(check, path, (ROOT / path).read_text(encoding="utf-8"))]

    assert found == []


LONG = "\n" * 501


@pytest.mark.parametrize(
    ("check", "path", "text", "expected"),
    [
        (pure_module_imports_more, "sites/counts/count.py", "import django", ["1: the pure module imports django"]),
        (
            pure_module_imports_more,
            "sites/counts/count.py",
            "from contracts.models import Agreement",
            ["1: the pure module imports contracts.models"],
        ),
        (
            pure_module_imports_more,
            "sites/counts/count.py",
            "from contracts import clock, money",
            ["1: the pure module imports contracts.clock"],
        ),
        (
            pure_module_imports_more,
            "invoicing/charges/due.py",
            "def now():\n    from hypothesis import given",
            ["2: the pure module imports hypothesis"],
        ),
        (pure_module_imports_more, "sites/counts/count.py", "import json\nfrom contracts.money import cents", []),
        (pure_module_imports_more, "sites/models.py", "import django", []),
        (app_imports_upward, "people/a.py", "import contracts.money", ["1: people imports contracts.money"]),
        (app_imports_upward, "contracts/terms.py", "from sites import models", ["1: contracts imports sites.models"]),
        (
            app_imports_upward,
            "contracts/a.py",
            "import invoicing.charges.due",
            ["1: contracts imports invoicing.charges.due"],
        ),
        (
            app_imports_upward,
            "sites/a.py",
            "from invoicing.charges.due import Due",
            ["1: sites imports invoicing.charges.due"],
        ),
        (app_imports_upward, "sites/a.py", "from config import settings", ["1: sites imports config.settings"]),
        (app_imports_upward, "sites/a.py", "import tests.factories", ["1: sites imports tests.factories"]),
        (app_imports_upward, "sites/a.py", "from django.conf import settings\nfrom contracts import money", []),
        (app_imports_upward, "invoicing/a.py", "import contracts.money, sites.counts.count", []),
        (app_imports_upward, "config/urls.py", "import invoicing.urls", []),
        (import_is_not_at_the_top, "sites/a.py", "def f():\n    import json", ["2: f() imports json"]),
        (
            import_is_not_at_the_top,
            "sites/a.py",
            "class A:\n    async def f(self):\n        from contracts import money",
            ["3: f() imports contracts.money"],
        ),
        (import_is_not_at_the_top, "contracts/a.py", "def f():\n    import weasyprint", ["2: f() imports weasyprint"]),
        (
            import_is_not_at_the_top,
            "contracts/printing/worker.py",
            "def f():\n    import json",
            ["2: f() imports json"],
        ),
        (
            import_is_not_at_the_top,
            "contracts/printing/worker.py",
            "def f():\n    from weasyprint.urls import URLFetcher",
            [],
        ),
        (import_is_not_at_the_top, "sites/a.py", "import json\ndef f(): return json", []),
        (import_is_relative, "sites/a.py", "from .models import Site", ["1: relative import of .models"]),
        (import_is_relative, "sites/a.py", "from .. import contracts", ["1: relative import of .."]),
        (import_is_relative, "sites/a.py", "from sites.models import Site", []),
        (weasyprint_is_imported, "contracts/printing/worker.py", "import weasyprint", ["1: imports weasyprint"]),
        (weasyprint_is_imported, "invoicing/a.py", "from weasyprint.urls import x", ["1: imports weasyprint.urls"]),
        (weasyprint_is_imported, "invoicing/a.py", "def f():\n    import weasyprint", ["2: imports weasyprint"]),
        (weasyprint_is_imported, "contracts/printing/worker.py", "def f():\n    import weasyprint", []),
        (
            file_is_sent_past_the_downloads,
            "sites/a.py",
            "headers = {'Content-Disposition': 'inline'}",
            ["1: sends a file past contracts.pages.downloads"],
        ),
        (file_is_sent_past_the_downloads, "contracts/pages/downloads.py", "import FileResponse", []),
        (name_says_nothing, "sites/utils.py", "", ["1: utils is no name: what does it hold?"]),
        (name_says_nothing, "contracts/services/a.py", "", ["1: services is no name: what does it hold?"]),
        (name_says_nothing, "contracts/core/__init__.py", "", ["1: core is no name: what does it hold?"]),
        (name_says_nothing, "sites/scores.py", "", []),
        (amount_is_not_decimal, "contracts/a.py", "x = float('1')", ["1: float() near an amount"]),
        (amount_is_not_decimal, "sites/a.py", "x = 1\ny = round(x, 2)", ["2: round() near an amount"]),
        (amount_is_not_decimal, "sites/a.py", "x = y.quantize(CENT)", ["1: quantize() without rounding="]),
        (amount_is_not_decimal, "sites/a.py", "x = y.quantize(CENT, rounding=UP)\n'round(due)'", []),
        (amount_is_not_decimal, "config/a.py", "x = float('1')", []),
        (file_is_long, "sites/a.py", LONG, ["501: 501 lines, more than 500"]),
        (file_is_long, "sites/a.py", LONG[1:], []),
        (file_is_long, "sites/migrations/0001_a.py", LONG, []),
        (text_names_a_higher_model, "sites/a.py", "to = 'invoicing.Invoice'", ["1: names invoicing.Invoice"]),
        (text_names_a_higher_model, "contracts/a.py", "to = 'sites.Site'", ["1: names sites.Site"]),
        (
            text_names_a_higher_model,
            "contracts/a.py",
            "may('invoicing.issue')",
            ["1: names invoicing.issue"],
        ),
        (text_names_a_higher_model, "sites/a.py", "a = 'contracts.Agreement'\nb = 'Many sites. More'", []),
        (text_names_a_higher_model, "invoicing/a.py", "to = 'sites.Site'", []),
        (text_names_a_higher_model, "people/a.py", "may = 'sites.view_site'", ["1: names sites.view_site"]),
        (text_names_a_higher_model, "people/roles.py", "may = 'sites.view_site'", []),
        (
            kind_of_charge_is_treated_apart,
            "invoicing/runs/a.py",
            "if line.charge == 'block':\n    pass",
            ["1: treats 'block' apart"],
        ),
        (
            kind_of_charge_is_treated_apart,
            "invoicing/a.py",
            "match code:\n    case 'integration':\n        pass",
            ["2: treats 'integration' apart"],
        ),
        (
            kind_of_charge_is_treated_apart,
            "invoicing/a.py",
            "x = line.charge in ('annual', 'hours')",
            ["1: treats 'hours' apart"],
        ),
        (kind_of_charge_is_treated_apart, "invoicing/a.py", "x = {'hours': 1}", ["1: treats 'hours' apart"]),
        (kind_of_charge_is_treated_apart, "invoicing/a.py", "x = line.work_entry_id", ["1: names work_entry_id"]),
        (kind_of_charge_is_treated_apart, "invoicing/a.py", "f(block_purchase=1)", ["1: names block_purchase"]),
        (kind_of_charge_is_treated_apart, "invoicing/a.py", "x = INTEGRATION", ["1: names INTEGRATION"]),
        (kind_of_charge_is_treated_apart, "invoicing/a.py", "x = WorkEntry.objects", ["1: names WorkEntry"]),
        (kind_of_charge_is_treated_apart, "invoicing/charges/hours.py", "x = HOURS", []),
        (kind_of_charge_is_treated_apart, "sites/a.py", "x = WorkEntry.objects", []),
        (kind_of_charge_is_treated_apart, "invoicing/a.py", "x = KINDS[line.charge].label\ny = 'block of hours'", []),
        (
            people_are_told_to_run_a_command,
            "invoicing/a.py",
            "logger.error('run manage.py migrate')\nx = f'Run manage.py {y}.'",
            ["2: tells people: Run manage.py"],
        ),
        (people_are_told_to_run_a_command, "invoicing/audit/a.py", "x = 'Run manage.py migrate.'", []),
    ],
)
def test_check_finds_what_it_is_there_for(check, path, text, expected):
    assert breaches(check, path, text) == [f"{path}:{message}" for message in expected]


def test_every_check_is_shown_a_breach():
    (mark,) = test_check_finds_what_it_is_there_for.pytestmark
    shown = {check for check, _path, _text, expected in mark.args[1] if expected}

    assert shown == set(CHECKS)


def test_few_modules_know_how_a_kind_of_charge_is_made():
    assert len(KNOW_KINDS) <= 6
    assert set(KNOW_KINDS) <= {module_of(path) for path in FILES}


def subject_of(name: str) -> str | None:
    """The folder or module of an app that a module belongs to, `sites.hours`; None for what belongs to all of them."""
    parts = name.split(".")
    return ".".join(parts[:2]) if len(parts) > 1 and parts[0] in APPS and parts[1] not in OF_ALL_SUBJECTS else None


def subject_imports(files: dict[str, str]) -> dict[str, set[str]]:
    """Which folders and modules of the apps each of them imports."""
    found: dict[str, set[str]] = {}
    for path, text in files.items():
        if subject := subject_of(module_of(path)):
            named = {subject_of(name) for _, name in imports(ast.parse(text))}
            found.setdefault(subject, set()).update(named - {subject, None})
    return found


def test_folders_of_an_app_import_one_another_in_one_direction():
    found = subject_imports({path: (ROOT / path).read_text(encoding="utf-8") for path in FILES})

    assert {"contracts.amendments", "sites.hours", "sites.reviews", "invoicing.runs"} <= set(found)
    assert "sites.hours" in found["sites.imports"]
    TopologicalSorter(found).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("app", APPS)
def test_a_circle_of_folders_is_found(app):
    files = {
        f"{app}/hours/ledger.py": f"from {app}.reviews import review",
        f"{app}/reviews/queries.py": f"from {app}.hours.ledger import hour_ledger",
    }
    with pytest.raises(CycleError):
        TopologicalSorter(subject_imports(files)).prepare()


def beside_each_other(files: Iterable[str]) -> dict[str, int]:
    """How many modules lie in each app itself, outside its folders."""
    return Counter(app_of(path) for path in files if path.count("/") == 1 and not path.endswith("__init__.py"))


def test_no_app_is_flat():
    assert {app: count for app, count in beside_each_other(FILES).items() if count > MOST_MODULES} == {}


def test_a_flat_app_is_found():
    assert beside_each_other([f"sites/m{n}.py" for n in range(16)] + ["sites/hours/a.py", "sites/__init__.py"]) == {
        "sites": 16
    }


def test_every_folder_is_read():
    assert {app_of(path) for path in FILES} == set(FOLDERS)
    assert {module_of(path) for path in FILES} >= PURE


def key_breaches(model: type[models.Model]) -> list[str]:
    """Return what is wrong with a model's keys to other apps: a way back up, or a deletion that reaches across."""
    app = model._meta.app_label
    found = []
    for field in model._meta.get_fields():
        if not field.is_relation or field.auto_created or app_label(field) == app:
            continue
        if app_label(field) in APPS and not field.remote_field.hidden:
            found.append(f"{field}: related_name is not '+'")
        if app_label(field) in APPS and APPS.index(app_label(field)) > APPS.index(app):
            found.append(f"{field}: points to a higher app")
        if getattr(field.remote_field, "on_delete", models.PROTECT) is not models.PROTECT:
            found.append(f"{field}: on_delete is not PROTECT")
    return found


def app_label(field: models.Field) -> str:
    return field.related_model._meta.app_label


def our_models() -> list[type[models.Model]]:
    return [model for app in APPS for model in registry.get_app_config(app).get_models(include_auto_created=True)]


def test_keys_between_apps_protect_and_lead_no_way_back():
    assert [breach for model in our_models() for breach in key_breaches(model)] == []


def test_keys_between_apps_are_looked_at():
    keys = {
        (model._meta.app_label, app_label(field))
        for model in our_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created
    }

    assert {("sites", "contracts"), ("invoicing", "contracts"), ("invoicing", "sites")} <= keys


@isolate_apps("contracts", "sites")
def test_key_breaches_finds_a_way_back_and_a_deletion():
    class Lower(models.Model):
        upward = models.ForeignKey("sites.Upper", on_delete=models.PROTECT, related_name="+")

        class Meta:
            app_label = "contracts"

        def __str__(self):
            return "lower"

    class Upper(models.Model):
        good = models.ForeignKey(Lower, on_delete=models.PROTECT, related_name="+")
        back = models.ForeignKey(Lower, on_delete=models.PROTECT, related_name="uppers")
        gone = models.OneToOneField(Lower, on_delete=models.CASCADE, related_name="+")
        many = models.ManyToManyField(Lower)
        own = models.ForeignKey("self", on_delete=models.CASCADE)

        class Meta:
            app_label = "sites"

        def __str__(self):
            return "upper"

    assert key_breaches(Lower) == ["contracts.Lower.upward: points to a higher app"]
    assert key_breaches(Upper) == [
        "sites.Upper.back: related_name is not '+'",
        "sites.Upper.gone: on_delete is not PROTECT",
        "sites.Upper.many: related_name is not '+'",
        "sites.Upper.many: on_delete is not PROTECT",
    ]
