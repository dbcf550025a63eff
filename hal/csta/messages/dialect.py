"""How one switch wants messages written; reading needs none of it."""

from hal.api import value

__all__ = ["EDITIONS", "SESSION", "Dialect"]

_CSTA = "http://www.ecma-international.org/standards/ecma-323/csta/"
EDITIONS = {name: _CSTA + name for name in ("ed3", "ed4", "ed6", "ed3/priv5")}
"""Namespaces by edition; `ed3/priv5` is Avaya's."""
SESSION = "http://www.ecma-international.org/standards/ecma-354/appl_session"


@value
class Dialect:
    """What differs between switches in the XML itself."""

    namespace: str = EDITIONS["ed4"]
    session_namespace: str = SESSION
    device_attributes: str = ""
    """What stands in the tag of every device ID, with a space before it."""
    data_in_string: bool = False
    """User and correlator data stand in a `string` element."""
