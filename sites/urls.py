from django.urls import path, register_converter

from sites.hours import views as hours_views
from sites.imports import views as import_views
from sites.integration import views as integration_views
from sites.levels import views as level_views
from sites.month_grid import views as grid_views
from sites.month_path import MonthPath
from sites.reports import urls as report_urls
from sites.reviews import views as review_views
from sites.service import views as service_views
from sites.site_history import views as history_views
from sites.site_pages import views
from sites.starting import events as starting_events

register_converter(MonthPath, "month")

app_name = "sites"
urlpatterns = [
    path("agreements/<int:pk>/", views.AgreementDetail.as_view(), name="agreement_detail"),
    path("sites/", views.SiteList.as_view(), name="site_list"),
    path("sites/<int:pk>/", views.SiteDetail.as_view(), name="site_detail"),
    path("sites/<int:pk>/history/", history_views.SiteHistoryPage.as_view(), name="site_history"),
    path("agreements/<int:pk>/level-outlook/", history_views.LevelOutlook.as_view(), name="level_outlook"),
    path("sites/<int:pk>/history.csv", history_views.SiteHistoryCsv.as_view(), name="site_history_csv"),
    path("sites/<int:pk>/history.xlsx", history_views.SiteHistoryXlsx.as_view(), name="site_history_xlsx"),
    path("sites/<int:pk>/starting-level/", starting_events.StartingLevel.as_view(), name="starting_level"),
    path(
        "sites/<int:pk>/starting-level/change/",
        starting_events.ChangeStartingLevel.as_view(),
        name="starting_level_change",
    ),
    path(
        "sites/<int:pk>/starting-level/withdraw/",
        starting_events.WithdrawStartingLevel.as_view(),
        name="starting_level_withdraw",
    ),
    path("sites/<int:pk>/level/", level_views.DecideLevel.as_view(), name="level_decision"),
    path("sites/<int:pk>/service/end/", service_views.EndService.as_view(), name="service_end"),
    path("sites/<int:pk>/service/correct/", service_views.CorrectService.as_view(), name="service_correct"),
    # Counts of a month
    path("agreements/<int:pk>/counts/", grid_views.LastMonth.as_view(), name="counts"),
    path("agreements/<int:pk>/counts/<month:month>/", grid_views.MonthGridPage.as_view(), name="month_grid"),
    path(
        "agreements/<int:pk>/counts/<month:month>/figures/",
        grid_views.GridFigures.as_view(),
        name="month_grid_figures",
    ),
    path(
        "agreements/<int:pk>/counts/<month:month>/sites/<int:site>/",
        grid_views.GridRowSave.as_view(),
        name="month_grid_row",
    ),
    # Files that come in
    path("agreements/<int:pk>/imports/", import_views.Imports.as_view(), name="imports"),
    path("agreements/<int:pk>/import/<slug:kind>/", import_views.ImportFile.as_view(), name="import"),
    path(
        "agreements/<int:pk>/import/<slug:kind>/preview.csv",
        import_views.PreviewSheet.as_view(),
        name="import_preview",
    ),
    path(
        "agreements/<int:pk>/import/<slug:kind>/template/",
        import_views.ImportTemplate.as_view(),
        name="import_template",
    ),
    path("agreements/<int:pk>/counts/template/", import_views.CountTemplate.as_view(), name="count_template"),
    path("agreements/<int:pk>/counts/export/", import_views.CountExport.as_view(), name="count_export"),
    path("agreements/<int:pk>/layouts/", import_views.KeptLayouts.as_view(), name="import_layouts"),
    path(
        "agreements/<int:pk>/layouts/<int:layout>/rename/",
        import_views.RenameLayout.as_view(),
        name="import_layout_rename",
    ),
    path(
        "agreements/<int:pk>/layouts/<int:layout>/delete/",
        import_views.DeleteLayout.as_view(),
        name="import_layout_delete",
    ),
    path("imports/<int:pk>/", import_views.ImportDetail.as_view(), name="import_detail"),
    path("imports/<int:pk>/undo/", import_views.ImportUndo.as_view(), name="import_undo"),
    # Hours
    path("agreements/<int:pk>/hours/", hours_views.Hours.as_view(), name="hours"),
    path("agreements/<int:pk>/hours/blocks/", hours_views.BuyBlocks.as_view(), name="hours_buy"),
    path("agreements/<int:pk>/hours/work/", hours_views.EnterWork.as_view(), name="hours_enter"),
    path("agreements/<int:pk>/hours/entries/", hours_views.WorkList.as_view(), name="hours_entries"),
    path("agreements/<int:pk>/hours/import/", import_views.ImportFile.as_view(), {"kind": "work"}, name="hours_import"),
    path("hours/entries/<int:pk>/", hours_views.Entry.as_view(), name="hours_entry"),
    path("hours/entries/<int:pk>/change/", hours_views.ChangeWork.as_view(), name="hours_change"),
    path("hours/entries/<int:pk>/correct/", hours_views.CorrectWork.as_view(), name="hours_correct"),
    path("hours/entries/<int:pk>/reverse/", hours_views.ReverseWork.as_view(), name="hours_reverse"),
    path("hours/blocks/<int:pk>/reverse/", hours_views.ReverseBlocks.as_view(), name="hours_reverse_blocks"),
    # System integration
    path("sites/<int:pk>/integration/", integration_views.Integration.as_view(), name="integration"),
    path("sites/<int:pk>/integration/order/", integration_views.Order.as_view(), name="integration_order"),
    path("sites/<int:pk>/integration/quotation/", integration_views.Quote.as_view(), name="integration_quote"),
    path("integration/<int:pk>/quotation/", integration_views.Attach.as_view(), name="integration_attach"),
    path("integration/<int:pk>/complete/", integration_views.Complete.as_view(), name="integration_complete"),
    path("integration/<int:pk>/cancel/", integration_views.Cancel.as_view(), name="integration_cancel"),
    path("quotations/<int:pk>/", integration_views.QuotationFile.as_view(), name="quotation_file"),
    path("quotations/<int:pk>/document/", integration_views.AttachDocument.as_view(), name="quotation_document"),
    # Renewal reviews
    path("reviews/", review_views.ReviewList.as_view(), name="review_list"),
    path("reviews/<int:pk>/", review_views.ReviewDetail.as_view(), name="review_detail"),
    path("reviews/<int:pk>/<str:edition>.pdf", review_views.ReviewPdf.as_view(), name="review_pdf"),
    path("reviews/<int:pk>/refresh/", review_views.ReviewRefresh.as_view(), name="review_refresh"),
    path("reviews/<int:pk>/agree/", review_views.ReviewAgree.as_view(), name="review_agree"),
    path("agreements/<int:pk>/reviews/<int:period>/", review_views.ReviewOpen.as_view(), name="review_open"),
]
urlpatterns += report_urls.urlpatterns
