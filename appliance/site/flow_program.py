"""Makes of a call flow's file what the core walks callers through."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import evolve

from appliance.config import Document, Mistake, nearest
from appliance.core.plan.service import Choice
from appliance.core.program import nodes
from appliance.core.program.analysis import Flows
from appliance.core.program.expressions import Expression, parse
from appliance.core.program.kinds import TYPES
from appliance.core.program.nodes import Node, Program, Target
from appliance.core.program.texts import Fragment, Slot, Speech, Text
from appliance.core.saying import CURRENCIES, KINDS, UNITS
from appliance.prompts.parts import parts
from appliance.prompts.words import Piece
from appliance.site.flow_file import CallFlowFile, FlowFile, NodeTable
from appliance.site.flow_words import Formula, Say, TargetText
from appliance.site.values import Key

__all__ = ["by_language", "mistakes_in", "parts_of", "program_of", "version_of"]

FileOf = Callable[[Piece], str]
_UNREAD = Node("start", (), nodes.Next(Target(out=Choice("release"))))


def version_of(document: Document) -> str:
    """Short, and the same for the same content, however it is laid out."""
    content = json.dumps(document.data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def program_of(name: str, flow: CallFlowFile, languages: tuple[str, ...], file_of: FileOf) -> Program:
    """The flow for the core; one whose file is not read yet only has its name."""
    if flow.content is None or flow.document is None:
        return Program(name, "", "start", {"start": _UNREAD})
    return _Maker(flow.content, languages, file_of).program(name, version_of(flow.document))


def mistakes_in(name: str, flow: CallFlowFile, flows: Flows) -> Iterator[Mistake]:
    """What is wrong in a flow as a whole, with its place in the flow's file."""
    if flow.document is None or flow.content is None:
        return
    if flow.content.flow != name:
        text = f"the site calls this flow '{name}'"
        yield flow.document.mistake(("flow",), text, f'write flow = "{name}", or change the name in the site file')
    for where, text in flows.mistakes(flows.plan.programs[name]):
        said, _, remedy = text.partition("; ")
        yield flow.document.mistake(_path(where, flow.document.data), said, _nearer(said, remedy))


def _nearer(said: str, remedy: str) -> str:
    """Of all the names that there are, the one that was meant, if one is like what is written."""
    for listed in ("there are: ", "it knows "):
        if remedy.startswith(listed):
            close = nearest(said.rpartition("'")[0].rpartition("'")[2], remedy.removeprefix(listed).split(", "))
            return close if close.startswith("did") else remedy
    return remedy


_AWAY = ("otherwise", "nothing", "locked", "refused", "trouble")


def _path(where: str, data: Mapping[str, object]) -> tuple[str | int, ...]:
    """The keys of the file that come nearest to a place in a program."""
    node, _, rest = where.partition(".")
    steps = {"keys": "menu", "each": "loop", "to": "next", "then": "next", "prompt": "say", "speech": "say"}
    path: list[str | int] = [node]
    inside: object = data.get(node)
    if isinstance(inside, dict) and rest in _AWAY and rest not in inside:  # a step's own way
        rest = next((f"{step}.{rest}" for step, table in inside.items() if isinstance(table, dict) and rest in table), rest)
    for word in rest.split(".") if rest else ():
        key = word if isinstance(inside, dict) and word in inside else steps.get(word, word)
        if isinstance(inside, dict) and key in inside:
            path.append(key)
            inside = inside[key]
        elif isinstance(inside, list) and word.isdecimal():
            path.append(int(word))
            inside = inside[int(word)]
    return tuple(path)


