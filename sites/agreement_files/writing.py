"""What an agreement file adds, written: from the parties to the facts, in a fixed number of queries."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from django.contrib.auth.models import User
from django.db.models import Model

from contracts.amendments.amending import (
    CannotAmend,
    draft_amendment,
    enter_schedule,
    execute_agreement,
    record_signature,
    record_withdrawn,
)
from contracts.models import Agreement, Amendment, ChosenReading, Party, PartyAlias, ServiceLevel, WithdrawnSignature
from sites.agreement_files.agreement_file import CannotLoad, Document, Problem, day_of
from sites.agreement_files.level_entry import level_days, period_days, period_of, resolved_level, schedules_of
from sites.agreement_files.rows import facts_on_file, model_of, read
from sites.agreement_files.schedule_entry import schedule_of
from sites.agreement_files.sections import (
    AGREEMENT,
    AMENDMENTS,
    CHARGED_LEVELS,
    FACTS,
    LEVEL_DECISIONS,
    LINES,
    PARTIES,
    READINGS,
    REVIEWS,
    SIDES,
    SITES,
    WITHDRAWN,
    Key,
    Rows,
    components_counted,
)
from sites.counts.counting import Figure, change_counts
from sites.models import ChargedLevel, LevelDecision, Quotation, RenewalReview, ReviewLine, Site
from sites.review_days import ReviewKind

BATCH = 1000
DRAFTED = {
    **{"number": 0, "contract_number": "", "effective_on": None},
    **{"from_expires_on": None, "expires_on": None, "expiration_clause": ""},
}
"""What an amendment says when it is drafted, with what stands for nothing."""


class Writing:
    """Writes the additions of one file."""

    def __init__(self, document: Document, stored: Document, *, on: date, by: User | None):
        self.schedules, self.periods = schedules_of(document, stored), period_days(document, stored)
        self.on, self.by = on, by
        self.refused: list[Problem] = []

    def write(self, agreement: Agreement | None, additions: Document) -> Agreement:
        """Write everything. Raises CannotLoad where an amending function refuses something."""
        self._parties(additions.get("parties", []))
        if "agreement" in additions:
            agreement = self._agreement(agreement, additions["agreement"])
        for row in sorted(additions.get("amendments", []), key=lambda row: row["number"]):
            if not self._amendment(agreement, row):
                break  # numbers have no gap: none can follow
        if self.refused:
            raise CannotLoad(self.refused)
        ChosenReading.objects.bulk_create(
            ChosenReading(
                agreement=agreement,
                closed_on=agreement.executed_on,
                recorded_by=self.by,
                **read(ChosenReading, READINGS.fields, row),
            )
            for row in additions.get("readings", [])
        )
        self.agreement = agreement
        levels = ServiceLevel.objects.filter(schedule__agreement=agreement).select_related("schedule__amendment")
        self.levels = {
            (level.schedule.amendment.number if level.schedule.amendment else 0, level.code): level for level in levels
        }
        self._sites(additions.get("sites", []))
        reviews = self._reviews(additions.get("reviews", []))
        self._charged_levels(additions.get("sites", []))
        self._level_decisions(additions.get("sites", []))
        self._seal(reviews)
        for section in FACTS:
            self._facts(section, additions.get(section.name, []))
        return agreement

    # ---- what was agreed

    def _parties(self, rows: Iterable[Mapping]) -> None:
        stored = {party.legal_name: party for party in Party.objects.all()} if rows else {}
        for row in rows:
            values = read(Party, PARTIES.fields, row)
            party = stored.get(row["legal_name"])
            party = Party.objects.create(**values) if party is None else _fill(party, values)
            PartyAlias.objects.bulk_create(PartyAlias(party=party, **alias) for alias in row.get("aliases", []))

    def _agreement(self, agreement: Agreement | None, row: Mapping) -> Agreement:
        values = read(Agreement, AGREEMENT.fields, row)
        executed_on = values.pop("executed_on", None)
        for side in {"supplier", "customer"} & set(row):
            values[side] = Party.objects.get(legal_name=row[side])
        agreement = Agreement.objects.create(**values) if agreement is None else _fill(agreement, values)
        if "schedule" in row:
            with self._placed("agreement.schedule"):
                self._enter_schedule(agreement, None, row)
        if executed_on:
            with self._placed("agreement"):
                agreement = execute_agreement(agreement=agreement, executed_on=executed_on, on=self.on, by=self.by)
        return agreement

    def _amendment(self, agreement: Agreement, row: Mapping) -> bool:
        """Enter an amendment with what belongs to it, each part whether or not another is refused."""
        place, values, record = f"amendment {row['number']}", read(Amendment, AMENDMENTS.fields, row), self._record()
        amendment = Amendment.objects.filter(agreement=agreement, number=row["number"]).first()
        if amendment is None:
            with self._placed(place):
                drafted = {name: values.get(name, empty) for name, empty in DRAFTED.items()}
                amendment = draft_amendment(agreement=agreement, **drafted, **record)
        if amendment is None:
            return False
        if "schedule" in row:
            with self._placed(f"{place}, schedule"):
                self._enter_schedule(agreement, amendment, row)
        for withdrawn in row.get("withdrawn_signatures", []):
            with self._placed(place):
                record_withdrawn(amendment=amendment, **read(WithdrawnSignature, WITHDRAWN.fields, withdrawn), **record)
        for side in SIDES:
            if signature := row.get(f"{side}_signature"):
                signed = {"title": "", **signature, "signed_on": day_of(signature["signed_on"])}
                with self._placed(place):
                    amendment = record_signature(amendment=amendment, side=side, **signed, **record)
        return True

    def _enter_schedule(self, agreement: Agreement, amendment: Amendment | None, row: Mapping) -> None:
        schedule = schedule_of(row["schedule"])
        enter_schedule(agreement=agreement, amendment=amendment, schedule=schedule, **self._record())

    def _record(self) -> dict:
        return {"on": self.on, "by": self.by}

    @contextmanager
    def _placed(self, place: str) -> Iterator[None]:
        """Note the refusal of an amending function as one of the file, with its place."""
        try:
            yield
        except CannotAmend as refused:
            self.refused += (Problem(place, one.message) for one in refused.refused)

    # ---- what happened

    def _sites(self, rows: Iterable[Mapping]) -> None:
        stored = {(site.city, site.state): site for site in Site.objects.filter(agreement=self.agreement)}
        given = [(SITES.key(row), read(Site, SITES.fields, row)) for row in rows]
        written = stored | _store(Site, given, stored, agreement=self.agreement)
        self.sites = {str(site): site for site in written.values()}
        change_counts(
            (
                Figure(written[SITES.key(row)], day_of(entry["date"]), code, quantity, entry.get("source", ""))
                for row in rows
                for entry in row.get("counts", [])
                for code, quantity in components_counted(entry).items()
            ),
            **self._record(),
        )

    def _charged_levels(self, rows: Iterable[Mapping]) -> None:
        """Write the recorded levels of sites; one that was agreed at a review hangs on the site's line there."""
        lines = {
            (line.review.period_number, line.site_id): line
            for line in ReviewLine.objects.filter(
                review__agreement=self.agreement, review__kind=ReviewKind.PRICE_REVIEW
            ).select_related("review")
        }
        ChargedLevel.objects.bulk_create(
            ChargedLevel(
                site=site,
                level=self._level(level["level"], self.periods(level["period"])[0]),
                review_line=lines[level["review"], site.pk] if "review" in level else None,
                **read(ChargedLevel, CHARGED_LEVELS.fields, level),
            )
            for row in rows
            for site in [self.sites[SITES.name_of(row)]]
            for level in row.get("charged_levels", [])
        )

    def _level_decisions(self, rows: Iterable[Mapping]) -> None:
        """Write the levels that hold from a day, in the order of their recording."""
        LevelDecision.objects.bulk_create(
            LevelDecision(
                site=self.sites[SITES.name_of(row)],
                period_number=period_of(self.periods, day).number,
                recorded_by=self.by,
                **read(LevelDecision, LEVEL_DECISIONS.fields, decided) | {"level": self._level(decided["level"], day)},
            )
            for row in rows
            for decided in sorted(row.get("levels_from_a_day", []), key=lambda decided: decided["recorded_on"])
            for day in [day_of(decided["from"])]
        )

    def _level(self, reference: str, day: date) -> ServiceLevel:
        return self.levels[resolved_level(reference, self.schedules, on=day)]

    def _reviews(self, rows: Iterable[Mapping]) -> Iterable[RenewalReview]:
        filed = RenewalReview.objects.filter(agreement=self.agreement)
        stored = {(review.period_number, review.kind): review for review in filed}
        given = [(REVIEWS.key(row), read(RenewalReview, REVIEWS.fields, row)) for row in rows]
        written = _store(RenewalReview, given, stored, agreement=self.agreement, opened_by=self.by)
        lines = ReviewLine.objects.filter(review__in=written.values()).select_related("review__agreement", "site")
        entries = []
        for row in rows:
            review, period = written[REVIEWS.key(row)], self.periods(row["period"])
            for entry in row.get("lines", []):
                site = self.sites[entry["site"]]
                entries.append(((review, site), {"review": review, "site": site} | self._line(entry, period)))
        _store(ReviewLine, entries, {(line.review, line.site): line for line in lines}, evidence={})
        return written.values()

    def _line(self, entry: Mapping, period: tuple[date, date]) -> dict:
        levels = {name: self._level(entry[name], day) for name, day in level_days(period).items() if name in entry}
        return read(ReviewLine, LINES.fields, entry) | levels

    def _seal(self, reviews: Iterable[RenewalReview]) -> None:
        for review in reviews:
            if review.customer_agreed_on and review.supplier_agreed_on:
                agreed_on = max(review.customer_agreed_on, review.supplier_agreed_on)
                _fill(review, {"agreed_on": agreed_on, "recorded_by": self.by})

    def _facts(self, section: Rows, rows: Iterable[Mapping]) -> None:
        """Write the facts of a section, what happened since to those on file, and in whose place new ones stand."""
        if not rows:
            return
        model = model_of(section)
        stored = {key: row for key, (row, _entry) in facts_on_file(self.agreement, section).items()}
        quoted = Quotation.objects.filter(site__agreement=self.agreement) if "quotation" in section.fields else ()
        quotations = {quotation.number: quotation for quotation in quoted}
        given = [(section.key(row), self._fact(section, row, quotations)) for row in rows]
        about = {"agreement": self.agreement} if section.of_agreement == "agreement" else {}
        written = _store(model, given, stored, recorded_on=self.on, recorded_by=self.by, **about)
        replacing = []
        for row in rows:
            if "replaces" in row and section.key(row) not in stored:
                fact, wanted = written[section.key(row)], section.key(row["replaces"])
                fact.replaces = written.get(wanted) or stored[wanted]
                replacing.append(fact)
        if replacing:
            model.objects.bulk_update(replacing, ["replaces"], batch_size=BATCH)

    def _fact(self, section: Rows, row: Mapping, quotations: Mapping[str, Quotation]) -> dict:
        """Return what a row says, and by whom what it says has been recorded."""
        values = read(model_of(section), section.fields, row)
        for event in ("reversed", "completed"):
            values |= {f"{event}_by": self.by} if f"{event}_on" in values else {}
        if "site" in row:
            values["site"] = self.sites[row["site"]]
        if "quotation" in row:
            values["quotation"] = quotations[row["quotation"]]
        if section.model == "Quotation":
            values["executed_on"] = max(values[f"{side}_signed_on"] for side in SIDES)
        return values


def _store(model: type[Model], given: Iterable[tuple[Key, Mapping]], stored: Mapping, **always: object) -> dict:
    """Add the rows that are not on file, and give those that are what is new of them; return the rows given by key.

    The number of queries depends on which columns are new together, not on the rows.
    """
    written, new = {}, []
    changed: dict[tuple[str, ...], list[Model]] = {}
    for key, values in given:
        row = written[key] = stored.get(key) or model(**{**always, **values})
        if key not in stored:
            new.append(row)
        elif names := _give(row, values):
            changed.setdefault(names, []).append(row)
    for names, rows in changed.items():
        model.objects.bulk_update(rows, names, batch_size=BATCH)
    model.objects.bulk_create(new, batch_size=BATCH)
    return written


def _give(row: Model, values: Mapping) -> tuple[str, ...]:
    """Give a row values, and return the names of those that it did not have."""
    names = tuple(name for name, value in values.items() if getattr(row, name) != value)
    for name in names:
        setattr(row, name, values[name])
    return names


def _fill(row: Model, values: Mapping) -> Model:
    """Save what is new of a row."""
    if names := _give(row, values):
        row.save(update_fields=names)
    return row
