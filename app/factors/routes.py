"""HTTP routes of second factors."""

from __future__ import annotations

from uuid import UUID

from app.accounts.errors import MemberNotFound, MemberRemoved
from app.factors import enrolment
from app.factors.errors import CodeWrong, FactorNeeded, FactorNotBegun, FactorNotSetUp
from app.factors.schemas import (
    RecoveryCodesRead,
    SecondFactorConfirmation,
    SecondFactorConfirmedRead,
    SecondFactorRead,
    SecondFactorSecretRead,
)
from app.factors.service import is_needed
from app.http.routing import Router
from app.http.stretching import Stretches, StretchTask
from app.permissions import Permission
from app.sessions import passphrases
from app.sessions.routes import REFUSALS
from app.sessions.schemas import ReauthenticationCreate, SessionRead
from app.work import Work

router = Router(tags=["second factor"])


def _start_reauthentication(work: Work, body: ReauthenticationCreate) -> list[StretchTask]:
    return list(passphrases.start_reauthentication(work, body.passphrase))


@router.get("/me/second-factor", needs=Permission.SELF_READ)
def read_second_factor(work: Work) -> SecondFactorRead:
    """Show whether one has a second factor, and must have one."""
    factor = enrolment.find_own_factor(work)
    return SecondFactorRead.of(factor.state, is_needed=is_needed(work, factor))


@router.post(
    "/me/second-factor",
    needs=Permission.SELF_ENROL,
    creates=True,
    stretch=_start_reauthentication,
    status_code=201,
    raises=REFUSALS,
)
def begin_second_factor(
    body: ReauthenticationCreate, work: Work, stretched: Stretches
) -> SecondFactorSecretRead:
    """Begin a second factor, or another in its place: returns the secret for an authenticator."""
    secret = enrolment.begin_factor(work, stretched.results, body.code)
    return SecondFactorSecretRead.of(secret)


@router.post(
    "/me/second-factor/confirmation",
    needs=Permission.SELF_ENROL,
    creates=True,
    status_code=201,
    raises=(FactorNotBegun, CodeWrong),
)
def confirm_second_factor(body: SecondFactorConfirmation, work: Work) -> SecondFactorConfirmedRead:
    """Send the first code: the second factor counts from now on. Other sessions end."""
    done = enrolment.confirm_factor(work, body.code)
    session = SessionRead.of(done.opened)
    return SecondFactorConfirmedRead(
        **session.model_dump(), recovery_codes=list(done.recovery_codes)
    )


@router.post(
    "/me/second-factor/recovery-codes",
    needs=Permission.SELF_CHANGE,
    creates=True,
    stretch=_start_reauthentication,
    status_code=201,
    raises=(*REFUSALS, FactorNotSetUp),
)
def renew_recovery_codes(
    body: ReauthenticationCreate, work: Work, stretched: Stretches
) -> RecoveryCodesRead:
    """Make ten recovery codes; those from before count no more."""
    codes = enrolment.renew_recovery_codes(work, stretched.results, body.code)
    return RecoveryCodesRead.of(codes)


@router.post(
    "/me/second-factor/end",
    needs=Permission.SELF_CHANGE,
    creates=True,
    stretch=_start_reauthentication,
    status_code=201,
    raises=(*REFUSALS, FactorNotSetUp, FactorNeeded),
)
def end_second_factor(
    body: ReauthenticationCreate, work: Work, stretched: Stretches
) -> SessionRead:
    """End one's second factor, where no role needs it. Other sessions end; leads are told."""
    return SessionRead.of(enrolment.end_own_factor(work, stretched.results, body.code))


@router.delete(
    "/members/{member_id}/second-factor",
    needs=Permission.MEMBER_END_FACTOR,
    raises=(MemberNotFound, MemberRemoved),
)
def end_second_factor_of_member(member_id: UUID, work: Work) -> None:
    """End the second factor of a member whose device is gone. Their sessions end; they are told."""
    enrolment.end_factor_of(work, member_id)
