"""`./hotline why CONTACT`: a contact's story with the decisions on it, and why an agent was rung for it or was not.

    find ─▶ Story: contact, steps and decisions in their order ─┬─ tell, tell_agent ─▶ terminal
                          └─▶ answers: one agent's view of it ──┴─ as_data ─▶ JSON

It reads the store beside a running appliance, and knows nothing but what is written there.
"""

import argparse
import json
import sys
from pathlib import Path

from attrs import asdict

from appliance.store import Reader, StoreError
from appliance.why.answers import answers, meanwhile
from appliance.why.story import Unfindable, find
from appliance.why.telling import as_data, tell, tell_agent

__all__ = ["add_arguments", "run_why"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("contact", help="contact ID, the end of one, or a caller's number: then his newest contact")
    parser.add_argument("--agent", metavar="NUMBER", help="say why this agent was rung for it, or was not")
    parser.add_argument("--data", type=Path, default=Path("data"), help="data directory (default: ./data)")
    parser.add_argument("--json", action="store_true", help="the same as data")


def run_why(arguments: argparse.Namespace) -> int:
    """Tell it on stdout and return 0; 2 when there is nothing to tell: why is on stderr."""
    try:
        with Reader(arguments.data / "hotline.db") as reader:
            story = find(reader, arguments.contact)
            data, told = as_data(story), ""
            if arguments.agent is not None:
                found, states = answers(reader, story, arguments.agent), meanwhile(reader, story, arguments.agent)
                shown = {"answers": [asdict(each) for each in found], "states": [asdict(row) for row in states]}
                data["agent"] = {"agent": arguments.agent, **shown}
                told = tell_agent(story, arguments.agent, found, states)
    except (StoreError, Unfindable) as error:
        print(f"hotline why: {error}", file=sys.stderr)
        return 2
    print(json.dumps(data, ensure_ascii=False, indent=2) if arguments.json else told or tell(story))
    return 0
