"""One SIP call: what PJSIP calls back is read at once where it must be, and queued; and the addresses that calls are made with."""

import re
from collections.abc import Callable
from typing import Any

import attrs
import pjsua2 as pj

from hal.sip.message import reason_cause
from hal.sip.settings import SipSettings, host_port
from hal.sip.wire import Contact

__all__ = ["Branch", "Destination", "Leg", "caller_id", "contact_uri", "headers", "parameter"]


def parameter(status: int = 0, reason: int = 0) -> Any:
    """What PJSUA2 wants with each operation; `reason` is a Q.850 cause for the Reason header (RFC 3326)."""
    made = pj.CallOpParam(True)
    made.statusCode = status
    made.opt.videoCount = made.opt.textCount = 0
    if reason:
        made.txOption.headers = headers((("Reason", f"Q.850;cause={reason}"),))
    return made


def headers(pairs: tuple[tuple[str, str], ...]) -> Any:
    """Headers as PJSUA2 wants them."""
    vector = pj.SipHeaderVector()
    for name, value in pairs:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        vector.append(header)
    return vector


class Branch(pj.Call):  # type: ignore[misc] # pjsua2 has no annotations
    """A call of PJSIP's. A leg has one; while it rings several phones of a station, one for each."""

    leg: "Leg"

    def __init__(self, account: Any, call_id: int, post: Callable[..., None]) -> None:
        pj.Call.__init__(self, account, call_id)
        self._post = post
        self.call_id = ""
        """Of its dialog."""
        self.refers = 0
        """How many transfers its far end has asked for."""
        self.refer_open = False
        """The last of them waits for its answer."""
        self.refer_quiet = False
        """Its far end wants no NOTIFY about it (RFC 4488)."""

    def onCallState(self, prm: Any) -> None:
        """PJSUA2: the state is only there to be read now."""
        info = self.getInfo()
        self.call_id = info.callIdString
        reason = reason_cause(_message(prm.e)) if info.state == pj.PJSIP_INV_STATE_DISCONNECTED else 0
        self._post("state", self, info.state, info.lastStatusCode, reason)

    def onCallMediaState(self, prm: Any) -> None:  # noqa: ARG002 - empty
        """PJSUA2: speech began, changed or ended; every link to this call is gone."""
        self._post("media", self)

    def onDtmfEvent(self, prm: Any) -> None:
        """PJSUA2, on a thread of its own: a key, by RFC 4733, INFO or as a tone; with this project's patch, once."""
        self._post("digit", self, str(prm.digit), int(prm.method), int(prm.duration), int(prm.flags))

    def onCallTransferRequest(self, prm: Any) -> None:
        """PJSUA2: REFER. PJSIP would make the new call itself; here the core decides, so it is accepted and left to the core."""
        if self.refer_open:
            prm.statusCode = 491
            return
        prm.statusCode = 202
        setting = prm.opt
        self.refers += 1
        self.refer_open, self.refer_quiet = True, bool(setting.flag & pj.PJSUA_CALL_NO_REFER_SUB)
        setting.flag |= pj.PJSUA_CALL_TRANSFER_TAKEN
        self._post("refer", self, str(prm.dstUri))

    def onCallTransferStatus(self, prm: Any) -> None:
        """PJSUA2: how our REFER fares."""
        self._post("transfer", self, int(prm.statusCode), str(prm.reason), bool(prm.finalNotify))
        prm.cont = not prm.finalNotify

    def onCallReplaceRequest(self, prm: Any) -> None:
        """PJSUA2: INVITE with Replaces; the gate has refused these, this is the second lock."""
        prm.statusCode = 488


def _message(event: Any) -> str:
    """The SIP message that caused an event, if one did."""
    if event.type != pj.PJSIP_EVENT_TSX_STATE:
        return ""
    body = event.body
    state = body.tsxState
    if state.type != pj.PJSIP_EVENT_RX_MSG:
        return ""
    source = state.src
    rdata = source.rdata
    return str(rdata.wholeMsg)


@attrs.define(eq=False)
class Leg:
    """A leg of the line, as `hal.api` means it."""

    id: str
    ani: str
    dnis: str
    incoming: bool
    trunk: str = ""
    station: str = ""
    branches: list[Branch] = attrs.field(factory=list)
    speaking: Branch | None = None
    """The branch that carries speech: the only one, or the one that answered."""
    alerted: bool = False
    answered: bool = False
    ended_with: int | None = None
    """The cause we ended it with, once we did."""
    worst_status: int = 0
    """The most telling refusal of its branches so far."""
    hold_wanted: bool = False
    hold_done: bool = False
    held_by_far_end: bool = False
    speech_index: int = -1
    """Which stream of the call brings its speech; -1: it brings none."""
    heard: tuple[int, int] = (0, 0)
    """RTP and RTCP packets that had come when it was last looked at."""
    heard_at: float = 0.0
    """When something was last found to have come, on the worker's clock; 0: not to be judged until now."""
    looked_at: float = 0.0
    digits: list[str] = attrs.field(factory=list)
    """Keys heard before the answer."""


@attrs.frozen
class Destination:
    """Whom an INVITE goes to."""

    account: str
    """Key of the account that makes the call."""
    to: str
    target: str = ""
    """Where it is sent, if that is not `to` (RFC 3261 section 8.1.1.1)."""
    trunk: str = ""
    station: str = ""


def contact_uri(contact: Contact, worker: int) -> str:
    """Where to send a call for a contact: to where the REGISTER came from, which passes NAT and reuses its connection.

    Another worker's connections are not ours; then the contact stands as the phone gave it.
    """
    if contact.worker != worker and contact.transport != "udp":
        return contact.uri
    match = re.match(r"(sips?:(?:[^@;?]*@)?)(?:\[[^\]]*\]|[^:;?]*)(?::\d+)?(.*)", contact.uri, re.IGNORECASE | re.DOTALL)
    if not match:
        return contact.uri
    host, port = host_port(contact.source)
    rest = re.sub(r";transport=\w+", "", match.group(2), flags=re.IGNORECASE)
    how = "" if contact.transport == "udp" else f";transport={contact.transport}"
    return f"{match.group(1)}{host}:{port}{how}{rest}"


def caller_id(ani: str, display: str, settings: SipSettings, worker: int, host: str = "") -> str:
    """A From header's value; without a number it is anonymous (RFC 3323 section 4.1.1.3)."""
    text = re.sub(r'[\x00-\x1f\x7f"\\]', "", display)
    name = f'"{text}" ' if text else ""
    if not ani:
        return f"{name}<sip:anonymous@anonymous.invalid>"
    where = host or f"{settings.host}:{settings.port(worker)}"
    return f"{name}<sip:{escaped(ani)}@{where}>"


def escaped(user: str) -> str:
    """The user part of a URI: what must not stand there as it is, is escaped (RFC 3261 section 25.1)."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.!~*'()+$,") else "".join(f"%{b:02X}" for b in c.encode()) for c in user)
