from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from people.views import OwnPassword, SignOutEverywhere

urlpatterns = [
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("logout/everywhere/", SignOutEverywhere.as_view(), name="logout_everywhere"),
    path("password/", OwnPassword.as_view(), name="password_change"),
]
