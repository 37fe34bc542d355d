"""Text as it arrives, in two encodings, made readable: Unicode, composed, without hidden marks.

Burmese comes in Unicode or in Zawgyi, which share their code points.

- What is more likely Zawgyi is converted.
- Where that changed a text of a cell, whichever, the original is kept in the same cell: of the name
  and the account in a field of its own, of all others in ``as_written``.
- What is free text outside of these cells (notes, reasons, places) is kept as it came.
- An original lives as long as the text that it is the original of: an edit that sends the
  converted text back keeps it, an edit that replaces the text ends it.

Knows strings and the cells that hold them; nothing of rows, keys or searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from app.cases.models import (
    Account,
    AsWritten,
    Contact,
    Household,
    Identity,
    Papers,
    Relative,
)
from app.text.characters import clean
from app.text.encoding import is_myanmar, to_unicode

W = TypeVar("W", Papers, Household, Contact, Account)

# ---------------------------------------------------------------------- cells


def clean_identity(identity: Identity, before: Identity | None = None) -> Identity:
    """Return an identity in Unicode, with the original of a converted name.

    ``before`` is the identity that this one replaces. A name that is written in Burmese alone is
    the Burmese name as well.
    """
    name = to_unicode(identity.name)
    burmese = _clean(identity.name_burmese)
    if burmese is None and is_myanmar(name):
        burmese = name
    return replace(
        identity,
        name=name,
        name_burmese=burmese,
        name_as_written=_original(
            (identity.name, identity.name_burmese),
            identity.name_as_written or (before.name_as_written if before else None),
        ),
    )


def clean_papers(papers: Papers, before: Papers | None = None) -> Papers:
    """Return papers in Unicode, with the originals of what was converted."""
    names = ("nrc", "service", "service_number", "unit")
    texts = [(name, getattr(papers, name)) for name in names]
    return replace(
        papers,
        nrc=_clean(papers.nrc),
        service=_clean(papers.service),
        service_number=_clean(papers.service_number),
        unit=_clean(papers.unit),
        as_written=_originals(texts, papers, before),
    )


def clean_household(household: Household, before: Household | None = None) -> Household:
    """Return a household with names and relations in Unicode, and the originals of those."""
    texts = [
        (name, getattr(one, name)) for one in household.relatives for name in ("relation", "name")
    ]
    return replace(
        household,
        relatives=tuple(map(_clean_relative, household.relatives)),
        as_written=_originals(texts, household, before),
    )


def clean_contact(contact: Contact, before: Contact | None = None) -> Contact:
    """Return a contact with tidy numbers and handles, its texts in Unicode with their originals."""
    texts = [(name, getattr(contact, name)) for name in ("safe_times", "contacted_by")]
    return replace(
        contact,
        phones=tuple(map(clean, contact.phones)),
        handles=tuple(map(clean, contact.handles)),
        safe_times=_clean(contact.safe_times),
        contacted_by=_clean(contact.contacted_by),
        as_written=_originals(texts, contact, before),
    )


def clean_account(account: Account, before: Account | None = None) -> Account:
    """Return an account in Unicode, with the originals of what was converted.

    ``before`` is the account that this one replaces.
    """
    texts = [("health", account.health)]
    texts += [(name, text) for name in ("needs", "risks") for text in getattr(account, name)]
    return replace(
        account,
        says=to_unicode(account.says),
        says_as_written=_original(
            (account.says,), account.says_as_written or (before.says_as_written if before else None)
        ),
        needs=tuple(map(to_unicode, account.needs)),
        risks=tuple(map(to_unicode, account.risks)),
        health=_clean(account.health),
        as_written=_originals(texts, account, before),
    )


def _originals(
    texts: Iterable[tuple[str, str | None]], cell: W, before: W | None
) -> tuple[AsWritten, ...]:
    """Return the texts that are converted now, and earlier originals of those that still stand."""
    earlier = [*cell.as_written, *(before.as_written if before else ())]
    found: list[AsWritten] = []
    for name, text in texts:
        if text is None:
            continue
        if clean(text) != to_unicode(text):
            found.append(AsWritten(name, text))
        same = (one for one in earlier if one.field == name)
        found += (one for one in same if to_unicode(one.text) == to_unicode(text))
    return tuple(dict.fromkeys(found))


def _original(texts: Sequence[str | None], earlier: str | None) -> str | None:
    """Return the first text that is converted now, else the earlier original of one of them."""
    written = [text for text in texts if text is not None]
    for text in written:
        if clean(text) != to_unicode(text):
            return text
    if earlier is not None and to_unicode(earlier) in map(to_unicode, written):
        return earlier
    return None


def _clean_relative(relative: Relative) -> Relative:
    return replace(relative, name=_clean(relative.name), relation=to_unicode(relative.relation))


def _clean(text: str | None) -> str | None:
    return None if text is None else to_unicode(text)
