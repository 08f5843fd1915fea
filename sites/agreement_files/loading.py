"""Loading agreement files: what is new in a file is added, what is on file stays, a contradiction refuses the whole."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from contracts.amendments.amending import (
    CannotAmend,
    draft_amendment,
    enter_schedule,
    execute_agreement,
    record_signature,
    record_withdrawn,
)
from contracts.fields import validate_plain_text
from contracts.models import Agreement, Amendment, ChosenReading, Party, PartyAlias, ServiceLevel
from contracts.periods import annual_period, day_text
from sites.agreement_files.agreement_file import (
    Document,
    Problem,
    ReviewKey,
    components_counted,
    expanded,
    place_of,
    review_key,
    site_key,
)
from sites.agreement_files.checks import apparent_problems, content_problems, schedule_warnings
from sites.agreement_files.comparison import compare, tally
from sites.agreement_files.exporting import export_agreement, export_parties
from sites.agreement_files.fact_loading import FactWriting, day_problems, quotation_problems
from sites.agreement_files.level_entry import level_days, resolved_level, schedules_of
from sites.agreement_files.schedule_entry import schedule_of
from sites.agreement_files.schema import form_problems, sound_parts
from sites.counts.counting import Figure, change_counts, withdrawn_figures
from sites.hours.recording import lock_people
from sites.models import ChargedLevel, RenewalReview, ReviewLine, Site
from sites.review_days import ReviewKind


class CannotLoad(Exception):
    """A file was refused whole. `problems` holds every problem with its place in the file."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class Loaded:
    """What loading a file did: rows by kind that were added, completed, or on file already."""

    agreement: Agreement | None
    added: Counter = field(default_factory=Counter)
    completed: Counter = field(default_factory=Counter)
    present: Counter = field(default_factory=Counter)
    warnings: tuple[Problem, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was new."""
        return bool(self.added or self.completed)


@transaction.atomic
def load_agreement(document: Document, *, on: date, by: User | None, dry_run: bool = False) -> Loaded:
    """Load an agreement file: whole, or not at all.

    What is on file stays as it is, so that loading a file again changes nothing; a larger file than before adds what is
    new. Raises CannotLoad with every problem and its place: a departure from the published form, an unknown name, a
    repeat, a fact later than `on`, a level that no event would record, and any value that contradicts one on file. Of a
    file that departs from the form, the parts that do not are looked through for repeats and later facts. `dry_run`
    writes nothing in the end.
    """
    problems = form_problems(document)
    sound = sound_parts(document) if problems else document
    problems += tuple(_text_problems(sound, []))
    if problems:
        raise CannotLoad((*problems, *apparent_problems(sound, on=on)))
    document = expanded(document)
    filed = Agreement.objects.filter(number=document["agreement"]["number"])
    if "work" in document:
        lock_people(filed.values("pk"))
    agreement = filed.select_for_update().first()
    stored = expanded(export_agreement(agreement)) if agreement else {}
    stored["parties"] = export_parties()
    comparison = compare(document, stored)
    problems = (
        *content_problems(document, stored, on=on),
        *comparison.contradictions,
        *day_problems(document, stored),
        *quotation_problems(document, agreement),
        *_withdrawn_problems(document, agreement),
    )
    if problems:
        raise CannotLoad(problems)
    added, completed = tally(comparison.additions, stored)
    if added or completed:
        agreement = _Writing(document, stored, on=on, by=by).write(agreement, comparison.additions)
    warnings = schedule_warnings(document) if added or completed else ()
    if dry_run:
        transaction.set_rollback(True)
    return Loaded(agreement, added, completed, comparison.present, warnings)


def _withdrawn_problems(document: Document, agreement: Agreement | None) -> Iterator[Problem]:
    """Find counts that were withdrawn: a file must not bring back what a person took out with a reason."""
    rows = [(index, row) for index, row in enumerate(document.get("sites", [])) if row.get("counts")]
    if agreement is None or not rows:
        return
    changes = withdrawn_figures(sites=Site.objects.filter(agreement=agreement))
    withdrawn = {
        ((change.site.city, change.site.state), change.counted_on.isoformat(), change.component_code): change
        for change in changes
    }
    for index, row in rows:
        for number, entry in enumerate(row["counts"]):
            for code, quantity in components_counted(entry).items():
                change = withdrawn.get((site_key(row), entry["date"], code))
                if change is not None:
                    message = (
                        f"{quantity}: the figure was withdrawn on {day_text(change.recorded_on)} ({change.reason})."
                    )
                    place = f"sites[{index}].counts[{number}].{code}"
                    yield Problem(place, f"{message} Leave it out, or record it again on the page of its history.")


def _text_problems(value: object, path: list[str | int]) -> Iterator[Problem]:
    """Find text that no document could show."""
    if isinstance(value, str):
        try:
            validate_plain_text(value)
        except ValidationError as error:
            yield from (Problem(place_of(path), message) for message in error.messages)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _text_problems(inner, [*path, key])
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _text_problems(inner, [*path, index])


class _Writing:
    """Writes the additions of one file, from the parties to the sealed reviews, in a fixed number of queries."""

    def __init__(self, document: Document, stored: Document, *, on: date, by: User | None):
        self.schedules = schedules_of(document, stored)
        self.on, self.by = on, by
        self.refused: list[Problem] = []

    def write(self, agreement: Agreement | None, additions: Document) -> Agreement:
        self._parties(additions.get("parties", []))
        if "agreement" in additions:
            agreement = self._agreement(agreement, additions["agreement"])
        for row in sorted(additions.get("amendments", []), key=lambda row: row["number"]):
            if not self._amendment(agreement, row):
                break  # numbers have no gap: none can follow
        if self.refused:
            raise CannotLoad(self.refused)
        ChosenReading.objects.bulk_create(
            ChosenReading(agreement=agreement, closed_on=agreement.executed_on, recorded_by=self.by, **_with_dates(row))
            for row in additions.get("readings", [])
        )
        self.agreement = agreement
        self.levels = {
            (level.schedule.amendment.number if level.schedule.amendment else 0, level.code): level
            for level in ServiceLevel.objects.filter(schedule__agreement=agreement).select_related(
                "schedule__amendment"
            )
        }
        self._sites(additions.get("sites", []))
        reviews = self._reviews(additions.get("reviews", []))
        self._charged_levels(additions.get("sites", []))
        self._seal(reviews)
        self.refused += FactWriting(agreement, self.sites.values(), on=self.on, by=self.by).write(additions)
        if self.refused:
            raise CannotLoad(self.refused)
        return agreement

    # ---- what was agreed

    def _parties(self, rows: Iterable[Mapping]) -> None:
        stored = {party.legal_name: party for party in Party.objects.all()} if rows else {}
        for row in rows:
            values = {key: value for key, value in row.items() if key != "aliases"}
            if "address" in values:
                values["address"] = "\n".join(values["address"])
            party = stored.get(row["legal_name"])
            if party is None:
                party = Party.objects.create(**values)
            elif len(values) > 1:
                _fill(party, values)
            PartyAlias.objects.bulk_create(PartyAlias(party=party, **alias) for alias in row.get("aliases", []))

    def _agreement(self, agreement: Agreement | None, row: Mapping) -> Agreement:
        own = {key: value for key, value in row.items() if key not in ("schedule", "executed_on")}
        values = _with_dates(own)
        for side in {"supplier", "customer"} & set(values):
            values[side] = Party.objects.get(legal_name=values[side])
        if agreement is None:
            agreement = Agreement.objects.create(**values)
        elif len(values) > 1:
            _fill(agreement, values)
        if "schedule" in row:
            with self._placed("agreement.schedule"):
                schedule = schedule_of(row["schedule"])
                enter_schedule(agreement=agreement, amendment=None, schedule=schedule, on=self.on, by=self.by)
        if "executed_on" in row:
            with self._placed("agreement"):
                executed_on = date.fromisoformat(row["executed_on"])
                agreement = execute_agreement(agreement=agreement, executed_on=executed_on, on=self.on, by=self.by)
        return agreement

    def _amendment(self, agreement: Agreement, row: Mapping) -> bool:
        """Enter an amendment with what belongs to it, each part whether or not another is refused."""
        place = f"amendment {row['number']}"
        amendment = Amendment.objects.filter(agreement=agreement, number=row["number"]).first()
        if amendment is None:
            with self._placed(place):
                amendment = draft_amendment(
                    agreement=agreement,
                    number=row["number"],
                    contract_number=row.get("contract_number", ""),
                    effective_on=date.fromisoformat(row["effective_on"]),
                    from_expires_on=_day(row.get("from_expires_on")),
                    expires_on=_day(row.get("expires_on")),
                    expiration_clause=row.get("expiration_clause", ""),
                    on=self.on,
                    by=self.by,
                )
        if amendment is None:
            return False
        if "schedule" in row:
            with self._placed(f"{place}, schedule"):
                schedule = schedule_of(row["schedule"])
                enter_schedule(agreement=agreement, amendment=amendment, schedule=schedule, on=self.on, by=self.by)
        for withdrawn in row.get("withdrawn_signatures", []):
            with self._placed(place):
                record_withdrawn(amendment=amendment, on=self.on, by=self.by, **_with_dates(withdrawn))
        for side in ("customer", "supplier"):
            if signature := row.get(f"{side}_signature"):
                with self._placed(place):
                    amendment = record_signature(
                        amendment=amendment,
                        side=side,
                        name=signature["name"],
                        title=signature.get("title", ""),
                        signed_on=date.fromisoformat(signature["signed_on"]),
                        on=self.on,
                        by=self.by,
                    )
        return True

    @contextmanager
    def _placed(self, place: str) -> Iterator[None]:
        """Note the refusal of an amending function as one of the file, with its place."""
        try:
            yield
        except CannotAmend as refused:
            self.refused += (Problem(place, one.message) for one in refused.refused)

    # ---- what happened

    def _sites(self, rows: Iterable[Mapping]) -> None:
        self.sites = {(site.city, site.state): site for site in Site.objects.filter(agreement=self.agreement)}
        new, filled = [], []
        for row in rows:
            values = _with_dates({key: value for key, value in row.items() if key not in ("counts", "charged_levels")})
            if "demonstration" in values:
                values["is_demonstration"] = values.pop("demonstration")
            site = self.sites.get(site_key(row))
            if site is None:
                new.append(Site(agreement=self.agreement, **values))
                continue
            filled.append(site)
            for name, value in values.items():
                setattr(site, name, value)
        self.sites |= {(site.city, site.state): site for site in Site.objects.bulk_create(new)}
        columns = ["clli", "population", "removed_on", "charged_through", "charge_end_reason"]
        Site.objects.bulk_update(filled, columns)
        counts = (
            Figure(
                self.sites[site_key(row)], date.fromisoformat(entry["date"]), code, quantity, entry.get("source", "")
            )
            for row in rows
            for entry in row.get("counts", [])
            for code, quantity in components_counted(entry).items()
        )
        change_counts(counts, on=self.on, by=self.by)

    def _charged_levels(self, rows: Iterable[Mapping]) -> None:
        lines = {
            (line.review.period_number, line.site_id): line
            for line in ReviewLine.objects.filter(
                review__agreement=self.agreement, review__kind=ReviewKind.PRICE_REVIEW
            ).select_related("review")
        }
        ChargedLevel.objects.bulk_create(
            ChargedLevel(
                site=site,
                period_number=level["period"],
                level=self._level(level["level"], self._period(level["period"])[0]),
                agreed_on=date.fromisoformat(level["agreed_on"]),
                is_starting=level.get("starting", False),
                review_line=lines[level["review"], site.pk] if "review" in level else None,
                reason=level.get("reason", ""),
            )
            for row in rows
            for site in [self.sites[site_key(row)]]
            for level in row.get("charged_levels", [])
        )

    def _period(self, number: int) -> tuple[date, date]:
        anchor = self.agreement.first_period_starts_on
        span = annual_period(number=number, first_period_starts_on=anchor, expires_on=None).span
        return span.first_day, span.last_day

    def _level(self, reference: str | None, day: date) -> ServiceLevel | None:
        return None if reference is None else self.levels[resolved_level(reference, self.schedules, on=day)]

    # ---- reviews

    def _reviews(self, rows: Iterable[Mapping]) -> list[RenewalReview]:
        filed = RenewalReview.objects.filter(agreement=self.agreement)
        stored = {(review.period_number, review.kind): review for review in filed}
        written = {}
        for row in rows:
            values = self._review_values(row)
            review = stored.get(review_key(row))
            if review is None:
                review = RenewalReview(agreement=self.agreement, opened_by=self.by, **values)
            else:
                for name, value in values.items():
                    setattr(review, name, value)
            review.save()
            written[review_key(row)] = review
        self._review_lines(rows, written)
        return list(written.values())

    def _seal(self, reviews: Iterable[RenewalReview]) -> None:
        for review in reviews:
            if review.customer_agreed_on and review.supplier_agreed_on:
                review.agreed_on = max(review.customer_agreed_on, review.supplier_agreed_on)
                review.recorded_by = self.by
                review.save(update_fields=["agreed_on", "recorded_by"])

    def _review_values(self, row: Mapping) -> dict:
        plain = ("kind", "first_day", "last_day", "due_on", "opened_on", "cut_off_on", "meeting_on")
        values = {"period_number": row["period"], **_with_dates({key: row[key] for key in plain if key in row})}
        for side in ("customer", "supplier"):
            if side in row:
                values[f"{side}_signer"] = row[side]["name"]
                values[f"{side}_agreed_on"] = date.fromisoformat(row[side]["agreed_on"])
        if "evidence" in row:
            values["evidence"] = row["evidence"]
        return {**values, **({"is_demonstration": True} if "demonstration" in row else {})}

    def _review_lines(self, rows: Iterable[Mapping], reviews: Mapping[ReviewKey, RenewalReview]) -> None:
        names = {str(site): site for site in self.sites.values()}
        stored = {
            (line.review_id, line.site_id): line for line in ReviewLine.objects.filter(review__in=reviews.values())
        }
        new, filled = [], []
        for row in rows:
            review = reviews[review_key(row)]
            for entry in row.get("lines", []):
                site = names[entry["site"]]
                values = self._line_values(entry, self._period(row["period"]))
                line = stored.get((review.pk, site.pk))
                if line is None:
                    new.append(ReviewLine(review=review, site=site, **{"evidence": {}, **values}))
                    continue
                filled.append(line)
                for name, value in values.items():
                    setattr(line, name, value)
        ReviewLine.objects.bulk_create(new)
        ReviewLine.objects.bulk_update(filled, ["agreed_level", "agreed_price", "decision_reason"])

    def _line_values(self, entry: Mapping, period: tuple[date, date]) -> dict:
        days = level_days(period)
        values = {}
        for key, value in entry.items():
            if key in days:
                values[key] = self._level(value, days[key])
            elif key in ("current_price", "proposed_price", "foregone", "agreed_price"):
                values[key] = Decimal(value)
            elif key != "site":
                values[key] = value
        return values


def _fill(row: Party | Agreement, values: Mapping) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _with_dates(row: Mapping) -> dict:
    """The values of a row with its dates read: keys ending in `_on`, `_from`, `_day` or `_through`."""
    return {
        key: date.fromisoformat(value) if key.endswith(("_on", "_from", "_day", "_through")) else value
        for key, value in row.items()
    }
