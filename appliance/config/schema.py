"""The JSON schema (draft 2020-12) of a declared class, for editors that complete and check TOML while it is typed."""

import json
from datetime import date
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import attrs
from cattrs.cols import is_frozenset, is_mapping

from appliance.config.declare import Limits, key_of, settings_of, text_type_of
from appliance.config.structuring import is_union, members
from appliance.config.writing import plain

__all__ = ["json_schema", "schema_text"]

Schema = dict[str, Any]

_SCALARS: dict[Any, Schema] = {
    bool: {"type": "boolean"}, int: {"type": "integer"}, float: {"type": "number"}, str: {"type": "string"},
}  # fmt: skip
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def json_schema(cls: type, title: str = "") -> Schema:
    """The schema of files of `cls`: closed, with ranges, defaults and documentation, one definition per class."""
    definitions: dict[str, Schema] = {}
    root = _class(cls, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title or _doc(cls),
        **definitions.pop(root["$ref"].rsplit("/", 1)[1]),
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text(cls: type, title: str = "") -> str:
    """The schema as it is kept in a file."""
    return json.dumps(json_schema(cls, title), indent=2, ensure_ascii=False) + "\n"


def _doc(cls: type) -> str:
    return (cls.__doc__ or cls.__name__).strip().split("\n")[0]


def _class(cls: Any, definitions: dict[str, Schema]) -> Schema:
    if cls.__name__ not in definitions:
        definitions[cls.__name__] = {}  # it may refer to itself
        definitions[cls.__name__] = _selected(cls, definitions) if hasattr(cls, "__config_select__") else _closed(cls, definitions)
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _closed(cls: Any, definitions: dict[str, Schema]) -> Schema:
    properties: dict[str, Schema] = {}
    free: Schema = {}
    required = []
    for field in settings_of(cls):
        schema = _field(field, definitions)
        if field.metadata.get("rest"):
            pattern = schema.get("propertyNames", {}).get("pattern", "")
            free = {"patternProperties": {pattern: schema["additionalProperties"]}}
            continue
        properties[key_of(field)] = schema
        if field.default is attrs.NOTHING:
            required.append(key_of(field))
    closed: Schema = {"description": _doc(cls), "type": "object", "properties": properties, **free, "additionalProperties": False}
    return {**closed, "required": required} if required else closed


def _selected(cls: Any, definitions: dict[str, Schema]) -> Schema:
    key, _, names, among = cls.__config_select__
    choices = []
    for name in names():
        inner = _closed(among(name), definitions)
        inner["properties"] = {key: {"const": name}, **inner["properties"]}
        inner["required"] = [key, *inner.get("required", [])]
        choices.append(inner)
    return {"description": _doc(cls), "type": "object", "required": [key], "oneOf": choices}


def _field(field: "attrs.Attribute[Any]", definitions: dict[str, Schema]) -> Schema:
    schema = dict(_type(field.type, definitions))
    _limit(schema, Limits.of(field.metadata))
    if doc := field.metadata.get("doc"):
        schema["description"] = doc
    if field.default is not attrs.NOTHING and not isinstance(field.default, attrs.Factory) and field.default is not None:  # type: ignore[arg-type]
        default = plain(field.default)
        schema["default"] = default.isoformat() if isinstance(default, date) else default
    return schema


def _limit(schema: Schema, limits: Limits) -> None:
    """Write the limits where the value, or each member of it, is described."""
    if limits.keys and schema.get("type") == "object":
        schema["propertyNames"] = {"pattern": f"^({limits.keys})$"}
    for part in [schema, *schema.get("anyOf", [])]:
        for place in ("items", "additionalProperties"):
            if isinstance(part.get(place), dict):
                part[place] = dict(part[place])
                _limit(part[place], attrs.evolve(limits, keys=""))
        if part.get("type") in {"number", "integer"}:
            part.update({word: bound for name, word in _BOUNDS.items() if (bound := getattr(limits, name)) is not None})
        elif part.get("type") == "string":
            if limits.one_of:
                part["enum"] = list(limits.one_of)
            if limits.pattern:
                part["pattern"] = f"^({limits.pattern})$"


def _type(cls: Any, definitions: dict[str, Schema]) -> Schema:
    if is_union(cls):
        parts = [_type(part, definitions) for part in members(cls)]
        return dict(parts[0]) if len(parts) == 1 else {"anyOf": parts}
    if (kind := text_type_of(cls)) is not None:
        return {"type": "string", "description": kind.expects} | ({"pattern": f"^({kind.pattern})$"} if kind.pattern else {})
    if cls is Any:
        return {}
    if cls in _SCALARS:
        return dict(_SCALARS[cls])
    if get_origin(cls) is Literal:
        return {"enum": list(get_args(cls))}
    if isinstance(cls, type) and issubclass(cls, Enum):
        return {"enum": [member.value for member in cls]}
    if is_mapping(cls):
        keys, values = get_args(cls)
        named = text_type_of(keys)
        names = {"propertyNames": {"pattern": f"^({named.pattern})$"}} if named and named.pattern else {}
        return {"type": "object", **names, "additionalProperties": _type(values, definitions)}
    if get_origin(cls) is tuple or is_frozenset(cls):
        return {"type": "array", "items": _type(get_args(cls)[0], definitions)}
    return _tagged(cls, definitions) if hasattr(cls, "__config_tag__") else _class(cls, definitions)


def _tagged(cls: Any, definitions: dict[str, Schema]) -> Schema:
    tag = cls.__config_tag__
    return {"type": "object", "properties": {tag: _class(cls, definitions)}, "required": [tag], "additionalProperties": False}
