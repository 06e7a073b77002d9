"""The decoding of bodies, chunk by chunk, as tables."""

from __future__ import annotations

import gzip
import zlib

import pytest

from uniqos._wire.body import BodyDecoder, BodyError

TEXT = bytes(range(256)) * 20 + b"x" * 3_000_000  # Larger than one piece, and far smaller when compressed.
RAW = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "x-gzip": gzip.compress(TEXT[:99], mtime=0) + gzip.compress(TEXT[99:], mtime=0),
    "deflate": zlib.compress(TEXT),
    "Deflate": RAW.compress(TEXT) + RAW.flush(),
    "identity": TEXT,
}


def decode_chunks(encoding: str, chunks: list[bytes], limit: int = 10_000_000) -> bytes:
    decoder = BodyDecoder(encoding, limit)
    out = []
    for chunk in chunks:
        out.append(decoder.feed(chunk))
        while decoder.pending:
            out.append(decoder.feed(b""))
    decoder.finish()
    return b"".join(out)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("encoding", list(PACKED))
@pytest.mark.parametrize("size", [1, 2, 7, 1000, 10**9])
def test_a_body_is_the_same_however_it_is_cut(encoding: str, size: int) -> None:
    if encoding == "identity" and size < 1000:
        size = 1000  # Millions of chunks would prove no more.
    assert decode_chunks(encoding, cut(PACKED[encoding], size)) == TEXT


@pytest.mark.parametrize("padding", [b"\0" * 512, b"\x1f", b"junk"])
@pytest.mark.parametrize("size", [1, 10**9])
def test_what_comes_after_the_end_is_padding(padding: bytes, size: int) -> None:
    assert decode_chunks("gzip", cut(PACKED["gzip"] + padding, size)) == TEXT


def test_padding_without_end_is_too_large() -> None:
    padding = [bytes(1000)] * 11
    assert decode_chunks("gzip", [PACKED["gzip"], *padding[1:]], len(TEXT) + 10_000) == TEXT
    with pytest.raises(BodyError) as caught:
        decode_chunks("gzip", [PACKED["gzip"] + b"\0\0", *padding], len(TEXT) + 10_000)
    assert caught.value.code == "response_too_large"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "Deflate"])
def test_a_body_that_ends_too_early_is_an_error(encoding: str) -> None:
    for length in (1, 2, 12, len(PACKED[encoding]) - 1):
        with pytest.raises(BodyError, match=r"too early|broken") as caught:
            decode_chunks(encoding, [PACKED[encoding][:length]])
        assert caught.value.code == "undecodable_response"


def test_nothing_at_all_is_a_body_too() -> None:
    assert decode_chunks("gzip", []) == decode_chunks("gzip", [b""]) == b""


@pytest.mark.parametrize("encoding", list(PACKED))
def test_the_limit_counts_what_was_decoded(encoding: str) -> None:
    assert decode_chunks(encoding, [PACKED[encoding]], len(TEXT)) == TEXT
    with pytest.raises(BodyError) as caught:
        decode_chunks(encoding, [PACKED[encoding]], len(TEXT) - 1)
    assert caught.value.code == "response_too_large"


def test_no_piece_is_large() -> None:
    decoder = BodyDecoder("gzip", 10**9)
    assert len(decoder.feed(gzip.compress(bytes(50_000_000), mtime=0))) <= 1024 * 1024
    assert decoder.pending


@pytest.mark.parametrize("encoding", [None, "", "none", "utf-8", "UTF-8", "identity", "identity, identity", "binary"])
def test_what_names_no_compression_is_read_as_it_is(encoding: str | None) -> None:
    decoder = BodyDecoder(encoding, 100)
    assert decoder.feed(b"\x1f\x8bas it is") == b"\x1f\x8bas it is"
    decoder.finish()


@pytest.mark.parametrize("encoding", ["gzip, gzip", "identity, gzip", "GZIP", "none, x-gzip"])
def test_a_compression_may_be_named_twice_and_among_others(encoding: str) -> None:
    assert decode_chunks(encoding, [PACKED["gzip"]]) == TEXT


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br"])
def test_what_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(BodyError):
        BodyDecoder(encoding, 1)
