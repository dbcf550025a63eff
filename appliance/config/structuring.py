"""Builds instances of declared classes from plain values with cattrs: strict types, no unknown keys, every mistake found in one pass.

cattrs collects exceptions in groups whose notes say at which field or item each happened; `wrongs_of` flattens them to paths.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import ClassValidationError, Converter, ForbiddenExtraKeysError, IterableValidationError
from cattrs.cols import homogenous_tuple_structure_factory, is_frozenset, is_mapping, mapping_structure_factory
from cattrs.errors import AttributeValidationNote, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from appliance.config.declare import Limits, key_of, settings_of, text_type_of
from appliance.config.mistakes import Path, Wrong, nearest

__all__ = ["is_union", "members", "structure", "wrongs_of"]

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

_REST = "\0rest"  # where the keys of a `rest` field are put aside; no TOML key of ours
_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


class _UnknownKey(Wrong):
    """A key that is not possible: its line is the key's, but the message is about the table."""


def structure(data: Mapping[str, Any], cls: type[T]) -> T:
    """`data` as an instance of `cls`; otherwise an exception that `wrongs_of` takes apart."""
    return _converter.structure(data, cls)


def wrongs_of(error: BaseException, path: Path = ()) -> Iterator[tuple[Path, Wrong]]:
    """What an exception of `structure` says: what the message is about, and the wrong with its path from the top."""
    if isinstance(error, ClassValidationError | IterableValidationError):
        for inner in error.exceptions:
            yield from wrongs_of(inner, path + _steps(inner, error.cl))
    elif isinstance(error, _UnknownKey):
        yield path, Wrong(error.text, error.remedy, path + error.path)
    elif isinstance(error, Wrong):
        full = path + error.path
        yield full, Wrong(error.text, error.remedy, full)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [key_of(field) for field in settings_of(error.cl)]
        for key in sorted(error.extra_fields):
            yield path, Wrong(f"unknown key '{key}'", nearest(key, known), (*path, key))
    elif isinstance(error, KeyError):  # cattrs looked for the last step of the path
        yield path[:-1], Wrong(f"'{path[-1]}' is missing", str(error.args[-1]) if len(error.args) > 1 else "", path[:-1])
    elif isinstance(error, ValueError):
        yield path, Wrong(str(error), "", path)
    else:
        raise error


def _steps(error: BaseException, cls: Any) -> Path:
    """The way from a group to one of its exceptions, which may carry several notes, the innermost first."""
    steps: list[str | int] = []
    for note in reversed(getattr(error, "__notes__", [])):
        if isinstance(note, IterableValidationNote):
            steps.append(note.index)
        elif isinstance(note, AttributeValidationNote):
            field = attrs.fields_dict(cls)[note.name]
            if not field.metadata.get("rest"):
                steps.append(key_of(field))
    return tuple(steps)


def _describe(raw: object) -> str:
    """A value of a file in words."""
    match raw:
        case bool():
            return str(raw).lower()
        case int() | float():
            return f"the number {raw}"
        case str():
            return f"the text '{raw}'"
        case list():
            return "a list"
        case dict():
            return "a table"
        case datetime():
            return f"the moment {raw}"
        case date():
            return f"the date {raw}"
        case time():
            return f"the time {raw}"
    return repr(raw)


def _unexpected(expected: str, raw: object) -> Wrong:
    remedy = ""
    if isinstance(raw, str) and "number" in expected and raw.replace(".", "", 1).isdigit():
        remedy = f"write {raw} without quotes"
    elif isinstance(raw, int | float) and not isinstance(raw, bool) and expected == "text":
        remedy = f'write "{raw}" with quotes'
    elif isinstance(raw, str) and raw.lower() in {"true", "false", "yes", "no", "on", "off"} and expected == _NAMES[bool]:
        remedy = f"write {'true' if raw.lower() in {'true', 'yes', 'on'} else 'false'} without quotes"
    elif expected == "a list" and not isinstance(raw, dict):
        remedy = "put it in [ ]"
    return Wrong(f"expected {expected}, not {_describe(raw)}", remedy)


def _scalar(cls: type) -> Hook:
    def hook(raw: Any, kind: Any) -> Any:
        if kind is not cls:  # cattrs asks here for subclasses too, before any factory
            return (_text(kind) if text_type_of(kind) else _enum(kind))(raw, kind)
        right = isinstance(raw, cls) and (cls is bool or not isinstance(raw, bool))
        if cls is float and isinstance(raw, int) and not isinstance(raw, bool):
            return float(raw)
        if not right:
            raise _unexpected(_NAMES[cls], raw)
        return raw

    return hook


def _text(cls: Any) -> Hook:
    kind = text_type_of(cls)
    assert kind is not None

    def hook(raw: Any, _: Any) -> Any:
        if isinstance(raw, cls) and not (isinstance(raw, datetime) and cls is date):
            return raw  # TOML's own dates and times
        if not isinstance(raw, str):
            raise _unexpected(kind.expects, raw)
        try:
            return kind.parse(raw)
        except Wrong:
            raise
        except ValueError as error:
            raise Wrong(str(error) or f"'{raw}' is not {kind.expects}") from None

    return hook


