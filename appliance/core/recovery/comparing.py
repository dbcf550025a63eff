"""Compares what the core has of a line with what the line has, so that a message which was lost between them leaves nothing for ever.

    Compare ─ begin ─▶ ListLegs ─ the line ─▶ LegsListed ─ listed ─▶ differences; those that were there the last time, too, are made good

    the line has it not                 a leg                 it is gone: as `Released`, cause 41
                                        a recording           it has ended, not whole
                                        the play going on     it has ended
    the line has it, the core not       a leg, a recording    ended there
                                        a play                stopped
    the line says that it is answered   a leg that is not     as `Answered`
    the line says that it is not        one being answered    `Answer` once more
    the line has it                     one being released    `Release` once more

Why twice: messages are on their way while the line lists, and of a line with several workers each lists at its own moment. But a line
takes `ListLegs` in the order of all commands, and lists after all events that it told before (`hal.api.ListLegs`). So what differs in two
listings in a row, the second asked for after the first had come, is not on its way any more: whatever was commanded or told of it came
before the second was asked for, and was lost. Only what the core had when it asked is compared. Decision 0022.

What it does not do: say which message was lost, or make good a lost `Mix`, key, or log-in of a phone.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from appliance.core.inputs import Compare
from appliance.core.leg import Leg, LegState
from hal.api import (
    Answer,
    Answered,
    Capability,
    Cause,
    LegsListed,
    ListedLeg,
    ListLegs,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    Release,
    Severity,
    StopPlay,
    StopRecording,
    value,
)

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Comparison"]

_NOTED_S = 3600.0
_SHOWN = 3
_UNHEARD = (LegState.ANSWERING, LegState.DIALLING, LegState.ALERTING)


@value
class _Asked:
    """What the core had of a line when it asked."""

    listing: int
    legs: frozenset[str]
    recordings: frozenset[str]


@value
class _Difference:
    """One thing of which core and line do not say the same."""

    what: str
    about: str
    """The leg, or the recording."""
    play: int = 0

    def __str__(self) -> str:
        return f"{self.about} {self.what}"


_GONE, _STRANGER, _STAYS = "is gone at the line", "is at the line only", "was not released"
_UP, _NOT_UP = "had been answered", "was not answered"
_PLAYED, _SOUNDS = "is played nothing any more", "is played what was stopped"
_RECORDED, _RECORDS = "is not being recorded any more", "was recorded on"


class Comparison:
    """The comparisons of one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Compare what this engine has."""
        self.engine, self.state = engine, engine.state
        self._asked: dict[str, _Asked] = {}
        self._before: dict[str, frozenset[_Difference]] = {}
        """Line -> what differed when it listed last."""
        self._mended: dict[str, Callable[[str, _Difference], None]] = {
            _GONE: self._gone,
            _STRANGER: lambda line, found: self.state.out.append(Release(line, found.about, Cause.TEMPORARY_FAILURE)),
            _STAYS: self._release,
            _UP: lambda line, found: self.engine.calls.answered(Answered(line, found.about)),
            _NOT_UP: lambda line, found: self.state.out.append(Answer(line, found.about)),
            _PLAYED: lambda line, found: self.engine.calls.play_ended(PlayEnded(line, found.about, found.play, PlayEnd.FAILED)),
            _SOUNDS: lambda line, found: self.state.out.append(StopPlay(line, found.about, found.play)),
            _RECORDED: self._recorded,
            _RECORDS: lambda line, found: self.state.out.append(StopRecording(line, found.about)),
        }

    def begin(self, _event: Compare) -> None:
        """Ask every line that can say what it has."""
        state = self.state
        for line in state.lines.values():
            if Capability.LISTING in line.capabilities:
                number, name = state.next_number(), line.name
                legs = frozenset(leg.id for leg in state.legs.values() if leg.line == name)
                recordings = frozenset(id_ for id_, (at, _) in state.recordings.items() if at == name)
                self._asked[name] = _Asked(number, legs, recordings)
                state.out.append(ListLegs(name, number))

    def forget(self, line: str) -> None:
        """The line is another one now: what it has listed says nothing any more."""
        self._asked.pop(line, None)
        self._before.pop(line, None)

    def listed(self, event: LegsListed) -> None:
        """A line says what it has."""
        asked = self._asked.get(event.line)
        if asked is None or asked.listing != event.listing:
            return  # it was told twice, or too late
        del self._asked[event.line]
        found = list(self._differences(asked, event))
        lasting = [each for each in found if each in self._before.get(event.line, ())]
        self._before[event.line] = frozenset(found)
        for each in lasting:
            self._tell(each)
            self._mended[each.what](event.line, each)
        if lasting:
            self._alarm(event.line, lasting)

    # -- what differs -----------------------------------------------------------------------------------------------------------------

    def _differences(self, asked: _Asked, event: LegsListed) -> Iterator[_Difference]:
        there = {leg.leg: leg for leg in event.legs}
        for id_, leg in self.state.legs.items():
            if id_ in asked.legs:
                yield from self._of_leg(leg, there.get(id_))
        yield from (_Difference(_STRANGER, id_) for id_ in there if id_ not in self.state.legs)
        recordings = frozenset(event.recordings)
        known = self.state.recordings.keys() | self.state.left_recordings.keys()
        yield from (_Difference(_RECORDED, id_) for id_ in self.state.recordings if id_ in asked.recordings and id_ not in recordings)
        yield from (_Difference(_RECORDS, id_) for id_ in event.recordings if id_ not in known)

    def _of_leg(self, leg: Leg, there: ListedLeg | None) -> Iterator[_Difference]:
        if there is None:
            yield _Difference(_GONE, leg.id)
        elif leg.state is LegState.RELEASING:
            yield _Difference(_STAYS, leg.id)
        elif leg.state in _UNHEARD and there.answered:
            yield _Difference(_UP, leg.id)
        elif leg.state is LegState.ANSWERING:
            yield _Difference(_NOT_UP, leg.id)
        elif leg.playing and there.play != leg.play:
            yield _Difference(_PLAYED, leg.id, leg.play)
        elif not leg.playing and there.play:
            yield _Difference(_SOUNDS, leg.id, there.play)

    # -- made good --------------------------------------------------------------------------------------------------------------------

    def _gone(self, line: str, found: _Difference) -> None:
        if (leg := self.state.legs.get(found.about)) is not None:  # else it went with another one
            self.state.out.append(Release(line, leg.id, Cause.TEMPORARY_FAILURE))  # part of the line may think that it has it
            self.engine.calls.released(leg, Cause.TEMPORARY_FAILURE, by_far_end=False)

    def _release(self, line: str, found: _Difference) -> None:
        if (leg := self.state.legs.get(found.about)) is not None:
            self.state.out.append(Release(line, leg.id, leg.release_cause or Cause.NORMAL_CLEARING))

    def _recorded(self, line: str, found: _Difference) -> None:
        if (known := self.state.recordings.get(found.about)) is not None:
            error = "the line does not have it any more, and has not said how it ended"
            self.engine.recordings.ended(RecordingEnded(line, found.about, known[1].file, 0.0, 0, error))

    def _tell(self, found: _Difference) -> None:
        self.state.audit("monitor", "compared", str(found))
        leg = self.state.legs.get(found.about)
        if leg is not None and (contact := self.state.contacts.get(leg.contact)) is not None:
            self.state.tell(contact, "compared", str(found))

    def _alarm(self, line: str, found: list[_Difference]) -> None:
        """The name of its source is not the line's own: it would be cleared with the line."""
        shown = "; ".join(str(each) for each in found[:_SHOWN])
        text = f"messages between line '{line}' and the core were lost, which is made good now: {shown}"
        text += f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        self.state.raise_passing_alarm(Severity.YELLOW, f"messages:{line}", text, "report this with the log", _NOTED_S)
