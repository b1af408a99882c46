"""Bodies joined from pieces that were deflated long before."""

from __future__ import annotations

import gzip
import io
import zlib
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from netmon.export.fragments import Fragment, Press, gzip_chunks, plain_chunks

texts = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=400), max_size=30)


@given(texts, st.randoms(use_true_random=False))
def test_fragments_joined_in_any_order_are_one_gzip_member_of_their_text(made: list[str], chance: Random) -> None:
    press = Press()
    fragments = [press.make(text) for text in made] * 2
    chance.shuffle(fragments)

    body = b"".join(gzip_chunks(fragments))

    one_member = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert one_member.decompress(body) == b"".join(fragment.plain for fragment in fragments)
    assert one_member.eof
    assert one_member.unused_data == b""
    assert gzip.decompress(body) == b"".join(plain_chunks(fragments))


def test_a_large_body_comes_in_pieces_that_hold_nobody_up_for_long() -> None:
    press = Press()
    fragments = [press.make(f'netmon_x{{interface="{number}"}} {number * 7919}\n' * 100) for number in range(500)]

    pieces = list(plain_chunks(fragments))

    assert len(pieces) > 2
    assert max(map(len, pieces)) < 600_000
    with gzip.open(io.BytesIO(b"".join(gzip_chunks(fragments)))) as whole:
        assert whole.read() == b"".join(pieces)


def test_an_empty_body_is_a_whole_gzip_member_too() -> None:
    assert gzip.decompress(b"".join(gzip_chunks([]))) == b""


def test_what_has_not_changed_is_not_compressed_again() -> None:
    press = Press()
    before = press.make("netmon_interface_mtu_bytes 1500\n")

    assert press.remake("netmon_interface_mtu_bytes 1500\n", before) is before
    assert press.remake("netmon_interface_mtu_bytes 9000\n", before).plain == b"netmon_interface_mtu_bytes 9000\n"
    assert isinstance(before, Fragment)
