"""The printing worker: a process of its own in which WeasyPrint makes PDFs. Only `contracts.printing.pdf` speaks to it.

    python -m contracts.printing.worker SOCKET SECONDS BYTES

A document can hang the renderer or make it eat all memory. Here that ends this process and nothing else: it ends itself
after so many seconds of processor time with one document, gets no more than so many bytes, both growing with the rows
of its tables, and knows neither the database nor a secret. It stays warm for the next document, since style sheet and
fonts cost more than a page, and ends when the other side does. Nothing of ours is imported, so that it starts quickly.
"""

import atexit
import hashlib
import io
import json
import logging
import re
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "static" / "print"
STYLE_SHEET, LETTERS_BEYOND = "document.css", "letters.css"
FONTS = ("fonts/Inter-*.woff2", "fonts/NotoSans*.woff2", "fonts/DroidSansFallback.ttf")
LETTERS = FOLDER / "fonts" / "letters.json"
"""The letters that the fonts have: by family, the first and the last of each run of code points."""
SECONDS_A_ROW, BYTES_A_ROW = 0.25, 2 * 1024**2
"""What the row of a table may take on top: a review's takes up to an eighth of the time and to half of the memory."""
INSTALL = (
    "On Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. "
    "In the application's environment: pip install -r requirements.txt."
)


class PdfUnavailable(Exception):
    """No PDF can be made; the message says why and what to do, such as which library to install."""


def main(handle: int, seconds: int, memory: int) -> None:
    """Print one order after the other until the other side closes the socket, or one of them is too much."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process, whatever it is doing, and with nobody left to ask
    warnings.filterwarnings("ignore", "No fonts configured in FontConfig")  # on purpose: ours come with the style sheet
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with Connection(handle) as orders:
        while True:
            try:
                order = json.loads(orders.recv_bytes())
            except (EOFError, ConnectionError):
                return
            time, space = allowed(order["html"], seconds, memory)
            resource.setrlimit(resource.RLIMIT_AS, (space, resource.RLIM_INFINITY))
            signal.setitimer(signal.ITIMER_PROF, time)
            answer, data = answer_to(order)
            try:
                orders.send_bytes(json.dumps(answer).encode())
                orders.send_bytes(data)
            except ConnectionError:
                return  # nobody waits for it any more
            signal.setitimer(signal.ITIMER_PROF, 0)


def allowed(html: str, seconds: int, memory: int) -> tuple[int, int]:
    """Return the processor time, in seconds, and the memory, in bytes, that a page may take with its rows."""
    rows = html.count("<tr")
    return seconds + int(rows * SECONDS_A_ROW), memory + rows * BYTES_A_ROW


def answer_to(order: Mapping[str, str]) -> tuple[dict, bytes]:
    """Print one order; return what became of it, and the PDF where it has `pages`.

    Otherwise it has `refused` (addresses that the document asks for), `unavailable` or `error` (a sentence), or
    `memory` where that was not enough.
    """
    try:
        data, pages, refused = print_page(**order)
    except PdfUnavailable as missing:
        return {"unavailable": str(missing)}, b""
    except MemoryError:
        return {"memory": True}, b""
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        return {"error": message[:1000], "traceback": traceback.format_exc()[-5000:]}, b""
    return ({"refused": refused}, b"") if refused else ({"pages": pages}, data)


def print_page(
    *, html: str, identifier: str, created_on: str, language: str, title: str | None
) -> tuple[bytes, int, list[str]]:
    """Return the PDF of a page, its number of pages, and the addresses that the page asked for and did not get."""
    loaded = _loaded(beyond=not _only_inter().fullmatch(html))
    fetcher = loaded.fetcher({})
    page = loaded.weasyprint.HTML(string=html, url_fetcher=fetcher)
    document = page.render(
        stylesheets=loaded.style_sheets,
        font_config=loaded.font_config,
        counter_style=loaded.counter_style,
        pdf_variant="pdf/ua-1",
    )
    document.metadata.created = document.metadata.modified = created_on
    document.metadata.lang = language
    document.metadata.title = title or document.metadata.title
    data = document.write_pdf(
        pdf_variant="pdf/ua-1", pdf_identifier=hashlib.sha256(identifier.encode()).hexdigest()[:32].encode()
    )
    return data, len(document.pages), fetcher.refused


@dataclass(frozen=True)
class _Loaded:
    """WeasyPrint with our style sheet and fonts, read and parsed."""

    weasyprint: object
    fetcher: type
    style_sheets: list
    font_config: object
    counter_style: object


@cache
def _only_inter() -> re.Pattern:
    """What text has letters of Inter alone; most documents do, and need no other font."""
    runs = json.loads(LETTERS.read_text())["Inter"]
    letters = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs)
    return re.compile(rf"[\s{letters}]*")


@cache
def _loaded(*, beyond: bool) -> _Loaded:
    weasyprint = import_weasyprint()
    from weasyprint.css.counters import CounterStyle
    from weasyprint.text.fonts import FontConfiguration

    fetcher = _fetcher_class()
    font_config, counter_style = FontConfiguration(), CounterStyle()
    own = fetcher({font.as_uri(): font for pattern in FONTS for font in FOLDER.glob(pattern)})
    style_sheets = [
        weasyprint.CSS(
            string=(FOLDER / sheet).read_text(encoding="utf-8"),
            base_url=(FOLDER / sheet).as_uri(),
            url_fetcher=own,
            font_config=font_config,
            counter_style=counter_style,
        )
        for sheet in ((STYLE_SHEET, LETTERS_BEYOND) if beyond else (STYLE_SHEET,))
    ]
    if own.refused:
        raise PdfUnavailable(
            f"No PDF can be made: a style sheet asks for {', '.join(own.refused)}, which is none of our fonts. "
            f"Correct {STYLE_SHEET} or {LETTERS_BEYOND}."
        )
    atexit.register(_loaded.cache_clear)  # WeasyPrint then removes the folder into which it unpacked the fonts
    return _Loaded(weasyprint, fetcher, style_sheets, font_config, counter_style)


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


def import_weasyprint():
    """Import WeasyPrint. Raises PdfUnavailable, naming what is missing."""
    message = io.StringIO()
    try:
        with redirect_stdout(message):  # where a library is missing WeasyPrint prints advice of its own
            import weasyprint
            from weasyprint.text.ffi import harfbuzz_subset
    except ImportError as error:
        raise PdfUnavailable(f"No PDF can be made: the Python package {error.name} is missing. {INSTALL}") from error
    except OSError as error:
        named = re.search(r"cannot load library '([^']+)'", str(error))
        library = named[1] if named else str(error)
        raise PdfUnavailable(f"No PDF can be made: the system library {library} is missing. {INSTALL}") from error
    if harfbuzz_subset is None:  # WeasyPrint's other way writes the time of day into each font: never the same bytes
        raise PdfUnavailable(f"No PDF can be made: the system library libharfbuzz-subset is missing. {INSTALL}")
    return weasyprint


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
