"""A call flow as a picture: nodes with what they do, ways with their keys, and, where calls were counted, how many took each.

The layout is Graphviz's (`dot`): this only writes what it reads.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from appliance.core.program import nodes
from appliance.core.program.nodes import AGAIN, Node, Program, Target
from appliance.core.program.texts import Slot, Speech
from appliance.core.program.ways import ways_of
from appliance.core.records import SERVED

__all__ = ["Counts", "dot_of", "draw", "lacks_font"]

Counts = Mapping[tuple[str, str], int]
"""(node, left by) -> how many calls; left by "" is how many came."""

_WIDEST = 26
_COLOURS = {
    "menu": "#dbeafe",
    "ask": "#e0e7ff",
    "lookup": "#fef3c7",
    "people": "#dcfce7",
    "end": "#f3f4f6",
    "branch": "#fae8ff",
    "other": "#ffffff",
}


def dot_of(program: Program, language: str, counts: Counts | None = None) -> str:
    """The flow in Graphviz's language."""
    lines = [
        f"digraph {_quoted(program.name)} {{",
        '  graph [rankdir=TB, fontname="sans-serif", nodesep=0.35, ranksep=0.55, bgcolor=white];',
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif", fontsize=10, margin="0.14,0.08"];',
        '  edge [fontname="sans-serif", fontsize=9, color="#64748b", fontcolor="#334155"];',
        f'  ":start" [shape=circle, label="", width=0.18, fillcolor="#0f172a"]; ":start" -> {_quoted(program.start)};',
    ]
    outs: dict[str, Target] = {}
    most = max([count for (_, by), count in (counts or {}).items() if not by], default=0)
    for node in program.nodes.values():
        lines.append(f"  {_quoted(node.name)} [label={_label(node, language, counts)}, fillcolor={_quoted(_COLOURS[_sort(node)])}];")
        for words, left_by, to in _ways(node):
            target = node.name if to.node == AGAIN else _named(to, outs)
            taken = None if counts is None else sum(counts.get((node.name, by), 0) for by in left_by)
            came = (counts or {}).get((node.name, ""), 0)
            lines.append(f"  {_quoted(node.name)} -> {_quoted(target)} [{_edge(words, taken, came, most)}];")
    lines += _from_anywhere(program, counts, outs)
    for name, out in outs.items():
        lines.append(f'  {_quoted(name)} [label={_quoted(str(out))}, shape=oval, fillcolor="{_COLOURS["end"]}"];')
    return "\n".join([*lines, "}"])


def _named(to: Target, outs: dict[str, Target]) -> str:
    """The name of a target in the picture; one outside the flow is noted in `outs`."""
    if to.out is None:
        return to.node
    outs[f"out:{to}"] = to
    return f"out:{to}"


def _from_anywhere(program: Program, counts: Counts | None, outs: dict[str, Target]) -> Iterator[str]:
    """The ways that can be taken from every node, with how often that was."""
    came = max([count for (_, by), count in (counts or {}).items() if not by], default=1)
    drawn = False
    for why, to in (*program.everywhere.items(), ("idle", program.idle), ("trouble", program.trouble)):
        own = {node.name for node in program.nodes.values() if any(why in left_by for _, left_by, _ in _ways(node))}
        taken = sum(count for (name, by), count in (counts or {}).items() if by == why and name not in own)
        if taken or why in program.everywhere or to.node:
            drawn = True
            words = why if counts is None else f"{why} {taken}"
            width = f"penwidth={1 + 4 * taken / came:.2f}"
            yield f'  ":anywhere" -> {_quoted(_named(to, outs))} [label={_quoted(words)}, style=dashed, {width}];'
    if drawn:
        yield '  ":anywhere" [shape=plaintext, style="", label="from anywhere"];'


def draw(dot: str, file: Path) -> None:
    """Write the picture; its kind is the file's ending, svg, png or pdf.

    Raises:
        OSError: Graphviz is not installed, or cannot make such a file.

    """
    program = shutil.which("dot")
    if program is None:
        raise OSError("Graphviz is not installed: apt-get install graphviz")
    kind = file.suffix.removeprefix(".")
    done = subprocess.run([program, f"-T{kind}", "-o", str(file)], input=dot, text=True, capture_output=True, check=False)
    if done.returncode:
        raise OSError(f"{file}: {done.stderr.strip() or 'Graphviz made nothing'}")


