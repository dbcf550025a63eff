"""A core in a process of its own, to be killed: opens a SIP line, answers, plays to and records every call, prints what it is told.

python core_process.py DATA LISTEN RTP_PORTS PROMPT ORPHAN_S
"""

import sys
from pathlib import Path

import trio

from hal.api import Answer, Answered, Arrived, Event, LineSetup, Play, StartRecording
from hal.sip import SipBackend, SipSettings


async def main() -> None:
    data, listen, rtp_ports, prompt, orphan_s = sys.argv[1:]

    def sink(event: Event) -> None:
        print(repr(event), flush=True)
        if isinstance(event, Arrived):
            line.submit(Answer("sip1", event.leg))
        if isinstance(event, Answered):
            line.submit(Play("sip1", event.leg, 1, (prompt,), loop=True))
            line.submit(StartRecording("sip1", f"r-{event.leg}", f"{data}/{event.leg}.wav", event.leg))

    settings = SipSettings(listen=listen, rtp_ports=rtp_ports, orphan_s=float(orphan_s))
    setup = LineSetup("sip1", settings, sink, Path(data), lambda _: "kanguru 7")
    async with SipBackend().open(setup) as line:
        print("open", flush=True)
        await trio.sleep_forever()


trio.run(main)
