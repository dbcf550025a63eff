"""Opens lines at an Asterisk PBX."""

import logging
import secrets
from contextlib import AbstractAsyncContextManager
from typing import ClassVar

from hal.ami.link import AsteriskLink, over
from hal.ami.settings import AmiSettings
from hal.ami.switch import AsteriskSwitch
from hal.api import Line, LineFault, LineSetup
from hal.asterisk.ami import AmiLink
from hal.csta.diary import Diary
from hal.csta.line import Parts, open_line
from hal.csta.mapping import Mapping
from hal.sip import SipBackend

__all__ = ["AmiBackend"]


class AmiBackend:
    """An Asterisk in the role of the PBX, controlled over its manager interface (AMI)."""

    name: ClassVar[str] = "ami"
    settings: ClassVar[type] = AmiSettings

    def open(self, setup: LineSetup) -> AbstractAsyncContextManager[Line]:
        """Open a line. The PBX may be there or not yet: that is an alarm, and no reason to be without a voice.

        Raises:
            LineFault: its voice line cannot be opened, a certificate cannot be used, or the manager's password is missing.

        """
        settings: AmiSettings = setup.settings
        secret = setup.secret(f"switch:{settings.user}")
        if not secret:
            raise LineFault(
                f"line '{setup.name}' needs the secret 'switch:{settings.user}' for the PBX's manager, and there is none; store it"
            )
        prefix = f"{setup.name}-{secrets.token_hex(4)}-"
        log = logging.getLogger(f"hotline.line.{setup.name}")
        host, port = settings.address
        try:
            connect = over(settings.tls)
        except OSError as error:
            raise LineFault(f"line '{setup.name}': a file of [lines.{setup.name}.tls] cannot be used: {error}") from None
        diary = Diary(setup.data_dir / "run" / f"{setup.name}.calls.json")
        parts = Parts(
            mapping=Mapping(settings.mapping_setup(setup.name, prefix), left=diary.read()),
            link=lambda sink: AsteriskLink(
                AsteriskSwitch(settings.switch_setup(prefix)),
                lambda link: AmiLink(
                    host, port, settings.user, secret, link, prefix=prefix, log=log, connect=connect, second=settings.second_address
                ),
                settings.manager,
                sink,
                settings.answer_s,
                log,
            ),
            voice=SipBackend(),
            voice_settings=settings.voice,
            keep=diary.write,
            cannot=settings.cannot,
        )
        return open_line(setup, parts)
