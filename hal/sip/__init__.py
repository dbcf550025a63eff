"""SIP: trunks, phones and media over PJSIP, in child processes of their own.

`SipBackend` opens a line: it runs in the appliance and never loads PJSIP. Calls, speech and registrations live in media workers
(`hal.sip.worker`), each a process of its own that outlives a crash of the appliance and whose own crash costs its own calls only.

    line.py ── supervisor.py ──(newline JSON over a Unix socket: wire.py)── worker/   [process per worker, the only place with pjsua2]

Not here: T.38 fax, video, WebRTC, in-band digits, IPv6.
"""

from hal.sip.backend import SipBackend
from hal.sip.settings import SipSettings

__all__ = ["SipBackend", "SipSettings"]
