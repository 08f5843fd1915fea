"""The scripts, the pinned packages and the vendored files: what must hold before any page is shown."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from weasyprint import HTML

ROOT = Path(settings.BASE_DIR)
REQUIREMENT = re.compile(r"^([A-Za-z0-9-]+)(\[[a-z]+\])?==([0-9][0-9a-z.]*)  # \S.+$")
ELSEWHERE = re.compile(
    r"""(?:url\(\s*["']?|\b(?:src|href|action)\s*=\s*["']?|@import\s+["']?)(?:https?:)?//""", re.IGNORECASE
)


def run(*command: str, **environment: str) -> subprocess.CompletedProcess:
    """Run one of our scripts without a terminal and return what it printed."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def requirement_lines(name: str) -> list[str]:
    """Return the lines of a requirement file that ask for a package."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


def normal(name: str) -> str:
    """Return a package name in the one form in which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def text_files(*folders: str) -> list[Path]:
    """Return the files below the folders that a browser reads as text."""
    kinds = {".html", ".css", ".js", ".svg"}
    return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds]


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_demo_help_lists_every_option(option):
    done = run("bin/demo", option)
    assert done.returncode == 0
    for name in ["--until", "--port", "--no-serve", "--database-url", "--help"]:
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--frobnicate"], "bin/demo does not know the option --frobnicate."),
        (["elsewhere"], "bin/demo does not know the option elsewhere."),
        (["--until"], "--until needs a value after it."),
        (["--until", "July"], "--until needs a date such as 1999-07-15, not July."),
        (["--until", "1999-02-30"], "--until needs a date that exists, not 1999-02-30."),
        (["--port", "0"], "--port needs a number from 1 to 65535, not 0."),
        (["--port", "65536"], "--port needs a number from 1 to 65535, not 65536."),
        (["--port", "http"], "--port needs a number from 1 to 65535, not http."),
    ],
)
def test_demo_refuses_wrong_arguments(arguments, message):
    done = run("bin/demo", *arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [message, "See: bin/demo --help"]


def test_demo_names_the_taken_port_and_the_way_out_before_any_work():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("bin/demo", "--port", str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(
        f"Port {port} is taken by another program. Stop that program, or choose another port: bin/demo --port "
    )


@pytest.mark.parametrize("script", ["bin/demo", "bin/serve", "bin/test", "bin/screenshots", "bin/setup.sh", ".ci/run"])
def test_script_is_valid_and_stops_at_the_first_failure(script):
    assert run("bash", "-n", script).stderr == ""
    assert "set -euo pipefail" in (ROOT / script).read_text() + (ROOT / "bin/setup.sh").read_text()


@pytest.mark.parametrize("script", ["bin/demo", "bin/test", "bin/check-demo", ".ci/run", "manage.py"])
def test_script_can_be_started(script):
    assert os.access(ROOT / script, os.X_OK)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_says_why(name):
    lines = requirement_lines(name)
    assert [line for line in lines if not REQUIREMENT.match(line)] == []


def test_lock_file_agrees_with_the_requirements():
    lock = dict(line.split("==") for line in requirement_lines("requirements.lock"))
    locked = {normal(name): version for name, version in lock.items()}
    wanted = [
        REQUIREMENT.match(line).group(1, 3)
        for line in requirement_lines("requirements.txt") + requirement_lines("requirements-dev.txt")
    ]
    assert [(name, version) for name, version in wanted if locked.get(normal(name)) != version] == []


def test_no_page_or_style_sheet_loads_anything_from_elsewhere():
    found = {
        str(path.relative_to(ROOT)): hits
        for path in text_files("static", "templates")
        if (hits := ELSEWHERE.findall(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_no_page_has_inline_style_or_script():
    inline = re.compile(r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)
    found = [
        str(path.relative_to(ROOT))
        for path in text_files("templates")
        if "print" not in path.parts and inline.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_vendored_files_ask_for_no_source_map():
    found = [str(path) for path in text_files("static") if "sourceMappingURL" in path.read_text(encoding="utf-8")]
    assert found == []


@pytest.mark.parametrize("style_sheet", ["app.css"])
def test_every_file_that_a_style_sheet_names_is_there(style_sheet):
    names = re.findall(r'url\("([^"]+)"\)', (ROOT / "static" / style_sheet).read_text(encoding="utf-8"))
    assert len(names) == 3
    assert [name for name in names if not (ROOT / "static" / name).is_file()] == []


def settings_in(folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """Read a copy of the settings in an empty folder, with nothing but the given environment."""
    shutil.copytree(ROOT / "config", folder / "config")
    clean = {"PATH": os.environ["PATH"], **environment}
    code = "from config import settings; print(settings.BUSINESS_DATE, settings.DEBUG, settings.HTTPS)"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=60)


def test_missing_secret_key_is_refused_with_the_next_step(tmp_path):
    done = settings_in(tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: There is no SECRET_KEY. Run bin/demo once, which writes one to "
        "var/secret-key, or set the environment variable SECRET_KEY to a long random text and keep it."
    )


def test_business_date_that_is_no_date_is_refused(tmp_path):
    done = settings_in(tmp_path, SECRET_KEY="k", BUSINESS_DATE="15.7.1999")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: BUSINESS_DATE is '15.7.1999', which is not a date. "
        "Write year-month-day, such as 1999-07-15, or leave it empty."
    )


def test_other_database_is_refused(tmp_path):
    done = settings_in(tmp_path, SECRET_KEY="k", DATABASE_URL="mysql://root@127.0.0.1/test")
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: DATABASE_URL must begin with sqlite:/// or postgres://."
    )


def test_settings_need_nothing_but_a_key(tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret-key").write_text("a long random text\n")
    done = settings_in(tmp_path)
    assert (done.stderr, done.stdout) == ("", "None False False\n")


def test_business_date_is_read_as_a_date(tmp_path):
    done = settings_in(tmp_path, SECRET_KEY="k", BUSINESS_DATE="1999-07-15", HTTPS="1")
    assert (done.stderr, done.stdout) == ("", "1999-07-15 False True\n")


@pytest.mark.django_db
@pytest.mark.skipif("sqlite" not in settings.DATABASES["default"]["ENGINE"], reason="settings of SQLite")
def test_sqlite_is_set_to_keep_what_it_has_acknowledged():
    names = ["synchronous", "foreign_keys", "recursive_triggers"]
    with connection.cursor() as cursor:
        values = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
    assert values == {"synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


@pytest.mark.django_db
def test_sign_in_page_is_public_and_strict(client):
    answer = client.get("/login/")
    assert answer.status_code == 200
    assert set(answer.headers["Content-Security-Policy"].split("; ")) == {
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/admin/"])
def test_pages_ask_for_a_sign_in(client, address):
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.url.split("?")[0] in {"/login/", "/admin/login/"}


@pytest.mark.django_db
def test_unknown_address_is_answered_in_our_dress(client):
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "<h1>Page not found</h1>" in answer.content.decode()


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "500.html"])
def test_page_of_a_failure_needs_no_request(name):
    assert "<title>" in render_to_string(name)


@pytest.mark.django_db
def test_style_sheet_and_font_are_served(client):
    assert client.get("/static/app.css").status_code == 200
    assert client.get("/static/print/fonts/Inter-Regular.woff2").status_code == 200


@pytest.mark.django_db
def test_sign_in_page_works_in_a_browser(browser_page):
    browser_page.goto("/login/")
    assert browser_page.title() == "Sign in – Contract desk"
    assert browser_page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px Inter'))")
    browser_page.set_viewport_size({"width": 390, "height": 800})
    assert browser_page.evaluate("document.documentElement.scrollWidth") == 390


PAGED = "<style>@page { size: A6; @bottom-center { content: 'Page ' counter(page) ' of ' counter(pages) } }</style>"


def check_demo(folder: Path, expected: str | None) -> list[str]:
    """Run bin/check-demo over the PDFs of a folder and return the exit code, then the faults that it prints."""
    if expected is not None:
        (folder / "expected.json").write_text(expected)
    command = ["bin/check-demo", "--documents", str(folder), "--expected", str(folder / "expected.json")]
    done = run(sys.executable, *command)
    return [str(done.returncode), *[line for line in done.stdout.splitlines() if line.startswith("FAULT ")]]


def write_invoice(path: Path, *, page_rule: str = PAGED) -> None:
    """Write a PDF of two pages with a total on the second."""
    total = "<table><tr><td>Total USD</td><td>163,000.00</td></tr></table>"
    HTML(string=f"{page_rule}<h1>Invoice INV-0001</h1><p style='break-before: page'>Sites: 81.00</p>{total}").write_pdf(
        path
    )


def test_check_demo_reads_pages_and_total_back(tmp_path):
    write_invoice(tmp_path / "a.pdf")
    expected = '{"count": 1, "documents": [{"match": "INV-0001", "pages": 2, "total": "163,000.00"}]}'
    assert check_demo(tmp_path, expected) == ["0"]


def test_check_demo_names_every_difference(tmp_path):
    write_invoice(tmp_path / "INV-0001.pdf")
    expected = """{"count": 2, "documents": [
        {"match": "INV-0001", "pages": 1, "total": "163,000.01"}, {"match": "INV-0002"}, {"match": "INV-000"}
    ]}"""
    assert check_demo(tmp_path, expected) == [
        "1",
        "FAULT There are 1 PDFs, expected 2.",
        "FAULT INV-0001: has 2 pages, expected 1.",
        "FAULT INV-0001: prints the total 163,000.00, expected 163,000.01.",
        "FAULT INV-0002: found in 0 PDFs, expected in one.",
        "FAULT INV-000: found in 0 PDFs, expected in one.",
    ]


def test_check_demo_refuses_pages_without_numbers_and_broken_files(tmp_path):
    write_invoice(tmp_path / "a.pdf", page_rule="")
    (tmp_path / "b.pdf").write_bytes(b"no PDF")
    code, *faults = check_demo(tmp_path, '{"documents": []}')
    assert code == "1"
    assert faults[:2] == [
        "FAULT a.pdf: page 1 of 2 prints no page number",
        "FAULT a.pdf: page 2 of 2 prints no page number",
    ]
    assert [fault.startswith("FAULT b.pdf: cannot be read: ") for fault in faults[2:]] == [True]


def test_check_demo_fails_without_expectations_or_documents(tmp_path):
    assert check_demo(tmp_path, '{"documents": []}') == ["1"]
    write_invoice(tmp_path / "a.pdf")
    (tmp_path / "expected.json").unlink()
    code, fault = check_demo(tmp_path, None)
    assert code == "1"
    assert fault.endswith("is missing: it says what the PDFs must contain.")
