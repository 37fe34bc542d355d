"""What ``padauk init`` asks: preset, zone, currencies, and one small sum in each.

Where nobody can be asked, what was not given is as suggested. Knows no deployment.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import typer

from app.cli.home import refuse
from app.ledger.currencies import MINOR_DIGITS
from app.organisation.service import NewLead
from app.permissions import Role
from app.presets import PRESETS, Preset
from app.store.organisation_settings import DEFAULT_ZONE, SUGGESTED_SMALL_SUMS


def choose_preset(given: Preset | None) -> Preset:
    """Return the preset that was given, else ask for it."""
    if given is not None or not sys.stdin.isatty():
        return given or Preset.DOZEN
    sizes = ", ".join(
        f"{preset} ({rules.people[0]} to {rules.people[1]} people)"
        for preset, rules in PRESETS.items()
    )
    asked = str(typer.prompt(f"Size of the group: {sizes}", default=Preset.DOZEN.value))
    if asked not in set(Preset):
        refuse("choose small, dozen or large")
    return Preset(asked)


def choose_zone(given: str | None) -> str:
    """Return the zone that was given, else ask for it."""
    if given is not None or not sys.stdin.isatty():
        return given or DEFAULT_ZONE
    return str(typer.prompt("Time zone whose days count", default=DEFAULT_ZONE))


def choose_small_sums(given: Sequence[str]) -> Mapping[str, int]:
    """Return the small sums that were given as ``MMK=100000``, else ask for them; in minor units.

    The other limits of money follow from them: a middle sum is up to five small ones.
    """
    if given:
        return dict(_small_sum(*one.partition("=")[::2]) for one in given)
    if not sys.stdin.isatty():
        return SUGGESTED_SMALL_SUMS
    kept = str(typer.prompt("Currencies that funds are kept in", default="MMK,THB,USD"))
    sums: dict[str, int] = {}
    for currency in (one.strip().upper() for one in kept.split(",")):
        if currency not in MINOR_DIGITS:
            refuse(f"choose among {', '.join(MINOR_DIGITS)}")
        suggested = SUGGESTED_SMALL_SUMS[currency] // 10 ** MINOR_DIGITS[currency]
        asked = typer.prompt(f"A small sum in {currency}: a bus and two nights", default=suggested)
        sums |= dict([_small_sum(currency, str(asked))])
    return sums


def _small_sum(currency: str, amount: str) -> tuple[str, int]:
    """Return a currency and an amount of it in minor units; ends the command where it is none."""
    if currency not in MINOR_DIGITS:
        refuse(f"a small sum is given as MMK=100000; choose among {', '.join(MINOR_DIGITS)}")
    try:
        minor = Decimal(amount).scaleb(MINOR_DIGITS[currency])
    except InvalidOperation:
        refuse(f"a small sum is given as {currency}=100000")
    if minor != minor.to_integral_value() or not 0 < minor < Decimal(10) ** 15:
        refuse(f"this is no amount in {currency}")
    return currency, int(minor)


def read_lead(given: str) -> NewLead:
    """Return a lead that was given as ``name`` or as ``name=coordinator,vetter``."""
    login, _, also = given.partition("=")
    roles = [one.strip() for one in also.split(",") if one.strip()]
    if not set(roles) <= set(Role) - {Role.LEAD}:
        refuse("roles besides lead are given as NAME=coordinator,vetter")
    return NewLead(login, login, frozenset(map(Role, roles)))
