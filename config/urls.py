"""Every address of the application. All pages ask for a sign-in (LoginRequiredMiddleware) except `login`."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.urls import include, path, reverse_lazy

from sites.site_pages.views import Home


class OwnPassword(SuccessMessageMixin, PasswordChangeView):
    success_url = reverse_lazy("home")
    success_message = "Your password is changed. You stay signed in here; other browsers ask for the new one."


urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", OwnPassword.as_view(), name="password_change"),
    path("admin/", admin.site.urls),
    path("", include("contracts.urls")),
    path("", include("sites.urls")),
    path("", include("invoicing.urls")),
]
