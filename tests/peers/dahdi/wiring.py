"""What the machine's driver and its two Asterisks are told: four pairs of spans, each wired to the other.

    span  channels      at         is
    1     1-31          gateway    E1, PRI, user side: the appliance's own card
    2     32-33         gateway    analogue, as of a channel bank: a telephone's port (fxs), an exchange line's (fxo)
    3     34-64         exchange   E1 ... network side: the public network
    4     65-66         exchange   the telephone, and the end of the exchange line
    5     67-74         gateway    MFC/R2 of China, without the caller's number; eight channels of an E1
    6     75-82         exchange   ... its far end
    7, 8  83-84, 85-86             clear channels that nobody serves: for tests of the driver

What the exchange's numbers do: 138... answer and say a tone; 137... ring for ever; 136... answer and take keys; 135... answer and say
nothing; 139... ring and end with the Q.850 cause that their last two digits are. The gateway's numbers do the same for calls that come in:
9550..., 9551..., 9552..., 9554... and 9553..CC. All others are the appliance's, and go there by SIP.
"""

from collections.abc import Mapping
from pathlib import Path

import attrs

from appliance.firmware.cards import asterisk_files
from hal.asterisk import CardSettings
from hal.dahdi import channel_files

__all__ = ["EXCHANGE", "GATEWAY", "Network", "Side", "files"]


@attrs.frozen
class Side:
    """One of the two Asterisks."""

    name: str
    manager_port: int
    """Of its AMI, in the machine."""
    tone: int
    """In hertz: what those who talk say."""
    numbers: tuple[str, str, str, str, str]
    """Beginnings of those that talk, ring, take keys, are quiet, and end."""


@attrs.frozen
class Network:
    """Telephones outside of the machine that are subscribers of the exchange, or call it, by SIP."""

    at: str
    """Where the exchange is called, `127.0.0.51:5170`."""
    subscriber: int
    """Port of the phone on 127.0.0.1 that `SUBSCRIBER` is."""
    first_rtp_port: int
    """Of the exchange; the same numbers inside and outside."""


SUBSCRIBER = "13700137000"
GATEWAY = Side("gateway", 5038, 1100, ("9550", "9551", "9552", "9554", "9553"))
EXCHANGE = Side("exchange", 5039, 700, ("138", "137", "136", "135", "139"))
USER, SECRET = "tests", "of the wires"
WIRE = Path(__file__).with_name("wire.py")
RTP_PORTS = 20
"""Of the gateway, behind those of the appliance: the same numbers inside and outside."""
TALK_S = 4
"""How long a conversation lasts: each end records it, and hangs up."""


SYSTEM_CONF = """\
dynamic=loc,1:0,31,0
dynamic=loc,4:0,2,0
dynamic=loc,1:1,31,0
dynamic=loc,4:1,2,0
dynamic=loc,2:0,8,0
dynamic=loc,2:1,8,0
dynamic=loc,3:0,2,0
dynamic=loc,3:1,2,0
alaw=1-86
bchan=1-15,17-31
dchan=16
fxoks=32
fxsks=33
bchan=34-48,50-64
dchan=49
fxsks=65
fxoks=66
cas=67-82:1111
bchan=83-86
loadzone=cn
defaultzone=cn
"""

_R2 = """\
signalling=mfcr2
mfcr2_variant=cn
mfcr2_get_ani_first=no
mfcr2_max_ani=0
mfcr2_max_dnis=6
mfcr2_category=national_subscriber
"""
_CHANNELS = {
    GATEWAY: f"""\
switchtype=euroisdn
signalling=pri_cpe
group=1
channel=>1-15,17-31
{_R2}group=3
channel=>67-74
""",
    EXCHANGE: f"""\
switchtype=euroisdn
signalling=pri_net
group=1
channel=>34-48,50-64
{_R2}group=3
channel=>75-82
group=
context=telephone
signalling=fxs_ks
channel=>65
context=calling
signalling=fxo_ks
channel=>66
""",
}

_MODULES = (
    "pbx_config", "chan_dahdi", "app_dial", "app_playback", "app_playtones", "app_record", "app_verbose", "app_read", "app_senddtmf",
    "app_userevent", "app_stack",
    "app_flash", "format_wav", "format_pcm", "codec_alaw", "codec_ulaw", "func_callerid", "func_channel", "func_logic",
    "func_strings", "func_hangupcause", "bridge_simple", "bridge_native_rtp", "bridge_holding", "bridge_builtin_features",
    "res_timing_timerfd",
)  # fmt: skip
_SIP_MODULES = (
    "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_pjproject", "res_pjsip", "res_pjsip_session", "res_pjsip_pubsub",
    "res_pjsip_sdp_rtp", "res_pjsip_authenticator_digest",
    "res_rtp_asterisk", "res_pjsip_endpoint_identifier_ip", "res_pjsip_caller_id", "res_pjsip_nat", "res_pjsip_rfc3326",
    "res_pjsip_header_funcs", "res_pjsip_refer", "res_pjsip_dtmf_info", "chan_pjsip", "func_rand",
)  # fmt: skip

