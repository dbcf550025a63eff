"""Opens lines at a switch."""

import secrets
from contextlib import AbstractAsyncContextManager
from typing import ClassVar

from hal.api import Line, LineFault, LineSetup
from hal.csta.diary import Diary
from hal.csta.line import Parts, open_line
from hal.csta.link import Link, connector
from hal.csta.mapping import Mapping
from hal.csta.profiles import login, profile
from hal.csta.session import Session
from hal.csta.settings import CstaSettings
from hal.sip import SipBackend

__all__ = ["SwitchBackend"]


class SwitchBackend:
    """A switch that is controlled over its CTI link, CSTA Phase III (ECMA-269, ECMA-323)."""

    name: ClassVar[str] = "csta"
    settings: ClassVar[type] = CstaSettings

    def open(self, setup: LineSetup) -> AbstractAsyncContextManager[Line]:
        """Open a line. The switch may be there or not yet: that is an alarm, and no reason to be without a voice.

        Raises:
            LineFault: its voice line cannot be opened, a certificate cannot be used, or the log-in's password is missing.

        """
        settings: CstaSettings = setup.settings
        make = profile(settings.make)
        password = setup.secret(f"switch:{settings.user}") if settings.user else ""
        if make.login != "none" and not password:
            raise LineFault(
                f"line '{setup.name}' needs the secret 'switch:{settings.user}' to log in at the switch, and there is none; store it"
            )
        try:
            connect = connector(settings.tls)
        except OSError as error:
            raise LineFault(f"line '{setup.name}': a file of [lines.{setup.name}.tls] cannot be used: {error}") from None
        session = Session(settings.session_setup(login(make.login, settings.user, password or "")))
        prefix = f"{setup.name}-{secrets.token_hex(4)}-"
        diary = Diary(setup.data_dir / "run" / f"{setup.name}.calls.json")
        mapping = Mapping(settings.mapping_setup(setup.name, prefix), lambda agent: setup.secret(f"switch:{agent}"), diary.read())
        parts = Parts(
            mapping=mapping,
            link=lambda sink: Link(settings, session, sink, connect),
            voice=SipBackend(),
            voice_settings=settings.voice,
            keep=diary.write,
        )
        return open_line(setup, parts)
