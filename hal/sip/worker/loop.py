"""The worker's one thread: PJSIP, the socket to the core, and timers, in turn. All that PJSIP calls back passes through its queue."""

import contextlib
import gc
import heapq
import itertools
import logging
import os
import secrets
import select
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from hal.api import (
    Alert,
    Answer,
    AnswerTransfer,
    Cause,
    Hold,
    LegsListed,
    ListedLeg,
    Listen,
    ListLegs,
    Mix,
    Originate,
    Play,
    Reject,
    Release,
    Retrieve,
    SendDigits,
    StartRecording,
    StopListening,
    StopPlay,
    StopRecording,
    Transfer,
)
from hal.sip.gate import Admitted, Gate
from hal.sip.guard import Answer as GateAnswer
from hal.sip.guard import Guard
from hal.sip.message import parse_request
from hal.sip.registrar import Registrar
from hal.sip.wire import (
    VERSION,
    Ban,
    Bindings,
    Failed,
    Hello,
    LegState,
    Ping,
    Pong,
    Ready,
    RecordingStored,
    Registered,
    SecretTold,
    Stop,
    fingerprint,
)
from hal.sip.worker.branch import Leg, headers
from hal.sip.worker.calls import Calls
from hal.sip.worker.endpoint import MOST_CALLS, CannotOpen, Endpoint
from hal.sip.worker.keys import Keys
from hal.sip.worker.link import Link, LogToCore
from hal.sip.worker.listening import Ears
from hal.sip.worker.passwords import Passwords
from hal.sip.worker.silence import SilenceWatch
from hal.sip.worker.speech import Speech
from hal.sip.worker.transfers import Transfers

__all__ = ["Worker"]

TICK_MS = 10
"""PJSIP's own timers are looked at this often."""
FIRST_CORE_S = 15.0
GRAVE_S = 0.5
"""A PJSIP object is deleted so long after its last use: a callback on another thread may still be on its way to it."""
MOST_LEGS = MOST_CALLS - 24
"""Beyond it nobody new is let in; the rest is for legs to agents of those who are in."""
STOP_S = 2.5
LOG_OFF_S = 1.0
COLLECT_S = 5.0

log = logging.getLogger("hotline.sip.worker")


