"""Transfers by REFER (RFC 3515): those that a far end asks of us, and those that we ask of a far end.

A far end's request, one at a time on a leg:

    REFER ─ 202, NOTIFY "100 Trying" ─ TransferAsked ─┬─ AnswerTransfer ─ NOTIFY "200 OK", or the status of its cause
      │                                               ├─ the leg is released: nothing more is said
      └─ another one waits: 491                       └─ TRANSFER_S without an answer ─ NOTIFY "504 ..."

The core carries it out; here the far end is only told how it fares. Its call goes on until one of the two ends it.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import pjsua2 as pj

from hal.api import LONGEST_NUMBER, AnswerTransfer, Cause, CommandFailed, Transfer, TransferAsked, sip_of_cause
from hal.sip.message import parse_address
from hal.sip.worker.branch import Branch, Leg, escaped, headers, parameter
from hal.sip.worker.calls import Calls
from hal.sip.worker.endpoint import Endpoint, reason_of

__all__ = ["Transfers"]

TRANSFER_S = 180
"""A request that is not answered for so long has failed: longer than anybody lets it ring."""
_PHRASES = {
    100: "Trying", 200: "OK", 403: "Forbidden", 404: "Not Found", 408: "Request Timeout", 480: "Temporarily Unavailable",
    484: "Address Incomplete", 486: "Busy Here", 488: "Not Acceptable Here", 500: "Server Internal Error", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Server Time-out",
}  # fmt: skip

log = logging.getLogger("hotline.sip.worker")


class Transfers:
    """The transfers of one worker's legs."""

    def __init__(
        self,
        endpoint: Endpoint,
        line: str,
        calls: Calls,
        tell: Callable[[Any], None],
        later: Callable[[float, Callable[[], None]], None],
    ) -> None:
        self._endpoint = endpoint
        self._line = line
        self._calls = calls
        self._tell = tell
        self._later = later

    # --- asked of us --------------------------------------------------------------------------------------------------

    def on_refer(self, branch: Branch, uri: str) -> None:
        """The far end asks to be replaced; it has got its 202."""
        leg, number = branch.leg, branch.refers
        if leg.id not in self._calls.legs or branch is not leg.speaking:
            return
        asked = parse_address(uri)
        call_id = replaced_call(asked.headers)
        if not leg.answered:
            self._notify(branch, 480)
            return
        if len(asked.user) > LONGEST_NUMBER or not (asked.user or call_id):
            self._notify(branch, 484)
            return
        self._notify(branch, 100)
        joined = self._leg_of(call_id, leg) if call_id else None
        self._later(TRANSFER_S, lambda: self._expire(branch, number))
        self._tell(TransferAsked(self._line, leg.id, asked.user, joined.id if joined else "", call_id != "" and joined is None))

    def _leg_of(self, call_id: str, but: Leg) -> Leg | None:
        """The leg with this Call-ID, other than the one that asks. Call-IDs are ours or random: their tags need not be looked at."""
        for leg in self._calls.legs.values():
            if leg is not but and any(branch.call_id == call_id for branch in leg.branches):
                return leg
        return None

    def answer(self, command: AnswerTransfer) -> None:
        """Tell the far end how its transfer has ended."""
        leg = self._calls.legs.get(command.leg)
        if leg and leg.speaking and leg.speaking.refer_open:
            self._notify(leg.speaking, 200 if command.cause is None else sip_of_cause(command.cause))

    def _expire(self, branch: Branch, number: int) -> None:
        leg = branch.leg
        if branch is leg.speaking and branch.refer_open and branch.refers == number:
            log.warning("%s: nothing came of the transfer it asked for %d s ago", leg.id, TRANSFER_S)
            self._notify(branch, sip_of_cause(Cause.RECOVERY_ON_TIMER_EXPIRY))

    def _notify(self, branch: Branch, status: int) -> None:
        """Say how the transfer fares (RFC 3515 section 2.4.4); from 200 on it is the last word."""
        state = f"active;expires={TRANSFER_S}" if status < 200 else "terminated;reason=noresource"
        branch.refer_open = status < 200
        if branch.refer_quiet:
            return
        made = pj.CallSendRequestParam()
        made.method = "NOTIFY"
        option = made.txOption
        option.headers = headers((("Event", "refer"), ("Subscription-State", state)))
        option.contentType = "message/sipfrag;version=2.0"
        option.msgBody = f"SIP/2.0 {status} {_PHRASES[status]}\r\n"
        try:
            branch.sendRequest(made)
        except pj.Error as error:  # it is over already; its last state is in the queue
            log.debug("%s: no NOTIFY: %s", branch.leg.id, reason_of(error))

    # --- asked by us --------------------------------------------------------------------------------------------------

    def hand_over(self, command: Transfer) -> None:
        """REFER."""
        leg = self._calls.legs.get(command.leg)
        if not (leg and leg.answered and leg.speaking):
            return
        kind, _, name = command.to.partition(":")
        settings = self._endpoint.settings
        where = f"{settings.host}:{settings.port(self._endpoint.worker)}"
        if kind == "number" and leg.trunk in settings.trunks:
            where = settings.trunks[leg.trunk].host
        elif kind == "number":
            info = leg.speaking.getInfo()
            where = parse_address(info.remoteUri).host
        to = command.to if kind in ("sip", "sips") else f"sip:{escaped(name)}@{where}"
        self._calls.attempt(leg, lambda b: b.xfer(to, parameter()), "Transfer")

    def on_fate(self, branch: Branch, status: int, reason: str, final: bool) -> None:
        """How our REFER fares: the far end has got through to the other, or not."""
        leg = branch.leg
        if leg.id in self._calls.legs and 200 <= status < 300 and final:
            self._calls.end(leg, Cause.NORMAL_CLEARING)
        elif leg.id in self._calls.legs and status >= 300:
            self._tell(CommandFailed(self._line, leg.id, "Transfer", f"{status} {reason}"))


def replaced_call(uri_headers: str) -> str:
    """The Call-ID in the Replaces header of a Refer-To URI, `Replaces=id%3Bto-tag%3D...` (RFC 3891); empty if there is none."""
    found: Mapping[str, str] = {name.lower(): value for name, _, value in (h.partition("=") for h in uri_headers.split("&"))}
    return unquote(found.get("replaces", "")).partition(";")[0].strip()
