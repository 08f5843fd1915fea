from datetime import date

import pytest

from invoicing.count_corrections.dependents import Dependents, dependents_of, in_report
from invoicing.count_corrections.history import count_history
from sites.models import MonthlyReport
from tests import factories
from tests.invoicing.billing_cases import issue_through, run
from tests.invoicing.count_corrections.count_cases import (
    AUGUST,
    JULY,
    ON,
    counted_site,
    record,
    report,
    reviewed,
    revise,
)
from tests.reference import ANCHOR, SMALLEST
from tests.sites.reviews.cases import agree, opened

pytestmark = pytest.mark.django_db

OCTOBER, NOVEMBER = date(1999, 10, 31), date(1999, 11, 30)


def dependents(site, code="GE", day=JULY, with_invoices=True) -> Dependents:
    history = count_history(site=site, code=code, counted_on=day)
    return dependents_of(history.figure, with_invoices=with_invoices, on=ON)


def reports(found: Dependents) -> list[tuple]:
    return [(str(one.report), one.shows, one.where, one.superseded_by, one.outdated) for one in found.reports]


def reviews(found: Dependents) -> list[tuple]:
    return [(one.name, one.shows, one.places, one.agreed_on, one.outdated) for one in found.reviews]


def corrected(site, quantity, day=JULY) -> None:
    record(site, day, {"GE": quantity}, reason="A bay was left out", on=ON)


OWN, COMPARED = "As the figure of the month", "In its chart and its changes"
NOW = ("at the review", "for the measured level")


def test_reports_that_hold_the_figure_are_found_with_what_they_show(agreement, site):
    report(agreement, 7)
    report(agreement, 8)

    assert reports(dependents(site)) == [
        ("Monthly report July 1999", 16, OWN, None, False),
        ("Monthly report August 1999", 16, COMPARED, None, False),
    ]
    assert reports(dependents(site, day=AUGUST)) == [("Monthly report August 1999", 16, OWN, None, False)]


def test_a_report_is_outdated_once_the_figure_is_corrected_and_superseded_once_it_is_revised(agreement, site):
    report(agreement, 7)
    corrected(site, 14)
    assert reports(dependents(site)) == [("Monthly report July 1999", 16, OWN, None, True)]
    assert dependents(site).next_steps(14) == ["Monthly report July 1999 needs a revision."]
    assert dependents(site).next_steps(16) == []

    revise(agreement, 7)
    assert reports(dependents(site)) == [
        ("Monthly report July 1999, revision 1", 14, OWN, None, False),
        ("Monthly report July 1999", 16, OWN, 1, False),
    ]
    assert dependents(site).next_steps(15) == ["Monthly report July 1999, revision 1 needs a revision."]


def test_a_report_keeps_a_figure_that_was_withdrawn_and_one_that_stands_longer_than_its_month(agreement, site):
    old = report(agreement, 7)
    record(site, JULY, {}, withdrawn=["GE"], reason="Counted at another site", on=ON)

    assert reports(dependents(site)) == [("Monthly report July 1999", 16, OWN, None, True)]
    later = [{"code": "GE", "quantity": 16, "counted_on": "1999-07-31", "past": []}]
    content = {"rows": [{"key": site.pk, "cells": later}]}
    MonthlyReport.objects.create(
        agreement=agreement, month=date(1999, 9, 1), revision=0, issued_on=ON, content=content, content_sha256="0" * 64
    )
    assert [str(one.report) for one in dependents(site).reports] == [str(old), "Monthly report September 1999"]


