"""A call flow that is a Python file beside the site file: the escape hatch, for what no table of nodes can say.

    from appliance.core.call import Call
    from appliance.core.plan import Choice

    PROMPTS = {"hello": {"zh": "您好。", "en": "Hello."}}          # rendered with the others; `call.prompt("hello")`
    GIVES = ("mark",)                                              # variables it sets on every way, for flows that call it

    async def flow(call: Call) -> Choice | None:
        await call.say(call.prompt("hello"))
        return Choice("queue", "consult")                          # None: back to the flow that has called it, or the end

Callers may say what they key, where the site and the line listen: `call.menu(..., words={"en": {"1": ("billing",)}})`,
`call.digits(..., spoken=True)`, `call.yes_no(...)`. Digits that nobody is to see: `call.digits(..., secret=True)`;
what such a file keeps of them is its own doing.

It is run by the core, so that it waits for nothing but the verbs of `Call`: no file, no network, no clock. What it raises is an alarm and
ends the call. After a restart of the core it is begun anew.
"""

import hashlib
import inspect
import sys
from collections.abc import Collection, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from attrs import field, frozen

from appliance.config import Mistake
from appliance.prompts.words import LANGUAGES

__all__ = ["PythonFlow", "load_python_flow"]


@frozen
class PythonFlow:
    """What such a file has."""

    run: Any = field(eq=False)
    prompts: Mapping[str, Mapping[str, str]]
    gives: frozenset[str]
    version: str
    """Of the file: short, and another one when anything in it changes."""


def load_python_flow(name: str, path: Path, languages: tuple[str, ...]) -> tuple[PythonFlow | None, list[Mistake]]:
    """The flow in a file, or what is wrong with it."""

    def mistake(text: str, remedy: str = "", line: int = 1) -> tuple[None, list[Mistake]]:
        return None, [Mistake(str(path), line, 1, "", text, remedy)]

    spec = spec_from_file_location(f"hotline_flow_{name}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        return mistake("there is no such file", "name one beside the site file")
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    module = module_from_spec(spec)
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # a site's folder may be read-only, and is none of ours
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        return mistake(f"this is not Python: {error.msg}", line=error.lineno or 1)
    except (Exception, SystemExit) as error:  # whatever a site's own file does
        return mistake(f"it cannot be loaded: {error!r}")
    finally:
        sys.dont_write_bytecode = kept
    run = getattr(module, "flow", None)
    if not inspect.iscoroutinefunction(run) or len(inspect.signature(run).parameters) != 1:
        return mistake("there is no 'async def flow(call)' in it", "write one; see appliance/site/python_flow.py")
    prompts: Any = getattr(module, "PROMPTS", {})
    for word, say in prompts.items() if isinstance(prompts, Mapping) else [("PROMPTS", None)]:
        if not isinstance(say, Mapping) or not all(isinstance(text, str) and text.strip() for text in say.values()):
            return mistake(f"PROMPTS: '{word}' is not a text for each language", 'write {"zh": "...", "en": "..."}')
        if missing := [language for language in languages if language not in say]:
            return mistake(f"PROMPTS: '{word}' has no text in '{missing[0]}'")
        if unknown := [language for language in say if language not in LANGUAGES]:
            return mistake(f"PROMPTS: '{word}' has a text in '{unknown[0]}', which nobody speaks here")
    gives: Any = getattr(module, "GIVES", ())
    if not isinstance(gives, Collection) or isinstance(gives, str) or not all(isinstance(one, str) for one in gives):
        return mistake("GIVES is no collection of variables' names", 'write GIVES = ("mark",)')
    return PythonFlow(run, prompts, frozenset(gives), version), []
