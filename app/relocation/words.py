"""The words of a journey: choose them, replace them, and find them in what somebody said.

- Words belong to the journey. They stay the same on every leg, a reroute too, until it is recorded
  that the person was told new ones. From then on the safe word before them is a word like any
  other; a duress word of before goes on alarming, and is no word to agree on again.
- A word is heard inside a sentence. Where both are said, the duress word counts.
- Beside the words lie their marks: keyed hashes of how they sound. What is heard is judged by both,
  and by the marks alone once the words are destroyed.
- No route shows words. The request that lets them be made up is answered with them, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from app.audit.events import EventKind
from app.crypto.derive import equal, mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.crypto.passwords import random_words
from app.relocation.errors import WordsAlike
from app.relocation.legs import lock_plan
from app.relocation.models import JourneyMarks, JourneyWords, Plan, PlanStatus, WordMark
from app.store.sealed import SealedCell
from app.text.spoken import alike, forms, is_heard, runs
from app.vault.errors import Tampered
from app.watch.models import Word
from app.work import Work

T = TypeVar("T")


def complete_words(
    safe: str | None, duress: str | None, former: tuple[str, ...] = ()
) -> JourneyWords:
    """Return the words of a journey as proposed, with random ones for those left open.

    Raises ``WordsAlike`` for two that sound alike, for one that nobody can hear, and for a
    safe word that was a duress word before.
    """
    for field, word in (("safe_word", safe), ("duress_word", duress)):
        if word is not None and not is_heard(word, word):
            raise WordsAlike(field)
    if safe is not None and any(alike(safe, word) for word in former):
        raise WordsAlike("safe_word")
    if safe is not None and duress is not None and alike(safe, duress):
        raise WordsAlike("duress_word")
    while True:
        words = JourneyWords(safe or random_words(1)[0], duress or random_words(1)[0], former)
        if not any(alike(words.safe, word) for word in (words.duress, *former)):
            return words


def seal_words(work: Work, plan: Plan, words: JourneyWords) -> None:
    """Seal the words of a journey, and their marks beside them."""
    marks = JourneyMarks(
        _marks(work, plan, [words.safe]), _marks(work, plan, [words.duress, *words.former])
    )
    work.vault.seal(plan.words, words)
    work.vault.seal(plan.marks, marks)


def tell_words(
    work: Work, plan_id: UUID, safe: str | None = None, duress: str | None = None
) -> tuple[Plan, JourneyWords]:
    """Record that the person was told new words; returns the plan and its words.

    Raises ``PlanNotFound``, ``WordsAlike``, and as ``Work.claim`` does.
    """
    plan = lock_plan(work, plan_id)
    work.claim(plan)
    before = work.vault.open(plan.words)
    words = complete_words(safe, duress, (before.duress, *before.former))
    seal_words(work, plan, words)
    work.trail.record(EventKind.PLAN_WORDS_TOLD, plan.case_id, plan=str(plan.id))
    work.session.flush()
    return plan, words


def recognise(work: Work, plans: Sequence[Plan], *said: str) -> Word:
    """Return which word of these journeys, which the principal hears, is in one of these texts.

    A duress word of any of them counts first, then the safe word of the first or of an open one.
    """
    duress = safe = 0
    for plan in plans:
        found = _find_in(work, plan, said)
        duress += found[1]
        safe += found[0] if plan is plans[0] or plan.status is PlanStatus.OPEN else 0
    if duress:
        return Word.DURESS
    return Word.SAFE if safe else Word.NOT_UNDERSTOOD


def _find_in(work: Work, plan: Plan, texts: Sequence[str]) -> tuple[int, int]:
    """Return how often the safe word and a duress word of a journey are in these texts."""
    safe = duress = 0
    marks, words = _find(work, plan.marks), _find(work, plan.words)
    for said in texts:
        if marks is not None:
            safe += _count_marks(work, plan, marks.safe, said)
            duress += _count_marks(work, plan, marks.duress, said)
        if words is not None:
            read = count_words(words, said)
            safe, duress = safe + read[0], duress + read[1]
    return safe, duress


def count_words(words: JourneyWords, said: str) -> tuple[int, int]:
    """Return whether the safe word is in what was said, and how many duress words are."""
    duress = sum(is_heard(word, said) for word in (words.duress, *words.former))
    return int(is_heard(words.safe, said)), duress


def _find(work: Work, cell: SealedCell[T]) -> T | None:
    # Damage to one of the two cells must not silence a word: the other still judges.
    try:
        return work.vault.find(cell)
    except Tampered:
        return None


def _marks(work: Work, plan: Plan, words: Sequence[str]) -> tuple[WordMark, ...]:
    heard = {form for word in words for form in forms(word)}
    return tuple(
        WordMark(len(form), blanks, _mark(work, plan, form)) for form, blanks in sorted(heard)
    )


def _mark(work: Work, plan: Plan, form: str) -> bytes:
    return mac(work.deployment.word_mark_key, frame(Label.WORD_MARK, plan.id, form))


def _count_marks(work: Work, plan: Plan, marks: Sequence[WordMark], said: str) -> int:
    return sum(
        equal(mark.value, _mark(work, plan, run))
        for mark in marks
        for run in runs(said, mark.letters, has_blanks=mark.blanks)
    )
