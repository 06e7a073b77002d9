"""The sandbox's own page as a person uses it, in a real browser; and what it answers to other pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.browser import chromium, picture, prefer, wait
from uniqos.sandbox import Sandbox, serve


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as driver:
        yield driver


@pytest.fixture
def local() -> Iterator[Sandbox]:
    with serve(pause=0.03) as running:
        yield running


@pytest.fixture
def page(browser: Any, local: Sandbox) -> Iterator[Any]:
    browser.get(f"{local.url}/_sandbox/")
    wait(lambda: text(browser, "connection") == "connected")
    wait(lambda: browser.find_elements("css selector", "#personality option"))
    yield browser
    assert browser.get_log("browser") == []
    browser.get("about:blank")  # else the server waits for the live requests to be left


def by_id(page: Any, identifier: str) -> Any:
    return page.find_element("id", identifier)


def text(page: Any, identifier: str) -> str:
    return str(page.execute_script(f"return document.getElementById('{identifier}').textContent"))


def texts(page: Any, selector: str) -> list[str]:
    return list(
        page.execute_script(f"return [...document.querySelectorAll('{selector}')].map((one) => one.textContent)")
    )


def choose(page: Any, identifier: str, value: str) -> None:
    by_id(page, identifier).find_element("css selector", f"option[value='{value}']").click()


def write(page: Any, identifier: str, value: str) -> None:
    box = by_id(page, identifier)
    box.clear()
    box.send_keys(value)


def say(page: Any, message: str) -> str:
    before = len(texts(page, "#log li"))
    by_id(page, "message").send_keys(message + "\n")
    wait(lambda: len(texts(page, "#log li:not(.busy)")) == before + 2)
    return texts(page, "#log li")[-1]


def circles(page: Any) -> list[float]:
    return list(
        page.execute_script("return [...document.querySelectorAll('#chart circle')].map((one) => one.cy.baseVal.value)")
    )


def tab_to(page: Any, identifier: str) -> None:
    for _ in range(60):
        if page.switch_to.active_element.get_attribute("id") == identifier:
            return
        page.switch_to.active_element.send_keys("\t")
    pytest.fail(f"{identifier} cannot be reached")


def width_too_much(page: Any) -> int:
    root = "document.documentElement"
    return int(page.execute_script(f"return {root}.scrollWidth - {root}.clientWidth"))


def test_a_streamed_answer_grows_and_its_request_is_listed(page: Any) -> None:
    by_id(page, "message").send_keys("I got the job, I am so happy!\n")
    lengths: set[int] = set()
    wait(lambda: len(texts(page, "#log li")) == 2)
    while by_id(page, "stop").is_displayed():
        lengths.add(len(texts(page, "#log li")[1]))
    assert len(lengths) > 3
    answer = texts(page, "#log li")[1]
    assert "read as joy" in answer
    assert "1 turn billed" in answer
    (row,) = wait(lambda: texts(page, "#requests tr"))
    assert "POST /v1/respond200" in row
    assert text(page, "billed") == "1"


def test_a_turn_can_be_stopped(page: Any) -> None:
    by_id(page, "message").send_keys("Tell me something long.\n")
    wait(lambda: len(texts(page, "#log li")[-1]) > 20)
    by_id(page, "stop").click()
    wait(lambda: "Stopped." in texts(page, "#log li")[-1])


def test_a_fault_is_switched_on_seen_and_switched_off(page: Any) -> None:
    write(page, "times", "2")
    by_id(page, "add").click()
    wait(lambda: texts(page, "#rules li"))
    assert "503 service_unavailable" in say(page, "hello").replace(":", "")
    row = wait(lambda: texts(page, "#requests tr.failed"))[0]
    assert "✕ 503 error" in row
    assert "rule: path=/v1/respond, times=2, code=service_unavailable" in row
    wait(lambda: "applied 1" in texts(page, "#rules li")[0])
    picture(page, "inspector-fault")
    page.find_element("css selector", "#rules button").click()
    wait(lambda: not texts(page, "#rules li"))
    assert "turn billed" in say(page, "hello")
    wait(lambda: len(texts(page, "#requests tr:not(.failed)")) == 1)
    (written,) = page.get_log("browser")  # Chromium itself writes of each answer that is an error
    assert "503" in written["message"]


@pytest.mark.parametrize(
    ("kind", "box", "value", "seen"),
    [
        ("latency", "ms", "60", "turn billed"),
        ("truncate", "bytes", "400", "without its completion"),
        ("drop", "path", "/v1/*", "connection broke"),
    ],
)
def test_each_kind_of_fault_can_be_switched_on(page: Any, kind: str, box: str, value: str, seen: str) -> None:
    choose(page, "kind", kind)
    write(page, box, value)
    by_id(page, "add").click()
    wait(lambda: texts(page, "#rules li"))
    assert seen in say(page, "hello")
    wait(lambda: f"{kind}=" in texts(page, "#requests tr")[0])
    if kind == "drop":
        page.get_log("browser")  # Chromium itself writes of the connection


def test_a_rule_that_is_none_is_said_to_be(page: Any) -> None:
    page.execute_script("document.getElementById('path').removeAttribute('required')")
    page.execute_script("document.getElementById('code').append(new Option('x', 'nonsense'))")
    choose(page, "code", "nonsense")
    by_id(page, "add").click()
    wait(lambda: "code must be one of" in text(page, "said"))
    assert len(page.get_log("browser")) == 1  # of the 422


def test_each_turn_is_a_point_of_the_chart_and_memory_is_shown(page: Any, local: Sandbox) -> None:
    say(page, "I am so happy with my garden today!")
    local.clock.advance(86_400)
    say(page, "My name is Ada. My dog died and I am very sad, devastated, heartbroken!")
    local.clock.advance(86_400)
    say(page, "I am absolutely furious at my landlord! I hate him!")
    heights = wait(lambda: len(circles(page)) == 3 and circles(page))
    assert heights[0] < heights[1]  # happier is higher
    assert len(page.find_elements("css selector", "#chart rect")) == 3
    assert len(texts(page, "#turns tr")) == 3
    assert "Ada has spoken 3 time(s)" in text(page, "summary")
    assert {"landlord", "dog", "garden"} <= set(text(page, "topics").split(", "))
    assert texts(page, "#moments li") != ["none"]
    shown = httpx.get(f"{local.url}/_sandbox/relationships").json()["data"]
    detail = httpx.get(f"{local.url}/_sandbox/relationships/{shown[0]['id']}")
    assert "devastated" not in detail.text
    for scheme in ("light", "dark"):
        prefer(page, scheme)
        page.set_window_size(1200, 1250)
        picture(page, f"inspector-{scheme}")
        page.set_window_size(420, 2600)
        picture(page, f"inspector-narrow-{scheme}")
        page.set_window_size(1200, 900)


def test_the_relationship_can_be_chosen(page: Any) -> None:
    say(page, "I am happy!")
    write(page, "user", "somebody")
    say(page, "I am sad.")
    wait(lambda: len(circles(page)) == 1 and "sadness" in text(page, "chart-text"))
    first = texts(page, "#relationship option").index(
        next(t for t in texts(page, "#relationship option") if "user_1" in t)
    )
    page.find_elements("css selector", "#relationship option")[first].click()
    wait(lambda: "joy" in text(page, "chart-text"))


def test_without_a_user_id_nobody_is_remembered(page: Any) -> None:
    write(page, "user", "")
    assert "turn billed" in say(page, "I am happy!")
    assert by_id(page, "nobody").is_displayed()


def test_the_time_moves_on_stands_still_and_goes_on(page: Any, local: Sandbox) -> None:
    before = local.clock.now()
    page.find_element("css selector", "[data-seconds='86400']").click()
    wait(lambda: (local.clock.now() - before).days == 1)
    wait(lambda: text(page, "now")[:10] == local.clock.text()[:10])
    by_id(page, "freeze").click()
    wait(lambda: text(page, "frozen") == "(standing still)")
    assert local.clock.text() == local.clock.text()
    by_id(page, "resume").click()
    wait(lambda: text(page, "frozen") == "")


def test_a_reset_asks_first(page: Any, local: Sandbox) -> None:
    say(page, "hello")
    by_id(page, "reset").click()
    page.switch_to.alert.dismiss()
    assert local.turns_billed == 1
    by_id(page, "reset").click()
    page.switch_to.alert.accept()
    wait(lambda: text(page, "billed") == "0")
    wait(lambda: by_id(page, "nobody").is_displayed())
    assert texts(page, "#requests tr") == []


def test_what_others_ask_is_seen_live_with_attempts_and_replays(page: Any, local: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {local.api_key}", "Idempotency-Key": "k1"}
    for _ in range(2):
        httpx.post(f"{local.url}/v1/personalities", json={"name": "<b>A</b>"}, headers=headers).raise_for_status()
    wait(lambda: len(texts(page, "#requests tr")) == 2)
    assert [row.endswith("2replayed") for row in texts(page, "#requests tr")] == [True, False]
    wait(lambda: "<b>A</b>" in texts(page, "#personality option"))


def test_all_of_it_can_be_done_by_keyboard(page: Any) -> None:
    page.find_element("css selector", "body").click()
    tab_to(page, "freeze")
    page.switch_to.active_element.send_keys("\n")
    wait(lambda: text(page, "frozen"))
    tab_to(page, "message")
    assert page.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.switch_to.active_element.send_keys("hello\n")
    wait(lambda: by_id(page, "stop").is_displayed())
    wait(lambda: by_id(page, "send").is_enabled())
    tab_to(page, "add")
    page.switch_to.active_element.send_keys("\n")
    wait(lambda: texts(page, "#rules li"))
    page.switch_to.active_element.send_keys("\t")
    assert "Remove" in page.switch_to.active_element.accessible_name
    page.switch_to.active_element.send_keys("\n")
    wait(lambda: not texts(page, "#rules li"))
    assert page.switch_to.active_element.get_attribute("id") == "add"


def test_each_control_has_a_name(page: Any) -> None:
    for control in page.find_elements("css selector", "button, input, select, textarea, [tabindex]"):
        if control.is_displayed():
            assert control.accessible_name, control.get_attribute("outerHTML")


def test_a_narrow_window_needs_no_sideways_scrolling(page: Any, local: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {local.api_key}"}
    httpx.get(f"{local.url}/v1/end-users/{'x' * 200}", headers=headers)
    write(page, "path", "/v1/" + "y" * 150)
    by_id(page, "add").click()
    say(page, "w" * 200)
    wait(lambda: texts(page, "#rules li"))
    try:
        for width in (420, 340):
            page.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
            )
            assert width_too_much(page) == 0
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("path", ["/_sandbox", "/_sandbox/", "/_sandbox/page/page.js", "/_sandbox/page/page.css"])
def test_the_page_cannot_be_embedded_and_takes_nothing_from_elsewhere(sandbox: Sandbox, path: str) -> None:
    response = httpx.get(sandbox.url + path)
    assert response.status_code == 200
    assert response.headers["X-Frame-Options"] == "DENY"
    policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == policy["default-src"] == "'none'"
    assert set(policy.values()) == {"'none'", "'self'"}


@pytest.mark.parametrize("name", ["nothing.js", "..%2finspector.py", "%2fetc%2fpasswd"])
def test_only_the_files_of_the_page_are_served(sandbox: Sandbox, name: str) -> None:
    assert httpx.get(f"{sandbox.url}/_sandbox/page/{name}").status_code == 404


@pytest.mark.parametrize("origin", ["http://evil.example", "https://127.0.0.1", "null", "http://127.0.0.1:1"])
def test_another_hosts_page_is_refused(sandbox: Sandbox, origin: str) -> None:
    headers = {"Origin": origin}
    for path in ("/", "/access", "/state", "/journal", "/journal/live", "/relationships", "/snapshot"):
        assert httpx.get(f"{sandbox.url}/_sandbox{path}", headers=headers).status_code == 403
    for path in ("/reset", "/clock", "/rules", "/restore"):
        assert httpx.post(f"{sandbox.url}/_sandbox{path}", json={}, headers=headers).status_code == 403
    assert httpx.delete(f"{sandbox.url}/_sandbox/rules", headers=headers).status_code == 403


def test_its_own_page_and_a_program_are_not(sandbox: Sandbox) -> None:
    for headers in ({"Origin": sandbox.url}, {}):
        assert httpx.get(f"{sandbox.url}/_sandbox/state", headers=headers).status_code == 200


def test_a_relationship_that_is_not_there_is_a_404(sandbox: Sandbox) -> None:
    assert httpx.get(f"{sandbox.url}/_sandbox/relationships/rel_none").status_code == 404


def test_a_sandbox_that_ends_while_it_is_watched_logs_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with httpx.Client() as client, serve(pause=0) as running:
        response = client.send(client.build_request("GET", f"{running.url}/_sandbox/journal/live"), stream=True)
        lines = response.iter_lines()  # held, else it would close the connection
        assert next(lines)
    assert not [record for record in caplog.records if record.exc_info]
