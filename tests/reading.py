"""What a reader sees on a page: its words, its tables and its links, without the markup."""

from html.parser import HTMLParser

from django.http import HttpResponse

LAID_OUT = {"br", "p", "li", "td", "th", "dt", "dd", "h1", "h2", "h3", "div", "summary", "tr"}


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words, self.tables, self.links, self.buttons, self._cell = [], [], [], [], None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in LAID_OUT:
            self.handle_data(" ")
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        elif tag == "a":
            self.links.append(attrs.get("href"))

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data):
        self.words.append(data)
        if self._cell is not None:
            self._cell.append(data)


def _read(response: HttpResponse) -> _Page:
    page = _Page()
    page.feed(response.content.decode())
    return page


def words(response: HttpResponse) -> str:
    """The words of a page, single spaces between them."""
    return " ".join("".join(_read(response).words).split())


def tables(response: HttpResponse) -> list[list[list[str]]]:
    """The tables of a page: rows of cells, the heading row first."""
    return _read(response).tables


def by_heading(response: HttpResponse, table: int = 0) -> list[dict[str, str]]:
    """The rows of a table of a page, each cell by the heading of its column; none where there is no such table."""
    found = tables(response)
    headings, *rows = found[table] if table < len(found) else [[]]
    return [dict(zip(headings, row, strict=True)) for row in rows if len(row) == len(headings)]


def links(response: HttpResponse) -> list[str]:
    """The addresses that a page links to."""
    return _read(response).links
