"""A person's copy as a page to be printed: plain HTML without style, script or address.

Everything that somebody wrote is escaped. Knows labels and the copy; opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from pydantic import JsonValue

from app.copies.labels import LANGUAGES, Label, labels_in
from app.copies.service import PersonalCopy, Section


def render(copy: PersonalCopy, language: str) -> str:
    """Return the page in a language, in English where there is no such one."""
    words = labels_in(language)
    body = "\n".join(_body(copy, words))
    lang = language if language in LANGUAGES else "en"
    title = escape(words[Label.TITLE])
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    )


def _body(copy: PersonalCopy, words: Mapping[Label, str]) -> Iterator[str]:
    yield f"<p>{escape(words[Label.INTRODUCTION])}</p>"
    yield f"<p>{escape(words[Label.LEFT_OUT])}</p>"
    yield f"<p>{escape(words[Label.MADE_ON])}: {copy.made_on}</p>"
    for name, section in copy.cells.items():
        yield f"<h2>{escape(words[Label(name)])}</h2>"
        yield _facts(section, words)
    if copy.missing:
        named = ", ".join(words[Label(name)] for name in copy.missing)
        yield f"<p>{escape(words[Label.MISSING])}: {escape(named)}</p>"
    yield from _list(words[Label.NOTES], (f"{on}: {text}" for on, text in copy.notes))
    yield from _list(words[Label.CONSENTS], _consents(copy, words))
    yield from _list(
        words[Label.EVENTS],
        (
            ", ".join(filter(None, [f"{one.on}", words[Label(one.kind)], one.detail, one.state]))
            for one in copy.events
        ),
    )
    yield from _list(words[Label.GOES], _goes(copy, words))


def _consents(copy: PersonalCopy, words: Mapping[Label, str]) -> Iterator[str]:
    for purpose, given_on, withdrawn_on, with_whom in copy.consents:
        ended = f"{words[Label.UNTIL]} {withdrawn_on}" if withdrawn_on else None
        yield ", ".join(filter(None, [f"{given_on}", purpose, with_whom, ended]))


def _goes(copy: PersonalCopy, words: Mapping[Label, str]) -> Iterator[str]:
    names = set(Label)
    for due in copy.retention.dues:
        what = words[Label(due.what)] if due.what in names else due.what
        why = f" ({words[Label.STAYS_UNTIL]}: {', '.join(due.stops)})" if due.stops else ""
        yield f"{due.on}: {what}{why}"


def _list(title: str, lines: Iterable[str]) -> Iterator[str]:
    entries = [f"<li>{escape(line)}</li>" for line in lines]
    if entries:
        yield f"<h2>{escape(title)}</h2>"
        yield f"<ul>{''.join(entries)}</ul>"


def _facts(section: Section, words: Mapping[Label, str]) -> str:
    rows = (
        f"<dt>{escape(words[Label(name)])}</dt><dd>{_shown(value, words)}</dd>"
        for name, value in section.items()
        if value not in (None, [])
    )
    return f"<dl>{''.join(rows)}</dl>"


def _shown(value: JsonValue, words: Mapping[Label, str]) -> str:
    match value:
        case bool():
            return escape(words[Label.YES if value else Label.NO])
        case list():
            return "".join(f"<p>{_shown(entry, words)}</p>" for entry in value)
        case dict():
            return _facts(value, words)
        case int():
            return str(value)
        case _:
            return escape(str(value)).replace("\n", "<br>")
