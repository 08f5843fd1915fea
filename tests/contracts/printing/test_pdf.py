"""PDFs: what is in the file, that the same input gives the same bytes, and that nothing is ever fetched."""

import base64
import hashlib
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core import checks
from django.template.loader import render_to_string
from pypdf import PdfReader

from contracts.printing import pdf
from contracts.printing.pdf import PdfUnavailable, RefusedResource, render_document, render_pdf
from tests.contracts.printing.printed import font_names, struct_tags

SECRET = "CANARY-7f3a91c5"
ROOT = Path(__file__).resolve().parents[3]


def page(body: str, *, head: str = "", title: str = "A document") -> str:
    return f'<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body>{body}</body></html>'


def rendered(html: str, **values) -> bytes:
    return render_pdf(**{"html": html, "identifier": "D-1", "created_on": date(1998, 11, 1), **values})


def text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


# ---- what is in the file -----------------------------------------------------------------------------------------


def test_file_is_tagged_and_says_language_title_and_date():
    reader = PdfReader(io.BytesIO(rendered(page("<h1>One</h1><p>Two</p>", title="Invoice 7"))))
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"] is not False
    assert catalog["/Lang"] == "en"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"] is not False
    assert reader.metadata.title == "Invoice 7"
    assert (reader.metadata["/CreationDate"], reader.metadata["/ModDate"]) == ("D:19981101", "D:19981101")
    assert b"pdfuaid:part" in catalog["/Metadata"].get_data()
    assert struct_tags(reader) == ["Document", "H1", "P"]


def test_title_and_language_can_be_given():
    reader = PdfReader(io.BytesIO(rendered(page("<p>x</p>"), title="Review 1999", language="en-US")))
    assert (reader.metadata.title, reader.trailer["/Root"]["/Lang"]) == ("Review 1999", "en-US")


def test_only_our_fonts_are_used_and_all_are_embedded():
    body = "<h1>Seven hundred</h1><h3>Six hundred</h3><p>Four hundred</p>"
    fonts = font_names(PdfReader(io.BytesIO(rendered(page(body)))))
    assert {re.sub(r"^[A-Z]{6}\+", "", name) for name in fonts} == {"Inter", "Inter-Bold", "Inter-Semi-Bold"}
    assert all(fonts.values())


def test_pages_are_counted_and_letter_sized():
    printed = render_document(
        html=page("<p>x</p>" + '<p style="break-before: page">x</p>' * 2),
        identifier="D-1",
        created_on=date(1998, 11, 1),
    )
    reader = PdfReader(io.BytesIO(printed.data))
    assert printed.pages == len(reader.pages) == 3
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == [612, 792]


def test_landscape_is_a_class_of_the_page():
    html = page("<h1>Wide</h1>").replace("<body>", '<body class="landscape">')
    reader = PdfReader(io.BytesIO(rendered(html)))
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == [792, 612]


def base_page(**context) -> str:
    return text(rendered(render_to_string("print/base.html", context)))


def test_base_page_has_its_marks_only_where_they_are_true():
    assert "DRAFT" in base_page(draft=True)
    assert "Demonstration data" in base_page(demonstration=True)
    assert base_page(draft=False, demonstration=False).strip() == "· Page 1 of 1"


# ---- the same bytes ----------------------------------------------------------------------------------------------

PRINT_ALONE = """
import django, sys, hashlib
django.setup()
from datetime import date
from contracts.printing.pdf import render_pdf
data = render_pdf(html=sys.stdin.read(), identifier="D-1", created_on=date(1998, 11, 1))
print(hashlib.sha256(data).hexdigest())
"""


