from django.urls import path, register_converter

from invoicing.count_corrections import views as count_views
from invoicing.day_path import DayPath
from invoicing.evidence.views import InvoiceEvidence
from invoicing.lost import views as lost_views
from invoicing.pages import amendment_views, chosen_drafts, correction_views, credit_views, views
from invoicing.readings import views as reading_views

register_converter(DayPath, "day")

app_name = "invoicing"
urlpatterns = [
    path(
        "agreements/<int:pk>/amendments/<int:number>/effect/",
        amendment_views.AmendmentEffectPage.as_view(),
        name="amendment_effect",
    ),
    path("agreements/<int:pk>/readings/", reading_views.ReadingRegister.as_view(), name="reading_register"),
    path("agreements/<int:pk>/readings/<slug:question>/", reading_views.ReadingChange.as_view(), name="reading_change"),
    path(
        "sites/<int:site>/counts/<str:component>/<day:counted_on>/",
        count_views.CountHistoryPage.as_view(),
        name="count_history",
    ),
    path(
        "sites/<int:site>/counts/<str:component>/<day:counted_on>/correct/",
        count_views.CountCorrect.as_view(),
        name="count_correct",
    ),
    path("invoices/", views.InvoiceList.as_view(), name="invoice_list"),
    path("invoices/issue/", chosen_drafts.IssueDrafts.as_view(), name="invoices_issue"),
    path("invoices/discard/", chosen_drafts.DiscardDrafts.as_view(), name="invoice_discard"),
    path("invoices/missing/", lost_views.LostList.as_view(), name="lost_list"),
    path("invoices/missing/explain/", lost_views.LostExplain.as_view(), name="lost_explain"),
    path("invoices/missing/<str:title>.pdf", lost_views.LostFile.as_view(), name="lost_file"),
    path("invoices/run/", views.Run.as_view(), name="run"),
    path("invoices/runs/<int:pk>/", views.RunDetail.as_view(), name="run_detail"),
    path("invoices/corrections/", correction_views.CorrectionList.as_view(), name="correction_list"),
    path("invoices/corrections/<int:pk>/", correction_views.CorrectionDetail.as_view(), name="correction_detail"),
    path("invoices/<int:pk>/", views.InvoiceDetail.as_view(), name="invoice_detail"),
    path("invoices/<int:pk>/pdf/", views.InvoicePdf.as_view(), name="invoice_pdf"),
    path("invoices/<int:pk>/evidence/", InvoiceEvidence.as_view(), name="invoice_evidence"),
    path("invoices/<int:pk>/make-pdf/", views.InvoiceMakePdf.as_view(), name="invoice_make_pdf"),
    path("invoices/<int:pk>/issue/", views.InvoiceIssue.as_view(), name="invoice_issue"),
    path("invoices/<int:pk>/credit/", credit_views.InvoiceCredit.as_view(), name="invoice_credit"),
    path("waivers/", credit_views.WaiverList.as_view(), name="waiver_list"),
    path("waivers/<int:pk>/confirm/", credit_views.WaiverConfirm.as_view(), name="waiver_confirm"),
    path("waivers/<int:pk>/withdraw/", credit_views.WaiverWithdraw.as_view(), name="waiver_withdraw"),
]
