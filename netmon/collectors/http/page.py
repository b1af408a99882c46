"""What a page says: its text, read piece by piece, so that the longest and oddest page holds up nobody else."""

from __future__ import annotations

import asyncio
import codecs
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from encodings import normalize_encoding
from encodings.aliases import aliases

_PIECE_BYTES = 8 * 2**10
_MOST_MARKS = 30
_BREAK = "\u034f"  # combining grapheme joiner
_LONGEST_KIND = 256
_LONGEST_ENTITY = 40
_LONGEST_LETTER = 1_024
_DECLARATION_BYTES = 1_024

_CHARSET = re.compile(r"charset\s*=\s*(?:[\"']\s*)?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
_BYTE_ORDERS = ((codecs.BOM_UTF8, "utf_8_sig"), (codecs.BOM_UTF16_LE, "utf_16"), (codecs.BOM_UTF16_BE, "utf_16"))
_READABLE = frozenset(
    {"utf_8", "ascii", "utf_16", "utf_16_le", "utf_16_be", "latin_1", "iso8859_15", "cp1252", "cp1258", "koi8_r"}
    | {"gb2312", "gbk", "gb18030", "big5", "euc_jp", "shift_jis", "euc_kr", "cp1251"}
)
"""Encodings that pages use; a server must not choose others, for some of Python's take very long to decode."""

_MAY_BE_MARKS = re.compile(rf"[\u0300-\U0010ffff]{{{_MOST_MARKS + 1},}}")
_LETTER_AT_END = re.compile(r"[\x00-\x7f][^\x00-\x7f]*\Z")
_ENDLESS_NUMBER = re.compile(r"&#(?:[0-9]{12,}|[xX][0-9a-fA-F]{12,});?")


class Page:
    """A body as text; its encoding is told by its byte order mark, the header, or the page's own declaration."""

    def __init__(self, body: bytearray, content_type: str) -> None:
        kind = content_type[:_LONGEST_KIND]
        self._body = body
        self._charset = _find_charset(body, kind)
        self._has_entities = "html" in kind.lower() and b"&" in body
        self._opening: tuple[int, str] | None = None

    def beginning(self, length: int) -> str:
        """The first *length* bytes, as text in normal form C."""
        return _normalised(next(_decoded(self._body[:length], self._charset, length), ""))

    async def opening(self, length: int) -> str:
        """The same for a *length* that takes its time; made once, however often it is asked for."""
        if self._opening is None or self._opening[0] != length:
            read = []
            for piece in _in_normal_form(_decoded(self._body[:length], self._charset, _PIECE_BYTES)):
                read.append(piece)
                await asyncio.sleep(0)
            self._opening = length, "".join(read)
        return self._opening[1]

    async def says(self, wanted: str) -> bool:
        """Whether *wanted* stands on the page, also where HTML writes letters as entities (``T&#7881;nh``)."""
        wanted = _normalised(wanted)
        if await _hold(self._pieces(), wanted):
            return True
        return self._has_entities and await _hold(_unescaped(self._pieces()), wanted)

    def _pieces(self) -> Iterator[str]:
        return _decoded(self._body, self._charset, _PIECE_BYTES)


async def _hold(pieces: Iterable[str], wanted: str) -> bool:
    before = ""
    for piece in _in_normal_form(pieces):
        text = before + piece
        if wanted in text:
            return True
        before = text[max(0, len(text) - len(wanted) + 1) :]
        await asyncio.sleep(0)
    return False


def _decoded(body: bytearray, charset: str, step: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(charset)("replace")
    for begin in range(0, len(body), step):
        yield decoder.decode(bytes(body[begin : begin + step]))
    yield decoder.decode(b"", final=True)


def _unescaped(pieces: Iterable[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        text = rest + piece
        begun = text.rfind("&", max(0, len(text) - _LONGEST_ENTITY))
        cut = len(text) if begun < 0 else begun
        rest = text[cut:]
        yield _unescape(text[:cut])
    yield _unescape(rest)


def _unescape(text: str) -> str:
    """*text* with its entities as letters; Python refuses to read a number without end, which is no letter anyway."""
    return html.unescape(_ENDLESS_NUMBER.sub("\ufffd", text))


def _in_normal_form(pieces: Iterable[str]) -> Iterator[str]:
    """Cut where it makes no difference: before an ASCII character, which joins with nothing before it."""
    rest = ""
    for piece in pieces:
        text = rest + piece
        letter = _LETTER_AT_END.search(text, max(0, len(text) - _LONGEST_LETTER))
        cut = letter.start() if letter else len(text)
        rest = text[cut:]
        yield _normalised(text[:cut])
    yield _normalised(rest)


def _normalised(text: str) -> str:
    """*text* in normal form C and stream-safe (UAX 15, section 13): the time to sort marks grows with their square."""
    return unicodedata.normalize("NFC", _MAY_BE_MARKS.sub(_break_up, text))


def _break_up(run: re.Match[str]) -> str:
    kept = []
    marks = 0
    for one in run[0]:
        marks = marks + 1 if unicodedata.combining(unicodedata.normalize("NFD", one)[0]) else 0
        if marks > _MOST_MARKS:
            kept.append(_BREAK)
            marks = 1
        kept.append(one)
    return "".join(kept)


def _find_charset(body: bytearray, kind: str) -> str:
    for mark, charset in _BYTE_ORDERS:
        if body.startswith(mark):
            return charset
    declared = _CHARSET.search(kind) or _CHARSET.search(body[:_DECLARATION_BYTES].decode("ascii", "replace"))
    if declared is None:
        return "utf_8"
    name = normalize_encoding(declared[1]).lower()
    charset = aliases.get(name, name)
    return charset if charset in _READABLE else "utf_8"
