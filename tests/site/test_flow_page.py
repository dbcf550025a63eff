"""The page on the flow language is right: its examples are read and sound, and no key, kind or function is missing in it."""

import re
import tomllib
from pathlib import Path

import pytest

from appliance.config import json_schema
from appliance.core.program.analysis import mistakes
from appliance.core.program.expressions import FUNCTIONS
from appliance.core.program.kinds import ASKED, KNOWN, SAID
from appliance.site.flow_file import FlowFile
from appliance.site.tables import Flow
from tests.core.walking import plan_with
from tests.site.small import SMALL, site

pytestmark = pytest.mark.requirement("IVR-01")

PAGE = (Path(__file__).parents[2] / "appliance" / "core" / "program" / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
FLOW = "\n".join(BLOCKS[1:-1])
SHORT = BLOCKS[-1]


def test_the_examples_are_one_sound_flow() -> None:
    assert tomllib.loads(BLOCKS[0])["call_flows"]["hotline"] == "hotline.toml"
    plan = plan_with(FLOW, gateways={"billing": frozenset({"bills"})}, accounts=frozenset({"subscribers"}))
    assert list(mistakes(plan.programs["hotline"], plan)) == []


def test_the_short_form_is_one_too_and_its_nodes_are_named() -> None:
    head, _, rest = SMALL.partition("[flows.hotline]")
    more = SHORT + '[queues.complaint]\n[hours.office]\nmon = ["09:00-18:00"]\n[stations]'
    said = head + rest[rest.index("[queues.consult]") :].replace("[stations]", more)
    plan = site(said.replace('"hotline"', '"office"')).plan(lambda piece: piece.name)
    assert {f"`{name}`" for name in plan.programs["office"].nodes} - set(re.findall("`[^`\n]+`", PAGE)) == set()
    assert set(json_schema(Flow)["properties"]) - set(tomllib.loads(SHORT)["flows"]["office"]) == {"wait_s", "retries", "sorry", "goodbye"}


def test_every_key_is_explained() -> None:
    schema = json_schema(FlowFile)
    tables = {"FlowFile": schema, **{name: table for name, table in schema["$defs"].items() if "properties" in table}}
    keys = {key for table in tables.values() for key in table["properties"]}
    assert len(keys) > 60
    assert {key for key in keys if f"`{key}`" not in PAGE} == set()


def test_every_key_but_a_few_is_in_an_example() -> None:
    written = tomllib.loads(FLOW)
    used = {key for node in written.values() if isinstance(node, dict) for key in node}
    known = set(json_schema(FlowFile)["$defs"]["NodeTable"]["properties"])
    assert known - used == {"call"}, "one flow alone calls none"


def test_every_kind_name_and_function_is_there() -> None:
    assert {name for name in (*ASKED, *SAID, *KNOWN) if f"`{name}`" not in PAGE} == set()
    assert {name for name in FUNCTIONS if f"`{name}(" not in PAGE} == set()
