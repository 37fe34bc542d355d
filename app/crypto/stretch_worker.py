"""The other end of ``stretching``: a process that stretches passphrases and does nothing else.

It imports no more than Argon2 needs, yields the processor to everyone, never dumps its memory,
and ends when its input does, so it cannot outlive the process that started it. Anything
unexpected ends it too: its parent then knows that this one call was lost.

Asked: ``u32 x 8`` (cost, floor, two lengths), salt, passphrase. Answered: three 32-byte values.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from typing import BinaryIO

from app.crypto.passwords import Argon2Cost, Stretched, stretch

PART_BYTES = 32
ANSWER_BYTES = 3 * PART_BYTES
_HEADER = struct.Struct(">8I")
_LOWEST_NICE = 19


def write_request(salt: bytes, passphrase: bytes, cost: Argon2Cost, floor: Argon2Cost) -> bytes:
    """One request as bytes; its figures have been checked by ``passwords.check_stretch``."""
    figures = (cost.memory_kib, cost.iterations, cost.lanes)
    least = (floor.memory_kib, floor.iterations, floor.lanes)
    return _HEADER.pack(*figures, *least, len(salt), len(passphrase)) + salt + passphrase


def read_answer(answer: bytes) -> Stretched:
    """The stretched values of an answer of 96 bytes."""
    return Stretched(
        answer[:PART_BYTES], answer[PART_BYTES : 2 * PART_BYTES], answer[2 * PART_BYTES :]
    )


def answer_requests(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer one request after another until the input ends."""
    while header := requests.read(_HEADER.size):
        figures = _HEADER.unpack(header)
        salt, passphrase = requests.read(figures[6]), requests.read(figures[7])
        stretched = stretch(
            passphrase.decode(),
            salt=salt,
            cost=Argon2Cost(*figures[:3]),
            floor=Argon2Cost(*figures[3:6]),
        )
        answers.write(stretched.verifier + stretched.wrap_work + stretched.wrap_lead)
        answers.flush()


def step_back() -> None:
    """Run only when nobody else wants the processor, and leave no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        os.nice(_LOWEST_NICE)


def main() -> None:
    """Serve the parent over standard input and output."""
    step_back()
    answer_requests(sys.stdin.buffer, sys.stdout.buffer)
