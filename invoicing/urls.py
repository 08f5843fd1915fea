from django.urls import path

from invoicing import views

app_name = "invoicing"
urlpatterns = [
    path("invoices/", views.InvoiceList.as_view(), name="invoice_list"),
    path("invoices/run/", views.Run.as_view(), name="run"),
    path("invoices/<int:pk>/", views.InvoiceDetail.as_view(), name="invoice_detail"),
    path("invoices/<int:pk>/pdf/", views.InvoicePdf.as_view(), name="invoice_pdf"),
    path("invoices/<int:pk>/issue/", views.InvoiceIssue.as_view(), name="invoice_issue"),
    path("invoices/<int:pk>/credit/", views.InvoiceCredit.as_view(), name="invoice_credit"),
]