def _one_of(values: Mapping[Any, Any]) -> Hook:
    """An Enum or a Literal: written value -> value."""

    def hook(raw: Any, _: Any) -> Any:
        if isinstance(raw, str | int) and raw in values:
            return values[raw]
        raise Wrong(f"{_describe(raw)} is not possible", nearest(str(raw), [str(value) for value in values]))

    return hook


def _enum(cls: Any) -> Hook:
    return _one_of({member.value: member for member in cls})


def _checked(inner: Hook, expected: type, name: str) -> Hook:
    """Refuse what is not even of the right shape before cattrs walks through it."""

    def hook(raw: Any, cls: Any) -> Any:
        if not isinstance(raw, expected):
            raise _unexpected(name, raw)
        return inner(raw, cls)

    return hook


def _set(cls: Any, converter: Converter) -> Hook:
    inner: Hook = converter.get_structure_hook(tuple[get_args(cls)[0], ...])  # type: ignore[misc]  # the item type is only known at run time
    return lambda raw, kind: frozenset(inner(raw, kind))


def is_union(cls: Any) -> bool:
    """Whether a type is a union, optional ones included."""
    return get_origin(cls) in {Union, UnionType}


def members(cls: Any) -> list[Any]:
    """The members of a union without None; of another type, itself."""
    return [member for member in get_args(cls) if member is not NoneType] if is_union(cls) else [cls]


def _union(cls: Any, converter: Converter) -> Hook:
    """Told apart by the shape of what is written; tables among each other by their one key (`table(tag=...)`)."""
    parts = members(cls)
    if len(parts) == 1 and not hasattr(parts[0], "__config_tag__"):
        inner: Hook = converter.get_structure_hook(parts[0])
        return lambda raw, _: inner(raw, parts[0])
    tagged = {part.__config_tag__: _table(part, converter) for part in parts if hasattr(part, "__config_tag__")}
    shapes: list[tuple[type, Any]] = [(_shape(part), part) for part in parts if not hasattr(part, "__config_tag__")]
    said = " or ".join([_expected(part) for _, part in shapes] + ([f"a table with one of {', '.join(tagged)}"] if tagged else []))

    def hook(raw: Any, _: Any) -> Any:
        for shape, part in shapes:
            fits = isinstance(raw, shape) or (shape is float and isinstance(raw, int))
            if fits and (shape is bool or not isinstance(raw, bool)):
                return converter.structure(raw, part)
        if not tagged or not isinstance(raw, dict):
            raise _unexpected(said, raw)
        for key in raw:
            if key not in tagged:
                raise Wrong(f"'{key}' is not possible", nearest(key, tagged), (key,))
        if len(raw) != 1:
            raise Wrong(f"exactly one of {', '.join(tagged)} is needed, not {len(raw)}")
        ((key, inner),) = raw.items()
        try:
            return tagged[key](inner, None)
        except Exception as error:
            error.add_note(IterableValidationNote(f"alternative {key}", key, None))
            raise

    return hook


def _shape(cls: Any) -> type:
    """What a member of a union looks like in a file."""
    if cls in _NAMES:
        return cls  # type: ignore[no-any-return]
    if text_type_of(cls) is not None:
        return str
    if attrs.has(cls) or is_mapping(cls):
        return dict
    if get_origin(cls) in {tuple, frozenset, list}:
        return list
    return str


def _expected(cls: Any) -> str:
    kind = text_type_of(cls)
    shape = _shape(cls)
    return kind.expects if kind else "a table" if shape is dict else "a list" if shape is list else _NAMES[shape]


def _rest_field(cls: type) -> "attrs.Attribute[Any] | None":
    """The field that takes all keys the class does not declare."""
    return next((field for field in settings_of(cls) if field.metadata.get("rest")), None)


def _class(cls: Any, converter: Converter) -> Hook:
    return (_union if hasattr(cls, "__config_tag__") else _table)(cls, converter)


def _table(cls: Any, converter: Converter) -> Hook:
    if hasattr(cls, "__config_select__"):
        return _selected(cls, converter)
    rest = _rest_field(cls)
    overrides: dict[str, Any] = {}
    for field in settings_of(cls):
        if field is rest:
            overrides[field.name] = override(rename=_REST, struct_hook=_rest(cls, field, converter))
        else:
            overrides[field.name] = override(rename=key_of(field), struct_hook=_limited(field, converter))
    inner = make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **overrides)
    known = {key_of(field) for field in settings_of(cls) if field is not rest}
    docs = {key_of(field): str(field.metadata.get("doc", "")) for field in settings_of(cls)}

    def hook(raw: Any, _: Any) -> Any:
        if not isinstance(raw, dict):
            raise _unexpected("a table", raw)
        if rest is not None:
            given = {key: value for key, value in raw.items() if key in known}
            others = {key: value for key, value in raw.items() if key not in known}
            raw = {**given, _REST: others} if others or rest.default is attrs.NOTHING else given
        try:
            made = inner(raw, cls)
        except ClassValidationError as error:
            for missing in error.exceptions:
                if isinstance(missing, KeyError) and docs.get(missing.args[0]):
                    doc = docs[missing.args[0]]
                    missing.args = (missing.args[0], f"add it: {doc[:1].lower()}{doc[1:].rstrip('.')}")
            raise
        if wrongs := list(made.problems()) if hasattr(made, "problems") else []:
            raise ClassValidationError(f"in {cls.__name__}", wrongs, cls)
        return made

    return hook


