"""Declared, ranged and closed configuration: TOML in, instances of attrs classes out, every mistake with its file and line.

A file's shape is an ordinary attrs class made with `table`; its keys are the fields, made with `setting`, which also holds the limits
and the sentence of documentation. From that one declaration come the reader (`load`, `loads`), the writer (`dumps`) and the JSON
schema (`json_schema`). A class that may not import this package (a backend's settings) says the same in attrs metadata: see `declare`.

It does not know what any file means: sites are `appliance.site`, scenarios `sim.scenario`.
"""

from appliance.config.declare import replaced, setting, table, text_type
from appliance.config.mistakes import ConfigError, Mistake, Wrong, nearest
from appliance.config.reading import Document, load, loads
from appliance.config.schema import json_schema, schema_text
from appliance.config.texts import Days, Duration, Span
from appliance.config.writing import dumps

__all__ = [
    "ConfigError",
    "Days",
    "Document",
    "Duration",
    "Mistake",
    "Span",
    "Wrong",
    "dumps",
    "json_schema",
    "load",
    "loads",
    "nearest",
    "replaced",
    "schema_text",
    "setting",
    "table",
    "text_type",
]
