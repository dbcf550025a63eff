"""Where every key of a TOML text stands.

`tomllib` gives the values and no positions; `tree-sitter` gives a syntax tree with positions. This walks the tree in the order of the
text and follows TOML's rules for headers, dotted keys and arrays of tables, so that each path of the values has a line and a column.
"""

import tomllib

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from appliance.config.mistakes import Path

__all__ = ["Positions"]

_TOML = Language(tree_sitter_toml.language())


class Positions:
    """Lines and columns of a text that `tomllib` accepts."""

    def __init__(self, text: str) -> None:
        """Parse the text."""
        self._lines = text.encode().split(b"\n")
        self._at: dict[Path, tuple[int, int]] = {}
        self._lengths: dict[Path, int] = {}  # of arrays of tables, as far as the text has come
        for node in Parser(_TOML).parse(text.encode()).root_node.named_children:
            if node.type == "pair":
                self._pair(node, ())
            elif node.type in {"table", "table_array_element"}:
                self._table(node)

    def find(self, path: Path) -> tuple[int, int]:
        """Line and column, both from 1, of the key at `path`, or of the nearest table above it; (1, 1) for the top."""
        while path:
            if path in self._at:
                return self._at[path]
            path = path[:-1]
        return (1, 1)

    def _note(self, path: Path, node: Node) -> None:
        row, column = node.start_point
        self._at.setdefault(path, (row + 1, len(self._lines[row][:column].decode(errors="replace")) + 1))

    def _table(self, node: Node) -> None:
        header = node.named_children[0]
        path: Path = ()
        keys = _keys(header)
        for number, (key, at) in enumerate(keys):
            path = (*path, key)
            self._note(path, at)
            if number < len(keys) - 1 and path in self._lengths:  # [faults.more] after [[faults]] belongs to the last of them
                path = (*path, self._lengths[path] - 1)
        if node.type == "table_array_element":
            self._lengths[path] = self._lengths.get(path, 0) + 1
            path = (*path, self._lengths[path] - 1)
        self._at.pop(path, None)  # the table's own header wins over one that only passed through it
        self._note(path, keys[-1][1])
        for child in node.named_children[1:]:
            if child.type == "pair":
                self._pair(child, path)

    def _pair(self, node: Node, path: Path) -> None:
        key, value = (child for child in node.named_children if child.type != "comment")
        for step, at in _keys(key):
            path = (*path, step)
            self._note(path, at)
        self._value(value, path)

    def _value(self, node: Node, path: Path) -> None:
        if node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    self._pair(child, path)
        elif node.type == "array":
            for number, child in enumerate(item for item in node.named_children if item.type != "comment"):
                self._note((*path, number), child)
                self._value(child, (*path, number))


def _keys(node: Node) -> list[tuple[str, Node]]:
    """The keys of a bare, quoted or dotted key, unescaped, each with its node."""
    if node.type == "dotted_key":
        return [key for child in node.named_children for key in _keys(child)]
    text = (node.text or b"").decode()
    return [(next(iter(tomllib.loads(f"{text} = 0"))), node)]
