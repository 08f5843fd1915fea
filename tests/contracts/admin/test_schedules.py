"""Price schedules in the admin: the table as it reads, and no form of its own."""

from datetime import date

import pytest

from tests import factories, reference
from tests.contracts.admin.admin_pages import ADMIN, open_amendment
from tests.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]


def test_schedule_page_shows_the_table_and_its_warnings(manager, agreement):
    page = manager.get(f"{ADMIN}/priceschedule/{agreement.schedules.get().pk}/change/")

    assert [level.name for _row, level, _cells in page.context["grid"]] == [
        "Very Small",
        "Small",
        "Medium",
        "Large",
        "Very Large",
    ]
    assert [str(cell) for cell in page.context["grid"][1][2]] == ["16 to 25", "1", "up to 15", "1", "1", "1"]
    assert [finding.code for finding in page.context["findings"]] == ["BLANK_IN_SOURCE"] * 5
    assert "printed “up to l5”" in page.content.decode()


def test_table_is_entered_in_the_form_of_its_document_alone(manager, agreement):
    draft = factories.schedule(agreement, open_amendment(agreement), reference.SCHEDULE, clause="Appendix A, table")
    for name, row in (("priceschedule", draft), ("servicelevel", draft.levels.first())):
        page = manager.get(f"{ADMIN}/{name}/{row.pk}/change/")
        assert (page.status_code, page.context["has_change_permission"]) == (200, False)
        assert manager.post(f"{ADMIN}/{name}/{row.pk}/change/", {"clause": "x", "name": "x"}).status_code == 403
        assert manager.get(f"{ADMIN}/{name}/add/").status_code == 403


def test_services_by_the_hour_and_limits_are_looked_at(manager, agreement):
    schedule = agreement.schedules.get()
    page = words(manager.get(f"{ADMIN}/priceschedule/{schedule.pk}/change/"))
    assert all(name in page for name in reference.SCHEDULE.hour_services)
    level = schedule.levels.get(code="SMALL")
    assert "16 to 25" in words(manager.get(f"{ADMIN}/servicelevel/{level.pk}/change/"))