# Each `asterisk -rx` costs the emulated processor a second: the consoles are asked once they are there.
START = """\
#!/bin/sh
dahdi_cfg >/var/log/dahdi_cfg.log 2>&1 || { echo "dahdi_cfg failed:"; tail -n5 /var/log/dahdi_cfg.log; }
for side in gateway exchange; do asterisk -C /etc/$side/asterisk.conf -g; done
for side in gateway exchange; do
  tries=0
  until [ -S /var/$side/run/asterisk.ctl ] || [ $tries -gt 300 ]; do sleep 0.2; tries=$((tries + 1)); done
  asterisk -C /etc/$side/asterisk.conf -rx "core waitfullybooted"
done
"""


def files(appliance: CardSettings | None = None, network: Network | None = None) -> Mapping[str, str]:
    """All files of the machine's second disk by their path, but for those of a test.

    With `appliance` its gateway is the Asterisk of that card line as well, with the configuration that is rendered for it; with `network`
    its exchange has subscribers by SIP.
    """
    made = {"etc/dahdi/system.conf": SYSTEM_CONF, "vm-start": START, "opt/wire.py": WIRE.read_text()}
    # Without these Asterisk waits for name servers that cannot be reached.
    made["etc/hosts"] = "127.0.0.1 localhost dahdi-vm\n"
    made["etc/resolv.conf"] = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
    for side in (GATEWAY, EXCHANGE):
        for name, text in _asterisk(side, appliance if side is GATEWAY else None, network if side is EXCHANGE else None).items():
            made[f"etc/{side.name}/{name}"] = text
        for folder in ("run", "log", "db/keys", "spool/tmp", "cache"):
            made[f"var/{side.name}/{folder}/.here"] = ""
    return made


def _asterisk(side: Side, appliance: CardSettings | None, network: Network | None) -> dict[str, str]:
    home = f"/var/{side.name}"
    folders = {
        "astetcdir": f"/etc/{side.name}",
        "astmoddir": "/usr/lib/x86_64-linux-gnu/asterisk/modules",
        "astvarlibdir": "/usr/share/asterisk",
        "astdatadir": "/usr/share/asterisk",
        "astdbdir": f"{home}/db",
        "astkeydir": f"{home}/db",
        "astcachedir": f"{home}/cache",
        "astagidir": f"{home}/agi",
        "astspooldir": f"{home}/spool",
        "astrundir": f"{home}/run",
        "astlogdir": f"{home}/log",
    }
    modules = (*_MODULES, *(_SIP_MODULES if appliance or network else ()))
    made = {
        "asterisk.conf": "[directories]\n" + "".join(f"{k} => {v}\n" for k, v in folders.items()) + "[options]\nnocolor = yes\n",
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load = {name}.so\n" for name in modules),
        "logger.conf": "[general]\n[logfiles]\nmessages => notice,warning,error,verbose(3)\n",
        "indications.conf": "[general]\ncountry=cn\n[cn]\ndescription=China\nringcadence=1000,4000\ndial=450\nbusy=450/350,0/350\n"
        "ring=450/1000,0/4000\ncongestion=450/700,0/700\n",
        "manager.conf": f"[general]\nenabled=yes\nbindaddr=0.0.0.0\nport={side.manager_port}\n"
        f"[{USER}]\nsecret={SECRET}\nread=all\nwrite=all\n",
        "chan_dahdi.conf": "[channels]\nlanguage=en\nusecallerid=yes\nechocancel=no\n"
        # The emulated processor may be late by half a second; the driver keeps what is said meanwhile.
        "buffers=32,immediate\n"
        f"context=from-{'exchange' if side is GATEWAY else 'gateway'}\n{_CHANNELS[side]}",
        "extensions.conf": _dialplan(side),
    }
    if appliance:
        _join(made, appliance)
    if network:
        _join_network(made, network)
    return made


def _join_network(made: dict[str, str], network: Network) -> None:
    """Let telephones outside call over the exchange, and be called."""
    host, port = network.at.split(":")
    made["pjsip.conf"] = NETWORK.format(host=host, port=port, subscriber=network.subscriber)
    made["rtp.conf"] = f"[general]\nstrictrtp=no\nrtpstart={network.first_rtp_port}\nrtpend={network.first_rtp_port + RTP_PORTS - 1}\n"
    made["extensions.conf"] += NETWORK_DIALPLAN


