"""The process behind ``stretching``: stretches passphrases and does nothing else.

It imports no more than Argon2 needs, yields the processor to everyone, never dumps its memory,
and ends when its input does, so it cannot outlive the process that started it. Anything
unexpected ends it too: its parent then knows that this one call was lost.

Request: ``u32 x 8`` (cost, floor, two lengths), salt, passphrase. Response: 64 bytes.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from typing import BinaryIO

from app.crypto.argon2id import STRETCHED_BYTES, Figures, argon2id, check_figures

RESPONSE_BYTES = STRETCHED_BYTES
_HEADER = struct.Struct(">8I")
_LOWEST_NICE = 19


def write_request(salt: bytes, passphrase: bytes, cost: Figures, floor: Figures) -> bytes:
    """One request as bytes; its figures have been checked by ``passwords.check_stretch``."""
    return _HEADER.pack(*cost, *floor, len(salt), len(passphrase)) + salt + passphrase


def answer_requests(requests: BinaryIO, responses: BinaryIO) -> None:
    """Stretch one request after another until the input ends."""
    while header := requests.read(_HEADER.size):
        figures = _HEADER.unpack(header)
        cost = figures[:3]
        check_figures(cost, figures[3:6])
        salt, passphrase = requests.read(figures[6]), requests.read(figures[7])
        responses.write(argon2id(passphrase, salt=salt, figures=cost))
        responses.flush()


def lower_priority() -> None:
    """Give this process the lowest priority, and let it leave no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        os.nice(_LOWEST_NICE)


def main() -> None:
    """Serve the parent over standard input and output."""
    lower_priority()
    answer_requests(sys.stdin.buffer, sys.stdout.buffer)
