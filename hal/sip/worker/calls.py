"""Legs: from INVITE to BYE, incoming and outgoing, each released exactly once.

                        ┌─ Alert ─ Answer ─┐
    Arrived / Originate ┤                  ├─ CONFIRMED: Answered ─ BYE, ours or theirs ─┐
                        └─ refused, given up, CANCEL ───────────────────────────────────┴─ Released, and forgotten

A station's several phones ring together; the first to answer takes the call, the others are cancelled.
"""

import logging
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from hal.api import (
    Alert,
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    CommandFailed,
    DigitHeard,
    HeldByFarEnd,
    Hold,
    Originate,
    Reject,
    Release,
    Released,
    Retrieve,
    RetrievedByFarEnd,
    cause_of_sip,
    sip_of_cause,
)
from hal.sip.gate import Admitted
from hal.sip.worker.branch import Branch, Leg, parameter
from hal.sip.worker.dialler import Dialler
from hal.sip.worker.endpoint import Endpoint, reason_of
from hal.sip.worker.patchbay import Mixer, Patchbay

__all__ = ["Calls"]

RELEASE_S = 4.0
"""A far end that does not answer BYE or CANCEL for so long does not keep the leg."""
HOLD_AGAIN_S = 0.5

_CAUSES = {int(cause) for cause in Cause}


