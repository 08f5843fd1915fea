"""The register of readings and the page on which another reading is chosen."""

from datetime import date

import pytest
from django.urls import reverse

from contracts.models import Agreement, ChosenReading
from contracts.readings import QUESTIONS
from invoicing.readings.changing import change_reading
from invoicing.runs.drafting import draft_invoices
from tests import event_pages, factories, reference
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, words
from tests.sites.reviews.cases import agree_within_a_day, opened

JULY, OCTOBER_1999 = date(1999, 7, 15), date(1999, 10, 1)

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(JULY)]
REASON = "Asked for by the customer."


@pytest.fixture
def agreement() -> Agreement:
    """The reference agreement with two sites, one of them from mid-January."""
    row = factories.agreement()
    factories.site(row, "Reno", state="NV")
    factories.site(row, "Mobile", date(1999, 1, 15), state="AL")
    return row


def register(agreement: Agreement) -> str:
    return reverse("invoicing:reading_register", args=[agreement.pk])


def change_page(agreement: Agreement, question: str = "proration") -> str:
    return reverse("invoicing:reading_change", args=[agreement.pk, question])


def posted(**values) -> dict:
    return {
        "choice": "daily",
        "applies_from": "1999-10-01",
        "clause": "silent",
        "chosen_by": "J. Doe",
        "chosen_on": "1999-07-12",
        "reason": REASON,
        "seen": "0",
        **values,
    }


def chosen(agreement: Agreement, choice: str, applies_from: date = OCTOBER_1999, **facts) -> ChosenReading:
    known = {"clause": "silent", "chosen_by": "J. Doe", "chosen_on": date(1999, 7, 12), "reason": REASON} | facts
    known |= {"question": "proration", "choice": choice, "applies_from": applies_from}
    return change_reading(agreement=agreement, on=JULY, by=None, **known)


def billed(agreement: Agreement, through: date = date(1999, 6, 30), on: date = JULY) -> None:
    (result,) = draft_invoices(through=through, on=on, by=None, agreements=[agreement], issue_drafts=True)
    assert result.refusal == ""


def not_executed(agreement: Agreement) -> Agreement:
    facts = {name: getattr(agreement, name) for name in ("dated_on", "supplier", "customer", "first_period_starts_on")}
    return Agreement.objects.create(number="ZZ", **facts)


def part(response, question: str) -> str:
    """The words of one question in the register."""
    seen = words(response)
    titles = [QUESTIONS[key].title for key in ORDER]
    first = seen.index(QUESTIONS[question].title)
    later = [seen.index(title) for title in titles if seen.index(title) > first]
    return seen[first : min(later, default=len(seen))]


ORDER = (
    *("frequency", "timing", "proration", "rounding"),
    *("site-charge", "no-switch", "advance-start", "until-agreed"),
    *("block-count", "block-completion", "minimum", "minutes"),
    *("level", "blank-cell", "change", "not-eligible", "review-day", "history"),
)

# ---- the register ------------------------------------------------------------------------------------------------


def test_register_shows_a_default_with_its_alternatives_and_what_they_would_change(agreement):
    seen = part(client_of(VIEWER).get(register(agreement)), "proration")

    assert (
        "Read as A whole month costs one twelfth of the annual price; part of a month counts by its days. "
        "Applies From the beginning of the agreement Clause not stated Chosen Default Nobody has chosen a reading of "
        "this question."
    ) in seen
    assert "Another reading Nothing is billed yet: it can apply from the first day of any annual period." in seen
    assert (
        "Part of a period costs its share of the days of the annual period. Annual period 1: 278,663.01 instead of "
        "279,115.59. Due by 15 July 1999: 196,493.15 instead of 197,615.59. −452.58"
    ) in seen
    assert "A site in service for part of a period costs the whole annual price." in seen
    assert "+46,884.41" in seen
    assert "earlier reading" not in seen


def test_register_has_every_question_once(agreement):
    seen = words(client_of(VIEWER).get(register(agreement)))

    assert {key: seen.count(question.title) for key, question in QUESTIONS.items()} == dict.fromkeys(QUESTIONS, 1)


