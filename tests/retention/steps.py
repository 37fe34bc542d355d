"""Cases that have come to an end, for tests of what is destroyed of them."""

from __future__ import annotations

from uuid import UUID

from app.audit.checkpoints import log_verifier
from app.audit.verify import LogVerification, verify_log, verify_rows
from app.cases.models import CaseStatus
from app.cases.moves import move_case
from app.cases.service import get_case
from app.cli.audit import log_keys
from app.models import authenticated_models
from app.retention.verification import SeenTags, verify_erasures
from app.worker import sequence_log
from tests.support.world import World


def close_case(world: World, case_id: UUID, team: int = 1) -> None:
    with world.work_as(world.member("coordinator", team=team)) as work:
        case = get_case(work, case_id)
        for to in (CaseStatus.VETTING, CaseStatus.ACTIVE, CaseStatus.CLOSED):
            move_case(work, case, to)
            work.session.flush()


def closed_case(world: World, **cells) -> UUID:
    case_id = world.open_case(**cells)
    close_case(world, case_id)
    return case_id


def verify_all(world: World) -> LogVerification:
    """What `padauk audit verify --database` sees, once the log is up to date."""
    deployment = world.deployment
    with world.work_as(None) as work:
        sequence_log(work)
    with deployment.open_snapshot() as session:
        verdict = verify_log(session, log_verifier(deployment.log_signing_key.public))
        seen = SeenTags()
        verify_rows(
            session,
            verdict,
            organisation=deployment.organisation,
            log_keys=seen.collect(log_keys(session, deployment, verdict)),
            models=authenticated_models(),
        )
        verify_erasures(session, deployment, verdict, seen)
        return verdict
