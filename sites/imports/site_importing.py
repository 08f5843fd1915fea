"""Sites coming in from a file: new ones, and facts that are missing on those on file. What is on file never changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from contracts.models import Agreement
from contracts.periods import Month, day_text
from contracts.printing.sheets import Value
from sites.hours.recording import only_demonstration
from sites.imports.columns import Column, Headings
from sites.imports.kinds import Brought, Compared, ImportKind, Scope, Undoing, first_of
from sites.imports.layouts import Layout
from sites.imports.preview import EMPTY, PreviewCell, PreviewRow, SheetError, State
from sites.imports.sheet_rows import Read
from sites.imports.site_names import ALIKE, LONGEST_NAME, MOST_HINTS, UNKNOWN_AGREEMENT
from sites.imports.site_rows import AGREEMENT, CITY, CLLI, COLUMNS, END, POPULATION, START, STATE, SiteRow, read_sites
from sites.imports.undoing import dependent_reports
from sites.models import ImportedFile, Site

FACTS = (STATE, CLLI, POPULATION, START)
NO_AGREEMENT = "Name the agreement of the site: import the file for one agreement, or add a column agreement."
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


@dataclass
class SiteFact:
    """What is stored of one row: a new site, or the values that complete one on file."""

    site: Site
    values: dict = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether the site is not on file yet."""
        return self.site.pk is None


class SiteImport(ImportKind):
    """Sites: one row each. A site on file is completed where it says nothing yet; what it says is never changed."""

    key = ImportedFile.Kind.SITES
    title = "sites"
    one, many = "site", "sites"
    heading = "Import sites"
    holds = "one row per site"
    permissions = ("sites.add_site", "sites.change_site")

    def columns(self, scope: Scope) -> tuple[Column, ...]:
        return COLUMNS

    def read(self, content: bytes, *, columns: Sequence[Column], layout: Layout) -> Read:
        return read_sites(content, layout=layout)

    def lock(self, keys: Sequence[int]) -> None:
        list(Agreement.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))

    def compare(
        self, rows: Sequence[SiteRow], *, headings: Headings, scope: Scope, errors: list[SheetError]
    ) -> Compared:
        shown = tuple(column.key for column in COLUMNS if column.key in headings.keys and column.key != END)
        compared = Compared(headings=shown)
        on_file = _OnFile.of(scope)
        for row in rows:
            if not row.city:
                continue
            before = len(errors)
            agreement = _agreement_of(row, scope, errors)
            if agreement is None:
                continue
            site = on_file.find(agreement, row, errors)
            values = _values(row, site, errors)
            name = ", ".join(part for part in (row.city, row.state) if part)
            compared.rows.append(PreviewRow(row.number, str(site) if site else name, _cells(row, site, shown)))
            if len(errors) > before:
                continue
            if site is None:
                compared.warnings += on_file.hints(agreement, row)
                site = Site(agreement_id=agreement, **values)
            on_file.take(agreement, row, site)
            if site.pk is None or values:
                compared.facts.append(SiteFact(site, values))
        return compared

    def store(self, facts: Sequence[SiteFact], *, file: ImportedFile, on: date, by: User | None) -> None:
        new = [fact.site for fact in facts if fact.is_new]
        marks = {key: _all_demonstration(key) for key in {site.agreement_id for site in new}}
        for site in new:
            site.file, site.is_demonstration = file, marks[site.agreement_id]
        completed = [fact for fact in facts if not fact.is_new]
        Site.objects.bulk_create(new)
        for fact in completed:
            for name, value in fact.values.items():
                setattr(fact.site, name, value)
        Site.objects.bulk_update([fact.site for fact in completed], [STATE, CLLI, POPULATION], batch_size=500)

    def details(self, facts: Sequence[SiteFact]) -> dict:
        completed = {str(fact.site.pk): fact.values for fact in facts if not fact.is_new}
        return {"completed": completed} if completed else {}

    def undoing(self, file: ImportedFile) -> Undoing:
        new = list(Site.objects.filter(file=file).order_by("pk"))
        completed = _completed(file)
        facts = _hanging(new)
        obstacles = [f"{site} has {facts[site.pk]} on file by now." for site in new if site.pk in facts]
        first: dict[int, date] = {}
        for site in new:
            first[site.agreement_id] = min(first.get(site.agreement_id, site.in_service_on), site.in_service_on)
        obstacles += dependent_reports(
            file, agreements=first, rests=lambda key, month: month.span.last_day >= first[key], what="sites"
        )
        for site, values in completed:
            for name, value in values.items():
                if getattr(site, name) != value:
                    obstacles.append(f"The {_title(name)} of {site} was changed after the import.")
        sentence = (
            f"{self.counted(len(new))} would be deleted and {self.counted(len(completed))} lose what it completed."
        )
        return Undoing(sentence, first_of(obstacles))

    def take_back(self, file: ImportedFile, *, reason: str, on: date, by: User | None) -> None:
        Site.objects.filter(file=file).delete()
        for site, values in _completed(file):
            for name in values:
                setattr(site, name, None if name == POPULATION else "")
            site.save(update_fields=list(values))

    def brought(self, file: ImportedFile, *, most: int) -> Brought:
        new = list(Site.objects.filter(file=file).order_by("pk"))
        rows = [(site, "new", site.clli, site.population, day_text(site.in_service_on)) for site in new]
        for site, values in _completed(file):
            given_values = (values.get(name, "") for name in (CLLI, POPULATION, STATE))
            rows.append((site, "completed", *given_values))
        return Brought(("Site", "What", "CLLI code", "Population", "From, or state"), tuple(rows[:most]), len(rows))

    def rows_of_template(self, scope: Scope, *, month: Month | None) -> Iterable[Sequence[Value]]:
        for site in Site.objects.filter(agreement__in=list(scope.terms)).order_by("city", "state", "pk"):
            yield (site.city, site.state, site.clli, site.population, site.in_service_on)


