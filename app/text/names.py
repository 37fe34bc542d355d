"""Names made comparable: across spellings, scripts, honorifics and the order of syllables.

A name's *key* is the sorted skeletons of its syllables. Latin spellings of Burmese follow no
standard (Htet, Htat, Het), so a skeleton keeps the class of the first sound, of the vowel and of
the end; Burmese is romanised (BGN/PCGN) and cut down likewise. Keys are computed for a
comparison and stored nowhere. The rules are our own.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice, product
from typing import Final, TypeAlias

from app.text.characters import ignorables
from app.text.encoding import burmese, is_myanmar, readings
from app.text.myanmar import look_alikes_as_letters, one_sound, one_spelling, order_marks

Key: TypeAlias = tuple[str, ...]

FEWEST_SYLLABLES: Final = 2
_DISTINCTIVE_SYLLABLES: Final = 3

HONORIFICS: Final = frozenset(
    {
        "u", "daw", "ko", "ma", "maung", "mg", "mr", "mrs", "ms", "saw", "naw", "sai",
        "nang", "nan", "salai", "mai", "dr", "bo", "ashin", "sayar", "saya",
    }
)  # fmt: skip
"""Forms of address in Latin letters, lower case; a name means the same person without them."""

_WORDS = re.compile(r"[^\W\d_]+")
_SHORT_FORMS: Final = {"mg": "maung"}
_TONES = dict.fromkeys(map(ord, "့း"))
_MOST_READINGS: Final = 8
_COMMON: Final = """
    a aung aye ba bo bone chan chaw cherry chit cho dar dee dway ei eain ga gyi hein hla hlaing
    hmone hmwe hnin hpone hsu htay htet htike htoo htoon htut htwe htun ingyin ja khaing khant
    khin khine khun kyaw kyawt kyi kyin kyu la latt lay lin lone lu lwin ma mar maung may maw
    min mo moe mon mu mya myat myint myit myo naing nan nandar nanda nay ne nge ni nilar nu nwe
    nway nyein nyi nyo nyunt ohn ohnmar on oo paing pa po pu pwint pyae pyay pyi pyo pyone phyo
    phyu sa san sandar sandi saw say sein shein shin shwe si sint sithu so soe su sue swe tar
    tha than thandar thant thar thaung thaw thazin thein theingi thet thi thida thidar thiha
    thin thinzar thiri thit thu thurein thura thuza thuzar thwe thwin tin tint toe tun tut u wah
    wai win wint wut ya yadanar yan yar yaung ye yee yi yin yoon yu yupar za zar zaw zayar zeya
    zin zun
