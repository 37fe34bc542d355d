"""The threads that carry requests: how many at once, how many wait, what the next one gets."""

from __future__ import annotations

import asyncio
import threading

import pytest

from app.errors import Busy
from app.http.request_pool import RequestPool, StillRunning


def test_a_call_runs_in_another_thread_and_its_result_comes_back():
    ident = asyncio.run(RequestPool(1).run(threading.get_ident))
    assert ident != threading.get_ident()


@pytest.mark.parametrize("failure", [ValueError("x"), KeyboardInterrupt()])
def test_what_a_call_raises_is_raised_where_it_was_awaited(failure: BaseException):
    pool = RequestPool(1)

    def fail() -> None:
        raise failure

    async def call() -> BaseException | None:
        try:
            await pool.run(fail)
        except BaseException as raised:  # noqa: BLE001 - KeyboardInterrupt is one of the cases
            return raised
        return None

    assert asyncio.run(call()) is failure
    assert asyncio.run(pool.run(int)) == 0


def test_a_stray_stop_iteration_does_not_leave_the_caller_waiting():
    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(RequestPool(1).run(lambda: next(iter(()))))


def test_when_all_places_are_taken_the_next_is_refused_at_once():
    pool, gate = RequestPool(1, waiting=2), threading.Event()

    async def crowd() -> list[object]:
        first = [asyncio.ensure_future(pool.run(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await pool.run(gate.wait)
        gate.set()
        done = await asyncio.gather(*first)
        return [*done, await pool.run(gate.wait)]

    assert asyncio.run(crowd()) == [True, True, True]
    assert pool.taken == 3


def test_a_call_that_was_cancelled_before_its_turn_is_not_made_and_frees_its_place():
    pool, gate, made = RequestPool(1, waiting=2), threading.Event(), []

    async def cancel() -> None:
        busy = asyncio.ensure_future(pool.run(gate.wait))
        await asyncio.sleep(0.01)
        waiting = asyncio.ensure_future(pool.run(lambda: made.append("late")))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.sleep(0.01)
        second = asyncio.ensure_future(pool.run(lambda: made.append("next")))
        gate.set()
        await asyncio.gather(busy, second)

    asyncio.run(cancel())
    assert made == ["next"]


@pytest.mark.parametrize("cut", ["cancelled", "late"])
def test_a_call_that_was_cut_in_the_middle_keeps_its_place_until_its_thread_ends(cut: str):
    seconds = 60 if cut == "cancelled" else 0.05
    pool, gate = RequestPool(1, waiting=1, seconds=seconds), threading.Event()
    begun = threading.Event()

    def wait() -> None:
        begun.set()
        gate.wait()

    async def leave() -> int:
        call = asyncio.ensure_future(pool.run(wait))
        await asyncio.to_thread(begun.wait)
        if cut == "cancelled":
            call.cancel()
        with pytest.raises(asyncio.CancelledError if cut == "cancelled" else StillRunning):
            await call
        assert pool.in_hand == 1
        with pytest.raises(Busy):
            await pool.run(int)
        gate.set()
        for _ in range(1000):
            await asyncio.sleep(0.001)
            if not pool.in_hand:
                break
        return await pool.run(lambda: 7)

    assert asyncio.run(leave()) == 7


def test_a_call_whose_turn_does_not_come_in_time_is_refused_and_never_made():
    pool, gate, made = RequestPool(1, waiting=2, seconds=0.05), threading.Event(), []

    async def wait() -> int:
        stuck = asyncio.ensure_future(pool.run(gate.wait))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await pool.run(made.append, "late")
        with pytest.raises(StillRunning):
            await stuck
        taken = pool.in_hand
        gate.set()
        await pool.run(int)
        return taken

    assert asyncio.run(wait()) == 1
    assert made == []


def test_a_closed_pool_takes_no_more_and_its_threads_have_ended():
    before = set(threading.enumerate())
    pool, done = RequestPool(2), []
    asyncio.run(pool.run(done.append, 1))
    pool.close()
    assert done == [1]
    assert set(threading.enumerate()) <= before
    with pytest.raises(Busy):
        asyncio.run(pool.run(done.append, 2))


def test_a_pool_closes_although_one_of_its_threads_hangs():
    pool, gate, begun = RequestPool(1), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        gate.wait()

    async def leave() -> None:
        call = asyncio.ensure_future(pool.run(hang))
        await asyncio.to_thread(begun.wait)
        pool.close(seconds=0.01)
        call.cancel()

    asyncio.run(leave())
    gate.set()


def test_as_many_calls_run_at_once_as_there_are_threads():
    pool, meeting, running = RequestPool(3), threading.Barrier(3, timeout=20), []

    def meet() -> int:
        running.append(1)
        met = meeting.wait()
        assert len(running) <= 3
        running.pop()
        return met

    async def crowd() -> list[int]:
        return await asyncio.gather(*(pool.run(meet) for _ in range(6)))

    assert sorted(asyncio.run(crowd())) == [0, 0, 1, 1, 2, 2]
