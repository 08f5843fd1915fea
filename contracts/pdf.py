"""PDF documents: HTML in, bytes out. The only user of WeasyPrint.

WeasyPrint needs system libraries. It is imported when the first document is printed, so that everything else works on
a machine without them; a system check names what is missing. The style sheet and the fonts are read once per process.
"""

import atexit
import ctypes
import hashlib
import importlib.util
import io
import re
import threading
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core import checks

STYLE_SHEET = "document.css"
FONTS = ("fonts/Inter-Regular.woff2", "fonts/Inter-SemiBold.woff2", "fonts/Inter-Bold.woff2")
LIBRARIES = (
    "libgobject-2.0.so.0",
    "libpango-1.0.so.0",
    "libpangoft2-1.0.so.0",
    "libharfbuzz.so.0",
    "libfontconfig.so.1",
)
INSTALL = (
    "On Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. "
    "In the application's environment: pip install -r requirements.txt."
)


class PdfUnavailable(Exception):
    """No PDF can be made on this machine; the message names what is missing and says what to install."""


class RefusedResource(Exception):
    """A document asked for something that is not part of it; the message names the addresses."""


@dataclass(frozen=True)
class RenderedPdf:
    """A finished PDF and its number of pages."""

    data: bytes
    pages: int


def render_pdf(
    *, html: str, identifier: str, created_on: date, language: str = "en", title: str | None = None
) -> bytes:
    """Return the PDF of an HTML page styled by `static/print/document.css`: tagged (PDF/UA-1), fonts embedded.

    The same input gives the same bytes: `created_on` and `identifier` are the only date and identity in the file.
    Without a `title` the page's own is used. Nothing is fetched, neither from the network nor from a file. Raises
    RefusedResource when the page asks for anything, and PdfUnavailable where WeasyPrint cannot be imported.
    """
    return render_document(html=html, identifier=identifier, created_on=created_on, language=language, title=title).data


def render_document(
    *, html: str, identifier: str, created_on: date, language: str = "en", title: str | None = None
) -> RenderedPdf:
    """Do what `render_pdf` does, and return the number of pages with the bytes."""
    with _one_at_a_time:
        press = _press()
        fetcher = press.fetcher({})
        page = press.weasyprint.HTML(string=html, url_fetcher=fetcher)
        document = page.render(
            stylesheets=[press.style_sheet],
            font_config=press.font_config,
            counter_style=press.counter_style,
            pdf_variant="pdf/ua-1",
        )
        document.metadata.created = document.metadata.modified = created_on.isoformat()
        document.metadata.lang = language
        document.metadata.title = title or document.metadata.title
        data = document.write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=hashlib.sha256(identifier.encode()).hexdigest()[:32].encode()
        )
    if fetcher.refused:
        raise RefusedResource(
            f"The document asks for {', '.join(fetcher.refused)}. A document may use its own text and nothing else: "
            "take the reference out of its template."
        )
    return RenderedPdf(data, len(document.pages))


# Pango's font map and the style sheet are shared by all documents of a process and bear one thread at a time.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class _Press:
    """WeasyPrint with our style sheet and fonts, read and parsed."""

    weasyprint: object
    fetcher: type
    style_sheet: object
    font_config: object
    counter_style: object


@cache
def _press() -> _Press:
    weasyprint = _import_weasyprint()
    from weasyprint.css.counters import CounterStyle
    from weasyprint.text.fonts import FontConfiguration

    fetcher = _fetcher_class()
    font_config, counter_style = FontConfiguration(), CounterStyle()
    folder = settings.BASE_DIR / "static" / "print"
    style_sheet = weasyprint.CSS(
        string=(folder / STYLE_SHEET).read_text(encoding="utf-8"),
        base_url=(folder / STYLE_SHEET).as_uri(),
        url_fetcher=(own := fetcher({(folder / font).as_uri(): folder / font for font in FONTS})),
        font_config=font_config,
        counter_style=counter_style,
    )
    if own.refused:
        raise RefusedResource(f"The style sheet asks for {', '.join(own.refused)}, which is none of our fonts.")
    atexit.register(_press.cache_clear)  # WeasyPrint then removes the folder into which it unpacked the fonts
    return _Press(weasyprint, fetcher, style_sheet, font_config, counter_style)


def _fetcher_class() -> type:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):
        """Give out the files named in code; refuse every other address and remember it."""

        def __init__(self, files: Mapping[str, Path]):
            super().__init__(allowed_protocols=(), allow_redirects=False)
            self._files = files
            self.refused: list[str] = []

        def fetch(self, url, headers=None):
            """Return one of the named files. Raises ValueError for any other address."""
            if url not in self._files:
                self.refused.append(url[:100])
                raise ValueError("not part of the document")
            return URLFetcherResponse(url, self._files[url].read_bytes())

    return OwnFilesOnly


def _import_weasyprint():
    said = io.StringIO()
    try:
        with redirect_stdout(said):  # where a library is missing WeasyPrint prints advice of its own
            import weasyprint
    except ImportError as error:
        raise PdfUnavailable(f"No PDF can be made: the Python package {error.name} is missing. {INSTALL}") from error
    except OSError as error:
        named = re.search(r"cannot load library '([^']+)'", str(error))
        library = named[1] if named else str(error)
        raise PdfUnavailable(f"No PDF can be made: the system library {library} is missing. {INSTALL}") from error
    return weasyprint


def weasyprint_can_be_imported(app_configs=None, **kwargs) -> list[checks.CheckMessage]:
    """Warn where no PDF can be made, and name what is missing. Everything but printing works without it.

    Importing WeasyPrint takes longer than most commands, so it is tried only where its libraries are not at hand.
    """
    if importlib.util.find_spec("weasyprint") and all(_loads(library) for library in LIBRARIES):
        return []
    try:
        _import_weasyprint()
    except PdfUnavailable as missing:
        said, _, install = str(missing).partition(" On Debian:")
        return [checks.Warning(said, hint=f"On Debian:{install}", id="contracts.W001")]
    return []


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
