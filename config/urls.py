"""Every address of the application. All pages ask for a sign-in (LoginRequiredMiddleware) except `login`."""

from django.contrib import admin
from django.urls import include, path

from sites.site_pages.views import Home

handler400 = "config.middleware.not_understood"

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("", include("people.urls")),
    path("admin/", admin.site.urls),
    path("", include("contracts.urls")),
    path("", include("sites.urls")),
    path("", include("invoicing.urls")),
]
