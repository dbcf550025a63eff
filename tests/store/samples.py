"""Rows to put into stores: hand-made ones, and a strategy that makes any row a record class allows."""

import types
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

from appliance.core.records import AgentState, CallEvent, Contact, Decision, Record, Recording, Ticket
from appliance.store.tables import TABLES

NOON = 1_700_000_000.0
"""A moment in seconds since the epoch."""


def contact(name: str = "1-1", **changes: Any) -> Contact:
    return attrs.evolve(Contact(name, "phone", "+8613800000001", "95500", NOON, "menu", NOON + 5), **changes)


def event(of: str = "1-1", what: str = "arrived", at: float = NOON, detail: str = "") -> CallEvent:
    return CallEvent(of, at, what, detail)


def ticket(number: int = 1) -> Ticket:
    return Ticket(f"T-{number:05d}", "message", "1-1", "+8613800000001", "", "1-r1", "zh", NOON)


def recording(name: str = "1-r1", file: str = "", **changes: Any) -> Recording:
    return attrs.evolve(Recording(name, "1-1", "call", file or f"{name}.wav", "1001", NOON), **changes)


def agent_state(agent: str, at: float, state: str, reason: str = "", station: str = "8001", **changes: Any) -> AgentState:
    return attrs.evolve(AgentState(agent, at, state, reason, station), **changes)


def decision(of: str = "1-1", **changes: Any) -> Decision:
    made = Decision(of, NOON, "consult", "longest-idle", "1001", "1001 rank 1 figure 12.5", "", 0)
    return attrs.evolve(made, **changes)


_VALUES: dict[type, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    float: st.floats(allow_nan=False),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
}


def records(of: type[Record]) -> st.SearchStrategy[Record]:
    """Any row of one class; keys are taken from a few, so that rows overwrite each other."""
    hints = get_type_hints(of)
    fields = {}
    for name in (field.name for field in attrs.fields(of)):
        kinds = get_args(hints[name]) if get_origin(hints[name]) in (Union, types.UnionType) else (hints[name],)
        fields[name] = st.one_of(*(st.none() if kind is types.NoneType else _VALUES[kind] for kind in kinds))
        if name in of.key:
            fields[name] = st.sampled_from(["a", "b", "c", "ç\0ü"]) if hints[name] is str else st.integers(0, 3)
    return st.builds(of, **fields)


any_records: st.SearchStrategy[list[Record]] = st.lists(st.sampled_from(list(TABLES)).flatmap(records), max_size=30)


def newest(rows: list[Record]) -> dict[type[Record], list[Record]]:
    """What a store must hold after these rows: all append-only ones in order, of the others the last for each key."""
    held: dict[type[Record], dict[object, Record]] = {cls: {} for cls in TABLES}
    for n, row in enumerate(rows):
        key_of = TABLES[type(row)].key_of
        held[type(row)][key_of(row) if key_of else n] = row
    return {cls: list(found.values()) for cls, found in held.items()}
