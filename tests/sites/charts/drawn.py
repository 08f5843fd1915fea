"""What a drawing holds, read from its SVG, and the drawing as it was looked at last."""

from pathlib import Path
from xml.etree import ElementTree

from sites.charts.plot import Drawing
from sites.charts.svg import STROKES

FOLDER = Path(__file__).parent


def as_looked_at(drawing: Drawing, name: str) -> bool:
    """Whether a drawing is the stored one to the letter; one that changed is written beside it, to be looked at."""
    svg = drawing.svg(name).replace("><", ">\n<") + "\n"
    stored = FOLDER / f"{name}.svg"
    if svg != stored.read_text(encoding="utf-8"):
        stored.with_suffix(".new.svg").write_text(svg, encoding="utf-8")
        return False
    return True


def elements(drawing: Drawing, tag: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(drawing.svg("read"))
    return list(root.iter(f"{{http://www.w3.org/2000/svg}}{tag}"))


def words(drawing: Drawing) -> list[str]:
    return [text.text for text in elements(drawing, "text")]


def paths(drawing: Drawing, kind: str) -> list[str]:
    """The paths of one of the STROKES."""
    style = {key.replace("_", "-"): value for key, value in STROKES[kind].items()}
    found = [path.attrib for path in elements(drawing, "path")]
    return [path["d"] for path in found if path == {"d": path["d"], "fill": "none"} | style]