class Worker:
    """Everything of one media worker; `run` is the life of the process."""

    def __init__(self, path: Path) -> None:
        self._run_dir = path.parent
        self._link = Link(path)
        log.addHandler(LogToCore(self._link))
        log.setLevel(logging.INFO)
        self._poller = select.poll()
        self._link.watch(self._poller)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poller.register(self._wake, select.POLLIN)
        self._queue: deque[tuple[Any, ...]] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._graves: deque[tuple[float, Any]] = deque()
        self._stopping_at: float | None = None
        self._orphan_since: float | None = time.monotonic()
        self._hello: Hello | None = None
        self._passwords = Passwords(self._link)
        self._admitted: dict[str, tuple[float, Admitted]] = {}
        self._held_back: deque[Any] = deque(maxlen=2000)
        """Digits heard while there was no core."""

    # --- the process --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until told to stop, or until no core has come for too long."""
        hello = self._first_core()
        if hello is None:
            self._link.close()
            return
        try:
            self._open(hello)
        except CannotOpen as error:
            self._link.send(Failed(error.reason, error.advice))
            self._link.close()
            return
        self._ready()
        self._later(COLLECT_S, self._collect)
        self._later(1.0, self._second)
        while not self._finished():
            self._turn()
        self._close()

    def stop(self) -> None:
        """End all calls, then the process; safe in a signal handler."""
        self._post("stop")

    def _first_core(self) -> Hello | None:
        deadline = time.monotonic() + FIRST_CORE_S
        while time.monotonic() < deadline:
            self._poller.poll(100)
            self._link.exchange(self._poller)
            while self._link.inbox:
                message = self._link.inbox.popleft()
                if isinstance(message, Hello):
                    return message
                if isinstance(message, Stop):
                    return None
        return None

    def _open(self, hello: Hello) -> None:
        self._hello = hello
        self._orphan_since = None
        settings = hello.settings
        self._endpoint = Endpoint(settings, hello.index)
        self._guard = Guard(settings.stations, self._passwords.digests, self._tell)
        self._registrar = Registrar(settings.stations, self._guard, hello.index, self._tell)
        for station, contacts in hello.bindings.items():
            self._registrar.learn(station, contacts, time.monotonic())
        self._endpoint.open(self._request)
        token = f"{hello.index}{secrets.token_hex(3)}"
        self._calls = Calls(
            self._endpoint,
            hello.line,
            token,
            lambda s: self._registrar.contacts(s, time.monotonic()),
            self._tell,
            self._later,
            self._bury,
            self._post,
        )
        self._speech = Speech(
            hello.line, self._run_dir, self._calls.patchbay, self._tell, self._later, self._bury, self._post, self._calls.legs.__contains__
        )
        self._calls.gone.append(self._speech.leg_gone)
        self._ears = Ears(
            hello.line,
            hello.index,
            self._run_dir,
            settings.speech,
            self._calls.patchbay,
            self._tell,
            self._later,
            self._bury,
            self._calls.legs.__contains__,
            self._poller,
        )
        self._calls.gone.append(self._ears.leg_gone)
        self._keys = Keys(hello.line, settings.send_keys, self._calls, self._tell, self._later, self._bury)
        self._transfers = Transfers(self._endpoint, hello.line, self._calls, self._tell, self._later)
        self._silence = SilenceWatch(settings.silence_s, self._calls.legs, self._vanished)
        self._gate = Gate(hello.line, settings, self._registrar, hello.trunk_addresses, self._takes_calls, self._calls.trunk_calls)
        self._speech.open()
        self._endpoint.add_accounts(hello.credentials, self._incoming, lambda *told: self._post("registered", *told))
        if self._endpoint.sip_queue >= 0:
            self._poller.register(self._endpoint.sip_queue, select.POLLIN)
        self._wire()

    def _wire(self) -> None:
        """Say who deals with what."""
        calls, speech, transfers, keys = self._calls, self._speech, self._transfers, self._keys
        self._reports: dict[str, Callable[..., None]] = {
            "state": calls.on_state,
            "media": calls.on_media,
            "digit": keys.on_event,
            "refer": transfers.on_refer,
            "transfer": transfers.on_fate,
            "played": speech.on_played,
            "registered": self._registered,
            "stop": self._stop,
        }
        self._commands: dict[type, Callable[[Any], Any]] = {
            Alert: calls.alert,
            Answer: calls.answer,
            Reject: calls.reject,
            Release: calls.release,
            Originate: calls.originate,
            SendDigits: keys.send,
            Hold: calls.hold,
            Retrieve: calls.hold,
            Transfer: transfers.hand_over,
            AnswerTransfer: transfers.answer,
            Mix: self._mix,
            Play: speech.play,
            StopPlay: speech.stop_play,
            StartRecording: speech.record,
            StopRecording: speech.stop_recording,
            ListLegs: self._list,
            Listen: self._ears.listen,
            StopListening: self._ears.stop,
            Hello: self._met,
            SecretTold: self._passwords.learn,
            Bindings: lambda m: self._registrar.learn(m.station, m.contacts, time.monotonic()),
            Ban: lambda m: self._guard.bans.ban(m.address, time.monotonic() + m.for_s),
            RecordingStored: lambda m: speech.unstored.pop(m.recording, None),
            Ping: lambda m: self._link.send(Pong(m.number)),
            Stop: lambda _: self._stop(),
        }

    def _turn(self) -> None:
        now = time.monotonic()
        wait_ms = TICK_MS
        if self._timers:
            wait_ms = max(0, min(TICK_MS, int((self._timers[0][0] - now) * 1000) + 1))
        if self._queue or self._link.inbox:
            wait_ms = 0
        if self._endpoint.sip_queue >= 0:
            self._poller.poll(wait_ms)
            self._endpoint.handle(0)
        else:
            self._poller.poll(0)
            self._endpoint.handle(min(wait_ms, 2))
        self._callbacks()
        self._ears.exchange()
        if self._link.exchange(self._poller):
            self._core_lost()
        while self._link.inbox:
            self._do(self._link.inbox.popleft())
            self._callbacks()
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            self._fire(heapq.heappop(self._timers)[2])
        self._callbacks()
        while self._graves and self._graves[0][0] <= now:
            self._graves.popleft()
        self._link.flush()

    def _fire(self, due: Callable[[], None]) -> None:
        """Run a timer; one that fails costs what it was for, and not the worker with all its calls."""
        try:
            due()
        except Exception:
            log.exception("a timer failed")

    def _finished(self) -> bool:
        now = time.monotonic()
        if self._stopping_at is None:
            if self._orphan_since is not None and self._hello and now - self._orphan_since > self._hello.settings.orphan_s:
                log.warning("no core for %g s: ending all calls", self._hello.settings.orphan_s)
                self._stop()
            return False
        quiet = not self._calls.legs and not self._speech.recordings
        return quiet or now > self._stopping_at

    def _stop(self) -> None:
        if self._stopping_at is None:
            self._stopping_at = time.monotonic() + STOP_S
            self._speech.end_all()
            self._calls.end_all(Cause.NORMAL_CLEARING)

    def _close(self) -> None:
        """Say the last things. PJSIP is not taken down: that takes a second, and the process ends now anyway."""
        self._ears.close()
        self._endpoint.log_off()
        deadline = time.monotonic() + LOG_OFF_S
        while self._endpoint.logged_in and time.monotonic() < deadline:
            self._endpoint.handle(10)
        self._link.close()

    # --- services to the parts ----------------------------------------------------------------------------------------

    def _post(self, *what: Any) -> None:
        """From any thread: have this dealt with by the loop."""
        self._queue.append(what)
        os.eventfd_write(self._wake, 1)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), call))

    def _bury(self, thing: Any, *, at_once: bool = False) -> None:
        """Delete a PJSIP object, later; `at_once` for one that has no callbacks."""
        if at_once:
            self._graves.appendleft((0.0, thing))
        else:
            self._graves.append((time.monotonic() + GRAVE_S, thing))

    def _tell(self, message: Any) -> None:
        if self._hello and hasattr(message, "line") and not message.line:
            message = attrs.evolve(message, line=self._hello.line)
        if not self._link.connected and type(message).__name__ == "DigitHeard":
            self._held_back.append(message)
        self._link.send(message)

    def _takes_calls(self) -> bool:
        return self._link.keeps_up() and self._stopping_at is None and len(self._calls.legs) < MOST_LEGS

    def _collect(self) -> None:
        gc.collect()
        self._later(COLLECT_S, self._collect)

    def _second(self) -> None:
        now = time.monotonic()
        self._registrar.expire(now)
        self._silence.look(now)
        for call_id in [c for c, (since, _) in self._admitted.items() if since < now - 32]:
            del self._admitted[call_id]
        self._later(1.0, self._second)

    def _vanished(self, leg: Leg) -> None:
        log.warning("%s: nothing has come from its far end for %g s: released", leg.id, self._endpoint.settings.silence_s)
        self._calls.lose(leg, Cause.DESTINATION_OUT_OF_ORDER)

    # --- requests -----------------------------------------------------------------------------------------------------

    def _request(self, prm: Any) -> None:
        """Inside PJSUA2's callback: let in, or answer. What goes wrong here must not let anybody in."""
        try:
            rdata = prm.rdata
            request = parse_request(rdata.wholeMsg)
            decision = self._gate.decide(request, rdata.srcAddress, time.monotonic())
            if isinstance(decision, Admitted):
                self._admitted[request.first("call-id")] = (time.monotonic(), decision)
                return
        except Exception:
            log.exception("a request could not be dealt with")
            decision = GateAnswer(500)
        prm.headers = headers(decision.headers)
        prm.statusCode = decision.status

    def _incoming(self, account: Any, call_id: int) -> None:
        try:
            self._calls.arrive(account, call_id, lambda c: self._admitted.pop(c, (0.0, None))[1])
        except Exception:
            log.exception("a call could not be taken")

    # --- out of the queue ---------------------------------------------------------------------------------------------

    def _callbacks(self) -> None:
        with contextlib.suppress(BlockingIOError):  # nothing came from another thread
            os.eventfd_read(self._wake)
        while self._queue:
            what, *about = self._queue.popleft()
            try:
                self._reports[what](*about)
            except Exception:
                log.exception("%s could not be dealt with", what)

    def _registered(self, account: str, status: int, reason: str) -> None:
        self._tell(Registered(account, 200 <= status < 300, status, reason))

    # --- commands -----------------------------------------------------------------------------------------------------

    def _do(self, message: Any) -> None:
        try:
            self._commands[type(message)](message)
        except Exception:
            log.exception("%s could not be done", type(message).__name__)

    def _mix(self, command: Mix) -> None:
        legs = self._calls.legs
        self._calls.mixer.set({leg: tuple(h for h in heard if h in legs) for leg, heard in command.hears.items() if leg in legs})

    def _list(self, command: ListLegs) -> None:
        self._speech.tell_again()
        legs = tuple(ListedLeg(leg.id, leg.answered, self._speech.play_on(leg.id)) for leg in self._calls.legs.values())
        self._tell(LegsListed(command.line, command.listing, legs, (*self._speech.recordings, *self._speech.unstored)))

    # --- the core comes and goes --------------------------------------------------------------------------------------

    def _core_lost(self) -> None:
        self._orphan_since = time.monotonic()
        self._ears.end_all()  # the next one knows nothing of these listenings

    def _met(self, hello: Hello) -> None:
        """A core came back, or another in its place: tell it everything."""
        assert self._hello is not None
        self._orphan_since = None
        if hello.fingerprint != self._hello.fingerprint:
            self._link.send(Failed("this worker runs with other settings", ""))
            self._stop()
            return
        self._ready()

    def _ready(self) -> None:
        assert self._hello is not None
        legs = [
            LegState(leg.id, leg.ani, leg.dnis, leg.answered, leg.station, leg.trunk, leg.incoming)
            for leg in self._calls.legs.values()
            if leg.ended_with is None
        ]
        bindings = self._registrar.everything(time.monotonic())
        self._link.send(Ready(os.getpid(), legs, bindings, list(self._speech.recordings), VERSION, fingerprint(self._hello.settings)))
        for closed in self._speech.unstored.values():
            self._link.send(closed)
        while self._held_back:
            digit = self._held_back.popleft()
            if digit.leg in self._calls.legs:
                self._link.send(digit)
