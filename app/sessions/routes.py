"""HTTP routes of sessions: sign-in, step-up, passphrases."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.accounts.admission import Passphrase
from app.accounts.schemas import stretched_passphrase
from app.crypto.passwords import Stretched
from app.factors.errors import CodeNeeded, CodeWrong
from app.http.needs import Public
from app.http.routing import Router
from app.http.stretching import Stretches, StretchTask
from app.permissions import Permission
from app.sessions import passphrases, sign_in
from app.sessions import service as sessions
from app.sessions.errors import (
    PassphraseWrong,
    SessionNotFound,
    SignInBudgetSpent,
    SignInCodeNeeded,
    SignInCodeWrong,
    SignInRefused,
)
from app.sessions.permits import give_permit
from app.sessions.schemas import (
    PassphraseChangeRead,
    PassphraseRead,
    ReauthenticationCreate,
    SessionCreate,
    SessionListRead,
    SessionRead,
    SessionSummary,
)
from app.work import Work

router = Router(tags=["sessions"])
REFUSALS = (PassphraseWrong, CodeNeeded, CodeWrong)
"""How a passphrase and a code that are given again may be refused."""


def _start_sign_in(work: Work, body: SessionCreate) -> list[StretchTask]:
    permit = body.device_permit
    return list(sign_in.start_sign_in(work, body.login, body.passphrase, permit))


@router.post(
    "/sessions",
    needs=Public("there is no session before signing in"),
    stretch=_start_sign_in,
    status_code=201,
    raises=(SignInRefused, SignInCodeNeeded, SignInCodeWrong, SignInBudgetSpent),
)
def open_session(body: SessionCreate, work: Work, stretched: Stretches) -> SessionRead:
    """Sign in. A wrong name and a wrong passphrase are refused alike.

    Who has a second factor sends a code as well. A session of somebody whose role needs one, and
    who has none yet, may set it up and nothing else (``must_set_up_second_factor``).
    """
    opened = sign_in.sign_in(
        work,
        body.login,
        stretched.results,
        code=body.code,
        lane=stretched.tasks[0].lane,
        permit=body.device_permit,
    )
    return SessionRead.of(opened, give_permit(work) if body.keep_permit else None)


@router.get("/sessions", needs=Permission.SELF_READ)
def list_own_sessions(work: Work) -> SessionListRead:
    """List one's own sessions that still hold."""
    current_id = work.principal.session_id
    return SessionListRead(
        items=[SessionSummary.of(row, current_id) for row in sessions.list_sessions(work)]
    )


@router.delete("/sessions/current", needs=Permission.SELF_READ)
def end_current_session(work: Work) -> None:
    """Sign out: the token opens nothing any more."""
    sessions.end_current_session(work)


@router.delete("/sessions/{session_id}", needs=Permission.SELF_READ, raises=(SessionNotFound,))
def end_own_session(session_id: UUID, work: Work) -> None:
    """End another of one's own sessions, such as one on a phone that is gone."""
    sessions.end_session(work, session_id)


def _start_reauthentication(work: Work, body: ReauthenticationCreate) -> list[StretchTask]:
    return list(passphrases.start_reauthentication(work, body.passphrase))


@router.post(
    "/sessions/current/step-up",
    needs=Permission.STEP_UP,
    stretch=_start_reauthentication,
    status_code=201,
    raises=REFUSALS,
)
def step_up(body: ReauthenticationCreate, work: Work, stretched: Stretches) -> SessionRead:
    """Unlock a lead's second key for a few minutes. The new token replaces the one sent."""
    return SessionRead.of(passphrases.step_up(work, stretched.results, body.code))


def _start_passphrase_change(work: Work, body: ReauthenticationCreate) -> list[StretchTask]:
    return list(passphrases.start_passphrase_change(work, body.passphrase))


@router.post(
    "/me/passphrase",
    needs=Permission.SELF_CHANGE,
    creates=True,
    stretch=_start_passphrase_change,
    status_code=201,
    raises=REFUSALS,
)
def change_passphrase(
    body: ReauthenticationCreate, work: Work, stretched: Stretches
) -> PassphraseChangeRead:
    """Replace one's passphrase by a generated one. Other sessions end; this one within minutes."""
    old, fresh = _old_and_fresh(stretched)
    opened = SessionRead.of(passphrases.change_passphrase(work, old, fresh, body.code))
    return PassphraseChangeRead(**opened.model_dump(), passphrase=fresh.words)


@router.put(
    "/me/duress-passphrase",
    needs=Permission.SELF_CHANGE,
    creates=True,
    stretch=_start_passphrase_change,
    raises=REFUSALS,
)
def set_duress_passphrase(
    body: ReauthenticationCreate, work: Work, stretched: Stretches
) -> PassphraseRead:
    """Generate a second passphrase: it opens a harmless account and raises an alert."""
    old, fresh = _old_and_fresh(stretched)
    passphrases.set_second_passphrase(work, old, fresh, body.code)
    return PassphraseRead(passphrase=fresh.words)


def _old_and_fresh(stretched: Stretches) -> tuple[Sequence[Stretched], Passphrase]:
    return stretched.results[1:], stretched_passphrase(stretched, 0)
