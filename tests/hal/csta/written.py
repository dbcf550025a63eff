"""Messages for tests: strategies made from the fields of the classes themselves, so that no message can be forgotten."""

from functools import cache
from typing import Any

import attrs
from hypothesis import strategies as st

from hal.csta.messages import MESSAGES, ConnectionID, Message, Party
from hal.csta.messages.fields import KIND, Kind
from hal.csta.xml import Node

_UNSAID = [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]
SAID = st.characters(exclude_categories=["Cs"], exclude_characters="".join(map(chr, _UNSAID)))
"""What XML can say."""
TEXT = st.text(SAID, max_size=20)
IDENT = TEXT.map(str.strip)
NAME = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.\-]{0,8}", fullmatch=True).filter(lambda name: name != "xmlns")
NAMESPACE = st.sampled_from(["", "http://www.ecma-international.org/standards/ecma-323/csta/ed4", "urn:x", "http://例/?a=1&b=2"])
ATTRIBUTES = st.dictionaries(
    st.one_of(NAME, NAME.map("{{urn:y}}{}".format), st.just("{http://www.w3.org/XML/1998/namespace}lang")), TEXT, max_size=2
)


@cache
def nodes(names: st.SearchStrategy[str] = NAME, depth: int = 2) -> st.SearchStrategy[Node]:
    children = st.just([]) if depth == 0 else st.lists(nodes(depth=depth - 1), max_size=2)
    return st.builds(Node, names, NAMESPACE, TEXT, ATTRIBUTES.map(lambda found: tuple(found.items())), children.map(tuple))


def content(kind: Kind) -> st.SearchStrategy[Any]:
    """What a field of this kind may hold."""
    if kind.of is not None:
        return objects(kind.of)
    return {
        "ident": IDENT,
        "device": IDENT,
        "words": TEXT,
        "data": TEXT,
        "number": st.integers(-(10**17), 10**17),
        "flag": st.booleans(),
        "connection": st.builds(ConnectionID, IDENT, IDENT),
        "party": st.builds(Party, IDENT, st.sampled_from(["deviceIdentifier", "numberDialed", "notKnown", "notRequired"])),
        "node": nodes(st.just("")).map(lambda kept: attrs.evolve(kept, namespace="")),
    }[kind.name]


_MADE: dict[type, st.SearchStrategy[Any]] = {}


def objects(of: type) -> st.SearchStrategy[Any]:
    """Any object of a class of fields."""
    if of not in _MADE:
        _MADE[of] = _objects(of)
    return _MADE[of]


def _objects(of: type) -> st.SearchStrategy[Any]:
    fields = {}
    for field in attrs.fields(of):
        if KIND in field.metadata:
            _, kind, required, many = field.metadata[KIND]
            strategy = content(kind)
            if many:
                strategy = st.lists(strategy, max_size=3).map(tuple)
            fields[field.name] = strategy if required or many else st.none() | strategy
    if issubclass(of, Message):
        unknown = st.lists(nodes(NAME.map("x.{}".format)), max_size=2)
        extensions = st.lists(nodes(st.just("extensions")), max_size=1)
        fields["extra"] = st.tuples(unknown, extensions).map(lambda pair: (*pair[0], *pair[1]))
    return st.builds(of, **fields)


def messages() -> st.SearchStrategy[Message]:
    """Any message that is known."""
    return st.sampled_from(sorted(MESSAGES)).flatmap(lambda name: objects(MESSAGES[name]))
