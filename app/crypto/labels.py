"""The labels of everything that is bound, derived, signed or authenticated: one a meaning.

- ``frame`` takes a ``Label`` and nothing else, so that a label as text is a type error.
- A label ends in the version of what follows it; a change of the parts is a new label.
- Two members with one value are refused when this module is imported.
"""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Self


@unique
class Label(StrEnum):
    """What a frame is about. ``head`` is its first bytes: the label's length and the label."""

    head: bytes

    def __new__(cls, value: str) -> Self:
        """Keep the framed label beside its text: frames are made hundreds of times a page."""
        label = str.__new__(cls, value)
        label._value_ = value
        text = value.encode()
        label.head = len(text).to_bytes(4, "big") + text
        return label

    # Keys from the root key and from the deployment's secrets
    ROOT_KEY_ID = "padauk/root/id/1"
    ROOT_WRAP_KEY = "padauk/root/wrap/1"
    DEPLOYMENT_SECRET = "padauk/deployment-secret/1"  # noqa: S105 - a label
    DIRECTORY_KEY = "padauk/directory/1"
    LOGIN_INDEX_KEY = "padauk/login-index/1"
    ROW_KEY = "padauk/row/key/1"
    LOG_KEY = "padauk/log/1"
    LOG_SIGNING_KEY = "padauk/log/signing/1"
    SEARCH_MIX = "padauk/search-mix/1"
    CURSOR_KEY = "padauk/cursor/key/1"
    REPLAY_INDEX_KEY = "padauk/replay/index/1"
    COUNTER_KEY = "padauk/counter/key/1"
    CODE_LOCATOR_KEY = "padauk/code/locator/1"
    WORD_MARK_KEY = "padauk/word-mark/key/1"
    CODE_PROOF_KEY = "padauk/code/proof/1"
    INVITATION_KEY = "padauk/invitation/key/1"
    UNKNOWN_NAME_KEY = "padauk/unknown-name/1"
    PEPPER_KEY = "padauk/pepper/key/1"

    # Passphrases, members' own keys, sessions
    PASSPHRASE = "padauk/passphrase/1"  # noqa: S105 - a label
    CREDENTIAL = "padauk/credential/1"
    PEPPER = "padauk/pepper/1"
    SECOND_KEYS = "padauk/second-keys/1"
    OWN_SYMMETRIC_WRAP = "padauk/own/symmetric-wrap/1"
    OWN_REPLAY = "padauk/own/replay/1"
    OWN_REPLAY_REQUEST = "padauk/own/replay-request/1"
    SESSION = "padauk/session/1"
    SESSION_ID = "padauk/session/id/1"
    SESSION_KEYS = "padauk/session/keys/1"
    SESSION_LEAD = "padauk/session/lead/1"
    DEVICE_PERMIT = "padauk/device-permit/1"
    DEVICE_PERMIT_KEY = "padauk/device-permit/key/1"
    SECOND_FACTOR = "padauk/second-factor/1"
    RECOVERY_CODE = "padauk/recovery-code/1"
    RECOVERY_CODE_KEY = "padauk/recovery-code/key/1"

    # Certificates and keys of the organisation
    FINGERPRINT = "padauk/fingerprint/1"
    CONFIRMATION = "padauk/confirmation/1"
    MEMBER = "padauk/member/1"
    ORGANISATION_KEY = "padauk/organisation-key/1"
    VERIFIED_CERTIFICATE = "padauk/verified-certificate/1"
    KEY_COPY = "padauk/key-copy/1"
    KEY_COPY_SIGNATURE = "padauk/key-copy/signature/1"
    CUSTODY_CONTRIBUTION = "padauk/custody-contribution/1"
    CUSTODY_CONTRIBUTION_SIGNATURE = "padauk/custody-contribution/signature/1"
    SEARCH_KEY = "padauk/search-key/1"
    HPKE_PAIR = "padauk/hpke/pair/1"
    HPKE_PUBLIC = "padauk/hpke/public/1"

    # Scopes, grants, cells
    COMMITMENT = "padauk/commitment/1"
    SCOPE = "padauk/scope/1"
    DATA_KEY = "padauk/data/1"
    CELL = "padauk/cell/1"
    GRANT = "padauk/grant/1"
    GRANT_HPKE_WRAP = "padauk/grant/hpke-wrap/1"
    GRANT_STATEMENT = "padauk/grant-statement/1"
    BUNDLE = "padauk/bundle/1"
    CASE_KEY = "padauk/case-key/1"
    SCOPE_ROW = "padauk/scope-row/1"
    SCOPES_MINTED = "padauk/scopes-minted/1"
    KEY_POSSESSION = "padauk/key-possession/1"

    # Money
    AID_STEP = "padauk/aid-step/1"

    # Backups, and what proves one
    BACKUP_PART = "padauk/backup/part/1"
    BACKUP_CHUNK = "padauk/backup/chunk/1"
    BACKUP_LEADS = "padauk/backup/leads/1"
    CANARY = "padauk/canary/1"
    CANARY_KEY = "padauk/canary/key/1"

    # The log
    CASE_LOG_KEY = "padauk/log/case/1"
    EVENT = "padauk/event/1"
    EVENT_DETAIL_KEY = "padauk/event/detail/1"
    EVENT_OPENER = "padauk/event/opener/1"
    ACTOR_TAG = "padauk/event/actor/1"
    SUBJECT_TAG = "padauk/event/subject/1"
    ROW_DIGEST = "padauk/row-digest/1"

    # What was destroyed
    MARK_KEY = "padauk/mark/key/1"
    MARK_TAG = "padauk/mark/tag/1"
    MARK_PROOF = "padauk/mark/proof/1"
    JOURNAL_KEY = "padauk/journal/key/1"
    JOURNAL_ENTRY = "padauk/journal/entry/1"
    DESTRUCTION_DIGEST_KEY = "padauk/destruction/digest/1"
    DESTRUCTION_ROWS = "padauk/destruction/rows/1"
    DESTRUCTION_ORDER = "padauk/destruction/order/1"
    DESTRUCTION_ORDER_KEY = "padauk/destruction/order/key/1"
    ERASED_READER_KEY = "padauk/erased-reader/key/1"
    ERASED_READER = "padauk/erased-reader/1"
    GRACE_KEY = "padauk/retention/grace/key/1"
    GRACE = "padauk/retention/grace/1"

    # What is looked up, counted or checked
    INDEX_KEY = "padauk/index/1"
    INDEX_TOKEN = "padauk/index/token/1"  # noqa: S105 - a label
    INDEX_PROOF = "padauk/index/proof/1"
    WORD_MARK = "padauk/word-mark/1"
    COUNTER = "padauk/counter/1"
    CODE = "padauk/code/1"
    INVITATION_LINK = "padauk/invitation/link/1"
    INVITATION_WORDS = "padauk/invitation/words/1"
    CURSOR = "padauk/cursor/2"
    REPLAY = "padauk/replay/1"
    REPLAY_REQUEST = "padauk/replay/request/1"
