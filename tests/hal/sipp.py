"""sipp with scenarios made of a few words, as the far end that says exactly what a standard or a broken device says."""

import subprocess
from pathlib import Path

import trio

from tests.hal import ports

HEAD = """\
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:c[call_number]@[local_ip]:[local_port]>;tag=[pid]C[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{to}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:c[call_number]@[local_ip]:[local_port]>
Max-Forwards: 70
"""
SDP = """\
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
"""


def request(method: str, cseq: int = 1, headers: str = "", body: str = "", uri: str = "[next_url]") -> str:
    """A request in the dialog, or with `uri` the first one."""
    head = HEAD.format(method=method, cseq=cseq, to="" if method == "INVITE" and cseq == 1 else "[peer_tag_param]")
    rest = body or "Content-Length: 0\n"
    return f'<send retrans="500"><![CDATA[\n{method} {uri} SIP/2.0\n{head}{headers}{rest}\n]]></send>\n'


INVITE = request("INVITE", body=SDP, uri="sip:[service]@[remote_ip]:[remote_port]")
RINGING = '<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="183" optional="true"/>\n'
THROUGH = RINGING + '<recv response="200" rrs="true"/>\n' + request("ACK").replace(' retrans="500"', "")
OK = '<recv response="200"/>\n'
BYE = request("BYE", 2) + OK
GOOD_BYE = """\
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
"""
"""The line hangs up."""


def pause(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>\n'


def play(pcap: str) -> str:
    """Send a capture of RTP; needs root."""
    return f'<nop><action><exec play_pcap_audio="/usr/share/sip-tester/{pcap}"/></action></nop>\n'


async def run(
    folder: Path,
    line: str,
    scenario: str,
    *,
    calls: int = 1,
    rate: float = 10.0,
    limit_s: float = 20.0,
) -> subprocess.CompletedProcess[bytes]:
    """Place so many calls to the line; the return code is 0 if all of them went as the scenario says."""
    port = ports.block(60)
    file = folder / f"scenario{port}.xml"
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?>'
    await trio.Path(file).write_text(f'{head}\n<scenario name="s">\n{scenario}</scenario>\n')
    where = ["-i", "127.0.0.1", "-p", str(port), "-mp", str(port + 20)]
    pace = ["-r", str(rate), "-m", str(calls), "-l", str(calls), "-timeout", f"{limit_s:g}s", "-timeout_error"]
    trace = ["-nostdin", "-trace_err", "-error_file", str(folder / f"errors{port}")]
    command = ["sipp", line, "-sf", str(file), "-s", "95500", *where, *pace, *trace]
    with trio.fail_after(limit_s + 5):
        return await trio.run_process(command, check=False, capture_stdout=True, capture_stderr=True)
