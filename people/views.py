"""Pages that everybody has: signing in and out, and the own password."""

from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import View

from people.answers import AnswersByAddress
from people.sign_in import end_sessions


class OwnPasswordForm(PasswordChangeForm):
    """A new password, for those who know the old one: wrong tries count as those of the sign-in page do."""

    def __init__(self, *args, request: HttpRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self):
        old = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old) != self.user:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


class OwnPassword(AnswersByAddress, SuccessMessageMixin, PasswordChangeView):
    """The own password; changing it signs the person out on every other machine.

    An answer that is kept holds no password: a password field is never sent back with what was typed.
    """

    form_class = OwnPasswordForm
    success_url = reverse_lazy("password_change")
    success_message = "Your password is changed. You stay signed in here; other browsers ask for the new one."

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"request": self.request}


class SignOutEverywhere(View):
    """Sign out here and on every other machine."""

    http_method_names = ("post", "options")

    def post(self, request, **kwargs):
        end_sessions(request.user, but=request.session.session_key)
        logout(request)
        messages.success(request, "You are signed out everywhere.")
        return redirect("login")
