"""One person's day, however the name is typed: by one entry after the other, by a file, by an agreement file."""

import unicodedata
from datetime import date

import pytest

from contracts.parties.names import name_key
from sites.imports.importing import KINDS, Incoming, import_file
from sites.models import WorkEntry
from tests import factories
from tests.sites.agreement_files import files
from tests.sites.hours.rows import worked
from tests.sites.refusals import refused

DAY = date(1999, 7, 12)
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(
    "typed",
    [
        DECOMPOSED,
        "ZOË",
        " Zoë  ",
        "Zoe\u200b\u0308",  # a zero-width space between a letter and its mark
        "Z\u00adoë",
        "Zo\ufe0fë",
        "Zoë\u3164",
        "\uff3a\uff4fë",  # full-width letters
        "\u2060Zoë\ufeff",
    ],
)
def test_one_name_is_one_person_however_it_is_typed(typed):
    assert name_key(typed) == name_key(COMPOSED)


@pytest.mark.parametrize(("one", "other"), [("Zoë", "Zoe"), ("Ann Example", "AnnExample"), ("Zoë 1", "Zoë 2")])
def test_other_names_are_other_persons(one, other):
    assert name_key(one) != name_key(other)


def test_blanks_of_every_kind_are_one_blank():
    assert name_key("Ann\u00a0\u2003 Example") == name_key("ann example")


@pytest.mark.django_db
def test_second_spelling_of_a_name_has_no_day_of_its_own():
    site = factories.site(factories.agreement(), "Reno")
    worked(site, DAY, "20.00", person=DECOMPOSED)

    [(place, message)] = refused(worked, site, DAY, "20.00", person="\uff3a\uff4fë")

    assert place == "hours"
    assert "has 20.00 h on file for 12 July 1999; this entry would make it 40.00 h of 24.00 h." in message
    assert WorkEntry.objects.get().person == COMPOSED


@pytest.mark.django_db
def test_entry_with_an_invisible_character_in_the_name_is_refused():
    site = factories.site(factories.agreement(), "Reno")

    assert refused(worked, site, DAY, "1.00", person="Zo\u200bë") == [
        ("person", "Character 3 cannot be printed (U+200B). Type the text again without it.")
    ]


@pytest.mark.django_db
def test_file_with_two_spellings_of_a_name_is_refused():
    factories.site(factories.agreement(), "Reno")
    names = (COMPOSED, DECOMPOSED, "Zo\u200bë")
    lines = [f"1999-07-12,Reno,Customer Care,{hours},{name}" for hours, name in zip((20, 20, 1), names, strict=True)]
    text = "\n".join(("date,site,service,hours,person", *lines))

    file = Incoming(text.encode(), "work.csv", None)
    too_many, invisible = refused(import_file, kind=KINDS["work"], file=file, on=date(1999, 8, 1), by=None)

    assert too_many[0].startswith("row 3, column hours")
    assert too_many[1].startswith("With row 2, Zoë would have 40.00 h on 12 July 1999; a day has 24.")
    assert invisible[0].startswith("row 4, column person")
    assert invisible[1] == "Character 3 cannot be printed (U+200B). Type the text again without it."


@pytest.mark.django_db
def test_agreement_file_with_two_spellings_of_a_name_is_refused():
    entry = {"site": "City 00", "date": "1999-07-12", "service": "Customer Care"}
    work = [
        {**entry, "hours": "20.00", "person": COMPOSED},
        {**entry, "hours": "20.00", "person": DECOMPOSED},
    ]

    [message] = files.refused({**files.small({}), "work": work})

    assert message.startswith(
        "work[1].hours: With this entry the person would have 40.00 h on 12 July 1999; a day has 24."
    )
    invisible = {**files.small({}), "work": [{**entry, "hours": "1.00", "person": "Zo\u200bë"}]}
    [message] = files.refused(invisible)
    assert message == "work[0].person: Character 3 cannot be printed (U+200B). Type the text again without it."
