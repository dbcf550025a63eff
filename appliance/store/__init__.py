"""The store: what the core asks to be kept, in SQLite, so that what was acknowledged survives a power cut.

    Store(directory)  lock, migrations, what the last run left ─┬─ Writer       rows in, acknowledgements out; one thread, group commit
                                                                └─ Reader       questions, on connections that cannot write
    MemoryStore       the same to write to, for simulation
    VirtualDisk       the whole of it in a simulation, on a disk that can fail

The schema for integrators is SCHEMA.md. The store knows no line, no agent and no time of day: records bring their own times.
"""

from appliance.store.accounts import Account, CodeTries
from appliance.store.boots import Boot
from appliance.store.copies import Copies
from appliance.store.errors import DatabaseNewer, DatabaseUnusable, DataDirectoryBusy, StoreClosed, StoreError
from appliance.store.memory import MemoryStore
from appliance.store.reader import Reader
from appliance.store.reconciliation import Reconciliation
from appliance.store.recovery import Left
from appliance.store.safely import Safely
from appliance.store.store import Keeper, Store
from appliance.store.trouble import Trouble
from appliance.store.users import Role, Session, User
from appliance.store.virtual_disk import VirtualDisk
from appliance.store.writer import Writer

__all__ = [
    "Account",
    "Boot",
    "CodeTries",
    "Copies",
    "DataDirectoryBusy",
    "DatabaseNewer",
    "DatabaseUnusable",
    "Keeper",
    "Left",
    "MemoryStore",
    "Reader",
    "Reconciliation",
    "Role",
    "Safely",
    "Session",
    "Store",
    "StoreClosed",
    "StoreError",
    "Trouble",
    "User",
    "VirtualDisk",
    "Writer",
]
