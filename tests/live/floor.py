"""The floor of a running centre: agents' phones, customers and somebody outside, each with a tone of its own to tell who is heard.

Everything that the centre itself plays is a tone, too: its music, what it says, and the ringback.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import trio

from tests.hal import ports, sounds
from tests.hal.baresip import Baresip
from tests.hal.peer import WAIT_S, Tone
from tests.live.centre import RunningCentre

CUSTOMER, OUTSIDE, SUPERVISOR = "13800138000", "13900139000", "1009"
AGENTS = ("1001", "1002", "1003")
TONES = {CUSTOMER: Tone.A, "1001": Tone.B, "1002": Tone.C, "1003": Tone.D, OUTSIDE: Tone.E, SUPERVISOR: Tone.F}
MUSIC, SAID = Tone.G, Tone.H
"""What who waits or is on hold hears; and what the centre says, or plays as ringback."""

SITE = """\
[centre]
name = "Floor"
languages = ["zh"]
call_back_lost = true

[lines.trunk]
backend   = "sip"
listen    = "127.0.0.1:{port}"
rtp_ports = "{rtp}-{rtp_end}"
channels  = 200
silence_s = {silence_s}

[lines.trunk.trunks.net]
host = "127.0.0.1:{outside}"

[numbers]
95500 = {{ queue = "consult" }}
95501 = {{ queue = "named" }}
95502 = {{ queue = "second" }}
95503 = {{ queue = "all" }}

[flows.card]
welcome   = {{ zh = "请输入密码。" }}
otherwise = "release"

[flows.card.menu]
say = {{ zh = "请按一。" }}
1   = "queue:second"

[queues.consult]
keys  = {{ 1 = "callback" }}

[queues.named]
agent_number = true
whisper      = {{ zh = "科技局热线。" }}

[queues.second]

[queues.all]
strategy = "ring-all"

[directory]
fire = "{fire}"

[prompts]
recorded = "recorded"

[stations]
{stations}

[agents]
{agents}
1009 = {{ name = "Supervisor", station = "8009", level = "supervisor" }}
"""
WORDS_S = {"agent-number": 2.5, **dict.fromkeys(("digit-0", "digit-1", "digit-2", "digit-3"), 0.2), "at-your-service": 0.2,
           "named.whisper": 2.0, "card.welcome": 30.0, "card.menu": 2.0}  # fmt: skip
"""How long what is said takes."""


class Floor(RunningCentre):
    """A centre for call control: 1001 is rung first in `consult` and `named`, then 1002, then 1003, who alone serves `second`."""

    def __init__(self, folder: Path, agents: int = 3, silence_s: float = 60.0) -> None:
        self.outside, self.silence_s = ports.block(), silence_s
        super().__init__(folder, agents)
        (folder / "recorded").mkdir()
        for word, length_s in WORDS_S.items():
            sounds.write(folder / "recorded" / f"{word}.zh.wav", SAID, length_s)
        sounds.write(folder / "recorded" / "ringback.wav", SAID, 2.0)
        sounds.write(folder / "recorded" / "wait-music.wav", MUSIC, 10.0)

    def site_text(self) -> str:
        return SITE.format(
            port=self.port, rtp=self.rtp, rtp_end=self.rtp + 599, outside=self.outside, silence_s=self.silence_s, fire=OUTSIDE,
            stations="\n".join(f"{station} = {{}}" for _, station in self.stations()),
            agents="\n".join(self._agent(rank, id_, station) for rank, (id_, station) in enumerate(self.agents, 1)),
        )  # fmt: skip

    def stations(self) -> list[tuple[str, str]]:
        """Everybody's number and station."""
        return [*self.agents, (SUPERVISOR, "8009")]

    async def close(self) -> None:
        """Stop in order, with nothing to complain of."""
        assert await self.stop() == 0, self.said()
        assert "Traceback" not in self.log.read_text(errors="replace")
        assert self.rows("SELECT text FROM alarms WHERE source = 'invariants' OR source LIKE 'script:%' OR source LIKE 'messages:%'") == []

    def _agent(self, rank: int, id_: str, station: str) -> str:
        groups = f"consult = {rank}, named = {rank}, all = 1" + (", second = 1" if id_ == "1003" else "")
        return f'{id_} = {{ name = "Agent {id_}", station = "{station}", groups = {{ {groups} }} }}'


@asynccontextmanager
async def open_floor(folder: Path, kind: type[Floor] = Floor, agents: int = 3, silence_s: float = 60.0) -> AsyncIterator[Floor]:
    """A centre that is open; it has to end in order, and to have nothing to complain of."""
    floor = kind(folder, agents, silence_s)
    try:
        await floor.start()
        yield floor
        await floor.close()
    finally:
        floor.end()


