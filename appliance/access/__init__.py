"""Who may do what: users, roles built from single permissions, passwords, sessions.

    Door ── log-in, lock-out, the first administrator ─▶ Sessions ─▶ User ─▶ Users.permissions

It knows no network: the API asks it, and so does the command line by the desk.
"""

from appliance.access.door import Door, Locked, Wrong
from appliance.access.permissions import ROLES, Permission
from appliance.access.sessions import Sessions
from appliance.access.users import Refused, Users

__all__ = ["ROLES", "Door", "Locked", "Permission", "Refused", "Sessions", "Users", "Wrong"]