def printed_in_another_process(html: str, **environment) -> str:
    environment = {**os.environ, "SECRET_KEY": "x", "DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    done = subprocess.run(
        [sys.executable, "-c", PRINT_ALONE],
        input=html,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_same_input_gives_same_bytes_also_in_another_process_which_leaves_nothing_behind(tmp_path):
    html = page("<h1>Same</h1><table><tr><th scope=col>A<tr><td>1,234.56</table>" * 3)
    first = rendered(html)
    rendered(page("<p>Another document in between, with other letters: &Auml; 9</p>"))
    assert rendered(html) == first
    elsewhere = printed_in_another_process(html, PYTHONHASHSEED="7", TMPDIR=str(tmp_path))
    assert elsewhere == hashlib.sha256(first).hexdigest()
    assert list(tmp_path.iterdir()) == []


def test_identifier_and_date_are_in_the_bytes():
    html = page("<p>x</p>")
    assert rendered(html) != rendered(html, identifier="D-2")
    assert rendered(html) != rendered(html, created_on=date(1998, 11, 2))


def test_threads_get_the_bytes_of_their_own_documents():
    html = [page(f"<h1>Document {number}</h1>") for number in range(4)]
    alone = [rendered(each) for each in html]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(rendered, html * 3)) == alone * 3


# ---- nothing is fetched ------------------------------------------------------------------------------------------


class Canary:
    """A web server and files that must never be asked for."""

    def __init__(self, folder: Path):
        self.hits: list[str] = []
        canary = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                canary.hits.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "image/svg+xml")
                self.end_headers()
                self.wfile.write(canary.svg.read_bytes())

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.web = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.svg = folder / "secret.svg"
        self.svg.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40"><text y="20">{SECRET}</text></svg>'
        )
        self.css = folder / "secret.css"
        self.css.write_text(f'body::before {{ content: "{SECRET}" }}')

    def payload(self, name: str) -> str:
        """Return a payload with the addresses of this canary."""
        nested = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{self.web}/nested" width="9" height="9"/></svg>'
        return (PAYLOADS | HARMLESS)[name].format(
            web=self.web,
            svg=self.svg.as_uri(),
            path=self.svg,
            css=self.css.as_uri(),
            folder=self.svg.parent.as_uri(),
            font=(ROOT / "static/print/fonts/Inter-Bold.woff2").as_uri(),
            nested=base64.b64encode(nested.encode()).decode(),
        )


PAYLOADS = {
    "image of the network": '<img alt=x src="{web}/a.svg">',
    "image of a file": '<img alt=x src="{svg}">',
    "image of a file in capitals": '<img alt=x src="FILE://{path}">',
    "image of a data address": '<img alt=x src="data:image/svg+xml;base64,{nested}">',
    "object": '<object data="{svg}"></object>',
    "embed": '<embed src="{svg}">',
    "style sheet of the network": '<link rel=stylesheet href="{web}/x.css">',
    "style sheet of a file": '<link rel=stylesheet href="{css}">',
    "import in a style": "<style>@import url({web}/i.css);</style>",
    "background": '<div style="background: url({web}/b.svg); height: 9px">x</div>',
    "background with an escape": '<div style="background: \\75 rl({web}/e.svg); height: 9px">x</div>',
    "generated content": "<style>p::before {{ content: url({svg}) }}</style><p>x</p>",
    "list marker": '<ul style="list-style-image: url({web}/l.svg)"><li>x</li></ul>',
    "page margin": "<style>@page {{ @top-left {{ content: url({svg}) }} }}</style>x",
    "image inside a drawing": '<svg width=9 height=9><image href="{web}/s.svg" width=9 height=9 /></svg>',
    "font": "<style>@font-face {{ font-family: q; src: url({web}/f.woff) }} * {{ font-family: q }}</style>x",
    "one of our own fonts": "<style>@font-face {{ font-family: q; src: url({font}) }} * {{ font-family: q }}</style>x",
    "attached file": '<link rel=attachment href="{svg}">',
    "attachment behind a link": '<a rel=attachment href="{svg}">x</a>',
    "base of the network": '<base href="{web}/"><img alt=x src="relative.svg">',
    "base of a folder": '<base href="{folder}/"><img alt=x src="secret.svg">',
    "other scheme": '<img alt=x src="ftp://127.0.0.1:1/x">',
}
HARMLESS = {
    "reference out of a drawing": '<svg width=9 height=9><use href="{svg}#a" /></svg>',
    "relative address": '<img alt=x src="secret.svg">',
    "path without a scheme": '<img alt=x src="{path}">',
    "frame": '<iframe src="{svg}"></iframe>',
    "script": '<script src="{web}/s.js"></script>',
    "link": '<a href="{web}/page">x</a>',
    "icon": '<link rel=icon href="{web}/i.svg">',
    "refresh": '<meta http-equiv=refresh content="0;url={web}/m">',
}


