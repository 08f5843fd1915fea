from django.urls import path

from contracts.amendments import agreement_events, events, schedule_views
from contracts.amendments import views as amendment_views
from contracts.pages import views

AMENDMENT = "agreements/<int:pk>/amendments/<int:number>/"

app_name = "contracts"
urlpatterns = [
    path("agreements/", views.AgreementList.as_view(), name="agreement_list"),
    path("agreements/suggestions/", views.AgreementSuggestions.as_view(), name="agreement_suggestions"),
    path("agreements/<int:pk>/amendments/draft/", events.AmendmentDraft.as_view(), name="amendment_draft"),
    path("agreements/<int:pk>/execute/", agreement_events.ExecuteAgreement.as_view(), name="agreement_execute"),
    path("agreements/<int:pk>/schedule/", schedule_views.OwnSchedule.as_view(), name="agreement_schedule"),
    path(
        "agreements/<int:pk>/discard-schedule/",
        agreement_events.DiscardOwnSchedule.as_view(),
        name="agreement_discard_schedule",
    ),
    path(AMENDMENT, amendment_views.AmendmentDetail.as_view(), name="amendment_detail"),
    path(f"{AMENDMENT}change/", events.AmendmentChange.as_view(), name="amendment_change"),
    path(f"{AMENDMENT}schedule/", schedule_views.ScheduleChange.as_view(), name="amendment_schedule"),
    path(f"{AMENDMENT}comparison/", amendment_views.AmendmentComparison.as_view(), name="amendment_comparison"),
    path(f"{AMENDMENT}sign/<str:side>/", events.Sign.as_view(), name="amendment_sign"),
    path(f"{AMENDMENT}withdraw/<str:side>/", events.Withdraw.as_view(), name="amendment_withdraw"),
    path(f"{AMENDMENT}attach-scan/", events.AttachScan.as_view(), name="amendment_attach_scan"),
    path(f"{AMENDMENT}copy-schedule/", events.CopySchedule.as_view(), name="amendment_copy_schedule"),
    path(f"{AMENDMENT}discard/", events.DiscardAmendment.as_view(), name="amendment_discard"),
    path(
        f"{AMENDMENT}discard-schedule/",
        events.DiscardSchedule.as_view(),
        name="amendment_discard_schedule",
    ),
]
