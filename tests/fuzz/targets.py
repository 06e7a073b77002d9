"""What must hold for any bytes: each target reads its arguments from them and asserts; it raises nothing else."""

from __future__ import annotations

import copy
import gzip
import hashlib
import hmac
import json
import math
import pickle
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, TypeVar, get_args
from urllib.parse import parse_qsl, unquote

import httpx
from httpx_sse import EventSource
from pydantic import TypeAdapter
from pydantic_core import from_json

from tests.fuzz.responses import responses
from uniqos import RespondStreamEvent, UniqOS, UniqOSError, construct_event, errors
from uniqos._base.model import Model
from uniqos._base.response import wire_text
from uniqos._policy.retry import CAP_SECONDS, RETRY_AFTER_CAP_SECONDS, delay, may_resend
from uniqos._sync.requester import Connections, Requester
from uniqos._sync.stream import RespondStream
from uniqos._turn.frames import Frames
from uniqos._turn.turn import Turn
from uniqos._wire.body import BodyDecoder, BodyError
from uniqos._wire.encode import encode
from uniqos._wire.failures import parse_retry_after, refusal
from uniqos._wire.operation import Operation, Resend
from uniqos._wire.options import OnInvalidResponse
from uniqos.api import engine, operations
from uniqos.api.stream_events import EVENT_MODELS
from uniqos.models import StreamEventCompletion, StreamEventError, StreamEventText, StreamEventUnknown

T = TypeVar("T")
NOW = 1_784_116_860.0
"""2026-07-15T12:01:00Z, in seconds."""


def _outcome(call: Callable[[], T]) -> tuple[T | None, UniqOSError | None]:
    """What a call gives, or the error that it is documented to raise; any other is a crash."""
    try:
        return call(), None
    except UniqOSError as exc:
        _check_error(exc)
        return None, exc


# Streams: an option, how long the pieces are, then the body.

IDENTITY, PACKED, MEMBERS, AS_IT_IS = range(4)
SALVAGE, BOUNDED = 4, 8
_CLIENT = UniqOS("uniq_test_abcd1234", log_level="silent", max_retries=0, timeout=0)
_TURN = encode(engine.RESPOND, {"personality_id": "p", "message": "m", "stream": True}, {})


_STORED: TypeAdapter[list[RespondStreamEvent]] = TypeAdapter(list[RespondStreamEvent])


