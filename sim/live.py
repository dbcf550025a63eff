"""A scenario against a running centre, over real SIP and in real time, and beside it the same scenario in virtual time.

The centre is another process. This one plays its callers and its agents' phones, with the passwords and PINs of the centre's data
directory, and afterwards reads the centre's records there. It breaks nothing in a centre that it has not started itself.
"""

import socket
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import trio
import trio.lowlevel

from appliance.config import ConfigError
from appliance.config.structuring import structure
from appliance.core import records
from appliance.secrets import Secrets
from appliance.shell.clock import wall_s
from appliance.site import Site
from appliance.store import Reader, StoreError
from hal.api import HalError, Line, LineFault, LineSetup
from hal.registry import backend
from sim.clock import LiveEnv
from sim.draws import Draws
from sim.faults import Breaker, Unbreakable
from sim.faults.clocks import Clocks
from sim.faults.live import NOT_OURS, LiveBreaker, Serving
from sim.faults.seen import charge, with_alarms
from sim.report.result import Result
from sim.report.terminal import length
from sim.run import result_of, run_virtually
from sim.scenario import Scenario
from sim.sip_phones import LINE, SipPhones
from sim.stories import Day, Story, ends_of, stories_of
from sim.world import World

__all__ = ["address_of", "differences", "left_out", "run_live"]

_LOGS_IN_WITHIN_S = 15.0
_ENDS_WITHIN_S = 20.0
_SETTLES_S = 20.0
_KEPT_AFTER_S = 1.0
"""The centre's last rows are safe on disk by then."""
_RTP_PORTS = "30000-39998"
_SLACK_S = 2.0


def address_of(site: Site) -> str:
    """Where the site's first SIP line listens, on this machine."""
    for line in site.lines.values():
        if line.backend == "sip":
            return str(line.settings.listen).replace("0.0.0.0", "127.0.0.1")
    return "127.0.0.1:5060"


def run_live(
    scenario: Scenario,
    site: Site,
    *,
    seed: int = 1,
    address: str = "",
    data_dir: Path = Path("data"),
    starts: Path | None = None,
    progress: Callable[[float], None],
) -> Result:
    """Run against the centre at `address` (HOST:PORT; empty: where the site says); `data_dir` is the centre's.

    With a site file that it `starts` the run has a centre of its own: only that one is broken by faults.

    Raises:
        HalError: the centre does not answer, or does not let our phones in.
        ConfigError: its secrets cannot be read.

    """
    serving = Serving(starts, data_dir) if starts is not None else None
    live = _Live(scenario, site, seed, address or address_of(site), data_dir, progress, serving)
    try:
        trio.run(live.run)
    except* (HalError, ConfigError) as faults:
        raise _first(faults) from None
    result = live.result()
    virtual = run_virtually(scenario, site, seed)
    result.compared, result.differences, spread = differences(virtual.stories, result.stories)
    result.notes += [spread] if spread else []
    return result


def left_out(scenario: Scenario) -> list[str]:
    """What a scenario asks for and a live run does not bring about: a sentence on each."""
    said = {
        "nobody asks to be called back: the running centre has no line to our callers": scenario.callers.call_back is not None,
        "no mails, messages or chats: the appliance has no carrier of these media that could be written to": bool(scenario.written),
    }
    for name, trunk in scenario.lines.items():
        said[f"line '{name}' has the channels of the running centre"] = trunk.channels is not None
        said[f"no glare on line '{name}': both ends are SIP"] = bool(trunk.glare)
    return [f"not brought about: {what}" for what, asked in said.items() if asked]


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found


