"""How often this process looks for garbage: Python's default goes through everything again and again.

A run of 50 agreements makes some 200,000 short-lived values without a cycle among them, and spends a third of its
processor time on looking for one. What is loaded at the start is left out for good, and the collector comes after
100,000 new values instead of 700.
"""

import gc

NEW_VALUES = 100_000


def look_rarely() -> None:
    """Leave what is there now out of every collection, and collect less often. Called once, at the start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_VALUES, *gc.get_threshold()[1:])
