"""Replies by a language model: a small server on loopback that speaks as OpenAI's does."""

from __future__ import annotations

import base64
import json
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cli.test_cli import INTERRUPTIBLE, posix_only, run, start
from tests.support.rawserver import RawServer, body, header, reply
from uniqos import ConfigurationError, errors
from uniqos.sandbox import Sandbox, in_process, serve

Say = Callable[[socket.socket, dict[str, Any]], None]


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNIQOS_LLM_API_KEY", raising=False)


@contextmanager
def speaking(say: Say, **options: Any) -> Iterator[tuple[Sandbox, RawServer]]:
    """A sandbox whose words come from ``say``."""
    with RawServer(lambda connection, raw, _: say(connection, json.loads(body(raw)))) as server:
        with serve(pause=0, llm=f"{server.url}/v1/", **options) as sandbox:
            yield sandbox, server


def begin(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")


def chunk(connection: socket.socket, data: object) -> None:
    frame = f"data: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}\n\n".encode()
    connection.sendall(f"{len(frame):x}\r\n".encode() + frame + b"\r\n")


def end(connection: socket.socket) -> None:
    connection.sendall(b"0\r\n\r\n")


def delta(text: str | None, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def whole(text: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


def speak(connection: socket.socket, asked: dict[str, Any]) -> None:
    """Answer as a good server does, with pieces that are no words."""
    if not asked["stream"]:
        reply(connection, body=whole("Grüße, from a model."))
        return
    begin(connection)
    chunk(connection, {"choices": [{"delta": {"role": "assistant"}}]})
    for piece in ("Grü", "ße, from", "\u2028", " a model."):
        chunk(connection, delta(piece))
    chunk(connection, delta(None, "stop"))
    chunk(connection, {"choices": [{"delta": None, "finish_reason": None}]})
    chunk(connection, {"choices": [], "usage": {"total_tokens": 7}})
    chunk(connection, "[DONE]")
    end(connection)


def turn(sandbox: Sandbox, message: str = "hello", **more: Any) -> dict[str, Any]:
    return {"personality_id": sandbox.personality_id, "message": message, **more}


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_model_on_this_machine_is_asked_past_the_proxy_of_the_environment(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with speaking(speak) as (sandbox, server), sandbox.client(max_retries=0) as client:
        assert client.respond(turn(sandbox)).response == "Grüße, from a model."
        with RawServer(lambda connection, raw, _: connection.close()) as proxy:
            monkeypatch.setenv(variable, proxy.url)
            with serve(llm="http://model.example/v1") as other, other.client(max_retries=0) as far:
                with pytest.raises(errors.APIError):
                    far.respond(turn(other))
            assert proxy.requests[0].startswith(b"POST http://model.example/v1/chat/completions ")
    assert len(server.requests) == 1


def test_the_model_is_told_who_it_is_what_is_felt_and_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIQOS_LLM_API_KEY", "sk-secret")
    with speaking(speak, llm_model="tiny") as (sandbox, server), sandbox.client() as client:
        of_ada = {"user_id": "ada", "mode": "stateful"}
        first = client.respond(turn(sandbox, "My name is Ada. I am furious at my landlord!", **of_ada))
        second = client.respond(turn(sandbox, "hello [[uniqos:emotion=fear]]", **of_ada))
    assert first.response == "Grüße, from a model."
    assert first.usage is not None
    assert (first.usage.llm_provider, first.usage.llm_model) == ("openai-compatible", "tiny")
    assert first.usage.turns_consumed == 1
    assert second.memory is not None
    assert second.memory.summary_used == "Ada has spoken 1 time(s) about landlord, last with anger."
    asked = json.loads(body(server.requests[1]))
    assert (asked["model"], asked["stream"]) == ("tiny", False)
    system, user = asked["messages"]
    assert user == {"role": "user", "content": "hello"}
    assert system["role"] == "system"
    for part in ("You are Warm.", "agreeableness 0.9", "fear", second.memory.summary_used):
        assert part in system["content"]
    assert server.requests[0].startswith(b"POST /v1/chat/completions ")
    assert header(server.requests[0], "Authorization") == "Bearer sk-secret"
    assert "furious" not in system["content"]


def test_without_a_key_none_is_sent_and_by_default_no_model_is_asked() -> None:
    with speaking(speak) as (sandbox, server), sandbox.client() as client:
        client.respond(turn(sandbox))
        assert header(server.requests[0], "Authorization") is None
    with serve(pause=0) as sandbox, sandbox.client() as client:
        usage = client.respond(turn(sandbox)).usage
        assert usage is not None
        assert usage.llm_provider == "sandbox"


def test_a_streamed_turn_is_what_the_model_says_while_it_says_it() -> None:
    go_on = threading.Event()

    def slowly(connection: socket.socket, asked: dict[str, Any]) -> None:
        begin(connection)
        chunk(connection, delta("One, "))
        assert go_on.wait(10)
        chunk(connection, delta("two.", "stop"))
        end(connection)

    with speaking(slowly) as (sandbox, _), sandbox.client() as client:
        with client.respond(turn(sandbox), stream=True) as stream:
            assert [next(stream).type, next(stream).type] == ["metadata", "text"]
            assert stream.text == "One, "
            assert sandbox.turns_billed == 0
            # Nothing waits for the model but this turn.
            client.personalities.create(name="Zoe")
            go_on.set()
            stream.until_done()
        assert stream.text == "One, two."
        assert stream.completion is not None
        assert stream.completion.usage.llm_model == "default"
        assert stream.metadata is not None
        assert stream.metadata.interaction_id is not None
        assert client.interactions.get(stream.metadata.interaction_id)["streamed"] is True
        assert sandbox.turns_billed == 1


def test_the_pieces_are_the_models_and_what_is_no_text_is_left_out() -> None:
    with speaking(speak) as (sandbox, _), sandbox.client() as client:
        events = list(client.respond(turn(sandbox), stream=True))
        assert [getattr(event, "delta", event.type) for event in events] == [
            *("metadata", "Grü", "ße, from", "\u2028", " a model.", "completion")
        ]


def test_a_fault_may_be_asked_of_a_stream_of_the_model() -> None:
    with speaking(speak) as (sandbox, server), sandbox.client() as client:
        with pytest.raises(errors.GuardrailBlockError):
            client.respond(turn(sandbox, "hello [[uniqos:stream=guardrail_block]]"), stream=True).until_done()
        with pytest.raises(errors.NetworkError):
            client.respond(turn(sandbox, "hello [[uniqos:stream=drop_after:2]]"), stream=True).until_done()
        with pytest.raises(errors.ConflictError):
            client.respond(turn(sandbox, "hello [[uniqos:error=conflict]]"))
        assert len(server.requests) == 2


def test_a_turn_goes_on_without_its_listener_and_its_answer_comes_again() -> None:
    with speaking(speak) as (sandbox, server), sandbox.client() as client:
        broken = turn(sandbox, "hello [[uniqos:stream=drop_after:2]]")
        with pytest.raises(errors.NetworkError):
            client.respond(broken, stream=True, idempotency_key="k").until_done()
        again = client.respond(broken, stream=True, idempotency_key="k").until_done()
        assert again.text.endswith(" a model.")
        assert (sandbox.turns_billed, len(server.requests)) == (1, 1)


def fail(connection: socket.socket, asked: dict[str, Any]) -> None:
    reply(connection, 500)


def close(connection: socket.socket, asked: dict[str, Any]) -> None:
    connection.close()


def chat(connection: socket.socket, asked: dict[str, Any]) -> None:
    reply(connection, body=b'{"hello": 1}')


def nothing(connection: socket.socket, asked: dict[str, Any]) -> None:
    if asked["stream"]:
        begin(connection)
        chunk(connection, delta(None, "stop"))
        chunk(connection, "[DONE]")
        end(connection)
    else:
        reply(connection, body=whole(""))


def garbage(connection: socket.socket, asked: dict[str, Any]) -> None:
    if asked["stream"]:
        begin(connection)
        chunk(connection, "{cut")
        end(connection)
    else:
        reply(connection, body=b"<html>")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("say", [fail, close, chat, nothing, garbage])
def test_a_model_that_fails_is_an_upstream_error_and_leaves_nothing_behind(say: Say, stream: bool) -> None:
    with speaking(say) as (sandbox, _), sandbox.client(max_retries=0) as client:
        asked = turn(sandbox, "I am sad", user_id="ada", mode="stateful")
        with pytest.raises(errors.UpstreamLLMError) as caught:
            client.respond(asked, stream=True).open() if stream else client.respond(asked)
        assert (caught.value.code, caught.value.http_status) == ("upstream_llm_error", 502)
        assert sandbox.turns_billed == 0
        with pytest.raises(errors.NotFoundError):
            client.end_users.get("ada")
        assert not client.interactions.list().data
        assert not client.relationships.list().data
        assert not client.billing.usage.turns().data


def test_nobody_at_the_address_is_an_upstream_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with serve(llm=url) as sandbox, sandbox.client(max_retries=0) as client:
        with pytest.raises(errors.UpstreamLLMError):
            client.respond(turn(sandbox))


def cut(connection: socket.socket, asked: dict[str, Any]) -> None:
    begin(connection)
    chunk(connection, delta("One, "))
    connection.close()


def too_soon(connection: socket.socket, asked: dict[str, Any]) -> None:
    begin(connection)
    chunk(connection, delta("One, "))
    end(connection)


def says_error(connection: socket.socket, asked: dict[str, Any]) -> None:
    begin(connection)
    chunk(connection, delta("One, "))
    chunk(connection, {"error": {"message": "overloaded"}})
    end(connection)


@pytest.mark.parametrize("say", [cut, too_soon, says_error])
def test_a_model_that_fails_on_its_way_is_an_error_event(say: Say) -> None:
    with speaking(say) as (sandbox, _), sandbox.client(max_retries=0) as client:
        stream = client.respond(turn(sandbox, user_id="ada", mode="stateful"), stream=True)
        with pytest.raises(errors.UpstreamLLMError) as caught:
            stream.until_done()
        assert caught.value.http_status == 200
        assert stream.text == "One, "
        assert sandbox.turns_billed == 0
        with pytest.raises(errors.NotFoundError):
            client.end_users.get("ada")


@pytest.mark.parametrize("spoken", [False, True])
def test_a_model_that_takes_too_long_is_a_timeout_and_not_billed(spoken: bool) -> None:
    leave = threading.Event()

    def hang(connection: socket.socket, asked: dict[str, Any]) -> None:
        if spoken:
            begin(connection)
            chunk(connection, delta("One, "))
        leave.wait(10)

    with speaking(hang) as (sandbox, _), sandbox.client(max_retries=0) as client:
        assert sandbox._settings.llm is not None
        assert sandbox._settings.llm.seconds == 60
        sandbox._settings.llm.seconds = 2.0 if spoken else 0.2  # a slow machine has to begin in it
        with pytest.raises(errors.TurnTimeoutError) as caught:
            client.respond(turn(sandbox), stream=True).until_done() if spoken else client.respond(turn(sandbox))
        leave.set()
        assert caught.value.http_status == (200 if spoken else 504)
        assert spoken or caught.value.details == {"budget_ms": 200}
        assert sandbox.turns_billed == 0


@pytest.mark.parametrize("stream", [False, True])
def test_of_two_requests_with_one_key_the_model_hears_once(stream: bool) -> None:
    def slowly(connection: socket.socket, asked: dict[str, Any]) -> None:
        time.sleep(0.2)
        speak(connection, asked)

    with speaking(slowly) as (sandbox, server), sandbox.client() as client:
        said: list[tuple[str, bool]] = []

        def ask() -> None:
            if stream:
                spoken = client.respond(turn(sandbox), stream=True, idempotency_key="k").until_done()
                text, http = spoken.text, spoken.http
            else:
                plain = client.respond(turn(sandbox), idempotency_key="k")
                text, http = plain.response, plain.http
            assert http is not None
            said.append((text, "idempotent-replayed" in http.headers))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({text for text, _ in said}) == 1
        assert sorted(replayed for _, replayed in said) == [False, True, True, True]
        assert (len(server.requests), sandbox.turns_billed) == (1, 1)


def test_after_a_failure_the_same_key_asks_again() -> None:
    answers = [fail, speak]
    with speaking(lambda connection, asked: answers.pop(0)(connection, asked)) as (sandbox, _):
        with sandbox.client() as client:
            result = client.respond(turn(sandbox))
        assert result.http is not None
        assert result.http.retries == 1
        assert sandbox.turns_billed == 1


def test_who_is_deleted_while_the_model_speaks_gets_a_conflict_and_no_bill() -> None:
    go_on = threading.Event()

    def slowly(connection: socket.socket, asked: dict[str, Any]) -> None:
        begin(connection)
        chunk(connection, delta("One, "))
        go_on.wait(10)
        chunk(connection, delta("two.", "stop"))
        end(connection)

    with speaking(slowly) as (sandbox, _), sandbox.client() as client:
        client.end_users.create(user_id="ada")
        with client.respond(turn(sandbox, user_id="ada", mode="stateful"), stream=True) as stream:
            next(stream)
            client.end_users.delete("ada")
            go_on.set()
            with pytest.raises(errors.ConflictError):
                stream.until_done()
        assert sandbox.turns_billed == 0


def test_what_is_refused_anyhow_does_not_ask_the_model() -> None:
    with speaking(speak) as (sandbox, server), sandbox.client() as client:
        with pytest.raises(errors.NotFoundError):
            client.respond(personality_id="pers_nobody", message="hello")
        client.billing.subscription.suspend()
        with pytest.raises(errors.PaymentRequiredError):
            client.respond(turn(sandbox))
        client.engine.infer_state(message="hello")
        client.billing.subscription.reactivate()
        client.respond(turn(sandbox), return_format="modulator_pack")
        assert not server.requests


def test_a_dry_run_is_spoken_by_the_model_too() -> None:
    with speaking(speak) as (sandbox, _), sandbox.client(access_token=sandbox.access_token) as client:
        assert client.personalities.dry_run(sandbox.personality_id, message="hello")["response"].startswith("Grü")
        assert sandbox.turns_billed == 0


def test_it_works_without_a_port_too() -> None:
    with RawServer(lambda connection, raw, _: speak(connection, json.loads(body(raw)))) as server:
        with in_process(llm=server.url) as sandbox, sandbox.in_process_client() as one:
            with sandbox.in_process_client() as other:
                spoken = one.respond(turn(sandbox), stream=True).until_done()
                assert other.respond(turn(sandbox)).response == spoken.text.replace("\u2028", "")


@pytest.mark.parametrize("url", ["localhost:1234", "ftp://host", "http://", "http://host:port", ""])
def test_an_address_that_is_none_of_http_says_so(url: str) -> None:
    with pytest.raises(ConfigurationError, match="language model"), serve(llm=url):
        pass


@pytest.mark.parametrize("start", [serve, in_process])
@pytest.mark.parametrize("url", ["http://me:PASSWORD@host:bad", "ftp://me:PASSWORD@host", "me:PASSWORD@host"])
def test_a_wrong_address_is_refused_without_its_password(url: str, start: Any) -> None:
    with pytest.raises(ConfigurationError, match="language model") as caught, start(llm=url):
        pass
    seen = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = [frame.locals for frame in seen.stack if "tests" not in frame.filename]
    assert "llm" in repr(shown)
    assert "PASSWORD" not in repr(shown) + str(caught.value)


def test_the_password_of_an_address_is_sent_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    with RawServer(lambda connection, raw, _: speak(connection, json.loads(body(raw)))) as server:
        with serve(pause=0, llm=server.url.replace("//", "//me:PASSWORD@")) as sandbox, sandbox.client() as client:
            assert client.respond(turn(sandbox)).response
            with pytest.raises(KeyError) as caught, sandbox.in_process_client():
                raise KeyError
        assert header(server.requests[0], "Authorization") == f"Basic {base64.b64encode(b'me:PASSWORD').decode()}"
        assert server.requests[0].startswith(b"POST /chat/completions ")
    assert "/chat/completions" in caplog.text
    seen = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "PASSWORD" not in caplog.text + repr([frame.locals for frame in seen.stack[1:]])


@posix_only
def test_the_command_line_takes_the_address_and_the_model() -> None:
    with RawServer(lambda connection, raw, _: speak(connection, json.loads(body(raw)))) as server:
        arguments = ("sandbox", "--port", "0", "--llm", server.url, "--llm-model", "tiny")
        with start(*arguments, command=INTERRUPTIBLE) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline().decode().removeprefix("export ").strip() for _ in range(3)]
            code, out, _ = run("respond", "Hello!", "--no-stream", settings=dict(line.split("=", 1) for line in lines))
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
        assert (code, out) == (0, "Grüße, from a model.\n")
        assert json.loads(body(server.requests[0]))["model"] == "tiny"


def test_a_wrong_address_on_the_command_line_is_one_line() -> None:
    code, out, err = run("sandbox", "--port", "0", "--llm", "nowhere")
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("error: llm, the address of the language model, must begin with http:// or https://")
