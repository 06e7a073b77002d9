"""Rules for a caller's httpx client: its defaults in the requests of this SDK, and the errors that its hooks raise."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import urlencode

import httpx
from typing_extensions import Self

from .._wire.options import REFUSED_HEADERS

_OWN_AGENT = "uniqos-python/"
_DEFAULT_AGENT = "python-httpx/"


def add_defaults(request: httpx.Request, client: httpx.Client | httpx.AsyncClient) -> None:
    """Add the default headers, params and cookies of ``client`` to ``request``, whose own values win.

    Headers that only the SDK may set, such as Authorization and Accept-Encoding, are never taken from the client. Its
    User-Agent is taken where the caller has set one.
    """
    headers = list(request.headers.raw)
    agent = client.headers.get("user-agent", "")
    if agent and not agent.startswith(_DEFAULT_AGENT) and request.headers.get("user-agent", "").startswith(_OWN_AGENT):
        headers = [pair for pair in headers if pair[0].lower() != b"user-agent"]
    taken = {name.lower() for name, _ in headers}
    more = [
        (name, value)
        for name, value in client.headers.raw
        if name.lower() not in taken and name.lower().decode("ascii", "replace") not in REFUSED_HEADERS
    ]
    request.headers = httpx.Headers(headers + more)
    own = request.url.params
    params = [(name, value) for name, value in client.params.multi_items() if name not in own]
    if params:
        parts = [request.url.query, urlencode(params).encode()]
        request.url = request.url.copy_with(query=b"&".join(filter(None, parts)))
    client.cookies.set_cookie_header(request)


def refused_answer(error: httpx.HTTPStatusError, request: httpx.Request) -> httpx.Response:
    """Return the answer to ``request`` for which a hook or auth has called ``raise_for_status()``.

    Raises:
        httpx.HTTPStatusError: ``error`` itself, where it concerns another request, such as one for a token.
    """
    response = error.response
    is_ours = error.request is request or (error.request.method, error.request.url) == (request.method, request.url)
    if not is_ours or response.is_success:
        raise error
    if response.is_stream_consumed:
        return response
    # httpx has closed the response before its body was read.
    return httpx.Response(response.status_code, headers=response.headers, stream=_Lost(), request=request)


class _Lost(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that can no longer be read."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> NoReturn:
        raise httpx.StreamClosed

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> NoReturn:
        raise httpx.StreamClosed
