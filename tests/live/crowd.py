"""A crowd at a centre: sipp plays agents' phones, callers and whoever is outside, and seeded hands press every button of every seat."""

import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import trio

from tests.hal import ports
from tests.hal.processes import bound_addresses, open_files, workers_of
from tests.live.floor import OUTSIDE, Floor
from tests.peers.media import write_speech
from tests.peers.sipp import Agents, Caller, Phone, Sipp, answering, call, register

__all__ = ["Crowd", "CrowdedFloor", "Held", "crowd", "held_by"]

SUPERVISORS = ("1009", "1091", "1099")
"""The last one is the duty manager."""
FAR = "127.0.0.8"
"""Where everybody outside is: sipp names ports for speech by thousands, and on 127.0.0.1 they might be another test's."""
BEFORE = """
[queues.consult]
wrap_up_s     = 1
wrap_up_max_s = 3
ring_s        = 5
"""


class CrowdedFloor(Floor):
    """Fifteen agents, of whom five serve only who is given to them, two supervisors and a duty manager."""

    def __init__(self, folder: Path, agents: int = 15, silence_s: float = 60.0) -> None:
        super().__init__(folder, agents, silence_s)

    def people(self, agents: int) -> list[tuple[str, str]]:
        return [(f"10{n:02d}", f"80{n:02d}") for n in [*range(1, 9), *range(10, agents + 2)]]

    def stations(self) -> list[tuple[str, str]]:
        return [*self.agents, *((id_, f"80{id_[2:]}") for id_ in SUPERVISORS)]

    def site_text(self) -> str:
        more = [
            f'{id_} = {{ name = "{id_}", station = "80{id_[2:]}", level = "{"duty-manager" if id_ == "1099" else "supervisor"}" }}'
            for id_ in SUPERVISORS[1:]
        ]
        text = super().site_text().replace("\n[queues.consult]\n", BEFORE).replace(f"127.0.0.1:{self.outside}", f"{FAR}:{self.outside}")
        return text + "\n".join(more) + "\n"

    def _agent(self, rank: int, id_: str, station: str) -> str:
        groups = "second = 1" if rank % 3 == 0 else "consult = 1"
        return f'{id_} = {{ name = "Agent {id_}", station = "{station}", groups = {{ {groups} }} }}'


@attrs.frozen
class Held:
    """What the two processes of a centre hold."""

    worker_files: int
    worker_ports: frozenset[tuple[str, str, int]]
    serve_files: int


def held_by(floor: Floor) -> Held:
    """Descriptors and ports of the media worker and of the appliance, now."""
    [worker] = workers_of(floor.data / "run")
    return Held(open_files(worker), frozenset(bound_addresses(worker)), open_files(floor.pid))


