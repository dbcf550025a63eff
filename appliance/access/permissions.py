"""What somebody may do: single permissions, and the roles that are built from them.

Roles are a beginning: a centre changes them, and adds its own. Permissions are closed: each guards something that is there.
An agent's level (agent, supervisor, duty manager) is not among them: it is the site's, and says whom he may watch and command (SUP-03);
a permission says whether he may at all.
"""

from collections.abc import Mapping
from enum import StrEnum

__all__ = ["ROLES", "Permission"]


class Permission(StrEnum):
    """A single permission; the value is its name in the API and in the store."""

    SEAT = "seat"
    """Work as the agent he is: states, call control, his own figures."""
    BOARD = "board"
    """See all agents, queues, contacts and lines as they are now."""
    SUPERVISE = "supervise"
    """Watch and command agents of lower levels: listen, whisper, barge in, take over, release, force states."""
    STORIES = "stories"
    """Read the stories of contacts that were not his own."""
    ALARMS = "alarms"
    """Acknowledge alarms."""
    SITE = "site"
    """Check, change and take back the centre's configuration."""
    USERS = "users"
    """Make, change and disable users, and change what roles may do."""
    AUDIT = "audit"
    """Read who did what."""


ROLES: Mapping[str, frozenset[Permission]] = {
    "agent": frozenset({Permission.SEAT}),
    "supervisor": frozenset({Permission.SEAT, Permission.BOARD, Permission.SUPERVISE, Permission.STORIES}),
    "duty-manager": frozenset(
        {Permission.SEAT, Permission.BOARD, Permission.SUPERVISE, Permission.STORIES, Permission.ALARMS, Permission.AUDIT}
    ),
    "registrar": frozenset({Permission.SEAT}),
    "dispatcher": frozenset({Permission.BOARD}),
    "handler": frozenset[Permission](),
    "administrator": frozenset({Permission.BOARD, Permission.ALARMS, Permission.SITE, Permission.USERS, Permission.AUDIT}),
    "statistician": frozenset({Permission.BOARD, Permission.STORIES}),
    "leader": frozenset({Permission.BOARD}),
}
"""The roles that every centre has, as they are unless it changes them."""
