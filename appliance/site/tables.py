"""The tables of a site file, one class each. What they mean together is `appliance.site.model`."""

from collections.abc import Iterator, Mapping
from datetime import date, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from appliance.config import Days, Span, Wrong, nearest, setting, table
from appliance.core.plan import Choice
from appliance.prompts.words import LANGUAGES, OWN_WORDS
from appliance.site.values import NAME, Key, When
from hal import registry

__all__ = [
    "Agent",
    "Centre",
    "Closed",
    "Flow",
    "Holidays",
    "Hours",
    "LanguageMenu",
    "Line",
    "Menu",
    "Number",
    "OverflowRule",
    "Prompts",
    "Queue",
    "Recording",
    "Say",
    "Station",
    "Target",
]

Say = Mapping[str, str]
"""A text in each of the centre's languages."""

_WAV = r".+\.wav"


def _say(doc: str, **words: Any) -> Any:
    return setting(pattern=r"[\s\S]*\S[\s\S]*", expects="text to say", doc=f"{doc}, in each of the centre's languages.", **words)


def _backend_settings(name: str) -> type:
    """The settings class of an installed backend; loading it imports that backend and no other."""
    try:
        return registry.backend(name).settings
    except (ImportError, AttributeError) as error:
        raise Wrong(f"the backend '{name}' does not load: {error}", "install what it needs", ("backend",)) from None


