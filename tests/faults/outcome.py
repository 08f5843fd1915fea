"""What a check brings back."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.faults.workers import Ended


@dataclass
class Outcome:
    """What was done, in figures, and the damage found, by kind; or why the check could not be made here."""

    figures: dict[str, int | str] = field(default_factory=dict)
    damage: Counter[str] = field(default_factory=Counter)
    skipped: str = ""
    without_damage: list[str] = field(default_factory=list)
    """Parts of the check that found nothing: each of them must find something in the control."""

    @property
    def is_sound(self) -> bool:
        """Whether no damage was found."""
        return not +self.damage

    @property
    def finds_damage(self) -> bool:
        """Whether damage was found, by every part of the check."""
        return not self.is_sound and not self.without_damage

    def part(self, name: str, found: Mapping[str, int]) -> None:
        """Add the damage that one part of the check has found."""
        found = +Counter(found)
        self.damage.update({f"{name}: {kind}": times for kind, times in found.items()})
        if not found:
            self.without_damage.append(name)

    def add(self, found: Mapping[str, int], *, when: str = "") -> None:
        """Add damage, once per kind and case: a case is damaged or it is not."""
        self.damage.update({f"{when}{kind}": 1 for kind, times in found.items() if times})


def failures(ended: Iterable[Ended]) -> Counter[str]:
    """Count the processes that failed, by their last words."""
    return Counter(f"failed: {process.error[:120]}" for process in ended if process.error)