class Calls:
    """The legs of one worker. `tell` takes events for the core, `later(seconds, call)` runs something after a while."""

    def __init__(
        self,
        endpoint: Endpoint,
        line: str,
        token: str,
        contacts: Callable[[str], list[Any]],
        tell: Callable[[Any], None],
        later: Callable[[float, Callable[[], None]], None],
        bury: Callable[[Any], None],
        post: Callable[..., None],
    ) -> None:
        self._endpoint = endpoint
        self._line = line
        self._token = token
        self._tell = tell
        self._later = later
        self._bury = bury
        self._post = post
        self._count = 0
        self._dialler = Dialler(endpoint, line, contacts, self.trunk_calls, bury, post)
        self.legs: dict[str, Leg] = {}
        self.patchbay = Patchbay(_connect, _disconnect)
        self.mixer = Mixer(self.patchbay)
        self.gone: list[Callable[[str], None]] = []
        """Called with each leg just before it is reported released."""

    def trunk_calls(self) -> int:
        """How many trunk channels are in use."""
        return sum(1 for leg in self.legs.values() if leg.trunk)

    # --- incoming -----------------------------------------------------------------------------------------------------

    def arrive(self, account: Any, call_id: int, admitted: Callable[[str], Admitted | None]) -> None:
        """A call that the gate let in; inside PJSUA2's callback, where the call object must be made."""
        branch = Branch(account, call_id, self._post)
        info = branch.getInfo()
        call = admitted(info.callIdString)
        if call is None:
            branch.hangup(parameter(403))
            self._bury(branch)
            return
        self._count += 1
        leg = Leg(f"{self._line}-{self._token}-{self._count}", call.ani, call.dnis, True, call.trunk, call.station, [branch], branch)
        branch.leg, branch.call_id = leg, info.callIdString
        self.legs[leg.id] = leg
        self._tell(Arrived(self._line, leg.id, leg.ani, leg.dnis, leg.trunk, leg.station, call.channel))

    def alert(self, command: Alert) -> None:
        """180 or 183."""
        if (leg := self.legs.get(command.leg)) and leg.incoming and not leg.answered and leg.speaking:
            self.attempt(leg, lambda b: b.answer(parameter(183 if command.early_media else 180)))

    def answer(self, command: Answer) -> None:
        """200."""
        if (leg := self.legs.get(command.leg)) and leg.incoming and not leg.answered and leg.ended_with is None:
            self.attempt(leg, lambda b: b.answer(parameter(200)))

    def reject(self, command: Reject) -> None:
        """Refuse."""
        if (leg := self.legs.get(command.leg)) and leg.incoming and not leg.answered:
            self.end(leg, command.cause)

    # --- outgoing -----------------------------------------------------------------------------------------------------

    def originate(self, command: Originate) -> None:
        """Call somebody, on all the phones he has."""
        if command.leg in self.legs:
            return
        destinations = self._dialler.destinations(command)
        kind, _, called = command.to.partition(":")
        leg = Leg(command.leg, command.ani, called if kind in ("station", "number") else command.to, False)
        self.legs[leg.id] = leg
        if isinstance(destinations, Cause):
            self._released(leg, destinations, by_far_end=destinations is Cause.DESTINATION_OUT_OF_ORDER)
            return
        for destination in destinations:
            leg.trunk, leg.station = destination.trunk, destination.station
            self._dialler.invite(leg, destination, command)
        if len(leg.branches) == 1:
            leg.speaking = leg.branches[0]
        if not leg.branches:
            self._released(leg, Cause.TEMPORARY_FAILURE, by_far_end=False)

    # --- in the call --------------------------------------------------------------------------------------------------

    def hold(self, command: Hold | Retrieve) -> None:
        """Hold or retrieve: the mix at once, the far end by re-INVITE."""
        leg = self.legs.get(command.leg)
        wanted = isinstance(command, Hold)
        if leg and leg.answered and leg.hold_wanted != wanted:
            leg.hold_wanted = wanted
            self.mixer.hold(leg.id, wanted)
            trunk = self._endpoint.settings.trunks.get(leg.trunk)
            if trunk is None or trunk.hold:
                self._reinvite(leg)

    def _reinvite(self, leg: Leg) -> None:
        if leg.id not in self.legs or leg.hold_done == leg.hold_wanted or leg.speaking is None or leg.ended_with is not None:
            return
        made = parameter()
        try:
            if leg.hold_wanted:
                leg.speaking.setHold(made)
            else:
                made.opt.flag = pj.PJSUA_CALL_UNHOLD
                leg.speaking.reinvite(made)
            leg.hold_done = leg.hold_wanted
        except pj.Error as error:  # another re-INVITE is under way (RFC 3261 section 14.1)
            self._log(logging.DEBUG, f"{leg.id}: re-INVITE once more: {reason_of(error)}")
            self._later(HOLD_AGAIN_S, lambda: self._reinvite(leg))

    def release(self, command: Release) -> None:
        """BYE, CANCEL, or a refusal. Who releases a leg that is gone has not heard of it, and is told again."""
        if leg := self.legs.get(command.leg):
            self.end(leg, command.cause)
        else:
            self._tell(Released(self._line, command.leg, command.cause, by_far_end=False))

    def lose(self, leg: Leg, cause: Cause) -> None:
        """Release a leg whose far end is not there any more: a BYE, for what it is worth, and it counts as gone at once."""
        if leg.ended_with is None and leg.id in self.legs:
            leg.ended_with = cause
            for branch in list(leg.branches):
                self._hang_up(branch, leg, cause)
            self._released(leg, cause, by_far_end=True)

    def end_all(self, cause: Cause) -> None:
        """Release every leg."""
        for leg in list(self.legs.values()):
            self.end(leg, cause)

    def end(self, leg: Leg, cause: Cause) -> None:
        """Release a leg by BYE, CANCEL or a refusal, whatever stage it has reached."""
        if leg.ended_with is not None:
            return
        leg.ended_with = cause
        for branch in list(leg.branches):
            self._hang_up(branch, leg, cause)
        self._later(RELEASE_S, lambda: self._released(leg, cause, by_far_end=False))

    def _hang_up(self, branch: Branch, leg: Leg, cause: Cause) -> None:
        status = sip_of_cause(cause) if leg.incoming and not leg.answered else 0
        try:
            branch.hangup(parameter(status, cause))
        except pj.Error as error:  # it is over already; its last state is in the queue
            self._log(logging.DEBUG, f"{leg.id}: {reason_of(error)}")

    def attempt(self, leg: Leg, operation: Callable[[Branch], Any], command: str = "") -> None:
        """Do something with the speaking branch; if it is over already, its last state is in the queue."""
        if leg.speaking is None:
            return
        try:
            operation(leg.speaking)
        except pj.Error as error:
            self._log(logging.INFO, f"{leg.id}: {reason_of(error)}")
            if command:
                self._tell(CommandFailed(self._line, leg.id, command, reason_of(error)))

    # --- what PJSIP reports, out of the queue -------------------------------------------------------------------------

    def on_state(self, branch: Branch, state: int, status: int, reason: int) -> None:
        """A branch rings, is through, or is over."""
        leg = branch.leg
        if state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._branch_over(leg, branch, status, reason)
        elif leg.id not in self.legs:
            return
        elif state == pj.PJSIP_INV_STATE_EARLY and not leg.incoming and not (leg.alerted or leg.answered):
            leg.alerted = True
            self._tell(Alerted(self._line, leg.id))
        elif state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._confirmed(leg, branch)

    def _confirmed(self, leg: Leg, branch: Branch) -> None:
        if leg.ended_with is not None or leg.answered:  # answered while we gave up, or by two phones at once
            if branch is not leg.speaking or leg.ended_with is not None:
                self._hang_up(branch, leg, Cause.NORMAL_CLEARING)
            return
        leg.answered, leg.speaking = True, branch
        for other in leg.branches:
            if other is not branch:
                self._hang_up(other, leg, Cause.NORMAL_CLEARING)
        self._tell(Answered(self._line, leg.id))
        self.on_media(branch)
        for digit in leg.digits:
            self._tell(DigitHeard(self._line, leg.id, digit))
        leg.digits.clear()

    def _branch_over(self, leg: Leg, branch: Branch, status: int, reason: int) -> None:
        self._bury(branch)
        if branch in leg.branches:
            leg.branches.remove(branch)
        if leg.id not in self.legs or (leg.branches and branch is not leg.speaking):
            leg.worst_status = _telling(leg.worst_status, status)
            return
        if leg.ended_with is not None:
            self._released(leg, Cause(leg.ended_with), by_far_end=False)
            return
        told = reason if reason in _CAUSES else 0
        status = status if leg.answered else _telling(leg.worst_status, status)
        self._released(leg, Cause(told) if told else cause_of_sip(status), by_far_end=True)

    def _released(self, leg: Leg, cause: Cause, *, by_far_end: bool) -> None:
        if self.legs.pop(leg.id, None) is None:
            return
        leg.speaking = None  # no cycle: what PJSIP holds for the call goes as soon as it is buried, not when the collector comes
        self.mixer.remove(leg.id)
        self.patchbay.drop(leg.id, gone=True)
        for gone in self.gone:
            gone(leg.id)
        self._tell(Released(self._line, leg.id, cause, by_far_end))

    def on_media(self, branch: Branch) -> None:
        """Speech began, changed or ended: plug the leg in anew."""
        leg = branch.leg
        if leg.id not in self.legs or branch is not leg.speaking:
            return
        try:
            info = branch.getInfo()
            media = info.media
            audio = next((m for m in media if m.type == pj.PJMEDIA_TYPE_AUDIO), None)
            if audio is None or audio.audioConfSlot == pj.PJSUA_INVALID_ID:
                self.patchbay.unplug(leg.id)
            else:
                self.patchbay.plug(leg.id, branch.getAudioMedia(audio.index))
            held = audio is not None and audio.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
            leg.speech_index = audio.index if audio is not None and audio.dir & pj.PJMEDIA_DIR_DECODING else -1
        except pj.Error as error:  # it ended meanwhile
            self._log(logging.DEBUG, f"{leg.id}: no speech: {reason_of(error)}")
            return
        if leg.answered and held != leg.held_by_far_end and not leg.hold_wanted:
            leg.held_by_far_end = held
            self._tell((HeldByFarEnd if held else RetrievedByFarEnd)(self._line, leg.id))

    def key_pressed(self, leg: Leg, key: str) -> None:
        """A key was pressed at the far end; what comes before the answer is told after it."""
        if leg.answered:
            self._tell(DigitHeard(self._line, leg.id, key))
        else:
            leg.digits.append(key)

    def _log(self, level: int, text: str) -> None:
        logging.getLogger("hotline.sip.worker").log(level, text)


def _telling(one: int, other: int) -> int:
    """Of two refusals the one that says more: busy or declined by a person, before not found, before nobody there."""
    rank = {486: 5, 600: 5, 603: 5, 403: 4, 404: 3, 480: 2, 408: 1, 487: 0, 0: -1}
    return max(one, other, key=lambda status: rank.get(status, 2))


def _connect(source: Any, listener: Any) -> None:
    try:
        source.startTransmit(listener)
    except pj.Error as error:
        logging.getLogger("hotline.sip.worker").warning("no link: %s", reason_of(error))


def _disconnect(source: Any, listener: Any) -> None:
    try:
        source.stopTransmit(listener)
    except pj.Error as error:  # the port went away by itself
        logging.getLogger("hotline.sip.worker").debug("no unlink: %s", reason_of(error))
