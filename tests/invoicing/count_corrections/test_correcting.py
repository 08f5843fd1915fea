"""Correcting one figure: what rests on it is shown before anything is written, and nothing typed is lost."""

import re
from datetime import date

import pytest

from sites.models import ComponentCount, CountChange
from tests.invoicing.count_corrections.count_cases import (
    JULY,
    ON,
    correct,
    entries,
    history_of,
    record,
    stored,
    text_of,
    typed,
)
from tests.people import VIEWER, user_of

pytestmark = pytest.mark.django_db


FIRST = (None, 16, "letter", "")


def errors_of(response) -> dict:
    assert response.status_code == 200
    return {field: list(message) for field, message in response.context["form"].errors.items()}


def test_a_correction_is_shown_with_its_consequences_before_it_is_written(site, documents, manager):
    page = manager.post(correct(site), typed())

    assert entries() == [FIRST]
    text = text_of(page)
    assert "On file 16 From now on 14 Reason A bay was left out From call What to do next" in text
    steps = [
        "Monthly report July 1999 needs a revision.",
        "Monthly report August 1999 compares with the figure: look whether it needs a revision too.",
        "The renewal review of annual period 1 was agreed on 3 August 1999: this correction does not change it.",
        "INV-00013, INV-00014 charge the level agreed there: this correction does not change them.",
    ]
    assert page.context["steps"] == steps
    assert all(step in text for step in steps)

    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    sent = {name: hidden.get(name, "") for name in ("quantity", "withdraw", "reason", "source", "seen")}
    answer = manager.post(correct(site), sent | {"confirmed": "yes"}, follow=True)

    assert entries() == [FIRST, (16, 14, "call", "A bay was left out")]
    assert stored(site) == 14
    [message] = answer.context["messages"]
    assert str(message) == " ".join(
        ["gateway elements at Augusta, GA on 31 July 1999: corrected from 16 to 14.", *steps]
    )
    assert answer.request["PATH_INFO"] == history_of(site)
    change = CountChange.objects.latest("pk")
    assert (change.recorded_on, change.recorded_by.username) == (ON, "account-manager")


@pytest.mark.parametrize(
    ("quantity", "warning"),
    [("99", "89 more gateway elements than the 10 before. Check it."), ("15", "")],
)
def test_an_unusual_figure_is_pointed_out_before_it_is_written(site, clerk, quantity, warning):
    record(site, date(1999, 6, 30), {"GE": 10})

    text = text_of(clerk.post(correct(site), typed(quantity=quantity)))

    assert f"What will happen {warning}{' ' if warning else ''}On file 16 From now on {quantity}" in text


def test_a_correction_on_which_nothing_rests_asks_nothing_more(site, clerk):
    page = clerk.post(correct(site), typed())

    assert "Nothing: no issued document depends on this figure." in text_of(page)


def test_a_figure_is_withdrawn(site, documents, clerk):
    sent = typed(quantity="", withdraw="on", source="not kept")
    page = clerk.post(correct(site), sent)

    assert "From now on None: the figure is withdrawn Reason A bay was left out What to do next" in text_of(page)
    assert ('name="withdraw" value="True"' in page.content.decode(), stored(site)) == (True, 16)
    answer = clerk.post(correct(site), sent | {"withdraw": "True", "confirmed": "yes"}, follow=True)
    assert stored(site) is None
    assert entries() == [FIRST, (16, None, "", "A bay was left out")]
    assert str(list(answer.context["messages"])[0]).startswith(
        "gateway elements at Augusta, GA on 31 July 1999: 16 is withdrawn. Monthly report July 1999 needs a revision."
    )


def test_a_withdrawn_figure_is_recorded_again_without_a_reason(site, clerk):
    record(site, JULY, {}, withdrawn=["GE"], reason="Counted at another site", source="", on=ON)
    form = clerk.get(correct(site))
    assert "Nothing is on file for this day any more." in text_of(form)
    assert "withdraw" not in form.context["form"].fields

    sent = typed(reason="", seen=form.context["form"]["seen"].value())
    assert "Record the figure" in text_of(clerk.post(correct(site), sent))
    clerk.post(correct(site), sent | {"confirmed": "yes"})

    assert stored(site) == 14
    assert entries()[2] == (None, 14, "call", "")


def test_a_figure_that_is_recorded_again_must_be_typed(site, clerk):
    record(site, JULY, {}, withdrawn=["GE"], reason="Counted at another site", source="", on=ON)

    assert clerk.get(correct(site)).context["form"]["quantity"].label == "Figure"
    assert errors_of(clerk.post(correct(site), typed(quantity="", seen="none"))) == {
        "quantity": ["Type what was counted."]
    }


