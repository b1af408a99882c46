"""Text from devices, made harmless: decoded, without control characters, bounded."""

from __future__ import annotations

import unicodedata

LABEL_BYTES = 128


def clean_text(octets: bytes, limit: int = LABEL_BYTES) -> str:
    """*octets* as one line of at most *limit* bytes of UTF-8.

    They are UTF-8, or else Latin-1, in which every octet means something. Control and format characters
    (escapes, line ends, marks that turn the direction of writing) become spaces, and runs of spaces one.
    """
    bounded = octets[: 4 * limit]
    try:
        text = bounded.decode()
    except UnicodeDecodeError as error:
        cut_in_a_character = len(octets) > len(bounded) and error.start >= len(bounded) - 3
        text = bounded[: error.start].decode() if cut_in_a_character else bounded.decode("latin-1")
    plain = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in text)
    return unicodedata.normalize("NFC", " ".join(plain.split())).encode()[:limit].decode(errors="ignore").rstrip()


def clean_address(octets: bytes) -> str:
    """A hardware address of up to 20 octets as ``00:11:22:33:44:55``; empty where there is none."""
    return octets[:20].hex(":") if any(octets) else ""
