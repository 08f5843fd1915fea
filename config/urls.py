"""Every address of the application. All pages ask for a sign-in (LoginRequiredMiddleware) except `login`."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="contracts:agreement_list"), name="home"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("", include("contracts.urls")),
    path("", include("sites.urls")),
    path("", include("invoicing.urls")),
]
