"""Load the libraries that bin/setup.sh has unpacked below .venv/native.

bin/setup.sh copies this file into the environment of a user who may not install system packages. A library that is
loaded already is found again by its name, so WeasyPrint needs no search path. Order does not matter: what lacks another
library is tried again after the others.
"""

import ctypes
import sys
from pathlib import Path


def load_native_libraries(native: Path) -> list[Path]:
    """Load every library below the folder and return those that would not load."""
    waiting = sorted({path.resolve() for path in native.glob("**/lib*.so.*") if path.is_file()})
    while waiting:
        refused = []
        for path in waiting:
            try:
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            except OSError:
                refused.append(path)
        if len(refused) == len(waiting):
            break
        waiting = refused
    return waiting


native = Path(sys.prefix) / "native"
if native.is_dir():
    load_native_libraries(native)
