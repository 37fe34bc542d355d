"""Handles of messengers and networks, as they are typed, pasted as addresses, or shared.

- A handle is compared by its name, without ``@``, the service and whatever the address carries:
  the same tracking words make nobody the same person.
- An address with a number in its query (``profile.php?id=``) is compared by that number.
- A name with dots is compared without them as well, because the network that most people here use
  ignores them; not so in an address of another network.
- Phone numbers in addresses are for ``identifiers.phones_among``.

Knows strings; nothing of keys, indexes or cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from app.text.characters import clean
from app.text.folding import compatible, fold

_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,15}:/{0,2}|)(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?[/?#]\S*|[a-z]{2,10}://\S+",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:/{1,2}", re.IGNORECASE)
_AT = re.compile(r"(?<![\w.])@\s?([\w.+-]+)")
_PARTS = re.compile(r"[\s,;|\u104a\u104b]+")
_SERVICE = re.compile(
    r"^\W*(?:(?:facebook|fb|messenger|telegram|tele|tg|viber|line|whatsapp|wa|signal|instagram|ig|"
    r"insta|tiktok|twitter|page|profile|account|acc|user ?name|name|id|link)"
    r"(?:\s*[:=(\[]+\s*|\s+))+",
    re.IGNORECASE,
)
_LIKE_A_HANDLE = re.compile(r"[^\W\d_]\w*[._0-9]\w")
_AROUND: Final = " .,:;!?'\"()[]{}<>*_~=-\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026\u104a\u104b/\\|"
_BEFORE: Final = frozenset("@~+")

_IDS: Final = ("id", "profile_id", "domain", "username", "user", "number", "phone", "contact")
"""Names in a query whose value says whose profile it is."""

_FOLDERS: Final = frozenset(
    [
        "profile.php",
        "user.php",
        "permalink.php",
        "story.php",
        "people",
        "groups",
        "user",
        "users",
        "pages",
        "pg",
        "p",
        "t",
        "s",
        "ti",
        "r",
        "u",
        "c",
        "add",
        "chat",
        "send",
        "resolve",
        "share",
        "in",
        "i",
        "web",
        "home",
        "public",
        "channel",
        "messages",
        "profile",
        "accounts",
        "m",
    ]
)
"""Segments of a path that come before a name, or in its place where the query has it."""

_OF_NO_PERSON: Final = frozenset(
    [
        "dialog",
        "events",
        "explore",
        "hashtag",
        "help",
        "intent",
        "login",
        "login.php",
        "marketplace",
        "media",
        "photo",
        "photo.php",
        "photos",
        "plugins",
        "posts",
        "reel",
        "reels",
        "search",
        "sharer",
        "sharer.php",
        "status",
        "stories",
        "video.php",
        "videos",
        "watch",
    ]
)
"""First segments of addresses that lead to a picture, a film or a page of the network itself."""

_NOTHING: Final = frozenset(
    map(
        fold,
        ("none", "no", "nil", "na", "n/a", "unknown", "same", "မရှိ", "မရှိပါ", "မရှိဘူး", "မသိ", "မသိပါ"),
    )
)
"""What people write in a field that must not stay empty; it makes nobody the same person."""

_LEADS_ON: Final = ("u", "next", "continue")
"""Names in a query whose value is the address that this one leads to."""

_WITHOUT_DOTS: Final = ("facebook.com", "fb.com", "fb.me", "m.me", "messenger.com")


def handle(written: str) -> frozenset[str]:
    """Return every handle in a field, in lower case, without ``@`` and what an address adds."""
    text = compatible(clean(written))
    found = handles_among(text)
    return found or _both_ways(_typed(text))


def handles_among(written: str) -> frozenset[str]:
    """Return the handles in a text that is not meant for them: addresses, and words after ``@``."""
    text = compatible(clean(written))
    found = {name for address in _ADDRESS.findall(text) for name in _names_in(address)}
    mentioned = _AT.findall(_ADDRESS.sub(" ", text))
    return frozenset(filter(None, found)) | _both_ways(map(_name, mentioned))


def _both_ways(names: Iterable[str]) -> frozenset[str]:
    """Return the names as they are and without their dots, none that is empty."""
    return frozenset(way for name in names for way in (name, name.replace(".", "")) if way)


def _typed(text: str) -> Iterator[str]:
    """Yield what a field without an address names: one handle, whatever was written before it."""
    bare = _SERVICE.sub("", f"{text} ")
    if fold(bare).strip(_AROUND) in _NOTHING:
        return
    parts = [part for part in _PARTS.split(bare) if _name(part)]
    yield _name("".join(parts))
    if len(parts) > 1:
        # A name of a network's own kind among words, such as "thet.naing.x (his wife's)".
        yield from (_name(part) for part in parts if _LIKE_A_HANDLE.search(part))


def _names_in(address: str) -> Iterator[str]:
    """Yield whose profile an address leads to."""
    try:
        parts = urlsplit(address if _SCHEME.match(address) else f"//{address}")
    except ValueError:
        return
    host = parts.netloc.lower().rpartition("@")[2]
    query = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
    further = next((query[name] for name in _LEADS_ON if name in query), "")
    if _ADDRESS.fullmatch(further):
        # An address that leads to another one, as networks share them.
        yield from _names_in(further)
        return
    fragment = parts.fragment.removeprefix("!")
    path = parts.path + (f"/{fragment}" if fragment.startswith(("/", "p/")) else "")
    segments = [unquote(segment) for segment in path.split("/") if segment]
    names = [segment for segment in segments if segment.lower() not in _FOLDERS]
    if names and names[0].lower() in _OF_NO_PERSON:
        return
    by_number = next((query[name] for name in _IDS if name in query), None)
    if by_number is not None and not names:
        names = [by_number]
    if not names:
        return
    numbered = [segment for segment in names if segment.isdecimal()]
    name = _name(numbered[-1] if numbered and len(segments) > len(names) else names[0])
    yield from _both_ways([name]) if host.endswith(_WITHOUT_DOTS) else [name]


def _name(text: str) -> str:
    """Return a name as it is compared."""
    folded = fold(text).replace(" ", "").strip(_AROUND)
    while folded and folded[0] in _BEFORE:
        folded = folded[1:].strip(_AROUND)
    return folded
