"""HTTP routes of alerts."""

from __future__ import annotations

from app.alerts.schemas import AlertList, AlertView
from app.http.routing import Router
from app.permissions import Permission
from app.sessions import duress
from app.work import Work

router = Router(tags=["alerts"])


MOST_ALERTS = 100


@router.get("/alerts", needs=Permission.ALERT_LIST)
def list_alerts(work: Work) -> AlertList:
    """List what the leads must look at."""
    return AlertList(
        items=[
            AlertView(
                id=raised.id,
                code=raised.code,
                member_id=raised.member_id,
                raised_on=raised.raised_on,
            )
            for raised in duress.list_alerts(work, MOST_ALERTS)
        ]
    )
