"""Finds backends by their entry point, so that a third party can add one without touching this project."""

from importlib.metadata import entry_points

from hal.api.errors import UnknownBackend
from hal.api.line import Backend

__all__ = ["backend", "installed"]

_GROUP = "hotline.backends"


def installed() -> list[str]:
    """Names of all installed backends, sorted."""
    return sorted({point.name for point in entry_points(group=_GROUP)})


def backend(name: str) -> Backend:
    """An instance of the backend called `name`; loading it imports only that backend.

    Raises:
        UnknownBackend: nothing of that name is installed; the message lists what is.

    """
    for point in entry_points(group=_GROUP, name=name):
        made: Backend = point.load()()
        return made
    raise UnknownBackend(name, installed())
