"""Settings are checked when the client is made."""

from __future__ import annotations

import dataclasses
import inspect
import logging
import os
import pickle
import re
import ssl
import sys
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniqos import AsyncUniqOS, UniqOS, errors
from uniqos._base.secret import redact
from uniqos._network.proxy import ProxyAddress, checked_proxy, proxy_of_environment
from uniqos._policy.config import change_credentials, resolve
from uniqos._policy.options import CHECKS, ChangeableOptions, ClientOptions, Config
from uniqos._wire.operation import Request
from uniqos._wire.options import CALL_CHECKS, CallSettings, Options, SharedOptions, SharedSettings

KEY = "uniq_test_abcd1234"
LIVE = "uniq_live_abcd1234"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNIQOS_API_KEY", raising=False)
    monkeypatch.delenv("UNIQOS_BASE_URL", raising=False)


def make(key: str | None = KEY, token: str | None = None, url: str | None = None, **options: Any) -> Config:
    return resolve(key, token, url, **options)


def test_the_defaults_are_the_official_ones() -> None:
    config = make()
    assert (config.base_url, config.timeout, config.max_retries) == ("https://api.uniqos.ai", 90, 3)
    assert (config.log_level, config.on_invalid_response, config.deadline) == ("warning", "raise", None)


@pytest.mark.parametrize(("key", "environment"), [(KEY, "test"), (LIVE, "live")])
def test_the_prefix_of_the_key_says_the_environment(key: str, environment: str) -> None:
    assert make(key).environment == environment


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"key": None}, "missing_api_key"),
        ({"key": ""}, "missing_api_key"),
        ({"key": 7}, "missing_api_key"),
        ({"key": "sk-123"}, "invalid_api_key_format"),
        ({"key": "uniq_test_short"}, "invalid_api_key_format"),
        ({"key": "uniq_test_abcd1234\n"}, "invalid_api_key_format"),
        ({"key": "uniq_test_abcd-1234"}, "invalid_api_key_format"),
        ({"key": KEY, "token": "eyJ.a.b"}, "configuration_error"),
        ({"key": None, "token": ""}, "missing_api_key"),
        ({"key": None, "token": "a\r\nb"}, "invalid_request"),
        ({"url": "api.uniqos.ai"}, "configuration_error"),
        ({"url": ""}, "configuration_error"),
        ({"url": "ftp://x"}, "configuration_error"),
        ({"url": "https://"}, "configuration_error"),
        ({"url": "https://x:99999"}, "configuration_error"),
        ({"url": "https://user:pw@x"}, "configuration_error"),
        ({"url": "https://x?a=1"}, "configuration_error"),
        ({"url": "https://x\n"}, "configuration_error"),
        ({"url": 7}, "configuration_error"),
        ({"url": "https://" + "a." * 130 + "example"}, "configuration_error"),
        ({"key": LIVE, "url": "http://api.uniqos.ai"}, "configuration_error"),
        ({"key": None, "token": "eyJ.a.b", "url": "http://api.uniqos.ai"}, "configuration_error"),
        ({"timeout": -1}, "invalid_request"),
        ({"timeout": "90"}, "invalid_request"),
        ({"deadline": float("inf")}, "invalid_request"),
        ({"timeout": 2_000_001}, "invalid_request"),
        ({"timeout": 10**5000}, "invalid_request"),
        ({"max_retries": -(10**5000)}, "invalid_request"),
        ({"max_connections": -(10**5000)}, "configuration_error"),
        ({"url": "http://1.2.3.999"}, "configuration_error"),
        ({"url": "https://api.example/" + "a" * 70_000}, "configuration_error"),
        ({"url": "https://api.example/\udc80"}, "configuration_error"),
        ({"verify": ssl}, "configuration_error"),
        ({"verify": ssl.SSLContext}, "configuration_error"),
        ({"deadline": 10**400}, "invalid_request"),
        ({"max_retries": -1}, "invalid_request"),
        ({"max_retries": 1.5}, "invalid_request"),
        ({"log_level": "loud"}, "configuration_error"),
        ({"logger": print}, "configuration_error"),
        ({"on_invalid_response": "ignore"}, "invalid_request"),
    ],
)
def test_a_wrong_setting_is_a_configuration_error(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        make(**arguments)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ([("X-A", "1")], "must be a mapping"),
        ({"Authorization": "x"}, "SDK's own"),
        ({"idempotency-key": "x"}, "SDK's own"),
        ({"Cookie": "x"}, "cookie cannot be sent with every call.*http_client"),
        ({"Proxy-Authorization": "x"}, "proxy-authorization cannot be sent with every call.*proxy="),
        ({"Connection": "close"}, "connection cannot be sent with every call"),
        ({"X-A": "1", "x-a": "2"}, "x-a twice"),
        ({"X A": "1"}, "not a header name"),
        ({"X-A": "1\r\nX-B: 2"}, "X-A must be visible ASCII"),
        ({"X-A": b"1"}, None),
        ({"X-A": None}, "X-A must be visible ASCII"),
    ],
)
def test_headers_of_a_client_are_checked_and_their_values_never_repeated(headers: Any, says: str | None) -> None:
    if says is None:
        assert make(headers=headers).headers == ((b"X-A", b"1"),)
        return
    for refuse in (lambda: make(headers=headers), lambda: AsyncUniqOS(KEY).with_options(headers=headers)):
        with pytest.raises(errors.ConfigurationError, match=says) as caught:
            refuse()
        assert "X-B" not in str(caught.value)


