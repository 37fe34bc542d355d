"""Errors of the ledger. Names no person, no purpose and no amount."""

from __future__ import annotations

from app.errors import Conflict, Invalid, NotFound


class CurrencyUnknown(Invalid):
    """The currency is none that funds are kept in."""

    code = "fund.currency_unknown"
    title = "No funds are kept in this currency"

    def __init__(self) -> None:
        super().__init__("currency")


class FundNotFound(NotFound):
    """No such fund, or it belongs to another team."""

    code = "fund.not_found"
    title = "Your team has no such fund"


class OtherCurrency(Conflict):
    """The fund is kept in another currency than the request."""

    code = "fund.other_currency"
    title = "This fund is kept in another currency"


class FundOverdrawn(Conflict):
    """The fund holds less than what is asked of it, beside what is promised already."""

    code = "fund.overdrawn"
    title = "The fund does not hold that much"


class EntryNotFound(NotFound):
    """No such entry in this fund."""

    code = "fund.entry_not_found"
    title = "This fund has no such entry"


class EntryReversed(Conflict):
    """The entry was reversed before; that happens once."""

    code = "fund.entry_reversed"
    title = "This entry was already reversed"


class NotADeposit(Conflict):
    """Only deposits are reversed here; a payment is reversed by its request."""

    code = "fund.not_a_deposit"
    title = "Only a deposit is reversed here; a payment is reversed on its request"


class EntryUnbalanced(RuntimeError):
    """Postings that do not sum to zero. A bug, never a caller's fault."""
