"""What the organisation chose for itself at its founding: one row.

- The zone decides every day: of a record, a report, a cap, a due date. See ``app.text.dates``.
- Whether registration codes are made here is for a group that is itself the authority; others
  record the authority's codes.
- A writer of the database cannot change a choice: the row carries a MAC, as every record does.

Knows one row; decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy import Engine, select

from app.errors import IntegrityFault
from app.presets import Preset
from app.store.authenticated import RowMacs, is_altered, open_checked
from app.store.engine import read_snapshot
from app.store.models import OrganisationSettingsRow

DEFAULT_ZONE = "Asia/Yangon"


SUGGESTED_SMALL_SUMS: Mapping[str, int] = MappingProxyType(
    {"EUR": 25_00, "MMK": 100_000_00, "THB": 800_00, "USD": 25_00}
)
"""What ``padauk init`` suggests, in minor units: a bus and two nights."""


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """The choices of an organisation. ``report_weeks``: how long a half-year is provisional.

    ``small_sums``: the currencies that funds are kept in, and one small sum in each, in minor
    units; the other limits follow from it (``app.presets``).
    """

    zone: str = DEFAULT_ZONE
    makes_codes: bool = False
    report_weeks: int = 8
    preset: Preset = Preset.DOZEN
    small_sums: Mapping[str, int] = field(default_factory=lambda: SUGGESTED_SMALL_SUMS)


class OrganisationSettingsTampered(IntegrityFault):
    """The row does not have the MAC that the program gave it."""

    code = "organisation.settings_tampered"
    title = "The organisation's settings were changed from outside; the leads must look at this"


def settings_row(chosen: OrganisationSettings) -> OrganisationSettingsRow:
    """Return the row of these choices."""
    return OrganisationSettingsRow(
        zone=chosen.zone,
        makes_codes=chosen.makes_codes,
        report_weeks=chosen.report_weeks,
        preset=chosen.preset,
        small_sums=" ".join(f"{name}={sum_}" for name, sum_ in sorted(chosen.small_sums.items())),
    )


def _read(row: OrganisationSettingsRow) -> OrganisationSettings:
    sums = (one.split("=") for one in row.small_sums.split())
    return OrganisationSettings(
        row.zone,
        row.makes_codes,
        row.report_weeks,
        Preset(row.preset),
        MappingProxyType({name: int(sum_) for name, sum_ in sums}),
    )


def find_organisation_settings(engine: Engine, macs: RowMacs) -> OrganisationSettings | None:
    """Return what the organisation chose, None before its founding.

    Raises ``OrganisationSettingsTampered``.
    """
    with read_snapshot(engine) as connection, open_checked(connection, macs) as session:
        row = session.scalars(select(OrganisationSettingsRow)).one_or_none()
        if row is None:
            return None
        if is_altered(session, row):
            raise OrganisationSettingsTampered
        return _read(row)
