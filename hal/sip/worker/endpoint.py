"""PJSIP as a call server: transports, codecs and accounts out of the settings. Everything is bound to the configured address, only."""

import gc
import os
import resource
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from hal.sip.settings import SipSettings, Trunk
from hal.sip.wire import Credentials

__all__ = ["MOST_CALLS", "CannotOpen", "Endpoint", "LineAccount", "reason_of"]

CODEC_IDS = {"PCMA": "PCMA/8000", "PCMU": "PCMU/8000", "G722": "G722/16000", "opus": "opus/48000"}
SRTP = {"off": pj.PJMEDIA_SRTP_DISABLED, "optional": pj.PJMEDIA_SRTP_OPTIONAL, "required": pj.PJMEDIA_SRTP_MANDATORY}
ADDRESS_IN_USE = 120098  # PJ_RETURN_OS_ERROR(EADDRINUSE), pjlib/include/pj/errno.h
PERMISSION_DENIED = 120013
CANNOT_ASSIGN = 120099
MOST_CALLS = 1024


def reason_of(error: "pj.Error") -> str:
    """What went wrong; `str()` of a PJSIP error is empty."""
    return str(error.reason or error.info())


class CannotOpen(Exception):
    """A worker that cannot open: why, and what to do."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


class LineAccount(pj.Account):  # type: ignore[misc] # pjsua2 has no annotations
    """An identity of ours: the line itself, a trunk's account, or a phone that we play."""

    def __init__(self, key: str, incoming: Callable[["LineAccount", int], None], registered: Callable[[str, int, str], None]) -> None:
        pj.Account.__init__(self)
        self.key = key
        self._incoming = incoming
        self._registered = registered

    def onIncomingCall(self, prm: Any) -> None:
        """PJSUA2: a call that the gate let in."""
        self._incoming(self, prm.callId)

    def onIncomingSubscribe(self, prm: Any) -> None:
        """PJSUA2: nobody may watch who is there."""
        prm.code = 403

    def onRegState(self, prm: Any) -> None:
        """PJSUA2: how a log-in of ours stands."""
        self._registered(self.key, prm.code if prm.status == 0 or prm.code >= 300 else 503, prm.reason)


class _Endpoint(pj.Endpoint):  # type: ignore[misc] # pjsua2 has no annotations
    """Shows every request that starts something to the gate."""

    request: Callable[[Any], None]

    def onRxRequest(self, prm: Any) -> None:
        """PJSUA2, with this project's patch: before anything is made of the request."""
        self.request(prm)


