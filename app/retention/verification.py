"""Verify what was destroyed: an erased case has a certificate; one that is missing is a finding.

- Each certificate is signed by the log's key, and its entry is in the journal as it says.
- A share that a certificate says is destroyed must not be back; one that is gone must be in the
  journal.
- Every event is of a case that lives, of one with a certificate, or of the organisation: a case
  that somebody deleted with all its rows leaves events that are of nobody.
- A case that was destroyed again after a restore had lost its log key by then: as many tags as
  there are certificates of such cases are explained by those, and not one more.

Needs the log's keys; opens no cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.checkpoints import log_verifier
from app.audit.models import AuditEvent
from app.audit.sequencer import latest_checkpoint
from app.audit.trail import DetailUnreadable, read_detail, subject_tag
from app.audit.verify import LogVerification
from app.crypto.errors import NoteInvalid
from app.crypto.notes import Checkpoint, Verifier, open_note
from app.deployment import Deployment
from app.retention.certificates import read_certificate
from app.retention.models import RESTORED, Destruction, DestructionStep
from app.retention.orders import is_ordered
from app.store.journal import WHOLE, DestructionEntry, JournalDamaged
from app.store.keystore import KeystoreHead
from app.store.models import ErasedPart
from app.vault.models import ScopeRow

_AT_ONCE: Final = 500
_Entries = dict[tuple[bytes, str | None], dict[int, bytes]]


class SeenTags:
    """Remembers the subject tags of the cases whose log keys pass by."""

    def __init__(self) -> None:
        self.tags: set[bytes] = set()

    def collect(self, log_keys: Iterable[Mapping[UUID, bytes]]) -> Iterator[Mapping[UUID, bytes]]:
        """Yield the keys as they come, and remember the tags."""
        for keys in log_keys:
            self.tags |= {subject_tag(key, case_id) for case_id, key in keys.items()}
            yield keys


def verify_erasures(
    session: Session, deployment: Deployment, verdict: LogVerification, seen: SeenTags
) -> None:
    """Add findings about certificates, the journal, shares, and events that are of nobody."""
    journal = deployment.keystore.journal.entries()
    try:
        deployment.keystore.journal.verify(journal)
    except JournalDamaged as damage:
        verdict.add("journal.altered", damage)
    _check_marks(deployment, journal, verdict)
    _check_head(session, deployment, journal, verdict)
    entries: _Entries = {}
    for entry in journal:
        entries.setdefault((entry.subject, entry.part), {})[entry.number] = entry.running_hash
    tags = set(seen.tags)
    untold = 0
    verifier = log_verifier(deployment.log_signing_key.public)
    query = select(Destruction).where(Destruction.step == DestructionStep.CERTIFIED)
    for one in session.scalars(query, execution_options={"yield_per": _AT_ONCE}):
        _check(one, verifier, entries, verdict)
        if one.what == WHOLE:
            verdict.erased_cases += 1
            if one.subject_tag is not None:
                tags.add(one.subject_tag)
            elif one.rule == RESTORED:
                untold += 1
    tags |= _tags_in_hand(session, entries)
    _check_orders(session, deployment, verdict)
    _check_shares(session, deployment, entries, verdict)
    orphans = _find_orphans(session, deployment, tags)
    if len(orphans) > untold:
        for event in orphans:
            verdict.add("case.missing", f"events of {event.happened_on}, {event.id}")


def _check_head(
    session: Session,
    deployment: Deployment,
    journal: Sequence[DestructionEntry],
    verdict: LogVerification,
) -> None:
    """Compare the keystore with what the newest checkpoint that was signed says of it."""
    newest = latest_checkpoint(session)
    if newest is None:
        return
    try:
        note = open_note(newest.note, log_verifier(deployment.log_signing_key.public))
        stated = KeystoreHead.find(Checkpoint.parse(note).extensions)
    except NoteInvalid:
        return  # named by the verification of the log
    if stated is None:
        verdict.add("checkpoint.without_keystore", newest.size)
        return
    known = journal[stated.entries - 1].running_hash if len(journal) >= stated.entries > 0 else None
    is_kept = stated.entries == 0 or known == stated.running_hash
    if deployment.keystore.head().number < stated.number or not is_kept:
        verdict.add("keystore.older", f"{stated.number}, entry {stated.entries} of the journal")


def _check_marks(
    deployment: Deployment, journal: Iterable[DestructionEntry], verdict: LogVerification
) -> None:
    if lost := deployment.marks.count_lost(journal):
        verdict.add("mark.missing", f"{lost} of those in the journal")
    if altered := deployment.marks.count_altered():
        verdict.add("mark.altered", f"{altered} in the keystore")


def _check_orders(session: Session, deployment: Deployment, verdict: LogVerification) -> None:
    unfinished = select(Destruction).where(Destruction.step != DestructionStep.CERTIFIED)
    for one in session.scalars(unfinished, execution_options={"yield_per": _AT_ONCE}):
        if not is_ordered(deployment, one):
            verdict.add("destruction.planted", one.id)


def _tags_in_hand(session: Session, entries: _Entries) -> set[bytes]:
    """Return the tags of cases whose certificate is yet to be made; the journal names each."""
    query = select(Destruction).where(
        Destruction.what == WHOLE, Destruction.step != DestructionStep.CERTIFIED
    )
    return {
        one.subject_tag
        for one in session.scalars(query)
        if one.subject_tag is not None
        and one.share_id is not None
        and (one.share_id.bytes, WHOLE) in entries
    }


def _check(
    one: Destruction, verifier: Verifier, entries: _Entries, verdict: LogVerification
) -> None:
    try:
        stated = read_certificate(one.certificate or "", verifier)
    except NoteInvalid:
        verdict.add("certificate.invalid", one.id)
        return
    if (stated.number, stated.what, stated.rule) != (one.id, one.what, one.rule):
        verdict.add("certificate.swapped", one.id)
    if one.share_id is None:
        return
    known = entries.get((one.share_id.bytes, one.what), {})
    if known.get(stated.journal) != stated.entry:
        verdict.add("journal.missing", one.id)


def _check_shares(
    session: Session, deployment: Deployment, entries: _Entries, verdict: LogVerification
) -> None:
    gone = [UUID(bytes=subject) for subject, part in entries if part == WHOLE]
    for at in range(0, len(gone), _AT_ONCE):
        for share_id in deployment.keystore.find(gone[at : at + _AT_ONCE]):
            verdict.add("share.returned", share_id)
    query = select(ScopeRow.share_id).distinct()
    for ids in session.scalars(query, execution_options={"yield_per": _AT_ONCE}).partitions():
        for share_id, shares in deployment.keystore.find(ids).items():
            for part in ErasedPart:
                if shares.part(part) is None and (share_id.bytes, part.value) not in entries:
                    verdict.add("share.missing", f"{share_id}/{part.value}")


def _find_orphans(session: Session, deployment: Deployment, tags: set[bytes]) -> list[AuditEvent]:
    """Return an event of each case that is neither alive nor erased."""
    orphans = []
    for tag in session.scalars(select(AuditEvent.subject_tag).distinct()).all():
        if tag in tags:
            continue
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.subject_tag == tag).limit(1)
        ).one()
        try:
            # About a case that never was, or is no more: under the organisation's own key.
            read_detail(event, deployment.log_key, deployment.organisation)
        except DetailUnreadable:
            orphans.append(event)
    return orphans
