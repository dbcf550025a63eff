"""The configuration of the Asterisk that we compare with: a service number with a prompt, and a queue, recorded, with agents.

It is set to do the same work as ours, and no more: answer without waiting for speech (`Answer(,i)`), ring the agent who is idle longest,
hand several callers over at a time (autofill), wait music, recorded conversations, a call record in a file. `files` is pure: settings in,
texts out.
"""

from collections.abc import Mapping

import attrs

__all__ = ["AMI_USER", "Centre", "files"]

AMI_USER = "peer"

# Modules that look for servers, hardware or databases that are not there; everything else that Debian ships is loaded.
_UNUSED = """
app_amd app_followme app_jack app_voicemail_odbc cdr_pgsql cdr_radius cdr_tds cel_pgsql cel_radius cel_tds chan_console chan_dahdi
chan_iax2 chan_motif chan_unistim pbx_ael pbx_dundi pbx_lua res_config_ldap res_config_odbc res_config_pgsql res_config_sqlite3 res_odbc
res_phoneprov res_prometheus res_smdi res_snmp res_xmpp
"""


@attrs.frozen(kw_only=True)
class Centre:
    """What the Asterisk is to be: its addresses, numbers and people. All addresses are loopback addresses."""

    address: str = "127.0.0.10"
    """The address that everything is bound to."""
    sip_port: int = 5060
    ami_port: int = 5038
    ami_secret: str = "for-tests-on-loopback"
    rtp_ports: tuple[int, int] = (20000, 23999)
    """First and last UDP port for speech."""
    callers: str = "127.0.0.2"
    """Address (or network) that calls come from; they need no password."""
    prompt_number: str = "95500"
    """Answers, plays the prompt, hangs up."""
    queues: Mapping[str, tuple[str, ...]] = attrs.field(factory=lambda: {"95501": ()})
    """Numbers that answer and queue the caller, each with its agents by name; none: everybody serves it."""
    agents: Mapping[str, str] = attrs.field(factory=dict)
    """Agents with a phone that is always there: name -> where it is, as `127.0.0.3:6200`."""
    phones: Mapping[str, str] = attrs.field(factory=dict)
    """Further agents, whose phones register themselves: name -> password."""
    ring_s: int = 15
    record: bool = True
    """Whether conversations are recorded."""
    cards: str = ""
    """What chan_dahdi is told of telephone cards; empty: it is not loaded. There are no cards: it reads, and opens nothing."""


def files(centre: Centre, home: str, modules: str, data: str) -> dict[str, str]:
    """Every file below `home`/etc, by its name.

    `home`, `modules` and `data` are folders as Asterisk sees them: the instance's own, and those of its loadable modules and its own data.
    """
    return {
        "asterisk.conf": _asterisk(home, modules, data),
        "modules.conf": "[modules]\nautoload=yes\n" + "".join(f"noload={name}.so\n" for name in _unused(centre)),
        **({"chan_dahdi.conf": centre.cards} if centre.cards else {}),
        "logger.conf": "[logfiles]\nmessages.log => notice,warning,error\n",
        "manager.conf": _manager(centre),
        "rtp.conf": f"[general]\nrtpstart={centre.rtp_ports[0]}\nrtpend={centre.rtp_ports[1]}\n",
        "cdr.conf": "[general]\nenable=yes\n[csv]\nusegmtime=yes\nloguniqueid=yes\n",
        "indications.conf": _INDICATIONS,
        "musiconhold.conf": f"[default]\nmode=files\ndirectory={home}/music\n",
        "pjsip.conf": _pjsip(centre),
        "queues.conf": _queues(centre),
        "extensions.conf": _extensions(centre, home),
    }


def _unused(centre: Centre) -> list[str]:
    return [name for name in _UNUSED.split() if name != "chan_dahdi" or not centre.cards]


def _asterisk(home: str, modules: str, data: str) -> str:
    folders = {
        "astcachedir": f"{home}/cache",
        "astetcdir": f"{home}/etc",
        "astmoddir": modules,
        "astvarlibdir": f"{home}/db",
        "astdbdir": f"{home}/db",
        "astkeydir": f"{home}/db",
        "astdatadir": data,
        "astagidir": f"{home}/agi",
        "astspooldir": f"{home}/spool",
        "astrundir": f"{home}/run",
        "astlogdir": f"{home}/log",
    }
    return (
        "[directories]\n" + "".join(f"{key} => {value}\n" for key, value in folders.items()) + "[options]\nnocolor = yes\ndontwarn = yes\n"
    )


def _manager(centre: Centre) -> str:
    return f"""\
[general]
enabled=yes
bindaddr={centre.address}
port={centre.ami_port}
[{AMI_USER}]
secret={centre.ami_secret}
deny=0.0.0.0/0.0.0.0
permit=127.0.0.0/255.0.0.0
read=all
write=all
"""


_INDICATIONS = """\
[general]
country=us
[us]
description=US
ringcadence=2000,4000
dial=350+440
busy=480+620/500,0/500
ring=440+480/2000,0/4000
congestion=480+620/250,0/250
"""


def _pjsip(centre: Centre) -> str:
    parts = [
        f"""\
[global]
type=global
endpoint_identifier_order=ip,username,anonymous
[udp]
type=transport
protocol=udp
bind={centre.address}:{centre.sip_port}
[ours](!)
type=endpoint
context=numbers
disallow=all
allow=alaw,ulaw
direct_media=no
media_address={centre.address}
bind_rtp_to_media_address=yes
[callers](ours)
[callers-from]
type=identify
endpoint=callers
match={centre.callers}
"""
    ]
    parts += [f"[{name}](ours)\naors={name}\n[{name}]\ntype=aor\ncontact=sip:{name}@{where}\n" for name, where in centre.agents.items()]
    parts += [
        f"[{name}](ours)\naors={name}\nauth={name}\n[{name}]\ntype=auth\nauth_type=userpass\nusername={name}\npassword={password}\n"
        f"[{name}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\n"
        for name, password in centre.phones.items()
    ]
    return "".join(parts)


def _queues(centre: Centre) -> str:
    # leastrecent is our longest-idle. The recording starts with the conversation (MixMonitor, the only monitor-type left).
    parts = ["[general]\nautofill=yes\npersistentmembers=no\nmonitor-type=MixMonitor\n"]
    for number, agents in centre.queues.items():
        parts.append(f"""\
[q{number}]
strategy=leastrecent
musicclass=default
timeout={centre.ring_s}
retry=1
ringinuse=no
wrapuptime=0
joinempty=yes
leavewhenempty=no
{"monitor-format=wav" if centre.record else ""}
""")
        parts += [f"member => PJSIP/{name}\n" for name in agents or (*centre.agents, *centre.phones)]
    return "".join(parts)


def _extensions(centre: Centre, home: str) -> str:
    # Without i, Answer() waits up to 500 ms for the caller's first speech.
    steps = {centre.prompt_number: f"Playback({home}/sounds/prompt)", **{number: f"Queue(q{number})" for number in centre.queues}}
    return "[general]\nstatic=yes\n[numbers]\n" + "".join(
        f"exten => {number},1,Answer(,i)\n same => n,{step}\n same => n,Hangup()\n" for number, step in steps.items()
    )
