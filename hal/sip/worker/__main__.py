"""`python -m hal.sip.worker SOCKET`: started by the SIP line, in a session of its own, so that it outlives the appliance's crash."""

import os
import signal
import sys
from pathlib import Path

from hal.sip.worker.loop import Worker


def main() -> None:
    """Run until told to stop."""
    os.umask(0o077)  # what callers say is for nobody else on this machine
    worker = Worker(Path(sys.argv[1]))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    worker.run()
    sys.stdout.flush()
    os._exit(0)  # PJSIP's threads and Python's shutdown do not agree


main()
