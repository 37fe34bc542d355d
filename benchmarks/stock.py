"""Fictional intakes, numbered: the same ones on every side. Knows no side."""

from __future__ import annotations

from typing import Any, Final

_SYLLABLES: Final = (
    "Aung", "Zaw", "Min", "Htet", "Naing", "Soe", "Win", "Kyaw", "Thiha", "Zin", "Ye", "Lin",
    "Myo", "Phyo", "Ko", "Tun",
)  # fmt: skip


def phone(number: int) -> str:
    """Return a telephone number that no other intake has."""
    return f"0977{number:07}"


def intake(number: int) -> dict[str, Any]:
    """Return the body of an intake, as the interface takes it."""
    count = len(_SYLLABLES)
    name = " ".join(_SYLLABLES[number // count**place % count] for place in (0, 1, 2))
    return {
        "standing": "left",
        "urgent": number % 5 == 0,
        "rank_band": "other_ranks",
        "region_group": "centre",
        "identity": {"name": name},
        "papers": {"nrc": f"9/MaHaMa(N){number % 1_000_000:06}"},
        "household": {
            "relatives": [
                {"relation": "spouse", "name": "Hnin Ei"},
                {"relation": "child", "age_months": 7},
            ],
        },
        "contact": {"channel": "messenger", "phones": [phone(number)]},
        "account": {"says": "Walked from noon to nine at night, no food.", "needs": ["food"]},
    }
