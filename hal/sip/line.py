"""A SIP line as the core sees it: commands go to the worker that holds the leg, events come back, and each leg ends in one `Released`."""

import logging
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from hal.api import (
    LEGS_GONE,
    Adopted,
    Answered,
    Arrived,
    Capability,
    Cause,
    Command,
    CommandFailed,
    Event,
    Group,
    LegsListed,
    LineAlarm,
    LineSetup,
    ListLegs,
    Mix,
    Originate,
    RecordingEnded,
    RegistrationRefused,
    Released,
    Severity,
    StartRecording,
    StationRegistered,
    StationUnregistered,
    StopRecording,
    check_supported,
)
from hal.sip.digest import ha1
from hal.sip.listings import Listings
from hal.sip.phonebook import PhoneBook
from hal.sip.recordings import left_over, manifest_path, store
from hal.sip.settings import SipSettings
from hal.sip.supervisor import MediaWorker
from hal.sip.wire import (
    VERSION,
    Ban,
    Bindings,
    Credentials,
    Digests,
    Hello,
    Logged,
    Ready,
    RecordingClosed,
    RecordingStored,
    Registered,
    SecretAsked,
    SecretTold,
    fingerprint,
)

__all__ = ["CAPABILITIES", "SipLine"]

CAPABILITIES = (
    Capability.ANSWER | Capability.ORIGINATE | Capability.OUTSIDE
    | Capability.PLAY
    | Capability.DTMF
    | Capability.RECORD
    | Capability.MIX
    | Capability.HOLD
    | Capability.EARLY_MEDIA
    | Capability.TRANSFER
    | Capability.CONFERENCE
    | Capability.CAUSES
    | Capability.LISTING
)  # fmt: skip
"""What every SIP line can do; its settings add phones and words."""
KEEP_PHONES_S = 5.0


@attrs.define
class _Leg:
    worker: MediaWorker
    answered: bool = False
    trunk: str = ""
    """By which trunk it goes; empty: to a phone, or to an address."""