@dataclass
class _OnFile:
    """The sites on file and those of the rows above, by what tells one from another."""

    agreements: dict[int, str]
    by_city: dict[tuple[int, str], list[Site]] = field(default_factory=dict)
    by_clli: dict[tuple[int, str], Site] = field(default_factory=dict)
    rows: dict[tuple[int, str, str], int] = field(default_factory=dict)
    hinted: int = 0

    @classmethod
    def of(cls, scope: Scope) -> "_OnFile":
        found = cls({key: terms.number for key, terms in scope.terms.items()})
        for site in Site.objects.filter(agreement__in=list(scope.terms)).order_by("pk"):
            found.by_city.setdefault((site.agreement_id, site.city.casefold()), []).append(site)
            if site.clli:
                found.by_clli[site.agreement_id, site.clli.casefold()] = site
        return found

    def find(self, agreement: int, row: SiteRow, errors: list[SheetError]) -> Site | None:
        """Return the site on file that a row is about, or None for a new one; note what contradicts it."""
        first = self.rows.get((agreement, row.city.casefold(), row.state.casefold()))
        if first is not None:
            message = f"This city has a row already: row {first}. Keep one of them."
            errors.append(SheetError(message, row.number, CITY, row.city[:60]))
        named = self.by_city.get((agreement, row.city.casefold()), [])
        same = [site for site in named if site.state.casefold() == row.state.casefold()]
        open_state = [site for site in named if not site.state or not row.state]
        site = next(iter(same), None) or (open_state[0] if len(open_state) == 1 else None)
        if site is None and len(open_state) > 1:
            names = ", ".join(str(one) for one in open_state)
            errors.append(
                SheetError(f"Several sites are in a city of this name: {names}. Add the state.", row.number, CITY)
            )
        coded = self.by_clli.get((agreement, row.clli.casefold())) if row.clli else None
        if coded is not None and coded is not site:
            message = f"{coded} has this CLLI code. Correct the code or the city."
            errors.append(SheetError(message, row.number, CLLI, row.clli[:60]))
        return site

    def take(self, agreement: int, row: SiteRow, site: Site) -> None:
        """Remember what a row says, for the rows below it."""
        self.rows[agreement, row.city.casefold(), row.state.casefold()] = row.number
        if row.clli:
            self.by_clli[agreement, row.clli.casefold()] = site

    def hints(self, agreement: int, row: SiteRow) -> list[str]:
        """Return a hint where a new city is spelled much like one on file."""
        names = [city for key, city in self.by_city if key == agreement]
        if self.hinted >= MOST_HINTS:
            return []
        self.hinted += 1
        alike = get_close_matches(row.city.casefold()[:LONGEST_NAME], names, n=1, cutoff=ALIKE)
        if not alike:
            return []
        known = self.by_city[agreement, alike[0]][0]
        return [f"Row {row.number}: {row.city} is spelled much like {known}, which is on file. Is it another city?"]


