"""What an operator may ask of the desk about callers and closures.

    {"callers": "list", "begins": "138", "after": "13800138000"}       a page of entries, in the order of their digits
    {"callers": "put", "by": "li", "entries": [{"number": "95*", "kind": "block", "why": "...", "until_at": 1800000000.0}]}
    {"closures": "list"}
    {"closures": "put", "by": "li", "closure": {"number": "95500", "why": "...", "say": "closed-storm", "onward": "voicemail"}}
    -> {"entries": [...]}, {"closures": [...]}, {"done": true}, {"error": "why not"}

With `"for_s": 7200` it ends by itself so long from now on. An answer to `put` comes when what was put would survive a power cut.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import attrs

from appliance.core.admission.book import BLOCK, VIP, Found
from appliance.core.inputs import CallersListed, ServiceClosed
from appliance.core.records import Closure, ListedCaller, Record
from appliance.shell import Shell

__all__ = ["MOST_ENTRIES", "operators_answer"]

MOST_ENTRIES = 500
"""In one request: what the core takes in before it looks at calls again, about 5 ms."""
_PAGE = 200
_TYPES: Mapping[str, tuple[type, ...]] = {"until_at": (int, float, type(None)), "priority": (int,), "open": (bool,)}
R = TypeVar("R", bound=Record)


async def operators_answer(request: dict[str, Any], shell: Shell) -> dict[str, Any]:
    """The answer to a request about callers or closures."""
    match request:
        case {"callers": "list"}:
            return {"entries": _listed(shell, str(request.get("begins", "")), str(request.get("after", "")))}
        case {"closures": "list"}:
            return {"closures": [attrs.asdict(closure) for closure in shell.engine.admission.in_force()]}
        case {"callers": "put", "entries": [_, *_] as entries} if len(entries) <= MOST_ENTRIES:
            asked: CallersListed | ServiceClosed
            try:
                rows = tuple(_row(ListedCaller, entry, request) for entry in entries)
                asked = CallersListed(rows, str(request.get("source", "")), _seconds(request))
            except ValueError as error:
                return {"error": str(error)}
        case {"closures": "put", "closure": closure}:
            try:
                asked = ServiceClosed(_row(Closure, closure, request), _seconds(request))
            except ValueError as error:
                return {"error": str(error)}
        case _:
            what = "callers" if "callers" in request else "closures"
            entries_are = f"1 to {MOST_ENTRIES} 'entries'" if what == "callers" else "a 'closure'"
            return {"error": f"'{what}' is 'list', or 'put' with {entries_are}"}
    reply = await shell.request(asked)
    return {"error": reply.error} if reply.error else {"done": True}


def _row(record: type[R], given: Any, request: dict[str, Any]) -> R:
    """The row that a request describes.

    Raises:
        ValueError: it describes none.

    """
    names = [field.name for field in attrs.fields(record) if field.name not in ("at", "who")]
    if not isinstance(given, dict) or (unknown := [key for key in given if key not in names]) or not isinstance(given.get("number"), str):
        problem = f"'{unknown[0]}' is not known" if isinstance(given, dict) and unknown else "it needs a 'number'"
        raise ValueError(f"{problem}; an entry has: {', '.join(names)}")
    for key, content in given.items():
        if type(content) not in _TYPES.get(key, (str,)):
            raise ValueError(f"{given['number']}: '{key}' cannot be {content!r}")
    if record is ListedCaller and "kind" not in given:
        raise ValueError(f"{given['number']}: it needs a 'kind'")
    return record(**{**given, "at": 0.0, "who": str(request.get("by", "operator"))})


def _seconds(request: dict[str, Any]) -> float:
    seconds = request.get("for_s", 0)
    if type(seconds) not in (int, float) or not 0 <= seconds < 1e9:
        raise ValueError(f"'for_s' cannot be {seconds!r}")
    return float(seconds)


def _listed(shell: Shell, begins: str, after: str) -> list[dict[str, Any]]:
    state = shell.engine.state
    page = state.book.page(state.wall(), after=after, begins=begins, most=_PAGE)
    return [_shown(found, state.book.refused[found.entry]) for found in page]


def _shown(found: Found, refused: int) -> dict[str, Any]:
    caller, listed = found.caller, found.listed
    kind = listed.kind if listed is not None else BLOCK if caller.blocked else VIP if caller.vip else "known"
    about = {"number": found.entry, "kind": kind, "priority": caller.priority, "name": caller.name, "turned_away": refused}
    if listed is None:
        return {**about, "source": "site file", "at": None, "who": "", "why": "", "until_at": None}
    return {**about, "source": "operator", "at": listed.at, "who": listed.who, "why": listed.why, "until_at": listed.until_at}
