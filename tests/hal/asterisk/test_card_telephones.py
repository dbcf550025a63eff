"""Telephones at a card's fxs ports are stations: rung by their channel, named by it, held by their hook, there while Asterisk is."""

from pathlib import Path

import attrs
import pytest
import trio

from hal.api import (
    Adopted,
    Answered,
    Arrived,
    Capability,
    Cause,
    Command,
    Event,
    Group,
    HeldByFarEnd,
    LineSetup,
    Originate,
    Release,
    Released,
    RetrievedByFarEnd,
    StationRegistered,
    StationUnregistered,
)
from hal.asterisk import CardSettings, Manager
from hal.asterisk.ami import Message
from hal.asterisk.line import CardLine
from hal.asterisk.telephones import Telephones
from hal.dahdi import TELEPHONES, Port, Span, layout
from hal.sip import SipSettings
from hal.sip.settings import Trunk
from tests.hal import ports
from tests.hal.peer import EventLog

pytestmark = pytest.mark.requirement("ACC-01")

PORTS = (Port(kind="fxs", station="8101"), Port(kind="empty"), Port(kind="fxs", station="8102"))
SPANS = (Span(number=1, signalling="pri", group="public"), Span(number=2, signalling="analogue", ports=PORTS))
RING = Originate("cards", "a", "station:8102", "13800138000")
DIALS = Arrived("cards", "b", "", "*10", trunk=TELEPHONES, channel="span 2 channel 32")


def telephones() -> Telephones:
    return Telephones("cards", layout(SPANS))


def test_a_telephone_is_rung_by_its_channel_and_whoever_is_none_as_before() -> None:
    of = telephones()
    assert of.to_channel(RING) == attrs.evolve(RING, to="number:**34", trunk=TELEPHONES)
    for to in ("station:8001", "number:8102"):
        assert of.to_channel(attrs.evolve(RING, to=to)) == attrs.evolve(RING, to=to)


def test_who_dials_from_a_telephone_is_a_station() -> None:
    of = telephones()
    assert of.of_station(DIALS) == attrs.evolve(DIALS, ani="8101", trunk="", station="8101")
    for other in (attrs.evolve(DIALS, trunk="public"), attrs.evolve(DIALS, channel="span 2 channel 33"), attrs.evolve(DIALS, channel="")):
        assert of.of_station(other) == other


def test_the_hook_holds_the_call_that_is_up_and_takes_it_back() -> None:
    of = telephones()
    of.to_channel(RING)
    of.of_station(DIALS)
    assert of.flashed("DAHDI/34-1") is None, "it rings"
    for leg in ("caller", "a", "b"):
        of.of_station(Answered("cards", leg))
    assert of.flashed("DAHDI/34-1") == HeldByFarEnd("cards", "a")
    assert of.flashed("DAHDI/32-1") == HeldByFarEnd("cards", "b")
    assert of.flashed("DAHDI/34-1") == RetrievedByFarEnd("cards", "a")
    for nobody in ("DAHDI/33-1", "DAHDI/i1/8102-1", "PJSIP/hotline0-00000001"):
        assert of.flashed(nobody) is None
    of.of_station(Released("cards", "a"))
    assert of.flashed("DAHDI/34-1") is None
    of.of_station(Answered("cards", "a"))
    assert of.flashed("DAHDI/34-1") is None, "of a call that is over nothing is kept"


def test_a_call_to_a_telephone_that_outlived_the_appliance_is_still_its_stations() -> None:
    of = telephones()
    told = of.of_station(Adopted("cards", "x/1", "13800138000", "**34", answered=True))
    assert told == Adopted("cards", "x/1", "13800138000", "8102", answered=True, station="8102")
    assert of.flashed("DAHDI/34-1") == HeldByFarEnd("cards", "x/1")
    ringing = of.of_station(Adopted("cards", "x/2", "13800138000", "**32", answered=False))
    assert (getattr(ringing, "station", ""), of.flashed("DAHDI/32-1")) == ("8101", None)
    for dnis in ("34", "**33", "95500", ""):
        other = Adopted("cards", "x/3", "13800138000", dnis, answered=True)
        assert of.of_station(other) == other


@pytest.mark.parametrize("number", ["", "\u00b2", "9" * 5000, "-1", "32x"])
def test_what_no_channel_is_called_is_no_telephone(number: str) -> None:
    of = telephones()
    for event in (attrs.evolve(DIALS, channel=f"span 2 channel {number}"), Adopted("cards", "x/1", "", f"**{number}", answered=True)):
        assert of.of_station(event) == event
    assert of.flashed(f"DAHDI/{number}-1") is None


