"""The whole price table as one form: levels down, components across, cells typed as a document prints them."""

from collections.abc import Mapping, Sequence

from django import forms

from contracts.models.schedules import CODE
from contracts.money import NOTHING, changed_by, money_text
from contracts.pages.inputs import AmountField, LineField, PercentField, WholeField
from contracts.schedule import (
    Component,
    CountedRule,
    Finding,
    HourPrices,
    IncludedService,
    Level,
    Limit,
    LimitKind,
    OpeningRule,
    Refused,
    ReviewRule,
    Schedule,
    Weight,
    findings,
    read_limit,
)

MOST_ROWS = 30
LARGEST_SMALL, LARGEST = 32767, 999_999_999
EMPTY_SIZES = {"level": 3, "component": 3, "included": 1, "hour": 1}
"""The parts that come several times, with how many of each an empty form begins with."""
HOUR_FIGURES = (
    "block_hours",
    "block_price",
    "hourly_price",
    "minimum_hours",
    "opens_after_blocks",
    "opens_in_month",
)
NEEDED = {
    "rank": "Say which row it is, from 1 for the lowest level.",
    "code": "Give a code, such as VERY_SMALL.",
    "name": "Give the name that the table prints.",
    "price": "Give the annual price.",
}


def read_cell(printed: str, says: str, *, place: str) -> Limit | Refused:
    """Read a cell of the form: what is printed, and beside it what it should say; “not stated” is an empty cell."""
    if says and says.lower() == "not stated":
        return Limit(LimitKind.NOT_STATED, printed=printed)
    if not says or says == printed:
        return read_limit("" if printed.lower() == "not stated" else printed, place=place)
    return read_limit(printed, corrected=says, place=place)


RULE_FIELDS = {"opening level": "first_period_level", "starting level": "starting_level"}
"""The fields of levels that a rule names."""


def sizes_of(data: Mapping[str, str]) -> dict[str, int]:
    """Return how many of each part a browser sent, within bounds."""
    sent = {part: str(data.get(f"{part}s", "")) for part in EMPTY_SIZES}
    return {
        part: min(int(text), MOST_ROWS) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
        for part, text in sent.items()
    }


def entered(schedule: Schedule) -> dict[str, object]:
    """Return what the fields show of a schedule."""
    review, opening, hours = schedule.review, schedule.opening, schedule.hours
    shown = {
        "clause": schedule.prices_clause,
        "integration_clause": schedule.integration_clause,
        "hours_clause": schedule.hours_clause,
        "switch": schedule.switch.code if schedule.switch else "",
        "first_period_level": opening.first_period_level,
        "starting_level": opening.starting_level,
        "opening_clause": opening.clause,
        "follows_counts": schedule.counted is not None,
        "follows_counts_clause": schedule.counted.clause if schedule.counted else "",
        **{name: getattr(hours, name) for name in HOUR_FIGURES},
    }
    if review is not None:
        shown |= {
            "lead_days": review.lead_days,
            "minimum_changed": review.minimum_changed,
            "review_clause": review.clause,
        }
    for index, part in enumerate(schedule.components):
        shown |= {f"component-{index}-code": part.code, f"component-{index}-name": part.name}
    for index, level in enumerate(sorted(schedule.levels, key=lambda level: level.rank)):
        shown |= _entered_level(index, level, schedule.components)
    for index, service in enumerate(schedule.included):
        shown |= {f"included-{index}-name": service.name, f"included-{index}-clause": service.clause}
    return shown | {f"hour-{index}-name": name for index, name in enumerate(schedule.hour_services)}


def _entered_level(index: int, level: Level, components: Sequence[Component]) -> dict[str, object]:
    shown = {
        f"level-{index}-rank": level.rank,
        f"level-{index}-code": level.code,
        f"level-{index}-name": level.name,
        f"level-{index}-price": level.annual_price,
        f"level-{index}-integration": level.integration_price,
    }
    for column, part in enumerate(components):
        limit = level.limit(part.code)
        message = str(limit) if limit.stated else ""
        shown[f"cell-{index}-{column}"] = limit.printed or message
        shown[f"says-{index}-{column}"] = str(limit) if limit.printed else ""
    return shown


