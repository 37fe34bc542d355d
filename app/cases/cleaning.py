"""Text as it arrives, in two encodings, made readable: Unicode, composed, without hidden marks.

Burmese comes in Unicode or in Zawgyi, which share their code points. What is more likely Zawgyi
is converted; where that changed a name or an account, the original is kept beside it. Knows
strings and the cells that hold them; nothing of rows, keys or searches.
"""

from __future__ import annotations

from dataclasses import replace

from app.cases.models import Account, Contact, Identity, Relative
from app.text.encoding import is_myanmar, tidy, to_unicode

# ---------------------------------------------------------------------- cells


def clean_identity(identity: Identity) -> Identity:
    """Return an identity in Unicode; a name that was converted keeps its first spelling.

    A name that is written in Burmese alone is the Burmese name as well.
    """
    name = to_unicode(identity.name)
    burmese = _clean(identity.name_burmese)
    if burmese is None and is_myanmar(name):
        burmese = name
    first = identity.name_as_written
    for written, clean in ((identity.name, name), (identity.name_burmese, burmese)):
        if first is None and written is not None and tidy(written) != clean:
            first = written
    return replace(
        identity,
        name=name,
        name_burmese=burmese,
        name_as_written=first,
        nrc=_clean(identity.nrc),
        service=_clean(identity.service),
        service_number=_clean(identity.service_number),
        unit=_clean(identity.unit),
        household=tuple(map(_clean_relative, identity.household)),
    )


def clean_contact(contact: Contact) -> Contact:
    """Return a contact with tidy numbers and handles, written as they came otherwise."""
    return replace(
        contact,
        phones=tuple(map(tidy, contact.phones)),
        handles=tuple(map(tidy, contact.handles)),
        safe_times=_clean(contact.safe_times),
        contacted_by=_clean(contact.contacted_by),
    )


def clean_account(account: Account) -> Account:
    """Return an account in Unicode; what was converted in it is kept as it was written."""
    says = to_unicode(account.says)
    first = account.says_as_written
    if first is None and tidy(account.says) != says:
        first = account.says
    return replace(
        account,
        says=says,
        says_as_written=first,
        needs=tuple(map(to_unicode, account.needs)),
        risks=tuple(map(to_unicode, account.risks)),
        health=_clean(account.health),
        consent_for=tuple(map(to_unicode, account.consent_for)),
        consent_given=_clean(account.consent_given),
    )


def _clean_relative(relative: Relative) -> Relative:
    return replace(relative, name=_clean(relative.name), relation=to_unicode(relative.relation))


def _clean(text: str | None) -> str | None:
    return None if text is None else to_unicode(text)
