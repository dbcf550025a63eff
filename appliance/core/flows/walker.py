"""One caller in one flow: the values that he has, what is said to him, and what the visit of a node counts."""

from typing import TypeAlias

from appliance.core.call import Call
from appliance.core.flows.speaking import say_speech
from appliance.core.program.expressions import Expression, Trouble, Value
from appliance.core.program.nodes import Program, Target
from appliance.core.program.texts import Speech

__all__ = ["Left", "Walker"]

Left: TypeAlias = tuple[str, Target]
"""Why a node is left, as it is counted, and where to."""

_HIDDEN = "•"


class Walker:
    """What steps and questions need of a caller; who leads him from node to node is `appliance.core.flows.walk`."""

    def __init__(self, call: Call, program: Program) -> None:
        """Walk this call through this flow."""
        self.call, self.contact, self.program = call, call.contact, program
        self.timeouts = self.errors = 0
        """Questions and menus that met silence, and a wrong answer, since the node was entered."""

    def value_of(self, name: str) -> Value:
        """The value of a name: a variable, or what every flow knows."""
        variables = self.contact.variables
        return variables[name] if name in variables else self.call.known(name)

    def evaluated(self, expression: Expression) -> Value:
        """The value of an expression."""
        return expression.evaluate(self.value_of)

    def text(self, expression: Expression | None) -> str:
        """A value as plain text; empty for nothing."""
        of = None if expression is None else self.evaluated(expression)
        if isinstance(of, list | dict):
            raise Trouble(f"'{expression}' is a list or record, not a text")
        return "" if of is None else ("yes" if of else "no") if isinstance(of, bool) else str(of)

    def shown(self, expression: Expression | None) -> str:
        """A value as text for what is kept or seen by people: of what is secret nothing."""
        return self.text(expression) if expression is None or not self.is_secret(expression) else _HIDDEN * 4

    def keep(self, name: str, of: Value, *, secret: bool = False, shown: bool = False) -> None:
        """Give a variable its value; `shown`: agents see it. `language` is the caller's: what is said from now on is in it."""
        if name == "language":
            if of not in self.call.plan.languages:
                raise Trouble("what 'language' is to become is no language of the centre")
            self.contact.language = str(of)
        else:
            self.contact.variables[name] = of
        (self.contact.secrets.add if secret else self.contact.secrets.discard)(name)
        if shown:
            self.contact.data[name] = _HIDDEN * 4 if secret else str(of) if not isinstance(of, bool) else "yes" if of else "no"

    async def say(self, speech: Speech | None, *, barge_in: bool = True) -> None:
        """Say it in the caller's language; a key cuts it short if `barge_in`."""
        if speech:
            await say_speech(self.call, speech, self._said, barge_in=barge_in)

    def _said(self, name: str) -> Value:
        """The value of a name that is said: of a secret none, for who renders it keeps it."""
        if name in self.contact.secrets:
            raise Trouble(f"'{name}' is secret")
        return self.value_of(name)

    def is_secret(self, expression: Expression) -> bool:
        """Whether something in it is a secret."""
        return any(name in self.contact.secrets for name in expression.names())
