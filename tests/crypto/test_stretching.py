"""The stretching process itself: a real child, really killed."""

import asyncio
import gc
import io
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import warnings

import psutil
import pytest

from app.crypto import stretch_worker
from app.crypto.errors import (
    CryptoError,
    PassphraseRefused,
    QueueFull,
    StretcherClosed,
    StretcherLost,
    WeakParameters,
)
from app.crypto.passwords import FLOOR, Argon2Cost, part, stretch
from app.crypto.stretching import Lane, Stretcher

LOW = Argon2Cost(memory_kib=64, iterations=1, lanes=1)
LONG = Argon2Cost(memory_kib=2**18, iterations=32, lanes=1)
"""About six seconds: long enough to be met in the middle, and never waited for."""
SALT = bytes(range(16))


@pytest.fixture
def stretcher():
    with Stretcher() as made:
        yield made


def low(stretcher, passphrase="padauk"):
    return stretcher.stretch_now(passphrase, salt=SALT, cost=LOW, floor=LOW)


def meet_in_the_middle(stretcher, *, seconds=60):
    """Wait until the child is up and at work on a long call."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if stretcher.pid and psutil.Process(stretcher.pid).cpu_times().user > 0.15:
            return stretcher.pid
        time.sleep(0.01)
    raise AssertionError("the child never started to work")


def in_background(stretcher, cost=LONG):
    """Start a call in a thread; gives the thread and the list that its outcome lands in."""
    outcome = []

    def call():
        try:
            outcome.append(stretcher.stretch_now("padauk", salt=SALT, cost=cost, floor=LOW))
        except CryptoError as error:
            outcome.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    return thread, outcome


def test_the_process_gives_what_stretching_here_gives(stretcher):
    for passphrase in ("padauk", "ပိတောက်", ""):
        assert low(stretcher, passphrase) == stretch(passphrase, salt=SALT, cost=LOW, floor=LOW)


def test_the_event_loop_may_wait_for_it(stretcher):
    async def both():
        return await asyncio.gather(
            stretcher.stretch("one", salt=SALT, cost=LOW, floor=LOW),
            stretcher.stretch("two", salt=SALT, cost=LOW, floor=LOW),
        )

    assert asyncio.run(both()) == [low(stretcher, "one"), low(stretcher, "two")]


def test_one_process_serves_all_calls_and_starts_with_the_first(stretcher):
    assert stretcher.pid is None
    low(stretcher)
    first = stretcher.pid
    assert first not in {None, os.getpid()}
    low(stretcher)
    assert stretcher.pid == first


def test_the_process_yields_the_processor_and_leaves_no_core(stretcher):
    low(stretcher)
    assert os.sched_getscheduler(stretcher.pid) == os.SCHED_IDLE
    assert resource.prlimit(stretcher.pid, resource.RLIMIT_CORE) == (0, 0)


def test_the_process_is_handed_no_environment_and_no_secret_on_its_command_line(
    stretcher, monkeypatch
):
    monkeypatch.setenv("PADAUK_EXAMPLE", "not for the child")
    low(stretcher, "padauk in the morning")
    child = psutil.Process(stretcher.pid)
    assert not any(name.startswith("PADAUK") for name in child.environ())
    assert "padauk in the morning" not in " ".join(child.cmdline())


def test_the_process_imports_the_crypto_package_and_nothing_else_of_the_house():
    code = (
        "import sys; import app.crypto.stretch_worker; "
        "print(*(name for name in sys.modules if name.startswith('app')))"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout.split()
    assert {name for name in seen if name != "app"} == {
        name for name in seen if name == "app.crypto" or name.startswith("app.crypto.")
    }
    assert set(seen) <= {
        "app",
        "app.crypto",
        "app.crypto.argon2id",
        "app.crypto.errors",
        "app.crypto.stretch_worker",
        "app.errors",
    }


def test_the_process_loads_argon2_and_no_other_primitive():
    code = "import sys; import app.crypto.stretch_worker; print(*sys.modules)"
    seen = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout.split()
    assert "argon2.low_level" in seen
    assert not {"cryptography", "shamir_mnemonic", "hmac"} & set(seen)


def test_a_process_killed_in_the_middle_loses_that_call_alone():
    with Stretcher() as stretcher:
        thread, outcome = in_background(stretcher)
        killed = meet_in_the_middle(stretcher)
        os.kill(killed, signal.SIGKILL)
        thread.join(10)
        assert [type(result) for result in outcome] == [StretcherLost]
        assert low(stretcher).verifier
        assert stretcher.pid != killed


def test_a_process_killed_at_rest_is_replaced_unnoticed(stretcher):
    before = low(stretcher)
    killed = stretcher.pid
    os.kill(killed, signal.SIGKILL)
    psutil.Process(killed).wait(10)
    assert low(stretcher) == before
    assert stretcher.pid != killed


def test_a_process_that_falls_silent_is_given_up():
    with Stretcher(patience=0.5) as stretcher:
        low(stretcher)
        silent = stretcher.pid
        os.kill(silent, signal.SIGSTOP)
        with pytest.raises(StretcherLost):
            low(stretcher)
        assert not psutil.pid_exists(silent)
        assert low(stretcher).verifier


def test_a_process_that_answers_in_pieces_is_read_to_the_end(stretcher, monkeypatch):
    expected = low(stretcher)
    whole = stretcher._child._responses

    class Trickle:
        fileno, close = whole.fileno, whole.close

        def read(self, size):
            return whole.read(min(size, 40))

    monkeypatch.setattr(stretcher._child, "_responses", Trickle())
    assert low(stretcher) == expected


def test_a_process_that_cannot_be_started_loses_the_call(stretcher, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(StretcherLost):
            low(stretcher)
    assert low(stretcher).verifier


def test_interrupting_the_terminal_does_not_reach_the_process(stretcher):
    low(stretcher)
    assert os.getpgid(stretcher.pid) != os.getpgid(0)
    os.kill(stretcher.pid, signal.SIGINT)
    pid = stretcher.pid
    assert low(stretcher).verifier
    assert stretcher.pid == pid


def test_as_many_may_wait_as_was_said_and_no_more():
    with Stretcher(waiting=2) as stretcher:
        running, _ = in_background(stretcher)
        killed = meet_in_the_middle(stretcher)
        queued, outcome = in_background(stretcher, LOW)
        until = time.monotonic() + 10
        while stretcher._places[Lane.AGAIN]._value and time.monotonic() < until:
            time.sleep(0.01)
        with pytest.raises(QueueFull):
            low(stretcher)
        os.kill(killed, signal.SIGKILL)
        for thread in (running, queued):
            thread.join(10)
        assert outcome[0].verifier
        assert low(stretcher).verifier


def test_a_caller_who_leaves_the_queue_frees_the_place():
    async def leave(stretcher):
        running = asyncio.create_task(stretcher.stretch("x", salt=SALT, cost=LONG, floor=LOW))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(stretcher.stretch("x", salt=SALT, cost=LOW, floor=LOW))
        await asyncio.sleep(0)
        assert stretcher._places[Lane.AGAIN]._value == 0
        waiting.cancel()
        await asyncio.wait([waiting])
        assert stretcher._places[Lane.AGAIN]._value == 1
        await asyncio.to_thread(meet_in_the_middle, stretcher)
        os.kill(stretcher.pid, signal.SIGKILL)
        with pytest.raises(StretcherLost):
            await running

    with Stretcher(waiting=2) as stretcher:
        asyncio.run(leave(stretcher))


def test_what_may_not_be_stretched_is_refused_before_it_waits(stretcher):
    with pytest.raises(WeakParameters):
        stretcher.stretch_now("x", salt=SALT, cost=LOW)
    with pytest.raises(WeakParameters):
        stretcher.stretch_now("x", salt=b"", cost=FLOOR)
    with pytest.raises(PassphraseRefused):
        stretcher.stretch_now("x" * 1025, salt=SALT, cost=FLOOR)
    assert stretcher.pid is None


def test_the_longest_passphrase_and_salt_go_through(stretcher):
    salt, passphrase = bytes(64), "x" * 1024
    assert stretcher.stretch_now(passphrase, salt=salt, cost=LOW, floor=LOW) == stretch(
        passphrase, salt=salt, cost=LOW, floor=LOW
    )


def test_closing_leaves_no_process_no_pipe_no_thread_and_no_warning():
    me = psutil.Process()
    gc.collect()  # what earlier tests dropped must not be closed between the two counts
    before = (me.num_fds(), {child.pid for child in me.children(recursive=True)})
    threads = set(threading.enumerate())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stretcher = Stretcher()
        low(stretcher)
        pid = stretcher.pid
        stretcher.close()
        stretcher.close()
        del stretcher
        gc.collect()
    assert not psutil.pid_exists(pid)
    assert (me.num_fds(), {child.pid for child in me.children(recursive=True)}) == before
    assert set(threading.enumerate()) == threads


def test_closing_an_unused_stretcher_starts_nothing():
    stretcher = Stretcher()
    stretcher.close()
    assert stretcher.pid is None


def test_a_closed_stretcher_takes_no_more_work_however_often_it_is_asked():
    stretcher = Stretcher(waiting=1)
    stretcher.close()
    for _ in range(2):
        with pytest.raises(StretcherClosed):
            low(stretcher)


def test_closing_refuses_those_who_wait_and_finishes_the_one_at_work():
    stretcher = Stretcher()
    middling = Argon2Cost(memory_kib=2**17, iterations=6, lanes=1)
    running, done = in_background(stretcher, middling)
    meet_in_the_middle(stretcher)
    waiting, refused = in_background(stretcher, LOW)
    until = time.monotonic() + 10
    while stretcher._places[Lane.AGAIN]._value > 30 and time.monotonic() < until:
        time.sleep(0.005)
    stretcher.close()
    for thread in (running, waiting):
        thread.join(10)
    assert done[0].verifier
    assert [type(result) for result in refused] == [StretcherClosed]


def test_a_process_that_will_not_end_is_killed(stretcher, monkeypatch):
    low(stretcher)
    stubborn = stretcher.pid
    os.kill(stubborn, signal.SIGSTOP)
    monkeypatch.setattr("app.crypto.stretching._GOODBYE_SECONDS", 0.1)
    stretcher.close()
    assert not psutil.pid_exists(stubborn)


def test_the_process_ends_when_its_parent_is_gone():
    code = (
        "import os; from app.crypto.passwords import Argon2Cost\n"
        "from app.crypto.stretching import Lane, Stretcher\n"
        "low = Argon2Cost(64, 1, 1); s = Stretcher()\n"
        "s.stretch_now('x', salt=bytes(16), cost=low, floor=low)\n"
        "print(s.pid, flush=True); os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    child = int(parent.stdout)
    until = time.monotonic() + 10
    while psutil.pid_exists(child) and time.monotonic() < until:
        if psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.01)
    else:
        assert not psutil.pid_exists(child)


def test_the_worker_answers_requests_until_its_input_ends():
    asked = [
        stretch_worker.write_request(SALT, passphrase.encode(), LOW.figures, LOW.figures)
        for passphrase in ("one", "two")
    ]
    answers = io.BytesIO()
    stretch_worker.answer_requests(io.BytesIO(b"".join(asked)), answers)
    given = answers.getvalue()
    size = stretch_worker.RESPONSE_BYTES
    assert len(given) == 2 * size
    for place, passphrase in enumerate(("one", "two")):
        assert part(given[place * size : (place + 1) * size]) == stretch(
            passphrase, salt=SALT, cost=LOW, floor=LOW
        )


def test_the_worker_holds_the_floor_too():
    request = stretch_worker.write_request(SALT, b"x", LOW.figures, FLOOR.figures)
    with pytest.raises(WeakParameters):
        stretch_worker.answer_requests(io.BytesIO(request), io.BytesIO())


@pytest.mark.parametrize("idle", [True, False])
def test_where_there_is_no_idle_class_the_worker_is_as_nice_as_it_can_be(monkeypatch, idle):
    done = []

    def schedule(*asked):
        if not idle:
            raise PermissionError
        done.append("idle")

    monkeypatch.setattr(os, "sched_setscheduler", schedule)
    monkeypatch.setattr(os, "nice", lambda by: done.append(f"nice {by}"))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limit: done.append((kind, limit)))
    monkeypatch.setattr(signal, "signal", lambda number, action: done.append((number, action)))
    stretch_worker.lower_priority()
    assert done == [
        (resource.RLIMIT_CORE, (0, 0)),
        (signal.SIGINT, signal.SIG_IGN),
        "idle" if idle else "nice 19",
    ]


def test_the_worker_serves_its_standard_input(monkeypatch):
    class Standard:
        def __init__(self, data=b""):
            self.buffer = io.BytesIO(data)

    request = stretch_worker.write_request(SALT, b"padauk", LOW.figures, LOW.figures)
    answers = Standard()
    monkeypatch.setattr(stretch_worker, "lower_priority", lambda: None)
    monkeypatch.setattr(sys, "stdin", Standard(request))
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", answers)
        stretch_worker.main()
    answer = part(answers.buffer.getvalue())
    assert answer == stretch("padauk", salt=SALT, cost=LOW, floor=LOW)
