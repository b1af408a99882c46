"""Forms: what answers to one question have in common from poll to poll, so that only their numbers are decoded."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from netmon.snmp import ber
from netmon.snmp.ber import Value

_CODES = {1: "B", 2: "H", 3: "I", 4: "I", 5: "Q", 6: "Q", 7: "Q", 8: "Q"}
_CODE_BYTES = {"B": 1, "H": 2, "I": 4, "Q": 8}
_SIGN = 0x80


class Form:
    """An answer in which only the octets of numbers are free: all others, and every length, are as they were.

    Counters keep their length for hours or months, and names, types and texts for longer. An answer that differs in
    nothing else is known after one comparison, and its numbers are taken out by one call: a tenth of the time that
    decoding takes. It costs about 100 bytes a value.
    """

    __slots__ = ("_fixed", "_longer", "_mask", "_size", "_texts", "_unpack")

    def __init__(self, payload: bytes, values: Sequence[Value | None]) -> None:
        """*payload* is a list of varbinds in their shortest encoding, and *values* what they hold, one by one."""
        mask = bytearray(b"\xff") * len(payload)
        codes = [">"]
        longer, texts = [], []
        at = taken = 0
        for place, value in enumerate(values):
            _, begin, end = ber.any_element(payload, at)
            _, _, name_end = ber.any_element(payload, begin)
            tag, begin, _ = ber.any_element(payload, name_end)
            size = end - begin
            code = _CODES.get(size, "B")
            if isinstance(value, int) and value >= 0 and size in _CODES:
                mask[begin:end] = bytes(size)
                if tag == ber.INTEGER:
                    mask[begin] = _SIGN  # it was not negative and must not be
                if size < _CODE_BYTES[code]:  # what is read as well has the octets of its head in front
                    longer.append((place, int.from_bytes(payload[end - _CODE_BYTES[code] : begin], "big") << 8 * size))
            else:
                code = "B"
                texts.append((place, value))
            codes.append(f"{end - _CODE_BYTES[code] - taken}x{code}")
            at = taken = end
        self._size = len(payload)
        self._mask = int.from_bytes(mask, "big")
        self._fixed = int.from_bytes(payload, "big") & self._mask
        self._unpack = Struct("".join(codes)).unpack
        self._longer, self._texts = tuple(longer), tuple(texts)

    def read(self, payload: bytes) -> list[Value | None] | None:
        """What *payload* holds, if it has this form."""
        if len(payload) != self._size or int.from_bytes(payload, "big") & self._mask != self._fixed:
            return None
        values: list[Value | None] = list(self._unpack(payload))
        for place, head in self._longer:
            values[place] -= head  # type: ignore[operator]  # it is a number
        for place, text in self._texts:
            values[place] = text
        return values
