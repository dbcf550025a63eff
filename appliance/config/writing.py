"""Writes an instance of a declared class as TOML that reads back to an equal instance."""

import re
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

import attrs

from appliance.config.declare import key_of, settings_of, text_type_of

__all__ = ["dumps", "inline", "plain"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def dumps(instance: object) -> str:
    """The instance as TOML: defaults left out, tables as sections, lists of tables inline."""
    lines: list[str] = []
    _section(plain(instance), (), lines)
    return "\n".join(lines).strip() + "\n"


def plain(value: Any) -> Any:
    """A value of a declared class as TOML knows it: dict, list, text, number, boolean or date."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | bool | str):
        return value
    kind = next((found for base in type(value).__mro__ if (found := text_type_of(base))), None)
    if kind is not None:
        return kind.format(value)
    if attrs.has(type(value)):
        tag = getattr(type(value), "__config_tag__", "")
        return {tag: _table(value)} if tag else _table(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(member) for key, member in value.items()}
    if isinstance(value, frozenset):
        return sorted(plain(member) for member in value)
    if isinstance(value, tuple | list):
        return [plain(member) for member in value]
    return value


def _table(value: Any) -> dict[str, Any]:
    written: dict[str, Any] = {}
    select = getattr(type(value), "__config_select__", None)
    for field in settings_of(type(value)):
        member = getattr(value, field.name)
        if member is None or member == _default(field):
            continue
        if field.metadata.get("rest"):
            written.update(plain(member))
        elif select and field.name == select[1]:
            written.update(_table(member))
        else:
            written[key_of(field)] = plain(member)
    return written


def _default(field: "attrs.Attribute[Any]") -> Any:
    default: Any = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def _section(content: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    here = {key: value for key, value in content.items() if not isinstance(value, dict)}
    if path and (here or not content):
        lines += ["", f"[{'.'.join(_key(step) for step in path)}]"]
    lines += [f"{_key(key)} = {inline(value)}" for key, value in here.items()]
    for key, value in content.items():
        if isinstance(value, dict):
            _section(value, (*path, key), lines)


def inline(value: Any) -> str:
    """A plain value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {inline(member)}" for key, member in value.items()) + " }" if value else "{}"
    return "[" + ", ".join(inline(member) for member in value) + "]"
