from django.urls import path

from contracts import amendment_events, amendment_views, views

AMENDMENT = "agreements/<int:pk>/amendments/<int:number>/"

app_name = "contracts"
urlpatterns = [
    path("agreements/", views.AgreementList.as_view(), name="agreement_list"),
    path("agreements/<int:pk>/amendments/draft/", amendment_views.AmendmentDraft.as_view(), name="amendment_draft"),
    path(AMENDMENT, amendment_views.AmendmentDetail.as_view(), name="amendment_detail"),
    path(f"{AMENDMENT}change/", amendment_views.AmendmentChange.as_view(), name="amendment_change"),
    path(f"{AMENDMENT}schedule/", amendment_views.ScheduleChange.as_view(), name="amendment_schedule"),
    path(f"{AMENDMENT}comparison/", amendment_views.AmendmentComparison.as_view(), name="amendment_comparison"),
    path(f"{AMENDMENT}sign/<str:side>/", amendment_events.Sign.as_view(), name="amendment_sign"),
    path(f"{AMENDMENT}withdraw/<str:side>/", amendment_events.Withdraw.as_view(), name="amendment_withdraw"),
    path(f"{AMENDMENT}copy-schedule/", amendment_events.CopySchedule.as_view(), name="amendment_copy_schedule"),
    path(f"{AMENDMENT}discard/", amendment_events.DiscardAmendment.as_view(), name="amendment_discard"),
    path(
        f"{AMENDMENT}discard-schedule/",
        amendment_events.DiscardSchedule.as_view(),
        name="amendment_discard_schedule",
    ),
]
