"""Hunt groups: calls wait in their order for a member that is free."""

from typing import TYPE_CHECKING

from sim.switch.calls import Call, State

if TYPE_CHECKING:
    from sim.switch.core import Switch
    from sim.switch.plan import Group

__all__ = ["Groups"]


class Groups:
    """All groups of a switch."""

    def __init__(self, switch: "Switch") -> None:
        """Nobody waits."""
        self._switch = switch
        self.plans = {group.number: group for group in switch.plan.groups}

    def queue(self, call: Call, number: str) -> None:
        """Let a call wait at the end of the group's queue."""
        switch = self._switch
        call.distributed = True
        connection = switch.join(call, number, State.QUEUED)
        waiting = str(len(switch.connections_of(number)))
        switch.report(
            "Queued", call, connection.id, number, call.calling, call.called, call.redirected_from, waiting, cause="enteringDistribution"
        )
        switch.tell(self.try_again)

    def try_again(self) -> None:
        """Bring calls that wait to members that are free."""
        for group in self.plans.values():
            while (first := self._switch.in_state(group.number, State.QUEUED)) is not None:
                member = next((number for number in group.members if self._is_free(group, number)), None)
                if member is None:
                    break
                self._switch.divert(first, member, "distributed")

    def _is_free(self, group: "Group", number: str) -> bool:
        agent = self._switch.agents.logged_on.get(number)
        ready = not group.agents or (agent is not None and agent.state == "ready")
        return ready and self._switch.is_free(number)
