"""The call flows that are shipped: sound, in all languages, and beside what they look things up in."""

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from appliance.core.program import nodes
from appliance.flow.rehearsal import Rehearsal
from appliance.flow.trying import answers_of
from appliance.site import load_site
from tests.site.test_demo import FOLDERS

pytestmark = pytest.mark.requirement("IVR-01")


def _dump(connection: sqlite3.Connection) -> list[str]:
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


@pytest.mark.parametrize("file", FOLDERS, ids=lambda file: file.parent.name)
def test_every_flow_in_the_folder_is_the_sites_and_is_checked_with_it(file: Path) -> None:
    flows = {flow.file for flow in load_site(file).call_flows.values()}
    assert flows == {each.name for each in file.parent.glob("*.toml")} - {"site.toml"}


@pytest.mark.requirement("IVR-03")
@pytest.mark.parametrize("script", sorted(file for folder in FOLDERS for file in folder.parent.glob("*.sql")), ids=lambda file: file.name)
def test_a_shipped_database_is_what_its_script_makes(script: Path) -> None:
    made = sqlite3.connect(":memory:")
    made.executescript(script.read_text("utf-8"))
    kept = sqlite3.connect(f"file:{script.with_suffix('.db')}?mode=ro", uri=True)
    assert _dump(kept) == _dump(made)


@pytest.mark.requirement("IVR-02")
@pytest.mark.parametrize("file", FOLDERS, ids=lambda file: file.parent.name)
def test_an_agent_is_one_key_away_in_every_main_menu(file: Path) -> None:
    hotline = load_site(file).plan(lambda piece: piece.name).programs["hotline"]
    assert str(hotline.everywhere["0"]) == "agent"
    exit_ = hotline.nodes["agent"].exit
    assert isinstance(exit_, nodes.CallFlow)
    assert exit_.flow == "people"
    assert all("0" not in node.exit.keys for node in hotline.nodes.values() if isinstance(node.exit, nodes.Menu))


@pytest.mark.requirement("ACC-05")
@pytest.mark.parametrize("hour", [10, 20])
def test_a_government_hotline_tells_nobody_of_an_agent_after_hours(hour: int) -> None:
    site = load_site(next(file for file in FOLDERS if file.parent.name == "government"))
    at = datetime(2026, 10, 19, hour, tzinfo=site.centre.timezone).timestamp()
    call = Rehearsal(site.plan(lambda piece: piece.text), "hotline", answers_of(None), caller="13800138000", wall_s=at)
    for key in ("2", "4", "*", "1"):  # the menu, a part of it, back, the menu again
        call.press(key)
        call.listen()
    menus = [heard.text for heard in call.heard() if "press one" in heard.text and "director" in heard.text]
    assert ["press zero" in menu for menu in menus] == [hour == 10] * 2