def lacks_font(dot: str, file: Path) -> bool:
    """Whether Chinese words in a picture that carries its letters as dots would be boxes: no font on this machine has them."""
    program = shutil.which("fc-list")
    if file.suffix == ".svg" or not re.search(r"[\u4e00-\u9fff]", dot) or program is None:
        return False
    return not subprocess.run([program, ":lang=zh"], capture_output=True, check=False).stdout.strip()


def _ways(node: Node) -> Iterator[tuple[str, set[str], Target]]:
    """The ways out, those to one place joined: their words, and why a node is left that way, as it is counted."""
    joined: dict[str, tuple[list[str], set[str], Target]] = {}

    def way_to(to: Target, word: str, *left_by: str) -> None:
        words, counted, _ = joined.setdefault(str(to), ([], set(), to))
        words.append(word)
        counted.update(left_by)

    exit_ = node.exit
    for way in ways_of(node):
        word = way.why.removeprefix("keys.")
        if isinstance(exit_, nodes.Branch) and word.startswith("branch."):
            word = str(exit_.cases[int(word.removeprefix("branch."))][0])
        if word == "to":
            way_to(way.to, "", str(way.to), SERVED)
        else:
            way_to(way.to, "" if word == "next" else word, word)
    if isinstance(exit_, nodes.Go) and (exit_.then is not None or exit_.failed is not None):
        way_to(Target(out=exit_.to), "", str(exit_.to), SERVED, "then", "failed", "hung up")
    for words, left_by, target in joined.values():
        yield ", ".join(dict.fromkeys(filter(None, words))), left_by, target


def _edge(words: str, taken: int | None, came: int, most: int) -> str:
    if taken is None:
        return f"label={_quoted(words)}"
    share = f"{taken} ({taken / came:.0%})" if came else "0"
    return f"label={_quoted(' '.join(filter(None, (words, share))))}, penwidth={1 + 4 * taken / most if most else 1:.2f}"


def _sort(node: Node) -> str:
    if any(isinstance(step, nodes.LookUp | nodes.Authenticate) for step in node.steps):
        return "lookup"
    if any(isinstance(step, nodes.Ask | nodes.YesNo | nodes.Record) for step in node.steps):
        return "ask"
    match node.exit:
        case nodes.Menu():
            return "menu"
        case nodes.Branch() | nodes.Loop():
            return "branch"
        case nodes.Go():
            return "people"
    return "other"


def _label(node: Node, language: str, counts: Counts | None) -> str:
    rows = [f"<b>{_html(node.name)}</b>"]
    if counts is not None:
        rows[0] += f" &#160; {counts.get((node.name, ''), 0)}"
    done = [said for part in (*node.steps, node.exit) if (said := _said(part, language))]
    rows += [f'<font color="#475569">{_html(said)}</font>' for said in done]
    if counts is not None and (served := counts.get((node.name, SERVED), 0)):
        rows.append(f'<font color="#15803d">{served} served by people, and hung up</font>')
    if counts is not None and (gone := counts.get((node.name, "hung up"), 0)):
        rows.append(f'<font color="#b91c1c">{gone} hung up here</font>')
    return f"<{'<br/>'.join(rows)}>"


def _said(part: object, language: str) -> str:
    """A step in a few words."""
    speech: Speech | None = getattr(part, "speech", None) or getattr(part, "prompt", None)
    words = "".join(f"{{{p.expression}}}" if isinstance(p, Slot) else p.text for p in speech.get(language, ())) if speech else ""
    words = words if len(words) <= _WIDEST else f"{words[: _WIDEST - 1]}…"
    match part:
        case nodes.Say() | nodes.Menu():
            return f"“{words}”" if words else ""
        case nodes.Ask():
            return f"{part.into} ← {'secret ' if part.secret else ''}keys {words}"
        case nodes.YesNo() | nodes.Record():
            return f"{part.into} ← {'yes/no' if isinstance(part, nodes.YesNo) else 'recording'} {words}"
        case nodes.LookUp():
            return f"{part.into} ← {part.gateway}.{part.query}"
        case nodes.Authenticate():
            return f"check {part.accounts}"
        case nodes.Set():
            return f"{part.name} = {part.expression}"
        case nodes.OpenTicket():
            return f"ticket: {part.ticket}"
        case nodes.Answer():
            return f"answer {part.poll}/{part.question}"
        case nodes.Send():
            return f"send {part.document} by {part.by}"
        case nodes.CallFlow():
            return f"flow {part.flow}"
        case nodes.Loop():
            return f"each {part.item} of {part.over}"
    return ""


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