def test_register_shows_who_chose_what_when_and_why(agreement):
    row = chosen(agreement, "daily", date(1998, 10, 1))

    seen = part(client_of(VIEWER).get(register(agreement)), "proration")

    assert row.applies_from == date(1998, 10, 1)
    assert (
        "Read as Part of a period costs its share of the days of the annual period. Applies From 1 October 1998 "
        f"Clause silent Chosen J. Doe, 12 July 1999 Reason {REASON}"
    ) in seen
    assert "1 earlier reading From the beginning through 30 September 1998: A whole month costs one twelfth" in seen
    assert "+452.58" in seen  # back to months


def test_register_shows_what_is_chosen_already_and_what_never_applied(agreement):
    chosen(agreement, "daily")
    chosen(agreement, "none")

    seen = part(client_of(VIEWER).get(register(agreement)), "proration")

    assert "Applies From the beginning of the agreement to 30 September 1999" in seen
    assert (
        "From 1 October 1999 Chosen already A site in service for part of a period costs the whole annual price. "
        f"J. Doe, 12 July 1999: {REASON}"
    ) in seen
    assert (
        "1 earlier reading From 1 October 1999, replaced before it applied: Part of a period costs its share of the "
        f"days of the annual period. J. Doe, 12 July 1999: {REASON}"
    ) in seen


def test_register_tells_the_history_in_its_order(agreement, settings):
    chosen(agreement, "daily")
    settings.BUSINESS_DATE = date(2000, 1, 10)

    seen = part(client_of(VIEWER).get(register(agreement)), "proration")

    assert "Applies From 1 October 1999 Clause silent" in seen
    assert "1 earlier reading From the beginning through 30 September 1999: A whole month costs one twelfth" in seen


def test_register_says_from_when_another_reading_can_apply(agreement, settings):
    billed(agreement)
    client = client_of(VIEWER)
    page = client.get(register(agreement))
    assert "Another reading Annual period 1 is billed through 30 June 1999: it can apply from 1 October 1999." in part(
        page, "rounding"
    )
    assert "Another reading No review is agreed yet: it can apply from any day of the term." in part(page, "change")
    assert "Another reading It can apply from any day of the term." in part(page, "minutes")

    settings.BUSINESS_DATE = date(1999, 11, 1)
    billed(agreement, date(1999, 10, 31), date(1999, 11, 1))
    page = client.get(register(agreement))
    assert (
        "Another reading Annual period 2 is billed through 31 October 1999, and the term ends on 30 September 2000. "
        "Extend it by an amendment first."
    ) in part(page, "rounding")


def test_register_says_that_an_agreed_review_stays():
    agreement = factories.agreement()
    agree_within_a_day(opened(agreement, JULY), JULY)

    seen = part(client_of(VIEWER).get(register(agreement)), "change")

    assert (
        "Another reading The review of annual period 1 was agreed on 15 July 1999: it can apply from 1 October 1999."
    ) in seen
    assert "Cannot be computed. The review of annual period 1 was agreed on 15 July 1999 and stays. Not known" in seen


def test_register_of_an_agreement_that_is_not_executed_leads_to_data_entry(agreement):
    draft = not_executed(agreement)
    entry = reverse("admin:contracts_agreement_change", args=[draft.pk])

    manager, viewer = (client_of(role).get(register(draft)) for role in (ACCOUNT_MANAGER, VIEWER))

    for page in (manager, viewer):
        assert "The agreement is not executed yet: its readings are open" in words(page)
        assert "Cannot be computed. No price schedule on file covers 30 September 1999" in words(page)
        assert change_page(draft) not in links(page)
    assert (entry in links(manager), entry in links(viewer)) == (True, False)


def test_register_before_the_first_annual_period_compares_nothing(agreement, settings):
    settings.BUSINESS_DATE = date(1998, 9, 1)

    seen = words(client_of(VIEWER).get(register(agreement)))

    assert seen.count("Cannot be computed. No annual period runs on 1 September 1998. Not known") == 33
    assert "what the customer would be charged" not in seen


def test_register_marks_demonstration_data(agreement):
    client = client_of(VIEWER)
    assert "Demonstration data" not in words(client.get(register(agreement)))

    factories.site(agreement, "Fargo", is_demonstration=True)

    assert "Demonstration data: the amounts are those of invented sites." in words(client.get(register(agreement)))


