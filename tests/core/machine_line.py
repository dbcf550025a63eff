"""What the machine plays against the core: a plan with everything in it that can cross, and a line that keeps its contract."""

from collections.abc import Iterator

from attrs import evolve

from appliance.core.actions import Action
from appliance.core.plan import (
    AgentPlan,
    Announce,
    CallBack,
    CallerPlan,
    Choice,
    Membership,
    NumberPlan,
    Overflow,
    Plan,
    QueuePlan,
    Relax,
    StationPlan,
)
from hal.api import (
    Answer,
    Answered,
    AnswerTransfer,
    Event,
    LegsListed,
    ListedLeg,
    ListLegs,
    Mix,
    Originate,
    Play,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    Reject,
    Release,
    Released,
    SendDigits,
    StartRecording,
    StopPlay,
    StopRecording,
)
from tests.core.playbook import prompt, small_plan

LINE = "trunk"
CODES = ["*10", "*101234", "*101002*1", "*11", "*12", "*129", "*13", "*99", "95501", "1002", "8003", "13900139000", "nobody"]
ASKED = ["log-in", "log-in", "ready", "not-ready", "log-out"]
AGENTS = ("1001", "1002", "1003", "1009", "1010", "1019")
"""The last three are two supervisors, with the duty manager between them."""
WATCHERS = AGENTS[3:]
STATIONS = ("8001", "8002", "8003", "8009", "8010", "8019")
ALONE = [
    *("hold", "retrieve", "swap", "complete", "conference", "cancel", "take-back", "release", "record", "record-stop"),
    *("help", "help-off", "extend"),
]
WITH = {
    "consult": ["1001", "1002", "1003", "1009", "1010", "13900139000", "leader"],
    "transfer": ["1002", "1009", "queue:complaint", "queue:all", "13900139000", "flow:hotline", "agent:1003", "nobody"],
    "dial": ["1002", "1003", "1010", "13900139000", "8003"],
    "flow": ["hotline", "office"],
    "digits": ["12#", "x"],
    "drop": ["1001", "1002", "1003", "1009", "13900139000"],
    "data": ["matter=bill"],
}
ABOUT = [
    "listen",
    "whisper",
    "barge",
    "stop",
    "take-over",
    "force-release",
    "force-ready",
    "force-not-ready",
    "force-log-out",
    "record",
    "record-stop",
    "hold",
    "transfer",
    "drop",
    "listen",
    "barge",
]


def machine_plan() -> Plan:
    """The small plan with everything in it that can cross."""
    small = small_plan()
    queues = dict(small.queues)
    queues["consult"] = evolve(
        queues["consult"],
        needs="zh >= 50",
        relax=(Relax(30.0, ""),),
        sticky_s=20.0,
        announce=Announce(5.0, 15.0),
        keys={"1": Choice("callback"), "2": Choice("voicemail"), "9": Choice("queue", "all")},
        agent_number=True,
        whisper=prompt("whisper"),
        call_back=CallBack(attempts=2, retry_s=10.0, ring_s=15.0),
    )
    queues["all"] = QueuePlan(strategy="ring-all", ring_s=10.0, pause_after=0, overflow=(Overflow("all not ready", Choice("voicemail")),))
    agents = dict(small.agents)
    agents["1001"] = evolve(agents["1001"], groups={"consult": 1, "complaint": 2, "all": 1}, skills={"zh": 90}, capacity={"chat": 2})
    agents["1002"] = evolve(agents["1002"], groups={"consult": 1, "all": Membership(1, "office")}, skills={"zh": 60})
    agents["1003"] = evolve(agents["1003"], groups={"consult": 2, "complaint": 1, "all": 2})
    for id_ in WATCHERS:
        agents[id_] = AgentPlan(id_, f"80{id_[2:]}", {}, level="duty-manager" if id_ == "1010" else "supervisor")
    numbers = {
        **small.numbers,
        "95503": NumberPlan(Choice("queue", "all"), priority=1),
        "95504": NumberPlan(Choice("number", "13900139000")),
    }
    words = ("agent-number", "at-your-service", "ringback", "music", "call-back-promised", *(f"digit-{digit}" for digit in range(10)))
    return evolve(
        small,
        queues=queues,
        agents=agents,
        stations={name: StationPlan(LINE) for name in STATIONS},
        numbers=numbers,
        callers={"13800138000": CallerPlan(vip=True, manager="1003"), "139": CallerPlan(blocked=True)},
        directory={"leader": "13700137000"},
        prompts={
            **small.prompts,
            **{name: prompt(name) for name in words},
            **{f"position-{n}": prompt(f"position-{n}") for n in range(1, 9)},
        },
        call_back_lost=True,
    )


def _sides(command: StartRecording) -> tuple[str, ...]:
    return tuple(side for side in (command.left, command.right, *command.others) if side)