class _Pieces(httpx.SyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces: list[bytes] = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


class _Server(Connections):
    """Answers with the pieces; ``bounded`` says whether what follows the end is read too."""

    has_bounded_reads = False

    def __init__(self, pieces: list[bytes], encoding: str, bounded: bool) -> None:
        super().__init__(_CLIENT._requester.config, None)
        self._answer = httpx.Response(
            200,
            headers={"content-type": "text/event-stream", "content-encoding": encoding, "x-request-id": "req_1"},
            stream=_Pieces(pieces),
        )
        self.has_bounded_reads = bounded

    def send(self, message: httpx.Request) -> httpx.Response:
        return self._answer


@dataclass
class _Spoken:
    """All that a caller sees of a stream."""

    events: list[tuple[str, Any]]
    text: str
    failed: bool
    """Whether an error event ended the turn."""
    error: tuple[type[UniqOSError], str, str] | None


def frames(data: bytes) -> None:
    """A stream is the same however it is cut, ends well only with the API's word, and what it said is never lost."""
    option, size, body = (data + b"\0\0")[0], (data + b"\0\0")[1] + 1, data[2:]
    on_invalid: OnInvalidResponse = "salvage" if option & SALVAGE else "raise"
    bounded = bool(option & BOUNDED)
    encoding, wire, plain = _packed(option & 3, body)

    def stream(pieces: list[bytes], bounded: bool = bounded) -> RespondStream:
        server = _Server(pieces, encoding, bounded)
        config = replace(_CLIENT._requester.config, on_invalid_response=on_invalid)
        return RespondStream(Requester(config, server), _TURN)

    whole = _listen(stream([wire]))
    for pieces in (_cut(wire, 1), _cut(wire, size)):
        cut = _listen(stream(pieces))
        if plain is None:  # zlib keeps what it has of a piece when it finds it broken
            fewer, more = sorted((whole.events, cut.events), key=len)
            assert more[: len(fewer)] == fewer
        elif bounded:
            assert cut == whole, (cut, whole)
        else:  # what follows the end is read only where it came together with it
            assert whole.events[: len(cut.events)] == cut.events
            assert replace(cut, events=whole.events) == whole, (cut, whole)
    if plain is not None:
        assert whole == _listen(stream([wire], not bounded))
        assert (whole.events, whole.error and whole.error[2]) == _as_the_standard_says(plain, on_invalid)
    _check_the_helpers(
        lambda pieces: stream(pieces, True),
        _cut(wire, size),
        whole if plain is not None else _listen(stream(_cut(wire, size), True)),
        bool(option & SALVAGE),
    )


def _packed(how: int, body: bytes) -> tuple[str, bytes, bytes | None]:
    """(Content-Encoding, what is sent, what it says; None where that cannot be told)."""
    if how == IDENTITY:
        return "identity", body, body
    if how == PACKED:
        return "gzip", gzip.compress(body, 1, mtime=0), body
    if how == MEMBERS:
        middle = len(body) // 2
        parts = [gzip.compress(part, 1, mtime=0) for part in (body[:middle], b"", body[middle:])]
        return "gzip", b"".join(parts) + b"\0padding", body
    decoder = BodyDecoder("gzip", 2**20)
    try:
        plain = decoder.feed(body)
        while decoder.pending:
            plain += decoder.feed(b"")
        decoder.finish()
    except BodyError:
        return "gzip", body, None
    inflate = zlib.decompressobj(47)
    assert not body or plain.startswith(inflate.decompress(body))
    assert not body or inflate.eof, "it was cut, and nobody said so"
    return "gzip", body, plain


def _cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


def _listen(stream: RespondStream) -> _Spoken:
    events: list[tuple[str, Any]] = []
    deltas: list[str] = []
    ended = failed = False
    error: UniqOSError | None = None
    try:
        for event in stream:
            assert pickle.loads(pickle.dumps(event)) == event
            _check_subscripts(event)
            if isinstance(event, StreamEventUnknown) and "inf" not in repr(event.data):  # 1e999 is no number in JSON
                assert _STORED.validate_json(_STORED.dump_json([event])) == [event]
                assert _STORED.validate_python(_STORED.dump_python([event])) == [event]
            events.append(_said(event))
            if ended:
                continue  # it changes nothing
            failed = isinstance(event, StreamEventError)
            ended = failed or isinstance(event, StreamEventCompletion)
            if isinstance(event, StreamEventText):
                delta = getattr(event, "delta", None)
                deltas.append("" if delta is None else str(delta))
    except UniqOSError as exc:
        error = exc
        _check_error(exc)
    assert stream.text == "".join(deltas)
    assert stream.events_emitted == len(events)
    if error is None:
        assert ended, "a silent end"
        assert failed == (_outcome(stream.until_done)[1] is not None)
        assert (stream.error if failed else stream.completion) is not None
    else:
        assert not ended, error
        assert (stream.error, stream.completion) == (None, None)
        assert isinstance(error, (errors.NetworkError, errors.ResponseValidationError))
        assert error.text == stream.text
        assert error.request_id == "req_1"
        if isinstance(error, errors.NetworkError):
            assert error.code == "stream_interrupted"
            assert error.details == {"events_emitted": len(events)}
    told = None if error is None else (type(error), error.code, error.message)
    return _Spoken(events, stream.text, failed, told)


def _said(event: Model) -> tuple[str, Any]:
    return type(event).__name__, wire_text(event) or event.model_dump_json()


def _check_subscripts(event: Model) -> None:
    text = wire_text(event)
    if text is not None and isinstance(value := json.loads(text, parse_constant=_no_constant), dict):
        assert event.to_dict() == value
        assert event == value


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def _as_the_standard_says(body: bytes, on_invalid: OnInvalidResponse) -> tuple[list[tuple[str, Any]], str | None]:
    """Events, and the words of the error, of a body that is there as a whole, by a reader of our own."""
    turn = Turn(_TURN.label, on_invalid)
    events: list[tuple[str, Any]] = []
    for name, data in parse_events(body):
        if not data or data == "[DONE]":
            continue
        event, error = _outcome(lambda name=name, data=data: turn.take(name, data))  # type: ignore[misc]
        if event is None and turn.ended:
            continue
        if event is None:
            assert error is not None
            return events, error.message
        if name != "message":
            assert event.type == (name if name in EVENT_MODELS else "unknown") or on_invalid == "salvage"
        events.append(_said(event))
    return events, None if turn.ended else turn.interrupted("it ended without a completion").message


def parse_events(body: bytes) -> Iterator[tuple[str, str]]:
    """Name and data of server-sent events, by the letter of the HTML standard."""
    lines = re.split(r"\r\n|\r|\n", body.decode("utf-8-sig", "replace"))
    name, data = "", list[str]()
    for line in lines[:-1]:  # what has no line end is not there
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            yield name or "message", "\n".join(data)
            name, data = "", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)