def test_a_traceback_with_local_variables_shows_no_value_of_a_header() -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        UniqOS(KEY, headers={"X-Gateway-Key": "geheim", "Cookie": "geheim"})
    shown = [repr(frame.f_locals) for frame, _ in traceback.walk_tb(caught.tb) if frame.f_code.co_filename != __file__]
    assert len(shown) >= 3
    assert not any("geheim" in text for text in shown)


def test_headers_of_a_client_survive_a_pickle() -> None:
    client = UniqOS(KEY, headers={"X-Gateway-Key": "g"})
    assert pickle.loads(pickle.dumps(client))._requester.config == client._requester.config


class InBytes(os.PathLike[bytes]):
    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> bytes:
        return os.fsencode(self.path)


def test_a_path_may_be_given_in_bytes_and_a_folder_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "authority.pem").write_text("")
    assert make(verify=InBytes(tmp_path / "authority.pem")).verify == str(tmp_path / "authority.pem")

    def locked(path: str) -> list[str]:
        raise PermissionError("locked")

    monkeypatch.setattr(os, "listdir", locked)  # for root, as in containers, nothing is
    with pytest.raises(errors.ConfigurationError, match=r"folder cannot be read: locked"):
        make(verify=tmp_path)


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("https://api.uniqos.ai/", "https://api.uniqos.ai"),
        ("https://api.uniqos.ai/v1", "https://api.uniqos.ai"),
        ("https://api.uniqos.ai/v1/", "https://api.uniqos.ai"),
        ("https://proxy.example/uniqos/", "https://proxy.example/uniqos"),
        ("HTTPS://API.uniqos.ai:8443", "https://api.uniqos.ai:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.2:1", "http://127.0.0.2:1"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example.", "https://xn--bcher-kva.example."),
        ("https://faß.de", "https://xn--fa-hia.de"),
        ("https://FAẞ.de/v1", "https://xn--fa-hia.de"),
        ("https://straße.example:8443/x", "https://xn--strae-oqa.example:8443/x"),
        ("https://βόλος.com", "https://xn--nxasmm1c.com"),
        ("https://faß。de", "https://xn--fa-hia.de"),
        ("https://api_1.example", "https://api_1.example"),
    ],
)
def test_a_base_url_is_put_into_one_form(url: str, base_url: str) -> None:
    assert make(LIVE, url=url).base_url == base_url


@given(st.text(st.sampled_from("aßςéüд中.-_\u3002ǰ\u0301İ१"), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_host_in_other_letters_is_the_one_that_httpx_connects_to_or_none(host: str) -> None:
    try:
        expected = httpx.URL(f"https://{host}").raw_host.decode()
    except httpx.InvalidURL:
        expected = ""
    try:
        base_url = make(url=f"https://{host}").base_url
    except errors.ConfigurationError:
        assert not re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.?", expected)
        return
    assert base_url == f"https://{expected}"


@pytest.mark.parametrize("entry", ["faß.de", ".FAß.de", "other.example, faß.de", "xn--fa-hia.de", "faß.de:8443"])
@pytest.mark.parametrize("host", ["faß.de", "api.faß.de"])
def test_no_proxy_may_be_written_in_other_letters(entry: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", entry)
    assert proxy_of_environment(make(url=f"https://{host}:8443").base_url) is None
    assert proxy_of_environment(make(url="https://fass.de").base_url) == "http://proxy.example:3128"


def test_the_proxys_host_is_encoded_in_the_same_way() -> None:
    address = ProxyAddress(checked_proxy("http://faß.de:3128"))
    assert address.origin.host == b"xn--fa-hia.de"


def test_the_environment_gives_key_and_url_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIQOS_API_KEY", LIVE)
    monkeypatch.setenv("UNIQOS_BASE_URL", "https://staging.example")
    assert (make(None).token, make(None).base_url) == (LIVE, "https://staging.example")
    assert (make(KEY).token, make(url="https://x.example").base_url) == (KEY, "https://x.example")


def test_a_token_wins_over_the_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIQOS_API_KEY", LIVE)
    config = make(None, "eyJ.a.b")
    assert (config.token, config.environment) == ("eyJ.a.b", None)


def test_neither_the_key_nor_a_token_is_in_a_repr() -> None:
    assert "abcd1234" not in repr(make())
    assert "uniq_test_abcd..." in repr(make())
    assert "eyJ" not in repr(make(None, "eyJ.a.b"))


def test_a_path_in_the_url_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "uniqos"):
        make(url="https://x.example/v1", log_level="debug")
        assert "taken off" in caplog.text
        make(url="https://x.example/api")
        assert "has a path" in caplog.text
        caplog.clear()
        make(url="https://x.example/api", log_level="silent")
        assert not caplog.records


def test_a_sink_with_the_four_methods_takes_the_lines() -> None:
    lines: list[tuple[str, Any]] = []

    class Sink:
        def debug(self, message: str, context: Any = None) -> None:
            lines.append((message, context))

        info = warning = error = debug

    make(log_level="debug", logger=Sink())
    assert lines == [
        (
            "uniqos: client initialized",
            {"environment": "test", "base_url": "https://api.uniqos.ai", "api_key": "uniq_test_abcd..."},
        )
    ]


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        (LIVE, "uniq_live_abcd..."),
        ("eyJ.secret", "***"),
        ("uniq_test_a", "uniq_test_a..."),
        ("uniq_test_abcd-secret secret", "uniq_test_abcd..."),
        (" uniq_test_abcdsecret", "***"),
        ("Bearer uniq_test_abcdsecret and more", "***"),
    ],
)
def test_secrets_are_shown_by_their_prefix(secret: str, shown: str) -> None:
    assert redact(secret) == shown