class Line:
    """The far side of one line, keeping hal.api's contract."""

    def __init__(self) -> None:
        self.up: dict[str, str] = {}
        """Leg -> `arrived answering dialling alerting up`."""
        self.releasing: set[str] = set()
        self.plays: dict[str, int] = {}
        self.stopping: dict[str, int] = {}
        """Plays that are to be stopped."""
        self.asked: int | None = None
        """Number of the listing it owes."""
        self.late: set[str] = set()
        """What was under way as it listed last: it is over before it lists again."""
        self.recordings: dict[str, tuple[str, ...]] = {}
        self.closing: list[str] = []
        self.station_of: dict[str, str] = {}
        self.hears: dict[str, tuple[str, ...]] = {}
        self.unsaid = ""
        """The leg whose arrival or release the core is just being told of."""

    def perform(self, command: Action) -> None:
        """Take a command as a line would; what it may not be told is an error of the core."""
        about = (command.leg,) if isinstance(command, Play) else _sides(command) if isinstance(command, StartRecording) else ()
        if self.unsaid in about:
            return  # its Released is just being told: until the core has heard it, commands are quietly without effect
        if isinstance(command, Originate):
            assert command.leg not in self.up
            if command.to.startswith("station:"):
                station = command.to.removeprefix("station:")
                busy = [leg for leg, at in self.station_of.items() if at == station and leg != self.unsaid]
                assert not busy, f"{station} is rung while it has {busy}"
                self.station_of[command.leg] = station
            assert not command.beside or self.up.get(command.beside) == "up" or command.beside == self.unsaid
            self.up[command.leg] = "dialling"
        elif isinstance(command, Answer):
            if command.leg in self.up:
                assert self.up[command.leg] == "arrived"
                self.up[command.leg] = "answering"
        elif isinstance(command, Release | Reject):
            if command.leg in self.up:
                assert isinstance(command, Reject) is (self.up[command.leg] == "arrived")
                self.releasing.add(command.leg)
        elif isinstance(command, Play):
            assert self.up.get(command.leg) == "up"
            assert command.files
            self.plays[command.leg] = command.play
        elif isinstance(command, Mix):
            for leg, heard in command.hears.items():
                if leg != self.unsaid:
                    assert self.up.get(leg) == "up"
                    assert all(self.up.get(other) == "up" for other in heard if other != self.unsaid)
                    self.hears[leg] = heard
        elif isinstance(command, StartRecording):
            sides = _sides(command)
            assert all(self.up.get(side) == "up" for side in sides)
            self.recordings[command.recording] = sides
        elif isinstance(command, StopRecording):
            if command.recording in self.recordings:
                del self.recordings[command.recording]
                self.closing.append(command.recording)
        elif isinstance(command, SendDigits):
            assert self.up.get(command.leg) == "up" or command.leg == self.unsaid
        elif isinstance(command, AnswerTransfer):
            assert command.leg in self.up
        elif isinstance(command, ListLegs):
            self.asked = command.listing
        else:
            assert isinstance(command, StopPlay), command
            if self.plays.get(command.leg) == command.play:
                self.stopping[command.leg] = command.play

    def gone(self, leg: str) -> None:
        """The leg is released: what hung on it ends."""
        del self.up[leg]
        self.releasing.discard(leg)
        self.plays.pop(leg, None)
        self.stopping.pop(leg, None)
        self.station_of.pop(leg, None)
        self.hears.pop(leg, None)
        for recording, sides in list(self.recordings.items()):
            if not any(side in self.up for side in sides):
                del self.recordings[recording]
                self.closing.append(recording)

    def under_way(self) -> set[str]:
        """What the line is about to tell the end of."""
        answering = (leg for leg, state in self.up.items() if state == "answering")
        stopping = (f"{leg} {play}" for leg, play in self.stopping.items() if self.plays.get(leg) == play)
        return {*answering, *self.releasing, *self.closing, *stopping}

    def finishes(self) -> Iterator[Event]:
        """What was under way as it listed last has come to its end."""
        for leg in sorted(self.late & self.releasing):
            if leg in self.up:
                self.gone(leg)
                yield Released(LINE, leg, by_far_end=False)
        for leg in sorted(self.late & self.up.keys()):
            if self.up.get(leg) == "answering":
                self.up[leg] = "up"
                yield Answered(LINE, leg)
        for leg, play in sorted(self.stopping.items()):
            if f"{leg} {play}" in self.late and self.plays.get(leg) == play:
                yield PlayEnded(LINE, leg, self.plays.pop(leg), PlayEnd.STOPPED)
        for recording in sorted(self.late & set(self.closing)):
            self.closing.remove(recording)
            yield RecordingEnded(LINE, recording, "r.wav", 1.0, 16_000)

    def lists(self) -> LegsListed:
        """What it has."""
        assert self.asked is not None
        number, self.asked, self.late = self.asked, None, self.under_way()
        legs = tuple(ListedLeg(leg, state == "up", self.plays.get(leg, 0)) for leg, state in self.up.items())
        return LegsListed(LINE, number, legs, (*self.recordings, *self.closing))
