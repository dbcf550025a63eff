"""The Asterisk Manager Interface: `codec` (bytes), `session` (one connection, pure), `link` (sockets and back-off)."""

from hal.asterisk.ami.codec import Message
from hal.asterisk.ami.link import AmiDown, AmiError, AmiLate, AmiLink, Connect, Listener
from hal.asterisk.ami.session import Answer

__all__ = ["AmiDown", "AmiError", "AmiLate", "AmiLink", "Answer", "Connect", "Listener", "Message"]
