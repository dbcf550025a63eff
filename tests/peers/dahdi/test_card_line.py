"""The appliance's own card line over ISDN PRI: our media worker, the rendered Asterisk, chan_dahdi, the real driver, an exchange.

It is the first call of the board scheme without a card: numbers, speech both ways, keys, causes, an alarm in mid-call, Asterisk's death.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from hal.api import (
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    Command,
    DigitHeard,
    Line,
    LineAlarm,
    LineSetup,
    Originate,
    Play,
    RecordingEnded,
    Release,
    Released,
    SendDigits,
    Severity,
    StartRecording,
)
from hal.asterisk import CardBackend, CardSettings
from tests.hal import sounds
from tests.hal.peer import EventLog, Tone
from tests.peers.dahdi.ami import Manager as Exchange
from tests.peers.dahdi.ami import Message
from tests.peers.dahdi.calls import recorded, tone_share
from tests.peers.dahdi.machine import Machine
from tests.peers.dahdi.test_card_calls import ENDS, HEARD, QUIET, TRIES
from tests.peers.dahdi.test_card_machine import for_root
from tests.peers.dahdi.wiring import EXCHANGE, GATEWAY, SECRET

pytestmark = [for_root, pytest.mark.card, pytest.mark.live, pytest.mark.slow, pytest.mark.whole, pytest.mark.alone]

SERVICE, CALLER = "12345", "01062770001"
RED = 8
RUNS = f"asterisk -C /etc/{GATEWAY.name}/asterisk.conf"
WAIT_S = 180.0
"""However late the emulated processor is."""


@attrs.define
class Site:
    """The line and the exchange that it is wired to."""

    machine: Machine
    line: Line
    log: EventLog
    exchange: Exchange

    def do(self, command: Command) -> None:
        """Submit a command."""
        self.line.submit(command)

    async def called(self, then: str) -> str:
        """Somebody calls, and goes on at `then` when he is answered; his leg, answered."""
        before = len(self.log.matching(Arrived))
        self.exchange.originate(f"DAHDI/g1/{SERVICE}", then, caller=CALLER, limit_s=WAIT_S)
        await self.log.until("call", lambda: self.log.matching(Arrived)[before:])
        arrived = self.log.matching(Arrived)[before]
        assert (arrived.ani, arrived.dnis, arrived.trunk) == (CALLER, SERVICE, "public")
        self.do(Answer("cards", arrived.leg))
        await self.log.wait(Answered, leg=arrived.leg)
        return arrived.leg

    async def event(self, name: str, **fields: str) -> Message:
        """What happens at the exchange."""
        return await trio.to_thread.run_sync(lambda: self.exchange.event(name, WAIT_S, **fields))

    async def run(self, command: str) -> None:
        """Do something in the machine."""
        await trio.to_thread.run_sync(self.machine.run, command)

    async def alarm(self, source: str, *, cleared: bool = False) -> LineAlarm:
        """The next alarm of this source, or its end."""
        found = await self.log.until(source, lambda: self.log.matching(LineAlarm, source=source, cleared=cleared))
        self.log.all.remove(found[0])
        alarm: LineAlarm = found[0]
        return alarm


@asynccontextmanager
async def cut(here: Site) -> AsyncIterator[None]:
    """The cable is out: our card has an alarm, and nothing comes from the exchange. (An alarm of the driver's own stops no data.)"""
    exchange = f"^asterisk -C /etc/{EXCHANGE.name}/"
    await here.run(f"pkill -STOP -f '{exchange}'; python3 /opt/wire.py alarm 1 {RED}")
    try:
        yield
    finally:
        with trio.CancelScope(shield=True):
            await here.run(f"pkill -CONT -f '{exchange}'; python3 /opt/wire.py alarm 1 0")


@asynccontextmanager
async def site(machine: Machine, settings: CardSettings, directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr("tests.hal.peer.WAIT_S", WAIT_S)
    log = EventLog()
    setup = LineSetup("cards", settings, log.sink, directory / "data", lambda _: SECRET)
    with machine.manager(EXCHANGE) as exchange:
        async with AsyncExitStack() as stack:
            made = Site(machine, await stack.enter_async_context(CardBackend().open(setup)), log, exchange)
            try:
                await made.alarm("cards asterisk", cleared=True)
                yield made
            finally:  # a test that failed is no crash of the appliance: its workers must not wait for another one
                await stack.aclose()
        exchange.ask("Command", Command="channel request hangup all")
    for arrived in log.matching(Arrived):
        assert len(log.matching(Released, leg=arrived.leg)) == 1


@pytest.mark.requirement("ACC-01")
@pytest.mark.requirement("ACC-02")
@pytest.mark.requirement("ACC-03")
async def test_a_caller_over_pri_hears_us_and_we_hear_him(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = str(sounds.write(tmp_path / "prompt.wav", Tone.A, 2.0))
    async with site(machine, settings, tmp_path, monkeypatch) as here:
        leg = await here.called("talk")
        here.do(Play("cards", leg, 1, (prompt,), loop=True))
        here.do(StartRecording("cards", "r1", str(tmp_path / "heard.wav"), leg))
        answered = await here.event("OriginateResponse")
        released = await here.log.wait(Released, leg=leg)
        assert (released.cause, released.by_far_end) == (Cause.NORMAL_CLEARING, True)
        await here.log.wait(RecordingEnded, recording="r1")
        theirs = await trio.to_thread.run_sync(recorded, machine, EXCHANGE, answered["Uniqueid"])
    assert tone_share(theirs, Tone.A.value) > HEARD
    assert tone_share((tmp_path / "heard.wav").read_bytes(), EXCHANGE.tone) > HEARD


async def test_keys_of_a_caller_over_pri_are_heard(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site(machine, settings, tmp_path, monkeypatch) as here:
        for _ in range(TRIES):
            leg = await here.called("key159#")
            await here.log.wait(Released, leg=leg)
            heard = "".join(digit.digit for digit in here.log.matching(DigitHeard, leg=leg))
            if heard == "159#":
                break
        assert heard == "159#"


@pytest.mark.requirement("ACC-01")
async def test_a_call_out_over_pri_rings_is_answered_and_ends_with_its_cause(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site(machine, settings, tmp_path, monkeypatch) as here:
        here.do(Originate("cards", "out", f"number:{EXCHANGE.numbers[QUIET]}00", SERVICE))
        arrived = await here.event("Newchannel")
        assert (arrived["Exten"], arrived["CallerIDNum"]) == (f"{EXCHANGE.numbers[QUIET]}00", SERVICE)
        await here.log.wait(Answered, leg="out")
        here.do(Release("cards", "out"))
        assert (await here.event("Hangup"))["Cause"] == "16"
        for cause in (Cause.USER_BUSY, Cause.UNALLOCATED_NUMBER, Cause.NO_CIRCUIT_AVAILABLE):
            leg = f"out{cause.value}"
            here.do(Originate("cards", leg, f"number:{EXCHANGE.numbers[ENDS]}{cause.value:02d}", SERVICE))
            await here.log.wait(Alerted, leg=leg)
            assert (await here.log.wait(Released, leg=leg)).cause is cause


@pytest.mark.requirement("OPS-02")
async def test_a_span_that_fails_in_mid_call_is_an_alarm_of_the_line_and_serves_again(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site(machine, settings, tmp_path, monkeypatch) as here:
        leg = await here.called("quiet")
        await here.run(f"python3 /opt/wire.py alarm 1 {RED}")
        alarm = await here.alarm("span 1")
        assert (alarm.severity, "red alarm" in alarm.text) == (Severity.RED, True)
        await here.run("python3 /opt/wire.py alarm 1 0")
        await here.alarm("span 1", cleared=True)
        here.do(Release("cards", leg))
        await here.log.wait(Released, leg=leg)
        leg = await here.called("quiet")
        here.do(Release("cards", leg))
        await here.log.wait(Released, leg=leg)


@pytest.mark.requirement("OPS-02")
async def test_a_call_outlives_a_short_alarm_of_its_span_and_not_a_long_one(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ITU-T Q.931 section 5.8.9: for the time of T309, 6 s at both ends, a call waits for its signalling channel to come back."""
    async with site(machine, settings, tmp_path, monkeypatch) as here:
        leg = await here.called("tone")
        async with cut(here):
            await here.alarm("span 1")
        await here.alarm("span 1", cleared=True)
        here.do(StartRecording("cards", "r1", str(tmp_path / "heard.wav"), leg, max_s=2.0))
        assert (await here.log.wait(RecordingEnded, recording="r1")).error == ""
        assert tone_share((tmp_path / "heard.wav").read_bytes(), EXCHANGE.tone) > HEARD
        here.do(SendDigits("cards", leg, "5"))
        await here.event("DTMFEnd", Digit="5", Direction="Received")
        assert not here.log.matching(Released, leg=leg)
        with machine.manager(GATEWAY) as gateway:
            async with cut(here):
                released = await here.log.wait(Released, leg=leg)
            assert released.by_far_end
            over_card = await trio.to_thread.run_sync(
                lambda: gateway.wait(lambda m: m.get("Event") == "Hangup" and m["Channel"].startswith("DAHDI/"), "end of the call", WAIT_S)
            )
            assert over_card["Cause"] == str(Cause.DESTINATION_OUT_OF_ORDER.value), "T309 is over"
        await here.alarm("span 1", cleared=True)
        await here.run(f"until {RUNS} -rx 'pri show spans' | grep -q 'Up, Active'; do sleep 1; done")
        leg = await here.called("quiet")
        here.do(Release("cards", leg))
        await here.log.wait(Released, leg=leg)


@pytest.mark.requirement("OPS-05")
async def test_an_asterisk_that_dies_in_mid_call_costs_its_calls_and_is_there_again(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site(machine, settings, tmp_path, monkeypatch) as here:
        leg = await here.called("quiet")
        await here.run(f"pkill -KILL -f '^{RUNS}'")
        await here.alarm("cards asterisk")
        assert (await here.log.wait(Released, leg=leg)).cause is Cause.NETWORK_OUT_OF_ORDER
        await here.run(f"rm -f /var/{GATEWAY.name}/run/asterisk.ctl; {RUNS} -g >/dev/null 2>&1")
        await here.alarm("cards asterisk", cleared=True)
        await here.run(f"until {RUNS} -rx 'pri show spans' | grep -q 'Up, Active'; do sleep 1; done")
        leg = await here.called("quiet")
        here.do(Release("cards", leg))
        await here.log.wait(Released, leg=leg)
