"""HTTP routes of alerts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from app.alerts import service as alerts
from app.alerts.errors import AlertNotFound
from app.alerts.schemas import AlertSummary
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.work import Work

router = Router(tags=["alerts"])


@router.get("/alerts", needs=Permission.ALERT_LIST)
def list_alerts(page: PageQuery, work: Work) -> Page[AlertSummary]:
    """List alerts of the last month: duress, people missing, urgent intakes, and more.

    Coordinators are shown what has come to them of their own team, leads everything, and who
    follows a case that something of it was not answered.
    """
    after = position(work, page, date, UUID)
    return page_of(
        work,
        page,
        alerts.list_alerts(work, after=after, limit=page.limit + 1),
        keys=lambda opened: (opened.alert.raised_on, opened.alert.id),
        show=lambda rows: [AlertSummary.of(row) for row in rows],
    )


@router.post(
    "/alerts/{alert_id}/acknowledgement",
    needs=Permission.ALERT_ACKNOWLEDGE,
    raises=(AlertNotFound,),
)
def acknowledge_alert(alert_id: UUID, work: Work) -> AlertSummary:
    """Take an alert in hand: it comes to nobody else."""
    return AlertSummary.of(alerts.acknowledge_alert(work, alert_id))
