"""The tables of a site file, one class each; those of queues and of people are in files of their own.

What does not fit between them is found by `appliance.site.fit`.
"""

from collections.abc import Iterator, Mapping
from datetime import date, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from appliance.config import Days, Span, Wrong, setting, table
from appliance.core.plan import Choice
from appliance.prompts.words import LANGUAGES
from appliance.site.screening import Screening
from appliance.site.values import Key
from hal import registry

__all__ = [
    "Alarms",
    "Centre",
    "Closed",
    "Flow",
    "Holidays",
    "Hours",
    "LanguageMenu",
    "Line",
    "Menu",
    "Number",
    "Prompts",
    "Recording",
    "Say",
    "Speech",
    "say_setting",
]

Say = Mapping[str, str]
"""A text in each of the centre's languages."""


def say_setting(doc: str, **words: Any) -> Any:
    """A text in each of the centre's languages as one key of a table."""
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
    country: str = setting(
        default="CN",
        pattern=r"[A-Z]{2}|",
        expects="a country's two letters, as CN",
        doc="Country (ISO 3166) whose numbering plan callers' numbers follow: `+8613800138000` and `13800138000` are one caller then. "
        "Empty: numbers are the same only when they are written alike.",
    )
    call_back_lost: bool = setting(
        default=False,
        doc="Whether a caller is called back, at his place, who waited or talked and was lost through a fault of the centre's own.",
    )
    seed: int = setting(default=1, ge=0, doc="Where the draws of the strategy weighted-random begin; the same seed draws the same agents.")

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
    priority: int = setting(default=0, ge=0, le=99, doc="Priority of every call to it; each step is worth the `ageing_s` of a queue.")
    screening: Screening | None = setting(default=None, doc="Who is let in here; a key that is missing is that of `[screening]`.")

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

    say: Say = say_setting("The question; each language asks for itself, one after the other")
    keys: Mapping[Key, str] = setting(rest=True, one_of=LANGUAGES, doc="The language a key chooses.")


@table
class Menu:
    """The main menu. The free keys are the telephone's: `1 = "queue:consult"`."""

    say: Say = say_setting("What can be chosen")
    words: Mapping[Key, Mapping[str, tuple[str, ...]]] = setting(
        factory=dict, doc='Words that mean a key, by language, where the line can listen: `{ 1 = { en = ["questions"] } }`.'
    )
    keys: Mapping[Key, Choice] = setting(rest=True, doc="Where a key leads.")


@table
class Closed:
    """What a caller meets out of hours."""

    say: Say | None = say_setting("What is said then", default=None)
    then: Choice = setting(default=Choice("voicemail"), doc="Where the call goes after that.")


@table
class Flow:
    """A call flow in its short form: choice of language, hours, welcome, menu."""

    language: LanguageMenu | None = setting(default=None, doc="The choice of language; asked before anything else.")
    hours: str = setting(default="", doc="Name of the hours it is open in; without it: always.")
    closed: Closed = setting(factory=Closed, doc="What a caller meets out of hours.")
    welcome: Say | None = say_setting("Said first in hours", default=None)
    menu: Menu | None = setting(default=None, doc="The main menu; without it the call goes to `otherwise` at once.")
    priority: Mapping[Key, int] = setting(
        factory=dict,
        ge=0,
        le=99,
        doc="Keys of the menu that give the call a priority: `{ 2 = 3 }`; each step is worth a queue's `ageing_s`.",
    )
    everywhere: Mapping[Key, Choice] = setting(
        factory=dict, doc='Keys that lead somewhere from both menus, and `*` and `#` also out of what is said: `{ 0 = "queue:consult" }`.'
    )
    wait_s: float = setting(default=6.0, ge=1, le=60, doc="Seconds of silence after a menu before it is said again.")
    retries: int = setting(default=2, ge=0, le=10, doc="How often the menu is said again.")
    otherwise: Choice = setting(default=Choice("release"), doc="Where a call goes that chose nothing.")
    sorry: Say | None = say_setting("Said for a key that leads nowhere", default=None)
    goodbye: Say | None = say_setting("Said before the release", default=None)

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        for path, menu in ((("language",), self.language), (("menu",), self.menu)):
            if menu is not None and not menu.keys:
                yield Wrong("no key leads anywhere", f'write for example 1 = "{"zh" if path == ("language",) else "queue:NAME"}"', path)
        named: list[tuple[tuple[str, ...], Key]] = [(("priority",), key) for key in self.priority]
        named += [(("menu", "words"), key) for key in (self.menu.words if self.menu else ())]
        for place, key in named:
            if self.menu is None or key not in self.menu.keys:
                remedy = f"there is: {', '.join(map(str, self.menu.keys))}" if self.menu else "this flow has no menu"
                yield Wrong(f"the menu has no key {key}", remedy, (*place, str(key)))
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
class Recording:
    """What is recorded."""

    calls: bool = setting(default=True, doc="Whether conversations with agents are recorded.")
    message_max_s: float = setting(default=180.0, ge=10, le=3600, doc="Longest message a caller can leave, in seconds.")
    message_min_s: float = setting(default=1.0, ge=0, le=10, doc="A shorter message is a caller who hung up, and makes no ticket.")


@table
class Speech:
    """Callers' words beside keys: `words` of menus, `spoken` digits, yes and no, where a line can listen (its `speech`)."""

    languages: tuple[str, ...] = setting(
        default=(), one_of=LANGUAGES, doc="Languages in which words count; their lines need a model for each. Empty: keys alone."
    )
    sure: float = setting(default=0.7, ge=0, le=1, doc="Confidence from which on a word counts at once; below, the caller is asked back.")
    wrong: float = setting(default=0.25, ge=0, le=1, doc="Confidence below which it counts as a word that is not wanted.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.wrong > self.sure:
            yield Wrong("'wrong' is above 'sure': nothing would ever be asked back", "", ("wrong",))


@table
class Alarms:
    """When an alarm that comes and goes again and again is shown as one that flaps."""

    flapping_times: int = setting(default=4, ge=2, le=100, doc="Raised so often within `flapping_within_s`, an alarm flaps.")
    flapping_within_s: float = setting(default=600.0, ge=1, le=86400, doc="In what time it has to be raised so often, in seconds.")
    settled_after_s: float = setting(
        default=300.0, ge=1, le=86400, doc="How long it must neither come nor go to flap no longer, in seconds; so long it is not cleared."
    )

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        longest = self.flapping_within_s / (self.flapping_times - 1)
        if self.settled_after_s < longest:
            text = f"what comes every {longest:.0f} s would flap and settle all the time"
            yield Wrong(text, f"write {longest:.0f} at least, or more flapping_times", ("settled_after_s",))


@table
class Prompts:
    """Words of the centre's own. The free keys replace the appliance's, `busy = { zh = "...", en = "..." }`, or are for announcements."""

    recorded: str = setting(
        default="", doc="Folder beside the site file with recordings NAME.LANGUAGE.wav (8 kHz, 16 bit, mono) that replace rendered speech."
    )
    words: Mapping[str, Say] = setting(
        rest=True, factory=dict, keys=r"[A-Za-z0-9][A-Za-z0-9_*#-]*", expects="the name of a prompt", doc="A text of the centre's own."
    )
