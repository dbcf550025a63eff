"""Arguments that several commands of `./hotline sim` have in common."""

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.changes import Change, roster_from
from sim.parallel import Runner, Workers

__all__ = ["add_changes", "add_cluster", "changes_of", "positive", "replications", "runner_of", "share"]

_MOST = 100_000
"""More runs than this are a slip of the hand, and would fill the memory before the first one."""


def add_changes(parser: argparse.ArgumentParser) -> None:
    """Arguments that change values of a scenario and its site."""
    parser.add_argument(
        "--set", type=_change, action="append", default=[], metavar="PATH=VALUE", dest="changes",
        help="a value of the scenario that is otherwise, callers.hangs_up=0.5 or 'agents.roster[1].to=17:00', or of its site, "
        "site.queues.sales.ring_s=15; may be given several times",
    )  # fmt: skip
    parser.add_argument("--roster", type=Path, metavar="FILE", help="another roster, as sim staff --toml writes it")


def changes_of(arguments: argparse.Namespace) -> list[Change]:
    """What these arguments change; ConfigError when the roster's file is none."""
    roster = [roster_from(arguments.roster)] if arguments.roster is not None else []
    return [*roster, *arguments.changes]


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """The argument that sends runs to other machines."""
    parser.add_argument(
        "--cluster", metavar="ADDRESS",
        help="make the runs on the workers of a Dask cluster: HOST:PORT of a scheduler on this machine, or tls://HOST:PORT",
    )  # fmt: skip


@contextmanager
def runner_of(arguments: argparse.Namespace) -> Iterator[Runner]:
    """Where runs are made by these arguments: on all cores of this machine, or on a cluster.

    Raises:
        HalError: the cluster cannot be used.

    """
    if arguments.cluster is None:
        with Workers() as workers:
            yield workers
        return
    from sim.cluster import cluster  # Dask is an extra

    with cluster(arguments.cluster) as runner:
        yield runner


def _change(text: str) -> Change:
    try:
        return Change.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def positive(text: str) -> int:
    """A whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def replications(text: str) -> int:
    """How often to run."""
    number = positive(text)
    if number > _MOST:
        raise argparse.ArgumentTypeError(f"at most {_MOST}")
    return number


def share(text: str) -> float:
    """A share above 0 and below 1, written in percent."""
    parts = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", text)
    if parts is None or not 0 < float(parts[1]) < 100:
        raise argparse.ArgumentTypeError(f"'{text}' is no share such as 5%")
    return float(parts[1]) / 100.0
