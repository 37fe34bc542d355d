"""The currencies that funds are kept in, and how many digits their amounts have.

Amounts are integers in the smallest unit (ISO 4217: the kyat, baht, dollar and euro each have two
digits, whether coins of them exist or not). Served by the API as it is applied.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Final

from app.ledger.errors import CurrencyUnknown

MINOR_DIGITS: Final[Mapping[str, int]] = MappingProxyType({"EUR": 2, "MMK": 2, "THB": 2, "USD": 2})
"""ISO 4217 code -> digits after the decimal point."""


def require_currency(kept: Container[str], currency: str) -> None:
    """Raise ``CurrencyUnknown`` unless this is one of the currencies that the group keeps."""
    if currency not in MINOR_DIGITS or currency not in kept:
        raise CurrencyUnknown
