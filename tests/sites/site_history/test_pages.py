"""What the history page of a site shows: limits by period, days reached, levels over time, and its sheet."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.periods import DaySpan
from sites.models import Site
from sites.site_history.pages import MEASURED_KEY, SiteHistory, history_sheet, site_history
from sites.site_history.trend import Silent
from tests import factories, reference

pytestmark = pytest.mark.django_db
START = date(1998, 10, 1)


def counted(site: Site, *months: tuple[date, dict[str, int]]) -> Site:
    for day, changed in months:
        factories.counts(site, day, reference.counts(**changed))
    return site


def history(site: Site, on: date, **asked) -> SiteHistory:
    row = Site.objects.with_agreement_terms().with_levels().with_counts(through=on).get(pk=site.pk)
    return site_history(site=row, agreement=row.agreement.as_terms(), on=on, **asked)


def component(found: SiteHistory, code: str):
    return next(one for one in found.components if one.component.code == code)


def growing() -> Site:
    """Gateway elements 12, 13, ... from 1 October 1998, one more at the end of every second month."""
    site = factories.site(factories.agreement(), "Reno", state="NV")
    return counted(
        site,
        (START, {"GE": 12}),
        (date(1998, 11, 30), {"GE": 13}),
        (date(1999, 1, 31), {"GE": 14}),
        (date(1999, 3, 31), {"GE": 15}),
        (date(1999, 5, 31), {"GE": 16}),
    )


def test_limits_of_the_charged_level_with_the_days_they_were_reached():
    found = component(history(growing(), date(1999, 6, 15)), "GE")

    (reached,) = found.limits
    assert reached.line.label == "15 Very Small"
    assert (reached.at.day, reached.above.day) == (date(1999, 3, 31), date(1999, 5, 31))
    assert (found.last.quantity, found.next_limit) == (16, "25, 9 more fit")


def test_level_that_changes_between_periods_changes_the_limit():
    site = growing()
    factories.charged_level(site, 2, "SMALL", date(1999, 8, 20))

    found = component(history(site, date(1999, 11, 15)), "GE")

    assert [one.line.label for one in found.limits] == ["15 Very Small", "25 Small"]
    assert found.limits[0].line.span == DaySpan(START, date(1999, 9, 30))
    assert found.limits[1].at is None


def test_single_figure_of_an_earlier_period_is_shown_only_where_it_was_passed():
    site = growing()
    factories.charged_level(site, 2, "SMALL", date(1999, 8, 20))
    factories.counts(site, date(1999, 7, 31), {"SM": 2})

    found = history(site, date(1999, 11, 15))

    assert [one.line.label for one in component(found, "DACS2").limits] == ["1 Small"]
    assert [one.line.label for one in component(found, "SM").limits] == ["1 Very Small", "1 Small"]


def test_expected_day_of_the_next_limit_of_the_component_itself():
    """Slopes near one unit in 61 days: from 16 on 31 May 1999 the 25 of Small lies about 18 months ahead."""
    site = growing()

    assert component(history(site, date(1999, 6, 15)), "GE").outlook.silent is Silent.AFTER_TERM
    found = component(history(site, date(1999, 4, 30)), "GE")
    # 12 + d / 60.5 or so over the first four counts, against the 15 of Very Small
    assert found.outlook.limit == 15
    assert found.outlook.expected_on == date(1999, 5, 1)
    assert found.next_limit == "15, full"


def test_large_drawing_is_of_the_nearest_component_or_the_one_chosen_and_holds_the_trend():
    site = growing()
    assert history(site, date(1999, 4, 30)).chosen.component.code == "GE"
    assert history(site, date(1999, 4, 30), chosen="SLC").chosen.component.code == "SLC"
    assert history(site, date(1999, 4, 30), chosen="nothing").chosen.component.code == "GE"
    drawing = history(site, date(1999, 4, 30)).chosen_drawing
    assert drawing.summary.endswith("Trend: above 15 expected 1 May 1999.")


def test_levels_over_time_with_the_difference_in_price():
    found = history(growing(), date(1999, 6, 15))

    assert [(str(one.span), one.measured.level.name, one.charged.name, one.difference) for one in found.stretches] == [
        ("1 October 1998 to 30 May 1999", "Very Small", "Very Small", Decimal("0.00")),
        ("31 May 1999 to 15 June 1999", "Small", "Very Small", Decimal("35000.00")),
    ]
    assert found.levels.summary == (
        "Charged: Very Small from 1 October 1998. Measured: Very Small from 1 October 1998, Small from 31 May 1999."
    )


def test_without_the_right_to_the_charged_level_counts_stand_against_the_measured_one():
    site = growing()
    found = history(site, date(1999, 6, 15), charged=False)

    assert [one.line.label for one in component(found, "GE").limits] == ["25 Small"]
    assert found.drawing.key == found.chosen_drawing.key == MEASURED_KEY
    assert "Charged" not in found.levels.summary
    assert "15 Very Small" not in str(found.drawing)


def test_site_without_counts_or_not_yet_in_service_has_nothing_to_draw():
    agreement = factories.agreement()
    planned = factories.site(agreement, "Lubbock", date(1999, 8, 15))
    found = history(planned, date(1999, 6, 15))
    assert (found.drawing, found.components, found.months) == (None, (), ())


def test_removed_site_has_a_history_to_its_last_day_and_no_outlook():
    site = growing()
    Site.objects.filter(pk=site.pk).update(removed_on=date(1999, 4, 15))

    found = history(site, date(1999, 6, 15))

    assert component(found, "GE").outlook is None
    assert found.stretches[-1].span.last_day == date(1999, 4, 15)


def test_site_before_any_price_schedule_is_drawn_without_limits():
    site = counted(factories.site(factories.agreement(amendments=()), "Reno"), (START, {}), (date(1998, 11, 30), {}))
    found = history(site, date(1998, 12, 15))
    assert (found.stretches, found.levels) == ((), None)
    assert all(one.limits == () for one in found.components)


def test_sheet_has_every_month_with_figure_and_day_and_leaves_missing_ones_empty():
    site = growing()
    sheet = history_sheet(site=site, history=history(site, date(1999, 1, 31)))

    assert sheet.headings[:3] == ["Month", "gateway elements", "gateway elements counted on"]
    assert [row[:3] for row in sheet.rows] == [
        ["1998-10", 12, START],
        ["1998-11", 13, date(1998, 11, 30)],
        ["1998-12", None, None],
        ["1999-01", 14, date(1999, 1, 31)],
    ]
