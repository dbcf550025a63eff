"""How a configuration's shape is declared: `table`, `setting`, and text with a meaning of its own.

A class that may not import this package - the `settings` of a backend - is an attrs class whose fields carry the same words in
`metadata`: `key` (TOML key, when it differs from the field's name), `doc`, `ge`, `gt`, `le`, `lt` (bounds of a number, or of each number
of a list or mapping), `one_of` (a text's possible values), `pattern` (a regular expression the whole text matches), `keys` (one that
each key of a mapping matches), `expects` (either pattern in plain words), `rest` (the mapping takes every undeclared key).

Text with a meaning (`"09:00-12:00"`) is a class with a class method `parse(text)` that raises ValueError with a message fit for an
operator, `expects`, a class attribute that says what is right, and `__str__`, which gives the text back. `text_type` registers the same
for a class that is not ours.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast, dataclass_transform

import attrs

from appliance.config.mistakes import Path, Wrong, nearest

__all__ = ["Limits", "TextType", "key_of", "replaced", "setting", "settings_of", "table", "text_type", "text_type_of"]

T = TypeVar("T")


def _written(key: object) -> str:
    kind = text_type_of(type(key))
    return kind.format(key) if kind else str(key)


def _plain(number: float) -> str:
    """A number as people write it: 16777215, and not 1.67772e+07."""
    return str(int(number)) if abs(number) < 1e15 and number == int(number) else f"{number:g}"


@attrs.frozen
class Limits:
    """The bounds of a setting, checked by the reader, by the class itself, and written into the schema."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    keys: str = ""
    expects: str = ""

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> "Limits":
        """The limits in a field's metadata."""
        found = {name: metadata[name] for name in attrs.fields_dict(cls) if metadata.get(name) is not None}
        if "one_of" in found:
            found["one_of"] = tuple(found["one_of"])
        return cls(**found)

    def check(self, value: object) -> None:
        """Raise the first `Wrong` of a value, if there is one."""
        for wrong in (*self.wrong_keys(value), *self.wrong_values(value)):
            raise wrong

    def wrong_keys(self, value: object) -> Iterator[Wrong]:
        """What the keys of a mapping, if it is one, get wrong."""
        for key in value if self.keys and isinstance(value, Mapping) else ():
            written = _written(key)
            if not re.fullmatch(self.keys, written):
                yield Wrong(f"'{written}' cannot stand here", f"expected is {self.expects or 'a match of ' + self.keys}", (written,))

    def wrong_values(self, value: object) -> Iterator[Wrong]:
        """What a value, or each member of a list or mapping, gets wrong."""
        if isinstance(value, Mapping):
            for key, member in value.items():
                yield from self._wrong(member, (_written(key),))
        elif isinstance(value, tuple | list | frozenset):
            for number, member in enumerate(value):
                yield from self._wrong(member, (number,))
        else:
            yield from self._wrong(value, ())

    def _wrong(self, value: object, path: Path) -> Iterator[Wrong]:
        if isinstance(value, str):
            if self.one_of and value not in self.one_of:
                yield Wrong(f"'{value}' is not possible", nearest(value, self.one_of), path)
            elif self.pattern and not re.fullmatch(self.pattern, value):
                yield Wrong(f"'{value}' is not {self.expects or 'a match of ' + self.pattern}", "", path)
        if not isinstance(value, int | float) or isinstance(value, bool):
            return
        above = (self.ge is None or value >= self.ge) and (self.gt is None or value > self.gt)
        below = (self.le is None or value <= self.le) and (self.lt is None or value < self.lt)
        if not math.isfinite(value):
            yield Wrong(f"{value} is not a finite number", "", path)
        elif not (above and below):
            yield Wrong(f"{_plain(value)} is out of range", f"possible is {self.range()}", path)

    def range(self) -> str:
        """The numbers that are possible, in words."""
        low = _plain(self.ge) if self.ge is not None else f"more than {_plain(self.gt)}" if self.gt is not None else ""
        high = _plain(self.le) if self.le is not None else f"less than {_plain(self.lt)}" if self.lt is not None else ""
        if low and high:
            return f"{low} to {high}"
        return f"{low} or more" if self.ge is not None else low or (f"{high} or less" if self.le is not None else high)


