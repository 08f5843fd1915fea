"""Where the words of a finished PDF stand on its sheets, and what each of them is: read back from the PDF itself."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pypdf import PdfReader
from pypdf.generic import ContentStream


@dataclass(frozen=True)
class Placed:
    """One run of text: its box on the page in points from the left and the top, and its tags from the outermost on.

    Each tag is that of one element of the document, told by its key. What repeats, such as page numbers, has no tags.
    """

    page: int
    text: str
    left: float
    right: float
    base: float
    size: float
    sheet: tuple[float, float]
    tags: tuple[tuple[str, int], ...]

    def within(self, name: str) -> int | None:
        """The key of the innermost element of a kind that the text is in."""
        return next((key for tag, key in reversed(self.tags) if tag == name), None)


def placed(data: bytes) -> list[Placed]:
    """Return every run of text of a document, page by page; nothing that is turned, such as a watermark."""
    reader = PdfReader(io.BytesIO(data))
    tags = _tags(reader)
    return [run for number, page in enumerate(reader.pages) for run in _runs(reader, number, page, tags)]


def _runs(reader: PdfReader, number: int, page, tags: dict) -> Iterator[Placed]:
    fonts = {name: _Font(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    across, height = float(page.mediabox.width), float(page.mediabox.height)
    matrix, kept, marked = (1, 0, 0, 1, 0, 0), [], [None]
    text_matrix, font, size = matrix, None, 0
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator == b"q":
            kept.append(matrix)
        elif operator == b"Q":
            matrix = kept.pop()
        elif operator == b"cm":
            matrix = _times([float(value) for value in operands], matrix)
        elif operator in (b"BDC", b"BMC"):
            key = operands[1].get("/MCID") if operator == b"BDC" else None
            marked.append(key)
        elif operator == b"EMC":
            marked.pop()
        elif operator == b"Tm":
            text_matrix = [float(value) for value in operands]
        elif operator == b"Tf":
            font, size = fonts[operands[0]], float(operands[1])
        elif operator in (b"Tj", b"TJ"):
            shown = operands[0] if operator == b"TJ" else [operands[0]]
            text, width = font.read(shown)
            a, b, _c, _d, left, base = _times(text_matrix, matrix)
            if abs(b) > 0.001 or not text.strip():
                continue
            right = left + width * size / 1000 * a
            tagged = tags.get((number, marked[-1]), ())
            yield Placed(number, text, left, right, height - base, size * a, (across, height), tagged)


class _Font:
    """The widths and the letters of a font's codes of two bytes."""

    def __init__(self, font):
        self.letters, self.widths = {}, {}
        for code, text in re.findall(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>", font["/ToUnicode"].get_data()):
            self.letters[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
        listed = iter(font["/DescendantFonts"][0].get_object()["/W"])
        for first in listed:
            for code, width in enumerate(next(listed), int(first)):
                self.widths[code] = float(width)

    def read(self, shown) -> tuple[str, float]:
        """Return the text of what is shown, and its width in thousandths of the size."""
        text, width = "", 0.0
        for part in shown:
            if isinstance(part, (int, float)):
                width -= float(part)
                continue
            raw = part.original_bytes
            for code in (int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)):
                text += self.letters.get(code, "\ufffd")
                width += self.widths[code]
        return text, width


def _times(first, then) -> tuple[float, ...]:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _tags(reader: PdfReader) -> dict[tuple[int, int], tuple[tuple[str, int], ...]]:
    """The tags of each marked content, by its page and its number there."""
    numbers = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages)}
    found: dict = {}

    def walk(node, above, page) -> None:
        if isinstance(node, int):
            found[page, node] = above
            return
        node = node.get_object()
        page = numbers[node.raw_get("/Pg").idnum] if "/Pg" in node else page
        if node.get("/Type") == "/MCR":
            found[page, node["/MCID"]] = above
            return
        if "/S" in node:
            above = (*above, (node["/S"].lstrip("/"), len(seen)))
            seen.append(above)
        kids = node.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            walk(kid, above, page)

    seen: list = []
    walk(reader.trailer["/Root"]["/StructTreeRoot"], (), None)
    return found
