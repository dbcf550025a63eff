"""`[api]`: where seats, consoles and other programs reach the appliance."""

import ipaddress
from collections.abc import Iterator

from appliance.config import Wrong, setting, table

__all__ = ["Api"]


@table
class Api:
    """Where seats, consoles and other programs reach the appliance; without it, nowhere."""

    listen: str = setting(
        default="",
        pattern=r"|(\[[0-9a-fA-F:]+\]|[0-9.]+):[0-9]{1,5}",
        expects="an address and port such as 127.0.0.1:8443",
        doc="Address and port. Empty: there is no API.",
    )
    tls: bool = setting(default=True, doc="Encrypt. Only on a loopback address it may be left out.")
    certificate: str = setting(default="", doc="File with the certificate chain (PEM). Empty: one is made at the first start.")
    key: str = setting(default="", doc="File with its private key (PEM).")

    @property
    def host(self) -> str:
        """The address without the port."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port."""
        return int(self.listen.rpartition(":")[2] or 0)

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.listen:
            try:
                address = ipaddress.ip_address(self.host)
            except ValueError:
                yield Wrong(f"'{self.host}' is no address", "write it as 127.0.0.1:8443 or [::1]:8443", ("listen",))
                return
            if not 0 < self.port < 65536:
                yield Wrong(f"there is no port {self.port}", "ports are 1 to 65535", ("listen",))
            if not self.tls and not address.is_loopback:
                yield Wrong("passwords would go over the network in plain", "leave out tls = false, or listen on 127.0.0.1", ("tls",))
        if bool(self.certificate) != bool(self.key):
            yield Wrong("a certificate and its key belong together", "give both files, or none", ("certificate",))
        if self.certificate and not self.tls:
            yield Wrong("a certificate is of no use without tls", "leave out tls = false", ("tls",))
