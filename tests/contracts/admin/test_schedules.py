"""Price schedules in the admin: the table as it reads, limits typed as they are printed, bands that overlap refused."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib import admin

from contracts.models import (
    Agreement,
    ComponentLimit,
    PriceSchedule,
    ServiceLevel,
)
from tests import factories, reference
from tests.contracts.admin.admin_pages import ADMIN, errors_of, management, open_amendment, save
from tests.people import ACCOUNT_MANAGER, client_of, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _business_date(settings):
    settings.BUSINESS_DATE = date(1999, 7, 15)


@pytest.fixture
def agreement() -> Agreement:
    return factories.agreement()


@pytest.fixture
def manager():
    return client_of(ACCOUNT_MANAGER)


# ---- price schedules ---------------------------------------------------------------------------------------------


@pytest.fixture
def open_schedule(agreement) -> PriceSchedule:
    return factories.schedule(agreement, open_amendment(agreement), reference.SCHEDULE, clause="Appendix A, table")


def schedule_form(schedule: PriceSchedule, **fields) -> dict:
    prefixes = ("components", "levels", "included_services")
    return {
        "clause": schedule.clause,
        "minimum_changed": "2",
        **{key: value for prefix in prefixes for key, value in management(prefix).items()},
        **fields,
    }


def level_form(level: ServiceLevel, cells: dict[str, tuple[str, str]]) -> dict:
    """What the browser posts for a level whose cells read so: component code -> (limit, printed)."""
    limits = list(level.limits.order_by("component__rank").select_related("component"))
    posted = {
        "code": level.code,
        "name": level.name,
        "rank": level.rank,
        "annual_price": level.annual_price,
        "integration_price": level.integration_price or "",
        **management("limits", len(limits)),
    }
    for index, limit in enumerate(limits):
        stated, printed = cells.get(
            limit.component.code, (str(limit.as_limit()) if limit.as_limit().stated else "", limit.printed)
        )
        posted |= {
            f"limits-{index}-id": limit.pk,
            f"limits-{index}-component": limit.component_id,
            f"limits-{index}-stated": stated,
            f"limits-{index}-printed": printed,
        }
    return posted


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


@pytest.mark.parametrize(
    ("code", "stated", "printed", "kind", "lower", "upper"),
    [
        ("SLC", "up to 12", "", "cap", None, 12),
        ("GE", "27 to 34", "", "range", 27, 34),
        ("SLC", "12", "", "number", None, 12),
        ("SLC", "", "", "not-stated", None, None),
        ("SLC", "up to 15", "up to l5", "cap", None, 15),
    ],
)
def test_limit_is_read_as_the_source_prints_it(manager, open_schedule, code, stated, printed, kind, lower, upper):
    level = open_schedule.levels.get(code="MEDIUM")
    save(manager, f"{ADMIN}/servicelevel/{level.pk}/change/", level_form(level, {code: (stated, printed)}))

    cell = ComponentLimit.objects.get(level=level, component__code=code)
    assert (cell.kind, cell.lower, cell.upper, cell.printed) == (kind, lower, upper, printed)


def test_cell_that_is_no_number_is_refused_at_its_field(manager, open_schedule):
    level = open_schedule.levels.get(code="SMALL")
    response = save(manager, f"{ADMIN}/servicelevel/{level.pk}/change/", level_form(level, {"SLC": ("up to l5", "")}))

    errors = response.context["inline_admin_formsets"][0].formset.errors
    assert [dict(error) for error in errors if error] == [
        {
            "stated": [
                "Limit: 'up to l5' is not a number. Enter the figure it should say; the printed text is kept beside it."
            ]
        }
    ]


def test_bands_that_overlap_are_refused(manager, open_schedule):
    level = open_schedule.levels.get(code="SMALL")
    response = save(manager, f"{ADMIN}/servicelevel/{level.pk}/change/", level_form(level, {"GE": ("15 to 25", "")}))

    assert response.context["inline_admin_formsets"][0].formset.non_form_errors() == [
        "gateway elements: 15 is in Very Small and in Small. Change the other level first, or correct this one."
    ]
    assert str(ComponentLimit.objects.get(level=level, component__code="GE").as_limit()) == "16 to 25"


def test_level_without_cells_offers_one_row_per_component(manager, open_schedule):
    level = ServiceLevel.objects.create(
        schedule=open_schedule, code="HUGE", name="Huge", rank=6, annual_price=Decimal("500000.00")
    )
    url = f"{ADMIN}/servicelevel/{level.pk}/change/"
    offered = manager.get(url).context["inline_admin_formsets"][0].formset
    components = list(open_schedule.components.order_by("rank"))
    assert [form.initial["component"] for form in offered.forms] == [component.pk for component in components]

    cells = {f"limits-{index}-component": component.pk for index, component in enumerate(components)}
    save(manager, url, level_form(level, {}) | management("limits", 0, 6) | cells | {"limits-0-stated": "51 to 80"})
    assert [str(limit) for limit in level.limits.all()] == ["gateway elements: 51 to 80"]


def test_schedule_of_an_executed_amendment_is_refused(manager, agreement):
    bare = factories.amendment(agreement, reference.amendment(2, date(1999, 10, 1), signed_on=date(1999, 9, 1)))
    posted = schedule_form(PriceSchedule(clause="Appendix B"), agreement=agreement.pk, amendment=bare.pk)
    response = manager.post(f"{ADMIN}/priceschedule/add/", posted)
    assert errors_of(response) == {
        "amendment": ["Amendment 2 (LNM-2) is executed. Enter the next amendment and attach the schedule to it."]
    }

    own = manager.post(f"{ADMIN}/priceschedule/add/", posted | {"amendment": ""})
    assert list(errors_of(own)) == ["agreement"]
    assert PriceSchedule.objects.count() == 1


def test_schedule_is_entered_with_levels_and_components(manager, agreement):
    amendment = open_amendment(agreement)
    posted = schedule_form(
        PriceSchedule(clause="Appendix A"),
        agreement=agreement.pk,
        amendment=amendment.pk,
        **management("components", 0, 1),
        **{"components-0-rank": 1, "components-0-code": "GE", "components-0-name": "gateway elements"},
        **management("levels", 0, 1),
        **{"levels-0-rank": 1, "levels-0-code": "ONE", "levels-0-name": "One", "levels-0-annual_price": "163000.00"},
    )
    response = manager.post(f"{ADMIN}/priceschedule/add/", posted)

    assert response.status_code == 302
    row = PriceSchedule.objects.with_table().get(amendment=amendment)
    assert [(level.code, level.annual_price) for level in row.as_schedule().levels] == [("ONE", Decimal("163000.00"))]


def test_rows_of_a_sealed_schedule_are_sealed_with_it(agreement, rf):
    schedule = agreement.schedules.get()
    request = rf.get("/")
    request.user = user_of(ACCOUNT_MANAGER)
    page = admin.site.get_model_admin(PriceSchedule)
    for inline in page.get_inline_instances(request):
        allowed = (inline.has_add_permission, inline.has_change_permission, inline.has_delete_permission)
        assert [permission(request, schedule) for permission in allowed] == [False, False, False]
        assert [permission(request, PriceSchedule()) for permission in allowed] == [True, True, True]
