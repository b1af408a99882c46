"""A certificate authority for tests: issues what a test needs, good or bad."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Days = tuple[float, float]
"""From and until when, in days from now."""


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class _Signer:
    """Who signs: a key and the certificate of it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


class Authority:
    """Signs certificates; *bundle* is the file with its own."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.folder = folder
        self.now = now
        self._root = self._found("Cơ quan chứng thực thử nghiệm", (-800, 3_650))
        self.bundle = folder / "ca.pem"
        self.bundle.write_bytes(_pem(self._root.certificate))

    def server_context(self, name: str, *, days: Days = (-1, 365), between: Days | None = None) -> ssl.SSLContext:
        """A context for a server that is *name*; as `server_file`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file(name, days=days, between=between))
        return context

    def server_file(self, name: str, *, days: Days = (-1, 365), between: Days | None = None) -> Path:
        """The key and chain of a server that is *name*; *between* is the life of an authority between, if any."""
        signer = self._root if between is None else self._found("Cơ quan trung gian", between, self._root)
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_alternative(name)])
        builder = self._builder(_name(name), signer.certificate.subject, key, days)
        certificate = builder.add_extension(names, critical=False).sign(signer.key, hashes.SHA256())
        path = self.folder / f"{certificate.serial_number:x}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + _pem(certificate)
            + (b"" if between is None else _pem(signer.certificate))
        )
        return path

    def _found(self, name: str, days: Days, above: _Signer | None = None) -> _Signer:
        """An authority called *name*, certified by the one *above* or by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = _name(name) if above is None else above.certificate.subject
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            self._builder(_name(name), issuer, key, days)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(key if above is None else above.key, hashes.SHA256())
        )
        return _Signer(key, certificate)

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: Days
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + timedelta(days=days[0]))
            .not_valid_after(self.now + timedelta(days=days[1]))
        )
