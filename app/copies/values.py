"""What a person's copy calls the values of enumerations, and what keeps a part of it, by language.

Total over ``SHOWN``: a value without words is refused when this is imported. Words that a member
wrote are shown as written, and never looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.aid.models import AidStatus
from app.cases.models import CaseStatus, Channel, Standing
from app.consents.models import Purpose
from app.copies.labels import ENGLISH, LANGUAGES, Label
from app.registration.models import CodeKind, RegistrationStatus
from app.relocation.models import PlanStatus
from app.store.models import ErasedPart
from app.totality import require_rows
from app.vetting.models import VettingOutcome

SHOWN: Final[tuple[type[StrEnum], ...]] = (
    AidStatus, CaseStatus, Channel, CodeKind, PlanStatus, Purpose, RegistrationStatus, Standing,
    VettingOutcome,
)  # fmt: skip
"""Enumerations of which values are in the copy. The same value has the same words in each."""

CHOSEN: Final = frozenset({"standing", "channel", "language"})
"""Fields of cells that hold such a value and no words of anybody."""

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "abandoned": ("given up", "စွန့်လွှတ်ပြီး"),
    "active": ("being worked on", "ဆောင်ရွက်ဆဲ"),
    "approved": ("approved", "ခွင့်ပြုပြီး"),
    "cancelled": ("cancelled", "ပယ်ဖျက်ပြီး"),
    "casework": ("help with your case", "ကူညီဆောင်ရွက်ခြင်း"),
    "closed": ("closed", "ပိတ်ပြီး"),
    "confirmed": ("confirmed", "အတည်ပြုပြီး"),
    "declined": ("not taken on", "လက်မခံ"),
    "delivered": ("handed over", "ပေးအပ်ပြီး"),
    "disagree": ("not agreed, looked at again", "သဘောကွဲလွဲ၍ ပြန်စစ်"),
    "disputed": ("disputed", "အငြင်းပွားဆဲ"),
    "en": ("English", "အင်္ဂလိပ်"),
    "erased": ("erased", "ဖျက်ပြီး"),
    "expired": ("run out", "သက်တမ်းကုန်"),
    "family_member": ("family member", "မိသားစုဝင်"),
    "finished": ("over", "ပြီးဆုံး"),
    "follow_up": ("later contact", "နောက်ဆက်တွဲ ဆက်သွယ်ခြင်း"),
    "friend": ("a friend", "မိတ်ဆွေမှတစ်ဆင့်"),
    "full": ("full code", "ကုဒ်အပြည့်"),
    "in_person": ("in person", "လူကိုယ်တိုင်"),
    "in_service": ("in service", "တာဝန်ထမ်းဆောင်ဆဲ"),
    "issued": ("issued", "ထုတ်ပေးပြီး"),
    "left": ("has left", "ထွက်ခွာပြီး"),
    "merged": ("joined with another", "ပေါင်းပြီး"),
    "messenger": ("messenger", "မက်ဆင်ဂျာ"),
    "my": ("Burmese", "မြန်မာ"),
    "open": ("open", "မပြီးသေး"),
    "paid": ("paid", "ပေးပြီး"),
    "phone": ("phone", "ဖုန်း"),
    "pre": ("early code", "ကြိုတင်ကုဒ်"),
    "public_page": ("public page", "အများသုံး စာမျက်နှာ"),
    "publicity": ("being shown in public", "လူသိရှင်ကြား အသုံးပြုခြင်း"),
    "redeemed": ("used", "အသုံးပြုပြီး"),
    "refused": ("refused", "ငြင်းပယ်ပြီး"),
    "replaced": ("replaced", "အစားထိုးပြီး"),
    "requested": ("asked for", "တောင်းဆိုပြီး"),
    "research": ("figures and research", "စာရင်းဇယားနှင့် သုတေသန"),
    "reversed": ("reversed", "ပြန်လှန်ပြီး"),
    "revoked": ("revoked", "ပယ်ဖျက်ပြီး"),
    "settled": ("settled", "အခြေကျပြီး"),
    "sharing": ("sharing", "မျှဝေခြင်း"),
    "submitted": ("handed in", "တင်ပြပြီး"),
    "verified": ("verified", "အတည်ပြုပြီး"),
    "vetting": ("being vetted", "စိစစ်ဆဲ"),
    "withdrawn": ("ended without an outcome", "ရုပ်သိမ်းပြီး"),
    # what goes, where no label says it
    "all": ("all of it", "အားလုံး"),
    "registration": ("notes about codes", "ကုဒ်ဆိုင်ရာ မှတ်စုများ"),
    "reporting": ("what figures are made of", "စာရင်းဇယားအတွက် အချက်များ"),
    "route": ("places of the journey", "ခရီးစဉ်၏ နေရာများ"),
    "words": ("words of the journey", "ခရီးစဉ်၏ စကားဝှက်များ"),
    # what keeps it
    "aid not confirmed": ("aid that is not confirmed", "အကူအညီ အတည်မပြုရသေး"),
    "code not handed over": ("a code that is not handed over", "ကုဒ် မပေးအပ်ရသေး"),
    "figures of its half-year": ("figures of its half-year", "နှစ်ဝက်စာရင်း မချုပ်ရသေး"),
    "held": ("a hold", "ဆက်လက်ထိန်းသိမ်းထား"),
    "leg open": ("a journey that is not over", "ခရီးစဉ် မပြီးသေး"),
    "not read by anybody": ("something that nobody has read", "မည်သူမျှ မဖတ်ရသေး"),
    "vetting open": ("vetting that is not over", "စိစစ်မှု မပြီးသေး"),
}
_FILE: Final = "app/copies/values.py"
for _kind in SHOWN:
    require_rows("_WORDS", [one for one in _kind if one.value in _WORDS], _kind, file=_FILE)
_PARTS: Final = [part for part in ErasedPart if part.value in {*Label, *_WORDS}]
require_rows("Label or _WORDS", _PARTS, ErasedPart, file=_FILE)

VALUES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        language: MappingProxyType(
            {value: words[labels is not ENGLISH] for value, words in _WORDS.items()}
        )
        for language, labels in LANGUAGES.items()
    }
)
"""By language and value. A value that is not here (another language's code) is shown as it is."""


def word_for(value: str, language: str) -> str:
    """Return what a value is called in a language."""
    return VALUES.get(language, VALUES["en"]).get(value, value)


def name_of_part(what: str, language: str) -> str:
    """Return what a part that goes is called in a language."""
    if what in set(Label):
        return LANGUAGES.get(language, ENGLISH)[Label(what)]
    return word_for(what, language)
