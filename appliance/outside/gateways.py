"""All gateways of a site, and what becomes of them when the site is changed."""

from collections.abc import Callable, Mapping
from typing import Protocol, assert_never

from appliance.core.actions import AskGateway
from appliance.core.inputs import GatewayAnswered, Noticed
from appliance.core.program.expressions import Value
from appliance.outside.answers import GatewayFailed
from appliance.outside.gateway import Arguments, Gateway, Peer
from appliance.site import gateways as tables

__all__ = ["BuiltIn", "Gateways"]

Secret = Callable[[str], str | None]


class BuiltIn(Protocol):
    """A gateway of the appliance's own."""

    async def ask(self, query: str, arguments: Arguments, caller: str) -> Value:
        """The answer; GatewayFailed when there is none."""


class Gateways:
    """Answers `AskGateway`; an unchanged gateway keeps its cache, its connections and what is known of its health."""

    def __init__(self, secret: Secret, tell: Callable[[Noticed], None], built_in: Mapping[str, BuiltIn] | None = None) -> None:
        """`secret` finds a secret by its name, `tell` hears of alarms."""
        self._secret, self._tell = secret, tell
        self._built_in = built_in or {}
        self._known: dict[str, tuple[tables.Gateway, Gateway]] = {}

    def load(self, wanted: Mapping[str, tables.Gateway]) -> list[Gateway]:
        """From now on there are these; the result are those that are over and want to be closed."""
        before, self._known = self._known, {}
        for name, table in wanted.items():
            known = before.get(name)
            if known is not None and known[0] == table:
                self._known[name] = before.pop(name)
            else:
                made = Gateway(name, table.settings, table.settings.queries, self._peer(table.settings), self._tell)
                self._known[name] = (table, made)
        return [gateway for _, gateway in before.values()]

    def _peer(self, settings: tables.SqlGateway | tables.HttpJsonGateway | tables.HttpXmlGateway) -> Peer:
        """Each kind is loaded when a site has one."""
        match settings:
            case tables.SqlGateway():
                from appliance.outside.sql import SqlPeer

                return SqlPeer(settings)
            case tables.HttpJsonGateway():
                from appliance.outside.http_json import HttpJsonPeer

                return HttpJsonPeer(settings, self._secret)
            case tables.HttpXmlGateway():
                from appliance.outside.http_xml import HttpXmlPeer

                return HttpXmlPeer(settings, self._secret)
            case _:
                assert_never(settings)

    async def ask(self, gateway: str, query: str, arguments: Arguments) -> Value:
        """What a gateway of the site answers; GatewayFailed when it does not."""
        if gateway not in self._known:
            raise GatewayFailed(f"there is no gateway '{gateway}'", theirs=False)
        return await self._known[gateway][1].ask(query, arguments)

    async def answer(self, asked: AskGateway) -> GatewayAnswered:
        """The answer for a call, whatever comes of it."""
        try:
            if (own := self._built_in.get(asked.gateway)) is not None:
                answer = await own.ask(asked.query, asked.arguments, asked.caller)
            else:
                answer = await self.ask(asked.gateway, asked.query, asked.arguments)
        except GatewayFailed as error:
            return GatewayAnswered(asked.token, error=str(error))
        return GatewayAnswered(asked.token, answer)
