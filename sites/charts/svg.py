"""Shapes and words of a drawing, written as SVG. Places are tenths of a unit, written with one decimal at most."""

from collections.abc import Iterable
from html import escape

LETTER = 76
"""How wide a letter of 14 units is on average, in tenths; on 170 mm of paper smaller ones could not be read."""
STRONG = {"font_weight": "600", "fill": "#14222c"}
STROKES = {
    "frame": {"stroke": "#7b8b96"},
    "grid": {"stroke": "#d3dbe1"},
    "above": {"stroke": "#7b8b96", "stroke_dasharray": "1.5 3"},
    "charged": {"stroke": "#14222c"},
    "trend": {"stroke": "#5a3d8a", "stroke_width": "1.5", "stroke_dasharray": "6 4"},
    "carried": {"stroke": "#0b5563", "stroke_width": "1.5", "stroke_dasharray": "4 3"},
    "counted": {"stroke": "#0b5563", "stroke_width": "2.5"},
    "dots": {"stroke": "#0b5563", "stroke_width": "5", "stroke_linecap": "round"},
    "today": {"stroke": "#a11d26", "stroke_width": "1.5", "stroke_dasharray": "2 3"},
}


class Svg(str):
    """Text that is SVG already. Any other text is escaped where it is put in."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


NOTHING = Svg()


def shape(tag: str, *inside: str, **attributes: object) -> Svg:
    """Write an element: `stroke_width` becomes stroke-width, and an attribute without a value is left out."""
    named = (
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value != ""
    )
    return Svg(f"<{tag}{''.join(named)}>{written(inside)}</{tag}>" if inside else f"<{tag}{''.join(named)}/>")


def written(parts: Iterable[str]) -> Svg:
    """Write shapes and texts one after the other."""
    return Svg("".join(part if isinstance(part, Svg) else escape(part) for part in parts))


def stroke(kind: str, path: str) -> Svg:
    """Write a line of one of the STROKES; nothing where the path is empty."""
    return shape("path", d=path, fill="none", **STROKES[kind]) if path else NOTHING


def word(x: int, y: int, text: str, anchor: str = "", **style: str) -> Svg:
    """Write words that start at a place, or have their `middle` or `end` there."""
    return shape("text", text, x=place(x), y=place(y), text_anchor=anchor, **style)


def short(text: str, tenths: int) -> str:
    """Return as much of a text as has room."""
    room = tenths // LETTER
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}…"


def place(tenths: int) -> str:
    """Write tenths of a unit: 451 is `45.1`, 260 is `26`."""
    sign, tenths = ("-", -tenths) if tenths < 0 else ("", tenths)
    return f"{sign}{tenths // 10}.{tenths % 10}" if tenths % 10 else f"{sign}{tenths // 10}"
