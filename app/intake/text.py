"""Text as it arrives, in two encodings, made readable: Unicode, composed, without hidden marks.

Burmese comes in Unicode or in Zawgyi, which share their code points. What is more likely Zawgyi
is converted; where that changed a name or an account, the original is kept beside it. Knows
strings and the cells that hold them; nothing of rows, keys or searches.
"""

from __future__ import annotations

import logging
import re
import unicodedata
import warnings
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any, Final

from myanmartools import ZawgyiDetector

from app.intake.models import Account, Contact, Identity, Relative

MORE_LIKELY_ZAWGYI: Final = 0.5
SURELY_UNICODE: Final = 0.05
SURELY_ZAWGYI: Final = 0.95
"""Between the two, both readings of a text are looked for."""

_HIDDEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_MYANMAR = re.compile("[\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f]")
_DIGITS = str.maketrans("၀၁၂၃၄၅၆၇၈၉", "0123456789")


@cache
def _detector() -> ZawgyiDetector:
    with warnings.catch_warnings():
        # It reads its model by a function that Python has deprecated, and kept.
        warnings.simplefilter("ignore", DeprecationWarning)
        return ZawgyiDetector()


def is_myanmar(text: str) -> bool:
    """Return whether any letter or digit of the Myanmar blocks stands in the text."""
    return _MYANMAR.search(text) is not None


def zawgyi_probability(text: str) -> float:
    """Return how likely the text is Zawgyi, 0 to 1; 0 without Myanmar script."""
    return max(0.0, _detector().get_zawgyi_probability(text)) if is_myanmar(text) else 0.0


def tidy(text: str) -> str:
    """Return the text composed (NFC), without zero-width marks, trimmed; encodings untouched."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(_HIDDEN)).strip()


def ascii_digits(text: str) -> str:
    """Return the text with Myanmar digits written 0 to 9."""
    return text.translate(_DIGITS)


def to_unicode(text: str) -> str:
    """Return tidy text, converted where it is more likely Zawgyi than Unicode.

    A conversion that still looks like Zawgyi has met neither; the text is then left alone.
    """
    plain = tidy(text)
    if zawgyi_probability(plain) <= MORE_LIKELY_ZAWGYI:
        return plain
    converted = _converted(plain)
    return converted if zawgyi_probability(converted) <= MORE_LIKELY_ZAWGYI else plain


def readings(text: str) -> tuple[str, ...]:
    """Return what a text may say: one reading where its encoding is sure, else both."""
    plain = tidy(text)
    probability = zawgyi_probability(plain)
    found = []
    if probability <= SURELY_ZAWGYI:
        found.append(plain)
    if probability >= SURELY_UNICODE:
        found.append(_converted(plain))
    return tuple(dict.fromkeys(found))


def _converted(text: str) -> str:
    return tidy(burmese().zg2uni(text))


@cache
def burmese() -> Any:
    """Return the library of Burmese script, imported when first needed: it costs 150 ms."""
    # It gives advice on single texts in the log, where nobody should learn that they came.
    logging.getLogger("burmesenlp.normalize").disabled = True
    return import_module("burmesenlp")


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
