"""A person's copy as a page to be printed: plain HTML without style, script or address.

Everything that somebody wrote is escaped. Knows labels and the copy; opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from pydantic import JsonValue

from app.copies.labels import LANGUAGES, Label, labels_in
from app.copies.service import PersonalCopy, Section
from app.copies.values import CHOSEN, name_of_part, word_for


def render(copy: PersonalCopy, language: str) -> str:
    """Return the page in a language, in English where there is no such one."""
    return _Page(language if language in LANGUAGES else "en").render(copy)


class _Page:
    """A copy's page in one language."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._words = labels_in(language)

    def render(self, copy: PersonalCopy) -> str:
        body = "\n".join(self._body(copy))
        title = self._label(Label.TITLE)
        return (
            f'<!doctype html>\n<html lang="{self._language}">\n<head>\n<meta charset="utf-8">\n'
            f"<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
        )

    def _label(self, label: Label) -> str:
        return escape(self._words[label])

    def _word(self, value: str) -> str:
        return word_for(value, self._language)

    def _body(self, copy: PersonalCopy) -> Iterator[str]:
        yield f"<p>{self._label(Label.INTRODUCTION)}</p>"
        yield f"<p>{self._label(Label.LEFT_OUT)}</p>"
        yield f"<p>{self._label(Label.MADE_ON)}: {copy.made_on}</p>"
        for name, section in copy.cells.items():
            yield f"<h2>{self._label(Label(name))}</h2>"
            yield self._facts(section)
        if copy.missing:
            named = ", ".join(self._label(Label(name)) for name in copy.missing)
            yield f"<p>{self._label(Label.MISSING)}: {named}</p>"
        yield from self._list(Label.NOTES, (f"{on}: {text}" for on, text in copy.notes))
        yield from self._list(Label.CONSENTS, self._consents(copy))
        yield from self._list(Label.EVENTS, self._events(copy))
        yield from self._list(Label.GOES, self._goes(copy))

    def _consents(self, copy: PersonalCopy) -> Iterator[str]:
        for one in copy.consents:
            ended = f"{self._words[Label.UNTIL]} {one.withdrawn_on}" if one.withdrawn_on else None
            said = [f"{one.given_on}", self._word(one.purpose), one.with_whom, one.how, ended]
            yield ", ".join(filter(None, said))

    def _events(self, copy: PersonalCopy) -> Iterator[str]:
        for one in copy.events:
            detail = None if one.detail is None else self._word(one.detail)
            said = [f"{one.on}", self._words[Label(one.kind)], detail, self._word(one.state)]
            yield ", ".join(filter(None, said))

    def _goes(self, copy: PersonalCopy) -> Iterator[str]:
        for due in copy.retention.dues:
            stops = ", ".join(map(self._word, due.stops))
            why = f" ({self._words[Label.STAYS_UNTIL]}: {stops})" if stops else ""
            yield f"{due.on}: {name_of_part(due.what, self._language)}{why}"

    def _list(self, title: Label, lines: Iterable[str]) -> Iterator[str]:
        entries = [f"<li>{escape(line)}</li>" for line in lines]
        if entries:
            yield f"<h2>{self._label(title)}</h2>"
            yield f"<ul>{''.join(entries)}</ul>"

    def _facts(self, section: Section) -> str:
        rows = (
            f"<dt>{self._label(Label(name))}</dt><dd>{self._shown(name, value)}</dd>"
            for name, value in section.items()
            if value not in (None, [])
        )
        return f"<dl>{''.join(rows)}</dl>"

    def _shown(self, name: str, value: JsonValue) -> str:
        match value:
            case bool():
                return self._label(Label.YES if value else Label.NO)
            case list():
                return "".join(f"<p>{self._shown(name, entry)}</p>" for entry in value)
            case dict():
                return self._facts(value)
            case str() if name in CHOSEN:
                return escape(self._word(value))
            case _:
                return escape(str(value)).replace("\n", "<br>")
