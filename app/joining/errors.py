"""Errors of joining. Who has no link learns nothing about who was invited."""

from __future__ import annotations

from app.errors import Conflict, Forbidden, Invalid, NotFound


class InvitationNotFound(NotFound):
    """There is no such invitation, or none any more."""

    code = "invitation.not_found"
    title = "This invitation is unknown, used or over; ask for another one"


class InvitationWordsWrong(Forbidden):
    """The six words are not those that go with the link."""

    code = "invitation.words_wrong"
    title = "These are not the six words of this invitation; after five tries it is over"


class PassphraseWeak(Invalid):
    """A chosen passphrase is too short, or repeats itself."""

    code = "passphrase.weak"
    title = "A passphrase has at least 15 letters or digits, eight of them different"


class WordsDiffer(Conflict):
    """What the lead heard is not the fingerprint of the keys that are here."""

    code = "member.words_differ"
    title = "The three words differ: hear them again, or say that they differ, which ends it"


class SecondLeadFirst(Conflict):
    """One lead alone has let in as many as one lead may; there is no other lead yet."""

    code = "member.second_lead_first"
    title = "You alone have certified three members within 30 days; let a second lead join first"


class MemberConfirmedByYou(Conflict):
    """Two leads must compare the words, and this lead has."""

    code = "member.confirmed_by_you"
    title = "You have compared the words; another lead must compare them too"
