"""Members wait for nobody but members, and those on a device as long as those signed in."""

from __future__ import annotations

import asyncio

import pytest

from app.crypto.errors import QueueFull
from app.crypto.stretching import Lane, Stretcher, Stretchers
from tests.crypto.test_stretching import LOW, SALT


def test_the_lanes_of_members_take_turns():
    async def crowd(stretcher):
        order = []

        async def wait(lane):
            await stretcher.stretch("x", salt=SALT, cost=LOW, floor=LOW, lane=lane)
            order.append(lane)

        devices = [asyncio.create_task(wait(Lane.DEVICE)) for _ in range(12)]
        await asyncio.sleep(0)
        again = [asyncio.create_task(wait(Lane.AGAIN)) for _ in range(4)]
        await asyncio.gather(*devices, *again)
        return order

    with Stretcher(waiting=12) as stretcher:
        order = asyncio.run(crowd(stretcher))
    assert order[:10].count(Lane.AGAIN) == 4


def test_a_full_lane_leaves_room_in_the_other():
    async def fill(stretcher):
        how = {"salt": SALT, "cost": LOW, "floor": LOW}
        devices = [
            asyncio.create_task(stretcher.stretch("x", **how, lane=Lane.DEVICE)) for _ in range(2)
        ]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await stretcher.stretch("x", **how, lane=Lane.DEVICE)
        assert (await stretcher.stretch("x", **how, lane=Lane.AGAIN)).verifier
        await asyncio.gather(*devices)

    with Stretcher(waiting=2) as stretcher:
        asyncio.run(fill(stretcher))


def test_strangers_have_a_process_of_their_own():
    stretchers = Stretchers(waiting=2)
    try:
        of = {lane: stretchers.of(lane) for lane in Lane}
        assert of[Lane.AGAIN] is of[Lane.DEVICE]
        assert of[Lane.STRANGER] is not of[Lane.DEVICE]
        for lane in Lane:
            of[lane].stretch_now("x", salt=SALT, cost=LOW, floor=LOW)
        assert stretchers.members.pid != stretchers.strangers.pid
    finally:
        stretchers.close()
    assert stretchers.members.pid is stretchers.strangers.pid is None
