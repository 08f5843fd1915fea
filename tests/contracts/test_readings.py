import pytest

from contracts.readings import (
    DEFAULT_READINGS,
    QUESTIONS,
    AdvanceStart,
    BlankCell,
    BlockCompletion,
    BlockCount,
    ChangeCounting,
    Chosen,
    Frequency,
    LevelDecision,
    Minimum,
    MinuteRounding,
    NoSwitch,
    NotEligible,
    Proration,
    Readings,
    ReviewDay,
    Rounding,
    SiteCharge,
    StartingHistory,
    Timing,
    UntilAgreed,
)

DEFAULTS = {
    "level": LevelDecision.HIGHEST_NEEDED_ROW,
    "change": ChangeCounting.NET_COUNT,
    "review-day": ReviewDay.DAYS_BEFORE,
    "frequency": Frequency.MONTHLY,
    "timing": Timing.IN_ARREARS,
    "proration": Proration.MONTHLY,
    "rounding": Rounding.CUMULATIVE,
    "site-charge": SiteCharge.PER_SITE,
    "no-switch": NoSwitch.FIRST_COUNT,
    "advance-start": AdvanceStart.SERVICE,
    "until-agreed": UntilAgreed.PREVIOUS_LEVEL,
    "blank-cell": BlankCell.CONFIRMED,
    "not-eligible": NotEligible.PRICE_STAYS,
    "block-count": BlockCount.ANNUAL_PERIOD,
    "block-completion": BlockCompletion.LAST_HOUR_USED,
    "minimum": Minimum.PER_ENTRY,
    "minutes": MinuteRounding.NONE,
    "history": StartingHistory.ONE_IN_A_YEAR,
}


def test_defaults_are_the_readings_of_the_domain():
    assert {key: question.default for key, question in QUESTIONS.items()} == DEFAULTS


@pytest.mark.parametrize("key", QUESTIONS)
def test_question_has_a_sentence_for_each_of_its_choices(key):
    question = QUESTIONS[key]

    assert question.key == key
    assert list(question.sentences) == list(question.choices)
    assert len(set(question.sentences.values())) == len(question.choices)
    assert all(sentence.endswith(".") for sentence in question.sentences.values())


@pytest.mark.parametrize(
    ("frequency", "parts"), [(Frequency.MONTHLY, 12), (Frequency.QUARTERLY, 4), (Frequency.ANNUAL, 1)]
)
def test_frequency_divides_the_annual_period(frequency, parts):
    assert frequency.parts == parts


def test_default_readings_answer_every_question_in_order():
    assert [chosen.question.key for chosen in DEFAULT_READINGS.chosen] == list(QUESTIONS)
    assert [chosen.chosen_by for chosen in DEFAULT_READINGS.chosen] == [""] * len(QUESTIONS)


@pytest.mark.parametrize("key", DEFAULTS)
def test_readings_give_the_default_where_nobody_chose(key):
    assert getattr(DEFAULT_READINGS, key.replace("-", "_")) is DEFAULTS[key]


@pytest.mark.parametrize(
    ("key", "choice"),
    [(key, choice) for key, default in DEFAULTS.items() for choice in type(default) if choice is not default],
)
def test_readings_give_what_was_chosen_and_leave_the_others(key, choice):
    found = Readings.of({key: Chosen(QUESTIONS[key], choice, "clause 3", "A. Person", "1999-01-04")})

    assert {each: getattr(found, each.replace("-", "_")) for each in DEFAULTS} == DEFAULTS | {key: choice}
    assert found.of_question(key).chosen_by == "A. Person"


def test_chosen_reads_a_stored_text_as_its_member():
    found = Readings.of({"timing": Chosen(QUESTIONS["timing"], "in-advance")})

    assert found.timing is Timing.IN_ADVANCE


def test_chosen_prints_its_sentence_and_those_not_taken():
    chosen = Chosen(QUESTIONS["review-day"], ReviewDay.BOTH_DAYS_COUNTED)

    assert chosen.sentence == "Both the review's day and the period's last day are counted."
    assert chosen.alternatives == (
        "The review is due that many calendar days before the period's last day, whatever the weekday.",
    )


def test_of_question_refuses_an_unknown_key():
    with pytest.raises(KeyError):
        DEFAULT_READINGS.of_question("weather")


def test_question_and_choices_fit_their_columns():
    assert [key for key in QUESTIONS if len(key) > 20] == []
    assert [choice for question in QUESTIONS.values() for choice in question.choices if len(choice) > 30] == []
