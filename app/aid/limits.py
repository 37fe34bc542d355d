"""Amounts: the currencies that funds are kept in, who must agree to how much, and the window.

Data, so that it is served as it is applied. Amounts are integers in the currency's smallest unit
(ISO 4217: the kyat, baht, dollar and euro each have two digits, whether coins of them exist or
not).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.ledger.errors import CurrencyUnknown

WINDOW: Final = timedelta(days=7)
"""Two payments to one case or payee within it are looked at before the second is made."""


FURTHEST: Final = timedelta(days=366)
"""No request is put off for longer than this, counted from the day on which it is made."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Amounts above ``above`` (minor units) need this many approvers."""

    above: int
    approvers: int


@dataclass(frozen=True, slots=True)
class CurrencyRule:
    """How a currency is written, and who must agree to how much; tiers ascend from zero."""

    minor_digits: int
    tiers: tuple[Tier, ...]


CURRENCIES: Final[dict[str, CurrencyRule]] = {
    "EUR": CurrencyRule(2, (Tier(0, 1), Tier(30_00, 2))),
    "MMK": CurrencyRule(2, (Tier(0, 1), Tier(50_000_00, 2))),
    "THB": CurrencyRule(2, (Tier(0, 1), Tier(1_000_00, 2))),
    "USD": CurrencyRule(2, (Tier(0, 1), Tier(30_00, 2))),
}


def rule_for(currency: str) -> CurrencyRule:
    """Return what holds for a currency; raises ``CurrencyUnknown``."""
    rule = CURRENCIES.get(currency)
    if rule is None:
        raise CurrencyUnknown
    return rule


def approvers_needed(currency: str, total: int) -> int:
    """Return how many different people must approve a total in minor units.

    Raises ``CurrencyUnknown``.
    """
    return max(tier.approvers for tier in rule_for(currency).tiers if total > tier.above)