class Crowd:
    """Who plays what, and what came of it."""

    def __init__(self, floor: CrowdedFloor, phones: Sipp, outside: Sipp, callers: list[Sipp]) -> None:
        self.floor, self.phones, self.outside, self.callers = floor, phones, outside, callers
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.most = {"legs": 0, "contacts": 0, "recordings": 0}
        self.checks = 0
        self._shown: dict[str, Any] = {}

    async def press_buttons(self, length_s: float, seed: int, hands: int = 4) -> None:
        """So many hands at once ask for this and that, as long as they like."""
        self._shown = await self.floor.show()
        with trio.move_on_after(length_s):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._watch)
                for number in range(hands):
                    nursery.start_soon(self._press, random.Random(f"{seed}/{number}"))

    async def _watch(self) -> None:
        while True:
            self._shown = await self.floor.show()
            for what in self.most:
                now = self._shown[what]
                self.most[what] = max(self.most[what], now if isinstance(now, int) else len(now))
            assert (wrong := await self.floor.wrong()) == [], f"{wrong}\n{self._stories(wrong)}"
            assert all(sipp.running for sipp in (self.phones, self.outside, *self.callers)), "a sipp has ended"
            self.checks += 1
            await trio.sleep(0.2)

    def _stories(self, wrong: list[str]) -> str:
        """What the store has of the contacts that something wrong was said of."""
        told = [
            row
            for contact in sorted({id_ for text in wrong for id_ in re.findall(r"\d{4}-\d{6}", text)})
            for row in self.floor.rows(f"SELECT contact, at, what, detail FROM call_events WHERE contact = '{contact}' ORDER BY at")
        ]
        return "\n".join(f"{row['contact']} {row['at']:.3f} {row['what']} {row['detail']}" for row in told)

    async def _press(self, hand: random.Random) -> None:
        while True:
            await trio.sleep(hand.uniform(0.02, 0.25))
            what, agent, to, by = self._choose(hand)
            why = await self.floor.asked(what, agent, to, by)
            (self.refused if why else self.done)[what] += 1

    def _choose(self, hand: random.Random) -> tuple[str, str, str, str]:
        """What is asked for, for whom, with whom, and by whom: mostly what can be done just now, and sometimes anything."""
        if hand.random() < 0.25:
            what = hand.choices(list(BY_SUPERVISORS), list(BY_SUPERVISORS.values()))[0]
            return what, self._agent(hand, 2), "", hand.choice(SUPERVISORS)
        what = hand.choices(list(BY_AGENTS), list(BY_AGENTS.values()))[0]
        parties = 3 if what in ("swap", "complete", "conference", "cancel", "drop") else 0 if what in ("dial", "ready", "extend") else 2
        other = self._other(hand)
        to = {
            "consult": other, "dial": other, "drop": other, "digits": "12#", "flow": "card", "data": f"k{hand.randrange(9)}=v",
            "extend": "1", "transfer": hand.choice([other, "queue:second", "queue:consult", "flow:card"]),
        }.get(what, "")  # fmt: skip
        return what, self._agent(hand, parties), to, ""

    def _agent(self, hand: random.Random, parties: int) -> str:
        """Somebody, most probably in a call with at least so many parties."""
        agents, contacts = self._shown["agents"], self._shown["contacts"]
        ids = [id_ for id_, _ in self.floor.agents]
        suitable = [id_ for id_ in ids if len(contacts.get(agents[id_]["contact"], {"parties": ()})["parties"]) >= parties]
        return hand.choice(suitable if suitable and hand.random() < 0.9 else ids)

    def _other(self, hand: random.Random) -> str:
        """Whom to call: most probably somebody who is free."""
        everybody = [id_ for id_, _ in self.floor.stations()]
        free = [id_ for id_ in everybody if self._shown["agents"][id_]["state"] in ("ready", "not-ready")]
        return hand.choice([*(free if free and hand.random() < 0.8 else everybody), "fire", OUTSIDE])

    async def go_home(self, limit_s: float) -> None:
        """No more calls; everybody is served who still is there, and has gone when this returns."""
        for sipp in self.callers:
            sipp.close()
        for id_, _ in self.floor.agents:
            await self.floor.asked("ready", id_)
        for sipp in self.callers:
            await trio.to_thread.run_sync(sipp.finish, limit_s)
        await self.floor.wait_quiet(limit_s)


BY_AGENTS = {
    "hold": 3, "retrieve": 4, "consult": 12, "swap": 3, "complete": 3, "conference": 6, "cancel": 1, "transfer": 5, "digits": 1, "flow": 2,
    "take-back": 3, "drop": 2, "release": 1, "record": 1, "data": 2, "help": 1, "help-off": 1, "dial": 2, "not-ready": 1, "ready": 6,
    "extend": 1,
}  # fmt: skip
BY_SUPERVISORS = {
    "listen": 6, "whisper": 4, "barge": 4, "stop": 4, "take-over": 2, "force-release": 1, "force-not-ready": 1, "force-ready": 3,
    "record": 1,
}  # fmt: skip
"""What is asked for, and how often."""


@asynccontextmanager
async def crowd(floor: CrowdedFloor, callers: int = 45, calls: int = 20_000) -> AsyncIterator[Crowd]:
    """Everybody is there, and so many callers at once begin to call: two thirds stay until they were served, one third hangs up early."""
    tones = {name: write_speech(floor.folder / f"{name}.pcap", hertz, 60.0) for name, hertz in (("agent", 610), ("caller", 1000))}
    local = ("127.0.0.3", ports.block())
    phones = [Phone(station, floor.secret("stations", station)) for _, station in floor.stations()]
    with register(phones, floor.address, local, floor.folder / "log-in") as registering:
        await trio.to_thread.run_sync(registering.wait, 30)
    for id_, _ in floor.stations():
        await floor.ask("log-in", id_)
    async with AsyncExitStack() as stack:

        def start(sipp: Sipp) -> Sipp:
            stack.enter_context(sipp)
            return sipp

        def caller(number: int, at_once: int, stays_s: float | None) -> Sipp:
            made = Caller(
                number="95500", calls=calls, rate=at_once / 5, at_once=at_once, local=(f"127.0.0.{4 + number}", ports.block()),
                media_port=ports.block(300), first_ani=13_000_000_000 + number * 10_000_000, says=tones["caller"],
                stays_s=stays_s, patience_s=120,
            )  # fmt: skip
            return start(call(made, floor.address, floor.folder / f"callers{number}"))

        here = Agents(local=local, media_port=ports.block(300), talks_s=7.0, says=tones["agent"])
        answers = start(answering(here, floor.address, floor.folder / "agents"))
        there = Agents(local=(FAR, floor.outside), media_port=ports.block(300), talks_s=4.0, says=tones["agent"])
        outside = start(answering(there, floor.address, floor.folder / "outside"))
        early = callers // 3
        yield Crowd(floor, answers, outside, [caller(0, callers - early, None), caller(1, early, 7.0)])
