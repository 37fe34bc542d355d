"""Printing what holds a secret shows nothing of it: logs and tracebacks print such things."""

from __future__ import annotations

import pytest

from app.crypto import shares
from app.crypto.aead import DataKey, WrapKey
from app.crypto.hpke import PrivateKey
from app.crypto.root import RootKey
from app.crypto.signing import SigningKey
from app.vault.custody import deal_custody
from app.vault.keyring import MemberSecrets
from app.vault.scopes import SUMMARY

SECRET = bytes(range(32))


@pytest.mark.parametrize(
    "holder",
    [
        RootKey(SECRET),
        DataKey(SECRET),
        WrapKey(SECRET),
        SigningKey(SECRET),
        PrivateKey(SECRET * 3),
        MemberSecrets(PrivateKey(SECRET * 3), SigningKey(SECRET), PrivateKey(SECRET * 3)),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_a_key_is_not_printed(holder):
    shown = f"{holder!r} {holder}"
    assert repr(SECRET)[2:-1] not in shown
    assert SECRET.hex() not in shown


def test_dealt_shares_of_custody_are_not_printed(world):
    dealt = deal_custody(
        world.deployment.organisation,
        2,
        threshold=1,
        leads=1,
        count=2,
        signer=SigningKey(SECRET),
        signer_id=None,
    )
    assert shares.combine([dealt.words[0]])
    assert not any(words in repr(dealt) for words in dealt.words)


def test_what_a_request_has_opened_is_not_printed(world):
    case_id = world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        _, secret = work.keyring.secret(case_id, SUMMARY)
        keys = work.keyring._cases[case_id]
        assert all(grant.secrets is not None for grant in keys.grants)
        assert repr(secret) not in repr(keys)
        assert repr(secret)[2:-1] not in repr(keys)