class SipLine:
    """An open SIP line."""

    def __init__(
        self, setup: LineSetup, nursery: trio.Nursery, trunk_addresses: dict[str, list[str]], credentials: dict[str, Credentials]
    ) -> None:
        self.name = setup.name
        self._settings: SipSettings = setup.settings
        self.capabilities = CAPABILITIES | (Capability.REGISTRAR if self._settings.stations.open else Capability(0))
        self.capabilities |= Capability.SPEECH if self._settings.speech else Capability(0)
        self.accounts: dict[str, Registered] = {}
        """How our log-ins elsewhere stand: `trunk:NAME`, `station:USER`."""
        self.accounts_changed = trio.Event()
        self._setup = setup
        self._nursery = nursery
        self._trunk_addresses = trunk_addresses
        self._credentials = credentials
        self._run = setup.data_dir / "run"
        self._log = logging.getLogger(f"hotline.line.{setup.name}")
        self._legs: dict[str, _Leg] = {}
        self._recordings: dict[str, MediaWorker] = {}
        self._storing: set[str] = set()
        self._listings = Listings()
        self._idle = trio.Event()
        self._book = PhoneBook(self._run / f"{setup.name}.phones.json")
        self._announced: set[str] = set()
        """Stations that the core knows to be there."""
        self._closed = False
        self._alarmed: set[int] = set()
        """Workers whose death was reported."""
        self._kept: list[trio.CancelScope] = []
        """One for each worker's task."""
        self._workers = [
            MediaWorker(i, self._run / f"{self.name}.{i}.sock", partial(self._hello, i), self) for i in range(self._settings.workers)
        ]

    def groups(self) -> tuple[Group, ...]:
        """All trunk calls, each trunk, the phones, and the media workers (see `hal.api.Line.groups`)."""
        settings, by_trunk = self._settings, Counter(leg.trunk for leg in self._legs.values())
        found = [Group("trunk calls", by_trunk.total() - by_trunk[""], settings.channels)]
        for name in settings.trunks:
            account = self.accounts.get(f"trunk:{name}")
            state = "" if account is None else "logged in" if account.ok else f"log-in refused: {account.status} {account.reason}".rstrip()
            found.append(Group(f"trunk {name}", by_trunk[name], state=state))
        if settings.stations.open:
            found.append(Group("phones", by_trunk[""], state=f"{len(self._announced)} can be reached"))
        up = sum(worker.up for worker in self._workers)
        found.append(Group("media workers", state=f"{up} of {len(self._workers)} up, {len(self._recordings)} recordings"))
        return tuple(found)

    # --- commands -----------------------------------------------------------------------------------------------------

    def submit(self, command: Command) -> None:
        """Accept a command (see `hal.api.Line.submit`)."""
        check_supported(self, command)
        if self._closed:
            return
        if isinstance(command, Originate):
            self._originate(command)
        elif isinstance(command, Mix):
            self._mix(command)
        elif isinstance(command, StartRecording):
            self._record(command)
        elif isinstance(command, ListLegs):
            self._listings.begin(command, self._workers, (leg.worker for leg in self._legs.values()))
        elif isinstance(command, StopRecording):
            if worker := self._recordings.get(command.recording):
                worker.send(command)
        elif leg := self._legs.get(command.leg):  # type: ignore[attr-defined] # each of the others names a leg
            leg.worker.send(command)

    def _originate(self, command: Originate) -> None:
        if command.leg in self._legs:
            return
        worker = self._worker_for(command)
        if worker is None:
            self._setup.sink(Released(self.name, command.leg, Cause.NETWORK_OUT_OF_ORDER, by_far_end=False))
            return
        by = command.trunk or next(iter(self._settings.trunks), "")
        self._legs[command.leg] = _Leg(worker, trunk=by if command.to.startswith("number:") else "")
        worker.send(command)

    def _worker_for(self, command: Originate) -> MediaWorker | None:
        if command.beside:
            beside = self._legs.get(command.beside)
            return beside.worker if beside and beside.worker.up else None
        up = [w for w in self._workers if w.up]
        if command.to.startswith("station:"):
            home = {c.worker for c in self._book.contacts(command.to.partition(":")[2])}
            up = [w for w in up if w.index in home] or up
        load = {w.index: 0 for w in up}
        for leg in self._legs.values():
            if leg.worker.index in load:
                load[leg.worker.index] += 1
        return min(up, key=lambda w: load[w.index], default=None)

    def _mix(self, command: Mix) -> None:
        for worker in self._workers:
            here = {leg: heard for leg, heard in command.hears.items() if leg in self._legs and self._legs[leg].worker is worker}
            for leg, heard in here.items():
                self._check_beside(command, leg, heard)
            if here:
                worker.send(Mix(self.name, here))

    def _check_beside(self, command: Command, leg: str, others: tuple[str, ...]) -> None:
        """Say which of the others are held by another worker than the leg: their speech does not get here."""
        apart = [other for other in others if other in self._legs and self._legs[other].worker is not self._legs[leg].worker]
        if apart:
            reason = f"{', '.join(apart)} is in another media worker: originate it with beside={leg!r}"
            self._log.error("%s: %s", leg, reason)
            self._setup.sink(CommandFailed(self.name, leg, type(command).__name__, reason))

    def _record(self, command: StartRecording) -> None:
        if command.recording in self._recordings or command.recording in self._storing:
            return
        there = [leg for leg in (command.left, command.right, *command.others) if leg in self._legs]
        if not there:
            self._setup.sink(RecordingEnded(self.name, command.recording, command.file, 0.0, 0, LEGS_GONE))
            return
        self._check_beside(command, there[0], tuple(there[1:]))
        self._recordings[command.recording] = worker = self._legs[there[0]].worker
        worker.send(command)

    # --- life ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the workers, or find them again.

        Raises:
            LineFault: one of them cannot be opened.

        """
        self._book.read(lambda station: bool(self._setup.secret(f"station:{station}")))
        for worker in self._workers:
            await self._nursery.start(self._keep, worker)
            self._kept[-1].shield = True
        for recording, (closed, manifest) in left_over(self._run, self.name).items():
            if recording not in self._recordings:
                cut_off = "" if closed.whole else "the recording was cut off by a crash"
                self._store(None, attrs.evolve(closed, error=closed.error or cut_off), manifest)
        self._nursery.start_soon(self._keep_phones)

    async def _keep(self, worker: MediaWorker, task_status: trio.TaskStatus[None]) -> None:
        """Run a worker until it is let go: who cancels the line must not cut the connection by which its worker is told to stop."""
        with trio.CancelScope() as scope:
            self._kept.append(scope)
            await worker.run(task_status)

    def let_go(self) -> None:
        """Have nothing to do with the workers any more, whether or not they have stopped."""
        for scope in self._kept:
            scope.cancel()

    async def close(self) -> None:
        """End all calls, the workers, and with them the line. Every leg is reported released, every recording ended."""
        async with trio.open_nursery() as nursery:
            for worker in self._workers:
                nursery.start_soon(worker.stop)
        self._closed = True
        for leg in list(self._legs):
            self._released(Released(self.name, leg, Cause.NORMAL_CLEARING, by_far_end=False))
        self._rescue(None)
        while self._storing:
            self._idle = trio.Event()
            await self._idle.wait()
        self._keep_book()

    def _keep_book(self) -> None:
        """What is not written now is written the next time: a full disk costs no call."""
        try:
            self._book.write()
        except OSError as error:
            self._log.warning("which phones are logged in cannot be noted, and a restart would forget it: %s", error)

    def _hello(self, index: int) -> Hello:
        return Hello(
            VERSION,
            fingerprint(self._settings),
            self.name,
            index,
            self._settings,
            self._trunk_addresses,
            self._credentials,
            self._book.everything(),
        )

    # --- what the workers say (supervisor.Owner) ----------------------------------------------------------------------

    def worker_up(self, worker: MediaWorker, ready: Ready) -> None:
        """A worker is open; with what outlived the core's last run, or a lost connection."""
        self._listings.give_up()
        there = {leg.leg for leg in ready.legs}
        for leg in [leg for leg, held in self._legs.items() if held.worker is worker and leg not in there]:
            self._released(Released(self.name, leg, Cause.NETWORK_OUT_OF_ORDER, by_far_end=False))
        for state in ready.legs:
            if state.leg not in self._legs:
                first = "" if state.station else next(iter(self._settings.trunks), "")  # by which one is not known any more
                self._legs[state.leg] = _Leg(worker, state.answered, first)
                self._setup.sink(Adopted(self.name, state.leg, state.ani, state.dnis, state.answered, state.station))
            elif state.answered and not self._legs[state.leg].answered:
                self._event(Answered(self.name, state.leg))
        for recording in ready.recordings:
            self._recordings[recording] = worker
        for station, contacts in ready.bindings.items():
            self._bound(worker, Bindings(station, contacts))
        for station, found in self._book.everything().items():  # logged in before the core's last restart, which no phone notices
            if station not in self._announced:
                self._announced.add(station)
                self._setup.sink(StationRegistered(self.name, station, found[0].source))
        if worker.index in self._alarmed:
            self._alarmed.discard(worker.index)
            self._setup.sink(self._worker_alarm(worker, "a media worker is back", cleared=True))
        self._log.info("media worker %d is up, pid %d", worker.index, worker.pid)

    def worker_lost(self, worker: MediaWorker, how: str) -> None:
        """A worker died: its calls are over, and nothing else."""
        self._listings.give_up()
        lost = [leg for leg, held in self._legs.items() if held.worker is worker]
        text = f"media worker {worker.index} {how}; {len(lost)} legs were lost"
        self._log.error("%s", text)
        self._book.lose_connections(worker.index)
        for leg in lost:
            self._released(Released(self.name, leg, Cause.NETWORK_OUT_OF_ORDER, by_far_end=False))
        self._alarmed.add(worker.index)
        self._setup.sink(self._worker_alarm(worker, text))
        self._rescue(worker)

    def worker_failed(self, worker: MediaWorker, reason: str, advice: str) -> bool:
        """It cannot be started again just now."""
        self._log.error("media worker %d cannot be started: %s; %s", worker.index, reason, advice)
        return any(w.up for w in self._workers)

    def _worker_alarm(self, worker: MediaWorker, text: str, *, cleared: bool = False) -> LineAlarm:
        advice = "" if cleared else f"a new one is being started; if this repeats, see {self._run / f'{self.name}.{worker.index}.log'}"
        return LineAlarm(self.name, Severity.YELLOW, f"{self.name} worker {worker.index}", text, advice, cleared)

    def told(self, worker: MediaWorker, message: Any) -> None:
        """A worker says something."""
        if isinstance(message, Arrived):
            self._legs[message.leg] = _Leg(worker, trunk=message.trunk)
            self._setup.sink(message)
        elif isinstance(message, Released):
            self._released(message)
        elif isinstance(message, LegsListed):
            self._listed(worker, message)
        elif isinstance(message, RegistrationRefused):
            self._log.info("log-in of %r from %s refused%s", message.station, message.address, ", address banned" if message.banned else "")
            self._setup.sink(message)
        elif isinstance(message, Event):
            self._event(message)
        elif isinstance(message, SecretAsked):
            worker.send(SecretTold(message.station, self._digests(message.station)))
        elif isinstance(message, Bindings):
            self._bound(worker, message)
        elif isinstance(message, RecordingClosed):
            self._store(worker, message)
        elif isinstance(message, Registered):
            self._registered(message)
        elif isinstance(message, Ban):
            for other in self._workers:
                if other is not worker:
                    other.send(message)
        elif isinstance(message, Logged):
            self._log.log(message.level, "worker %d: %s", worker.index, message.text)

    def _listed(self, worker: MediaWorker, message: LegsListed) -> None:
        for there in message.legs:  # of one whose beginning was not heard of: whoever releases it must be understood
            self._legs.setdefault(there.leg, _Leg(worker, there.answered))
        if (whole := self._listings.told(worker.index, message, self._storing)) is not None:
            self._setup.sink(whole)

    def _event(self, event: Any) -> None:
        leg = self._legs.get(getattr(event, "leg", ""))
        if leg is None and hasattr(event, "leg"):
            return
        if leg is not None and isinstance(event, Answered):
            if leg.answered:
                return
            leg.answered = True
        self._setup.sink(event)

    def _released(self, event: Released) -> None:
        if self._legs.pop(event.leg, None) is not None:
            self._setup.sink(event)

    # --- stations -----------------------------------------------------------------------------------------------------

    def _digests(self, station: str) -> Digests:
        password = self._setup.secret(f"station:{station}")
        if not password:
            return Digests()
        rule = self._settings.stations
        return Digests({algorithm: ha1(algorithm, station, rule.realm, password) for algorithm in rule.digest})

    def _bound(self, worker: MediaWorker, message: Bindings) -> None:
        before = self._book.contacts(message.station)
        self._book.learn(message.station, message.contacts)
        for other in self._workers:
            if other is not worker and other.up:
                other.send(message)
        if message.contacts and {c.source for c in message.contacts} - {c.source for c in before}:
            self._announced.add(message.station)
            self._setup.sink(StationRegistered(self.name, message.station, message.contacts[0].source))
        elif before and not message.contacts:
            self._announced.discard(message.station)
            self._setup.sink(StationUnregistered(self.name, message.station))

    def _registered(self, message: Registered) -> None:
        before = self.accounts.get(message.account)
        self.accounts[message.account] = message
        self.accounts_changed.set()
        self.accounts_changed = trio.Event()
        if message.account.startswith("trunk:") and (before is None or before.ok) != message.ok:
            name = message.account.partition(":")[2]
            text = f"trunk '{name}' " + ("is logged in again" if message.ok else f"cannot log in: {message.status} {message.reason}")
            self._log.warning("%s", text)
            advice = "" if message.ok else f"check host and user of trunk '{name}', and its secret 'trunk:{name}'"
            self._setup.sink(LineAlarm(self.name, Severity.YELLOW, f"{self.name} trunk {name}", text, advice, message.ok))

    async def _keep_phones(self) -> None:
        while True:
            await trio.sleep(KEEP_PHONES_S)
            if self._book.changed:
                self._keep_book()

    # --- recordings ---------------------------------------------------------------------------------------------------

    def _rescue(self, worker: MediaWorker | None) -> None:
        """Save the recordings of a worker that is dead (None: of all) as far as they are on disk."""
        lost = [r for r, held in self._recordings.items() if worker is None or held is worker]
        notes = left_over(self._run, self.name) if lost else {}
        for recording in lost:
            if recording in notes:
                closed, manifest = notes[recording]
                cut_off = "" if closed.whole else "the media worker died: the end of the recording is missing"
                self._store(None, attrs.evolve(closed, error=closed.error or cut_off), manifest)
            else:
                del self._recordings[recording]
                self._setup.sink(RecordingEnded(self.name, recording, "", 0.0, 0, "the media worker died before the recording began"))

    def _store(self, worker: MediaWorker | None, closed: RecordingClosed, manifest: Path | None = None) -> None:
        if closed.recording not in self._storing:
            self._recordings.pop(closed.recording, None)
            self._storing.add(closed.recording)
            self._nursery.start_soon(self._stored, worker, closed, manifest or manifest_path(self._run, self.name, closed.recording))

    async def _stored(self, worker: MediaWorker | None, closed: RecordingClosed, manifest: Path) -> None:
        error, duration_s, size_bytes = closed.error, 0.0, 0
        with trio.CancelScope(shield=True):  # it takes a moment, and a line that is cancelled waits for it
            try:
                stored = await trio.to_thread.run_sync(store, closed, manifest)
                duration_s, size_bytes = stored.duration_s, stored.size_bytes
            except OSError as failure:
                error = error or f"{failure}; what there is: {', '.join(closed.parts)}"
                self._log.error("recording %s: %s", closed.recording, error)
        self._storing.discard(closed.recording)
        if worker is not None:
            worker.send(RecordingStored(closed.recording))
        self._setup.sink(RecordingEnded(self.name, closed.recording, closed.file, duration_s, size_bytes, error))
        if not self._storing:
            self._idle.set()
