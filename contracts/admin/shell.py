"""Record pages in the shell of the other pages: what they are called, and where a person stands after Save."""

import json
from functools import partial
from typing import ClassVar

from django.contrib.admin import ModelAdmin
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

EDIT_AGAIN = " You may edit it again below."


def may_view(user, model: type[models.Model]) -> bool:
    """Whether a person may open the pages of a model."""
    return user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")


def with_article(noun: str) -> str:
    """Return a noun with the article that it takes: `an agreement`, `a party`."""
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def own_page(row: models.Model) -> str:
    """Return the address of the page that shows a record, empty for one that has none (ABSOLUTE_URL_OVERRIDES)."""
    return row.get_absolute_url() if hasattr(row, "get_absolute_url") else ""


class InShell(ModelAdmin):
    """Record pages that speak of agreements and sites, not of objects to select and change.

    `noun` and `nouns` are what a record is called where the model's own name is not what people say.
    """

    noun: ClassVar[str] = ""
    nouns: ClassVar[str] = ""
    verb: ClassVar[str] = "Enter"

    @property
    def one(self) -> str:
        return self.noun or str(self.opts.verbose_name)

    @property
    def several(self) -> str:
        return self.nouns or str(self.opts.verbose_name_plural)

    @property
    def many(self) -> str:
        return self.several[:1].upper() + self.several[1:]

    @property
    def looking_up(self) -> str:
        """The task of those who only look: `Look up agreements`."""
        return f"Look up {self.several}"

    @property
    def entering(self) -> str:
        """The task of entering a record: `Enter an agreement`."""
        return f"{self.verb} {with_article(self.one)}"

    def title_of(self, row: models.Model) -> str:
        name = str(row)
        return name if self.one.split()[0].lower() in name.lower() else f"{self.one[:1].upper()}{self.one[1:]} {name}"

    def words(self, request: HttpRequest, **more) -> dict:
        listed = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return {"noun": self.one, "records": self.many, "entering": self.entering, "list_address": listed, **more}

    def changelist_view(self, request, extra_context=None):
        context = self.words(request, title=self.many) | (extra_context or {})
        return super().changelist_view(request, context)

    def delete_view(self, request, object_id, extra_context=None):
        row = self.get_object(request, object_id)
        words = self.words(request, title=f"Delete {self.title_of(row)}?" if row else "")
        return super().delete_view(request, object_id, words | (extra_context or {}))

    def history_view(self, request, object_id, extra_context=None):
        row = self.get_object(request, object_id)
        words = self.words(request, title=f"Changes: {self.title_of(row)}" if row else "")
        return super().history_view(request, object_id, words | (extra_context or {}))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        stored = obj if change else None
        page = own_page(stored) if stored is not None and may_view(request.user, self.model) else ""
        context.update(self.words(request), own_page=page, subtitle=None)
        context["title"] = self.title_of(stored) if stored is not None else self.entering
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_inline_formsets(self, request, formsets, inline_instances, obj=None):
        inlines = super().get_inline_formsets(request, formsets, inline_instances, obj)
        for inline in inlines:
            inline.inline_formset_data = partial(_adding_rows, type(inline), inline)
        return inlines

    def response_post_save_add(self, request, obj) -> HttpResponse:
        return HttpResponseRedirect(self.after_save(request, obj))

    def response_post_save_change(self, request, obj) -> HttpResponse:
        return HttpResponseRedirect(self.after_save(request, obj))

    def after_save(self, request: HttpRequest, row: models.Model) -> str:
        """Return where a person stands after Save: on the record's own page, else on its form."""
        if not may_view(request.user, self.model) and not self.has_change_permission(request, row):
            return reverse("admin:index")
        page = own_page(row) if may_view(request.user, self.model) else ""
        return page or reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        """Answer as every other page does for what is not on file."""
        raise Http404(f"No such {self.one}.")

    def message_user(self, request, message, *args, **kwargs):
        plain = message.replace(" successfully", "").replace(EDIT_AGAIN, "")
        plain = plain.replace(f"The {self.opts.verbose_name} ", f"The {self.one} ", 1)
        super().message_user(request, type(message)(plain), *args, **kwargs)


def _adding_rows(formset_type: type, inline) -> str:
    """Return what the script of a table of rows needs to know, with our words on its button."""
    data = json.loads(formset_type.inline_formset_data(inline))
    data["options"]["addText"] = f"Add {with_article(str(inline.opts.verbose_name))}"
    return json.dumps(data)
