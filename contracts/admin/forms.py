"""Forms of the admin pages about what was agreed: each asks the pure rule and puts its sentence beside the field."""

from django import forms

from contracts.models import Agreement, Amendment, Party
from contracts.pages.scans import ScanField
from contracts.parties.names import alike, party_alike_text
from contracts.terms import amendment_refusals, change_refusals


class PartyForm(forms.ModelForm):
    """A party; one that may be on file already is shown, and made once a person confirms that it is another one."""

    another = forms.BooleanField(label="This is another party", required=False)

    class Meta:
        model = Party
        fields = ("legal_name", "division", "state_of_incorporation", "address")

    def clean(self):
        """Show the party that is spelled like this one."""
        data = super().clean()
        asked = "legal_name" in self.changed_data and not data.get("another")
        if asked and (found := party_like(data.get("legal_name", ""), but=self.instance.pk)):
            self.add_error("legal_name", party_alike_text(data["legal_name"], *found))
        return data


def party_like(name: str, *, but: int | None = None) -> tuple[str, str] | None:
    """Return the spelling on file that a party's name may be, and whose it is; `but` is the party itself."""
    others = Party.objects.exclude(pk=but).prefetch_related("aliases").order_by("pk")
    known = {spelling: other.legal_name for other in others for spelling in other.spellings()}
    return alike(name, known)


class AmendmentForm(forms.ModelForm):
    document = ScanField(
        label="Scanned document",
        required=False,
        help_text="PDF, PNG or JPEG of at most 20 MB. It can also be attached later, once, by its own button.",
    )

    class Meta:
        model = Amendment
        fields = (
            "agreement",
            "number",
            "contract_number",
            "effective_on",
            "from_expires_on",
            "expires_on",
            "expiration_clause",
            "document",
        )

    def clean(self):
        """Refuse a number or date out of turn and an extension that starts elsewhere (clauses 1 and 3)."""
        data = super().clean()
        agreement = data.get("agreement") or (self.instance.agreement if self.instance.pk else None)
        number = data.get("number") or self.instance.number
        if agreement is None or number is None:
            return data
        terms = Agreement.objects.with_terms().get(pk=agreement.pk).as_terms()
        refused = change_refusals if self.instance.pk else amendment_refusals
        refusals = refused(
            agreement=terms,
            number=number,
            effective_on=data.get("effective_on"),
            from_expires_on=data.get("from_expires_on"),
            expires_on=data.get("expires_on"),
        )
        for refusal in refusals:
            self.add_error(refusal.place if refusal.place in self.fields else None, refusal.message)
        return data
