import json
import tomllib

import jsonschema
import pytest

from appliance.config import json_schema, schema_text
from tests.config.shapes import GOOD, Shape

SCHEMA = json_schema(Shape)


def as_json(text: str) -> object:
    """TOML's values as an editor's validator sees them: dates and times are text."""
    return json.loads(json.dumps(tomllib.loads(text), default=lambda value: value.isoformat()))


def is_valid(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(as_json(text)))


def test_the_schema_is_a_schema_and_accepts_what_the_reader_accepts() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(as_json(GOOD), SCHEMA, jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ring_s = 15", "ringg_s = 15"),
        ("ring_s = 15", "ring_s = 0"),
        ("ring_s = 15", 'ring_s = "15"'),
        ('level = "high"', 'level = "hihg"'),
        ("{ weibull = {", "{ weibul = {"),
        ("mean_s = 150, ", ""),
        ('when = "nobody"', 'when = "nobodi"'),
        ("mean_s = 60.5", "mean_s = -1"),
        ("mon-fri =", "weekdays ="),
        ('"13:30-24:00"', '"13:30-24:30"'),
        ('backend = "sip"', 'backend = "sipp"'),
        ("channels = 90", "channels = 0"),
        ('"10:00" = 320.5', '"10:00" = -1'),
        ('"10:00" = 320.5', '"ten" = 1'),
        ("[queues.complaint]", "[queues.Complaint]"),
        ('name = "热线"', ""),
        ('warm_up = "15 min"', 'warm_up = "15"'),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(old: str, new: str) -> None:
    assert GOOD.count(old) == 1
    assert not is_valid(GOOD.replace(old, new))


def test_documentation_defaults_and_keys_are_in_it() -> None:
    queue = SCHEMA["$defs"]["Queue"]["properties"]
    assert queue["ring_s"] == {"type": "number", "minimum": 1, "maximum": 120, "description": "How long a phone rings.", "default": 15.0}
    assert SCHEMA["properties"]["from"]["default"] == "09:00"
    assert SCHEMA["required"] == ["name"]
    assert SCHEMA["$defs"]["Line"]["oneOf"][0]["properties"]["from"]["description"] == "Whose calls are let in."


def test_the_text_of_the_schema_is_stable() -> None:
    assert schema_text(Shape) == schema_text(Shape)
    assert json.loads(schema_text(Shape)) == SCHEMA
