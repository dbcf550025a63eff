"""What steps and exits of a call flow are made of: their texts, the values said in them, and their expressions, each with its key."""

from collections.abc import Iterator

from appliance.core.program import nodes
from appliance.core.program.expressions import Expression
from appliance.core.program.texts import Slot, Speech

__all__ = ["expressions_of", "slots_of", "speeches_of"]


_ASKING = ((nodes.Ask, "ask"), (nodes.YesNo, "yes_no"), (nodes.Record, "record"))


def speeches_of(part: object) -> Iterator[tuple[str, Speech]]:
    """What a step or exit says."""
    table = next((table for kind, table in _ASKING if isinstance(part, kind)), "")
    keys = {"speech": "speech", "prompt": table or "prompt", "wrong": f"{table}.wrong".lstrip("."), "confirm": "ask.confirm"}
    for name, key in {**keys, "waiting": "lookup.waiting"}.items():
        if speech := getattr(part, name, None):
            yield key, speech


def slots_of(part: object) -> Iterator[tuple[str, str, Slot]]:
    """The values that are said in it, with their language."""
    for name, speech in speeches_of(part):
        for language, text in speech.items():
            for piece in text:
                if isinstance(piece, Slot):
                    yield name, language, piece


def expressions_of(part: object) -> Iterator[tuple[str, Expression]]:
    """The expressions of a step or exit, those in its texts not included."""
    found: dict[str, Expression | None] = {}
    match part:
        case nodes.Set():
            found = {f"set.{part.name}": part.expression}
        case nodes.Note():
            found = {f"note.{part.name}": part.expression}
        case nodes.Ask():
            found = {"ask.valid": part.valid}
        case nodes.Authenticate():
            found = {"authenticate.account": part.account, "authenticate.pin": part.pin, "authenticate.new": part.new}
        case nodes.LookUp():
            found = {f"lookup.with.{name}": each for name, each in part.arguments.items()}
        case nodes.OpenTicket():
            found = {f"ticket.{name}": getattr(part, name) for name in ("recording", "call_back", "subject", "wants_answer")}
        case nodes.Answer():
            found = {"answer.value": part.answer}
        case nodes.Send():
            found = {"send.to": part.to, **{f"send.with.{name}": each for name, each in part.data.items()}}
        case nodes.Branch():
            found = {f"branch.{number}.when": case for number, (case, _) in enumerate(part.cases)}
        case nodes.Loop():
            found = {"each.over": part.over}
    yield from ((where, expression) for where, expression in found.items() if expression is not None)
