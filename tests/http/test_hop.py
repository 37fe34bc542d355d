"""From the event loop into a thread and back."""

from __future__ import annotations

import asyncio
import threading

import pytest

from app.errors import Busy
from app.http.hop import Hop


def test_a_call_runs_in_another_thread_and_its_result_comes_back():
    hop = Hop(1)
    name = asyncio.run(hop.run(lambda: threading.current_thread().name))
    hop.close()
    assert name == "hop-0"


@pytest.mark.parametrize("failure", [ValueError("x"), KeyboardInterrupt()])
def test_what_a_call_raises_is_raised_where_it_was_awaited(failure: BaseException):
    hop = Hop(1)

    def fail() -> None:
        raise failure

    async def ask() -> BaseException | None:
        try:
            await hop.run(fail)
        except BaseException as raised:  # noqa: BLE001 - KeyboardInterrupt is one of the cases
            return raised
        return None

    assert asyncio.run(ask()) is failure
    assert asyncio.run(hop.run(int)) == 0
    hop.close()


def test_a_stray_stop_iteration_does_not_leave_the_caller_waiting():
    hop = Hop(1)
    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(hop.run(lambda: next(iter(()))))
    hop.close()


def test_when_all_places_are_taken_the_next_is_refused_at_once():
    hop, gate = Hop(1, waiting=2), threading.Event()

    async def crowd() -> list[object]:
        first = [asyncio.ensure_future(hop.run(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await hop.run(gate.wait)
        gate.set()
        done = await asyncio.gather(*first)
        return [*done, await hop.run(gate.wait)]

    assert asyncio.run(crowd()) == [True, True, True]
    hop.close()


def test_a_call_that_was_given_up_before_its_turn_is_not_made():
    hop, gate, made = Hop(1), threading.Event(), []

    async def give_up() -> None:
        busy = asyncio.ensure_future(hop.run(gate.wait))
        waiting = asyncio.ensure_future(hop.run(lambda: made.append("late")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        gate.set()
        await busy
        await hop.run(lambda: made.append("next"))

    asyncio.run(give_up())
    hop.close()
    assert made == ["next"]


def test_a_caller_that_leaves_in_the_middle_gives_its_place_back():
    hop, gate, begun = Hop(1, waiting=1), threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        gate.wait()

    async def leave() -> int:
        call = asyncio.ensure_future(hop.run(wait))
        await asyncio.to_thread(begun.wait)
        call.cancel()
        await asyncio.sleep(0)
        gate.set()
        for _ in range(200):
            try:
                return await hop.run(lambda: 7)
            except Busy:
                await asyncio.sleep(0.01)
        return 0

    assert asyncio.run(leave()) == 7
    hop.close()


def test_a_call_whose_loop_has_ended_does_not_end_its_thread():
    hop, gate = Hop(1), threading.Event()

    async def abandon() -> None:
        asyncio.ensure_future(hop.run(gate.wait))  # noqa: RUF006 - left alone on purpose
        await asyncio.sleep(0.01)

    asyncio.run(abandon())
    gate.set()
    assert asyncio.run(hop.run(lambda: 7)) == 7
    hop.close()


def test_a_closed_hop_has_finished_what_was_in_hand_and_takes_no_more():
    hop, done = Hop(2), []
    asyncio.run(hop.run(done.append, 1))
    hop.close()
    assert done == [1]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("hop-")]
    with pytest.raises(Busy):
        asyncio.run(hop.run(done.append, 2))


def test_as_many_calls_run_at_once_as_there_are_threads():
    hop, meeting = Hop(3), threading.Barrier(3, timeout=20)

    async def meet() -> list[int]:
        return await asyncio.gather(*(hop.run(meeting.wait) for _ in range(3)))

    assert sorted(asyncio.run(meet())) == [0, 1, 2]
    hop.close()