class Endpoint:
    """The one PJSIP instance of this process."""

    def __init__(self, settings: SipSettings, worker: int) -> None:
        self.settings = settings
        self.worker = worker
        self.accounts: dict[str, LineAccount] = {}
        self.sip_queue = -1
        """File descriptor that becomes readable when PJSIP has something to do; -1 if it could not be found."""

    def open(self, request: Callable[[Any], None]) -> None:
        """Start PJSIP.

        Raises:
            CannotOpen: a port is taken, a certificate is missing, ...

        """
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        before = _event_queues()
        self._pj = _Endpoint()
        self._pj.request = request
        self._pj.libCreate()
        queues = _event_queues() - before
        self.sip_queue = queues.pop() if len(queues) == 1 else -1
        self._pj.libInit(self._config())
        self._pj.audDevManager().setNullDev()
        self._transports()
        self._pj.libStart()
        self._codecs()
        gc.disable()  # it may run on a thread of PJSIP's and delete there what belongs to this one
        gc.freeze()

    def _config(self) -> Any:
        config = pj.EpConfig()
        config.logConfig.level = config.logConfig.consoleLevel = 1
        config.logConfig.msgLogging = 0
        config.uaConfig.threadCnt = 0
        config.uaConfig.maxCalls = MOST_CALLS
        config.uaConfig.userAgent = "hotline"
        media = config.medConfig
        media.clockRate = media.sndClockRate = 8000
        media.audioFramePtime = 20
        media.maxMediaPorts = 6000
        media.ecTailLen = 0
        media.noVad = True
        media.sndAutoCloseTime = -1  # the null device is the bridge's clock: it never stops
        return config

    def _transports(self) -> None:
        kinds = {
            "udp": (pj.PJSIP_TRANSPORT_UDP, self.settings.port(self.worker)),
            "tcp": (pj.PJSIP_TRANSPORT_TCP, self.settings.port(self.worker)),
            "tls": (pj.PJSIP_TRANSPORT_TLS, self.settings.tls_port(self.worker)),
        }
        for name in self.settings.transports:
            kind, port = kinds[name]
            config = pj.TransportConfig()
            config.boundAddress, config.port = self.settings.host, port
            config.publicAddress = self.settings.public_address
            if name == "tls":
                tls = config.tlsConfig
                tls.certFile, tls.privKeyFile, tls.CaListFile = (
                    self.settings.tls.certificate,
                    self.settings.tls.key,
                    self.settings.tls.authorities,
                )
                tls.verifyServer = bool(self.settings.tls.authorities)
                tls.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
            try:
                self._pj.transportCreate(kind, config)
            except pj.Error as error:
                raise self._cannot(error, name, port) from None

    def _cannot(self, error: Any, transport: str, port: int) -> CannotOpen:
        where = f"{self.settings.host} port {port}"
        if error.status == ADDRESS_IN_USE:
            return CannotOpen(
                f"{where} ({transport}) is taken by another program", f"find it with 'ss -lnp | grep :{port}', or change 'listen'"
            )
        if error.status == PERMISSION_DENIED:
            return CannotOpen(
                f"{where} ({transport}) is not allowed", "ports below 1024 need root or CAP_NET_BIND_SERVICE; or change 'listen'"
            )
        if error.status == CANNOT_ASSIGN:
            return CannotOpen(f"{where} ({transport}): this machine has no such address", "see 'ip address', and change 'listen'")
        advice = (
            "check tls.certificate and tls.key: PEM, readable, and belonging together" if transport == "tls" else "see the worker's log"
        )
        return CannotOpen(f"{where} ({transport}) cannot be opened: {reason_of(error)}", advice)

    def _codecs(self) -> None:
        for codec in self._pj.codecEnum2():
            self._pj.codecSetPriority(codec.codecId, 0)
        for rank, name in enumerate(self.settings.codecs):
            try:
                self._pj.codecSetPriority(CODEC_IDS[name], 250 - rank)
            except pj.Error as error:
                raise CannotOpen(
                    f"codec {name} is not in this build of PJSIP: {reason_of(error)}", "rebuild it, or take it out of 'codecs'"
                ) from None

    # --- accounts -----------------------------------------------------------------------------------------------------

    def add_accounts(
        self,
        credentials: dict[str, Credentials],
        incoming: Callable[[LineAccount, int], None],
        registered: Callable[[str, int, str], None],
    ) -> None:
        """Make the line's own account, and one for each trunk and each phone that is played.

        Log-ins of trunks are spread over the workers; a phone that is played logs in from the first one.
        """
        self._handlers = (incoming, registered)
        host, port = self.settings.host, self.settings.port(self.worker)
        self._add("", f"sip:hotline@{host}:{port}", None, default=True)
        for number, (name, trunk) in enumerate(self.settings.trunks.items()):
            mine = number % self.settings.workers == self.worker
            self._add(f"trunk:{name}", *_trunk_account(name, trunk, credentials, register=trunk.register and mine))
        for account in self.settings.register if self.worker == 0 else ():
            key = f"station:{account.user}"
            config = pj.AccountConfig()
            config.regConfig.registrarUri = f"sip:{account.at};transport={account.transport}"
            config.regConfig.timeoutSec = account.expires_s
            _authenticate(config, "*", credentials.get(key))
            self._add(key, f"sip:{account.user}@{account.at}", config)

    def _add(self, key: str, identity: str, config: Any, *, default: bool = False) -> None:
        config = config or pj.AccountConfig()
        config.idUri = identity
        media = config.mediaConfig
        transport = media.transportConfig
        transport.boundAddress = self.settings.host
        transport.publicAddress = self.settings.public_address
        low, high = self.settings.rtp_range(self.worker)
        transport.port, transport.portRange = low, high - low
        transport.randomizePort = True  # what still comes for a call that died with the last worker meets nobody else's ear
        media.srtpUse = SRTP[self.settings.srtp]
        media.lockCodecEnabled = False  # no re-INVITE after each answer with two codecs: phones speak the first (RFC 3264 section 7)
        media.srtpSecureSignaling = 0
        keyings = pj.IntVector()
        keyings.append(pj.PJMEDIA_SRTP_KEYING_SDES)
        media.srtpOpt.keyings = keyings
        call = config.callConfig
        call.timerUse = pj.PJSUA_SIP_TIMER_ALWAYS  # also where the far end knows none: then it is we who refresh (RFC 4028 section 9)
        call.timerMinSESec, call.timerSessExpiresSec = 90, self.settings.session_expires_s
        config.natConfig.contactRewriteUse = 0
        config.natConfig.viaRewriteUse = 0
        config.natConfig.sdpNatRewriteUse = 0
        config.regConfig.retryIntervalSec = 30
        config.regConfig.firstRetryIntervalSec = 2
        account = LineAccount(key, *self._handlers)
        account.create(config, default)
        self.accounts[key] = account

    # --- running ------------------------------------------------------------------------------------------------------

    def handle(self, wait_ms: int) -> None:
        """Let PJSIP do what is due, waiting for something to do for at most so long."""
        self._pj.libHandleEvents(wait_ms)

    def log_off(self) -> None:
        """Take our log-ins elsewhere back (RFC 3261 section 10.2.2)."""
        for account in self.accounts.values():
            if account.getInfo().regIsConfigured:
                account.setRegistration(False)

    @property
    def logged_in(self) -> bool:
        """True while a log-in of ours stands somewhere."""
        return any(account.getInfo().regIsActive for account in self.accounts.values())


def _authenticate(config: Any, realm: str, credentials: Credentials | None) -> None:
    if credentials is not None:
        found = pj.AuthCredInfo("digest", realm, credentials.user, 0, credentials.password)
        vector = pj.AuthCredInfoVector()
        vector.append(found)
        config.sipConfig.authCreds = vector


def _trunk_account(name: str, trunk: Trunk, credentials: dict[str, Credentials], *, register: bool) -> tuple[str, Any]:
    config = pj.AccountConfig()
    uri = f"sip:{trunk.host};transport={trunk.transport}"
    if register:
        config.regConfig.registrarUri = uri
        config.regConfig.timeoutSec = trunk.expires_s
    _authenticate(config, trunk.realm, credentials.get(f"trunk:{name}"))
    return f"sip:{trunk.user or 'hotline'}@{trunk.host}", config


def _event_queues() -> set[int]:
    found = set()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - links to nowhere, which Path would follow
        try:
            if "eventpoll" in os.readlink(f"/proc/self/fd/{name}"):  # noqa: PTH115 - the same
                found.add(int(name))
        except OSError:
            continue  # the descriptor by which the directory itself was read
    return found
