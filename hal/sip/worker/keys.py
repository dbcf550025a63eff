"""Keys of the far end heard, and keys sent to it.

Heard by RFC 4733 and by INFO wherever they come; as tones only on a leg that negotiated no telephone-event: there, PJSIP listens to the
speech, by a patch of this project's. Sent by telephone-event where it was negotiated, else as tones or by INFO, as the site has it. No key
is ever logged.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from hal.api import CommandFailed, SendDigits
from hal.sip.worker.branch import Branch, Leg
from hal.sip.worker.calls import Calls
from hal.sip.worker.endpoint import reason_of
from hal.sip.worker.presses import WAIT_S, Presses

__all__ = ["Keys"]

KEYS = frozenset("0123456789*#ABCD")
ON_MS, OFF_MS = 100, 100
"""Of a key sent as a tone, and the pace of those sent by INFO (ITU-T Q.24 asks for 40 ms and 40 ms at least)."""
VOLUME = 9000
"""Of each of the two tones: -8 dBm0."""
AT_ONCE = 16
"""Tones that PJSIP is given together; it takes 32."""
AGAIN_S = 0.03
ECHO_S = 0.3
"""So long after a tone of ours its echo may come back."""
LONGEST_S = 60.0
IS_TONE = 4  # PJMEDIA_STREAM_DTMF_IS_TONE, of this project's patch


class Keys:
    """The keys of one worker's legs; `sending` is how they are sent where no telephone-event was negotiated: inband or info."""

    def __init__(
        self,
        line: str,
        sending: str,
        calls: Calls,
        tell: Callable[[Any], None],
        later: Callable[[float, Callable[[], None]], None],
        bury: Callable[..., None],
    ) -> None:
        self._line = line
        self._sending = sending
        self._calls = calls
        self._patchbay = calls.patchbay
        self._tell = tell
        self._later = later
        self._bury = bury
        self._presses: dict[str, Presses] = {}
        self._deaf_until: dict[str, float] = {}
        """Until when a tone in a leg's speech may be the echo of ours."""
        self._tones: dict[str, Any] = {}
        self._to_sound: dict[str, str] = {}
        """What is still to be played of each leg's, while something sounds."""
        calls.gone.append(self.leg_gone)

    # --- heard --------------------------------------------------------------------------------------------------------

    def on_event(self, branch: Branch, key: str, method: int, duration_ms: int, flags: int) -> None:
        """A key by RFC 4733, as a tone, or by INFO."""
        leg, key, now = branch.leg, key.upper(), time.monotonic()
        if leg.id not in self._calls.legs or branch is not leg.speaking or key not in KEYS:
            return
        if method == pj.PJSUA_DTMF_METHOD_SIP_INFO:
            held_s = duration_ms / 1000 if duration_ms / 1000 <= LONGEST_S else 0.0
            self._heard(leg, self._of(leg).by_info(key, held_s, now))
            self._later(WAIT_S, lambda: self._still_waiting(leg))
        elif not flags & IS_TONE or now >= self._deaf_until.get(leg.id, 0.0):
            self._heard(leg, self._of(leg).in_path(key, now))

    def _still_waiting(self, leg: Leg) -> None:
        if leg.id in self._presses:
            self._heard(leg, self._presses[leg.id].due(time.monotonic()))

    def _of(self, leg: Leg) -> Presses:
        return self._presses.setdefault(leg.id, Presses())

    def _heard(self, leg: Leg, keys: str) -> None:
        for key in keys:
            self._calls.key_pressed(leg, key)

    def leg_gone(self, leg_id: str) -> None:
        """Forget a leg."""
        self._presses.pop(leg_id, None)
        self._deaf_until.pop(leg_id, None)
        self._to_sound.pop(leg_id, None)
        self._drop_tones(leg_id)

    # --- sent ---------------------------------------------------------------------------------------------------------

    def send(self, command: SendDigits) -> None:
        """Send keys in the way that fits the leg."""
        leg = self._calls.legs.get(command.leg)
        if not (leg and leg.answered and leg.speaking):
            return
        keys = command.digits.upper()
        if not set(keys) <= KEYS:
            self._failed(leg.id, f"keys are {''.join(sorted(KEYS))}")
            return
        try:
            if _takes_events(leg.speaking):
                leg.speaking.dialDtmf(keys)
            elif self._sending == "info":
                self._by_info(leg.id, keys)
            else:
                self._as_tones(leg.id, keys)
        except pj.Error as error:
            self._failed(leg.id, reason_of(error))

    def _failed(self, leg_id: str, reason: str) -> None:
        self._tell(CommandFailed(self._line, leg_id, "SendDigits", reason))

    def _by_info(self, leg_id: str, keys: str) -> None:
        """One at a time: their order is not kept where several are under way."""
        leg = self._calls.legs.get(leg_id)
        if not (keys and leg and leg.speaking):
            return
        info = pj.CallSendDtmfParam()
        info.method, info.digits, info.duration = pj.PJSUA_DTMF_METHOD_SIP_INFO, keys[0], ON_MS
        self._calls.attempt(leg, lambda branch: branch.sendDtmf(info), "SendDigits")
        self._later((ON_MS + OFF_MS) / 1000, lambda: self._by_info(leg_id, keys[1:]))

    def _as_tones(self, leg_id: str, keys: str) -> None:
        """Behind those that still sound, if there are any."""
        sounding = leg_id in self._to_sound
        self._to_sound[leg_id] = self._to_sound.get(leg_id, "") + keys
        if not sounding:
            self._deaf_until[leg_id] = math.inf
            self._sound(leg_id)

    def _sound(self, leg_id: str) -> None:
        """Give PJSIP the next few once it has done with those before; it takes no more than 32, the finished ones counted until all are."""
        keys, tones = self._to_sound.get(leg_id), self._tones.get(leg_id)
        if keys is None:
            return
        try:
            if tones is not None and tones.isBusy():
                self._later(AGAIN_S, lambda: self._sound(leg_id))
            elif keys:
                self._play(leg_id, keys[:AT_ONCE])
                self._to_sound[leg_id] = keys[AT_ONCE:]
                self._later(len(keys[:AT_ONCE]) * (ON_MS + OFF_MS) / 1000, lambda: self._sound(leg_id))
            else:
                self._fall_silent(leg_id)
        except pj.Error as error:
            self._failed(leg_id, reason_of(error))
            self._fall_silent(leg_id)

    def _play(self, leg_id: str, keys: str) -> None:
        tones = self._tones.get(leg_id)
        if tones is None:
            self._tones[leg_id] = tones = pj.ToneGenerator()
            tones.createToneGenerator(8000, 1)
            self._patchbay.want(("tones", leg_id), leg_id)
            self._patchbay.plug(("tones", leg_id), tones)
        made = pj.ToneDigitVector()
        for key in keys:
            digit = pj.ToneDigit()
            digit.digit, digit.on_msec, digit.off_msec, digit.volume = key, ON_MS, OFF_MS, VOLUME
            made.append(digit)
        tones.playDigits(made)

    def _fall_silent(self, leg_id: str) -> None:
        self._to_sound.pop(leg_id, None)
        self._drop_tones(leg_id)
        self._deaf_until[leg_id] = time.monotonic() + ECHO_S

    def _drop_tones(self, leg_id: str) -> None:
        tones = self._tones.pop(leg_id, None)
        if tones is not None:
            self._patchbay.drop(("tones", leg_id))
            self._bury(tones)


def _takes_events(branch: Branch) -> bool:
    """Whether the far end negotiated telephone-event."""
    info = branch.getInfo()
    media = info.media
    audio = next((m.index for m in media if m.type == pj.PJMEDIA_TYPE_AUDIO), None)
    return audio is not None and branch.getStreamInfo(audio).audTxEventPt >= 0
