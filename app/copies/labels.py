"""What a person's copy says around their own words, in their language.

Total over languages and labels: a label without a translation is refused when this is imported.
Languages that are not here get English.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.totality import require_rows


class Label(StrEnum):
    """A word or sentence of the copy. Fields of cells have their own names."""

    TITLE = "title"
    INTRODUCTION = "introduction"
    LEFT_OUT = "left_out"
    MADE_ON = "made_on"
    MISSING = "missing"
    NOTES = "notes"
    CONSENTS = "consents"
    EVENTS = "events"
    GOES = "goes"
    STAYS_UNTIL = "stays_until"
    UNTIL = "until"
    YES = "yes"
    NO = "no"
    SUMMARY = "summary"
    IDENTITY = "identity"
    PAPERS = "papers"
    HOUSEHOLD = "household"
    CONTACT = "contact"
    ACCOUNT = "account"
    STANDING = "standing"
    URGENT = "urgent"
    PEOPLE = "people"
    INFANTS = "infants"
    LANGUAGE = "language"
    NAME = "name"
    NAME_BURMESE = "name_burmese"
    NRC = "nrc"
    SERVICE = "service"
    SERVICE_NUMBER = "service_number"
    UNIT = "unit"
    BORN_ON = "born_on"
    AGE = "age"
    RELATIVES = "relatives"
    RELATION = "relation"
    WITH_PERSON = "with_person"
    CHANNEL = "channel"
    PHONES = "phones"
    HANDLES = "handles"
    SAFE_TIMES = "safe_times"
    SAYS = "says"
    NEEDS = "needs"
    RISKS = "risks"
    HEALTH = "health"
    CASE = "case"
    VETTING = "vetting"
    JOURNEY = "journey"
    CODE = "code"
    AID = "aid"


_L = Label
ENGLISH: Final[Mapping[Label, str]] = MappingProxyType(
    {
        _L.TITLE: "What we know about you",
        _L.INTRODUCTION: "You asked for this. Say what is wrong, or that you want it erased.",
        _L.LEFT_OUT: "Left out: what others said, facts about relatives, who helps or receives"
        " money, places and words of a journey.",
        _L.MADE_ON: "Made on",
        _L.MISSING: "Not in this copy: never taken down, gone, or not open to who made it",
        _L.NOTES: "Notes",
        _L.CONSENTS: "What you agreed to",
        _L.EVENTS: "What was done",
        _L.GOES: "When it goes",
        _L.STAYS_UNTIL: "kept for now, because of",
        _L.UNTIL: "ended on",
        _L.YES: "yes",
        _L.NO: "no",
        _L.SUMMARY: "In short",
        _L.IDENTITY: "Your name",
        _L.PAPERS: "Your papers",
        _L.HOUSEHOLD: "Your household",
        _L.CONTACT: "How to reach you",
        _L.ACCOUNT: "What you told",
        _L.STANDING: "Standing",
        _L.URGENT: "Urgent",
        _L.PEOPLE: "People",
        _L.INFANTS: "Infants",
        _L.LANGUAGE: "Language",
        _L.NAME: "Name",
        _L.NAME_BURMESE: "Name in Burmese",
        _L.NRC: "NRC number",
        _L.SERVICE: "Service",
        _L.SERVICE_NUMBER: "Service number",
        _L.UNIT: "Unit",
        _L.BORN_ON: "Born on",
        _L.AGE: "Age",
        _L.RELATIVES: "Relatives",
        _L.RELATION: "Relation",
        _L.WITH_PERSON: "With you",
        _L.CHANNEL: "First contact by",
        _L.PHONES: "Phones",
        _L.HANDLES: "Accounts of messengers",
        _L.SAFE_TIMES: "Safe times",
        _L.SAYS: "What happened",
        _L.NEEDS: "What you need",
        _L.RISKS: "What you fear",
        _L.HEALTH: "Health",
        _L.CASE: "Case",
        _L.VETTING: "Vetting",
        _L.JOURNEY: "Journey",
        _L.CODE: "Code",
        _L.AID: "Aid",
    }
)
BURMESE: Final[Mapping[Label, str]] = MappingProxyType(
    {
        _L.TITLE: "သင့်အကြောင်း ကျွန်ုပ်တို့ သိထားသည်များ",
        _L.INTRODUCTION: "သင်တောင်းဆို၍ ပေးခြင်းဖြစ်သည်။ မှားနေပါက ပြင်ခိုင်းပါ။ ဖျက်လိုပါက ပြောပါ။",
        _L.LEFT_OUT: "မပါဝင်ပါ - အခြားသူများ ပြောသည်များ၊ ဆွေမျိုးများ၏ အချက်အလက်များ၊"
        " ကူညီသူများ၊ ငွေလက်ခံသူများ၊ ခရီးစဉ်၏ နေရာများနှင့် စကားဝှက်များ။",
        _L.MADE_ON: "ပြုလုပ်သည့်နေ့",
        _L.MISSING: "မပါဝင်ပါ (မမှတ်တမ်းတင်ခဲ့၊ ဖျက်ပြီး သို့မဟုတ် ဖွင့်၍မရ)",
        _L.NOTES: "မှတ်စုများ",
        _L.CONSENTS: "သင် သဘောတူထားသည်များ",
        _L.EVENTS: "ဆောင်ရွက်ခဲ့သည်များ",
        _L.GOES: "ဖျက်မည့်နေ့",
        _L.STAYS_UNTIL: "ယခု ဆက်ထားရှိရသည့် အကြောင်းရင်း",
        _L.UNTIL: "ရုပ်သိမ်းသည့်နေ့",
        _L.YES: "ဟုတ်",
        _L.NO: "မဟုတ်",
        _L.SUMMARY: "အကျဉ်းချုပ်",
        _L.IDENTITY: "သင့်အမည်",
        _L.PAPERS: "သင့်စာရွက်စာတမ်းများ",
        _L.HOUSEHOLD: "သင့်မိသားစု",
        _L.CONTACT: "သင့်ကို ဆက်သွယ်ရန်",
        _L.ACCOUNT: "သင်ပြောပြသည်များ",
        _L.STANDING: "အခြေအနေ",
        _L.URGENT: "အရေးပေါ်",
        _L.PEOPLE: "လူဦးရေ",
        _L.INFANTS: "ကလေးငယ်",
        _L.LANGUAGE: "ဘာသာစကား",
        _L.NAME: "အမည်",
        _L.NAME_BURMESE: "မြန်မာအမည်",
        _L.NRC: "မှတ်ပုံတင်အမှတ်",
        _L.SERVICE: "အမှုထမ်း",
        _L.SERVICE_NUMBER: "ကိုယ်ပိုင်အမှတ်",
        _L.UNIT: "တပ်ဖွဲ့",
        _L.BORN_ON: "မွေးနေ့",
        _L.AGE: "အသက်",
        _L.RELATIVES: "ဆွေမျိုးများ",
        _L.RELATION: "တော်စပ်ပုံ",
        _L.WITH_PERSON: "သင်နှင့်အတူ",
        _L.CHANNEL: "ပထမဆုံး ဆက်သွယ်သည့်နည်း",
        _L.PHONES: "ဖုန်းများ",
        _L.HANDLES: "မက်ဆင်ဂျာ အကောင့်များ",
        _L.SAFE_TIMES: "ဘေးကင်းသည့်အချိန်",
        _L.SAYS: "ဖြစ်ပျက်ပုံ",
        _L.NEEDS: "လိုအပ်သည်များ",
        _L.RISKS: "စိုးရိမ်သည်များ",
        _L.HEALTH: "ကျန်းမာရေး",
        _L.CASE: "အမှုတွဲ",
        _L.VETTING: "စိစစ်ခြင်း",
        _L.JOURNEY: "ခရီးစဉ်",
        _L.CODE: "ကုဒ်",
        _L.AID: "အကူအညီ",
    }
)
LANGUAGES: Final[Mapping[str, Mapping[Label, str]]] = MappingProxyType(
    {"en": ENGLISH, "my": BURMESE}
)
"""The languages of the copy."""
for _labels in LANGUAGES.values():
    require_rows("LANGUAGES", list(_labels), Label, file="app/copies/labels.py")


def labels_in(language: str) -> Mapping[Label, str]:
    """Return the labels of a language, English where there are none."""
    return LANGUAGES.get(language, ENGLISH)