"""
"""Syllables of everyday names, in some spelling of each."""

_STARTS: Final = {
    # Each spelling of a first sound, and the class that it falls into.
    "hky": "j", "khy": "j", "ky": "j", "gy": "j", "ch": "j", "kj": "j", "j": "j",
    "kh": "k", "hk": "k", "gh": "k", "k": "k", "g": "k", "c": "k", "q": "k",
    "hp": "p", "ph": "p", "bh": "p", "b": "p", "p": "p", "f": "p",
    "ht": "t", "dh": "t", "dr": "t", "d": "t", "t": "t", "th": "th",
    "hs": "s", "s": "s", "x": "s", "z": "z", "sh": "sh", "hy": "sh", "rh": "sh",
    "hm": "m", "mh": "m", "m": "m", "hmy": "my", "my": "my",
    "hn": "n", "nh": "n", "n": "n", "hny": "ny", "ny": "ny", "nj": "ny",
    "hng": "ng", "ng": "ng", "ngy": "ny", "hngy": "ny",
    "hl": "l", "lh": "l", "l": "l", "hly": "ly", "ly": "ly",
    "hw": "w", "wh": "w", "w": "w", "v": "w", "y": "y", "r": "y", "h": "h",
}  # fmt: skip
_SYLLABLE = re.compile(
    r"(?P<start>[bcdfghjklmnpqrstvwxz]*(?:y(?=[aeiouw]))?w?)"
    r"(?P<vowel>eai|au|oo|ou|aa|ai|ae|ee|ea|ei|ie|oe|oa|ue|uu|"
    r"(?:aye|awe|ow|aw|o[hr]|a(?:h|rr?|y)|ey)(?![aeiou])|[aeiouy])"
    r"(?:(?P<end>(?:ng|nt|nn|mm|tt|ck|kt|hn|n|m|t|k|p|d|g|c)(?![aeiouyw]|h[aeiou]))|"
    r"(?P<silent>[nmktp]e)(?![a-z]))?"
)
_NASAL: Final = frozenset("nm")
_OPEN_VOWELS: Final = {
    "a": "a", "aa": "a", "ar": "a", "arr": "a", "ah": "a", "i": "i", "ee": "i", "ea": "i",
    "ie": "i",
    "y": "i", "e": "e", "ay": "e", "aye": "e", "ae": "e", "ai": "e", "ey": "e", "u": "u",
    "oo": "u", "uu": "u", "ue": "u", "o": "o", "oe": "o", "ow": "o", "aw": "o", "awe": "o",
    "or": "o", "oh": "o", "oa": "o", "ou": "o", "au": "o",
}  # fmt: skip
_NASAL_VOWELS: Final = {
    "a": "a", "aa": "a", "ah": "a", "i": "i", "ee": "i", "y": "i", "e": "i", "ea": "i",
    "ei": "ai", "ai": "ai", "ae": "ai", "ay": "ai", "aye": "ai", "eai": "ai", "u": "u",
    "oo": "u", "uu": "u", "o": "u", "oh": "u", "ou": "u", "ow": "u", "oa": "u", "au": "au",
    "aw": "au",
}  # fmt: skip
_STOPPED_VOWELS: Final = {
    "a": "e", "e": "e", "i": "i", "ee": "i", "y": "i", "ai": "ai", "ei": "ei", "ay": "ei",
    "u": "u", "oo": "u", "o": "o", "oa": "o", "ow": "o", "oh": "o", "au": "au", "ou": "au",
    "aw": "au",
}  # fmt: skip
_SILENT_VOWELS: Final = {"i": "ai", "a": "ei", "y": "ai"}
_SILENT_NASAL_VOWELS: Final = {"i": "ai", "a": "ai", "y": "ai", "o": "u"}

_Syllable: TypeAlias = tuple[str, tuple[str, ...]]


class NameReader:
    """Reads names into keys. Remembers them while many names are compared, and no longer."""

    def __init__(self) -> None:
        self._words: dict[str, list[_Syllable]] = {}
        self._texts: dict[str, frozenset[Key]] = {}

    def keys(self, *written: str | None) -> frozenset[Key]:
        """Return the keys of a name: with and without its honorific.

        ``written`` are spellings of one name, in either script and encoding.
        """
        return frozenset().union(*(self._keys(text) for text in written if text))

    def _keys(self, text: str) -> frozenset[Key]:
        known = self._texts.get(text)
        if known is None:
            found = (_keys(self._syllables(reading)) for reading in readings(text))
            known = self._texts[text] = frozenset().union(*found)
        return known

    def _syllables(self, name: str) -> list[_Syllable]:
        """Return each syllable in Latin letters, with the skeletons that it may have."""
        cut: Callable[[str], list[_Syllable]] = _cut
        words: list[str] = _WORDS.findall(_plain_letters(name))
        if is_myanmar(name):
            # Without tones, as no Latin spelling has them.
            letters = look_alikes_as_letters(order_marks(name.translate(ignorables())))
            letters = one_sound(one_spelling(letters))
            words = burmese().syllable_tokenize(letters.translate(_TONES))
            cut = _romanised
        found: list[_Syllable] = []
        for word in words:
            known = self._words.get(word)
            if known is None:
                known = self._words[word] = cut(word)
            found += known
        return found


def name_keys(*written: str | None) -> frozenset[Key]:
    """Return the keys of one name: see ``NameReader.keys``."""
    return NameReader().keys(*written)


def is_distinctive(keys: Iterable[Key]) -> bool:
    """Return whether a name has enough syllables that two people rarely share it."""
    return any(len(key) >= _DISTINCTIVE_SYLLABLES for key in keys)


def is_unusual(key: Key) -> bool:
    """Return whether a whole name is so rare that two people hardly share it by chance.

    Most syllables of a name of three or more must be ones that few names have.
    """
    rare = sum(syllable not in _common() for syllable in key)
    return len(key) >= _DISTINCTIVE_SYLLABLES and rare > len(key) // 2


@cache
def _common() -> frozenset[str]:
    found = (skeletons for word in _COMMON.split() for _, skeletons in _cut(word))
    return frozenset(skeleton for skeletons in found for skeleton in skeletons)


def contains_name(whole: Iterable[Key], part: Iterable[Key]) -> bool:
    """Return whether some key holds every syllable of a key that is looked for.

    One syllable alone must be the whole name: it is in the names of half of everyone.
    """
    parts = list(part)
    single = {wanted for wanted in parts if len(wanted) < FEWEST_SYLLABLES}
    counted = [Counter(wanted) for wanted in parts if len(wanted) >= FEWEST_SYLLABLES]
    return any(key in single or any(wanted <= Counter(key) for wanted in counted) for key in whole)


def _keys(syllables: list[_Syllable]) -> Iterable[Key]:
    """Yield the key of all syllables, and of those after a leading honorific."""
    choices = [skeletons for _, skeletons in syllables]
    if choices:
        yield from _spelt(choices)
    if len(choices) > 1 and syllables[0][0] in HONORIFICS:
        yield from _spelt(choices[1:])


def _spelt(choices: list[tuple[str, ...]]) -> Iterable[Key]:
    for skeletons in islice(product(*choices), _MOST_READINGS):
        yield tuple(sorted(skeletons))


def _plain_letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _romanised(syllable: str) -> list[_Syllable]:
    """Romanise one syllable alone: within a word the romaniser voices consonants."""
    latin = "".join(_WORDS.findall(_plain_letters(burmese().romanize(syllable))))
    if re.search("ွ\u103e?န်", syllable):
        latin = latin.replace("wan", "un")
    if syllable.startswith("ရ") and "ှ" in syllable:
        latin = "sh" + latin.removeprefix("y")
    cut = _cut(latin.replace("yy", "y")) if latin else []
    if syllable.endswith("ည်") and len(cut) == 1:
        # Read as i or as e, word by word.
        start = cut[0][1][0][:-1]
        return [(latin, (start + "i", start + "e"))]
    return cut


def _cut(word: str) -> list[_Syllable]:
    """Cut a word into syllables; what is no syllable of this kind stays whole."""
    word = _SHORT_FORMS.get(word, word)
    found = list(_SYLLABLE.finditer(word))
    if "".join(match.group() for match in found) != word:
        return [(word, (word,))]
    return [(match.group(), _skeletons(match)) for match in found]


def _skeletons(match: re.Match[str]) -> tuple[str, ...]:
    vowel = match["vowel"]
    end = match["end"]
    silent = match["silent"]
    if silent:
        nasal = silent[0] in _NASAL
        vowels = _SILENT_NASAL_VOWELS if nasal else _SILENT_VOWELS
        sound = vowels.get(vowel, vowel) + ("n" if nasal else "t")
    elif end is None:
        if vowel == "ei":
            start = _start(match["start"])
            return (start + "i", start + "e")
        sound = _OPEN_VOWELS.get(vowel, vowel)
    elif end[0] in _NASAL or end == "hn":
        sound = _NASAL_VOWELS.get(vowel, vowel) + "n"
    else:
        sound = _STOPPED_VOWELS.get(vowel, vowel) + "t"
    if vowel == "ou" and end == "ng":
        sound = "aun"
    elif vowel == "aw" and end == "t":
        # A creaky tone, as in Kyawt: not a stop, which is written auk.
        sound = "o"
    start = _start(match["start"])
    if start == "w" and sound == "ut":
        # Spelt wat in Burmese, said and written Wut.
        sound = "et"
    if start.endswith("w") and len(start) > 1 and sound[0] in "uo":
        # Written with a glide in Burmese, and never in Latin: htwun, Tun.
        start = start[:-1]
    return (start + sound,)


def _start(written: str) -> str:
    """Return the class of a syllable's first sound, with the glide that follows it."""
    glide = ""
    if written.endswith("w") and len(written) > 1:
        written, glide = written[:-1], "w"
    kind = _STARTS.get(written)
    if kind is None and written.endswith("y"):
        kind = _STARTS.get(written[:-1], written[:-1]) + "y"
    return (kind or written) + glide
