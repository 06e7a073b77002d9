"""The fuzz targets, driven by structured inputs, and the corpus of what was found before.

``python -m tests.fuzz`` looks further: it is guided by what its input reaches, and takes its time.
"""

from __future__ import annotations

import gzip
import json
import pickle
import subprocess
import sys
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import __main__ as command
from tests.fuzz import targets
from uniqos import errors
from uniqos._policy.retry import may_resend
from uniqos._turn.events import parse_event
from uniqos._turn.relay import frame, relay_event
from uniqos._turn.turn import Turn
from uniqos._wire.failures import parse_retry_after, refusal
from uniqos.api.stream_events import EVENT_MODELS
from uniqos.webhooks import construct_event

CORPUS = sorted(path for path in command.CORPUS.glob("*/*"))
fast = settings(max_examples=100, deadline=None)

# What is likely to be read in two ways, besides whatever hypothesis thinks of.
TEXT = st.text(max_size=12) | st.sampled_from(["", "Hi", "é", "\u2028", "\0", "\ufeff", "NaN", "[DONE]", "a\r\nb"])
NUMBER = st.integers() | st.floats() | st.sampled_from([2**63, 10**400, -0.0])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
LINE_END = st.sampled_from(["\n", "\r", "\r\n"])
NAME = st.sampled_from([*EVENT_MODELS, "message", "mood"]) | TEXT


def packed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