class ScheduleForm(forms.Form):
    """A price schedule with its table and the rules beside it.

    A level or component that is left empty, or marked to be taken off, is no part of the table. `schedule` holds what
    was entered, once the form is valid. Use one of the four class methods to make it.
    """

    clause = LineField(max_length=100, label="Clause of the table", help_text="Such as Appendix A, table.")
    integration_clause = LineField(label="Clause of system integration", required=False, max_length=100)
    switch = LineField(
        label="Component that is the switch",
        required=False,
        max_length=40,
        help_text="Its code, such as 5ESS. A place with none of it is no site.",
    )
    first_period_level = LineField(
        label="Level of the first annual period", required=False, max_length=40, help_text="Code of a level."
    )
    starting_level = LineField(
        label="Starting level of later sites", required=False, max_length=40, help_text="Code of a level."
    )
    opening_clause = LineField(label="Clause of the opening rule", required=False, max_length=100)
    follows_counts = forms.BooleanField(
        label="Levels follow the counts",
        required=False,
        help_text="A billing period is charged at the level measured on the day it falls due. Then no opening or "
        "starting level and no review holds one.",
    )
    follows_counts_clause = LineField(label="Clause of levels that follow the counts", required=False, max_length=100)
    lead_days = WholeField(
        label="Days from review to period end",
        required=False,
        highest=LARGEST_SMALL,
        help_text="Empty: the schedule has no renewal review.",
    )
    minimum_changed = WholeField(
        label="Components that must change", required=False, lowest=1, highest=LARGEST_SMALL, help_text="At least 1."
    )
    review_clause = LineField(label="Clause of the review", required=False, max_length=100)
    block_hours = WholeField(label="Hours in a block", required=False, highest=LARGEST)
    block_price = AmountField(label="Price of a block", required=False)
    hourly_price = AmountField(label="Hourly price", required=False)
    minimum_hours = AmountField(label="Minimum hours of an hourly charge", required=False)
    opens_after_blocks = WholeField(
        label="Hourly opens after completed blocks", required=False, highest=LARGEST_SMALL, help_text="Such as 10."
    )
    opens_in_month = WholeField(
        label="Hourly opens in month of the annual period", required=False, lowest=1, highest=12, help_text="1 to 12."
    )
    hours_clause = LineField(label="Clause of the hours", required=False, max_length=100)

    def __init__(self, data=None, *, sizes: Mapping[str, int], currency: str, **kwargs):
        super().__init__(data, **kwargs)
        self.sizes, self.currency = sizes, currency
        for name in ("block_price", "hourly_price"):
            self.fields[name].currency = currency
        self.schedule: Schedule | None = None
        for index in range(sizes["component"]):
            name = self.text_of(f"component-{index}-name") or f"column {index + 1}"
            self._add(f"component-{index}-code", LineField(max_length=40, validators=[CODE]), f"Code of {name}")
            self._add(f"component-{index}-name", LineField(max_length=100), f"Name of {name}")
            self._add(f"component-{index}-remove", forms.BooleanField(), f"Take {name} off")
        for index in range(sizes["level"]):
            self._add_level(index)
        for index in range(sizes["included"]):
            self._add(f"included-{index}-name", LineField(max_length=100), "Service")
            self._add(f"included-{index}-clause", LineField(max_length=100), "Clause")
        for index in range(sizes["hour"]):
            self._add(f"hour-{index}-name", LineField(max_length=100), "Service")

    @classmethod
    def of(cls, schedule: Schedule, *, currency: str) -> "ScheduleForm":
        """Return the form filled with a schedule."""
        services = {"included": len(schedule.included) + 1, "hour": len(schedule.hour_services) + 1}
        table = {"level": len(schedule.levels), "component": len(schedule.components)}
        form = cls(sizes=table | services, currency=currency, initial=entered(schedule))
        form.schedule = schedule
        return form

    @classmethod
    def empty(cls, *, currency: str) -> "ScheduleForm":
        """Return the form for a table that is typed from its document."""
        ranks = {f"level-{index}-rank": index + 1 for index in range(EMPTY_SIZES["level"])}
        return cls(sizes=EMPTY_SIZES, currency=currency, initial=ranks)

    @classmethod
    def posted(cls, data: Mapping[str, str], *, currency: str) -> "ScheduleForm":
        """Return the form as a browser sent it, to be judged."""
        return cls(data, sizes=sizes_of(data), currency=currency)

    @classmethod
    def typed(cls, data: Mapping[str, str], *, currency: str, more: str = "") -> "ScheduleForm":
        """Return the form with what was typed so far, not judged; `more` names a part that gets room for one more."""
        sizes, typed = sizes_of(data), {name: data.get(name) for name in data}
        if more in sizes and sizes[more] < MOST_ROWS:
            sizes[more] += 1
            if more == "level":
                typed[f"level-{sizes['level'] - 1}-rank"] = sizes["level"]
        return cls(sizes=sizes, currency=currency, initial=typed)

    def _add(self, name: str, field: forms.Field, label: str) -> None:
        field.required, field.label = False, label
        self.fields[name] = field

    def _add_level(self, index: int) -> None:
        name = self.text_of(f"level-{index}-name") or f"row {index + 1}"
        self._add(f"level-{index}-rank", WholeField(lowest=1, highest=LARGEST_SMALL), f"Rank of {name}")
        self._add(f"level-{index}-code", LineField(max_length=40, validators=[CODE]), f"Code of {name}")
        self._add(f"level-{index}-name", LineField(max_length=100), f"Name of {name}")
        self._add(f"level-{index}-price", AmountField(currency=self.currency), f"{name}: annual price")
        unpriced = forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "not stated"})
        integration = AmountField(currency=self.currency, widget=unpriced)
        self._add(f"level-{index}-integration", integration, f"{name}: system integration")
        self._add(f"level-{index}-remove", forms.BooleanField(), f"Take {name} off")
        for column in range(self.sizes["component"]):
            place = f"{name}, {self.text_of(f'component-{column}-name') or f'column {column + 1}'}"
            empty = forms.TextInput(attrs={"placeholder": "not stated"})
            self._add(f"cell-{index}-{column}", LineField(max_length=100, widget=empty), place)
            self._add(f"says-{index}-{column}", LineField(max_length=40), f"{place}: it should say")

    def text_of(self, name: str) -> str:
        """Return what a field shows, as text."""
        value = self.data.get(name) if self.is_bound else self.initial.get(name)
        return "" if value is None else str(value).strip()

    # ---- reading what was entered

    def clean(self):
        """Put the table together and judge it: what stops it is said at its cell."""
        data = super().clean()
        self._columns = self._kept("component", ("code", "name"))
        self._rows = self._kept("level", ("rank", "code", "name", "price"))
        columns = {index: part for index in self._columns if (part := self._component(index)) is not None}
        switch = data.get("switch")
        if switch and switch not in [self.text_of(f"component-{index}-code") for index in self._columns]:
            self.add_error("switch", f"The component {switch} is no column of the table.")
        levels = [self._level(index, columns) for index in self._rows]
        self.schedule = Schedule(
            components=tuple(columns.values()),
            levels=tuple(level for level in levels if level is not None),
            review=self._review(),
            opening=OpeningRule(
                data.get("first_period_level") or None,
                data.get("starting_level") or None,
                data.get("opening_clause", ""),
            ),
            counted=CountedRule(data.get("follows_counts_clause", "")) if data.get("follows_counts") else None,
            hours=HourPrices(**{name: data.get(name) for name in HOUR_FIGURES}),
            included=self._included(),
            hour_services=tuple(self._named("hour")),
            prices_clause=data.get("clause", ""),
            integration_clause=data.get("integration_clause", ""),
            hours_clause=data.get("hours_clause", ""),
        )
        for finding in findings(self.schedule):
            if finding.weight is Weight.ERROR:
                self._place(finding)
        return data

    def _kept(self, part: str, needed: Sequence[str]) -> list[int]:
        """Return the rows or columns that belong to the table, judging whether each has what it needs.

        What is wrong with the others does not matter.
        """
        kept = []
        for index in range(self.sizes[part]):
            names = [name for name in self.fields if self._belongs(name, part, index)]
            if self.cleaned_data.get(f"{part}-{index}-remove") or not any(map(self.text_of, names)):
                for name in (*names, f"{part}-{index}-rank"):
                    self._errors.pop(name, None)
                continue
            kept.append(index)
            for what in needed:
                name = f"{part}-{index}-{what}"
                if not self.text_of(name):
                    self.add_error(name, NEEDED[what])
        return kept

    @staticmethod
    def _belongs(name: str, part: str, index: int) -> bool:
        """Whether a field is part of a row or column; the proposed rank and the box to take it off do not count."""
        kind, *places = name.split("-")
        if kind in ("cell", "says"):
            return places[0 if part == "level" else 1] == str(index)
        return kind == part and places[0] == str(index) and places[1] not in ("rank", "remove")

    def _component(self, index: int) -> Component | None:
        code, name = (self.cleaned_data.get(f"component-{index}-{what}") for what in ("code", "name"))
        return Component(code, name, code == self.cleaned_data.get("switch")) if code and name else None

    def _level(self, index: int, columns: Mapping[int, Component]) -> Level | None:
        rank, code, name, price, integration = (
            self.cleaned_data.get(f"level-{index}-{what}") for what in ("rank", "code", "name", "price", "integration")
        )
        limits = {part.code: self._limit(index, column) for column, part in columns.items()}
        if not (rank and code and name):
            return None
        read = {code: limit for code, limit in limits.items() if limit is not None}
        return Level(code, name, rank, NOTHING if price is None else price, read, integration)

    def _limit(self, index: int, column: int) -> Limit | None:
        cell, says = f"cell-{index}-{column}", f"says-{index}-{column}"
        if cell in self.errors or says in self.errors:
            return None
        printed, corrected = self.cleaned_data[cell], self.cleaned_data[says]
        limit = read_cell(printed, corrected, place=self.fields[cell].label)
        if isinstance(limit, Refused):
            self.add_error(says if corrected else cell, limit.message)
            return None
        return limit

    def _review(self) -> ReviewRule | None:
        lead_days, minimum, clause = (
            self.cleaned_data.get(name) for name in ("lead_days", "minimum_changed", "review_clause")
        )
        if lead_days is None:
            if (minimum or clause) and "lead_days" not in self.errors:
                self.add_error("lead_days", "Give the days, or leave the whole review rule empty.")
            return None
        if minimum is None and "minimum_changed" not in self.errors:
            self.add_error("minimum_changed", "Say how many components must change before a price may.")
        return ReviewRule(lead_days, minimum or 1, clause or "")

    def _included(self) -> tuple[IncludedService, ...]:
        named = [index for index in range(self.sizes["included"]) if self.cleaned_data.get(f"included-{index}-name")]
        return tuple(
            IncludedService(
                self.cleaned_data[f"included-{index}-name"], self.cleaned_data.get(f"included-{index}-clause", "")
            )
            for index in named
        )

    def _named(self, part: str) -> list[str]:
        names = (self.cleaned_data.get(f"{part}-{index}-name") for index in range(self.sizes[part]))
        return [name for name in names if name]

    # ---- saying what is wrong with it

    def _place(self, finding: Finding) -> None:
        """Say an error of the table at the cells it concerns."""
        for name in self._fields_of(finding):
            self.add_error(name, finding.message)

    def _fields_of(self, finding: Finding) -> list[str | None]:
        if finding.cells:
            return [name for level, component in finding.cells for name in self.cells_of(level, component)]
        if finding.code == "FOLLOWS_COUNTS":
            return ["follows_counts"]
        if finding.code == "UNKNOWN_LEVEL":
            field = RULE_FIELDS[finding.place]
            known = [self.text_of(f"level-{index}-code") for index in self._rows]
            return [] if self.text_of(field) in known else [field]
        repeatable = {
            "level code": ("level", "code"),
            "level rank": ("level", "rank"),
            "component code": ("component", "code"),
            "included service": ("included", "name"),
            "service charged by hours": ("hour", "name"),
        }
        if finding.place in repeatable:
            part, what = repeatable[finding.place]
            names = [f"{part}-{index}-{what}" for index in self._indexes(part)]
            return [name for name in names if self.text_of(name) == finding.value] or [None]
        return [] if self.errors else [None]

    def _indexes(self, part: str) -> Sequence[int]:
        return {"level": self._rows, "component": self._columns}.get(part, range(self.sizes[part]))

    def cells_of(self, level_code: str, component_code: str) -> list[str]:
        """Return the names of the fields that hold a cell, by its codes; without a component, the annual price."""
        rows = [index for index in range(self.sizes["level"]) if self.text_of(f"level-{index}-code") == level_code]
        if not component_code:
            return [f"level-{index}-price" for index in rows]
        columns = [
            index
            for index in range(self.sizes["component"])
            if self.text_of(f"component-{index}-code") == component_code
        ]
        return [f"cell-{row}-{column}" for row in rows for column in columns]


