"""The short form of a call flow, a table `[flows.NAME]` of the site file, made into what callers are walked through.

    language ──▶ opening ──▶ welcome ──▶ menu ──▶ where a key leads        only what the table has becomes a node; a key with a
                    │ shut                 └────▶ goodbye, before the release     priority has one of its own: key_2
                    └──▶ closed ──▶ `closed.then`

What is wrong in it is said with its place in the table: `place_of`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping

from appliance.config import dumps
from appliance.core.plan import Choice
from appliance.core.program import nodes
from appliance.core.program.expressions import parse
from appliance.core.program.nodes import Node, Program, Target
from appliance.core.program.texts import Fragment, Speech
from appliance.prompts.words import Piece
from appliance.site.flow_program import by_language
from appliance.site.tables import Flow, Menu, Say
from appliance.site.values import Key

__all__ = ["place_of", "short_program"]

_END = Choice("release")
_KEY_NAMES = {"*": "star", "#": "hash"}
_USUAL = ("closed", "sorry", "goodbye")


def short_program(name: str, flow: Flow, languages: tuple[str, ...], usual: Mapping[str, Say], file_of: Callable[[Piece], str]) -> Program:
    """The flow for the core; `usual` has what is said for `closed`, `sorry` and `goodbye` where the table does not say it."""
    maker = _Maker(name, flow, languages, usual, file_of)
    flow_nodes = {node.name: node for node in maker.made()}
    content = json.dumps([dumps(flow), *(usual.get(word) for word in _USUAL)], sort_keys=True, default=dict)
    return Program(
        name=name,
        version=hashlib.sha256(content.encode()).hexdigest()[:8],
        start=next(iter(flow_nodes)),
        nodes=flow_nodes,
        everywhere={key.key: maker.target(to) for key, to in flow.everywhere.items()},
        idle_s=float("inf"),  # the table says itself how often it asks
        trouble=Target(out=flow.otherwise),
        short=True,
    )


class _Maker:
    """Makes the nodes of one flow."""

    def __init__(
        self, name: str, flow: Flow, languages: tuple[str, ...], usual: Mapping[str, Say], file_of: Callable[[Piece], str]
    ) -> None:
        self.name, self.flow, self.languages, self.usual, self.file_of = name, flow, languages, usual, file_of

    def made(self) -> Iterator[Node]:
        """In the order in which a caller comes to them."""
        flow, menu = self.flow, self.flow.menu
        main = "welcome" if flow.welcome is not None or menu is None else "menu"
        if flow.language is not None:
            after = Target("opening" if flow.hours else main)
            chosen = {key.key: language for key, language in flow.language.keys.items()}
            ways = dict.fromkeys(chosen, after)
            question = self.in_all_languages("language", flow.language.say)
            yield Node("language", (), nodes.Menu(question, ways, after, flow.wait_s, 0, values=chosen, into="language"))
        if flow.hours:
            yield Node("opening", (), nodes.Branch(((parse(f"open('{flow.hours}')"), Target(main)),), Target("closed")))
            yield Node("closed", self.says("closed", flow.closed.say), nodes.Next(Target(out=flow.closed.then)))
        if main == "welcome":
            yield Node("welcome", self.says("welcome", flow.welcome), nodes.Next(Target("menu") if menu else Target(out=flow.otherwise)))
        if menu is not None:
            yield Node("menu", (), self.choice(menu))
            for key in self.with_priority():
                yield Node(_node_of(key), (), nodes.Go(menu.keys[key], priority=flow.priority[key]))
            if _END in (*menu.keys.values(), *flow.everywhere.values(), flow.otherwise):
                yield Node("goodbye", self.says("goodbye", flow.goodbye, barge_in=False), nodes.Next(Target(out=_END)))

    def choice(self, menu: Menu) -> nodes.Menu:
        """The main menu."""
        ways = {key.key: self.target(to) for key, to in menu.keys.items()}
        ways |= {key.key: Target(_node_of(key)) for key in self.with_priority()}
        return nodes.Menu(
            prompt=self.speech("menu", menu.say),
            keys=ways,
            otherwise=self.target(self.flow.otherwise),
            wait_s=self.flow.wait_s,
            retries=self.flow.retries,
            wrong=self.speech("sorry", self.flow.sorry) or None,
            words=by_language(menu.words),
        )

    def with_priority(self) -> Iterator[Key]:
        """Keys of the menu that give a call a priority and do not end it."""
        menu = self.flow.menu
        return (key for key, priority in self.flow.priority.items() if menu is not None and priority and menu.keys[key] != _END)

    def target(self, to: Choice) -> Target:
        """Where a key leads: nobody who has heard the menu is released without a word."""
        return Target("goodbye") if to == _END and self.flow.menu is not None else Target(out=to)

    def says(self, what: str, say: Say | None, *, barge_in: bool = True) -> tuple[nodes.Say, ...]:
        """The step that says it, if there is something to say."""
        speech = self.speech(what, say)
        return (nodes.Say(speech, barge_in),) if speech else ()

    def speech(self, what: str, say: Say | None) -> Speech:
        """A text of the table, else what is usually said."""
        name, said = (f"{self.name}.{what}", say) if say is not None else (what, self.usual.get(what, {}) if what in _USUAL else {})
        return {language: (self.fragment(name, language, said[language]),) for language in self.languages if language in said}

    def in_all_languages(self, what: str, say: Say) -> Speech:
        """Each language's text, one after the other, whatever the caller's language is."""
        whole = tuple(part for text in self.speech(what, say).values() for part in text)
        return dict.fromkeys(self.languages, whole)

    def fragment(self, name: str, language: str, text: str) -> Fragment:
        """A text that is said as it is written, braces and all."""
        return Fragment(text, self.file_of(Piece(name, language, text)))


def _node_of(key: Key) -> str:
    return f"key_{_KEY_NAMES.get(key.key, key.key)}"


def place_of(where: str) -> tuple[str, ...]:
    """The keys of the table that a place in its program was made of."""
    keys = {_node_of(Key(key)): key for key in "0123456789*#"}
    match where.split("."):
        case ["menu", "keys" | "words", key]:
            return ("menu", key)
        case ["menu", "otherwise"] | ["welcome", "next"] | ["trouble"]:
            return ("otherwise",)
        case ["menu", "wrong"]:
            return ("sorry",)
        case ["closed", "next"]:
            return ("closed", "then")
        case ["language", "values", key]:
            return ("language", key)
        case ["language" | "menu" | "closed" as table, *_]:
            return (table, "say")
        case ["opening", *_]:
            return ("hours",)
        case [node, *_] if node in keys:
            return ("menu", keys[node])
        case ["everywhere", key]:
            return ("everywhere", key)
        case [first, *_]:
            return (first,)
    return ()
