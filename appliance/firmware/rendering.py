"""Which files a site needs around the appliance, and what is in them. Pure: a site in, texts out.

dahdi/       system.conf         the driver of telephone cards
asterisk/    chan_dahdi.conf     the program that speaks their signalling
             extensions.conf, pjsip.conf, manager.conf   its trunk to the appliance
pbx/NAME/    hotline-*.conf      what the Asterisk PBX of line NAME includes
kamailio/    kamailio.cfg ...    spreads the calls of a SIP line over its media workers
systemd/     *.service ...       starts it all, in order
"""

import ipaddress

import attrs

from appliance.firmware.cards import asterisk_files
from appliance.firmware.pbx import pbx_files
from appliance.firmware.templates import template
from appliance.site import Site
from hal.ami import AmiSettings
from hal.asterisk import CardSettings
from hal.dahdi import channel_files, driver_file
from hal.sip import SipSettings

__all__ = ["MARK", "Front", "Unrenderable", "render"]

MARK = "Rendered from the site file by ./hotline firmware render: change the site file, and render again."
"""In the first line of what is rendered."""


class Unrenderable(Exception):
    """What is asked for does not go together with this site; the message says what to do."""


@attrs.frozen
class Front:
    """A Kamailio in front of a SIP line's media workers."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Front":
        """From `192.0.2.10:5060`; ValueError: it is not an address and a port."""
        host, _, port = text.rpartition(":")
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"'{text}' is not an address and a port like 192.0.2.10:5060")
        address = ipaddress.IPv4Address(host)
        if address.is_unspecified:
            raise ValueError(f"{host} is every address of a machine: name the one that the provider sends calls to")
        return cls(str(address), int(port))


def render(site: Site, front: Front | None = None) -> dict[str, str]:
    """Every file by its path below the output folder.

    Raises:
        Unrenderable: see there.

    """
    files = {"systemd/hotline.service": template("systemd/hotline.service")}
    if settings := _cards(site):
        files["dahdi/system.conf"] = _marked(driver_file(settings.layout))
        files["asterisk/chan_dahdi.conf"] = _marked(channel_files(settings.layout), ";")
        files |= {f"asterisk/{name}": text for name, text in asterisk_files(settings, MARK).items()}
        files["systemd/hotline.service.d/cards.conf"] = _marked(template("systemd/cards.conf"))
        if settings.watcher:
            files["systemd/hotline-cards.service"] = _marked(_watcher(settings.watcher))
        files["systemd/asterisk.service.d/cards.conf"] = _marked(template("systemd/asterisk.conf"))
    for name, line in site.lines.items():
        if isinstance(line.settings, AmiSettings):
            files |= {f"pbx/{name}/{file}": text for file, text in pbx_files(line.settings, MARK).items()}
    if front:
        files |= _kamailio(site, front)
    return dict(sorted(files.items()))


def _watcher(where: str) -> str:
    """The service that watches the cards, heard there; a socket in the file system is made in a folder that it may write."""
    writes = f"ReadWritePaths={where.rpartition('/')[0] or '/'}\n" if where.startswith("/") else ""
    return template("systemd/hotline-cards.service", {"watcher": where, "writes": writes})


def _marked(text: str, sign: str = "#") -> str:
    return f"{sign} {MARK}\n{text}"


def _cards(site: Site) -> CardSettings | None:
    """The machine's cards: one line has them all, for the driver counts channels over all of them."""
    lines = {name: line.settings for name, line in site.lines.items() if isinstance(line.settings, CardSettings)}
    if len(lines) > 1:
        raise Unrenderable(f"lines {', '.join(lines)} have spans, and a machine's cards are one line: put all spans into one of them")
    return next(iter(lines.values()), None)


def _kamailio(site: Site, front: Front) -> dict[str, str]:
    lines = {name: line.settings for name, line in site.lines.items() if isinstance(line.settings, SipSettings)}
    if len(lines) != 1:
        raise Unrenderable(f"a front spreads the calls of one SIP line; this site has {len(lines)}: {', '.join(lines) or 'none'}")
    ((name, settings),) = lines.items()
    if not any(ipaddress.ip_address(front.host) in ipaddress.ip_network(network, strict=False) for network in settings.from_):
        remedy = f'add "{front.host}/32" to `from` of [lines.{name}]'
        raise Unrenderable(f"line {name} lets in no calls from {front.host}, and all of them would come from there: {remedy}")
    if ipaddress.IPv4Address(settings.host).is_unspecified:
        remedy = f"name the one that the front reaches as `listen` of [lines.{name}]"
        raise Unrenderable(f"line {name} listens on {settings.host}, which is every address of its machine: {remedy}")
    workers = [(settings.host, settings.port(number)) for number in range(settings.workers)]
    if (front.host, front.port) in workers:
        raise Unrenderable(f"{front.host}:{front.port} is a media worker's own address: give the front another port or address")
    allowed = " || ".join(f'is_in_subnet("$si", "{network}")' for network in settings.from_)
    words = {"host": front.host, "port": str(front.port), "allowed": allowed}
    listed = "".join(f"1 sip:{host}:{port}\n" for host, port in workers)
    return {
        "kamailio/kamailio.cfg": template("kamailio/kamailio.cfg", words | {"mark": MARK}),
        "kamailio/dispatcher.list": _marked(f"# set 1: the media workers of line {name}\n{listed}"),
    }