def _check_the_helpers(
    stream: Callable[[list[bytes]], RespondStream], pieces: list[bytes], spoken: _Spoken, salvaged: bool
) -> None:
    """Words, ``until_done`` and ``frames`` tell the same story as the events."""
    failed = spoken.error is not None or spoken.failed
    done = stream(pieces)
    _, error = _outcome(done.until_done)
    assert (error is not None) == failed
    if error is not None and spoken.error is None:
        assert isinstance(error, errors.APIError)
        code = getattr(done.error, "code", None)
        assert error.code == code or code == "" or not isinstance(code, str)
        assert error.message
        assert error.details["text"] == spoken.text
    words: list[str] = []
    _, error = _outcome(lambda: words.extend(stream(pieces).text_stream))
    assert (error is not None) == failed
    assert "".join(words) == spoken.text

    relayed = b"".join(stream(pieces).frames())
    heard = _listen(RespondStream(Requester(_CLIENT._requester.config, _Server([relayed], "identity", True)), _TURN))
    if failed:
        assert heard.error is None or heard.error[0] is errors.ResponseValidationError
        told = [data for name, data in parse_events(relayed) if name == "error"]
        assert json.loads(told[0])["code"]
    elif not salvaged:
        assert heard == spoken


# Lines: how often the rest is repeated, how long the pieces are, then a part of a stream.


def lines(data: bytes) -> None:
    """Any bytes are the events that httpx-sse reads, however they are cut; no step is long, and nothing piles up."""
    times, size, unit = (data + b"\0\0")[0] + 1, (data + b"\0\0")[1] + 1, data[2:]
    body = unit * times
    response = httpx.Response(200, headers={"content-type": "text/event-stream; charset=utf-8-sig"}, content=body)
    expected = [(event.event or "message", event.data) for event in EventSource(response).iter_sse() if event.data]
    for pieces in ([body], _cut(body, size)):
        frames = Frames()
        found = [step for piece in pieces for step in frames.feed(piece)]
        assert [step for step in found if step is not None] == expected
        assert len(found) >= len(re.findall(rb"\r\n|\r|\n", body)) // 1000 - len(expected)
        assert len(frames._line) + len(frames._data) + len(frames._name) <= 3 * len(
            body
        )  # U+FFFD is longer than a byte


# Refusals: a line with the status, lines with headers, an empty line, the body.