@table
class Centre:
    """The centre as a whole."""

    name: str = setting(default="hotline", pattern=r".*\S.*", expects="a name", doc="What the centre is called on screens and reports.")
    languages: tuple[str, ...] = setting(
        default=LANGUAGES, one_of=LANGUAGES, doc="Languages callers are served in; the first is spoken until another is chosen."
    )
    timezone: tzinfo = setting(factory=lambda: ZoneInfo("Asia/Shanghai"), doc="Time zone of opening hours and reports.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if not self.languages:
            yield Wrong("a centre speaks at least one language", f"there is: {', '.join(LANGUAGES)}", ("languages",))
        if len(set(self.languages)) < len(self.languages):
            yield Wrong("a language is there twice", "", ("languages",))


@table(select=("backend", "settings"), names=registry.installed, among=_backend_settings)
class Line:
    """A trunk group, span, station group or CTI link, opened by one backend of the hardware layer; the other keys are the backend's."""

    backend: str
    settings: Any


@table
class Number:
    """What serves a call to a service number: a flow, or at once a queue."""

    flow: str = setting(default="", doc="Name of the flow that serves the number.")
    queue: str = setting(default="", doc="Name of the queue, for a number without self service.")
    language: str = setting(default="", doc="Language until the caller chooses one; without it the centre's first.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if bool(self.flow) == bool(self.queue):
            yield Wrong("exactly one of flow and queue is needed", 'write flow = "NAME" or queue = "NAME"')

    @property
    def to(self) -> Choice:
        """Where calls to the number go."""
        return Choice("flow", self.flow) if self.flow else Choice("queue", self.queue)


@table
class Holidays:
    """A file of holidays that several hours share."""

    holidays: tuple[date, ...] = setting(doc="Days on which nobody serves.")


@table
class Hours:
    """When people serve. The free keys are days: `mon-fri = ["09:00-12:00", "13:30-18:00"]`; days without a key are closed."""

    holidays: tuple[date, ...] | str = setting(
        default=(), doc="Days closed whatever the week says: a list of dates, or a file beside the site file with a list `holidays` in it."
    )
    week: Mapping[Days, tuple[Span, ...]] = setting(rest=True, doc="Opening times of a day or of days in a row.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if not self.week:
            yield Wrong("no day is open", 'write for example mon-fri = ["09:00-18:00"]')
        said: dict[int, Days] = {}
        for days, spans in self.week.items():
            for day in days:
                if day in said:
                    yield Wrong(f"the same day stands under '{said[day]}' and '{days}'", "give each day once", (str(days),))
                    break
                said[day] = days
            for number, (before, after) in enumerate(pairwise(spans)):
                if after.begin_s < before.end_s:
                    yield Wrong(f"'{after}' begins before '{before}' has ended", "", (str(days), number + 1))


@table
class LanguageMenu:
    """The choice of language. The free keys are the telephone's: `2 = "en"`."""

    say: Say = _say("The question; each language asks for itself, one after the other")
    keys: Mapping[Key, str] = setting(rest=True, one_of=LANGUAGES, doc="The language a key chooses.")


@table
class Menu:
    """The main menu. The free keys are the telephone's: `1 = "queue:consult"`."""

    say: Say = _say("What can be chosen")
    keys: Mapping[Key, Choice] = setting(rest=True, doc="Where a key leads.")


@table
class Closed:
    """What a caller meets out of hours."""

    say: Say | None = _say("What is said then", default=None)
    then: Choice = setting(default=Choice("voicemail"), doc="Where the call goes after that.")


@table
class Flow:
    """The built-in service: choice of language, hours, welcome, menu."""

    language: LanguageMenu | None = setting(default=None, doc="The choice of language; asked before anything else.")
    hours: str = setting(default="", doc="Name of the hours it is open in; without it: always.")
    closed: Closed = setting(factory=Closed, doc="What a caller meets out of hours.")
    welcome: Say | None = _say("Said first in hours", default=None)
    menu: Menu | None = setting(default=None, doc="The main menu; without it the call goes to `otherwise` at once.")
    wait_s: float = setting(default=6.0, ge=1, le=60, doc="Seconds of silence after a menu before it is said again.")
    retries: int = setting(default=2, ge=0, le=10, doc="How often the menu is said again.")
    otherwise: Choice = setting(default=Choice("release"), doc="Where a call goes that chose nothing.")
    sorry: Say | None = _say("Said for a key that leads nowhere", default=None)
    goodbye: Say | None = _say("Said before the release", default=None)

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        for path, menu in ((("language",), self.language), (("menu",), self.menu)):
            if menu is not None and not menu.keys:
                yield Wrong("no key leads anywhere", f'write for example 1 = "{"zh" if path == ("language",) else "queue:NAME"}"', path)
        if self.menu is None and self.otherwise == Choice("release"):
            yield Wrong("every call would be released: there is no menu and no other way on", 'write for example otherwise = "queue:NAME"')

    def texts(self) -> Iterator[tuple[tuple[str, ...], Say]]:
        """Every text with its place in the table."""
        texts: dict[tuple[str, ...], Say | None] = {
            ("language", "say"): self.language.say if self.language else None,
            ("closed", "say"): self.closed.say,
            ("welcome",): self.welcome,
            ("menu", "say"): self.menu.say if self.menu else None,
            ("sorry",): self.sorry,
            ("goodbye",): self.goodbye,
        }
        for path, say in texts.items():
            if say is not None:
                yield path, say


@table
class OverflowRule:
    """One way out of a queue for a contact that is not served."""

    when: When = setting(doc="What has to happen.")
    to: Choice = setting(doc="Where the contact goes then.")


@table
class Target:
    """The service level that is aimed at."""

    within_s: float = setting(default=20.0, gt=0, le=3600, doc="Seconds within which a call shall be answered.")
    target: float = setting(default=0.8, gt=0, le=1, doc="The share of calls for which that shall be so.")


@table
class Queue:
    """A queue: whom it is served by, how an agent is rung, what the caller hears meanwhile."""

    label: str = setting(default="", doc="Shown on the agent's phone when it rings; without it the queue's name.")
    strategy: str = setting(default="longest-idle", one_of=("longest-idle",), doc="Which of the free agents is rung.")
    ring_s: float = setting(default=15.0, ge=3, le=120, doc="Seconds an agent's phone rings before the next agent's does.")
    wrap_up_s: float = setting(default=0.0, ge=0, le=3600, doc="Seconds an agent has for the paperwork after a call.")
    service_level: Target = setting(factory=Target, doc="The service level that is aimed at.")
    overflow: tuple[OverflowRule, ...] = setting(default=(), doc="When a contact leaves unserved, and where to.")
    music: bool | str = setting(
        default=True, pattern=_WAV, expects="true, false or a WAV file", doc="Wait music: true, false, or a WAV file beside the site file."
    )

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        seen: dict[str, When] = {}
        for number, rule in enumerate(self.overflow):
            if rule.when.what in seen:
                text = f"'{rule.when}' comes after '{seen[rule.when.what]}', and a contact leaves only once"
                yield Wrong(text, "keep one of them", ("overflow", number, "when"))
            seen.setdefault(rule.when.what, rule.when)


@table
class Station:
    """An agent's phone."""

    line: str = setting(default="", doc="The line it is reached on; without it the site's only line.")


@table
class Agent:
    """A person who serves contacts."""

    name: str = setting(pattern=r".*\S.*", expects="a name", doc="The person's name.")
    station: str = setting(doc="The phone this agent has unless another is given at log-in.")
    groups: Mapping[str, int] = setting(
        factory=dict, ge=1, le=99, doc="Queues the agent serves, each with a rank: rank 1 is rung, and served, before rank 2."
    )


@table
class Recording:
    """What is recorded."""

    calls: bool = setting(default=True, doc="Whether conversations with agents are recorded.")
    message_max_s: float = setting(default=180.0, ge=10, le=3600, doc="Longest message a caller can leave, in seconds.")
    message_min_s: float = setting(default=1.0, ge=0, le=10, doc="A shorter message is a caller who hung up, and makes no ticket.")


@table
class Prompts:
    """The appliance's own words. The free keys replace one of them: `message = { zh = "...", en = "..." }`."""

    recorded: str = setting(
        default="", doc="Folder beside the site file with recordings NAME.LANGUAGE.wav (8 kHz, 16 bit, mono) that replace rendered speech."
    )
    words: Mapping[str, Say] = setting(
        rest=True, factory=dict, keys=NAME, expects="the name of a prompt", doc="A text of the centre's own."
    )

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        for name in self.words:
            if name not in OWN_WORDS:
                yield Wrong(f"there is no prompt '{name}'", nearest(name, OWN_WORDS) or f"there is: {', '.join(OWN_WORDS)}", (name,))
