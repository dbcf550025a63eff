"""The appliance's own certificate, made at the first start: who connects compares its fingerprint once, and trusts it from then on."""

import ipaddress
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["fingerprint", "own_certificate"]

_LASTS = timedelta(days=825)
"""Longer ones are refused by some programs."""
_RENEWED = timedelta(days=30)


def own_certificate(folder: Path, host: str, now_s: float) -> tuple[Path, Path]:
    """Files with a certificate and its key for this address; made when there is none, or it ends within a month.

    Raises:
        OSError: they cannot be read or written.
        ValueError: what is there is no certificate.

    """
    certificate, key = folder / "api.pem", folder / "api.key"
    now = datetime.fromtimestamp(now_s, UTC)
    if certificate.exists() and key.exists():
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        if found.not_valid_before_utc <= now < found.not_valid_after_utc - _RENEWED and host in _hosts(found):
            return certificate, key
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made, secret = _made(host, now)
    _write(key, secret)
    _write(certificate, made)
    return certificate, key


def fingerprint(certificate: Path) -> str:
    """SHA-256 of the first certificate of a file, as programs show it: `AB:CD:...`."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return found.fingerprint(hashes.SHA256()).hex(":").upper()


def _hosts(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(address) for address in names.get_values_for_type(x509.IPAddress)}


def _made(host: str, now: datetime) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hotline")])
    addresses = {ipaddress.ip_address(host), ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    alternatives: list[x509.GeneralName] = [x509.IPAddress(address) for address in sorted(addresses, key=str)]
    alternatives += [x509.DNSName(known) for known in dict.fromkeys(("localhost", socket.gethostname()))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks differ
        .not_valid_after(now + _LASTS)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), secret


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for its owner's eyes only."""
    fresh = path.with_suffix(f"{path.suffix}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
