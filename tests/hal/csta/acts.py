"""What happens in a random story at a switch, and what the core knows of it: the acts of the core, of people, and of the link."""

from collections import Counter
from contextlib import suppress

from hal.api import (
    Adopted,
    Answer,
    Answered,
    Arrived,
    Cause,
    CommandFailed,
    Event,
    HeldByFarEnd,
    Mix,
    Originate,
    Play,
    PlayEnded,
    RecordingEnded,
    Reject,
    Release,
    Released,
    RetrievedByFarEnd,
    SendDigits,
    ShowAgent,
    StartRecording,
    StopPlay,
    StopRecording,
    Transferred,
)
from hal.api.events import AgentMode
from sim.switch.calls import State
from sim.switch.errors import Refused
from tests.hal.csta.world import LINE, PHONES, PORTS, RECORDERS, World


class Story:
    """What happens, and what the core knows of it."""

    def __init__(self, world: World, habits: frozenset[str]) -> None:
        """`habits` are what the core does by itself as soon as it can: `answers`, `rings`, `mixes`, `records`."""
        self.world, self.habits = world, habits
        world.sink = self.hear
        self.numbers = 0
        self.live: dict[str, str] = {}
        """Leg -> the caller's leg it is for; a caller's own for himself."""
        self.before: dict[str, str] = {}
        self.called: dict[str, str] = {}
        self.dials: dict[str, tuple[str, str]] = {}
        """Agents who are to dial when they have picked up: whom, and how he is called."""
        self.dialled: set[str] = set()
        """Whom agents have called; one who rings still is the core's to give up."""
        self.asked_by: dict[str, str] = {}
        """Who is asked for advice -> by whom, until they are in one call with the caller."""
        self.up: set[str] = set()
        self.asked: set[str] = set()
        self.hears: dict[str, tuple[str, ...]] = {}
        self.released: Counter[str] = Counter()
        self.legs: set[str] = set()
        self.plays: dict[tuple[str, int], bool] = {}
        self.ended_plays: Counter[tuple[str, int]] = Counter()
        self.recordings: set[str] = set()
        self.ended_recordings: Counter[str] = Counter()
        self.held_at_the_phone: set[str] = set()

    # --- what the line says -----------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        match event:
            case Arrived(leg=leg):
                assert leg not in self.legs
                self.legs.add(leg)
                self.live[leg] = leg
                if "answers" in self.habits:
                    self.asked.add(leg)
                    self.world.do(Answer(LINE, leg))
            case Answered(leg=leg):
                assert leg in self.live
                assert leg not in self.up
                self.up.add(leg)
                self._is_up(leg, self.live[leg])
            case Adopted(leg=leg, answered=answered):
                assert leg in self.before
                self.live[leg] = self.before[leg]
                self.asked.add(leg)
                if answered:
                    self.up.add(leg)
            case Released(leg=leg):
                assert leg in self.legs
                self.released[leg] += 1
                assert self.released[leg] == 1, f"{leg} is released once"
                self.live.pop(leg, None)
                self.up.discard(leg)
                self.hears.pop(leg, None)
                self._is_gone(leg)
            case PlayEnded(leg=leg, play=play):
                assert leg in self.live
                self.ended_plays[leg, play] += 1
                assert self.ended_plays[leg, play] == 1
            case RecordingEnded(recording=recording):
                self.ended_recordings[recording] += 1
                assert self.ended_recordings[recording] == 1
            case HeldByFarEnd(leg=leg):
                assert leg in self.live
                self.held_at_the_phone.add(leg)
            case RetrievedByFarEnd(leg=leg):
                self.held_at_the_phone.remove(leg)
            case CommandFailed():
                pass
            case Transferred(leg=leg, to=to) if "rings" in self.habits:
                self._originate(self.live[leg], PHONES.index(to))
            case _ if leg := getattr(event, "leg", ""):
                assert leg in self.live, event

    def _is_up(self, leg: str, caller: str) -> None:
        if leg in self.dials:
            self._dials(leg)
            return
        if leg in self.dialled:
            if "mixes" in self.habits:
                for agent in self.agents(leg):
                    self._mix({agent: (leg,), leg: (agent,)})
            return
        if leg == caller and "rings" in self.habits:
            self._originate(caller, self.number())
        if leg in self.asked_by and "mixes" in self.habits:
            self._mix({leg: (self.asked_by[leg],), self.asked_by[leg]: (leg,)})
        elif leg != caller and caller in self.up and "mixes" in self.habits:
            self._mix({leg: (caller,), caller: (leg,)})
        if leg != caller and "records" in self.habits:
            self._record(caller)

    def _is_gone(self, leg: str) -> None:
        """What the core does when somebody who is asked, or who asks, has left."""
        self.dials.pop(leg, None)
        by = self.asked_by.pop(leg, "")
        if by in self.up and self.live.get(by, "") in self.up:
            self._mix({by: (self.live[by],), self.live[by]: (by,)})
        for asked in [one for one, asks in self.asked_by.items() if asks == leg]:
            del self.asked_by[asked]
            if asked in self.up and self.live.get(asked, "") in self.up:
                self._mix({asked: (self.live[asked],), self.live[asked]: (asked,)})

    # --- finding ----------------------------------------------------------------------------------------------------------

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def callers(self) -> list[str]:
        return [leg for leg, caller in self.live.items() if leg == caller and (leg in self.up or leg not in self.dialled)]

    def agents(self, caller: str) -> list[str]:
        return [leg for leg, whose in self.live.items() if whose == caller and leg != caller]

    # --- what happens -----------------------------------------------------------------------------------------------------

    def act(self, what: str, which: int) -> None:
        getattr(self, f"do_{what}")(which)

    def do_call(self, which: int) -> None:
        number = self.number()
        self.world.calls(f"caller{which % 4}-{number}", str(13000 + number))

    def do_answer(self, which: int) -> None:
        if waiting := [leg for leg in self.callers() if leg not in self.asked]:
            self.asked.add(waiting[which % len(waiting)])
            self.world.do(Answer(LINE, waiting[which % len(waiting)]))

    def do_reject(self, which: int) -> None:
        if waiting := [leg for leg in self.callers() if leg not in self.asked]:
            self.world.do(Reject(LINE, waiting[which % len(waiting)], Cause.CALL_REJECTED))

    def do_release(self, which: int) -> None:
        if self.live:
            self.world.do(Release(LINE, list(self.live)[which % len(self.live)]))

    def do_originate(self, which: int) -> None:
        if there := self.callers():
            self._originate(there[which % len(there)], which)

    def _originate(self, caller: str, which: int) -> None:
        leg = f"a{self.number()}"
        self.legs.add(leg)
        self.live[leg] = caller
        self.called[leg] = PHONES[which % len(PHONES)]
        self.world.do(Originate(LINE, leg, f"station:{self.called[leg]}", "138", beside=caller))

    def do_mix(self, which: int) -> None:
        busy = {*self.asked_by, *self.asked_by.values()}
        if there := [(leg, caller) for leg, caller in self.live.items() if leg != caller and {leg, caller} <= self.up and leg not in busy]:
            leg, caller = there[which % len(there)]
            self._mix({leg: (caller,), caller: (leg,)})

    def do_unmix(self, which: int) -> None:
        if there := [(leg, caller) for leg, caller in self.live.items() if self.hears.get(leg) and leg not in self.asked_by]:
            leg, caller = there[which % len(there)]
            self._mix({leg: (), caller: ()})

    def _mix(self, hears: dict[str, tuple[str, ...]]) -> None:
        self.hears.update(hears)
        self.world.do(Mix(LINE, hears))

    # --- advice -----------------------------------------------------------------------------------------------------------

    def do_ask(self, which: int) -> None:
        busy = {*self.asked_by, *self.asked_by.values()}
        if there := [leg for leg, caller in self.live.items() if caller in self.hears.get(leg, ()) and leg not in busy]:
            by = there[which % len(there)]
            caller, leg = self.live[by], f"x{self.number()}"
            self.legs.add(leg)
            self.live[leg], self.asked_by[leg], self.called[leg] = caller, by, PHONES[which % len(PHONES)]
            self.world.do(Originate(LINE, leg, f"station:{self.called[leg]}", "1001", beside=by))
            self._mix({by: (), caller: ()})

    def _advice(self, which: int) -> tuple[str, str, str] | None:
        there = [(leg, by, self.live[leg]) for leg, by in self.asked_by.items() if {leg, by, self.live.get(leg, "")} <= self.up]
        return there[which % len(there)] if there else None

    def do_aside(self, which: int) -> None:
        if (found := self._advice(which)) is not None:
            asked, by, caller = found
            self._mix({asked: (by,), by: (asked,), caller: ()})

    def do_swap(self, which: int) -> None:
        if (found := self._advice(which)) is not None:
            asked, by, caller = found
            self._mix({asked: (), by: (caller,), caller: (by,)})

    def do_all_together(self, which: int) -> None:
        if (found := self._advice(which)) is not None:
            asked, by, caller = found
            del self.asked_by[asked]
            self._mix({asked: (by, caller), by: (asked, caller), caller: (by, asked)})

    def do_give(self, which: int) -> None:
        if there := [(leg, by) for leg, by in self.asked_by.items() if by in self.up]:
            asked, by = there[which % len(there)]
            caller = self.live[by]
            del self.asked_by[asked]
            self.world.do(Release(LINE, by))
            if asked in self.up and caller in self.up:
                self._mix({asked: (caller,), caller: (asked,)})

    def do_replace(self, which: int) -> None:
        """An agent is released and another called in the same instant."""
        if there := [leg for leg, caller in self.live.items() if leg != caller]:
            leg = there[which % len(there)]
            caller = self.live[leg]
            self.world.do(Release(LINE, leg))
            if caller in self.live:
                self._originate(caller, which + 1)

    def do_play(self, which: int) -> None:
        if self.live:
            leg, number = list(self.live)[which % len(self.live)], self.number()
            self.plays[leg, number] = which % 2 == 0
            self.world.do(Play(LINE, leg, number, (f"{number}.wav",), loop=which % 2 == 0))

    def do_stop_play(self, which: int) -> None:
        if going_on := [key for key in self.plays if key not in self.ended_plays and key[0] in self.live]:
            self.world.do(StopPlay(LINE, *going_on[which % len(going_on)]))

    def do_record(self, which: int) -> None:
        if there := self.callers():
            self._record(there[which % len(there)])

    def _record(self, caller: str) -> None:
        name, with_whom = f"r{self.number()}", self.agents(caller)
        self.recordings.add(name)
        self.world.do(StartRecording(LINE, name, f"{name}.wav", caller, with_whom[0] if with_whom else ""))

    def do_stop_recording(self, which: int) -> None:
        if going_on := sorted(self.recordings - self.ended_recordings.keys()):
            self.world.do(StopRecording(LINE, going_on[which % len(going_on)]))

    def do_keys(self, which: int) -> None:
        if self.live:
            self.world.do(SendDigits(LINE, list(self.live)[which % len(self.live)], "12"))

    def do_show(self, which: int) -> None:
        modes = list(AgentMode)
        self.world.do(ShowAgent(LINE, PHONES[which % 3], f"100{which % 3}", modes[which % len(modes)]))

    def do_dial(self, which: int) -> None:
        """An agent calls a colleague, or somebody outside, from his seat; whom he calls is a leg as soon as he has picked up."""
        number = self.number()
        agent, called = f"d{number}", f"o{number}"
        to = f"station:{PHONES[which % 3]}" if which % 2 else f"number:1390013900{which}"
        self.legs.add(agent)
        self.live[agent], self.called[agent] = called, PHONES[(which + 1) % 3]
        self.dials[agent] = (called, to)
        self.world.do(Originate(LINE, agent, f"station:{self.called[agent]}", "1001", then=to))

    def _dials(self, agent: str) -> None:
        called, to = self.dials.pop(agent)
        self.legs.add(called)
        self.live[called] = called
        self.asked.add(called)
        self.dialled.add(called)
        self.world.do(Originate(LINE, called, to, "1001", beside=agent))

    # --- far ends ---------------------------------------------------------------------------------------------------------

    def callers_outside(self) -> list[str]:
        return [who for who in self.world.people if who.startswith(("caller", "number:")) and hasattr(self.world.people[who], "leg")]

    def do_caller_hangs_up(self, which: int) -> None:
        if there := self.callers_outside():
            self.world.people[there[which % len(there)]].leg.hang_up()

    def do_caller_presses(self, which: int) -> None:
        if there := self.callers_outside():
            self.world.people[there[which % len(there)]].leg.press("5")

    def do_phone_hangs_up(self, which: int) -> None:
        if (person := self.world.people.get(f"station:{PHONES[which % len(PHONES)]}")) is not None:
            person.leg.hang_up()

    def do_phone_refuses(self, which: int) -> None:
        if (person := self.world.people.get(f"station:{PHONES[which % len(PHONES)]}")) is not None:
            person.leg.refuse(Cause.USER_BUSY)

    def do_phone_answers(self, which: int) -> None:
        if (person := self.world.people.get(f"station:{PHONES[which % len(PHONES)]}")) is not None:
            person.leg.answer()

    def do_phone_dials(self, which: int) -> None:
        self.world.cti.switch.dials(PHONES[which % len(PHONES)], (*PHONES, *PORTS)[which % 5])

    def do_phone_holds(self, which: int) -> None:
        self._key(which, "hold_call", State.CONNECTED)

    def do_phone_retrieves(self, which: int) -> None:
        self._key(which, "retrieve_call", State.HOLD)

    def do_phone_gives_away(self, which: int) -> None:
        self._key(which, "single_step_transfer_call", State.CONNECTED, PHONES[(which + 1) % len(PHONES)])

    def do_phone_consults(self, which: int) -> None:
        self._key(which, "consultation_call", State.CONNECTED, PHONES[(which + 1) % len(PHONES)])

    def do_phone_transfers(self, which: int) -> None:
        there = self.world.cti.switch.connections_of(PHONES[which % len(PHONES)])
        held = [one.id for one in there if one.state is State.HOLD]
        active = [one.id for one in there if one.state is State.CONNECTED]
        if held and active:
            self._ask("transfer_call", held[0], active[0])

    def _key(self, which: int, service: str, state: State, *arguments: str) -> None:
        phone = PHONES[which % len(PHONES)]
        for connection in self.world.cti.switch.connections_of(phone):
            if connection.state is state:
                self._ask(service, connection.id, *arguments)
                return

    def _ask(self, service: str, *arguments: object) -> None:
        with suppress(Refused):  # the phone's user hears a tone
            self.world.service(service, *arguments)

    # --- mischief ---------------------------------------------------------------------------------------------------------

    def do_cut(self, _which: int) -> None:
        self.world.cut()

    def do_mend(self, _which: int) -> None:
        self.world.mend()

    def do_restart(self, which: int) -> None:
        self.world.cti.tick(self.world.env.now)
        self.world.cti.restart(3.0, keeps_calls=which % 2 == 0)

    async def crash(self, which: int) -> None:
        """The appliance crashes: what its line adopts is what it has from then on."""
        self.before, self.live, self.up = self.live, {}, set()
        await self.world.restart((0.1, 3.0)[which % 2])
        self.plays.clear()
        self.dials.clear()
        if hears := {leg: heard for leg, heard in self.hears.items() if {leg, *heard} <= self.up}:
            self._mix(hears)  # what it wanted last may not have been done
        self.world.do(*(StopRecording(LINE, name) for name in sorted(self.recordings - self.ended_recordings.keys())))
        self.recordings = set(self.ended_recordings)

    # --- the end ----------------------------------------------------------------------------------------------------------

    def all_are_where_they_should_be(self) -> None:
        """Who should talk does, and who is alone hears his port. Who was never said to ring is the core's to give up."""
        switch = self.world.cti.switch
        for leg, caller in self.live.items():
            if leg != caller:
                phone = self.called[leg]
                assert leg not in self.up or switch.connections_of(phone), f"{leg} is at {phone}"
                continue
            if leg in self.dialled and leg not in self.up:
                continue
            assert leg in self.up, f"{leg} is answered or gone"
            call = switch.calls.get(self.world.call_of(leg))
            assert call is not None, f"{leg} is in a call"
            states = {device: connection.state for device, connection in call.connections.items() if device not in RECORDERS}
            agents = self.agents(leg)
            if not agents:
                by_phone = PHONES if leg in self.dialled else ()  # a colleague may hold the call at his own
                assert {state for device, state in states.items() if device not in by_phone} == {State.CONNECTED}, (
                    f"{leg} is alone and hears his port"
                )
                assert states.keys() & set(PORTS)
            for agent in agents:
                talk = agent in self.hears.get(leg, ()) and leg in self.hears.get(agent, ())
                if talk and agent in self.up and not self.held_at_the_phone & set(agents):
                    assert states.get(self.called[agent]) is State.CONNECTED, f"{leg} talks with {agent}"

    def plays_have_ended(self) -> None:
        going_on = {key for key in self.plays if key not in self.ended_plays and key[0] in self.live}
        assert all(self.plays[key] for key in going_on), "only music goes on for ever"
        latest = {leg: max(number for of, number in self.plays if of == leg) for leg, _ in going_on}
        assert all(latest[leg] == number for leg, number in going_on), "a play replaces the one before"

    def all_is_over(self) -> None:
        switch = self.world.cti.switch
        assert not self.live, "all legs are released"
        assert self.recordings <= set(self.ended_recordings), "all recordings are ended"
        assert not self.world.voice.legs
        assert not self.world.voice.recordings
        for port in (*PORTS, *RECORDERS):
            assert not switch.connections_of(port), f"{port} is free"
        assert self.world.is_idle
