"""Says the texts of call flows: fixed words and assembled values as files in a row, free text rendered sentence by sentence."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

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
_LEAST_S, _FIRST_S, _SECOND_S, _REST_S = 1.0, 2.0, 3.5, 6.0
"""Lengths of pieces. The first is the clause a text begins with: heard soon, and long enough for the second to be rendered meanwhile; one
that is shorter than the least takes the next along. The second is twice as long, and what follows is as long as sounds well."""
_LONGEST_S = 9.0
"""A clause that is longer is cut at a space, or anywhere."""
_IDEOGRAPH_S, _LETTER_S, _FIGURE_S = 0.25, 0.07, 0.3


async def say_speech(call: Call, speech: Speech, names: Names, *, barge_in: bool = True) -> None:
    """Say it in the caller's language; with `barge_in` a key or speech ends it at once and is kept for what asks next.

    Raises:
        Trouble: a value in it has none, or cannot be said.

    """
    if barge_in and call.contact.cuts_in:
        return
    row = _in_a_row(call, speech.get(call.contact.language) or next(iter(speech.values()), ()), names)
    asked = 0
    for number, piece in enumerate(row):
        if isinstance(piece, str):
            await read_out(call, piece, barge_in=barge_in, asked=asked)
            asked = 0
        else:
            files, lasts_s = piece
            follows = row[number + 1] if number + 1 < len(row) else ()
            if isinstance(follows, str) and (first := sentences(follows)):  # rendered while what stands before it is heard
                asked = _ask(call, first[0], lasts_s)
            await call.say({call.contact.language: files}, barge_in=barge_in)
        if barge_in and call.contact.cuts_in:
            return


_Row: TypeAlias = list[tuple[tuple[str, ...], float] | str]
"""Files with about the seconds they last, and texts."""


def _in_a_row(call: Call, text: Text, names: Names) -> _Row:
    """The files of as much as can be played at once, and between them the texts that have to be read out."""
    files: list[str] = []
    lasts_s = 0.0
    pieces: _Row = []
    for part in text:
        if isinstance(part, Fragment):
            files.append(part.file)
            lasts_s += _lasts_s(part.text)
        elif part.kind == "text":
            if files:
                pieces.append((tuple(files), lasts_s))
                files, lasts_s = [], 0.0
            pieces.append(_plain(part, part.expression.evaluate(names)))
        else:
            files += _parts(call, part, part.expression.evaluate(names))
    if files:
        pieces.append((tuple(files), lasts_s))
    return pieces


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
    loaded, now = call.flow_plan.parts.get(language, {}), call.plan.parts.get(language, {})
    try:
        return [loaded[word] if word in loaded else now[word] for word in words]
    except KeyError as missing:
        raise Trouble(f"'{slot.expression}': the part {missing} is not rendered in '{language}'") from None


def chosen(slot: Slot) -> dict[str, object]:
    """The options of a value as `say` takes them."""
    known = KINDS[slot.kind].options
    return {name: next(choice for choice in known[name] if str(choice) == of) for name, of in slot.options}


def sentences(text: str) -> list[str]:
    """A text in pieces that are rendered one after the other: a clause to begin with, then sentences, as far as they are not too long."""
    made: list[str] = []
    for found in _CLAUSE.finditer(text):
        clause = found[0].strip()
        if not re.search(r"\w", clause):
            continue
        for part in _short(clause):
            if made and _goes_with(made, part):
                made[-1] += f" {part}" if part.isascii() else part
            else:
                made.append(part)
    return made


def _goes_with(made: list[str], part: str) -> bool:
    """Whether this is said in one breath with the last piece."""
    both_s = _lasts_s(made[-1]) + _lasts_s(part)
    if len(made) == 1 and _lasts_s(made[0]) < _LEAST_S:
        return both_s <= _LONGEST_S
    return not _STOP.search(made[-1]) and both_s <= (_FIRST_S, _SECOND_S, _REST_S)[min(len(made), 3) - 1]


def _short(clause: str) -> Iterator[str]:
    """The clause, or what it has to be cut into."""
    while _lasts_s(clause) > _LONGEST_S:
        end = next(at for at in range(1, len(clause) + 1) if _lasts_s(clause[:at]) > _LONGEST_S) - 1
        end = max(clause.rfind(" ", 0, end), 0) or max(end, 1)
        yield clause[:end].strip()
        clause = clause[end:].strip()
    yield clause


@lru_cache(4096)  # the words of a site come again in every call
def _lasts_s(text: str) -> float:
    """About how long it takes to say."""
    figures = sum(sign.isdecimal() for sign in text)
    letters = len(re.findall(r"[A-Za-z]", text))
    others = sum(sign.isalpha() for sign in text) - letters
    return others * _IDEOGRAPH_S + letters * _LETTER_S + figures * _FIGURE_S


async def read_out(call: Call, text: str, *, barge_in: bool = True, asked: int = 0) -> None:
    """Have a text rendered and say it, each piece while the next is being rendered; `asked`: the first is asked for already."""
    pieces = sentences(text)
    asked = asked or (_ask(call, pieces[0]) if pieces else 0)
    for number, piece in enumerate(pieces):
        rendered = await _wait_for(call, asked, barge_in=barge_in)
        if barge_in and call.contact.cuts_in:
            return
        asked = _ask(call, pieces[number + 1], _lasts_s(piece)) if number + 1 < len(pieces) else 0
        if rendered is None or rendered.error:
            call.tell("not said", rendered.error if rendered is not None else "the speech was not there in time")
            continue
        await call.say({call.contact.language: (rendered.file,)}, barge_in=barge_in)
        if barge_in and call.contact.cuts_in:
            return


def _ask(call: Call, text: str, within_s: float = 0.0) -> int:
    token = call.token()
    call.do(Render(token, text, call.contact.language, within_s))
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