def setting(
    *,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    doc: str = "",
    key: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    one_of: Iterable[str] = (),
    pattern: str = "",
    keys: str = "",
    expects: str = "",
    rest: bool = False,
) -> Any:
    """One key of a table; without `default` or `factory` it must be given. The words are explained in the module's docstring."""
    metadata: dict[str, Any] = {
        "doc": doc, "key": key, "ge": ge, "gt": gt, "le": le, "lt": lt, "one_of": tuple(one_of), "pattern": pattern, "keys": keys,
        "expects": expects, "rest": rest,
    }  # fmt: skip
    metadata = {name: word for name, word in metadata.items() if word or (word == 0 and word is not False)}
    limits = Limits.of(metadata)

    def within(_instance: object, _attribute: object, value: object) -> None:
        limits.check(value)

    return attrs.field(default=default, factory=factory, metadata=metadata, validator=within)


@dataclass_transform(field_specifiers=(setting,), kw_only_default=True, frozen_default=True)
def table(
    cls: Any = None,
    *,
    tag: str = "",
    select: tuple[str, str] | None = None,
    names: Callable[[], Iterable[str]] | None = None,
    among: Callable[[str], type] | None = None,
) -> Any:
    """Class decorator: a TOML table, closed, its values frozen, its fields given by keyword.

    A method `problems(self) -> Iterable[Wrong]` is asked, once all keys are sound, for what does not fit together.

    `tag`: the class is one alternative of a union, written as a table of one key: with `tag="weibull"`, `{ weibull = { ... } }`.

    `select=(key, into)`: the text under `key` names, out of `names()`, the class that reads all other keys; `among(name)` gives that
    class and the field `into` takes its instance. `[lines.trunk] backend = "sip"` is read so.
    """

    def made(plain: Any) -> Any:
        built: Any = attrs.frozen(kw_only=True)(plain)
        if tag:
            built.__config_tag__ = tag
        if select is not None:
            built.__config_select__ = (*select, names, among)
        return built

    return made if cls is None else made(cls)


def replaced(instance: T, **fields: Any) -> T:
    """The instance with some fields changed (`attrs.evolve`, for classes that type checkers know as `table`)."""
    made: T = attrs.evolve(cast("Any", instance), **fields)
    return made


def key_of(field: "attrs.Attribute[Any]") -> str:
    """The TOML key of a field."""
    return str(field.metadata.get("key") or field.name)


def settings_of(cls: type) -> list["attrs.Attribute[Any]"]:
    """The fields of a class that a file can give, with their types resolved."""
    attrs.resolve_types(cls)
    return [field for field in attrs.fields(cls) if field.init]


@attrs.frozen
class TextType:
    """How text becomes a value and back."""

    parse: Callable[[str], Any]
    format: Callable[[Any], str]
    expects: str
    pattern: str = ""


_registered: dict[Any, TextType] = {}


def text_type(cls: type, parse: Callable[[str], Any], expects: str, *, written: Callable[[Any], str] = str, pattern: str = "") -> None:
    """Read and write values of `cls` as text; `expects` says what is right, `pattern` is for the schema."""
    _registered[cls] = TextType(parse, written, expects, pattern)


def text_type_of(cls: Any) -> TextType | None:
    """How values of `cls` are read from text; None: they are not."""
    if cls in _registered:
        return _registered[cls]
    if isinstance(cls, type) and callable(getattr(cls, "parse", None)):
        return TextType(cls.parse, str, str(getattr(cls, "expects", cls.__name__)), str(getattr(cls, "pattern", "")))  # type: ignore[attr-defined]
    return None