def _join(made: dict[str, str], appliance: CardSettings) -> None:
    """Make an Asterisk that of a card line: what is rendered for it, but for what its network has of an emulated machine's."""
    rendered = asterisk_files(appliance, "a test")
    host, port = appliance.sip_address
    last = int(appliance.voice.rtp_ports.split("-")[1])
    made["extensions.conf"] += "[from-exchange](+)\nexten => _X.,1,Goto(from-card,${EXTEN},1)\nexten => 95500,1,Goto(from-card,95500,1)\n"
    made["extensions.conf"] += rendered["extensions.conf"].replace("[general]\nstatic=yes\nwriteprotect=yes\n", "")
    # From inside the host is 10.0.2.2; outside, everything has its address of loopback. It is spoken to where it speaks from.
    made["pjsip.conf"] = (
        rendered["pjsip.conf"]
        .replace(f"bind={host}:{port}\n", f"bind=0.0.0.0:{port}\nexternal_signaling_address={host}\nlocal_net=192.0.2.0/24\n")
        .replace("bind_rtp_to_media_address=yes\n", "rtp_symmetric=yes\nforce_rport=yes\nrewrite_contact=yes\n")
        .replace(f"contact=sip:{appliance.voice.host}:", "contact=sip:10.0.2.2:")
        .replace(f"match={appliance.voice.host}\n", "match=10.0.2.2\n")
    )
    made["rtp.conf"] = f"[general]\nstrictrtp=no\nrtpstart={last + 1}\nrtpend={last + RTP_PORTS}\n"
    may = "\n".join(line for line in rendered["manager.conf"].splitlines() if line.startswith(("read=", "write=", "eventfilter=")))
    made["manager.conf"] += f"[{appliance.manager.user}]\nsecret={SECRET}\n{may}\n"
    made["chan_dahdi.conf"] += channel_files(appliance.layout).partition("; span 2:")[2]


NETWORK = """\
[global]
type=global
endpoint_identifier_order=ip
[net-udp]
type=transport
protocol=udp
bind=0.0.0.0:{port}
external_signaling_address={host}
local_net=192.0.2.0/24
[net]
type=endpoint
transport=net-udp
context=from-net
disallow=all
allow=alaw,ulaw
direct_media=no
aors=net
send_pai=yes
trust_id_inbound=yes
media_address={host}
rtp_symmetric=yes
force_rport=yes
rewrite_contact=yes
[net]
type=aor
contact=sip:10.0.2.2:{subscriber}
[net-from]
type=identify
endpoint=net
match=10.0.2.2
"""
NETWORK_DIALPLAN = f"""\
[from-net]
exten => _X.,1,Dial(DAHDI/g1/${{EXTEN}})
 same => n,Hangup(${{HANGUPCAUSE}})
[from-gateway](+)
exten => {SUBSCRIBER},1,Dial(PJSIP/${{EXTEN}}@net)
 same => n,Hangup(${{HANGUPCAUSE}})
"""


def _dialplan(side: Side) -> str:
    number = dict(zip(("talks", "rings", "keys", "quiet", "ends"), side.numbers, strict=True))
    recording = f"/tmp/{side.name}-${{UNIQUEID}}.wav"
    talk = f"Answer(,i)\n same => n,PlayTones({side.tone})\n same => n,Record({recording},0,{TALK_S},kqx)\n same => n,Hangup(16)"
    return f"""\
[general]
static=yes
[from-{"exchange" if side is GATEWAY else "gateway"}]
exten => _{number["talks"]}.,1,{talk}
exten => _{number["rings"]}.,1,Ringing()
 same => n,Wait(3600)
exten => _{number["keys"]}.,1,Answer(,i)
 same => n,Read(HEARD,,0,,1,60)
exten => _{number["quiet"]}.,1,Answer(,i)
 same => n,Wait(3600)
exten => _{number["ends"]}.,1,Ringing()
 same => n,Wait(0.2)
 same => n,Hangup(${{EXTEN:-2}})
[telephone]
exten => s,1,Answer(,i)
 same => n,Goto(calling,tone,1)
[calling]
exten => talk,1,{talk}
exten => tone,1,PlayTones({side.tone})
 same => n,Wait(3600)
exten => flash,1,StopPlayTones()
 same => n,Flash()
 same => n,Goto(tone,1)
exten => quiet,1,Wait(3600)
exten => _key.,1,Wait(1)
 same => n,SendDTMF(${{EXTEN:3}},150,150)
 same => n,Wait(2)
"""
