"""Every site file that is shipped can be served, and each of its keys is really looked at."""

import copy
import json
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from appliance.config import ConfigError, Document, dumps, json_schema, loads, replaced
from appliance.core.plan import Choice
from appliance.core.program import nodes
from appliance.site import Site, load_site
from appliance.site.check import check
from appliance.site.flow_file import CallFlowFile
from appliance.site.model import site_of
from appliance.site.notes import notes_on
from appliance.site.schema import SCHEMA_FILE, schema_text
from tests.site.small import files, menu_of

SHIPPED = Path(__file__).parents[2] / "scenarios" / "sites"
FOLDERS = sorted(SHIPPED.glob("*/site.toml"))
SITES = [*sorted(file for file in SHIPPED.glob("*.toml") if not file.name.startswith("holidays-")), *FOLDERS]
DEMO = next(file for file in SITES if file.name == "demo.toml")


def _named(file: Path) -> str:
    return str(file.relative_to(SHIPPED))


@pytest.mark.requirement("OPS-04")
@pytest.mark.parametrize("file", SITES, ids=_named)
def test_every_shipped_site_can_be_served(file: Path) -> None:
    assert check(file) == []
    site = load_site(file)
    assert site.plan(lambda piece: piece.name).problems() == []
    assert list(notes_on(site)) == []
    named = {name: CallFlowFile(flow.file) for name, flow in site.call_flows.items()}  # what is in their files stays there
    assert loads(Site, dumps(site)) == replaced(site, call_flows=named)


@pytest.mark.parametrize("file", SITES, ids=_named)
def test_every_shipped_site_fits_the_schema(file: Path) -> None:
    data = json.loads(json.dumps(tomllib.loads(file.read_text()), default=lambda value: value.isoformat()))
    jsonschema.validate(data, json_schema(Site), jsonschema.Draft202012Validator)


def test_the_shipped_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), "run: python -m appliance.site.schema"


@pytest.mark.requirement("ACC-03", "ACC-05", "ACC-08", "ACD-03")
def test_the_demo_centre_is_what_the_readme_says() -> None:
    plan = load_site(DEMO).plan(lambda piece: f"{piece.name}.{piece.language}")
    assert {number: str(to.to) for number, to in plan.numbers.items()} == {"95500": "flow:hotline", "95501": "flow:office"}
    hotline = plan.programs["hotline"]
    language, menu = (menu_of(hotline, node) for node in ("language", "menu"))
    assert language.values == {"1": "zh", "2": "en"}
    assert {key: str(to) for key, to in menu.keys.items()} == {
        "1": "queue:consult",
        "2": "key_2",
        "3": "queue:business",
        "9": "voicemail",
        "0": "goodbye",
    }
    assert hotline.nodes["key_2"].exit == nodes.Go(Choice("queue", "complaint"), priority=1)
    # The choice of language is spoken in all of them, the rest in the caller's.
    assert files(language.prompt) == {language: ["hotline.language.zh", "hotline.language.en"] for language in ("zh", "en")}
    assert files(menu.prompt) == {"zh": ["hotline.menu.zh"], "en": ["hotline.menu.en"]}
    for queue in plan.queues.values():
        assert {"nobody logged in", "wait"} <= {overflow.when for overflow in queue.overflow}
    assert plan.queues["consult"].overflow[0].to == Choice("voicemail")
    assert {key: str(choice) for key, choice in plan.queues["consult"].keys.items()} == {"1": "callback", "2": "voicemail"}
    assert list(plan.stations) == [f"800{n}" for n in range(1, 10)]
    assert list(plan.agents) == [f"100{n}" for n in range(1, 10)]
    assert [id_ for id_, agent in plan.agents.items() if agent.level == "supervisor"] == ["1009"]
    assert all(plan.hours["always"].is_open(hour * 3600.0) for hour in range(24 * 7))


@pytest.mark.requirement("ACC-05")
def test_the_office_closes_at_noon_at_night_at_weekends_and_on_holidays() -> None:
    office = load_site(DEMO).plan(lambda piece: piece.name).hours["office"]

    def open_at(text: str) -> bool:
        return office.is_open(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())

    assert open_at("2026-03-02T09:00:00")  # a Monday
    assert not open_at("2026-03-02T08:59:59")
    assert not open_at("2026-03-02T12:00:00")
    assert open_at("2026-03-02T17:59:59")
    assert not open_at("2026-03-02T18:00:00")
    assert not open_at("2026-03-01T10:00:00")  # a Sunday
    assert not open_at("2026-10-01T10:00:00")  # a Thursday, but National Day


def test_what_has_to_be_rendered_is_known_and_always_in_the_same_order() -> None:
    site = load_site(DEMO)
    pieces = site.pieces()
    assert pieces == load_site(DEMO).pieces()
    assert len(pieces) == len(set(pieces))
    assert {piece.language for piece in pieces} == {"zh", "en", ""}


def keys(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key of a document."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*path, key)
            yield from keys(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from keys(value, (*path, number))


@pytest.mark.requirement("OPS-04")
@pytest.mark.parametrize("file", SITES, ids=_named)
def test_whatever_key_is_spoilt_its_line_is_named(file: Path) -> None:
    text = file.read_text()
    document = Document.parse(text, file.name)
    for path in keys(document.data):
        if not isinstance(path[-1], str):
            continue
        place, key = document.mistake(path, ""), str(path[-1])
        lines = text.split("\n")
        before, after = lines[place.line - 1][: place.column - 1], lines[place.line - 1][place.column - 1 :]
        assert after.startswith(key), path
        if path[0] == "directory" and len(path) > 1:
            continue  # any text is a name there
        lines[place.line - 1] = f'{before}"{key} !"{after[len(key) :]}'
        with pytest.raises(ConfigError) as caught:
            site_of(Document.parse("\n".join(lines), file.name), file.parent)
        assert place.line in {mistake.line for mistake in caught.value.mistakes}, path


@pytest.mark.requirement("OPS-04")
@pytest.mark.parametrize("file", SITES, ids=_named)
def test_whatever_value_is_spoilt_its_line_is_named(file: Path) -> None:
    document = Document.read(file)
    for path in keys(document.data):
        data = copy.deepcopy(document.data)
        table: Any = data
        for step in path[:-1]:
            table = table[step]
        table[path[-1]] = [[]] if not isinstance(table[path[-1]], list) else 0.5
        with pytest.raises(ConfigError) as caught:
            site_of(replaced(document, data=data), file.parent)
        assert document.mistake(path, "").line in {mistake.line for mistake in caught.value.mistakes}, path
