"""Rows of second factors. Whether a member has one is sealed. Knows tables."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from app.store.base import Mark, Record, Versioned, always, key_column, never


class SecondFactor(Record, Versioned):
    """What a member's codes are checked against. ``id`` is the member's id.

    Both members of an account have a row, always filled; both are written at every sign-in,
    whether there is a second factor or not.
    """

    __tablename__ = "second_factors"
    __mark__ = Mark(
        because="a used code is accepted again, or a factor that was replaced or ended",
        when=always,
        for_good=never,
    )

    state: Mapped[bytes] = key_column(
        "secret, last used step and hashes of recovery codes, sealed to the account's second"
        " member; one size, whether used or not"
    )
