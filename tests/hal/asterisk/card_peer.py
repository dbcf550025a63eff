"""The far end of a card line without a card: the rendered configuration in a real Asterisk 22, where a second SIP trunk plays the card.

Only the card's own words are replaced: `DAHDI/g1/NUMBER` is a subscriber's phone, span and channel are 1 and 7. All else is what
`./hotline firmware render` writes. Not shown here, because there is no card: signalling, alarms of spans, several channels.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import attrs
import trio

from appliance.firmware.cards import asterisk_files
from hal.api import LineSetup
from hal.asterisk import CardBackend, CardSettings, Manager
from hal.dahdi import Span
from hal.sip import SipSettings
from tests.hal import ports
from tests.hal.peer import Bench, EventLog, Party, Tone
from tests.hal.sip_peer import PASSWORD, SipPeer
from tests.peers.asterisk import Asterisk, Centre, asterisk
from tests.peers.media import write_wav

NETWORK = """
[net-udp]
type=transport
protocol=udp
bind={asterisk_host}:{network_port}
[net]
type=endpoint
transport=net-udp
context=from-network
disallow=all
allow=alaw,ulaw
direct_media=no
aors=net
send_pai=yes
trust_id_inbound=yes
media_address={asterisk_host}
bind_rtp_to_media_address=yes
[net]
type=aor
contact=sip:127.0.0.1:{subscriber}
[net-from]
type=identify
endpoint=net
match=127.0.0.1
"""
NETWORK_DIALPLAN = """
; Numbers 00001 to 00099 are refused with their last two digits as the cause.
[from-hotline](+)
exten => _000XX,1,Hangup(${EXTEN:3})

[from-network]
exten => _X.,1,Goto(from-card,${EXTEN},1)
"""


@attrs.frozen
class Rig:
    """Where everything is."""

    settings: CardSettings
    network: str
    """Where a caller's call goes, as `127.0.0.44:5062`: the card's far side."""
    subscriber: int
    """Port of the phone that every number of the network is."""

    @property
    def centre(self) -> Centre:
        """What of the usual test Asterisk is kept."""
        host, port = self.settings.manager_address
        return Centre(address=host, ami_port=port, rtp_ports=(27000, 27999))

    @property
    def files(self) -> dict[str, str]:
        """The rendered configuration, with a phone where the card would be."""
        files = asterisk_files(self.settings, "a test")
        host, port = self.network.split(":")
        files["pjsip.conf"] += NETWORK.format(asterisk_host=host, network_port=port, subscriber=self.subscriber)
        text = files["extensions.conf"].replace("DAHDI/${GROUP_${TRUNK}}/${N}", "PJSIP/${N}@net")
        text = text.replace("DAHDI/${N:2}", "PJSIP/${N:2}@net")
        text = text.replace("${CHANNEL(dahdi_span)}", "1").replace("${CHANNEL(dahdi_channel)}", "7")
        assert "DAHDI/" not in text
        assert "dahdi_" not in text
        return {**files, "extensions.conf": text + NETWORK_DIALPLAN, "hotline-secret.conf": f"secret={PASSWORD}\n"}

    @contextmanager
    def asterisk(self, folder: Path, more: Mapping[str, str] | None = None, dialplan: str = "") -> Iterator[Asterisk]:
        """It runs; with `more` files, and a `dialplan` behind the rendered one."""
        sound = write_wav(folder / "sound.wav", [420], 1)
        files = {**self.files, **(more or {})}
        files["extensions.conf"] += dialplan
        with asterisk(self.centre, prompt=sound, music=sound, instead=files) as peer:
            yield peer


def rig(number: int, **voice: Any) -> Rig:
    """A rig on addresses of its own."""
    first, other = ports.block(100), ports.block()
    ours, theirs = f"127.0.0.{2 * number}", f"127.0.0.{2 * number + 1}"
    settings = CardSettings(
        spans=(Span(number=1, signalling="pri", group="public"),),
        asterisk=f"{theirs}:{other + 2}",
        manager=Manager(at=f"{theirs}:{other + 4}"),
        voice=SipSettings(listen=f"{ours}:{first}", rtp_ports=f"{first + 20}-{first + 99}", orphan_s=5, **voice),
    )
    return Rig(settings, f"{theirs}:{other + 6}", other)


class CardPeer(SipPeer):
    """Phones at the appliance, and callers and subscribers beyond the card."""

    def __init__(self, of: Rig, directory: Path, log: EventLog, nursery: trio.Nursery) -> None:
        super().__init__(directory, of.settings.sip, log, nursery, of.subscriber)
        self.rig = of

    async def call(self, dnis: str, ani: str, says: Tone | None = None, **more: Any) -> Party:
        phone = self.phone(f"sip:{ani}@127.0.0.1", "regint=0", says, **more)
        phone.line = self.rig.network
        await self.start(phone)
        await phone.dial(dnis)
        return phone


@asynccontextmanager
async def card_bench(of: Rig, directory: Path, secret: Callable[[str], str | None] = lambda _: PASSWORD) -> AsyncIterator[Bench]:
    """A card line and its peer, but for the Asterisk between them."""
    log = EventLog()
    async with trio.open_nursery() as nursery:
        peer = CardPeer(of, directory, log, nursery)
        async with AsyncExitStack() as stack:
            setup = LineSetup("cards", of.settings, log.sink, directory / "data", secret)
            line = await stack.enter_async_context(CardBackend().open(setup))
            try:
                yield Bench(line, peer, log, directory, stack.aclose)
            finally:  # a test that failed is no crash of the appliance: its workers must not wait for another one
                await stack.aclose()
        nursery.cancel_scope.cancel()
