"""Which of the appliance's own words a site says: only those have to be rendered."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from appliance.core.plan import Choice
from appliance.prompts.queue_words import (
    AGENT_WORDS,
    CALL_BACK_WORDS,
    HEARD_WORDS,
    MANAGER_WORDS,
    POSITION_WORDS,
    QUEUE_WORDS,
    WAIT_WORDS,
    choice_words,
)
from appliance.prompts.words import OWN_WORDS
from appliance.site.queues import Announce, Queue
from appliance.site.tables import Say
from appliance.site.ways import ways_of

if TYPE_CHECKING:
    from appliance.site.model import Site

__all__ = ["SOUNDS", "announce_of", "choices_of", "everywhere", "known_words", "own_words_of"]

SOUNDS = ("beep", "music", "ringback")
"""What the plan has under `prompts` besides words."""

CLOSED = "closed-"
"""How the prompts begin that are said when an operator closes a number: `./hotline close 95500 --say closed-storm`."""


def announce_of(queue: Queue) -> Announce | None:
    """What is said to who waits there; None: nothing."""
    return queue.announce if isinstance(queue.announce, Announce) else Announce() if queue.announce else None


def choices_of(queue: Queue) -> Iterator[tuple[str, Say]]:
    """The prompt for each of a queue's keys with the appliance's words for it, which may be none."""
    for key, to in queue.keys.items():
        name = f"choice-{key}-{to.verb}"
        yield name, choice_words(str(key), to.verb).get(name, {})


def everywhere(site: "Site") -> Iterator[Choice]:
    """Every destination there is, those of call flows that are read included."""
    yield from (to for to, _, _ in ways_of(site))
    for flow in site.call_flows.values():
        if flow.content is not None:
            yield from flow.content.leaves_to()


def known_words(site: "Site") -> set[str]:
    """Names of all prompts that have words, or can be given some: the appliance's own, the choices of queues, the announcements."""
    announced = {to.name for to in everywhere(site) if to.verb == "announcement"}
    choices = {name for queue in site.queues.values() for name, _ in choices_of(queue)}
    closed = {name for name in site.prompts.words if name.startswith(CLOSED)}
    return {*OWN_WORDS, *QUEUE_WORDS, *choices, *announced, *closed} - set(SOUNDS)


def own_words_of(site: "Site") -> Mapping[str, Say]:
    """The words that can be heard at this site besides those of its flows, as this site says them."""
    said: dict[str, Say] = dict(OWN_WORDS)
    announced = [announce for queue in site.queues.values() if (announce := announce_of(queue)) is not None]
    if any(announce.position for announce in announced):
        said |= POSITION_WORDS
    if any(announce.wait for announce in announced):
        said |= WAIT_WORDS
    if any(queue.agent_number for queue in site.queues.values()):
        digits = {f"digit-{digit}" for agent in site.agents for digit in agent}
        said |= {name: say for name, say in AGENT_WORDS.items() if name in digits or not name.startswith("digit-")}
    if site.speech.languages:
        said |= HEARD_WORDS
    if any(caller.manager for caller in site.callers.values()):
        said |= MANAGER_WORDS
    for to in everywhere(site):
        if to.verb == "callback":
            said |= CALL_BACK_WORDS
        elif to.verb == "announcement" and to.name not in SOUNDS:
            said.setdefault(to.name, QUEUE_WORDS.get(to.name, {}))
    for queue in site.queues.values():
        if announce_of(queue) is not None:
            said |= dict(choices_of(queue))
    said |= {name: say for name, say in site.prompts.words.items() if name in said or name.startswith(CLOSED)}
    return {name: say for name, say in said.items() if say}
