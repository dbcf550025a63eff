"""What the driver and chan_dahdi are told: `system.conf` for dahdi_cfg, `chan_dahdi.conf` for Asterisk. Layout in, text out.

Source: system.conf.sample and chan_dahdi.conf.sample of DAHDI 3.1 and Asterisk 22; ITU-T Q.931, Q.421 to Q.442 (MFC/R2), Q.704 (SS7).
Every channel's calls arrive in the dialplan context `from-card`, with the service number as the extension; an exchange line says no number,
so each of its ports has a context of its own, `from-card-95500`, and a telephone's port `from-station-8101`.
"""

from collections.abc import Iterator

from hal.dahdi.spans import E1, R2_VARIANTS, Layout, Wires, ranges

__all__ = ["CONTEXT", "TELEPHONES", "channel_files", "driver_file", "line_context", "station_context"]

CONTEXT = "from-card"
TELEPHONES = "telephones"
"""Trunk, between Asterisk and the appliance, of calls to and from the telephones at fxs ports."""
ZONE = "cn"
_CALLER_ID = {
    "fsk": ("usecallerid=yes", "cidsignalling=bell", "cidstart=ring"),
    # chan_dahdi takes the first ring for the digits' beginning, and gives up without a second one within 4 s: China's comes after 5.
    "dtmf": ("usecallerid=yes", "cidsignalling=dtmf", "cidstart=dtmf"),
    "none": ("usecallerid=no",),
}
_DIGITAL = ("usecallerid=yes", "busydetect=no", "answeronpolarityswitch=no", "hanguponpolarityswitch=no")
"""What analogue ports before it were told stays in force: chan_dahdi drops the caller's number of ISDN, too, with usecallerid=no."""
_ECHO = "oslec"


def line_context(number: str) -> str:
    """Context of the exchange lines that belong to a service number."""
    return f"{CONTEXT}-{number}"


def station_context(station: str) -> str:
    """Context of a telephone at an fxs port."""
    return f"from-station-{station}"


def driver_file(layout: Layout, zone: str = ZONE) -> str:
    """`system.conf`: spans, their framing and clock, and what each channel is for."""
    lines = []
    for wires in layout.wires:
        lines += [f"# span {wires.span.number}: {_about(wires)}", *_span_lines(wires), ""]
    if speech := tuple(channel for wires in layout.wires for channel in wires.bearers):
        lines += [f"echocanceller={_ECHO},{ranges(speech)}", ""]
    lines += [f"loadzone={zone}", f"defaultzone={zone}"]
    return "\n".join(lines) + "\n"


def _about(wires: Wires) -> str:
    span = wires.span
    clock = f", clock from the network ({wires.timing})" if wires.timing else ", gives the clock"
    if span.signalling == "analogue":
        clock = ""
    what = {"pri": "E1, ISDN PRI", "bri": "ISDN BRI", "mfc-r2": f"E1, MFC/R2 {span.variant}", "ss7": "E1, SS7 ITU", "analogue": "analogue"}
    return f"{what[span.signalling]}{clock}, trunk {span.trunk}"


def _span_lines(wires: Wires) -> Iterator[str]:
    span = wires.span
    if span.signalling in E1:
        framing = "cas" if span.signalling == "mfc-r2" else "ccs"
        yield f"span={span.number},{wires.timing},{span.line_build_out},{framing},hdb3{',crc4' if span.has_crc4 else ''}"
    elif span.signalling == "bri":
        yield f"span={span.number},{wires.timing},0,ccs,ami"
    if span.signalling == "mfc-r2":
        yield f"cas={ranges(wires.bearers)}:{span.idle}"
    elif span.signalling != "analogue":
        yield f"bchan={ranges(wires.bearers)}"
    if wires.signalling:
        kind = {"pri": "dchan", "bri": "hardhdlc", "ss7": span.hdlc}[span.signalling]
        yield f"{kind}={wires.signalling}"
    # A port that an exchange line comes into behaves as a telephone would, so it speaks the telephone's (fxs) signalling, and the reverse.
    for kind, key in (("fxo", "fxsks"), ("fxs", "fxoks")):
        if sockets := wires.sockets(kind):
            yield f"{key}={ranges(tuple(channel for channel, _ in sockets))}"


