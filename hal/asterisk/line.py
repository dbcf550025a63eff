"""A card line: an embedded SIP line that has the speech, the phones and the legs, and an Asterisk that is watched from three sides.

card ── chan_dahdi ── Asterisk ──(SIP on this machine)── hal/sip ── events and commands, as of any line
                         │ AMI: booted, alarms, hook flash        │
                         └ OPTIONS: does it live? ── CardLine ────┘

Asterisk dies      every leg over the cards is released with NETWORK_OUT_OF_ORDER, RED alarm; phones and their calls stay
it is back         the alarm is cleared, calls go again
the manager alone  YELLOW alarm: spans are not seen; calls go on
the watcher alone  YELLOW alarm: alarms of spans are Asterisk's word, until it is back
"""

import logging
from collections.abc import Iterable
from typing import Any

import trio

from hal.api import (
    Adopted,
    Arrived,
    Capability,
    Cause,
    Command,
    Event,
    Group,
    Line,
    LineAlarm,
    LineSetup,
    Originate,
    Release,
    Released,
    Severity,
)
from hal.asterisk.ami import AmiError, AmiLink, Message
from hal.asterisk.pulse import Pulse
from hal.asterisk.settings import CardSettings
from hal.asterisk.spans import SpanWatch
from hal.asterisk.telephones import Telephones
from hal.dahdi import TELEPHONES
from hal.dahdi.watch import CardWatch

__all__ = ["CardLine"]

SETTLE_S, SETTLED_BY_S = 0.3, 3.0
"""A span's alarm comes channel by channel: it is told when so long nothing has come, and at the latest then."""