def test_register_shows_a_reason_as_text(agreement):
    chosen(agreement, "daily", clause="<b>silent</b>", chosen_by="<script>", reason="<script>alert(1)</script>")

    page = client_of(VIEWER).get(register(agreement)).content.decode()

    assert ("<script>" in page, "<b>" in page, "&lt;script&gt;alert(1)&lt;/script&gt;" in page) == (False, False, True)


@pytest.mark.parametrize("number", [1, 3])
def test_register_has_a_fixed_number_of_queries(number, django_assert_num_queries):
    agreement = factories.agreement()
    for position, site in enumerate(factories.sites(agreement, number)):
        factories.counts(site, date(1998, 10, 1), reference.counts())
        factories.charged_level(site, 2, "SMALL", date(1999, 8, 1))
        if position % 2 == 0:
            chosen(agreement, ("daily", "none")[position // 2])
    client = client_of(VIEWER)

    with django_assert_num_queries(27):
        client.get(register(agreement))


# ---- who is led where ---


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, FINANCE, VIEWER])
def test_only_who_may_change_a_reading_is_offered_it(agreement, role):
    page = client_of(role).get(register(agreement))

    offered = {change_page(agreement, key) for key in QUESTIONS} & set(links(page))

    by_amendment = {"site-charge"}  # price for each switch: nobody chooses that
    assert len(offered) == (len(QUESTIONS) - len(by_amendment) if role == ACCOUNT_MANAGER else 0)


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, FINANCE, VIEWER, DATA_ENTRY])
def test_the_agreement_page_leads_to_the_register(agreement, role):
    page = client_of(role).get(reverse("sites:agreement_detail", args=[agreement.pk]))

    assert (register(agreement) in links(page)) is (role != DATA_ENTRY)


@pytest.mark.parametrize(
    "page", ["agreements/0/readings/", "agreements/{}/readings/weather/", "agreements/0/readings/change/"]
)
def test_what_is_not_there_is_not_found(agreement, page, manager):
    assert manager.get("/" + page.format(agreement.pk)).status_code == 404


# ---- choosing another reading ------------------------------------------------------------------------------------


def test_page_shows_what_will_change_and_from_when(agreement, manager):
    billed(agreement)

    page = manager.get(change_page(agreement), {"choice": "none"})

    seen, html = words(page), page.content.decode()
    assert "Annual period 1 is billed through 30 June 1999: it can apply from 1 October 1999." in seen
    assert "A site in service for part of a period costs the whole annual price." in seen
    assert "+46,884.41" in seen
    assert "No issued invoice or credit note changes. Annual period 1 is billed through 30 June 1999" in seen
    assert 'value="1999-10-01"' in html
    assert [radio.data["value"] for radio in page.context["form"]["choice"] if radio.data["selected"]] == ["none"]
    assert "A review that is open" not in seen


def test_page_of_a_review_reading_proposes_today(agreement, manager):
    page = manager.get(change_page(agreement, "change"))

    assert page.context["form"]["applies_from"].value() == JULY
    assert "A review that is open follows it when it is refreshed." in words(page)
    assert "No issued invoice or credit note changes" not in words(page)


def test_choosing_records_the_reading_and_leads_back_to_the_register(agreement, manager):
    billed(agreement)

    response = manager.post(change_page(agreement), posted(), follow=True)

    row = ChosenReading.objects.get()
    assert (row.question, row.choice, row.applies_from) == ("proration", "daily", OCTOBER_1999)
    assert (row.clause, row.chosen_by, row.chosen_on, row.remark, row.closed_on) == (
        "silent",
        "J. Doe",
        date(1999, 7, 12),
        REASON,
        JULY,
    )
    assert response.redirect_chain == [(f"{register(agreement)}#proration", 302)]
    assert (
        "Recorded, from 1 October 1999 on: Part of a period costs its share of the days of the annual period."
    ) in words(response)


def test_choosing_a_reading_of_reviews_reminds_of_an_open_one(agreement, manager):

    response = manager.post(
        change_page(agreement, "change"), posted(choice="units", applies_from="1999-07-15"), follow=True
    )

    assert "Refresh an open review: it is based on the earlier reading." in words(response)