class _Maker:
    """Makes one program."""

    def __init__(self, content: FlowFile, languages: tuple[str, ...], file_of: FileOf) -> None:
        self.content, self.languages, self.file_of = content, languages, file_of
        self.variables: dict[str, str] = {}

    def program(self, name: str, version: str) -> Program:
        """The whole flow."""
        content = self.content
        self.variables |= content.variables
        made = {node: self.node(name, node, table) for node, table in content.nodes.items()}
        return Program(
            name=name,
            version=version,
            start=content.start,
            nodes=made,
            variables={**self.variables, **content.variables},
            declared=content.variables,
            needs=content.needs,
            everywhere={key.key: to.target for key, to in content.everywhere.items()},
            idle_s=content.idle_s,
            idle=content.idle.target,
            trouble=content.trouble.target,
        )

    def node(self, flow: str, name: str, table: NodeTable) -> Node:
        """One node."""
        return Node(name, tuple(self.steps(f"{flow}.{name}", table)), self.exit(f"{flow}.{name}", table))

    def speech(self, name: str, say: Say | None) -> Speech:
        """What is said, with the file of each of its fixed words."""
        return {
            language: self.text(name, language, say[language].parts) for language in self.languages if say is not None and language in say
        }

    def said(self, place: str, table: NodeTable) -> Speech:
        """What a node says, or has to choose from."""
        speech = self.speech(f"{place}.say", table.say)
        if not table.in_all_languages:
            return speech
        return dict.fromkeys(speech, tuple(part for text in speech.values() for part in text))

    def text(self, name: str, language: str, text: Text) -> Text:
        """A text whose fixed words have their files; a value without a kind is said as what its variable is."""
        fixed = [part for part in text if isinstance(part, Fragment)]
        made: list[Fragment | Slot] = []
        for part in text:
            if isinstance(part, Fragment):
                own = name if len(fixed) == 1 else f"{name}.{fixed.index(part) + 1}"
                made.append(Fragment(part.text, self.file_of(Piece(own, language, part.text))))
            else:
                made.append(part if part.kind else evolve(part, kind=self.kind_of(part)))
        return tuple(made)

    def kind_of(self, slot: Slot) -> str:
        """How a value is said that does not say it itself."""
        of = self.variables.get(slot.expression.word, "") if slot.expression.kind == "name" else ""
        return of if of in TYPES and of not in ("record", "list", "yes-no") else "text"

    def gets(self, name: str, kind: str) -> str:
        """A variable is set here."""
        if name and self.variables.get(name, kind) != kind and name not in self.content.variables:
            kind = "any"
        if name:
            self.variables[name] = self.content.variables.get(name, kind)
        return name

    def steps(self, place: str, table: NodeTable) -> Iterator[nodes.Step]:
        """What a node does, in its order."""

        def otherwise(own: TargetText | None) -> Target:
            to = own or table.otherwise
            assert to is not None  # the table was checked
            return to.target

        yield from self._asked(place, table, otherwise)
        if (check := table.authenticate) is not None:
            away = otherwise(check.otherwise)
            locked, trouble = (own.target if own is not None else away for own in (check.locked, check.trouble))
            refused = check.refused.target if check.refused is not None else None
            account, pin = check.account.expression, check.pin.expression
            yield nodes.Authenticate(check.accounts, account, pin, away, locked, trouble, _expression(check.new), refused)
        if (look := table.lookup) is not None:
            into = self.gets(look.into, "any")
            given = _arguments(look.arguments)
            nothing = look.nothing.target if look.nothing is not None else None
            waiting = self.speech(f"{place}.waiting", look.waiting) or None
            yield nodes.LookUp(look.gateway, look.query, given, into, otherwise(look.otherwise), nothing, waiting)
        for name, formula in table.set.items():
            yield nodes.Set(self.gets(name, "any"), formula.expression)
        if (ticket := table.ticket) is not None:
            yield nodes.OpenTicket(
                ticket=ticket.kind,
                into=self.gets(ticket.into, "text"),
                code_into=self.gets(ticket.code_into, "digits"),
                recording=_expression(ticket.recording),
                call_back=_expression(ticket.call_back),
                subject=_expression(ticket.subject),
                wants_answer=_expression(ticket.wants_answer),
                queue=ticket.queue,
            )
        if (answer := table.answer) is not None:
            yield nodes.Answer(answer.poll, answer.question, answer.value.expression)
        if (send := table.send) is not None:
            yield nodes.Send(send.document, send.by, send.to.expression, {name: each.expression for name, each in send.data.items()})
        for name, formula in table.note.items():
            yield nodes.Note(name, formula.expression)
        if table.say is not None and not table.menu:
            yield nodes.Say(self.said(place, table), table.barge_in)

    def _asked(self, place: str, table: NodeTable, otherwise: Callable[[TargetText | None], Target]) -> Iterator[nodes.Step]:
        if (ask := table.ask) is not None:
            into = self.gets(ask.into, ask.kind)
            yield nodes.Ask(
                into=into,
                kind=ask.kind,
                prompt=self.speech(f"{place}.ask", ask.say),
                otherwise=otherwise(ask.otherwise),
                least=ask.count.least,
                most=ask.count.most,
                end=ask.end,
                first_s=ask.first_s,
                next_s=ask.next_s,
                retries=ask.retries,
                wrong=self.speech(f"{place}.ask.wrong", ask.wrong) or None,
                valid=_expression(ask.valid),
                confirm=self.speech(f"{place}.ask.confirm", ask.confirm) or None,
                secret=ask.secret,
                words=ask.spoken,
            )
        elif (ask_yes := table.yes_no) is not None:
            wrong = self.speech(f"{place}.yes_no.wrong", ask_yes.wrong) or None
            prompt = self.speech(f"{place}.yes_no", ask_yes.say)
            into = self.gets(ask_yes.into, "yes-no")
            yield nodes.YesNo(into, prompt, otherwise(ask_yes.otherwise), ask_yes.wait_s, ask_yes.retries, wrong)
        elif (record := table.record) is not None:
            into = self.gets(record.into, "text")
            prompt = self.speech(f"{place}.record", record.say)
            yield nodes.Record(into, prompt, otherwise(record.otherwise), record.max_s, record.min_s, record.end)

    def exit(self, place: str, table: NodeTable) -> nodes.Exit:
        """How a node is left."""
        away = table.otherwise.target if table.otherwise is not None else Target()
        onward = table.next.target if table.next is not None else Target()
        if table.menu:
            return nodes.Menu(
                prompt=self.said(place, table),
                keys={key.key: to.target for key, to in table.menu.items()},
                otherwise=away,
                wait_s=table.wait_s,
                retries=table.retries,
                wrong=self.speech(f"{place}.wrong", table.wrong) or None,
                words=by_language(table.words),
                values={key.key: meant for key, meant in table.values.items()},
                into=self.gets(table.into, "text"),
            )
        if table.branch:
            return nodes.Branch(tuple((case.when.expression, case.to.target) for case in table.branch), away)
        if (loop := table.loop) is not None:
            return nodes.Loop(loop.over.expression, self.gets(loop.item, "any"), loop.to.target, onward)
        if table.call:
            return nodes.CallFlow(table.call, onward)
        if onward.out is not None and onward.out.verb not in ("release", "return"):
            then, failed = (own.target if own is not None else None for own in (table.then, table.failed))
            return nodes.Go(onward.out, then, failed, table.priority)
        return nodes.Next(onward)


