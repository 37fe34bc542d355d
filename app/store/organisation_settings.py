"""What the organisation chose for itself at its founding: one row, under a MAC.

- The zone decides every day: of a record, a report, a cap, a due date. See ``app.text.dates``.
- Whether registration codes are made here is for a group that is itself the authority; others
  record the authority's codes.
- A writer of the database cannot change a choice: the row's MAC is under a deployment secret.

Knows one row; decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, select

from app.crypto.derive import equal, mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.errors import IntegrityFault
from app.store.engine import read_snapshot
from app.store.models import OrganisationSettingsRow

DEFAULT_ZONE = "Asia/Yangon"
_ONLY_ROW = 1


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """The choices of an organisation. ``report_weeks``: how long a half-year is provisional."""

    zone: str = DEFAULT_ZONE
    makes_codes: bool = False
    report_weeks: int = 8


class OrganisationSettingsTampered(IntegrityFault):
    """The row does not have the MAC that the program gave it."""

    code = "organisation.settings_tampered"
    title = "The organisation's settings were changed from outside; the leads must look at this"


def settings_row(key: bytes, chosen: OrganisationSettings) -> OrganisationSettingsRow:
    """Return the row of these choices with its MAC."""
    return OrganisationSettingsRow(
        id=_ONLY_ROW,
        zone=chosen.zone,
        makes_codes=chosen.makes_codes,
        report_weeks=chosen.report_weeks,
        row_mac=_mac_of(key, chosen),
    )


def find_organisation_settings(
    engine: Engine, key: Callable[[], bytes]
) -> OrganisationSettings | None:
    """Return what the organisation chose, None before its founding.

    Raises ``OrganisationSettingsTampered``.
    """
    with read_snapshot(engine) as connection:
        row = connection.execute(select(OrganisationSettingsRow)).first()
    if row is None:
        return None
    chosen = OrganisationSettings(row.zone, row.makes_codes, row.report_weeks)
    if not equal(row.row_mac, _mac_of(key(), chosen)):
        raise OrganisationSettingsTampered
    return chosen


def _mac_of(key: bytes, chosen: OrganisationSettings) -> bytes:
    statement = frame(
        Label.ORGANISATION_SETTINGS,
        chosen.zone,
        "made here" if chosen.makes_codes else "the authority's",
        chosen.report_weeks,
    )
    return mac(key, statement)
