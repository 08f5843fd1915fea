"""Hours and integration as they stand in an agreement file, and what is wrong with them."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from contracts.schedule import Refused
from contracts.terms import AgreementTerms, NotInForce, terms_on
from sites.agreement_files.agreement_file import Document, Problem, day_of, shown
from sites.agreement_files.level_entry import Schedules
from sites.agreement_files.sections import (
    BLOCKS,
    FACTS,
    ORDERS,
    QUOTATIONS,
    SITES,
    WORK,
    Rows,
    key_text,
    merged,
    placed,
)
from sites.agreement_files.terms_entry import terms_of
from sites.hours.refusals import chargeable_service, purchase_refusals, work_refusals
from sites.site_refusals import before_order, integration_day_refusals, out_of_service

NEEDED = ("dated_on", "first_period_starts_on")


def fact_problems(document: Document, stored: Document, schedules: Schedules, *, on: date) -> Iterator[Problem]:
    """Yield what is wrong with the facts of a file beside what is on file: what no event would record.

    Rows on file were judged when they came in; a row that is reversed no longer counts and is not judged by the terms.
    """
    agreement = {**stored.get("agreement", {}), **document["agreement"]}
    if not any(section.name in document for section in FACTS) or any(name not in agreement for name in NEEDED):
        return
    facts = _Facts(document, stored, terms_of(document, stored, schedules), on)
    yield from _number_problems(document, stored)
    yield from facts.block_problems()
    yield from facts.work_problems()
    yield from facts.quotation_problems()
    yield from facts.order_problems()


def _number_problems(document: Document, stored: Document) -> Iterator[Problem]:
    """Rows that say the same are numbered from 1 without a gap."""
    for section in FACTS:
        on_file = merged(section, stored, document) if section.is_numbered else {}
        for place, row in placed(document, section) if section.is_numbered else ():
            *sentence, number = section.key(row)
            if number > 1 and (*sentence, number - 1) not in on_file:
                message = f"There is no {section.what} number {number - 1} that says the same. Number them from 1."
                yield Problem(f"{place}.number", message)


class _Facts:
    """The facts of a file beside those on file, judged by the same rules as every other one."""

    def __init__(self, document: Document, stored: Document, terms: AgreementTerms, on: date):
        self.document, self.stored, self.terms, self.on = document, stored, terms, on
        self.sites = {SITES.named(key): site for key, site in merged(SITES, stored, document).items()}

    def new(self, section: Rows) -> Iterator[tuple[str, Mapping]]:
        """Yield the rows of a section that are not on file, with their places."""
        stored = {section.key(row) for row in self.stored.get(section.name, [])}
        return ((place, row) for place, row in placed(self.document, section) if section.key(row) not in stored)

    def block_problems(self) -> Iterator[Problem]:
        for place, row in self.new(BLOCKS):
            yield from self._replaced_problems(BLOCKS, place, row)
            if "reversed" not in row:
                facts = {"bought_on": day_of(row["bought_on"]), "blocks": row["blocks"]}
                yield from _placed(place, purchase_refusals(agreement=self.terms, known_on=self.on, **facts))

    def work_problems(self) -> Iterator[Problem]:
        for place, row in self.new(WORK):
            yield from self._replaced_problems(WORK, place, row)
            if not (yield from self._site_problems(place, row)) or "reversed" in row:
                continue
            worked_on = day_of(row["date"])
            refusals = [
                *work_refusals(
                    agreement=self.terms,
                    services=self._services(worked_on),
                    worked_on=worked_on,
                    hours=Decimal(row["hours"]),
                    service=row["service"],
                    known_on=self.on,
                ),
                *self._out_of_service(row, worked_on),
            ]
            yield from _placed(place, refusals)
            yield from self._spelling_problems(place, row, worked_on)

    def _spelling_problems(self, place: str, row: Mapping, day: date) -> Iterator[Problem]:
        """The service is spelled as in the schedule, so that the same file is known again."""
        spelled = chargeable_service(services=self._services(day), service=row["service"])
        if spelled not in (None, row["service"]):
            yield Problem(f"{place}.service", f"Write {shown(spelled)}, as the price schedule does.")

    def _services(self, day: date) -> tuple[str, ...]:
        found = terms_on(agreement=self.terms, service_on=day, known_on=self.on)
        if not isinstance(found, NotInForce):
            return found.schedule.hour_services
        schedules = (self.terms.original_schedule, *(amendment.schedule for amendment in self.terms.amendments))
        return tuple(dict.fromkeys(name for one in schedules if one for name in one.hour_services))

    def _out_of_service(self, row: Mapping, day: date) -> tuple[Refused, ...]:
        site = self.sites[row["site"]]
        in_service_on, removed_on = day_of(site.get("in_service_on")), day_of(site.get("removed_on"))
        if in_service_on is None:
            return ()
        return out_of_service(name=row["site"], in_service_on=in_service_on, removed_on=removed_on, worked_on=day)

    def _replaced_problems(self, section: Rows, place: str, row: Mapping) -> Iterator[Problem]:
        """A row replaces one that is taken back, and no other one does."""
        if "replaces" not in row:
            return
        what, wanted = section.what, section.key(row["replaces"])
        rows = merged(section, self.stored, self.document)
        found = rows.pop(wanted, None)
        others = [
            key
            for key, one in rows.items()
            if "replaces" in one and section.key(one["replaces"]) == wanted and key != section.key(row)
        ]
        if not found:
            message = f"There is no {what} {key_text(wanted)} in the file or on file."
            yield Problem(f"{place}.replaces", message)
        elif "reversed" not in found:
            message = f"The {what} {key_text(wanted)} is not reversed. Only a reversed one is replaced."
            yield Problem(f"{place}.replaces", message)
        elif others:
            message = f"Another {what} already replaces {key_text(wanted)}. Keep one of them."
            yield Problem(f"{place}.replaces", message)
        elif section is ORDERS and row["replaces"]["site"] != row["site"]:
            message = f"The {what} {key_text(wanted)} is for another site than this one, and cannot be replaced by it."
            yield Problem(f"{place}.replaces", message)

    def quotation_problems(self) -> Iterator[Problem]:
        for place, row in self.new(QUOTATIONS):
            yield from self._site_problems(place, row)
            if Decimal(row["price"]) <= 0:
                yield Problem(
                    f"{place}.price", f"{row['price']} is no price. Give the amount that the quotation states."
                )

    def order_problems(self) -> Iterator[Problem]:
        quoted = {number: row["site"] for (number,), row in merged(QUOTATIONS, self.stored, self.document).items()}
        standing = [row for row in merged(ORDERS, self.stored, self.document).values() if "reversed" not in row]
        for place, row in placed(self.document, ORDERS):
            if "quotation" in row and quoted.get(row["quotation"]) != row["site"]:
                message = f"{shown(row['quotation'])} is no quotation for {row['site']}, in the file or on file."
                yield Problem(f"{place}.quotation", message)
        for place, row in self.new(ORDERS):
            yield from self._replaced_problems(ORDERS, place, row)
            if not (yield from self._site_problems(place, row)) or "reversed" in row:
                continue
            yield from self._order_day_problems(place, row)
            plain = [one for one in standing if one["site"] == row["site"] and "duplicate_reason" not in one]
            if "duplicate_reason" not in row and len(plain) > 1:
                message = f"System integration of {row['site']} is ordered more than once."
                yield Problem(f"{place}.duplicate_reason", f"{message} This is missing: say why it is ordered again.")

    def _order_day_problems(self, place: str, row: Mapping) -> Iterator[Problem]:
        removed_on = day_of(self.sites[row["site"]].get("removed_on"))
        ordered_on, completed_on = day_of(row["ordered_on"]), day_of(row.get("completed_on"))
        for name, day, what in (
            ("ordered_on", ordered_on, "The order of"),
            ("completed_on", completed_on, "The cutover of"),
        ):
            if day is not None:
                refusals = integration_day_refusals(
                    agreement=self.terms,
                    name=row["site"],
                    removed_on=removed_on,
                    day=day,
                    known_on=self.on,
                    place=name,
                    what=what,
                )
                yield from _placed(place, refusals)
        if completed_on is not None:
            yield from _placed(place, before_order(ordered_on=ordered_on, completed_on=completed_on))

    def _site_problems(self, place: str, row: Mapping) -> Iterator[Problem]:
        """Yield a problem, and return whether the site is known."""
        known = row["site"] in self.sites
        if not known:
            yield Problem(f"{place}.site", f"{shown(row['site'])} is no site of the file or on file.")
        return known


def _placed(place: str, refusals) -> Iterator[Problem]:
    names = {"worked_on": "date"}
    for refusal in refusals:
        yield Problem(f"{place}.{names.get(refusal.place, refusal.place)}", refusal.message)