def by_language(words: Mapping[Key, Mapping[str, tuple[str, ...]]]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Words of the keys of a menu as the core listens for them."""
    languages = dict.fromkeys(language for said in words.values() for language in said)
    return {language: {key.key: said[language] for key, said in words.items() if language in said} for language in languages}


def _expression(formula: Formula | None) -> Expression | None:
    return None if formula is None else formula.expression


def _arguments(given: Iterable[str] | Mapping[str, Formula]) -> Mapping[str, Expression]:
    if isinstance(given, Mapping):
        return {name: formula.expression for name, formula in given.items()}
    return {name.rpartition(".")[2]: parse(name) for name in given}


def parts_of(programs: Iterable[Program], languages: Iterable[str], file_of: FileOf) -> Mapping[str, Mapping[str, str]]:
    """Language -> part -> file, of all assembled speech that these flows can say."""
    slots = [
        part
        for program in programs
        for speech in program.speeches()
        for text in speech.values()
        for part in text
        if isinstance(part, Slot) and part.kind in KINDS
    ]
    kinds = sorted({slot.kind for slot in slots})
    chosen = sorted({option for slot in slots for option in slot.options})
    currencies = [of for name, of in chosen if name == "currency" and of in CURRENCIES] + [next(iter(CURRENCIES))]
    units = [of for name, of in chosen if name == "unit" and of in UNITS] + [next(iter(UNITS))]
    return {
        language: {
            piece.text: file_of(piece) for piece in parts(language, kinds, currencies=dict.fromkeys(currencies), units=dict.fromkeys(units))
        }
        for language in languages
    }