def test_reports_of_other_agreements_sites_components_and_months_before_do_not_count(agreement, site):
    other = factories.agreement("A-2")
    counted_site(other)
    report(other, 7)
    neighbour = counted_site(agreement, "Macon")
    issued = report(agreement, 7)

    assert [one.report for one in dependents(site).reports] == [issued]
    record(neighbour, date(1999, 8, 1), {"GE": 17})
    assert reports(dependents(neighbour, day=date(1999, 8, 1))) == []
    assert reports(dependents(site, day=ANCHOR)) == [("Monthly report July 1999", 10, COMPARED, None, False)]
    assert in_report(issued.content, site=site.pk, code="ATM", counted_on=JULY) is None
    assert in_report(issued.content, site=0, code="GE", counted_on=JULY) is None


def test_a_review_holds_the_figure_where_it_compares_and_where_it_measures(agreement, site):
    reviewed(agreement, agreed=False)

    assert reviews(dependents(site)) == [("Renewal review of annual period 1", 16, NOW, None, False)]
    assert reviews(dependents(site, day=ANCHOR)) == [
        ("Renewal review of annual period 1", 10, ("at the period's start",), None, False)
    ]
    assert reviews(dependents(site, day=AUGUST)) == []
    corrected(site, 14)
    assert reviews(dependents(site)) == [("Renewal review of annual period 1", 16, NOW, None, True)]
    assert dependents(site).next_steps(14) == [
        "The renewal review of annual period 1 is open: refresh it before it is agreed."
    ]


def test_an_agreed_review_and_its_invoices_are_not_changed_by_a_correction(agreement, site):
    reviewed(agreement)
    issue_through(NOVEMBER)

    found = dependents(site)
    assert [(one.invoice.number_text, one.level, one.period_number) for one in found.invoices] == [
        ("INV-00013", "Small", 2),
        ("INV-00014", "Small", 2),
    ]
    assert found.next_steps(14) == [
        "The renewal review of annual period 1 was agreed on 3 August 1999: this correction does not change it.",
        "INV-00013, INV-00014 charge the level agreed there: this correction does not change them.",
    ]
    assert dependents(site, day=AUGUST).invoices == ()
    assert dependents(site, with_invoices=False).invoices is None
    assert dependents(site, with_invoices=False).next_steps(14) == found.next_steps(14)[:1]


def test_invoices_that_went_on_with_the_level_of_before_do_not_rest_on_a_late_review(agreement, site):
    other = counted_site(agreement, "Macon")
    issue_through(OCTOBER)
    agree(opened(agreement), on=date(1999, 11, 10))
    *_before, november = issue_through(NOVEMBER)

    assert [one.invoice for one in dependents(site).invoices] == [november]
    assert dependents(site).next_steps(14)[-1] == (
        f"{november.number_text} charges the level agreed there: this correction does not change it."
    )
    assert [one.invoice for one in dependents(other).invoices] == [november]


def test_a_provisional_line_rests_on_no_review_though_the_level_agreed_later_is_the_same(agreement):
    same = factories.site(agreement, "Boise")
    for day in (ANCHOR, JULY):
        factories.counts(same, day, SMALLEST)
    issue_through(OCTOBER)
    agree(opened(agreement), on=date(1999, 11, 10))
    *_before, november = issue_through(NOVEMBER)

    assert [(one.invoice, one.level) for one in dependents(same).invoices] == [(november, "Very Small")]


def test_drafts_do_not_count(agreement, site):
    reviewed(agreement)
    run(NOVEMBER)

    assert dependents(site).invoices == ()


def test_nothing_rests_on_a_figure_that_no_document_holds(site):
    found = dependents(site)

    assert (found.nothing, found.next_steps(14)) == (True, [])


@pytest.mark.parametrize("number", [1, 3])
def test_looking_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    sites = [counted_site(agreement, f"City {position}") for position in range(number)]
    for month in (7, 8)[: max(1, number - 1)]:
        report(agreement, month)
    reviewed(agreement)
    issue_through(OCTOBER if number == 1 else NOVEMBER)
    history = count_history(site=sites[0], code="GE", counted_on=JULY)

    with django_assert_num_queries(4):  # reports, review lines, invoice lines, whether it defines a site
        dependents_of(history.figure, with_invoices=True, on=ON)