class _Live:
    """One live run."""

    def __init__(
        self,
        scenario: Scenario,
        site: Site,
        seed: int,
        address: str,
        data_dir: Path,
        progress: Callable[[float], None],
        serving: Serving | None,
    ) -> None:
        self.scenario, self.site, self.seed, self.address, self.data_dir = scenario, site, seed, address, data_dir
        self.progress, self.serving = progress, serving
        self.env = LiveEnv()
        self.draws = Draws(scenario, site, seed)
        self.secrets: Secrets
        self.wall_s = self.lasted_s = 0.0
        self.notes: list[str] = []
        self.breaker: Breaker = Unbreakable(NOT_OURS)
        self.world: World
        self.phones: SipPhones

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            if self.serving is not None:
                await nursery.start(self.serving.run)
                self.breaker = LiveBreaker(self.serving, nursery)
            self.secrets = Secrets.read(self.data_dir)
            with tempfile.TemporaryDirectory(prefix="hotline-live-") as folder:
                await self._run(Path(folder))
            nursery.cancel_scope.cancel()

    async def _run(self, folder: Path) -> None:
        agents = [agent for shift in self.scenario.agents.roster for agent in shift.who.agents]
        stations = {self.site.agents[agent].station for agent in agents}
        pins = {agent: self._pin(agent) for agent in agents}
        self.phones = SipPhones(self.address, folder, frozenset(stations))
        sip = backend("sip")
        setup = LineSetup(LINE, self._settings(sip.settings, sorted(stations)), self.phones.sink, folder, self.secrets.secret)
        broken: Exception | None = None
        async with sip.open(setup) as line:
            try:
                await _all_logged_in(line, sorted(stations), self.address)
                await self._live(line, pins)
            except Exception as error:
                broken = error  # kept until the line is closed: left by an exception, it would keep its worker for an appliance's next run
        if broken is not None:
            raise broken

    async def _live(self, line: Line, pins: dict[str, str]) -> None:
        """The day itself."""
        self.phones.line = line
        self.world = self.phones.world = World(self.env, self.draws, self.site, self.phones, pins)
        self.world.breaker, self.world.settles_s = self.breaker, _SETTLES_S
        done = trio.Event()
        self.world.done = done.set
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.env.pump)
            await trio.lowlevel.checkpoint()
            self.wall_s = wall_s() - self.env.now
            began = trio.current_time()
            nursery.start_soon(self._show)
            self.world.start()
            await done.wait()
            await self._go_home()
            self.lasted_s = trio.current_time() - began
            nursery.cancel_scope.cancel()

    def _pin(self, agent: str) -> str:
        pin = self.secrets.pin(agent)
        if pin is None:
            raise LineFault(f"there is no PIN of agent {agent} in {self.secrets.path}: give the running centre's data directory (--data)")
        return pin

    def _settings(self, cls: type, stations: list[str]) -> Any:
        host, _, port = self.address.rpartition(":")
        own = _own_address(host, int(port))
        return structure(
            {
                "listen": f"{own}:{_free_port(own)}",
                "transports": ["udp"],
                "channels": 1000,
                "from": [f"{socket.gethostbyname(host)}/32"],
                "rtp_ports": _RTP_PORTS,
                "srtp": "off",
                "codecs": ["PCMA", "PCMU"],
                "stations": {"open": False},
                "register": [{"user": station, "at": f"{socket.gethostbyname(host)}:{port}"} for station in stations],
            },
            cls,
        )

    async def _show(self) -> None:
        while True:
            self.progress(min(0.999, self.env.now / self.world.closes_s))
            await trio.sleep(0.2)

    async def _go_home(self) -> None:
        """Leave the centre as it was: everybody logs out, and what is being recorded is waited for."""
        for phone in self.world.phones_by_station.values():
            if phone.here:
                phone.go_home()
        with trio.move_on_after(_ENDS_WITHIN_S):
            while self.phones.waited_for or any(  # noqa: ASYNC110 - a bounded look at several things, at the end of a run
                phone.busy for phone in self.world.phones_by_station.values()
            ):
                await trio.sleep(0.1)
        await trio.sleep(_KEPT_AFTER_S)

    def result(self) -> Result:
        """Join what the world saw with what the centre kept."""
        contacts, states, recordings, alarms = self._kept()
        clocks = Clocks.right(self.wall_s)
        day = Day(states, clocks)
        stories = stories_of(self.world, contacts, day, clocks, recordings=recordings, slack_s=_SLACK_S)
        with_alarms(self.world.faults, alarms, clocks)
        charge(self.world.faults, ends_of(self.world, contacts, clocks, slack_s=_SLACK_S))
        return result_of(
            self.world,
            stories,
            day,
            seed=self.seed,
            mode="live",
            virtual_s=self.lasted_s,
            wall_s=self.lasted_s,
            events=self.phones.events,
            notes=[*left_out(self.scenario), *self.notes, *self.phones.alarms],
        )

    def _kept(self) -> tuple[list[records.Contact], list[records.AgentState], list[records.Recording], list[records.Alarm]]:
        path = self.data_dir / "hotline.db"
        if not path.exists():
            self.notes.append(f"there is no {path}: outcomes are as the callers tell them, and queues are not known")
            return [], [], [], []
        since = self.wall_s - _SLACK_S
        try:
            with Reader(path) as reader:
                contacts = list(reader.contacts(since, since + self.lasted_s + 2 * _SLACK_S))
                states = list(reader.rows(records.AgentState, "at >= ? ORDER BY seq", since))
                recordings = list(reader.rows(records.Recording, "began_at >= ?", since))
                alarms = list(reader.rows(records.Alarm, "raised_at >= ?", since))
        except StoreError as error:
            self.notes.append(str(error))
            return [], [], [], []
        return contacts, states, recordings, alarms


async def _all_logged_in(line: Any, stations: list[str], address: str) -> None:
    """Wait until the centre has let all our phones in."""
    accounts = [f"station:{station}" for station in stations]
    with trio.move_on_after(_LOGS_IN_WITHIN_S):
        while not all(account in line.accounts and line.accounts[account].ok for account in accounts):
            await line.accounts_changed.wait()
        return
    refused = {name: line.accounts[name] for name in accounts if name in line.accounts and not line.accounts[name].ok}
    if refused:
        name, answer = next(iter(refused.items()))
        raise LineFault(f"the centre at {address} does not let {name} in: {answer.status} {answer.reason}; is --data its data directory?")
    raise LineFault(f"no centre answers at {address}: start it first (./hotline serve), or give its address (--live HOST:PORT)")


def _own_address(host: str, port: int) -> str:
    """The address of this machine from which the centre is reached; no packet is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, port))
        return str(probe.getsockname()[0])


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def differences(virtual: Iterable[Story], live: Iterable[Story]) -> tuple[int, list[dict[str, Any]], str]:
    """Call by call: how many are in both, those with another outcome or queue, and a sentence on how far the waits are apart."""
    expected = {(story.number, story.attempt): story for story in virtual}
    found: list[dict[str, Any]] = []
    apart: list[float] = []
    compared = 0
    for story in live:
        other = expected.get((story.number, story.attempt))
        if other is None:
            found.append({"call": story.number, "attempt": story.attempt, "why": f"live {_told(story)}, in virtual time it was never made"})
            continue
        compared += 1
        if (story.outcome, story.queue) != (other.outcome, other.queue):
            found.append({"call": story.number, "attempt": story.attempt, "why": f"live {_told(story)}, virtual {_told(other)}"})
        elif story.wait_s is not None and other.wait_s is not None:
            apart.append(abs(story.wait_s - other.wait_s))
    apart.sort()
    said = f"waits live and virtual differ by {length(apart[len(apart) // 2])} in the median, {length(apart[-1])} at most" if apart else ""
    return compared, found, said


def _told(story: Story) -> str:
    return f"{story.outcome} in queue {story.queue}" if story.queue else story.outcome