@pytest.fixture(scope="module")
def canary(tmp_path_factory) -> Iterator[Canary]:
    canary = Canary(tmp_path_factory.mktemp("canary"))
    yield canary
    canary.server.shutdown()


def leaks(data: bytes) -> bool:
    reader = PdfReader(io.BytesIO(data))
    return SECRET in text(data) or bool(reader.attachments) or SECRET.encode() in data


@pytest.mark.parametrize("name", PAYLOADS)
def test_document_that_asks_for_anything_is_refused(canary, name):
    with pytest.raises(RefusedResource, match="The document asks for "):
        rendered(page(canary.payload(name)))
    assert canary.hits == []


@pytest.mark.parametrize("name", HARMLESS)
def test_addresses_that_are_no_part_of_a_print_are_not_followed(canary, name, monkeypatch):
    monkeypatch.chdir(canary.svg.parent)
    assert not leaks(rendered(page(canary.payload(name))))
    assert canary.hits == []


def test_document_after_a_refused_one_prints():
    with pytest.raises(RefusedResource):
        rendered(page('<img alt=x src="file:///etc/passwd">'))
    assert text(rendered(page("<h1>Next</h1>"))).startswith("Next")


# ---- without WeasyPrint ------------------------------------------------------------------------------------------


@pytest.fixture
def without_weasyprint(monkeypatch, tmp_path):
    """Return a function that takes WeasyPrint away, here and in the worker: its import runs this line of Python."""

    def take_away(line: str) -> None:
        package = tmp_path / "weasyprint"
        package.mkdir()
        (package / "__init__.py").write_text(line)
        for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr(pdf, "LIBRARIES", ("libpango-that-is-not-there.so.0",))
        pdf._printer.stop()

    yield take_away
    pdf._printer.stop()


MISSING_PANGO = "print('long advice'); raise OSError(\"cannot load library 'libpango-1.0-0': not found\")"


def test_missing_library_is_named_with_what_to_install(without_weasyprint, capsys):
    without_weasyprint(MISSING_PANGO)
    with pytest.raises(PdfUnavailable) as refused:
        rendered(page("x"))
    assert str(refused.value) == (
        "No PDF can be made: the system library libpango-1.0-0 is missing. On Debian: apt-get install libpango-1.0-0 "
        "libpangoft2-1.0-0 libharfbuzz-subset0. In the application's environment: pip install -r requirements.txt."
    )
    assert capsys.readouterr().out == ""


def test_missing_package_is_named(without_weasyprint):
    without_weasyprint("import a_package_that_is_not_there")
    with pytest.raises(PdfUnavailable, match="the Python package a_package_that_is_not_there is missing"):
        rendered(page("x"))


def test_printing_goes_on_as_soon_as_the_library_is_there(without_weasyprint, monkeypatch):
    without_weasyprint(MISSING_PANGO)
    with pytest.raises(PdfUnavailable):
        rendered(page("x"))
    monkeypatch.delenv("PYTHONPATH")
    assert text(rendered(page("<h1>Again</h1>"))).startswith("Again")


def test_check_warns_and_stops_nothing(without_weasyprint):
    assert pdf.weasyprint_can_be_imported() == []
    without_weasyprint(MISSING_PANGO)
    (warning,) = pdf.weasyprint_can_be_imported()
    assert (warning.id, warning.level) == ("contracts.W001", checks.WARNING)
    assert warning.msg == "No PDF can be made: the system library libpango-1.0-0 is missing."
    assert warning.hint.startswith("On Debian: apt-get install libpango-1.0-0")


def test_check_is_registered():
    assert pdf.weasyprint_can_be_imported in checks.registry.registry.get_checks()


def test_weasyprint_is_imported_only_for_printing():
    code = "import django, sys; django.setup(); import contracts.printing.pdf; print('weasyprint' in sys.modules)"
    environment = {**os.environ, "SECRET_KEY": "x", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
