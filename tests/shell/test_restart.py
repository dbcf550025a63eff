"""A run that breaks off, and the next one on the same data directory: by way of the store itself (ACD-11)."""

from pathlib import Path

import pytest
from attrs import evolve

from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.core.plan import Announce
from appliance.core.records import Agent, Expectation
from appliance.shell import Shell
from appliance.store import Store
from hal.api import Adopted, Answered, Arrived, Command, Event, Group, LineOpened, Originate, Release, Released, StationRegistered
from tests.core.playbook import EVERYTHING, MONDAY_8
from tests.core.story import centre_plan

pytestmark = [pytest.mark.requirement("ACD-11"), pytest.mark.requirement("OPS-05")]

LINE = "trunk"
PLAN = centre_plan(record_calls=False)
PLAN = evolve(PLAN, queues={**PLAN.queues, "consult": evolve(PLAN.queues["consult"], announce=Announce(first_s=0.0, every_s=60.0))})


class AnsweringLine:
    """A line whose phones are picked up at once; it models no speech."""

    name, capabilities = LINE, EVERYTHING

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.up: dict[str, str] = {}
        """Leg -> station."""

    def groups(self) -> tuple[Group, ...]:
        return ()

    def submit(self, command: Command) -> None:
        if isinstance(command, Originate):
            self.up[command.leg] = command.to.removeprefix("station:")
            self.shell.post(Answered(LINE, command.leg))
        elif isinstance(command, Release):
            self.up.pop(command.leg, None)
            self.shell.post(Released(LINE, command.leg, by_far_end=False))


async def run(
    directory: Path, wall_s: float, *events: Event | AgentAsked, up: dict[str, str] | None = None
) -> tuple[Engine, dict[str, str]]:
    """One run, which takes up the legs of the one before and does not end in order; its engine, and the legs that are there."""
    with Store(directory, at=wall_s) as store:
        writer = store.writer()
        shell = Shell(Engine(PLAN), writer, lambda _agent, _pin, answer: answer(True))
        line = AnsweringLine(shell)
        line.up = dict(up or {})
        shell.attach(line)
        async with writer.running():
            shell.post(ClockSet(wall_s))
            shell.post(store.left.restored)
            shell.post(LineOpened(LINE, EVERYTHING.value))
            for leg, station in line.up.items():
                shell.post(Adopted(LINE, leg, "139", "95501", True, station))
            for station in PLAN.stations:
                shell.post(StationRegistered(LINE, station, "127.0.0.1:5070"))
            shell.tick()
            for event in events:
                shell.post(event)
                if isinstance(event, Answered):
                    line.up[event.leg] = ""
            assert shell.engine.check() == []
        assert (writer.rejected, writer.unwritten) == (0, 0)
    return shell.engine, line.up


async def test_an_agent_and_his_call_are_what_they_were_after_two_restarts(tmp_path: Path) -> None:
    engine, up = await run(
        tmp_path,
        MONDAY_8,
        AgentAsked("1001", "log-in"),
        AgentAsked("1002", "log-in"),
        AgentAsked("1002", "not-ready", "tea"),
        AgentAsked("1009", "log-in"),
        Arrived(LINE, "a", "139", "95501"),
        Answered(LINE, "a"),
        AgentAsked("1001", "record", by="1009"),
        AgentAsked("1001", "help", "he shouts"),
        AgentAsked("1001", "not-ready", "lunch"),
        AgentAsked("1001", "consult", to="1002"),
    )
    assert [agent.state.value for agent in engine.state.agents.values()][:2] == ["on-call", "on-call"]
    for number in (1, 2):
        engine, up = await run(tmp_path, MONDAY_8 + 10.0 * number, up=up)
        agent, contact = engine.state.agents["1001"], engine.state.contacts["0001-000001"]
        assert (agent.state.value, agent.wanted, agent.help_why) == ("on-call", ("not-ready", "lunch"), "he shouts")
        assert engine.state.alarms["help:agent:1001"].text.endswith("asks for help: he shouts")
        assert agent.served == {"consult": 1}
        assert engine.state.agents["1002"].back[:2] == ("not-ready", "tea")
        assert (contact.on_demand, contact.recorded_for, contact.agents) == (True, 1, ["1001"])
    engine, up = await run(tmp_path, MONDAY_8 + 30.0, Released(LINE, "a"), up=up)
    assert [(agent.state.value, agent.reason) for agent in engine.state.agents.values()][:2] == [
        ("not-ready", "lunch"),
        ("not-ready", "tea"),
    ]
    assert engine.state.agents["1001"].help_asked is None


async def test_what_an_agent_did_and_a_queue_learnt_goes_on_in_one_row_each(tmp_path: Path) -> None:
    engine, up = await run(tmp_path, MONDAY_8, AgentAsked("1001", "log-in"), Arrived(LINE, "a", "138", "95501"), Answered(LINE, "a"))
    engine, up = await run(tmp_path, MONDAY_8 + 60.0, Arrived(LINE, "b", "139", "95501"), Answered(LINE, "b"), up=up)
    engine, up = await run(tmp_path, MONDAY_8 + 120.0, up=up)  # the caller who waits is told how long
    assert engine.state.contacts["0002-000001"].quote is not None
    engine, up = await run(tmp_path, MONDAY_8 + 150.0, Released(LINE, "a"), up=up)
    learnt = engine.state.queues["consult"].estimator
    assert learnt.coverage[1] == 1
    engine, up = await run(tmp_path, MONDAY_8 + 200.0, up=up)
    assert engine.state.queues["consult"].estimator.coverage == learnt.coverage
    assert engine.state.queues["consult"].estimator.state() == learnt.state()
    assert engine.state.agents["1001"].served == {"consult": 2}
    with Store(tmp_path, at=MONDAY_8 + 300.0) as store:
        found = await store.read(lambda reader: (len(list(reader.rows(Agent))), len(list(reader.rows(Expectation)))))
    assert found == (1, 1)