def refusals(data: bytes) -> None:
    """Whatever an answer holds that is no success, it becomes one of our errors, whole and portable."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    number = int(first) if re.fullmatch(rb"[1-9]\d\d", first) else 400 + sum(first) % 200
    status = number + 200 if 200 <= number < 300 else number
    pairs = [(name.strip() or b"x", value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    headers = httpx.Headers(pairs)
    for complete in (True, False):
        error = refusal(status, headers, body, NOW, complete=complete)
        _check_error(error)
        assert error.http_status == status
        if headers.get("x-request-id"):
            assert error.request_id == headers["x-request-id"]
        assert error.request_id is None or isinstance(error.request_id, str)
        assert isinstance(error, errors.APIError) == (status >= 400 and status != 407)
        assert isinstance(error, errors.NetworkError) == (status == 407)  # which only proxies say
        assert isinstance(error, errors.ResponseDecodeError) == (300 <= status < 400)
        if isinstance(error, errors.APIError):
            _check_api_error(error, body, complete)
        for resend in get_args(Resend):
            assert may_resend(resend, error) in (True, False)
            assert not may_resend(resend, error) or status in (429, 500, 502, 503)


def _check_api_error(error: errors.APIError, body: bytes, complete: bool) -> None:
    seconds = error.retry_after_seconds
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)
    assert error.complete is complete
    if _readers_differ(body):
        return
    try:
        answer = json.loads(body, parse_constant=lambda name: None)
    except ValueError:
        answer = None
    inner = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(inner, dict):
        named = isinstance(inner.get("code"), str)
        assert error.envelope == (inner if named else None)
        assert error.details == inner.get("details")
        assert not inner.get("code") or not named or error.code == inner["code"]
        assert type(error) is errors.error_class(inner["code"] if named else None, error.http_status)
    else:
        assert error.envelope is None
        assert error.details == answer


def _not_json(name: str) -> None:
    raise ValueError(name)


def _readers_differ(body: bytes) -> bool:
    """Whether two good readers of JSON may differ: huge numbers, deep nesting, half a surrogate pair, odd encodings."""
    if re.search(rb"\d{300}|\d[eE]|\\u[dD]", body) or body.count(b"[") + body.count(b"{") > 100:
        return True
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return body.startswith(b"\xef\xbb\xbf") or b"\0" in body


def _check_error(error: UniqOSError) -> None:
    """What all errors have in common."""
    assert isinstance(error, UniqOSError)
    assert isinstance(error.code, str)
    assert error.code
    assert isinstance(error.message, str)
    assert error.http_status is None or type(error.http_status) is int
    assert not any(map(_has_nan, vars(error).values())), vars(error)
    assert str(error) == error.message
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is type(error)
        assert other.args == error.args
        assert vars(other) == vars(error)


def _has_nan(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_nan(inner) for inner in value.values())
    if isinstance(value, (list, tuple)):
        return any(map(_has_nan, value))
    return isinstance(value, float) and math.isnan(value)


# Retry-After: how many attempts there were, then the header.


def retry_after(data: bytes) -> None:
    """A server is waited for as long as it says, and never longer than we wait; nonsense is as good as nothing."""
    attempt, raw = (data + b"\0")[0], data[1:]
    value = httpx.Headers([(b"retry-after", raw)]).get("retry-after")
    assert value is not None
    asked = parse_retry_after(value, NOW)
    assert asked is None or (type(asked) is float and math.isfinite(asked) and asked >= 0)
    assert parse_retry_after(None, NOW) is None
    if re.fullmatch("[0-9]{1,12}", value):
        assert asked == int(value) == parse_retry_after(f" {value}\t", NOW)
    if re.search(r"\d", value) is None:
        assert asked is None
    if re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} [1-9]\d{3} \d\d:\d\d:\d\d GMT", value, re.ASCII):
        assert asked == _seconds_until(value)
    for random in (0.0, 0.5, math.nextafter(1.0, 0.0)):
        seconds = delay(attempt, asked, random)
        if asked is None:
            assert seconds is not None
            assert 0 <= seconds <= CAP_SECONDS
        elif asked > RETRY_AFTER_CAP_SECONDS:
            assert seconds is None
        else:
            assert seconds == asked


def _seconds_until(date: str) -> float | None:
    """The seconds until a date in the form of RFC 9110, whatever its day of the week; None if it is past."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    day, month, year, clock = date[5:].split(" ")[:4]
    hour, minute, second = map(int, clock.split(":"))
    try:
        then = datetime(int(year), months.index(month) + 1, int(day), hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    seconds = then.timestamp() - NOW
    return seconds if seconds >= 0 else None


# Webhooks: which bit to turn (2 bytes), then a line with the secret, then the body.

REASONS = frozenset(
    ("missing_signature", "malformed_signature", "signature_mismatch", "invalid_payload", "stale_timestamp")
)


def webhooks(data: bytes) -> None:
    """What was signed is an event if it is one; what differs by a bit from what was signed is none."""
    bit, rest = int.from_bytes(data[:2], "big"), data[2:]
    line, _, body = rest.partition(b"\n")
    secret = line.decode("utf-8", "replace") or "whsec_1"
    signature = "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()

    value = _delivery(body)
    event, error = _outcome(lambda: construct_event(body, signature, secret, tolerance=0))
    if event is None:
        assert value is None, "a good delivery was refused"
        assert _reason(error) == "invalid_payload"
    else:
        assert event.to_dict() == from_json(body, allow_inf_nan=False)
        assert (event.id, event.type) == (event["id"], event["type"])
        assert event.created_at.tzinfo is not None
        assert construct_event(body, signature.upper().replace("SHA", "sha"), ["other", secret], tolerance=0)
        assert construct_event(body.decode(), f" {signature} ", secret, tolerance=0) == event
        _check_age(event.created_at, body, signature, secret)

    if body:
        assert _refused(_turn_bit(body, bit), signature, secret) == "signature_mismatch"
    header = _turn_bit(signature.encode(), bit).decode("latin-1")
    if header.lower() != signature or not header.startswith("sha256="):  # a digit in upper case is the same digit
        assert _refused(body, header, secret) in ("signature_mismatch", "malformed_signature")
    other = _turn_bit(secret.encode(), bit).decode("utf-8", "replace")
    assert _refused(body, signature, other if other != secret else secret + "x") == "signature_mismatch"
    unkeyed = "sha256=" + hmac.digest(b"", body, hashlib.sha256).hex()
    for nothing in ([], "", ["", ""]):
        try:
            construct_event(body, unkeyed, nothing)
        except errors.ConfigurationError:
            continue
        raise AssertionError("no secret at all was taken for one")
    assert _refused(body, "", secret) == _refused(body, None, secret) == "missing_signature"
    # Any text may come as a header, as a secret, and as a body that a framework has decoded for us.
    assert _refused(body, line.decode("latin-1"), secret) in REASONS
    assert _refused(_text(rest) + "\n", signature, secret) == "signature_mismatch"
    if _text(line) not in ("", secret):
        assert _refused(body, signature, _text(line)) == "signature_mismatch"


def _text(data: bytes) -> str:
    """Text that may hold half a surrogate pair, as JSON can bring one in."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def _refused(body: bytes | str, header: str | None, secret: str | list[str], now: float | None = None) -> str:
    tolerance = 0 if now is None else 300
    event, error = _outcome(lambda: construct_event(body, header, secret, tolerance=tolerance, _now=now))
    assert event is None, "a delivery was believed that is not to be"
    return _reason(error)


def _reason(error: UniqOSError | None) -> str:
    assert isinstance(error, errors.WebhookSignatureError)
    assert error.details == {"reason": error.reason}
    assert error.reason in REASONS
    return error.reason


def _check_age(created_at: datetime, body: bytes, signature: str, secret: str) -> None:
    made = created_at.timestamp()
    for age in (0.0, 299.0, -299.0):
        assert construct_event(body, signature, secret, _now=made + age)
    for age in (301.0, -301.0):
        assert _refused(body, signature, secret, made + age) == "stale_timestamp"


def _delivery(body: bytes) -> dict[str, Any] | None:
    """The delivery that a body surely is; None where a strict reader may refuse it."""
    if _readers_differ(body):
        return None
    try:
        value = json.loads(body, parse_constant=_not_json)
    except ValueError:
        return None
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in ("id", "type")):
        return None
    created_at = value.get("created_at")
    good = isinstance(created_at, str) and re.fullmatch(
        r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T[01][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{3})?Z", created_at
    )
    return value if good else None


def _turn_bit(data: bytes, at: int) -> bytes:
    turned = bytearray(data)
    turned[at // 8 % len(data)] ^= 1 << at % 8
    return bytes(turned)


# Paths: which operation, then an id a line, then name and value of queries.

TABLE = operations()
NAMES = sorted(TABLE)
_BARE: dict[str, Operation[Any]] = {name: replace(op, body=None, query=None) for name, op in TABLE.items()}


def paths(data: bytes) -> None:
    """Whatever the ids, a request goes to its own operation with just these ids and values, or nowhere."""
    name = NAMES[(data + b"\0")[0] % len(NAMES)]
    parts = [_text(part) for part in data[1:].split(b"\n")]
    op, count = TABLE[name], len(TABLE[name].params)
    ids = tuple((parts + ["x"] * count)[:count])
    request, error = _outcome(lambda: encode(_BARE[name], None, {}, ids))
    if request is None:
        assert isinstance(error, errors.RequestValidationError)
        assert _may_be_refused(op, ids)
    else:
        assert not _may_be_refused(op, ids)
        _check_path(op, request.path, ids)
    if op.query is not None:
        pairs = dict(zip(parts[count::2], parts[count + 1 :: 2], strict=False))
        _check_query(op, tuple("x" for _ in ids), pairs)


def _may_be_refused(op: Operation[Any], ids: tuple[str, ...]) -> bool:
    no_id = any(one in ("", ".", "..") or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", one) for one in ids)
    return no_id or (ids != () and ids[-1] in op.reserved)


def _check_path(op: Operation[Any], path: str, ids: tuple[str, ...]) -> None:
    assert re.fullmatch(r"[/A-Za-z0-9._~%-]+", path), path
    template, segments = op.path.split("/"), path.split("/")
    assert len(segments) == len(template), (op.path, path)
    assert path.startswith(op.path.partition("{")[0])
    left = iter(ids)
    for wanted, segment in zip(template, segments, strict=True):
        assert segment not in (".", "..")
        if wanted.startswith("{"):
            assert unquote(segment, errors="strict") == next(left)
        else:
            assert segment == wanted
    for other in TABLE.values():
        if other.method == op.method and other.path != op.path:
            assert not _is_meant(other.path.split("/"), template, segments), (other.path, path)
    url = httpx.URL("https://api.uniqos.ai" + path)
    assert url.raw_path == path.encode()
    assert (url.host, url.fragment) == ("api.uniqos.ai", "")


def _is_meant(other: list[str], template: list[str], segments: list[str]) -> bool:
    """Whether a server would read the path as the other operation's, which has words where ours has ids."""
    if len(other) != len(segments):
        return False
    fits = all(word.startswith("{") or word == unquote(part) for word, part in zip(other, segments, strict=True))
    wordy = [word.startswith("{") for word in other] < [word.startswith("{") for word in template]
    return fits and wordy


def _check_query(op: Operation[Any], ids: tuple[str, ...], pairs: dict[str, str]) -> None:
    request, error = _outcome(lambda: encode(op, pairs, {}, ids))
    if request is None:
        assert isinstance(error, errors.RequestValidationError)
        return
    path, _, query = request.path.partition("?")
    assert path == re.sub(r"\{\w+\}", "x", op.path)
    assert re.fullmatch(r"[A-Za-z0-9._~%+&=*-]*", query), query
    got = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    assert len(got) == len(pairs)
    fields = op.query.model_fields if op.query is not None else {}
    for name, value in got:
        own = name in fields and fields[name].annotation not in (str, str | None)
        assert value == pairs[name] or own, "only what is no text may be written in another way"
    assert httpx.URL("https://api.uniqos.ai" + request.path).raw_path == request.path.encode()


TARGETS: dict[str, Callable[[bytes], None]] = {
    "frames": frames,
    "lines": lines,
    "refusals": refusals,
    "retry_after": retry_after,
    "webhooks": webhooks,
    "paths": paths,
    "responses": responses,
}
