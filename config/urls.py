"""Every address of the application. All pages ask for a sign-in (LoginRequiredMiddleware) except `login`."""

from django.contrib import admin
from django.urls import include, path

from desk.search.views import SearchPage
from desk.today.views import Today

handler400 = "config.middleware.not_understood"

urlpatterns = [
    path("", Today.as_view(), name="home"),
    path("search/", SearchPage.as_view(), name="search"),
    path("", include("people.urls")),
    path("admin/", admin.site.urls),
    path("", include("contracts.urls")),
    path("", include("sites.urls")),
    path("", include("invoicing.urls")),
]
