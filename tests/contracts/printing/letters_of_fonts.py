"""What the vendored fonts hold, in the form of `letters.json`. Written again, after a font has changed, by

python -m tests.contracts.printing.letters_of_fonts
"""

import json
from collections.abc import Iterable
from pathlib import Path

from fontTools.ttLib import TTFont

from contracts.printing.worker import FOLDER, LETTERS

SOUND = range(0x20, 0x110000)


def runs(letters: Iterable[int]) -> list[list[int]]:
    """Draw rising numbers together: 1, 2, 3, 7 is 1 to 3 and 7 to 7."""
    found: list[list[int]] = []
    for letter in sorted(letters):
        if found and letter == found[-1][1] + 1:
            found[-1][1] = letter
        else:
            found.append([letter, letter])
    return found


def letters_of(*fonts: Path) -> list[list[int]]:
    """The letters that all of some fonts have, the weights of one family."""
    maps = [TTFont(font, lazy=True).getBestCmap() for font in fonts]
    return runs(set.intersection(*(set(found) for found in maps)) & set(SOUND))


def letters() -> dict[str, list[list[int]]]:
    """The letters of each family."""
    folder = FOLDER / "fonts"
    families = sorted({font.stem.partition("-")[0] for font in folder.glob("*.woff2")})
    found = {family: letters_of(*sorted(folder.glob(f"{family}-*.woff2"))) for family in families}
    return found | {"DroidSansFallback": letters_of(folder / "DroidSansFallback.ttf")}


if __name__ == "__main__":
    LETTERS.write_text(json.dumps(letters()).replace("]], ", "]],\n ") + "\n")
