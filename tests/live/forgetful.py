"""`serve` that compares every other second, and to which its media worker's first `Released` is lost."""

import sys
from typing import Any

import appliance.shell.comparing
from appliance.cli import main
from hal.api import Released
from hal.sip.line import SipLine

if __name__ == "__main__":
    appliance.shell.comparing._EVERY_S = 2.0
    heard, lost = SipLine.told, list[Released]()

    def told(line: SipLine, worker: Any, message: Any) -> None:
        if isinstance(message, Released) and not lost:
            lost.append(message)
        else:
            heard(line, worker, message)

    SipLine.told = told  # type: ignore[assignment, method-assign] # that is what this is for
    sys.exit(main(sys.argv[1:]))
