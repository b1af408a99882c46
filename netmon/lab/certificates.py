"""The lab's own certification authority: a CA kept beside the state, and certificates for the lab's web servers."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from netmon.model.moments import DAY, Duration, Moment, later, to_datetime

_CA_LIFE = Duration(3_650 * DAY)
_CA_RENEWED_BEFORE = timedelta(days=365)
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "netmon lab CA")])


class Authority:
    """Signs certificates that hold for the lab's addresses alone.

    Attributes:
        path: the CA's certificate (PEM); whoever trusts it trusts the lab's web servers.
    """

    def __init__(self, folder: Path, at: Moment) -> None:
        self._folder = folder
        self.path = folder / "ca.pem"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._certificate, self._key = self._load(at) or self._create(at)

    def issue(self, address: IPv4Address, name: str, *, since: Moment, until: Moment) -> Path:
        """A file with the key and certificate of the web server *name* at *address*, valid in ``[since, until)``."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(address))]), key, (since, until))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(address)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        path = self._folder / f"{name}.pem"
        _write(path, _key_text(key) + certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def _load(self, at: Moment) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
        try:
            certificate = x509.load_pem_x509_certificate(self.path.read_bytes())
            key = serialization.load_pem_private_key((self._folder / "ca.key").read_bytes(), password=None)
        except (FileNotFoundError, ValueError):
            return None
        fresh = certificate.not_valid_after_utc - _CA_RENEWED_BEFORE > to_datetime(at)
        same = isinstance(key, ec.EllipticCurvePrivateKey) and certificate.public_key() == key.public_key()
        return (certificate, key) if fresh and same and isinstance(key, ec.EllipticCurvePrivateKey) else None

    def _create(self, at: Moment) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        certificate = (
            _builder(_NAME, key, (Moment(at - DAY), later(at, _CA_LIFE)))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(self._folder / "ca.key", _key_text(key))
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return certificate, key


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, valid: tuple[Moment, Moment]
) -> x509.CertificateBuilder:
    since, until = valid
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(to_datetime(since))
        .not_valid_after(to_datetime(until))
    )


def _key_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, text: bytes) -> None:
    """Write what nobody else may read, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(text)
    fresh.replace(path)