class PercentForm(forms.Form):
    """A change of all prices by so many per cent, filled into the table and not stored yet."""

    percent = PercentField(label="Change all prices by", help_text="Per cent, such as -5 or 2.5.", max_length=10)
    annual = forms.BooleanField(label="Annual prices", required=False, initial=True)
    integration = forms.BooleanField(label="System integration", required=False, initial=True)
    hours = forms.BooleanField(label="Block and hourly prices", required=False, initial=True)

    def filled(self, data: Mapping[str, str], form: ScheduleForm) -> tuple[dict[str, str], int]:
        """Return what was typed with its prices changed, and how many were. Both forms must have been judged."""
        kinds = {
            "annual": [f"level-{index}-price" for index in range(form.sizes["level"])],
            "integration": [f"level-{index}-integration" for index in range(form.sizes["level"])],
            "hours": ["block_price", "hourly_price"],
        }
        percent = self.cleaned_data["percent"]
        names = [name for kind, fields in kinds.items() if self.cleaned_data[kind] for name in fields]
        prices = {name: form.cleaned_data[name] for name in names if form.cleaned_data.get(name) is not None}
        new = {name: money_text(changed_by(amount=price, percent=percent)) for name, price in prices.items()}
        return {name: data.get(name) for name in data} | new, len(new)
