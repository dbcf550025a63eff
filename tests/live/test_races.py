"""Races of real telephones: whoever is faster, everybody hears the right one and nothing is left of the other."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
import trio

from tests.hal.peer import Tone
from tests.hal.wire_exchange import WireCall, WireExchange
from tests.hal.wire_phone import WirePhone
from tests.live.floor import AGENTS, CUSTOMER, SUPERVISOR, Floor, open_floor, people

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("ACD-05")]

OTHER = "13800138009"
AGAIN = 5
"""How often a race is run: which of the two wins is chance."""


async def at_once(*what: Callable[[], Awaitable[object]]) -> None:
    """All of it in the same moment; what comes too late does not count."""

    async def tried(one: Callable[[], Awaitable[object]]) -> None:
        with suppress(AssertionError):  # baresip says so when there is nothing to answer any more
            await one()

    async with trio.open_nursery() as nursery:
        for one in what:
            nursery.start_soon(tried, one)


async def test_eight_phones_ring_and_two_answer_in_the_same_moment(tmp_path: Path) -> None:
    async with open_floor(tmp_path, agents=8) as floor, people(floor, CUSTOMER) as p:
        agents = [id_ for id_, _ in floor.agents]
        await p.add(*agents, answers=False)
        for number in range(1, AGAIN + 1):
            await p.call("95503")
            for id_ in agents:
                await p[id_].wait("CALL_INCOMING", count=number)
            await at_once(lambda: p["1001"].command("accept"), lambda: p["1002"].command("accept"))
            shown = await floor.wait_shown("one on call", lambda shown: states(shown).count("on-call") == 1)
            [winner] = [id_ for id_ in agents if shown["agents"][id_]["state"] == "on-call"]
            assert winner in ("1001", "1002")
            await p.talk(CUSTOMER, winner)
            for id_ in agents:
                if id_ != winner:
                    await p[id_].wait("CALL_CLOSED", count=number)
            assert sorted(states(await floor.show()))[-8:] == ["on-call", *["ready"] * 7]
            await p[CUSTOMER].hang_up()
            await p[winner].wait("CALL_CLOSED", count=number)
            await floor.wait_quiet()
        contacts = await floor.wait_rows("SELECT outcome, talk_s FROM contacts WHERE outcome != ''", AGAIN)
        assert [row["outcome"] for row in contacts] == ["answered"] * AGAIN
        assert len(floor.rows("SELECT id FROM recordings WHERE state = 'complete'")) == AGAIN


def states(shown: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    """What the agents are doing."""
    return [agent["state"] for agent in shown["agents"].values()]


async def test_the_customer_hangs_up_in_the_moment_of_the_answer(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor, people(floor, CUSTOMER) as p:
        await p.add("1001", answers=False)
        for number in range(1, 2 * AGAIN + 1):
            await p.call("95501")  # with an announcement for each of the two: neither may go on
            await p["1001"].wait("CALL_INCOMING", count=number)
            both = (lambda: p["1001"].command("accept"), p[CUSTOMER].hang_up)
            await at_once(*(both if number % 2 else reversed(both)))
            await p["1001"].wait("CALL_CLOSED", count=number)
            await floor.wait_quiet()
            assert (await floor.show())["agents"]["1001"]["state"] == "ready"
        await p.hear()
        rows = await floor.wait_rows("SELECT outcome FROM contacts WHERE outcome != ''", 2 * AGAIN)
        assert {row["outcome"] for row in rows} <= {"answered", "abandoned"}


async def test_an_agents_phone_dies_in_a_call_and_the_customer_is_served_on(tmp_path: Path) -> None:
    async with open_floor(tmp_path, silence_s=2.0) as floor, people(floor, CUSTOMER, *AGENTS[:2]) as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        p.phones.pop("1001").kill()
        await p.talk(CUSTOMER, "1002")
        shown = await floor.wait_shown("1001 not busy", lambda shown: shown["agents"]["1001"]["state"] in ("ready", "not-ready"))
        [contact] = shown["contacts"].values()
        assert contact["agent"] == "1002"
        await p[CUSTOMER].hang_up()
        await p.hear()
        await floor.wait_rows("SELECT id FROM recordings WHERE state = 'complete'", 2)


@pytest.mark.parametrize("when", ["ringing", "on-call", "wrap-up"])
async def test_an_agents_phone_logs_off(tmp_path: Path, when: str) -> None:
    """The call goes on that it has, or gets; it is rung for no other."""
    async with open_floor(tmp_path, WrapUp) as floor, people(floor, CUSTOMER, "1002") as p:
        await floor.ask("not-ready", "1002")
        await p.add("1001", answers=when != "ringing")
        phone = p["1001"]
        await p.call()
        if when == "ringing":
            await phone.wait_rings()
        else:
            await p.talk(CUSTOMER, "1001")
        if when == "wrap-up":
            await p[CUSTOMER].hang_up()
            await floor.wait_shown("wrap-up", lambda shown: shown["agents"]["1001"]["state"] == "wrap-up")
        async with WirePhone(floor.address) as other:  # baresip cannot be told to
            assert (await other.register("8001", floor.secret("stations", "8001"), contact="*", expires=0)).status == 200
        await floor.wait_rows("SELECT at FROM audit WHERE who = 'station:8001' AND what = 'unregistered'", 1)
        if when != "wrap-up":
            if when == "ringing":
                await phone.command("accept")
            await p.talk(CUSTOMER, "1001")
            await floor.ask("hold", "1001")
            await p.hear({CUSTOMER: "music"})
            await floor.ask("retrieve", "1001")
            await p.talk(CUSTOMER, "1001")
            await p[CUSTOMER].hang_up()
        await floor.wait_shown("ready", lambda shown: shown["agents"]["1001"]["state"] == "ready")
        await p.call()
        await p.hear({CUSTOMER: "music"})
        await floor.ask("ready", "1002")
        await p.talk(CUSTOMER, "1002")
        await p[CUSTOMER].hang_up()
        rung = await floor.wait_rows("SELECT detail FROM call_events WHERE what = 'offered'", 2)
        assert [row["detail"] for row in rung] == ["1001", "1002"]


class WrapUp(Floor):
    """Who has served somebody in `consult` has two seconds for himself."""

    def site_text(self) -> str:
        return super().site_text().replace("[queues.consult]\n", "[queues.consult]\nwrap_up_s = 2\n")


async def test_a_supervisor_barges_in_as_the_customer_leaves(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor, people(floor, CUSTOMER, "1001", SUPERVISOR) as p:
        for number in range(1, AGAIN + 1):
            await p.call()
            await p.talk(CUSTOMER, "1001")
            both = (lambda: floor.asked("barge", "1001", by=SUPERVISOR), p[CUSTOMER].hang_up)
            await at_once(*(both if number % 2 else reversed(both)))
            await floor.wait_quiet()
            await p.hear()


async def test_two_transfers_cross(tmp_path: Path) -> None:
    """To each other: both are busy, and everybody stays where he is. To the queue: each customer gets one of the two."""
    async with open_floor(tmp_path) as floor, people(floor, CUSTOMER, *AGENTS[:2]) as p:
        await p.add(OTHER, tone=Tone.E)
        for caller, agent in ((CUSTOMER, "1001"), (OTHER, "1002")):
            await p.call(by=caller)
            await p[caller].wait_hears(p.tones[agent])
        pairs = {CUSTOMER: "1001", "1001": CUSTOMER, OTHER: "1002", "1002": OTHER}
        await p.hear(pairs)
        await at_once(lambda: floor.asked("transfer", "1001", "1002"), lambda: floor.asked("transfer", "1002", "1001"))
        await p.hear(pairs)
        await at_once(lambda: floor.asked("transfer", "1001", "queue:consult"), lambda: floor.asked("transfer", "1002", "queue:consult"))
        shown = await floor.wait_shown("both on call", lambda shown: states(shown).count("on-call") == 2)
        served = {contact["agent"]: contact["ani"] for contact in shown["contacts"].values()}
        assert (set(served), set(served.values())) == ({"1001", "1002"}, {CUSTOMER, OTHER})
        await p.hear(served | {customer: agent for agent, customer in served.items()})
        for caller in (CUSTOMER, OTHER):
            await p[caller].hang_up()


async def test_an_answer_that_crosses_the_cancel_leaves_nobody_busy(tmp_path: Path) -> None:
    """RFC 3261 section 9.1: the customer has gone, the phone is cancelled, and answers all the same."""
    async with (
        open_floor(tmp_path) as floor, people(floor, CUSTOMER) as p, WireExchange(floor.address) as wire, trio.open_nursery() as nursery,
    ):  # fmt: skip
        assert (await wire.register("8001", floor.secret("stations", "8001"))).status == 200
        nursery.start_soon(wire.run)
        await floor.ask("log-in", "1001")
        for number in range(1, AGAIN + 1):
            wire.invited = lambda call, _: call.ring()
            await p.call()
            call = await wire.wait_called(number)
            await p[CUSTOMER].wait("CALL_ESTABLISHED", count=number)
            await crossing(call, p[CUSTOMER].hang_up)
            await floor.wait_quiet()
            assert (await floor.show())["agents"]["1001"]["state"] == "ready"
        nursery.cancel_scope.cancel()


async def crossing(call: WireCall, give_up: Callable[[], Awaitable[None]]) -> None:
    """The phone answers when it has been cancelled already."""
    call.answers = lambda request: request.method != "CANCEL"
    await give_up()
    cancel = await call.wait("CANCEL")
    call.answer()
    call.reply(cancel, 200)
    await call.wait("ACK")
    await call.wait("BYE")
