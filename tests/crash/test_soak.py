"""Verification finds nothing where nobody tampered: mixed load on two processes, then a look.

`python -m tools.soak` does the same for an hour.
"""

from __future__ import annotations

from tests.support.postgres import fresh_database
from tools.soak import found_on_road, soak


def test_verification_is_sound_during_and_after_mixed_load_on_two_processes(
    postgres_server, tmp_path
):
    urls = [fresh_database(postgres_server, name) for name in ("soak_main", "soak_keys")]
    home, leg = found_on_road(tmp_path / "home", *urls)
    soaked = soak(home, leg, seconds=5)
    assert soaked.found.verdict.findings == []
    assert soaked.crowd.count("check-in") > 5
    assert soaked.held, soaked.ended