@pytest.mark.parametrize("where", ["argument", "environment"])
def test_a_live_key_for_this_machine_goes_to_no_proxy_elsewhere(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    local, elsewhere = "http://127.0.0.1:8000", "http://user:secret@proxy.example:3128"
    options = {"proxy": elsewhere} if where == "argument" else {}
    if where == "environment":
        monkeypatch.setenv("HTTP_PROXY", elsewhere)
    with pytest.raises(errors.ConfigurationError, match="unencrypted") as caught:
        resolve(LIVE, None, local, **options)
    assert "secret" not in str(caught.value)
    with pytest.raises(errors.ConfigurationError, match="unencrypted"):
        change_credentials(resolve(KEY, None, local, **options), LIVE, None)
    resolve(LIVE, None, "https://127.0.0.1:8000", **options)
    resolve(LIVE, None, local, proxy="http://localhost:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    if where == "environment":
        resolve(LIVE, None, local)


def test_settings_have_a_hash_whatever_the_logger_is() -> None:
    class Equal:
        def debug(self, message: str, context: Any = None) -> None: ...

        info = warning = error = debug

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Equal)

        __hash__ = None  # type: ignore[assignment]

    assert hash(make(logger=Equal())) == hash(make(logger=Equal()))


def names(kind: type[Any]) -> set[str]:
    return (
        {one.name for one in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else {*kind.__optional_keys__}
    )


def test_each_option_of_a_client_has_its_type_its_value_and_its_rule() -> None:
    with_a_check_of_their_own = {"api_key", "access_token", "base_url", "http_client"}
    assert names(ClientOptions) == CHECKS.keys() | with_a_check_of_their_own
    assert names(Config) == CHECKS.keys() | {"token", "environment", "base_url", "key_source"}


def test_each_option_of_a_call_has_its_type_its_value_and_its_rule() -> None:
    assert names(SharedOptions) == names(SharedSettings) == names(CallSettings)
    assert names(Options) == CALL_CHECKS.keys() <= names(Request)
    assert names(SharedOptions) <= CALL_CHECKS.keys() & CHECKS.keys()


@pytest.mark.parametrize("kind", [UniqOS, AsyncUniqOS])
def test_the_signatures_of_a_client_name_each_option_and_its_docstrings_explain_it(kind: type[Any]) -> None:
    for function, options in ((kind, ClientOptions), (kind.with_options, ChangeableOptions)):
        parameters = inspect.signature(function).parameters
        assert {*parameters} - {"self"} == names(options)
        documented = (kind.__init__ if function is kind else function).__doc__ or ""
        assert all(f"    {name}: " in documented for name in names(options))


def test_a_synchronous_client_refuses_a_coroutine_function_as_middleware() -> None:
    async def asynchronous(attempt: Any, next: Any) -> Any: ...

    class Asynchronous:
        async def __call__(self, attempt: Any, next: Any) -> Any: ...

    for middleware in (asynchronous, Asynchronous()):
        with pytest.raises(errors.ConfigurationError, match=r"synchronous client must be a plain function"):
            UniqOS(KEY, middleware=[middleware])
        with pytest.raises(errors.ConfigurationError, match=r"synchronous client must be a plain function"):
            UniqOS(KEY).with_options(middleware=[middleware])
        AsyncUniqOS(KEY, middleware=[middleware])


def test_a_synchronous_client_refuses_a_coroutine_function_as_the_key() -> None:
    async def fetch() -> str:
        return KEY

    with pytest.raises(errors.ConfigurationError, match=r"plain function"):
        UniqOS(fetch)  # type: ignore[arg-type]
    with pytest.raises(errors.ConfigurationError, match=r"plain function"):
        UniqOS(KEY).with_credentials(fetch)  # type: ignore[arg-type]
    AsyncUniqOS(fetch)


@pytest.mark.parametrize("key", [str, 7, [KEY]])
def test_something_that_is_neither_a_key_nor_a_function_is_refused(key: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"api_key must be a string"):
        UniqOS(key)


def test_without_opentelemetry_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(errors.ConfigurationError, match=r"telemetry needs OpenTelemetry") as caught:
        UniqOS(KEY, telemetry=True)
    assert caught.value.code == "missing_extra"