MEMORY = {"consulted": True, "summary_used": None, "significant_moments_referenced": 0, "model_updated": True}
FIELDS: dict[str, Any] = {
    "interaction_id": "int_1",
    "inferred_emotional_state": None,
    "memory": MEMORY,
    "delta": "Hé",
    "applied": [],
    "modulation_summary": "s",
    "guardrails": {"applied": []},
    "usage": {"turns_consumed": 1, "active_relationship_counted": True, "llm_provider": "p", "llm_model": "m"},
    "latency_ms": 42,
    "code": "guardrail_block",
}
EVENT_DATA = st.one_of(
    st.just(FIELDS).map(packed),
    st.sampled_from(["text", "completion", "error"]).map(lambda name: packed({**FIELDS, "type": name})),
    st.tuples(st.sampled_from(sorted(FIELDS)), JSON).map(lambda pair: packed({**FIELDS, pair[0]: pair[1]})),
    st.sampled_from(sorted(FIELDS)).map(lambda name: packed({k: v for k, v in FIELDS.items() if k != name})),
    JSON.map(packed),
    TEXT,
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A stream: frames with line ends of any kind, comments, ids, and bytes that are no text."""
    out = draw(st.sampled_from(["", "\ufeff"]))
    for name, data in draw(st.lists(st.tuples(NAME, EVENT_DATA), max_size=5)):
        end = draw(LINE_END)
        out += draw(st.sampled_from(["", f": hello{end}", f"id: 7{end}retry: 1{end}", f"data{end}{end}", f"odd{end}"]))
        out += f"event: {name}{end}" + "".join(f"data: {line}{draw(LINE_END)}" for line in data.split("\n"))
        out += draw(st.sampled_from([end, end + end, ""]))
    whole = out.encode("utf-8", "surrogatepass")
    at = draw(st.integers(0, len(whole)))
    return draw(st.sampled_from([whole, whole, whole[:at], whole[:at] + b"\xe2\x82" + whole[at:]]))


@fast
@given(option=st.integers(0, 15), size=st.integers(0, 30), body=bodies(), cut=st.integers(0, 40))
def test_a_stream_is_the_same_however_it_is_cut(option: int, size: int, body: bytes, cut: int) -> None:
    if option & 3 == targets.AS_IT_IS:
        body = gzip.compress(body, mtime=0)[: -cut or None]
    targets.frames(bytes([option, size]) + body)


UNITS = st.lists(
    st.sampled_from(
        ["event: text", "event: ", "event", "data: x", "data:", "data", ":", ": ping", "id: 1", "\ufeff", "é", "x"]
    )
    | st.sampled_from(["\n", "\n\n", "\r", "\r\n", "event: text\ndata: {}\n\n"]),
    max_size=12,
).map(lambda parts: "".join(parts).encode())


@fast
@given(times=st.integers(0, 255), size=st.integers(0, 40), unit=UNITS | st.binary(max_size=20))
def test_any_lines_are_read_as_httpx_sse_reads_them(times: int, size: int, unit: bytes) -> None:
    targets.lines(bytes([times, size]) + unit)


STATUS = st.sampled_from([103, 301, 307, 400, 402, 403, 404, 418, 422, 429, 500, 502, 503, 504]) | st.integers(100, 599)
ENVELOPE = st.fixed_dictionaries(
    {},
    optional={
        "code": st.sampled_from(["quota_exhausted", "token_expired", "my_guardrail", "no_such_code", ""]) | JSON,
        "message": TEXT | JSON,
        "request_id": TEXT | JSON,
        "details": JSON,
    },
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["retry-after", "location", "x-request-id", "content-type"]),
        st.sampled_from(["5", "-1", "nan", "http://[::1", "https://a.example/b", "//x", "req_1", "text/html"])
        | st.text(max_size=10).map(lambda text: text.replace("\n", " ")),
    ),
    max_size=3,
)


@fast
@given(
    status=STATUS,
    headers=HEADERS,
    body=st.one_of(
        ENVELOPE.map(lambda error: packed({"error": error}).encode("utf-8", "surrogatepass")),
        JSON.map(lambda value: packed(value).encode("utf-8", "surrogatepass")),
        st.binary(max_size=30),
    ),
)
def test_whatever_is_no_success_is_an_error_of_ours(status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    lines = [str(status), *(f"{name}: {value}" for name, value in headers)]
    targets.refusals("\n".join(lines).encode("utf-8", "surrogatepass") + b"\n\n" + body)


DATES = st.datetimes(datetime(1, 1, 1), timezones=st.just(timezone.utc))


@fast
@given(
    attempt=st.integers(0, 255),
    value=st.one_of(
        st.integers(-10, 10**13).map(str),
        st.floats().map(str),
        DATES.map(lambda date: format_datetime(date, usegmt=True)),
        DATES.map(lambda date: date.strftime("%A, %d-%b-%y %H:%M:%S GMT")),
        DATES.map(lambda date: date.strftime("%a %b %d %H:%M:%S %Y")),
        st.text(alphabet="0123456789:+-., JanGMTWed", max_size=40),
        st.text(max_size=20),
    ),
)
def test_a_server_is_waited_for_as_long_as_it_says_or_not_at_all(attempt: int, value: str) -> None:
    targets.retry_after(bytes([attempt]) + value.encode("utf-8", "surrogatepass"))


DELIVERY = st.fixed_dictionaries(
    {
        "id": TEXT,
        "type": TEXT,
        "created_at": st.datetimes(timezones=st.just(timezone.utc)).map(
            lambda date: date.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        ),
    },
    optional={"data": JSON, "later": JSON},
)


@fast
@given(
    bit=st.integers(0, 2**16 - 1),
    secret=TEXT.map(lambda text: text.replace("\n", "")),
    body=DELIVERY.map(packed) | JSON.map(packed) | TEXT,
)
def test_a_delivery_is_believed_if_every_bit_of_it_was_signed(bit: int, secret: str, body: str) -> None:
    targets.webhooks(bit.to_bytes(2, "big") + f"{secret}\n{body}".encode("utf-8", "surrogatepass"))


IDS = st.one_of(
    TEXT,
    st.sampled_from(["..", ".", "", "a/../b", "%2e%2e", "..%2f", "x?y=1", "#", "\\..\\", "\ud800", "{org_id}", ";a=b"]),
    st.sampled_from(
        ["changelog", "aggregates", "transfer", "me", "//evil.example", "@evil.example", "cursor", "limit"]
    ),
    st.text(alphabet="./%?#@:\\&=\r é", max_size=12),
).map(lambda text: text.replace("\n", ""))


@pytest.mark.parametrize("number", range(len(targets.NAMES)), ids=targets.NAMES)
def test_a_request_goes_to_its_own_operation_or_nowhere(number: int) -> None:
    @settings(max_examples=12, deadline=None, database=None)
    @given(values=st.lists(IDS, max_size=6))
    def check(values: list[str]) -> None:
        targets.paths(bytes([number]) + "\n".join(values).encode("utf-8", "surrogatepass"))

    check()


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_corpus_holds(path: Path) -> None:
    targets.TARGETS[path.parent.name](path.read_bytes())


def test_every_target_has_a_corpus_and_the_command_knows_it() -> None:
    assert {path.parent.name for path in CORPUS} == set(targets.TARGETS) == set(command.NAMES)


def test_without_atheris_the_command_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['atheris'] = None; sys.argv = ['', 'paths']; import tests.fuzz.__main__ as m; m.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=command.CORPUS.parents[2])
    assert (done.returncode, done.stderr) == (1, "atheris is missing: pip install atheris\n")


# What was found.


@pytest.mark.parametrize(
    ("data", "code"), [("{}", "api_error"), ('{"code":7}', "api_error"), ('{"code":[1],"message":7}', "api_error")]
)
def test_a_salvaged_error_event_is_raised_as_a_typed_error(data: str, code: str) -> None:
    turn = Turn("POST /v1/respond", "salvage")
    turn.take("error", data)
    with pytest.raises(errors.APIError) as caught:
        turn.raise_error_event()
    assert caught.value.code == code


def test_a_salvaged_stream_says_only_what_was_said() -> None:
    turn = Turn("POST /v1/respond", "salvage")
    for data in ("{}", '{"delta":null}', '{"delta":7}', '{"delta":"x"}'):
        turn.take("text", data)
    assert turn.text == "7x"


def test_a_salvaged_stream_that_breaks_needs_no_id_to_say_so() -> None:
    turn = Turn("POST /v1/respond", "salvage")
    turn.take("metadata", "{}")
    assert turn.interrupted("cut").interaction_id is None


@pytest.mark.parametrize("location", ["http://[::1", "http://a\u2100b/"])
def test_a_redirect_to_no_valid_host_is_an_error_of_ours(location: str) -> None:
    error = refusal(302, httpx.Headers({"location": location.encode()}), b"", 0)
    assert (error.code, error.details) == ("redirect", {"location_host": "no valid host"})


def test_an_error_never_holds_what_is_no_json_and_keeps_its_code() -> None:
    body = b'{"error":{"code":"quota_exhausted","details":[NaN,{"left":-Infinity,"of":3}]}}'
    error = refusal(429, httpx.Headers(), body, 0)
    assert (error.code, error.details) == ("quota_exhausted", [None, {"left": None, "of": 3}])
    assert not may_resend("safe", error)
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)


@pytest.mark.parametrize("value", ["\x1e5", "5\x1f", "\x1c", "\u00a05"])
def test_a_retry_after_with_control_characters_is_nonsense(value: str) -> None:
    assert parse_retry_after(value, targets.NOW) is None


@pytest.mark.parametrize(("body", "secret"), [("\ud800", "s"), ("x", "\ud800"), ("\ud800", ["a", "\udfff"])])
def test_half_a_surrogate_pair_was_never_signed(body: str, secret: Any) -> None:
    with pytest.raises(errors.WebhookSignatureError) as caught:
        construct_event(body, "sha256=" + "0" * 64, secret)
    assert caught.value.reason == "signature_mismatch"


def test_an_event_that_nobody_knows_is_relayed_as_one() -> None:
    data = '{"type":"completion"}'
    relayed = frame(relay_event(parse_event("mood\0", data)))
    assert list(targets.parse_events(relayed)) == [("mood\0", data)]