def _limited(field: "attrs.Attribute[Any]", converter: Converter) -> Hook:
    limits = Limits.of(field.metadata)
    inner = converter.get_structure_hook(field.type)

    def hook(raw: Any, _: Any) -> Any:
        wrongs = list(limits.wrong_keys(raw)) if isinstance(raw, dict) else []
        return _within(inner, raw, field, limits, wrongs)

    return hook


def _rest(cls: type, field: "attrs.Attribute[Any]", converter: Converter) -> Hook:
    """The keys a class leaves free: a key that is not possible is most likely a slip in one of those it declares."""
    limits = Limits.of(field.metadata)
    kind = text_type_of(get_args(field.type)[0])
    inner = converter.get_structure_hook(field.type)
    known = [key_of(other) for other in settings_of(cls) if other.name != field.name]

    def is_free(key: str) -> bool:
        try:
            return kind.parse(key) is not None if kind else not list(limits.wrong_keys({key: None}))
        except ValueError:
            return False

    def hook(raw: Mapping[str, Any], _: Any) -> Any:
        wrongs = []
        for key in raw:
            if not is_free(key):
                close = nearest(key, known)
                expected = f"possible are {', '.join(known)}, or {kind.expects if kind else limits.expects}"
                wrongs.append(_UnknownKey(f"unknown key '{key}'", close if close.startswith("did") else expected, (key,)))
        return _within(inner, {key: member for key, member in raw.items() if is_free(key)}, field, limits, wrongs)

    return hook


def _within(inner: Hook, raw: Any, field: "attrs.Attribute[Any]", limits: Limits, found: Sequence[Exception]) -> Any:
    """The value of a field if it keeps to its limits; otherwise everything that is wrong with it, `found` included."""
    wrongs = list(found)
    value = None
    try:
        value = inner(raw, field.type)
        if value is not None:
            wrongs += limits.wrong_values(value)
        if value is not None and not wrongs and field.validator is not None:  # a class that does not know this package checks more
            field.validator(None, field, value)
    except IterableValidationError as error:
        wrongs += error.exceptions
    except (Wrong, ClassValidationError) as error:
        wrongs.append(error)
    except ValueError as error:
        wrongs.append(Wrong(str(error).removeprefix(f"'{field.name}': ")))
    if wrongs:
        raise IterableValidationError(f"in {field.name}", wrongs, type(raw))
    return value


def _selected(cls: Any, converter: Converter) -> Hook:
    key, into, names, among = cls.__config_select__

    def hook(raw: Any, _: Any) -> Any:
        if not isinstance(raw, dict):
            raise _unexpected("a table", raw)
        if key not in raw:
            for slip in difflib.get_close_matches(key, raw, n=1):
                raise _UnknownKey(f"unknown key '{slip}'", f"did you mean '{key}'?", (slip,))
            raise Wrong(f"'{key}' is missing", nearest("", names()))
        name = raw[key]
        if name not in list(names()):  # what cannot be hashed is in no set of names
            raise Wrong(f"there is no {key} {_describe(name).removeprefix('the text ')}", nearest(str(name), names()), (key,))
        settings = _table(among(name), converter)({k: v for k, v in raw.items() if k != key}, None)
        return cls(**{key: name, into: settings})

    return hook


def _is(origin: Any) -> Callable[[Any], bool]:
    return lambda cls: get_origin(cls) is origin


def _make() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for scalar in _NAMES:
        converter.register_structure_hook(scalar, _scalar(scalar))
    # The factory registered last is asked first.
    factories: list[tuple[Callable[[Any], bool], Callable[[Any, Converter], Hook]]] = [
        (attrs.has, _class),
        (is_mapping, lambda cls, made: _checked(mapping_structure_factory(cls, made, structure_to=dict), dict, "a table")),
        (_is(tuple), lambda cls, made: _checked(homogenous_tuple_structure_factory(cls, made), list, "a list")),
        (is_frozenset, lambda cls, made: _checked(_set(cls, made), list, "a list")),
        (is_union, _union),
        (_is(Literal), lambda cls, _: _one_of({value: value for value in get_args(cls)})),
        (lambda cls: isinstance(cls, type) and issubclass(cls, Enum), lambda cls, _: _enum(cls)),
        (lambda cls: text_type_of(cls) is not None, lambda cls, _: _text(cls)),
    ]
    for predicate, factory in factories:
        converter.register_structure_hook_factory(predicate, factory)
    return converter


_converter = _make()
