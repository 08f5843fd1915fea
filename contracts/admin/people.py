"""Who signs in, and in which roles. What a person may do comes from roles alone."""

from datetime import datetime

import axes.utils
from axes.models import AccessFailureLog
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import SetPasswordForm, UserChangeForm, UserCreationForm
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from contracts.admin.base import ReadOnlyAdmin, RecordAdmin
from contracts.fields import validate_plain_text
from people.roles import ROLES

admin.site.unregister([User, Group])

PERSON = ("first_name", "last_name", "email")
ACCESS = ("groups", "is_active", "is_superuser")


class InPlainWords:
    """A form about people, with labels for those who give roles and not for those who wrote the software."""

    labels = {
        "username": ("Signs in as", "Letters, digits and @ . + - _, such as “jdoe”."),
        "email": ("E-mail", ""),
        "groups": ("Roles", "What this person may see and do. Without a role nothing is shown."),
        "is_active": ("May sign in", "Clear it when somebody leaves: what the person has recorded stays on file."),
        "is_superuser": ("Administrator", "May do everything whatever the roles say, and gives roles to people."),
    }

    def __init__(self, *args, label_suffix: str = "", **kwargs):
        super().__init__(*args, label_suffix=label_suffix, **kwargs)
        for name in {"username", "first_name", "last_name", "name"} & set(self.fields):
            self.fields[name].validators.append(validate_plain_text)
        for name, (label, help_text) in self.labels.items():
            if name in self.fields:
                self.fields[name].label, self.fields[name].help_text = label, help_text


class NewPerson(InPlainWords, UserCreationForm):
    """A person with name, roles and a first password, on one page."""

    class Meta(UserCreationForm.Meta):
        fields = ("username", *PERSON, *ACCESS)


class PersonForm(InPlainWords, UserChangeForm):
    """A person on file; the password is set on its own page."""

    password = None


class PermissionsField(forms.ModelMultipleChoiceField):
    """What a role permits: one box for each thing that can be done."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, permission: Permission) -> str:
        """Return the permission as the thing that a person does."""
        text = permission.name.removeprefix("Can ").replace(" group", " role").replace(" user", " person")
        return text[:1].upper() + text[1:]


class RoleForm(InPlainWords, forms.ModelForm):
    permissions = PermissionsField(
        label="May",
        required=False,
        queryset=Permission.objects.exclude(content_type__app_label__in=("admin", "contenttypes", "sessions"))
        .exclude(content_type__model="permission")
        .order_by("content_type__app_label", "content_type__model", "pk"),
    )

    class Meta:
        model = Group
        fields = ("name", "permissions")


class RoleFilter(admin.RelatedFieldListFilter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = "role"


class OpenFilter(admin.BooleanFieldListFilter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = "may sign in"


@admin.register(User)
class PersonAdmin(RecordAdmin, UserAdmin):
    """A person who signs in; roles are check boxes."""

    noun, nouns, verb = "person", "people", "Add"
    form = PersonForm
    add_form = NewPerson
    add_form_template = None
    add_fieldsets = (
        (None, {"fields": ("username", ("password1", "password2"))}),
        ("Person", {"fields": (("first_name", "last_name"), "email")}),
        ("Access", {"fields": ACCESS}),
    )
    fieldsets = (
        (None, {"fields": ("username",)}),
        ("Person", {"fields": (("first_name", "last_name"), "email")}),
        ("Access", {"fields": (*ACCESS, ("last_signed_in", "added_on"))}),
    )
    readonly_fields = ("last_signed_in", "added_on")
    filter_horizontal = ()
    list_display = ("signs_in_as", "name", "e_mail", "roles", "may_sign_in", "last_signed_in")
    list_filter = (("groups", RoleFilter), ("is_active", OpenFilter))

    def title_of(self, row: User) -> str:
        return row.get_full_name() or row.get_username()

    @method_decorator(sensitive_post_parameters())
    def user_change_password(self, request, id, form_url=""):
        """Set a new password for somebody else; only an administrator sets that of another one."""
        person = self.get_object(request, unquote(id))
        if person is None or not self.has_change_permission(request, person):
            raise PermissionDenied
        if person.is_superuser and not request.user.is_superuser:
            raise PermissionDenied
        form = SetPasswordForm(person, request.POST or None, label_suffix="")
        if form.is_valid():
            form.save()
            axes.utils.reset(username=person.get_username())
            self.log_change(request, person, "Set a new password.")
            self.message_user(request, f"The new password of {person} is set. The old one no longer works.")
            update_session_auth_hash(request, person)
            return redirect("admin:auth_user_change", person.pk)
        context = self.admin_site.each_context(request) | {"opts": self.opts, "original": person, "form": form}
        return TemplateResponse(request, "admin/auth/user/change_password.html", context)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def has_delete_permission(self, request, obj=None):
        """Never: with a person would go the log of what the person did. Whoever leaves may no longer sign in."""
        return False

    def get_readonly_fields(self, request, obj=None):
        """Only an administrator makes another one."""
        names = super().get_readonly_fields(request, obj)
        return names if request.user.is_superuser else (*names, "is_superuser")

    @admin.display(description="signs in as", ordering="username")
    def signs_in_as(self, person: User) -> str:
        return person.get_username()

    @admin.display(description="e-mail", ordering="email", empty_value="–")
    def e_mail(self, person: User) -> str:
        return person.email

    @admin.display(ordering="last_name")
    def name(self, person: User) -> str:
        return person.get_full_name() or "–"

    @admin.display(description="roles")
    def roles(self, person: User) -> str:
        names = ["Administrator"] * person.is_superuser + [group.name for group in person.groups.all()]
        return ", ".join(names) or "none"

    @admin.display(ordering="last_login")
    def last_signed_in(self, person: User) -> datetime | None:
        return person.last_login

    @admin.display(ordering="date_joined")
    def added_on(self, person: User) -> datetime:
        return person.date_joined

    @admin.display(description="may sign in", boolean=True, ordering="is_active")
    def may_sign_in(self, person: User) -> bool:
        return person.is_active

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Show the roles as boxes, without the frame that Django puts around a list to choose from."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "groups":
            field.widget = forms.CheckboxSelectMultiple(choices=field.widget.choices)
        return field


@admin.register(Group)
class RoleAdmin(RecordAdmin, GroupAdmin):
    """A role and what it permits, as check boxes."""

    noun, nouns, verb = "role", "roles", "Add"
    form = RoleForm
    filter_horizontal = ()
    fields = ("name", "permissions")

    def has_change_permission(self, request, obj=None):
        return not self.comes_with_software(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return not self.comes_with_software(obj) and super().has_delete_permission(request, obj)

    def comes_with_software(self, role: Group | None) -> bool:
        """Whether a role is one of those that every update makes anew: nobody changes what it permits."""
        return role is not None and role.name in ROLES

    def seal_note(self, obj: Group) -> str:
        if not self.comes_with_software(obj):
            return ""
        return "This role comes with the software and stays as it is. For anything else, add a role of your own."


@admin.register(AccessFailureLog)
class FailedSignInAdmin(ReadOnlyAdmin):
    """Tries to sign in that failed, the last thousand for each name."""

    noun, nouns = "failed sign-in", "failed sign-ins"
    list_display = ("attempt_time", "username", "ip_address", "locked_out")
    list_filter = ("locked_out",)
    search_fields = ("username", "ip_address")
    date_hierarchy = "attempt_time"
    fields = ("attempt_time", "username", "ip_address", "locked_out", "user_agent")
