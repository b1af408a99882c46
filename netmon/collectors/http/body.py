"""What a page says: unpacked without ever holding more than its limit, and read as text."""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
import zlib

from netmon.collectors.http.miss import MissError, printable, shorten
from netmon.model.states import Reason

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_LONGEST_EXCERPT = 120
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
_DECLARATION_BYTES = 1_024
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_READABLE = frozenset(
    {"utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "iso8859-15", "cp1252", "cp1258", "koi8-r"}
    | {"gb2312", "gbk", "gb18030", "big5", "euc_jp", "shift_jis", "euc_kr", "cp1251"}
)
"""Encodings that pages use; a server must not choose others, for some of Python's take very long to decode."""


class Body:
    """Takes a body as it comes; *where* is for the evidence."""

    def __init__(self, encoding: str, limit: int, where: str) -> None:
        self._limit = limit
        self._where = where
        self._parts: list[bytes] = []
        self._length = 0
        self._taken = 0
        match encoding.strip().lower():
            case "" | "identity":
                self._unpack = None
            case "gzip" | "x-gzip":
                self._unpack = zlib.decompressobj(_GZIP_WINDOW)
            case other:
                evidence = f'{where}: the body is packed with "{other}", which was not asked for'
                raise MissError(Reason.MALFORMED, evidence)

    def take(self, data: bytes) -> None:
        """Add *data*.

        Raises:
            MissError: the body has grown beyond its limit, or cannot be unpacked.
        """
        self._taken += len(data)
        if self._unpack is not None:
            try:
                data = self._unpack.decompress(data, self._limit + 1 - self._length)
            except zlib.error as error:
                raise MissError(Reason.MALFORMED, f"{self._where}: the body cannot be unpacked ({error})") from error
        self._parts.append(data)
        self._length += len(data)
        if max(self._length, self._taken) > self._limit:
            raise MissError(Reason.TOO_LARGE, f"{self._where}: the body is longer than {self._limit} bytes")

    def whole(self) -> bytes:
        """The whole body.

        Raises:
            MissError: what was packed ends too early.
        """
        if self._unpack is not None and self._taken and not self._unpack.eof:
            raise MissError(Reason.CUT_OFF, f"{self._where}: the packed body ends too early")
        return b"".join(self._parts)


def read_text(body: bytes, content_type: str) -> str:
    """*body* as text in normal form C, by its byte order mark, the header, or the page's own declaration."""
    return unicodedata.normalize("NFC", body.decode(_find_charset(body, content_type), "replace"))


def holds(text: str, wanted: str, content_type: str) -> bool:
    """Whether the page *text* says *wanted*, also where HTML writes letters as entities (``T&#7881;nh``)."""
    wanted = unicodedata.normalize("NFC", wanted)
    if wanted in text:
        return True
    return (
        "html" in content_type.lower() and "&" in text and wanted in unicodedata.normalize("NFC", html.unescape(text))
    )


def excerpt(text: str) -> str:
    """The beginning of *text* as evidence may show it: one line, printable, short."""
    return printable(shorten(" ".join(text[: 8 * _LONGEST_EXCERPT].split()), _LONGEST_EXCERPT))


def _find_charset(body: bytes, content_type: str) -> str:
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return charset
    declared = _CHARSET.search(content_type) or _CHARSET.search(body[:_DECLARATION_BYTES].decode("ascii", "replace"))
    try:
        charset = codecs.lookup(declared[1]).name if declared else "utf-8"
    except LookupError:
        return "utf-8"
    return charset if charset in _READABLE else "utf-8"