def test_going_back_keeps_what_was_typed_and_writes_nothing(site, clerk):
    page = clerk.post(correct(site), typed(back="yes", confirmed="yes"))

    form = page.context["form"]
    assert {name: form[name].value() for name in ("quantity", "reason", "source")} == {
        "quantity": "14",
        "reason": "A bay was left out",
        "source": "call",
    }
    assert "See what it means" in text_of(page)
    assert entries() == [FIRST]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"quantity": ""}, {"quantity": ["Enter what was counted, or select the withdrawal below."]}),
        ({"quantity": "-1"}, {"quantity": ["Enter a whole number from 0 to 999,999,999."]}),
        ({"quantity": "1.5"}, {"quantity": ["Enter a whole number from 0 to 999,999,999."]}),
        ({"quantity": "16"}, {"quantity": ["16 is the figure on file. Type another one."]}),
        (
            {"withdraw": "on"},
            {"quantity": ["A figure that is withdrawn has no new one. Leave this empty, or deselect the withdrawal."]},
        ),
        (
            {"reason": " "},
            {"reason": ["Say why the figure on file is corrected; it is kept with both figures."]},
        ),
        (
            {"reason": "a\u202eb"},
            {"reason": ["Character 2 cannot be printed (U+202E). Type the text again without it."]},
        ),
        (
            {"source": "a\u202eb"},
            {"source": ["Character 2 cannot be printed (U+202E). Type the text again without it."]},
        ),
    ],
)
@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes"}])
def test_what_is_wrong_stands_at_its_field_and_nothing_is_written(site, clerk, changed, expected, confirmed):
    page = clerk.post(correct(site), typed(**changed, **confirmed))

    assert errors_of(page) == expected
    form = page.context["form"]
    assert {name: form[name].value() for name in changed if name != "withdraw"} == {
        name: value for name, value in changed.items() if name != "withdraw"
    }
    assert entries() == [FIRST]


def test_a_component_that_the_schedule_does_not_have_can_be_withdrawn_and_not_corrected(site, clerk):
    ComponentCount.objects.create(site=site, component_code="ATM", counted_on=JULY, quantity=1, recorded_on=ON)

    page = clerk.post(correct(site, code="ATM"), typed(seen="1"))
    assert errors_of(page) == {
        "quantity": ["ATM is no component of the price schedule in force. Check the column's name."]
    }
    clerk.post(correct(site, code="ATM"), typed(seen="1", quantity="", withdraw="on", confirmed="yes"))
    assert stored(site, "ATM") is None


@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes"}])
def test_a_figure_that_somebody_else_stored_meanwhile_is_shown_beside_what_was_typed(site, clerk, confirmed):
    ann = user_of(VIEWER)
    record(site, JULY, {"GE": 13}, reason="Counted again", on=date(1999, 11, 14), by=ann)

    page = clerk.post(correct(site), typed(**confirmed))

    assert errors_of(page) == {
        "quantity": [
            "gateway elements: 13 was stored by viewer on 14 November 1999, since this page was opened. "
            "You typed 14. Keep one of the two."
        ]
    }
    form = page.context["form"]
    assert (form["quantity"].value(), form["reason"].value(), form["source"].value()) == (
        "14",
        "A bay was left out",
        "call",
    )
    assert stored(site) == 13
    clerk.post(correct(site), typed(seen=form["seen"].value(), confirmed="yes"))
    assert stored(site) == 14
    assert entries() == [FIRST, (16, 13, "letter", "Counted again"), (13, 14, "call", "A bay was left out")]


def test_a_figure_that_somebody_else_withdrew_meanwhile_is_not_recorded_unseen(site, clerk):
    record(site, JULY, {}, withdrawn=["GE"], reason="Counted twice", on=ON)

    page = clerk.post(correct(site), typed(confirmed="yes"))

    assert errors_of(page) == {
        "quantity": [
            "gateway elements: no figure is on file any more, since this page was opened. "
            "You typed 14. Keep one of the two."
        ]
    }
    clerk.post(correct(site), typed(seen=page.context["form"]["seen"].value(), confirmed="yes"))
    assert stored(site) == 14


@pytest.mark.parametrize("seen", ["", "sixteen", "\u0661\u0666", "9" * 5000, "-16", "15"])
def test_a_form_that_has_not_seen_the_figure_on_file_writes_nothing(site, clerk, seen):
    page = clerk.post(correct(site), typed(seen=seen, confirmed="yes"))

    assert list(errors_of(page)) == ["quantity"]
    assert entries() == [FIRST]
