"""HPKE with X-Wing written a second time, from the documents, to judge the library by.

Not product code: it is slow, knows one suite and checks nothing. ``test_hpke`` first holds it
against published vectors, then lets it open what the product sealed.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

XWING_LABEL = b"\\.//^\\"
MLKEM_CIPHERTEXT_BYTES = 1088
XWING = 0x647A
HKDF_SHA256 = 0x0001
AES_256_GCM = 0x0002


def suite_id(kem, kdf, aead):
    """RFC 9180, section 5.1."""
    return b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (kem, kdf, aead))


def labeled_extract(suite, label, ikm, salt=b""):
    """RFC 9180, section 4, over RFC 5869's extract."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def labeled_expand(suite, prk, label, info, length):
    """RFC 9180, section 4, for up to one block of RFC 5869's expand."""
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labeled + b"\1", "sha256")[:length]


def key_schedule(suite, shared, info, key_bytes):
    """Key and base nonce in base mode, without a pre-shared key (RFC 9180, section 5.1)."""
    context = b"\0"
    context += labeled_extract(suite, b"psk_id_hash", b"")
    context += labeled_extract(suite, b"info_hash", info)
    secret = labeled_extract(suite, b"secret", b"", salt=shared)
    return (
        labeled_expand(suite, secret, b"key", context, key_bytes),
        labeled_expand(suite, secret, b"base_nonce", context, 12),
    )


def xwing_decapsulate(seed96, enc):
    """The shared secret of draft-connolly-cfrg-xwing-kem, from the two halves' own seeds."""
    mlkem = MLKEM768PrivateKey.from_seed_bytes(seed96[:64])
    x25519 = X25519PrivateKey.from_private_bytes(seed96[64:])
    theirs = enc[MLKEM_CIPHERTEXT_BYTES:]
    shared_m = mlkem.decapsulate(enc[:MLKEM_CIPHERTEXT_BYTES])
    shared_x = x25519.exchange(X25519PublicKey.from_public_bytes(theirs))
    ours = x25519.public_key().public_bytes_raw()
    return hashlib.sha3_256(shared_m + shared_x + theirs + ours + XWING_LABEL).digest()
