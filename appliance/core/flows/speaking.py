"""Says the texts of call flows: fixed words and assembled values as files in a row, free text rendered sentence by sentence."""

import re
from collections.abc import Iterator
from decimal import Decimal

from appliance.core.actions import Render
from appliance.core.call import Call
from appliance.core.inputs import Rendered
from appliance.core.program.expressions import Names, Trouble, Value
from appliance.core.program.texts import Fragment, Slot, Speech, Text
from appliance.core.saying import KINDS, say
from appliance.core.scripts import Wait, wait
from hal.api import DigitHeard

__all__ = ["say_speech", "sentences"]

_RENDER_S = 10.0
"""Speech for a sentence is there within this, or the sentence is left out: a caller is not kept in silence."""
_CLAUSE = re.compile(r".+?(?:[。!?！？；;，、\n]+|[.,:](?=\s|$)|$)", re.DOTALL)
_STOP = re.compile(r"[。.!?！？；;\n]$")
_LONGEST = 60
"""Characters after which a sentence is cut at a comma, so that the first words come soon."""


async def say_speech(call: Call, speech: Speech, names: Names, *, barge_in: bool = True) -> None:
    """Say it in the caller's language; with `barge_in` a key or speech ends it at once and is kept for what asks next.

    Raises:
        Trouble: a value in it has none, or cannot be said.

    """
    if barge_in and call.contact.cuts_in:
        return
    for piece in _in_a_row(call, speech.get(call.contact.language) or next(iter(speech.values()), ()), names):
        if isinstance(piece, str):
            await read_out(call, piece, barge_in=barge_in)
        else:
            await call.say({call.contact.language: piece}, barge_in=barge_in)
        if barge_in and call.contact.cuts_in:
            return


def _in_a_row(call: Call, text: Text, names: Names) -> Iterator[tuple[str, ...] | str]:
    """The files of as much as can be played at once, and between them the texts that have to be read out."""
    files: list[str] = []
    pieces: list[tuple[str, ...] | str] = []
    for part in text:
        if isinstance(part, Fragment):
            files.append(part.file)
        elif part.kind == "text":
            if files:
                pieces.append(tuple(files))
                files = []
            pieces.append(_plain(part, part.expression.evaluate(names)))
        else:
            files += _parts(call, part, part.expression.evaluate(names))
    if files:
        pieces.append(tuple(files))
    return iter(pieces)


def _plain(slot: Slot, of: Value) -> str:
    if isinstance(of, str):
        return of
    if isinstance(of, int | Decimal) and not isinstance(of, bool):
        return f"{of}"
    raise Trouble(f"'{slot.expression}' is no text that can be read out")


def _parts(call: Call, slot: Slot, of: Value) -> list[str]:
    """The files of a value that is put together from parts."""
    language = call.contact.language
    if isinstance(of, bool | list | dict) or of is None:
        raise Trouble(f"'{slot.expression}' is no {slot.kind} that can be said")
    try:
        words = say(slot.kind, of, language, **chosen(slot))
    except ValueError as wrong:
        why = f"{wrong}".rpartition(": ")[2]  # without the value, which may be a secret one
        raise Trouble(f"'{slot.expression}' cannot be said as {slot.kind}: {why}") from None
    files = call.plan.parts.get(language, {})
    try:
        return [files[word] for word in words]
    except KeyError as missing:
        raise Trouble(f"'{slot.expression}': the part {missing} is not rendered in '{language}'") from None


def chosen(slot: Slot) -> dict[str, object]:
    """The options of a value as `say` takes them."""
    known = KINDS[slot.kind].options
    return {name: next(choice for choice in known[name] if str(choice) == of) for name, of in slot.options}


def sentences(text: str) -> list[str]:
    """A text in pieces that are rendered one after the other: sentences, and what is longer cut at its commas, or anywhere."""
    made: list[str] = []
    for found in _CLAUSE.finditer(text):
        clause = found[0].strip()
        if not re.search(r"\w", clause):
            continue
        for part in (clause[at : at + _LONGEST] for at in range(0, len(clause), _LONGEST)):
            if made and not _STOP.search(made[-1]) and len(made[-1]) + len(part) < _LONGEST:
                made[-1] += f" {part}" if part.isascii() else part
            else:
                made.append(part)
    return made


async def read_out(call: Call, text: str, *, barge_in: bool = True) -> None:
    """Have a text rendered and say it, each sentence while the next is being rendered."""
    pieces = sentences(text)
    asked = _ask(call, pieces[0]) if pieces else 0
    for number in range(len(pieces)):
        rendered = await _wait_for(call, asked, barge_in=barge_in)
        if barge_in and call.contact.cuts_in:
            return
        asked = _ask(call, pieces[number + 1]) if number + 1 < len(pieces) else 0
        if rendered is None or rendered.error:
            call.tell("not said", rendered.error if rendered is not None else "the speech was not there in time")
            continue
        await call.say({call.contact.language: (rendered.file,)}, barge_in=barge_in)
        if barge_in and call.contact.cuts_in:
            return


def _ask(call: Call, text: str) -> int:
    token = call.token()
    call.do(Render(token, text, call.contact.language))
    return token


async def _wait_for(call: Call, token: int, *, barge_in: bool) -> Rendered | None:
    """The rendered sentence, which may have come while the one before was said; None: a key was pressed, or it takes too long."""
    came = call.contact.answers
    while token not in came:
        got = await wait(Wait((Rendered, DigitHeard) if barge_in else (Rendered,), _RENDER_S))
        if got is None:
            return None
        if isinstance(got, DigitHeard):
            call.contact.typed.append(got.digit)
            return None
        came[got.token] = got
    rendered: Rendered = came.pop(token)
    return rendered
