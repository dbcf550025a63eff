"""The shell: the thin part that waits. It feeds inputs to the core and performs what it decides, the same live and simulated."""

from appliance.shell.lines import keep_line
from appliance.shell.shell import Shell, Store, nothing_outside

__all__ = ["Shell", "Store", "keep_line", "nothing_outside"]
