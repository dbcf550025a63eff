"""What somebody sees of the centre: with the permission `board` all of it; else himself as an agent, his queues, his contacts."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from appliance.access import Permission
from appliance.api.feed import Event
from appliance.api.people import Person
from appliance.core.state import State

__all__ = ["Sight"]


class Sight:
    """One person's."""

    def __init__(self, person: Person, state: State, told: set[str] | None = None) -> None:
        """As he and his queues are now: when his roles or his agent change, his sessions end; queues are looked up each time.

        `told` are contacts that he was told of before, to which those are added of which he will be.
        """
        self._all = Permission.BOARD in person.may
        self._agent, self._state = person.user.agent, state
        self._told = told if told is not None else set()
        self._mine: set[str] = set(self._told)
        """Contacts that were his when last told: he hears of their end, too."""

    def seen(self, event: Event) -> Event | None:
        """An event as he sees it; None: it is not for his eyes. A contact that is another's now is no more to him."""
        if self._all:
            return event
        may = event.data is not None and self._may(event.kind, event.key, event.data)
        if event.kind != "contact":
            return event if may else None
        if may:
            self._mine.add(event.key)
            self._told.add(event.key)
            return event
        if event.key not in self._mine:
            return None
        self._mine.discard(event.key)
        return evolve(event, data=None)

    def of(self, kind: str, things: Mapping[str, Any]) -> dict[str, Any]:
        """Those of a kind that he sees."""
        found = {key: data for key, data in things.items() if self._all or self._may(kind, key, data)}
        if kind == "contact" and not self._all:
            self._mine.update(found)
            self._told.update(found)
        return found

    def _may(self, kind: str, key: str, data: Mapping[str, Any] | None) -> bool:
        if kind == "agent":
            return key == self._agent
        if kind == "queue":
            agent = self._state.agents.get(self._agent)
            return agent is not None and key in agent.plan.groups
        if kind == "contact" and data is not None and self._agent:
            return self._agent in (data["agent"], *data["rings"]) or any(party["agent"] == self._agent for party in data["parties"])
        return False
