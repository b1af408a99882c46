"""Reading an answer along the names that were asked for: what is where it is expected is not looked for."""

from __future__ import annotations

from collections.abc import Sequence

from netmon.snmp import ber
from netmon.snmp.ber import Value

_LONG = 0x80
_UNSIGNED = frozenset({ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS, ber.COUNTER64})


class Names:
    """Encoded names in the order in which an answer should have them.

    Almost every agent answers in that order and with the shortest lengths, so names are compared and only values are
    decoded, at a quarter of a microsecond each. What differs in the least ends the reading; it is somebody else's to
    read in general. So nothing is taken here that `netmon.snmp.ber` would refuse.
    """

    __slots__ = ("_sizes", "encoded")

    def __init__(self, encoded: Sequence[bytes]) -> None:
        self.encoded = tuple(encoded)
        self._sizes = tuple(len(name) + 2 for name in self.encoded)

    def __len__(self) -> int:
        return len(self.encoded)

    def read(self, payload: bytes) -> tuple[list[Value | None], int]:
        """The values of the first names, as far as *payload* has exactly those, and where it goes on.

        Raises:
            Malformed: a value is not what its type says.
        """
        values: list[Value | None] = []
        add, number, is_at = values.append, int.from_bytes, payload.startswith
        at = 0
        try:
            for name, size in zip(self.encoded, self._sizes, strict=True):
                tag_at = at + size
                begin = tag_at + 2
                end = begin + payload[tag_at + 1]
                if payload[at] != ber.SEQUENCE or not is_at(name, at + 2):
                    break
                if not _LONG > payload[at + 1] == end - at - 2:
                    break
                tag = payload[tag_at]
                if (tag in _UNSIGNED or (tag == ber.INTEGER and payload[begin] < 0x80)) and begin < end < begin + 9:
                    add(number(payload[begin:end], "big"))
                else:
                    add(ber.decode_value(tag, payload[begin:end]))
                at = end
        except IndexError:
            pass  # it ends in the middle of a varbind
        if at > len(payload):
            values.pop()
            at = 0
        return values, at
