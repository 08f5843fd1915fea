"""A reading of an unclear clause as it stands in an agreement file: what is wrong with it."""

from collections.abc import Iterator, Mapping
from datetime import date

from contracts.periods import AnnualPeriod, annual_period_on, day_text
from contracts.readings import ANNUAL_QUESTIONS, QUESTIONS
from sites.agreement_files.agreement_file import Document, Problem, shown
from sites.agreement_files.sections import READINGS, placed


def reading_problems(document: Document, stored: Document) -> Iterator[Problem]:
    """Yield what is wrong with the readings of a file of good form, beside what is on file.

    A reading that no event would record is refused: one new to an agreement that is executed on file, and one that
    decides amounts from a day which is not the first of an annual period.
    """
    agreement = {**stored.get("agreement", {}), **document["agreement"]}
    executed = "executed_on" in stored.get("agreement", {})
    on_file = {READINGS.key(row) for row in stored.get("readings", [])}
    for place, row in placed(document, READINGS):
        question = QUESTIONS.get(row["question"])
        if question is None:
            known = ", ".join(QUESTIONS)
            yield Problem(f"{place}.question", f"{shown(row['question'])} is no question. Known: {known}.")
        elif row["choice"] not in question.offered:
            known = ", ".join(question.offered)
            yield Problem(f"{place}.choice", f"{shown(row['choice'])} is no choice. Choices: {known}.")
        elif executed and READINGS.key(row) not in on_file:
            message = "The agreement is executed, and another reading may touch what was billed."
            yield Problem(place, f"{message} Choose it on the agreement's page of readings.")
        elif problem := _day_problem(row, agreement.get("first_period_starts_on")):
            yield Problem(f"{place}.applies_from", problem)


def _day_problem(row: Mapping, anchor: str | None) -> str:
    if "applies_from" not in row or anchor is None:
        return ""
    first_day = date.fromisoformat(row["applies_from"])
    period = annual_period_on(day=first_day, first_period_starts_on=date.fromisoformat(anchor), expires_on=None)
    if not isinstance(period, AnnualPeriod):
        return f"{row['applies_from']} is before the first annual period. Leave it out: read so from the beginning."
    if row["question"] in ANNUAL_QUESTIONS and first_day != period.full_span.first_day:
        begins = day_text(period.full_span.first_day)
        return f"This reading decides amounts: give the first day of an annual period, such as {begins}."
    return ""