def channel_files(layout: Layout) -> str:
    """`chan_dahdi.conf`: who speaks which signalling on which channels, in which group (trunk)."""
    lines = [
        "[channels]",
        "usecallerid=yes",
        "hidecallerid=no",
        "echocancel=yes",
        "echocancelwhenbridged=no",  # the appliance's own leg is no telephone wire
        "callwaiting=no",
        "threewaycalling=no",
        "transfer=no",
        "overlapdial=no",
        "",
    ]
    linksets = {name: at for at, name in enumerate(dict.fromkeys(w.span.trunk for w in layout.wires if w.span.signalling == "ss7"), 1)}
    for wires in layout.wires:
        lines += [f"; span {wires.span.number}: {_about(wires)}"]
        if wires.span.signalling == "analogue":
            lines += _analogue(wires, layout.trunks[wires.span.trunk])
            continue
        lines += [f"context={CONTEXT}", f"group={layout.trunks[wires.span.trunk]}", *_DIGITAL]
        match wires.span.signalling:
            case "pri" | "bri":
                lines += _q931(wires)
            case "mfc-r2":
                lines += _r2(wires)
            case "ss7":
                lines += _ss7(wires, linksets[wires.span.trunk])
        lines.append("")
    return "\n".join(lines) + "\n"


def _q931(wires: Wires) -> list[str]:
    span = wires.span
    side = "net" if span.role == "network" else "cpe"
    kind = f"pri_{side}" if span.signalling == "pri" else f"bri_{side}{'_ptmp' if span.multipoint else ''}"
    return [f"switchtype={span.switch}", f"signalling={kind}", f"channel => {ranges(wires.bearers)}"]


def _r2(wires: Wires) -> list[str]:
    span = wires.span
    return [
        "signalling=mfcr2",
        f"mfcr2_variant={R2_VARIANTS[span.variant]}",
        # openr2 1.3 and China's exchange do not agree on how a caller's number is asked for before the called one.
        f"mfcr2_get_ani_first={'no' if span.variant == 'china' else 'yes'}",
        f"mfcr2_max_ani={span.ani_digits}",
        f"mfcr2_max_dnis={span.dnis_digits}",
        "mfcr2_category=national_subscriber",
        f"channel => {ranges(wires.bearers)}",
    ]


def _ss7(wires: Wires, linkset: int) -> list[str]:
    span = wires.span
    lines = [
        "signalling=ss7",
        "ss7type=itu",
        f"networkindicator={span.network}",
        "ss7_called_nai=dynamic",
        "ss7_calling_nai=dynamic",
        f"linkset={linkset}",
        f"pointcode={span.point_code}",
        f"adjpointcode={span.adjacent_point_code}",
        f"defaultdpc={span.destination}",
    ]
    # A circuit's code follows its time slot: the slot that carries the signalling has a code, too, and no circuit.
    runs = ranges(wires.bearers).split(",")
    for run in runs:
        slot = int(run.partition("-")[0]) - wires.first
        lines += [f"cicbeginswith={span.first_circuit + slot}", f"channel => {run}"]
    return [*lines, f"sigchan={wires.signalling}"] if wires.signalling else lines


def _analogue(wires: Wires, group: int) -> list[str]:
    lines = []
    for channel, port in wires.sockets("fxo"):
        lines += [
            f"context={line_context(port.number)}",
            f"group={group}",
            "signalling=fxs_ks",
            *_CALLER_ID[port.caller_id],
            "busydetect=yes",
            "busycount=4",
            "busypattern=350,350",
            "answeronpolarityswitch=yes",
            "hanguponpolarityswitch=yes",
            f"channel => {channel}",
            "",
        ]
    for channel, port in wires.sockets("fxs"):
        lines += [
            f"context={station_context(port.station)}",
            "group=",
            "signalling=fxo_ks",
            "usecallerid=yes",
            "cidsignalling=dtmf",
            "cidstart=ring",  # what the exchange lines before it were told stays in force
            "busydetect=no",
            "answeronpolarityswitch=no",
            "hanguponpolarityswitch=no",
            f'callerid="{port.station}" <{port.station if port.station.isdigit() else ""}>',
            f"channel => {channel}",
            "callerid=",
            "",
        ]
    return lines
