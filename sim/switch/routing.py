"""Route points: the computer says where a call goes (ECMA-269 clause 20).

call at the point ──RouteRequest──▶ computer ──RouteSelect──▶ there is a way ──RouteUsed (if wanted), RouteEnd──▶ diverted
     │                    ▲                        │ busy, or no such number
     │ nobody registered  └────────ReRoute─────────┤
     ▼                                             ▼ too often, too late, or the computer's RouteEnd
default route ◀──────────────────RouteEnd──────────┘                          RouteReject: the call is cleared
"""

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Protocol

from attrs import define

from sim.switch.calls import Call, Connection, State
from sim.switch.errors import ErrorClass, Refused, wrong

if TYPE_CHECKING:
    from sim.switch.core import Switch
    from sim.switch.plan import RoutePoint

__all__ = ["Dialogue", "Router", "Routing"]


class Router(Protocol):
    """A computer that has registered to route."""

    def route_request(self, dialogue: "Dialogue") -> None:
        """Be asked for a route."""

    def re_route(self, dialogue: "Dialogue") -> None:
        """Be asked for another one."""

    def route_used(self, dialogue: "Dialogue", route: str) -> None:
        """Be told which was used."""

    def route_end(self, dialogue: "Dialogue", error: Refused | None) -> None:
        """Be told that the dialogue is over, and what was wrong."""


@define(eq=False)
class Dialogue:
    """One call being routed by one computer."""

    cross_ref: str
    register: str
    router: Router
    connection: Connection
    """That of the route point."""
    point: "RoutePoint"
    retries: int

    @property
    def call(self) -> Call:
        """The call that is being routed; a transfer makes it another one."""
        return self.connection.call


class Routing:
    """All route points, who has registered for them, and the dialogues that go on."""

    def __init__(self, switch: "Switch") -> None:
        """Nobody is registered."""
        self._switch = switch
        self.points = {point.number: point for point in switch.plan.route_points}
        self.registered: dict[str, tuple[str, str, Router]] = {}
        """By its identifier: the registration's device (empty: all of them), the identifier again, and the computer."""
        self.dialogues: dict[str, Dialogue] = {}
        self._registrations = count(1)
        self._cross_refs = count(1)

    def register(self, router: Router, device: str) -> str:
        """Let a computer route what comes to a point (empty: to all points that nobody else has registered for).

        Raises:
            Refused: there is no such point, or somebody routes there.

        """
        if device and device not in self.points:
            raise wrong("invalidDeviceID" if not self._switch.is_device(device) else "requestIncompatibleWithDevice")
        if any(there == device for there, _, _ in self.registered.values()):
            raise Refused(ErrorClass.SUBSCRIBED, "objectRegistrationLimitExceeded")
        id_ = str(next(self._registrations))
        self.registered[id_] = (device, id_, router)
        return id_

    def cancel(self, router: Router, register: str) -> None:
        """End a registration; its dialogues go to their default routes.

        Raises:
            Refused: it does not exist, or is another computer's.

        """
        if register not in self.registered or self.registered[register][2] is not router:
            raise wrong("invalidRouteRegistrationCrossReferenceID")
        del self.registered[register]
        for dialogue in [d for d in self.dialogues.values() if d.register == register]:
            self._give_up(dialogue, None, tell=False)

    def router_gone(self, router: Router) -> None:
        """A computer is no longer there."""
        for register in [id_ for id_, (_, _, who) in self.registered.items() if who is router]:
            self.cancel(router, register)

    def forget_all(self) -> None:
        """As after a restart: no registrations, no dialogues."""
        self.registered.clear()
        self.dialogues.clear()

    # --- the switch asks ------------------------------------------------------------------------------------------------------------

    def ask(self, call: Call, number: str) -> None:
        """A call has come to a route point."""
        switch, point = self._switch, self.points[number]
        call.distributed = True
        connection = switch.join(call, number, State.ALERTING)
        switch.report(
            "Delivered", call, connection.id, number, call.calling, call.called, call.redirected_from, cause="enteringDistribution"
        )  # fmt: skip
        found = [entry for entry in self.registered.values() if entry[0] in {number, ""}]
        if not found:
            switch.tell(lambda: self._default(connection, point))
            return
        _, register, router = max(found)  # its own registration goes before that for all points
        dialogue = Dialogue(str(next(self._cross_refs)), register, router, connection, point, point.retries)
        self.dialogues[dialogue.cross_ref] = dialogue
        switch.tell(lambda: router.route_request(dialogue))
        switch.after(point.waits_s, lambda: self._too_late(dialogue))

    def _too_late(self, dialogue: Dialogue) -> None:
        if dialogue.cross_ref in self.dialogues:
            self._give_up(dialogue, wrong("routeingTimerExpired"))

    def _give_up(self, dialogue: Dialogue, error: Refused | None, *, tell: bool = True) -> None:
        del self.dialogues[dialogue.cross_ref]
        if tell:
            self._switch.tell(lambda: dialogue.router.route_end(dialogue, error))
        self._default(dialogue.connection, dialogue.point)

    def _default(self, connection: Connection, point: "RoutePoint") -> None:
        if connection.state is not State.ALERTING:
            return  # the caller has given up meanwhile
        if point.default:
            self._switch.divert(connection, point.default, "redirected")
        else:
            self._switch.clear(connection.call, "destNotObtainable")

    def abandoned(self, connection: Connection) -> None:
        """A connection is about to be cleared; with that of a route point ends the dialogue."""
        for dialogue in [d for d in self.dialogues.values() if d.connection is connection]:
            del self.dialogues[dialogue.cross_ref]
            self._switch.tell(partial(dialogue.router.route_end, dialogue, Refused(ErrorClass.STATE, "noActiveCall")))

    # --- the computer answers -------------------------------------------------------------------------------------------------------

    def _dialogue(self, router: Router, cross_ref: str) -> Dialogue:
        dialogue = self.dialogues.get(cross_ref)
        if dialogue is None or dialogue.router is not router:
            raise wrong("invalidRouteingCrossReferenceID")
        return dialogue

    def select(self, router: Router, cross_ref: str, route: str, *, used_wanted: bool = False) -> None:
        """RouteSelect: lead the call there, or ask again.

        Raises:
            Refused: the dialogue is over, or never was.

        """
        dialogue = self._dialogue(router, cross_ref)
        if not self._leads_somewhere(route):
            if dialogue.retries > 0:
                dialogue.retries -= 1
                self._switch.tell(lambda: router.re_route(dialogue))
            else:
                self._give_up(dialogue, wrong("invalidDestination"))
            return
        del self.dialogues[cross_ref]
        if used_wanted:
            self._switch.tell(lambda: router.route_used(dialogue, route))
        self._switch.tell(lambda: router.route_end(dialogue, None))
        self._switch.divert(dialogue.connection, route, "redirected")

    def _leads_somewhere(self, route: str) -> bool:
        switch = self._switch
        if not switch.knows(route):
            return False
        number = switch.plan.dialled.get(route, route)
        return number not in switch.stations or switch.is_free(number)

    def reject(self, router: Router, cross_ref: str) -> None:
        """RouteReject: clear the call."""
        dialogue = self._dialogue(router, cross_ref)
        del self.dialogues[cross_ref]
        self._switch.tell(lambda: router.route_end(dialogue, None))
        self._switch.clear(dialogue.call, "blocked")

    def end(self, router: Router, cross_ref: str) -> None:
        """RouteEnd of the computer: it does not route this call."""
        self._give_up(self._dialogue(router, cross_ref), None, tell=False)
