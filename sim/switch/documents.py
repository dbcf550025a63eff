"""A switch as a TOML file: its devices, its habits, and what is to go wrong with it."""

import tomllib
from pathlib import Path
from typing import Any

import cattrs
from attrs import field, frozen

from sim.switch import mischief
from sim.switch.habits import Habits
from sim.switch.mischief import Mischief
from sim.switch.plan import Group, Plan, RoutePoint, Station, Trunk

__all__ = ["DEMO", "RULES", "BadDescription", "Description", "load"]

RULES: dict[str, type[Mischief]] = {
    "late": mischief.Late,
    "lose": mischief.Lose,
    "twice": mischief.Twice,
    "swap": mischief.Swap,
    "same-invoke-id": mischief.SameInvokeID,
    "decorate": mischief.Decorate,
    "pad": mischief.Pad,
    "restart": mischief.Restart,
    "forget": mischief.Forget,
    "half-open": mischief.HalfOpen,
    "close-session": mischief.CloseSession,
    "lose-messages": mischief.LoseMessages,
    "unplug": mischief.Unplug,
}
"""The `kind` of each mischief."""


class BadDescription(ValueError):
    """The file describes no switch; the message says what is wrong with it."""


@frozen
class Description:
    """All that a file says."""

    plan: Plan
    habits: Habits = field(factory=Habits)
    mischief: tuple[Mischief, ...] = ()


DEMO = Description(
    Plan(
        stations=(
            *(Station(str(number), name) for number, name in enumerate(("Ann", "Björn", "Çelik", "孙"), 8001)),
            *(Station(str(number), "IVR", answers_itself=True) for number in range(8901, 8905)),
            *(Station(str(number), "recorder", answers_itself=True) for number in (8991, 8992)),
        ),
        trunks=(Trunk("T1", 30),),
        route_points=(RoutePoint("7000", default="7100"),),
        groups=(Group("7100", ("8001", "8002", "8003", "8004")), Group("7200", ("8001", "8002", "8003", "8004"), agents=True)),
        dialled={"95500": "7000"},
    )
)
"""Four phones, four IVR ports, two recorders, one E1, the service number 95500 at route point 7000."""


def load(file: Path) -> Description:
    """Read a file.

    Raises:
        BadDescription: it is no TOML, or says what no switch understands.
        OSError: it cannot be read.

    """
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook(float, _number)
    try:
        said = tomllib.loads(file.read_text("utf-8"))
        rules = tuple(_rule(converter, table) for table in said.pop("mischief", []))
        habits = converter.structure(said.pop("habits", {}), Habits)
        return Description(converter.structure(said, Plan), habits, rules)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadDescription(f"{file}: {error}") from None
    except (cattrs.BaseValidationError, cattrs.errors.ForbiddenExtraKeysError) as error:
        raise BadDescription("\n".join(f"{file}: {line}" for line in cattrs.transform_error(error, path="switch"))) from None


def _number(value: Any, _type: type) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"'{value}' is not a number")
    return float(value)


def _rule(converter: cattrs.Converter, table: dict[str, Any]) -> Mischief:
    table = dict(table)
    kind = table.pop("kind", "")
    if kind not in RULES:
        raise BadDescription(f"mischief '{kind}' is not known; there are {', '.join(RULES)}")
    return converter.structure(table, RULES[kind])