def test_rounding_of_minutes_is_chosen_from_any_day_and_concerns_no_review(agreement, manager):
    billed(agreement)
    page = words(manager.get(change_page(agreement, "minutes")))

    facts = posted(choice="up-25", applies_from="1999-07-20")
    response = manager.post(change_page(agreement, "minutes"), facts, follow=True)

    assert "It changes no amount and no review that is on file." in page
    assert "A review that is open" not in page
    assert "Recorded, from 20 July 1999 on: Each work entry by itself is rounded up to the next full 15 minutes." in (
        words(response)
    )
    assert "Refresh an open review" not in words(response)
    readings = Agreement.objects.with_terms().get(pk=agreement.pk).as_terms().readings_on
    assert [readings(date(1999, 7, day)).minutes.value for day in (19, 20)] == ["none", "up-25"]


def test_what_is_missing_is_said_at_each_field(agreement, manager):
    empty = dict.fromkeys(("choice", "applies_from", "chosen_on", "reason"), "") | {"chosen_by": " "}

    found = event_pages.faults(manager, change_page(agreement), posted(**empty), stored=ChosenReading.objects.count)

    assert found == {
        "choice": ["Choose one of the readings."],
        "applies_from": ["Say from which day on."],
        "chosen_by": ["Name the person who chose the reading."],
        "chosen_on": ["Say when it was chosen."],
        "reason": ["Say why the clause is read differently."],
    }


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (
            {"applies_from": "1999-01-01"},
            {"applies_from": ["Annual period 1 is billed through 30 June 1999: choose 1 October 1999 or later."]},
        ),
        (
            {"choice": "monthly"},
            {"choice": ["The clause is already read this way, or has no such reading. Choose another one."]},
        ),
    ],
)
def test_what_is_refused_is_said_at_its_field(agreement, manager, values, found):
    billed(agreement)
    url, stored = change_page(agreement), ChosenReading.objects.count

    assert event_pages.faults(manager, url, posted(**values), stored=stored) == found


def test_somebody_else_s_choice_meanwhile_is_not_overruled_unseen(agreement, manager):
    seen = manager.get(change_page(agreement)).context["form"]["seen"].value()
    chosen(agreement, "none")

    response = manager.post(change_page(agreement), posted(seen=seen))

    assert (
        "Somebody else has chosen another reading of this clause meanwhile. Look at it, then choose again."
    ) in words(response)
    assert [row.choice for row in ChosenReading.objects.all()] == ["none"]


def test_what_was_chosen_for_a_later_day_can_be_taken_back(agreement, manager):
    row = chosen(agreement, "daily")

    page = manager.get(change_page(agreement))
    manager.post(change_page(agreement), posted(choice="monthly", seen=row.pk))

    assert [value for value, _label in page.context["form"].fields["choice"].choices] == ["monthly", "daily", "none"]
    assert "The clause is read so now. 0.00" in words(page)
    terms = Agreement.objects.with_terms().get().as_terms()
    assert terms.readings_on(OCTOBER_1999).proration.value == "monthly"


def test_choosing_twice_records_once(agreement, manager):

    first, second = (manager.post(change_page(agreement), posted()) for _time in range(2))

    assert (first.status_code, second.status_code) == (302, 200)
    assert ChosenReading.objects.count() == 1


def led_back(client, url: str) -> str:
    return event_pages.led_back(client, url, stored=ChosenReading.objects.count)


@pytest.mark.parametrize(
    ("on", "question", "said"),
    [
        (
            date(1999, 11, 1),
            "proration",
            "Annual period 2 is billed through 31 October 1999, and the term ends on 30 September 2000. "
            "Extend it by an amendment first.",
        ),
        (
            date(2000, 10, 2),
            "change",
            "Agreement LNS970602JC expires on 30 September 2000. Extend the term by an amendment first.",
        ),
    ],
)
def test_page_leads_back_where_nothing_can_be_chosen(agreement, manager, settings, on, question, said):
    billed(agreement, date(1999, 10, 31), on)
    settings.BUSINESS_DATE = on

    assert led_back(manager, change_page(agreement, question)) == said


def test_an_agreement_that_is_not_executed_is_changed_in_data_entry(agreement, manager):
    assert led_back(manager, change_page(not_executed(agreement))) == (
        "The agreement is not executed yet: its readings are open, and are changed on the agreement’s form."
    )
