"""How a run of the appliance begins: the core is told the time and what the last run left, and the store's trouble is an alarm."""

from collections.abc import Callable, Collection

from attrs import evolve

from appliance.core.inputs import ClockSet, Noticed
from appliance.core.records import Contact
from appliance.shell.shell import Shell, Store
from appliance.store import Left, Trouble
from hal.api import Severity

__all__ = ["begin", "storage_alarm"]


def begin(shell: Shell, left: Left, store: Store, lines: Collection[str], wall: Callable[[], float]) -> None:
    """Tell the core what it has to know before the first line opens; `lines` are those of the site, `wall` is the time of day.

    Contacts of the last run on lines that there are not any more cannot be found again: they are closed.
    """

    def can_go_on(row: Contact) -> bool:
        return row.line in lines or row.medium != "voice"

    shell.post(ClockSet(wall()))
    left.close_lost([row.id for row in left.unfinished_contacts() if not can_go_on(row)], wall(), store.put)
    restored = left.restored
    shell.post(evolve(restored, contacts=tuple(filter(can_go_on, restored.contacts))))


def storage_alarm(shell: Shell) -> Callable[[Trouble | None], None]:
    """What the store's writer tells when it is in trouble."""

    def tell(trouble: Trouble | None) -> None:
        if trouble is None:
            shell.post(Noticed("store", Severity.BLUE, "", cleared=True))
        else:
            shell.post(Noticed("store", trouble.severity, trouble.text, trouble.advice))

    return tell