def test_a_telephone_is_there_while_asterisk_is() -> None:
    of = telephones()
    there = [StationRegistered("cards", "8101", "channel 32"), StationRegistered("cards", "8102", "channel 34")]
    assert list(of.reachable(there=False)) == []
    assert list(of.reachable(there=True)) == there
    assert list(of.reachable(there=True)) == []
    assert list(of.reachable(there=False)) == [StationUnregistered("cards", station) for station in ("8101", "8102")]


def test_their_trunk_is_the_last_and_its_name_is_taken() -> None:
    settings = CardSettings(spans=SPANS)
    assert list(settings.sip.trunks) == ["public", "g2", TELEPHONES]
    assert settings.sip.trunks[TELEPHONES] == Trunk(host="127.0.0.1:5160", labelled=True, hold=False)
    assert TELEPHONES not in CardSettings(spans=SPANS[:1]).sip.trunks
    with pytest.raises(ValueError, match=f"'{TELEPHONES}' is the trunk of the telephones"):
        CardSettings(spans=(attrs.evolve(SPANS[0], group=TELEPHONES), SPANS[1]))
    with pytest.raises(ValueError, match=f"'{TELEPHONES}' is the trunk of the telephones"):
        CardSettings(spans=SPANS, voice=SipSettings(trunks={TELEPHONES: Trunk(host="192.0.2.1")}))


class Voice:
    """The SIP line: it keeps what it is to do."""

    name = "cards"
    capabilities = Capability.ANSWER | Capability.ORIGINATE

    def __init__(self) -> None:
        self.done: list[Command] = []

    def groups(self) -> tuple[Group, ...]:
        return (Group("trunk public", 1), Group("phones"))

    def submit(self, command: Command) -> None:
        self.done.append(command)


async def test_the_line_rings_them_hears_their_hooks_and_loses_them_with_asterisk(tmp_path: Path) -> None:
    log, voice, nobody = EventLog(), Voice(), f"127.0.0.1:{ports.block()}"
    async with trio.open_nursery() as nursery:
        settings = CardSettings(spans=SPANS, asterisk=nobody, manager=Manager(at=nobody))
        line = CardLine(LineSetup("cards", settings, log.sink, tmp_path), nursery, "secret")
        line.start(voice)

        def said(*of: type[Event]) -> list[Event]:
            return [event for event in log.all if isinstance(event, of)]

        line._pulse_changed(alive=True)
        assert len(said(StationRegistered)) == 2
        line.submit(RING)
        assert voice.done == [attrs.evolve(RING, to="number:**34", trunk=TELEPHONES)]
        line.from_voice(Answered("cards", "a"))
        line.from_voice(DIALS)
        line.from_voice(Adopted("cards", "x/1", "13800138000", "**32", answered=True))
        line.manager_told(Message((("Event", "Newstate"), ("Channel", "DAHDI/34-1"))))
        assert said(HeldByFarEnd) == []
        line.manager_told(Message((("Event", "Flash"), ("Channel", "DAHDI/34-1"))))
        assert said(HeldByFarEnd) == [HeldByFarEnd("cards", "a")]
        line._pulse_changed(alive=False)
        lost = ("a", "b", "x/1")
        assert said(Released) == [Released("cards", leg, Cause.NETWORK_OUT_OF_ORDER, by_far_end=False) for leg in lost]
        assert voice.done[1:] == [Release("cards", leg, Cause.NETWORK_OUT_OF_ORDER) for leg in lost]
        assert len(said(StationUnregistered)) == 2
        line.manager_told(Message((("Event", "Flash"), ("Channel", "DAHDI/34-1"))))
        assert len(said(HeldByFarEnd, RetrievedByFarEnd)) == 1
        nursery.cancel_scope.cancel()


@pytest.mark.requirement("OPS-01")
async def test_its_trunks_are_shown_with_channels_that_are_busy_and_that_have_an_alarm(tmp_path: Path) -> None:
    log, nobody = EventLog(), f"127.0.0.1:{ports.block()}"
    async with trio.open_nursery() as nursery:
        settings = CardSettings(spans=SPANS[:1], asterisk=nobody, manager=Manager(at=nobody))
        line = CardLine(LineSetup("cards", settings, log.sink, tmp_path), nursery, "secret")
        line.start(Voice())
        assert line.groups() == (Group("trunk public", 1, 30, 0, "spans 1"), Group("phones"))
        line.manager_told(Message((("Event", "Alarm"), ("Alarm", "Red Alarm"), ("DAHDIChannel", "3"))))
        assert line.groups()[0] == Group("trunk public", 1, 30, 1, "spans 1")
        line._pulse.alive = False
        assert line.groups()[0] == Group("trunk public", 1, 30, 30, "asterisk does not answer")
        nursery.cancel_scope.cancel()
