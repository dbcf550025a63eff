"""Certificates for tests over TLS."""

import subprocess
from pathlib import Path

__all__ = ["self_signed"]


def self_signed(folder: Path, names: str) -> tuple[str, str]:
    """A certificate of these names (as `DNS:pbx.example`) that has signed itself, and its key: two PEM files."""
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", key, "-out", certificate, "-subj", "/CN=pbx.example", "-addext", f"subjectAltName={names}"],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key
