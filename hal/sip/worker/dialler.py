"""Makes the INVITEs of a leg that we originate: where they go, and what they say."""

import logging
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from hal.api import Cause, Originate
from hal.sip.message import TRUNK_HEADER
from hal.sip.worker.branch import Branch, Destination, Leg, caller_id, contact_uri, escaped, headers, parameter
from hal.sip.worker.endpoint import Endpoint, reason_of

__all__ = ["Dialler"]

log = logging.getLogger("hotline.sip.worker")


class Dialler:
    """Calls for one worker. `contacts` knows where a station's phones are, `trunk_calls` how many trunk channels are in use."""

    def __init__(
        self,
        endpoint: Endpoint,
        line: str,
        contacts: Callable[[str], list[Any]],
        trunk_calls: Callable[[], int],
        bury: Callable[[Any], None],
        post: Callable[..., None],
    ) -> None:
        self._endpoint = endpoint
        self._line = line
        self._contacts = contacts
        self._trunk_calls = trunk_calls
        self._bury = bury
        self._post = post

    def destinations(self, command: Originate) -> list[Destination] | Cause:
        """Where the INVITEs go; or why there can be none."""
        kind, _, name = command.to.partition(":")
        settings = self._endpoint.settings
        if kind == "station":
            to = f"sip:{escaped(name)}@{settings.host}:{settings.port(self._endpoint.worker)}"
            found = [Destination("", to, contact_uri(c, self._endpoint.worker), station=name) for c in self._contacts(name)]
            return found or Cause.DESTINATION_OUT_OF_ORDER
        if kind in ("sip", "sips"):  # a phone that we play calls its own registrar
            account = f"station:{command.ani}"
            return [Destination(account if account in self._endpoint.accounts else "", command.to, trunk=self._line)]
        trunk = command.trunk or next(iter(settings.trunks), "")
        if kind != "number" or trunk not in settings.trunks:
            log.error("%s: nowhere to call '%s' by trunk '%s'; trunks are: %s", command.leg, command.to, trunk, ", ".join(settings.trunks))
            return Cause.NO_CIRCUIT_AVAILABLE
        if self._trunk_calls() >= -(-settings.channels // settings.workers):
            return Cause.NO_CIRCUIT_AVAILABLE
        how = settings.trunks[trunk].transport
        where = settings.trunks[trunk].host + ("" if how == "udp" else f";transport={how}")
        return [Destination(f"trunk:{trunk}", f"sip:{escaped(name)}@{where}", trunk=trunk)]

    def invite(self, leg: Leg, destination: Destination, command: Originate) -> None:
        """Add one branch to the leg, if its INVITE can be sent at all."""
        account = self._endpoint.accounts[destination.account]
        branch = Branch(account, pj.PJSUA_INVALID_ID, self._post)
        branch.leg = leg
        settings, extra = self._endpoint.settings, []
        trunk = settings.trunks.get(destination.trunk)
        made = parameter()
        if trunk is None or trunk.ani_in == "from":
            made.txOption.localUri = caller_id(command.ani, command.display, settings, self._endpoint.worker, trunk.host if trunk else "")
        else:
            extra.append(("P-Asserted-Identity", caller_id(command.ani, command.display, settings, self._endpoint.worker, trunk.host)))
        if trunk is not None and trunk.labelled:
            extra.append((TRUNK_HEADER, destination.trunk))
        if not command.ani:
            extra.append(("Privacy", "id"))
        if command.auto_answer:  # Yealink, Snom, Polycom and Grandstream each know one of the two
            extra.append(("Call-Info", f"<sip:{settings.host}>;answer-after=0"))
            extra.append(("Alert-Info", "info=alert-autoanswer"))
        made.txOption.targetUri = destination.target
        made.txOption.headers = headers(tuple(extra))
        leg.branches.append(branch)
        try:
            branch.makeCall(destination.to, made)
        except pj.Error as error:
            log.warning("%s: no call to %s: %s", leg.id, destination.to, reason_of(error))
            if branch in leg.branches:
                leg.branches.remove(branch)
            self._bury(branch)
