"""HTTP/1.1 messages as bytes: the end of a response, the bytes behind it, and the agreement with h11."""

from __future__ import annotations

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.responses import Read, check_response, read
from uniqos._wire.http1 import request_head

OK = b"HTTP/1.1 200 OK\r\n"
SIZED = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\n"
BOTH = OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize(
    ("data", "method", "expected"),
    [
        (SIZED, b"POST", Read(200, b"hello", b"", True)),
        (SIZED + b"x", b"POST", Read(200, b"hello", b"x", False)),
        (SIZED + SIZED, b"POST", Read(200, b"hello", SIZED, False)),
        (CHUNKED, b"POST", Read(200, b"hello", b"", True)),
        (CHUNKED + b"\n", b"POST", Read(200, b"hello", b"\n", False)),
        (CHUNKED[:-2] + b"A: b\r\nC: d\r\n\r\n", b"POST", Read(200, b"hello", b"", True)),
        (BOTH, b"POST", Read(200, b"hello", b"", False)),
        (BOTH + SIZED, b"POST", Read(200, b"hello", SIZED, False)),
        (OK + b"Content-Length: 0\r\n\r\n", b"POST", Read(200, b"", b"", True)),
        (OK + b"Content-Length: 0\r\n\r\n{}", b"POST", Read(200, b"", b"{}", False)),
        (b"HTTP/1.1 204 No\r\n\r\n", b"DELETE", Read(204, b"", b"", True)),
        (b"HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n", b"DELETE", Read(204, b"", b"", False)),
        (b"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"DELETE", Read(204, b"", b"", False)),
        (b"HTTP/1.1 204 No\r\n\r\n{}", b"DELETE", Read(204, b"", b"{}", False)),
        (OK + b"Content-Length: 5\r\n\r\n", b"HEAD", Read(200, b"", b"", True)),
        (SIZED, b"HEAD", Read(200, b"", b"hello", False)),
        (b"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", b"GET", Read(304, b"", b"", False)),
        (b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\n" + SIZED, b"POST", Read(200, b"hello", b"", True)),
        (SIZED + b"HTTP/1.1 100 C\r\n\r\n", b"POST", Read(200, b"hello", b"HTTP/1.1 100 C\r\n\r\n", False)),
        (b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}" + SIZED, b"POST", Read(401, b"{}", SIZED, False)),
        (SIZED.replace(b"1.1", b"1.0"), b"POST", Read(200, b"hello", b"", False)),
        (OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}", b"POST", Read(200, b"{}", b"", False)),
        (OK + b"Connection: x, Close\r\nContent-Length: 2\r\n\r\n{}", b"POST", Read(200, b"{}", b"", False)),
        (OK + b"\r\nhello", b"POST", Read(200, b"hello", b"", False)),
        (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", b"POST", Read(200, b"{}", b"", True)),
        (OK + b"\r\nbytes of TLS", b"CONNECT", Read(200, b"", b"bytes of TLS", False)),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_a_response_ends_where_its_head_says_and_the_rest_is_never_part_of_it(
    data: bytes, method: bytes, expected: Read, size: int
) -> None:
    assert read(cut(data, size), method) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSH-2.0\r\n\r\n",
        OK,
        SIZED[:-1],
        CHUNKED[:-1],
        CHUNKED[:-4],
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 5x\r\n\r\nhello",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nhello",
        OK + b"Transfer-Encoding: gzip\r\n\r\nhello",
        OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 16 + b"\r\nx",
        OK + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"a" * 70_000,
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 10_000,
        b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n",
        b"HTTP/1.1 100 C\r\n\r\n" * 200 + SIZED,
        OK + b"A: " + b"b" * 300_000,
    ],
)
@pytest.mark.parametrize("size", [1, 65_536])
def test_what_breaks_the_protocol_is_an_error(data: bytes, size: int) -> None:
    with pytest.raises(httpcore.RemoteProtocolError):
        read(cut(data, size))


def test_a_request_cannot_be_made_to_hold_another() -> None:
    whole = request_head(b"POST", b"/v1/respond?a=b", [(b"Host", b"x"), (b"A", b"b c")])
    assert whole == b"POST /v1/respond?a=b HTTP/1.1\r\nHost: x\r\nA: b c\r\n\r\n"
    for target, header in [
        (b"/a b", b"c"),
        (b"/a\r\nB: c", b"d"),
        ("/ä".encode(), b"c"),
        (b"", b"c"),
        (b"/", b"a\r\nB: c"),
        (b"/", b"a\nb"),
        (b"/", b"a\rb"),
        (b"/", b"a\0b"),
    ]:
        with pytest.raises(httpcore.LocalProtocolError):
            request_head(b"GET", target, [(b"A", header)])


PIECES = st.sampled_from(
    [
        OK,
        b"HTTP/1.1 204 No\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.1 100 C\r\n\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 0\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"\r\n",
        b"hello",
        b"5\r\nhello\r\n",
        b"a;b=c\r\n0123456789\r\n",
        b"0\r\n\r\n",
        b"0\r\nA: b\r\n\r\n",
        b"1\r\n",
        b"x",
    ]
)
BYTES = st.one_of(
    st.lists(PIECES, max_size=9).map(b"".join),
    st.tuples(st.sampled_from([SIZED, CHUNKED, BOTH]), st.binary(max_size=20)).map(b"".join),
)


@given(BYTES, st.sampled_from([b"GET", b"HEAD", b"POST"]), st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_any_bytes_in_any_parts_are_read_as_h11_reads_them(data: bytes, method: bytes, sizes: list[int]) -> None:
    check_response(data, method, sizes)
