"""HTTP routes of sessions: sign-in, step-up, passphrases."""

from __future__ import annotations

from uuid import UUID

from app.accounts.admission import Passphrase
from app.accounts.credentials import Stretching
from app.crypto.passwords import Stretched
from app.http.exchange import StretchTask
from app.http.routing import Public, Router, Stretches
from app.permissions import Permission
from app.sessions import passphrases, sign_in
from app.sessions import service as sessions
from app.sessions.errors import PassphraseWrong, SessionNotFound, SignInBudgetSpent, SignInRefused
from app.sessions.schemas import (
    PassphraseAgain,
    PassphraseChanged,
    PassphraseShown,
    SessionList,
    SessionOpened,
    SessionView,
    SignIn,
)
from app.work import Work

router = Router(tags=["sessions"])


def _begin_sign_in(work: Work, body: SignIn) -> Stretching:
    return sign_in.begin_sign_in(work, body.login, body.passphrase)


@router.post(
    "/sessions",
    needs=Public("nobody is signed in before signing in"),
    stretch=_begin_sign_in,
    status_code=201,
    raises=(SignInRefused, SignInBudgetSpent),
)
def open_session(body: SignIn, work: Work, stretched: Stretched) -> SessionOpened:
    """Sign in. Whatever is wrong with name or passphrase, the refusal is the same."""
    return _opened(work, sign_in.sign_in(work, body.login, stretched))


@router.get("/sessions", needs=Permission.SELF_READ)
def list_own_sessions(work: Work) -> SessionList:
    """List one's own sessions that still hold."""
    return SessionList(
        items=[
            SessionView(
                id=row.id,
                current=row.id == work.principal.session_id,
                opened_at=row.opened_at,
                seen_at=row.seen_at,
                ends_at=row.ends_at,
            )
            for row in sessions.list_sessions(work)
        ]
    )


@router.delete("/sessions/current", needs=Permission.SELF_READ)
def end_current_session(work: Work) -> None:
    """Sign out: the token opens nothing any more."""
    sessions.end_current_session(work)


@router.delete("/sessions/{session_id}", needs=Permission.SELF_READ, raises=(SessionNotFound,))
def end_own_session(session_id: UUID, work: Work) -> None:
    """End another of one's own sessions, such as one on a phone that is gone."""
    sessions.end_session(work, session_id)


def _begin_again(work: Work, body: PassphraseAgain) -> Stretching:
    return passphrases.begin_again(work, body.passphrase)


@router.post(
    "/sessions/current/step-up",
    needs=Permission.STEP_UP,
    stretch=_begin_again,
    status_code=201,
    raises=(PassphraseWrong, SignInBudgetSpent),
)
def step_up(body: PassphraseAgain, work: Work, stretched: Stretched) -> SessionOpened:
    """Unlock a lead's second key for a few minutes. The answer's token replaces the one sent."""
    del body
    return _opened(work, passphrases.step_up(work, stretched))


def _begin_renewal(work: Work, body: PassphraseAgain) -> list[StretchTask]:
    return list(passphrases.begin_renewal(work, body.passphrase))


@router.post(
    "/me/passphrase",
    needs=Permission.SELF_CHANGE,
    creates=True,
    stretch=_begin_renewal,
    status_code=201,
    raises=(PassphraseWrong, SignInBudgetSpent),
)
def change_passphrase(body: PassphraseAgain, work: Work, stretched: Stretches) -> PassphraseChanged:
    """Replace one's passphrase by a generated one. Other sessions end; this one within minutes."""
    del body
    old, fresh = _renewal(stretched)
    opened = _opened(work, passphrases.change_passphrase(work, old, fresh))
    return PassphraseChanged(**opened.model_dump(), passphrase=fresh.words)


@router.put(
    "/me/duress-passphrase",
    needs=Permission.SELF_CHANGE,
    creates=True,
    stretch=_begin_renewal,
    raises=(PassphraseWrong, SignInBudgetSpent),
)
def set_duress_passphrase(
    body: PassphraseAgain, work: Work, stretched: Stretches
) -> PassphraseShown:
    """Generate a second passphrase, which opens a harmless account and tells the leads."""
    del body
    old, fresh = _renewal(stretched)
    passphrases.set_second_passphrase(work, old, fresh)
    return PassphraseShown(passphrase=fresh.words)


def _opened(work: Work, opened: sessions.Opened) -> SessionOpened:
    return SessionOpened(
        token=opened.token,
        session_id=opened.session.id,
        member_id=opened.member.id,
        role=opened.member.role,
        team_id=opened.member.team_id,
        idle_minutes=work.deployment.settings.session_idle_minutes,
        ends_at=opened.session.ends_at,
        lead_until=opened.session.lead_until,
    )


def _generated(stretched: Stretches, number: int) -> Passphrase:
    task = stretched.tasks[number]
    return Passphrase(task.passphrase, task.salt, task.cost, stretched.results[number])


def _renewal(stretched: Stretches) -> tuple[Stretched, Passphrase]:
    return stretched.results[0], _generated(stretched, 1)
