"""`./hotline firmware`: the configuration of what stands around the appliance."""

import argparse
import sys
from pathlib import Path

from appliance.config import ConfigError
from appliance.firmware.rendering import MARK, Front, Unrenderable, render
from appliance.firmware.writing import Change, Unwritable, changes, left_over, write
from appliance.site import load_site

__all__ = ["add_commands"]

_UNUSABLE = 2
_LEFT = 1


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    about = "write the configuration of cards, Asterisk, Kamailio and systemd that a site needs, after showing what changes"
    one = parser.add_subparsers(required=True, metavar="COMMAND").add_parser("render", help=about, description=about)
    one.add_argument("site", type=Path, help="site file")
    one.add_argument("--out", type=Path, required=True, help="folder to write into; firmware-config/README.md says where each file goes")
    one.add_argument("--front", metavar="ADDRESS:PORT", help="where a Kamailio listens that spreads calls over several media workers")
    one.add_argument("--overwrite", action="store_true", help="overwrite without asking")
    one.set_defaults(run=_render)


def _render(arguments: argparse.Namespace) -> int:
    try:
        front = Front.parse(arguments.front) if arguments.front else None
        files = render(load_site(arguments.site), front)
        found = changes(arguments.out, files)
    except ConfigError as error:
        print("\n".join(map(str, error.mistakes)), file=sys.stderr)
        return _UNUSABLE
    except (Unrenderable, Unwritable, ValueError) as error:
        print(f"hotline firmware: {error}", file=sys.stderr)
        return _UNUSABLE
    other = [change for change in found if change.before is not None]
    for change in other:
        print(change.diff())
    if other and not arguments.overwrite and not _agreed(len(other)):
        print(f"hotline firmware: nothing is written: {_count(other)} would change; --overwrite writes", file=sys.stderr)
        return _LEFT
    write(arguments.out, found)
    for name in files:
        state = next(("new" if change.before is None else "changed" for change in found if change.name == name), "as it was")
        print(f"  {state:9}  {arguments.out / name}")
    for path in left_over(arguments.out, files, MARK):
        print(f"  left over  {path}: rendered once, and not for this site as it is now; take it away, also from where it was copied to")
    return 0


def _count(files: list[Change]) -> str:
    return f"{len(files)} {'file' if len(files) == 1 else 'files'}"


def _agreed(count: int) -> bool:
    """Whether the operator wants it; without a terminal nobody can say so."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return input(f"overwrite {count} {'file' if count == 1 else 'files'}? [y/N] ").strip().lower() in ("y", "yes")
