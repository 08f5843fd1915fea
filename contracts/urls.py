from django.urls import path

from contracts import views

app_name = "contracts"
urlpatterns = [
    path("agreements/", views.AgreementList.as_view(), name="agreement_list"),
]