class CardLine:
    """An open card line; `from_voice` is the sink of the SIP line that it is made with."""

    def __init__(self, setup: LineSetup, nursery: trio.Nursery, secret: str) -> None:
        self.name = setup.name
        self._settings: CardSettings = setup.settings
        self._sink = setup.sink
        self._nursery = nursery
        self._log = logging.getLogger(f"hotline.line.{setup.name}")
        self._trunks = tuple(self._settings.layout.trunks)
        self._telephones = Telephones(setup.name, self._settings.layout)
        self._legs: set[str] = set()
        """Legs over the cards."""
        self._lost: set[str] = set()
        """Legs that were reported released when Asterisk died; the SIP line has them for a moment longer."""
        self._spans = SpanWatch(setup.name, self._settings.layout)
        self._settling = False
        self._news = trio.Event()
        """Something was told of a channel."""
        watched = {wires.span.number for wires in self._settings.layout.wires}
        at = self._settings.watcher
        self._watch = CardWatch(setup.name, at, setup.sink, watched, changed=self._watcher_changed) if at else None
        self._looked = False
        """Whether Asterisk's word of all spans is known."""
        self._started = ""
        """When Asterisk was started, as it says."""
        self._pulse = Pulse(self._settings.voice.host, self._settings.sip_address, self._pulse_changed)
        host, port = self._settings.manager_address
        self._manager = AmiLink(host, port, self._settings.manager.user, secret, self, prefix=f"hotline-{setup.name}", log=self._log)
        self._voice: Line
        self.capabilities = Capability.SPAN_ALARMS

    def start(self, voice: Line) -> None:
        """Watch Asterisk; calls go by the SIP line."""
        self._voice = voice
        self.capabilities = voice.capabilities | Capability.SPAN_ALARMS
        self._nursery.start_soon(self._pulse.run)
        self._nursery.start_soon(self._manager.run)
        if self._watch:
            self._nursery.start_soon(self._watch.run)

    def groups(self) -> tuple[Group, ...]:
        """Each trunk of the cards with the channels of its spans, and what the SIP line has besides."""
        layout, busy = self._settings.layout, {group.name: group.busy for group in self._voice.groups()}
        found = []
        for trunk in self._trunks:
            wires = [one for one in layout.wires if one.span.trunk == trunk]
            channels = sum(len(one.bearers) for one in wires)
            blocked = channels if self._pulse.alive is False else sum(self._spans.blocked(one) for one in wires)
            state = (
                "asterisk does not answer" if self._pulse.alive is False else f"spans {', '.join(str(one.span.number) for one in wires)}"
            )
            found.append(Group(f"trunk {trunk}", busy.get(f"trunk {trunk}", 0), channels, blocked, state))
        names = {group.name for group in found}
        return (*found, *(group for group in self._voice.groups() if group.name not in names))

    # --- calls ----------------------------------------------------------------------------------------------------------

    def submit(self, command: Command) -> None:
        """Accept a command (see `hal.api.Line.submit`)."""
        if isinstance(command, Originate):
            command = self._telephones.to_channel(command)
        if isinstance(command, Originate) and command.to.startswith("number:") and command.trunk in ("", TELEPHONES, *self._trunks):
            if self._pulse.alive is False:
                self._sink(self._telephones.of_station(Released(self.name, command.leg, Cause.NETWORK_OUT_OF_ORDER, by_far_end=False)))
                return
            self._legs.add(command.leg)
        self._voice.submit(command)

    def from_voice(self, event: Event) -> None:
        """What the SIP line says."""
        leg = getattr(event, "leg", "")
        if leg in self._lost:
            if isinstance(event, Released):
                self._lost.discard(leg)
            return
        over_cards = isinstance(event, Arrived) and event.trunk in (TELEPHONES, *self._trunks)
        if over_cards or (isinstance(event, Adopted) and not event.station):
            self._legs.add(leg)
        elif isinstance(event, Released):
            self._legs.discard(event.leg)
        self._sink(self._telephones.of_station(event))

    def _lose(self) -> int:
        """Release every leg over the cards; how many there were."""
        legs, self._legs = sorted(self._legs), set()
        self._lost.update(legs)
        for leg in legs:
            self._sink(self._telephones.of_station(Released(self.name, leg, Cause.NETWORK_OUT_OF_ORDER, by_far_end=False)))
            self._voice.submit(Release(self.name, leg, Cause.NETWORK_OUT_OF_ORDER))
        return len(legs)

    # --- Asterisk -------------------------------------------------------------------------------------------------------

    def _pulse_changed(self, alive: bool) -> None:
        where = self._settings.asterisk
        if alive:
            self._log.info("asterisk answers at %s", where)
            self._alarm(Severity.RED, "asterisk", "asterisk answers again", cleared=True)
            self._tell(self._telephones.reachable(there=True))
            return
        lost = self._lose()
        self._tell(self._telephones.reachable(there=False))
        text = f"asterisk does not answer at {where}: no calls over the cards; {lost} legs were lost"
        self._log.error("%s", text)
        self._alarm(Severity.RED, "asterisk", text, "it is tried again all the time; see 'systemctl status asterisk' and its log")

    def manager_up(self) -> None:
        """The manager is there (again)."""
        self._alarm(Severity.YELLOW, "manager", "the manager of asterisk is there again", cleared=True)
        self._nursery.start_soon(self._look)

    def manager_down(self, reason: str) -> None:
        """The manager is not there; perhaps Asterisk is not."""
        self._pulse.hurry()
        self._looked = False
        user = self._settings.manager
        unseen = "asterisk is watched by its calls alone" if self._watch else "alarms of the spans are not seen"
        advice = f"calls go on; check [{user.user}] in manager.conf and the secret 'trunk:{user.secret}'"
        self._alarm(Severity.YELLOW, "manager", f"{unseen}: {reason}", advice)

    def manager_told(self, message: Message) -> None:
        """An event of Asterisk's."""
        if message.event == "Flash" and (event := self._telephones.flashed(message.get("Channel"))):
            self._sink(event)
        if self._spans.told(message):
            self._settle()

    async def _look(self) -> None:
        """Ask for what there is to know on a new connection: whether Asterisk is another one, and how the spans are."""
        try:
            status = (await self._manager.ask("CoreStatus")).response
            channels = await self._manager.ask("DAHDIShowChannels", patience_s=20.0)
        except AmiError as error:
            self._log.warning("manager: %s", error)
            return
        started = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}".strip()
        if started and self._started and started != self._started and (lost := self._lose()):
            self._log.error("asterisk was started anew at %s; %d legs were lost", started, lost)
        self._started = started or self._started
        text = f"asterisk has no card driver (chan_dahdi): {channels.text}"
        advice = "see its log: one span that it cannot open makes the whole module decline"
        self._alarm(Severity.RED, "chan_dahdi", text if not channels.ok else "the card driver is there", advice, cleared=channels.ok)
        self._spans.forget()
        for item in channels.items:
            self._spans.told(item)
        self.manager_knows_all_spans()

    def manager_knows_all_spans(self) -> None:
        """All that Asterisk has to say of them was told."""
        self._looked = True
        self._settle()

    def _settle(self) -> None:
        self._news.set()
        if not self._settling:
            self._settling = True
            self._nursery.start_soon(self._settled)

    async def _settled(self) -> None:
        with trio.move_on_after(SETTLED_BY_S):
            while self._news.is_set():
                self._news = trio.Event()
                with trio.move_on_after(SETTLE_S):
                    await self._news.wait()
        self._settling = False
        if not self._looked or (self._watch and self._watch.sees):
            return  # who sees the cards themselves knows more, and sooner
        for alarm in self._spans.changes():
            self._log.log(logging.INFO if alarm.cleared else logging.ERROR, "%s", alarm.text)
            self._sink(alarm)

    def _watcher_changed(self) -> None:
        """The watcher of the cards is heard, or no more: then Asterisk's word counts."""
        assert self._watch
        if self._watch.sees:
            self._tell(self._spans.hand_over(self._watch.standing))
        else:
            self._spans.take_over(self._watch.standing)
            self._settle()

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self._sink(event)

    def _alarm(self, severity: Severity, source: str, text: str, advice: str = "", **more: Any) -> None:
        self._sink(LineAlarm(self.name, severity, f"{self.name} {source}", text, "" if more.get("cleared") else advice, **more))