def _agreement_of(row: SiteRow, scope: Scope, errors: list[SheetError]) -> int | None:
    if not row.agreement and scope.agreement is not None:
        return scope.agreement.pk
    if not row.agreement:
        errors.append(SheetError(NO_AGREEMENT, row.number, AGREEMENT))
        return None
    numbers = {terms.number: key for key, terms in scope.terms.items()}
    if row.agreement not in numbers:
        errors.append(SheetError(UNKNOWN_AGREEMENT, row.number, AGREEMENT, row.agreement[:60]))
    return numbers.get(row.agreement)


def _values(row: SiteRow, site: Site | None, errors: list[SheetError]) -> dict:
    """Return what the row would store, and note what it cannot."""
    sentence = {STATE: row.state, CLLI: row.clli, POPULATION: row.population, START: row.in_service_on}
    if (
        site is None
        and row.in_service_on is None
        and not any(error.row == row.number and error.column == START for error in errors)
    ):
        errors.append(
            SheetError(
                "A new site needs its first day of service. Write year-month-day, such as 1999-02-01.",
                row.number,
                START,
            )
        )
    if row.in_service_on is not None and not EARLIEST <= row.in_service_on <= LATEST:
        errors.append(SheetError("Give a day from 1900 to 2199.", row.number, START, row.in_service_on.isoformat()))
    fresh = Site(city=row.city, state=row.state, clli=row.clli, population=row.population)
    for name in (CITY, STATE, CLLI, POPULATION):
        value = getattr(fresh, name)
        try:
            if value not in ("", None):
                Site._meta.get_field(name).clean(value, fresh)
        except ValidationError as invalid:
            errors += [SheetError(sentence, row.number, name, str(value)[:60]) for sentence in invalid.messages]
    if site is None:
        return {CITY: row.city} | sentence
    completed = {}
    for name, value in sentence.items():
        stored = getattr(site, name)
        if value in ("", None) or _same(value, stored):
            continue
        if stored in ("", None):
            completed[name] = value
        else:
            filed, given = _shown(stored), _shown(value)
            message = f"The file says {given}, but {filed} is on file. Correct the file, or the site on its page."
            errors.append(SheetError(message, row.number, name, str(value)[:60]))
    return completed


def _cells(row: SiteRow, site: Site | None, shown: Iterable[str]) -> tuple[PreviewCell, ...]:
    cells = []
    for key in shown:
        value = getattr(row, key)
        if value in ("", None):
            cells.append(EMPTY)
            continue
        stored = getattr(site, key) if site is not None and key != AGREEMENT else None
        on_file = site is not None and (key in (CITY, AGREEMENT) or _same(value, stored))
        cells.append(PreviewCell(State.UNCHANGED if on_file else State.NEW, _shown(value)))
    return tuple(cells)


def _same(value: object, stored: object) -> bool:
    return value.casefold() == str(stored).casefold() if isinstance(value, str) else value == stored


def _shown(value: object) -> str:
    return day_text(value) if isinstance(value, date) else str(value)


def _title(name: str) -> str:
    return next(column.title for column in COLUMNS if column.key == name)


def _all_demonstration(key: int) -> bool:
    return only_demonstration(Agreement(pk=key))


def _completed(file: ImportedFile) -> list[tuple[Site, dict]]:
    stored = file.details.get("completed", {})
    sites = Site.objects.in_bulk([int(key) for key in stored])
    return [(site, stored[str(key)]) for key, site in sorted(sites.items())]


def _hanging(sites: Iterable[Site]) -> dict[int, str]:
    """Name, by site, a kind of fact that hangs on it; sites on which nothing hangs are absent."""
    keys, found = [site.pk for site in sites], {}
    for relation in Site._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            model, name = relation.related_model, relation.field.name
            rows = model._base_manager.filter(**{f"{name}__in": keys}).order_by()
            for key in rows.values_list(name, flat=True).distinct():
                found.setdefault(key, str(model._meta.verbose_name_plural))
    return found
