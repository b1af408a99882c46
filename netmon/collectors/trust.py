"""Whom to believe that a server is who it says: TLS contexts, and what is wrong with a certificate."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

from netmon.collectors.miss import MissError
from netmon.model.looks import CannotTellError
from netmon.model.moments import SECOND, Moment
from netmon.model.states import Reason

# Verification results of OpenSSL (openssl-verification-options, "Diagnostics").
_HAS_EXPIRED = 10
_SYSTEM = ("", 0, 0)


class TrustStore:
    """TLS contexts by the bundle of authorities that they believe; one is made anew when its file has changed.

    Args:
        directory: where relative paths begin.
        protocols: what is offered by ALPN; nothing where empty.
    """

    def __init__(self, directory: Path = Path(), protocols: Sequence[str] = ()) -> None:
        self._directory = directory
        self._protocols = protocols
        self._contexts: dict[str, tuple[tuple[str, int, int], ssl.SSLContext]] = {}

    def context(self, bundle: str | None) -> ssl.SSLContext:
        """The context that believes the authorities in the file *bundle*, or else the system's.

        Raises:
            CannotTellError: the file cannot be read, or holds no certificate: a mistake of ours, not of the server.
        """
        path = None if bundle is None else self._directory / bundle
        try:
            return self._context(bundle or "", path)
        except OSError as error:  # those of ssl are such too
            cause = error.reason if isinstance(error, ssl.SSLError) else error.strerror
            raise CannotTellError(f"{path}: no certificates in PEM can be read from it ({cause})") from error

    def _context(self, bundle: str, path: Path | None) -> ssl.SSLContext:
        version = _version(path)
        kept = self._contexts.get(bundle)
        if kept is not None and kept[0] == version:
            return kept[1]
        context = ssl.create_default_context(cafile=path)
        if self._protocols:
            context.set_alpn_protocols(self._protocols)
        self._contexts[bundle] = version, context
        return context


def explain_certificate(where: str, error: ssl.SSLCertVerificationError) -> MissError:
    """What is wrong with the certificate that was shown at *where*."""
    expired = error.verify_code == _HAS_EXPIRED
    reason = Reason.CERTIFICATE_EXPIRED if expired else Reason.CERTIFICATE_INVALID
    return MissError(reason, f"{where}: {error.verify_message}")


def read_expiry(connection: ssl.SSLObject) -> Moment | None:
    """When the verified certificate of the other side ends."""
    certificate = connection.getpeercert() or {}
    ends = certificate.get("notAfter")
    return Moment(ssl.cert_time_to_seconds(ends) * SECOND) if isinstance(ends, str) else None


def _version(path: Path | None) -> tuple[str, int, int]:
    if path is None:
        return _SYSTEM
    found = path.stat()
    return str(path), found.st_mtime_ns, found.st_size