class Phone(Baresip):
    """One of the telephones."""

    def __init__(self, centre: Floor, name: str, account: str, *, address: str = "", port: int = 0, tone: Tone | None = None) -> None:
        self.name, self.tone = name, TONES.get(name) if tone is None else tone
        self.at = f"127.0.0.1:{centre.port}"
        folder = centre.folder / "phones" / f"{name}-{time.monotonic_ns()}"
        folder.parent.mkdir(exist_ok=True)
        super().__init__(folder, address or f"sip:{name}@127.0.0.1", account, self.tone, codecs="pcma", port=port)

    async def dial(self, dnis: str) -> None:
        await super().dial(f"sip:{dnis}@{self.at}")

    async def transfer(self, to: str) -> None:
        await super().transfer(f"sip:{to}@{self.at}")

    async def wait_logged_in(self) -> None:
        """Until the centre lets it in; it may have said so before anybody listened."""
        with trio.fail_after(WAIT_S):
            while "OK" not in await self.command("reginfo"):
                await trio.sleep(0.02)

    async def switch_off(self) -> None:
        """End what calls it has, log off and be gone; it may have gone by itself, as baresip sometimes does when its call is lost."""
        with suppress(trio.ClosedResourceError, trio.BrokenResourceError):
            await self.command("quit")
        assert self._running is not None
        await self._running.wait()


class People:
    """The phones of one test."""

    def __init__(self, centre: Floor, nursery: trio.Nursery) -> None:
        self.centre, self._nursery = centre, nursery
        self.phones: dict[str, Phone] = {}

    def __getitem__(self, name: str) -> Phone:
        return self.phones[name]

    async def add(
        self, *names: str, tone: Tone | None = None, answers: bool = True, voice: Callable[[Path], object] = lambda _: None
    ) -> None:
        """Switch phones on: of an agent by his number, who is logged in then; `OUTSIDE`, who answers calls by the trunk; or of a caller.

        `voice` may write another file for what they say.
        """
        stations = {id_: station for id_, station in self.centre.stations() if id_ in names}
        async with trio.open_nursery() as nursery:
            for name in names:
                self.phones[name] = phone = self._phone(name, stations.get(name, ""), tone, answers)
                voice(phone.directory / "voice.wav")
                nursery.start_soon(self._nursery.start, phone.run)
        for id_ in stations:
            await self.phones[id_].wait_logged_in()
            await self.centre.ask("log-in", id_)

    def _phone(self, name: str, station: str, tone: Tone | None, answers: bool) -> Phone:
        mode = "auto" if answers else "manual"
        if station:
            account = f"auth_user={station};auth_pass={self.centre.secret('stations', station)};answermode={mode};regint=60"
            return Phone(self.centre, name, account, address=f"sip:{station}@127.0.0.1:{self.centre.port}", tone=tone)
        return Phone(self.centre, name, f"regint=0;answermode={mode}", port=self.centre.outside if name == OUTSIDE else 0, tone=tone)

    @property
    def tones(self) -> dict[str, Tone]:
        """What each phone that says something sounds like, and the centre's own sounds."""
        return {"music": MUSIC, "said": SAID} | {name: phone.tone for name, phone in self.phones.items() if phone.tone is not None}

    async def hear(self, expected: Mapping[str, str] | None = None) -> None:
        """Until each phone hears exactly these - names of others, `music`, `said` - and every phone that is not named hears nothing.

        A phone without a tone is silent, and not heard by anybody.
        """
        tones, unknown = self.tones, set(expected or ()) - set(self.phones)
        assert not unknown, f"no such phones: {unknown}"
        due = list(self.phones)
        for _ in range(2):  # once more, now that all have got there: at the same time
            async with trio.open_nursery() as nursery:
                for name in due:
                    heard = [tones[who] for who in (expected or {}).get(name, "").split() if who in tones]
                    nursery.start_soon(self._hears, name, heard)
            lengths = {name: phone.heard_s() for name, phone in self.phones.items()}
            due = [name for name in self.phones if (expected or {}).get(name)]
        for name, phone in self.phones.items():
            if name not in due and phone.heard_s() > lengths[name]:  # who was silent, and is sent something still
                await self._hears(name, [])

    async def _hears(self, name: str, heard: list[Tone]) -> None:
        try:
            await self.phones[name].wait_hears(*heard)
        except AssertionError as error:
            raise AssertionError(f"{name} {error}\n{self.centre.said()}") from None

    async def talk(self, *names: str) -> None:
        """Until these all hear each other, and nobody else hears anything."""
        await self.hear({name: " ".join(other for other in names if other != name) for name in names})

    async def call(self, to: str = "95500", by: str = CUSTOMER) -> None:
        """A caller dials."""
        await self[by].dial(to)

    async def switch_off(self) -> None:
        """All phones end what calls they have, log off and are gone."""
        async with trio.open_nursery() as nursery:
            for phone in self.phones.values():
                nursery.start_soon(phone.switch_off)


@asynccontextmanager
async def people(centre: Floor, *names: str) -> AsyncIterator[People]:
    """Phones of these; when the block ends well nothing may be left of any call, with the phones still there."""
    async with trio.open_nursery() as nursery:
        here = People(centre, nursery)
        await here.add(*names)
        try:
            yield here
            await centre.wait_quiet()
        finally:  # whatever happened: a phone that is still logged in would be rung in the next test
            with trio.CancelScope(shield=True), trio.move_on_after(5):
                await here.switch_off()
        nursery.cancel_scope.cancel()
